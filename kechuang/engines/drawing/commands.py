"""Draws on files and at a witness's own terminal. No database, no Django."""

import json
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from kechuang.engines.drawing.records import NONCE_BYTES, commitment_of, drawn, fault_of

app = typer.Typer(
    help="专家抽取 / draws: a witness's number, redraw a record, verify it.", no_args_is_help=True
)

NOT_SO, BAD_INPUT = 1, 2


@app.callback()
def draws() -> None:
    """专家抽取 / draws: a witness's number, redraw a record, verify it."""


@app.command()
def nonce(
    draw: Annotated[str, typer.Option("--draw", help="抽取编号 / the draw's number")],
    witness: Annotated[str, typer.Option("--witness", help="见证人编号 / the witness's number")],
    suite: Annotated[str, typer.Option("--suite", help="intl | gm")] = "intl",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="写入的文件")] = None,
) -> None:
    """生成随机数 / make a witness's number and commitment; keep the file, publish `commitment`."""
    value = secrets.token_bytes(NONCE_BYTES)
    try:
        commitment = commitment_of(value, witness, suite)
    except ValueError as error:
        _refuse(str(error))
    made = {"draw": draw, "witness": witness, "suite": suite, "nonce": value.hex(),
            "commitment": commitment}  # fmt: skip
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
        return
    if out.exists():
        _refuse(f"{out} 已存在，不覆盖 / exists and is not overwritten")
    out.write_text(text, encoding="utf-8")
    sys.stdout.write(f"commitment {commitment}\n")


@app.command()
def make(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="a record up to its value")],
    out: Annotated[Path, typer.Option("--out", metavar="RECORD.json", help="the whole record")],
) -> None:
    """抽取 / fill seed and order into a planned record."""
    try:
        record = drawn(_read(plan))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _refuse(f"{plan}: {type(error).__name__} {error}")
    out.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"seed {record['seed']}\n")
    for place, member in enumerate(record["drawn"], 1):
        sys.stdout.write(f"{place} {member}\n")


@app.command()
def verify(
    record: Annotated[Path, typer.Argument(metavar="RECORD.json", help="an exported record")],
) -> None:
    """核验 / redraw a record. Exit 0: as told; 1: not so, with the first fault; 2: no record."""
    fault = fault_of(_read(record))
    if fault is None:
        sys.stdout.write("as told\n")
        return
    sys.stderr.write(f"{fault}\n")
    raise typer.Exit(BAD_INPUT if fault.startswith("not a record") else NOT_SO)


def _read(file: Path) -> dict[str, object]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _refuse(f"{file}: {error}")
    if not isinstance(read, dict):
        _refuse(f"{file}: must be an object")
    return dict(read)


def _refuse(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    raise typer.Exit(BAD_INPUT)
