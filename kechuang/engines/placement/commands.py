"""Placement on files, for engineers: no database, no Django."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(name="place", no_args_is_help=True)

SHOWN = ("bounded_slowdown", "utilisation", "utilisation_to_last_end", "mean_wait_seconds")


def _pair(option: str, text: str) -> tuple[float, int]:
    """Two numbers as options take them: `5,1`."""
    try:
        first, second = text.split(",")
        return float(first), int(second)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: two numbers, as 5,1", param_hint=option) from error


def _indices(text: str) -> list[int]:
    try:
        return [int(each) for each in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: indices as 0,1024", param_hint="--starts") from error


@app.callback()
def place() -> None:
    """作业调度与选址 / try orders of a queue on a trace; choose centres for jobs."""


@app.command("simulate")
def simulate_trace(  # one option each, as the terminal shows them
    trace: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="an SWF file")],
    order: Annotated[str, typer.Option(help="fcfs sjf wfp3 unicep f1 f2 area ours")],
    length: Annotated[int, typer.Option(min=1, help="jobs in a window")],
    backfill: Annotated[str, typer.Option(help="none simple easy ours")] = "none",
    corrected: Annotated[
        bool, typer.Option("--corrected", help="wfp3, unicep: the wait is now - submit")
    ] = False,
    starts: Annotated[str, typer.Option(help="0-based indices where windows begin: a,b,c")] = "",
    windows: Annotated[int, typer.Option(min=0, help="or: how many, drawn with --seed")] = 0,
    seed: Annotated[int, typer.Option(help="of the drawn windows")] = 1,
    processors: Annotated[int | None, typer.Option(min=1, help="else the header's")] = None,
    estimates: Annotated[str, typer.Option(help="U,SEED: requested = run x U[1, U]")] = "",
    users: Annotated[str, typer.Option(help="N,SEED: draw a user for each job")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, unrounded")] = False,
) -> None:
    """在作业记录上试一种排队规则 / mean slowdown, utilisation and wait over windows of a trace."""
    from kechuang.engines.placement import evaluation
    from kechuang.engines.placement import trace as traces

    if bool(starts) == bool(windows):
        raise typer.BadParameter("give either --starts a,b,c or --windows N --seed S")
    try:
        rule = evaluation.Rule(order, backfill, corrected)
    except traces.PlacementProblem as problem:
        raise typer.BadParameter(str(problem)) from problem
    try:
        with trace.open(encoding="utf-8", errors="replace") as lines:
            read = traces.read_trace(lines, processors)
        if estimates:
            read = traces.with_estimates(read, *_pair("--estimates", estimates))
        if users:
            count, drawn_by = _pair("--users", users)
            read = traces.with_users(read, int(count), drawn_by)
        at = _indices(starts) if starts else traces.drawn_starts(read, windows, length, seed)
        found = evaluation.evaluate(read, rule, at, length)
    except traces.PlacementProblem as problem:
        raise typer.BadParameter(f"{trace.name}: {problem}") from problem
    _say(found, as_json, SHOWN)


@app.command("broker")
def place_jobs(
    centres: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a JSON list")],
    jobs: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="one JSON object a line")],
    policy: Annotated[str, typer.Option(help="home random least-load wait-transfer cost ours")],
    seed: Annotated[int, typer.Option(help="of the policy `random`")] = 1,
    explain: Annotated[
        Path | None, typer.Option(help="why each job went where: a line each")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object, unrounded")] = False,
) -> None:
    """给作业选中心 / place jobs on centres; what that costs, and how long they wait."""
    from kechuang.engines.placement import grid
    from kechuang.engines.placement.broker import Broker
    from kechuang.engines.placement.centres import read_centres, read_jobs
    from kechuang.engines.placement.trace import PlacementProblem

    name = centres.name
    try:
        known = read_centres(_json(centres.read_text(encoding="utf-8-sig"), "the file"))
        name = jobs.name
        broker = Broker(known, read_jobs(_lines(jobs), known), policy, seed=seed)
        placed = grid.run_jobs(broker, foretold=explain is not None)
    except PlacementProblem as problem:
        raise typer.BadParameter(f"{name}: {problem}") from problem
    if explain is not None:
        _write_lines(explain, (grid.explanation(broker, each) for each in placed))
    _say(
        grid.summary(broker, placed),
        as_json,
        ("total_yuan", "wait_mean_seconds", "wait_p95_seconds"),
    )


def _json(text: str, where: str) -> Any:
    from kechuang.engines.placement.trace import PlacementProblem

    try:
        return json.loads(text)
    except ValueError as error:
        raise PlacementProblem(f"{where}: not JSON ({error})") from error


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, _json(line, f"line {number}")


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Written beside and put in place when whole, so that nothing half-written stays."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    beside.replace(path)


def _say(found: dict[str, Any], as_json: bool, shown: tuple[str, ...]) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name in shown:
        value = found[name]
        typer.echo(f"{name}\t{value:,.4f}" if isinstance(value, float) else f"{name}\t{value}")
