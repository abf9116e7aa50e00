"""The columnar back end against OpenFisca-core on one file of Parquet, and on what is missing.

Both read the file and answer four rule sets; nothing is stored. `bench/openfisca_rules.py` are the
same rules as a modeller of OpenFisca writes them.
"""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.enterprises import Draw
from kechuang.engines.eligibility import SHIPPED, Policy, answer, bind, load
from kechuang.engines.eligibility.columnar import Columns, Program
from kechuang.engines.eligibility.frames import of_rows, parts
from kechuang.engines.eligibility.schema import ColumnSpec, schema
from kechuang.engines.eligibility.states import MET, NOT_MET

CODES = ("sme-2017-115", "hnte-2016-32", "sy-contract-reward", "rd-super-deduction")
TYPES = {"bool": pa.bool_(), "date": pa.date32(), "text": pa.string(), "number": pa.int64()}
GAP = 0.08


def policies(day: date) -> list[Policy]:
    return [bind(load(SHIPPED / code), day) for code in CODES]


# --- a file -------------------------------------------------------------------------------------


def write(path: Path, rows: Sequence[dict[str, Any]], times: int) -> None:
    """The rows so many times, each time with names of its own, as one file of Parquet."""
    table = _table(rows)
    with pq.ParquetWriter(path, table.schema) as file:
        for turn in range(times):
            names = pa.array([f"{turn}-{row['id']}" for row in rows])
            file.write_table(table.set_column(0, "id", names))


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    known = schema()
    names = sorted({name for row in rows for name in row} - {"id"})
    columns = {"id": pa.array([row["id"] for row in rows])}
    for name in names:
        cells = [row.get(name) for row in rows]
        if name in known.lists:
            columns[name] = pa.array(cells, pa.list_(_struct(known.lists[name])))
        elif name.startswith("judged."):
            columns[name] = pa.array([None if one is None else one / 10 for one in cells])
        else:
            spec = known.spec_of(name)
            assert spec is not None
            columns[name] = pa.array(cells, TYPES[spec.type])
    return pa.table(columns)


def _struct(columns: dict[str, ColumnSpec] | Any) -> Any:
    return pa.struct([(name, TYPES[spec.type]) for name, spec in columns.items()])


# --- ours ---------------------------------------------------------------------------------------


def ours(path: Path, program: Program) -> Iterator[list[Columns]]:
    """Read a file and answer for everybody, part by part."""
    for _, found in program.run_all(parts(path, program.columns, ())):
        yield found


def seconds_of_ours(path: Path, program: Program) -> tuple[float, float, Counter[str]]:
    """Seconds by the clock and of the processor, and how many meet each."""
    began, before = time.perf_counter(), time.process_time()
    met: Counter[str] = Counter()
    for found in ours(path, program):
        met.update({one.policy.code: int((one.state == MET).sum()) for one in found})
    return time.perf_counter() - began, time.process_time() - before, met


def seconds_of_openfisca(path: Path, day: date) -> tuple[float, float, Counter[str]]:
    from bench.openfisca_rules import DECISIONS, decided, system

    made = system()
    began, before = time.perf_counter(), time.process_time()
    found = decided(made, path, day)
    met = Counter({code: int(found[name].sum()) for code, name in DECISIONS.items()})
    return time.perf_counter() - began, time.process_time() - before, met


# --- what is missing ----------------------------------------------------------------------------


class Whole(Draw):
    """Draws enterprises of which everything is known; experts have judged nothing."""

    def _maybe(self, row: dict[str, Any], name: str, value: Any, gap: float = 0.03) -> None:
        if not name.startswith("judged."):
            row[name] = value

    def enterprise(self, name: str) -> dict[str, Any]:
        row = super().enterprise(name)
        row.setdefault(f"returns.{self.day.year}.rd_fen", 0)  # of the year that is not over
        for rows in schema().lists:
            row.setdefault(rows, [])
        return {key: value for key, value in row.items() if not key.startswith("judged.")}


def with_gaps(rows: Iterable[dict[str, Any]], year: int, seed: int) -> Iterator[dict[str, Any]]:
    """The same with gaps; not in the year that is not over, which rules read where there is one."""
    chance = random.Random(seed)
    for row in rows:
        yield {
            name: value for name, value in row.items()
            if name == "id" or name.startswith(f"returns.{year}.") or chance.random() > GAP
        }  # fmt: skip


def wrong_answers(folder: Path, count: int, day: date) -> tuple[int, int, int, int]:
    """Of answers on enterprises with gaps, held against the same ones without: ours that are given
    and wrong, ours that are given, OpenFisca's that are wrong, all.
    """
    from bench.openfisca_rules import DECISIONS, decided, system

    whole = list(Whole(7, day).enterprises(count))
    rows = list(with_gaps(whole, day.year, 8))
    write(folder / "gaps.parquet", rows, 1)
    theirs = decided(system(), folder / "gaps.parquet", day)
    bound = policies(day)
    found = Program(bound)
    wrong = given = their_wrong = every = 0
    for one in found.run(of_rows(rows, found.columns)):
        truth = np.array([answer(one.policy, row).state for row in whole])
        settled = (truth == MET) | (truth == NOT_MET)
        said = settled & ((one.state == MET) | (one.state == NOT_MET))
        wrong += int((said & (one.state != truth)).sum())
        given += int(said.sum())
        their_wrong += int((settled & (theirs[DECISIONS[one.policy.code]] != (truth == MET))).sum())
        every += int(settled.sum())
    return wrong, given, their_wrong, every
