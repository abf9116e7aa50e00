"""Panels on files: solve a problem, and hold a result against it. No database, no Django."""

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kechuang.engines.panels.telling import BAD_INPUT, verify_files

if TYPE_CHECKING:
    from kechuang.engines.panels.problem import Problem

app = typer.Typer(
    help="专家组 / panels of experts: solve a problem, verify a result.", no_args_is_help=True
)

NOT_SOLVED, INFEASIBLE = 1, 3
OBJECTIVES = ("total", "fair", "random")


@app.callback()
def panels() -> None:
    """专家组 / panels of experts: solve a problem, verify a result."""


@app.command("solve")
def solve_file(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="scores and rules")],
    out: Annotated[Path, typer.Option("--out", metavar="RESULT.json", help="the result's file")],
    objective: Annotated[
        str,
        typer.Option(
            help="total: the largest sum; fair: the largest worst bid, then the largest sum; "
            "random: no pair more likely than pair_probability_max"
        ),
    ] = "total",
) -> None:
    """Assign experts to bids and write the result with its certificate.

    Exit 0: solved. 3: infeasible, the result names the clashing rules. 2: bad input. 1: the solver
    gave neither an answer nor a proof; nothing is written. Seconds and memory go to stderr and to
    RESULT.stats.json, so that two runs write the same result.
    """
    began = time.perf_counter()
    if objective not in OBJECTIVES:
        _refuse(f"--objective: must be one of {', '.join(OBJECTIVES)}")
    if not out.parent.is_dir():
        _refuse(f"--out: there is no folder {out.parent}")
    read = _problem(problem)
    if objective == "random" and read.pair_probability_max is None:
        typer.echo("pair_probability_max: not given; a pair may be certain", err=True)
    if objective != "random" and read.pair_probability_max is not None:
        typer.echo("pair_probability_max: only random heeds it", err=True)
    solving = _solver()
    try:
        result = solving.solve(read, objective)
    except solving.SolverFailed as failed:
        typer.echo(f"not solved: {failed}", err=True)
        raise typer.Exit(NOT_SOLVED) from failed
    _write(out, solving.written(result))
    seconds = time.perf_counter() - began
    stats = {"seconds": round(seconds, 3), "megabytes_max": _megabytes_max()}
    name = out.name.removesuffix(".json") + ".stats.json"
    _write(out.with_name(name), json.dumps(stats).encode() + b"\n")
    typer.echo(f"{seconds:.2f} s, {stats['megabytes_max']} MB", err=True)
    if "infeasible" in result:
        for clause in result["infeasible"]:
            typer.echo(f"clash: {_clause(clause)}", err=True)
        raise typer.Exit(INFEASIBLE)


@app.command("verify")
def verify_file(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="scores and rules")],
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="what solve wrote")],
) -> None:
    """Prove a result against its problem, without a solver.

    Exit 0: proved, the gap is told. 1: refuted, the first fault is named. 2: bad input.
    """
    code = verify_files(problem, result)
    if code:
        raise typer.Exit(code)


def _problem(path: Path) -> "Problem":
    from kechuang.engines.panels.problem import ProblemRefused, read_problem

    try:
        read = read_problem(path)
    except ProblemRefused as refused:
        _refuse(str(refused))
    for sentence in read.noticed:
        typer.echo(sentence, err=True)
    return read


def _solver() -> Any:
    try:
        from kechuang.engines.panels import solving
    except ImportError as error:
        _refuse(f"{error.name} is missing: run `make install`, which brings what panels need")
    return solving


def _refuse(sentence: str) -> Any:
    typer.echo(sentence, err=True)
    raise typer.Exit(BAD_INPUT)


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        _refuse(f"{path}: cannot be written ({error.strerror})")


def _clause(clause: dict[str, Any]) -> str:
    listed = [
        f"{name} {', '.join(map(str, clause[name][:20]))}{' ...' if len(clause[name]) > 20 else ''}"
        for name in ("bids", "experts")
        if name in clause
    ]
    return " ".join([clause["rule"], *listed])


def _megabytes_max() -> int:
    """The most memory that this process has held, in MB."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 2**10))
