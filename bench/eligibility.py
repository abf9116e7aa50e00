"""The bars of eligibility: agreement of SQL and Python, times in PostgreSQL, reasons, boundaries.

`python -m bench.eligibility [agree] [time] [explain] [boundaries] [openfisca]`; all without a word.
Enterprises are drawn (bench/enterprises.py); the million is twenty thousand of them fifty times,
each with names of its own. The tables are made in a schema that is dropped afterwards; with
DATABASE_URL in that database, else in the embedded one. Results are counted, never stored.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.enterprises import Draw, copy_rows, create_tables
from kechuang.engines.eligibility import (
    SHIPPED,
    Policy,
    answer,
    answer_json,
    bind_all,
    explained,
    load_all,
    query,
    tables,
)
from kechuang.engines.eligibility.boundaries import boundary_outcomes
from kechuang.engines.eligibility.scores import unpacked

DAYS = (date(2023, 8, 29), date(2012, 3, 1), date(2022, 11, 1), date(2018, 6, 30))
RESULTS, FEW, MANY, EXPLAINED = 2_000_000, 20_000, 1_000_000, 200
PEERS, TURNS, GAPS = 200_000, 3, 5_000
CONNECTIONS, SPAN = 2, 20_000
PREFIX = "bench_eligibility."
SEED = 20_260_831


@contextmanager
def connected() -> Iterator[Any]:
    """A cursor of a connection of its own, to DATABASE_URL or the embedded server."""
    import psycopg

    address = os.environ.get("DATABASE_URL")
    if not address:
        from kechuang.site import postgres

        address = postgres.ensure().url
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as one:
        for setting in ("jit = off", "work_mem = '128MB'", "max_parallel_workers_per_gather = 0"):
            one.execute(f"SET {setting}")
        yield one


@contextmanager
def cursor() -> Iterator[Any]:
    """A cursor whose schema goes when it is done."""
    with connected() as one:
        one.execute("DROP SCHEMA IF EXISTS bench_eligibility CASCADE")
        one.execute("CREATE SCHEMA bench_eligibility")
        try:
            yield one
        finally:
            one.execute("DROP SCHEMA bench_eligibility CASCADE")


def agreement(to: Any, wanted: int) -> tuple[int, int, float]:
    """How many criterion results were compared, how many differ, and the Python's seconds."""
    compared = differ = turn = 0
    taken = 0.0
    while compared < wanted:
        day = DAYS[turn % len(DAYS)]
        policies = [one for one in bind_all(load_all(SHIPPED), day) if one.in_force]
        rows = list(Draw(SEED + turn, day).enterprises(5_000))
        create_tables(to, PREFIX)
        copy_rows(to, PREFIX, rows)
        asked = query(policies, PREFIX)
        to.execute(asked.sql)
        found = {row[0]: row[1:] for row in to.fetchall()}
        began = time.perf_counter()
        for row in rows:
            count, wrong = _held_against(policies, row, asked.columns, found[row["id"]])
            compared, differ = compared + count, differ + wrong
        taken += time.perf_counter() - began
        turn += 1
    return compared, differ, taken


def _held_against(
    policies: Sequence[Policy], row: dict[str, Any], columns: Any, got: Sequence[Any]
) -> tuple[int, int]:
    """Criterion results of one enterprise: states, and points with both ends and what is wanted."""
    sql: dict[tuple[str, str], dict[str, Any]] = {}
    for (code, criterion, what), value in zip(columns, got, strict=True):
        sql.setdefault((code, criterion), {})[what] = value
    count = wrong = 0
    for policy in policies:
        given = answer(policy, row)
        low, high = given.score or (None, None)
        whole = {"state": given.state, "low": low, "high": high, "amount": given.amount_fen}
        said = sql[policy.code, ""]
        count += 1
        wrong += any(whole[what] != value for what, value in said.items())
        for code, one in given.criteria.items():
            ours = (one.state,) if one.points is None else one.points
            count += 1
            (found,) = sql[policy.code, code].values()
            wrong += ours != ((found,) if one.points is None else unpacked(found))
    return count, wrong


def fill(to: Any, count: int) -> None:
    """Tables of so many enterprises around the first day, with numbers for keys."""
    create_tables(to, PREFIX, "integer")
    drawn = Draw(SEED, DAYS[0]).enterprises(min(count, FEW))
    copy_rows(to, PREFIX, (row | {"id": int(row["id"][1:])} for row in drawn))
    times = count // FEW
    for name, columns in tables().items():
        if times > 1:
            listed = [one.split()[0] for one in columns if not one.startswith("PRIMARY")]
            key, *others = listed
            to.execute(
                f"INSERT INTO {PREFIX}{name} SELECT {key} + {FEW} * n, {', '.join(others)} "
                f"FROM {PREFIX}{name}, generate_series(1, {times - 1}) AS n ORDER BY 1"
            )
        if name not in ("enterprise", "returns"):
            to.execute(f"CREATE INDEX ON {PREFIX}{name} (enterprise_id)")
        to.execute(f"ANALYZE {PREFIX}{name}")


def processor(connections: Sequence[Any]) -> float:
    """Seconds of the processor that the servers of connections have taken; 0 on another machine."""
    found = 0.0
    for one in connections:
        one.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{one.fetchone()[0]}/schedstat")
        found += int(path.read_text().split()[0]) / 1e9 if path.exists() else 0
    return found


