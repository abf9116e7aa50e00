"""Placement on files, for engineers: no database, no Django."""

import json
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


def _say(found: dict[str, Any], as_json: bool, shown: tuple[str, ...]) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name in shown:
        value = found[name]
        typer.echo(f"{name}\t{value:,.4f}" if isinstance(value, float) else f"{name}\t{value}")
