"""Answers of many enterprises as columns of a file of Parquet, without reasons.

One row an enterprise, in the order of the input: `id`, then of each policy `CODE.state`, both ends
of its score, its amount, and of each criterion its state or both ends of its points. Points are as
people write them; what is missing, and why, is said by the evaluator of rows (.jsonl).
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kechuang.base.refusals import N_
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.columnar import Columns, Part, Program
from kechuang.engines.eligibility.frames import Frame, NotPlain, of_rows, parts
from kechuang.engines.eligibility.nodes import Row
from kechuang.engines.eligibility.reading import Reader
from kechuang.engines.eligibility.refusals import RuleRefused
from kechuang.engines.eligibility.ruleset import Policy
from kechuang.engines.eligibility.states import NAMES
from kechuang.engines.eligibility.stepping import NotColumnar

Given = tuple[Sequence[str], list[Columns]]
ROWS = 8_000  # of a file of rows, in memory at once


def write_columns(policies: Sequence[Policy], enterprises: Path, out: Path) -> Reader:
    """Evaluate a file by columns; returns the reader, which knows what nobody read."""
    try:
        program = Program(policies)
    except NotColumnar as error:
        raise RuleRefused(
            str(error), N_("数值超过64位，不能按列计算"), N_("请把 --out 写成 .jsonl。")
        ) from error
    reader = Reader()
    if enterprises.suffix.lower() == ".parquet":
        try:
            _write(out, _plain(program, enterprises, reader))
            return reader
        except NotPlain:
            reader = Reader()  # the reader of rows reads it, or says what is wrong with it
    _write(out, program.run_all(_by_rows(program, enterprises, reader)))
    return reader


def _plain(program: Program, path: Path, reader: Reader) -> Iterator[Given]:
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise NotPlain(path.name) from error
    if "id" not in names or any(name in ("returns", "judged") for name in names):
        raise NotPlain(path.name)
    reader.heads(names)
    seen: set[str] = set()
    for batch, found in program.run_all(parts(path, program.columns)):
        ids = batch.column("id").to_pylist()
        before = len(seen)
        seen.update(map(str, ids))
        is_text = all(isinstance(one, str | int) and one != "" for one in ids)
        if not is_text or len(seen) - before < len(ids):
            raise NotPlain("id")
        yield [str(one) for one in ids], found


def _by_rows(program: Program, path: Path, reader: Reader) -> Iterator[Part]:
    rows = reader.read(path)

    def part(some: Sequence[Row]) -> Iterator[tuple[Sequence[str], Frame]]:
        yield [row["id"] for row in some], of_rows(some, program.columns)

    while some := list(islice(rows, ROWS)):
        yield partial(part, some)


def _write(out: Path, given: Iterator[Given]) -> None:
    file: pq.ParquetWriter | None = None
    try:
        for ids, found in given:
            table = _table(ids, found)
            file = file or pq.ParquetWriter(out, table.schema)
            file.write_table(table)
        if file is None:
            pq.write_table(pa.table({"id": pa.array([], pa.string())}), out)
    finally:
        if file is not None:
            file.close()


def _table(ids: Sequence[str], found: Sequence[Columns]) -> Any:
    columns: dict[str, Any] = {"id": pa.array(ids, pa.string())}
    for one in found:
        code = one.policy.code
        columns[f"{code}.state"] = _states(one.state)
        if one.score is not None:
            for end, points in zip(("low", "high"), one.score, strict=True):
                columns[f"{code}.score_{end}"] = _points(points)
        if one.amount_fen is not None:
            values, known = one.amount_fen
            columns[f"{code}.amount_fen"] = pa.array(values, pa.int64(), mask=~known)
        for name, given in one.criteria.items():
            if isinstance(given, tuple):
                columns[f"{code}.{name}.low"] = _points(given[0])
                columns[f"{code}.{name}.high"] = _points(given[1])
            else:
                columns[f"{code}.{name}"] = _states(given)
    return pa.table(columns)


def _states(codes: Any) -> Any:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes, np.int8)), pa.array(NAMES, pa.string())
    )


def _points(tenths: Any) -> Any:
    return pa.array(np.asarray(tenths, np.float64) / units.POINT)