def counted(policies: Sequence[Policy], count: int) -> tuple[float, float]:
    """Seconds, by the clock and of the processor, to evaluate every criterion of every policy; only
    one sum a span leaves the database.

    Spans of identifiers are shared out between two connections, so that both cores work and what
    is joined stays in their caches.
    """
    size = min(SPAN, -(-count // CONNECTIONS))
    spans = [(since, since + size) for since in range(0, count, size)]
    with ExitStack() as held:
        shares = [(held.enter_context(connected()), spans[at::CONNECTIONS])
                  for at in range(CONNECTIONS)]  # fmt: skip
        pool = held.enter_context(ThreadPoolExecutor(CONNECTIONS))
        servers = [to for to, _spans in shares]
        before, began = processor(servers), time.perf_counter()
        found = pool.map(lambda share: _summed(*share, policies), shares)
        assert sum(found) == count
        taken = time.perf_counter() - began
        return taken, processor(servers) - before


def _summed(to: Any, spans: Sequence[tuple[int, int]], policies: Sequence[Policy]) -> int:
    found = 0
    for span in spans:
        asked = query(policies, PREFIX, span=span)
        every = " + ".join(
            f"COALESCE(o{at}, 0)" if what == "amount" else f"o{at}"
            for at, (_, _, what) in enumerate(asked.columns)
        )
        to.execute(f"SELECT count(*), sum({every}) FROM ({asked.sql}) AS results")
        found += to.fetchone()[0]
    return found


def reasons() -> tuple[float, float]:
    """Median and worst milliseconds to explain one enterprise by all policies in force."""
    policies = [one for one in bind_all(load_all(SHIPPED), DAYS[0]) if one.in_force]
    taken = []
    for row in Draw(SEED + 1, DAYS[0]).enterprises(EXPLAINED):
        began = time.perf_counter()
        for policy in policies:
            given = answer(policy, row)
            answer_json(given)
            explained(given)
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)[len(taken) // 2], max(taken)


def against_openfisca(to: Any, table: Table) -> None:
    """The columnar back end, PostgreSQL and OpenFisca-core by turns, on the same enterprises."""
    from bench import columns
    from kechuang.engines.eligibility.columnar import Program

    rows = list(Draw(SEED, DAYS[0]).enterprises(FEW))
    four = columns.policies(DAYS[0])
    program = Program(four)
    fill(to, PEERS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "enterprises.parquet"
        columns.write(path, rows, PEERS // FEW)
        taken: dict[str, list[tuple[float, float]]] = {"ours": [], "openfisca": [], "sql": []}
        for _turn in range(TURNS + 1):  # the first one warms up
            taken["ours"].append(columns.seconds_of_ours(path, program)[:2])
            taken["openfisca"].append(columns.seconds_of_openfisca(path, DAYS[0])[:2])
            taken["sql"].append(counted(four, PEERS))
        best = {name: min(found[1:]) for name, found in taken.items()}
        peer, peer_cpu = best["openfisca"]
        for name, bar, aim in (("ours", "1 x", "0.5 x"), ("sql", "10 x", "")):
            seconds, cpu = best[name]
            said = f"; processor {cpu:.2f} s against {peer_cpu:.2f} s"
            table.add_row(
                f"four rule sets, {PEERS:,}, {'columns' if name == 'ours' else 'PostgreSQL'} "
                f"against OpenFisca-core's {peer:.2f} s", bar, aim,
                f"{seconds:.2f} s, {seconds / peer:.2f} x{said}",
            )  # fmt: skip
        wrong, given, theirs, every = columns.wrong_answers(Path(folder), GAPS, DAYS[0])
    table.add_row(
        f"wrong answers where data are missing, {GAPS:,} enterprises", "0, OpenFisca some", "",
        f"{wrong} of {given:,} given; OpenFisca-core {theirs:,} of {every:,}",
    )  # fmt: skip


def run(asked: Sequence[str]) -> None:
    """Print one table of the bars."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    table = Table(title=f"engines/eligibility, load {load}")
    for head in ("bar", "at least", "aim", "measured"):
        table.add_column(head)
    policies = bind_all(load_all(SHIPPED), DAYS[0])
    with cursor() as to:
        if not asked or "agree" in asked:
            compared, differ, taken = agreement(to, RESULTS)
            table.add_row(
                "SQL against Python, gaps and boundaries", f"{RESULTS:,}, 0 differ", "",
                f"{compared:,}, {differ} differ ({taken:.0f} s in Python)",
            )  # fmt: skip
        for count, bar, aim in ((FEW, "1 s", "0.3 s"), (MANY, "40 s", "10 s")):
            if not asked or "time" in asked:
                fill(to, count)
                counted(policies, FEW)
                taken, cpu = counted(policies, count)
                table.add_row(
                    f"all rule sets, {count:,} enterprises in PostgreSQL",
                    bar, aim, f"{taken:.2f} s on {CONNECTIONS} connections, processor {cpu:.2f} s",
                )  # fmt: skip
        if not asked or "openfisca" in asked:
            against_openfisca(to, table)
    if not asked or "explain" in asked:
        median, worst = reasons()
        table.add_row(
            "one enterprise explained, all rule sets", "20 ms", "5 ms",
            f"{median:.1f} ms, at worst {worst:.1f} ms",
        )  # fmt: skip
    if not asked or "boundaries" in asked:
        found = [one for rules in load_all(SHIPPED) for one in boundary_outcomes(rules)]
        wrong = sum(bool(one.problems) for one in found)
        table.add_row(
            "boundaries of every criterion", "all pass", "", f"{len(found):,}, {wrong} fail"
        )
    Console(width=130).print(table)


if __name__ == "__main__":
    run(sys.argv[1:])
