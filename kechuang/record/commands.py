"""Commands of the record: verify it, sign a checkpoint, show it to witnesses, hand out proofs."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kechuang.base.refusals import N_, Refused
from kechuang.doors import clock
from kechuang.doors.witnesses import show, witnesses
from kechuang.engines.transparency.checkpoints import (
    CheckpointRefused,
    Verifier,
    read,
    signed_at,
    verifier_from,
)
from kechuang.record import actions, queries
from kechuang.record.rules.verifying import KIND_NAMES, Finding, Held, Report

app = typer.Typer(
    help="日志：核验、检查点、见证 / the record: verify, checkpoints, witnesses",
    no_args_is_help=True,
)
FOUND, BAD_INPUT = 1, 2
PLAIN_PARTS = 2
ROOT_DIGITS = 64


def _(text: str) -> str:
    from django.utils.translation import gettext

    return gettext(text)


@app.command("verify")
def verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="外部保存的检查点（文件或目录，可多次）/ a checkpoint kept elsewhere, or a folder"
        ),
    ] = None,
    key: Annotated[str, typer.Option(help="日志公钥 name+id+key，默认本机的")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="机器可读 / for machines")] = False,
) -> None:
    """核验 / hash every entry again; name the first edited, deleted, reordered or rolled back.

    Exit 0: nothing was found. 1: something was. 2: a checkpoint cannot be read. Without one from
    outside it says that a rollback of everything was not tested.
    """
    try:
        verifier = verifier_from(key) if key else queries.log_verifier()
        outside = [
            _held(path, verifier) for given in checkpoint or [] for path in _files(given)
        ]
    except CheckpointRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(BAD_INPUT) from refused
    report = queries.report_on(outside)
    typer.echo(json.dumps(_told(report), ensure_ascii=False) if as_json else _said(report))
    if not report.is_good:
        raise typer.Exit(FOUND)


def _files(given: Path) -> list[Path]:
    if given.is_dir():
        found = sorted(one for one in given.iterdir() if one.suffix == ".txt")
        if not found:
            raise CheckpointRefused(f"{given}: no checkpoint (*.txt) in this folder")
        return found
    return [given]


def _held(path: Path, verifier: Verifier) -> Held:
    """A checkpoint from a file: a signed note, or size and root as written down from the page."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointRefused(f"{path}: cannot be read ({error})") from error
    words = text.replace(",", "").split()
    if len(words) == PLAIN_PARTS and words[0].isdigit() and len(words[1]) == ROOT_DIGITS:
        try:
            return Held(int(words[0]), bytes.fromhex(words[1]), outside=True)
        except ValueError as error:
            raise CheckpointRefused(f"{path}: the root is not hexadecimal") from error
    try:
        said = read(text)
        if signed_at(text, verifier) is None:
            raise CheckpointRefused(f"not signed by {verifier.name}")
    except CheckpointRefused as refused:
        raise CheckpointRefused(f"{path}: {refused}") from refused
    if said.size == 0:
        raise CheckpointRefused(f"{path}: a checkpoint over nothing proves nothing")
    return Held(said.size, said.root, outside=True)


def _said(report: Report) -> str:
    """The report in sentences."""
    lines = [_("日志共 {size} 条。").format(size=report.size)]
    if report.fillers:
        lines.append(_("其中 {n} 条是填充，不代表任何事：条数因此不透露办了多少。").format(
            n=report.fillers))
    if report.erased:
        lines.append(_("! {n} 条的内容经一人申请、另一人批准删除，指纹仍在：{numbers}").format(
            n=len(report.erased), numbers="、".join(report.erased)))
    lines += [f"✗ {_finding(one)}" for one in report.findings]
    if report.outside:
        most = max(report.outside)
        lines.append(_("✓ 外部检查点证明了前 {size} 条。").format(size=most))
        rest = report.size - most + report.waiting
        if rest:
            lines.append(_("! 之后的 {rest} 条还没有外部见证。").format(rest=rest))
    elif report.is_good:
        lines.append(_("! 没有外部检查点：没有检验日志是否被整体改写或退回。"))
    if report.is_good:
        lines.append(_("✓ 没有发现改动、删除、调换或退回。"))
    return "\n".join(lines)


def _finding(one: Finding) -> str:
    """One finding; positions are told from 0, as proofs count them."""
    where = _("位置 {position}").format(position=one.position)
    if one.until is not None:
        where = _("位置 {first} 至 {last}").format(first=one.position, last=one.until)
    number = f" {one.number}" if one.number else ""
    return f"{where}{number}: {_(KIND_NAMES[one.kind])}"


def _told(report: Report) -> dict[str, Any]:
    return {
        "size": report.size,
        "waiting": report.waiting,
        "fillers": report.fillers,
        "erased": report.erased,
        "proved_by_outside": max(report.outside, default=0),
        "findings": [
            {"kind": str(one.kind), "position": one.position, "number": one.number,
             "until": one.until}
            for one in report.findings
        ],
    }  # fmt: skip


@app.command("checkpoint")
def checkpoint_command(
    out: Annotated[Path | None, typer.Option(help="写入文件 / write it to a file")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="积压的全部公布（大批导入之后）/ after a large import")
    ] = False,
) -> None:
    """检查点 / publish a batch, sign the root over the tree, and print it to keep elsewhere.

    With --all everything that waits is published, in whole batches. Sizes then tell roughly how
    much it was: not while calls are open.
    """
    actions.sequence_entries()
    actions.take_checkpoint(at=clock.now(), everything=everything)
    note = queries.note_of(_latest())
    if out is None:
        typer.echo(note, nl=False)
    else:
        out.write_text(note, "utf-8")
        typer.echo(str(out))


@app.command("key")
def key_command() -> None:
    """公钥 / the key by which anybody checks the record's signature."""
    typer.echo(queries.log_verifier().text())


@app.command("witness")
def witness_command() -> None:
    """见证 / show the latest checkpoint to every witness that has not seen it."""
    latest = _latest()
    known = witnesses()
    if not known:
        typer.echo(_("没有登记见证人；KECHUANG_WITNESSES 指向清单文件。"), err=True)
        raise typer.Exit(BAD_INPUT)
    for one in queries.unseen_by(latest, known):
        line = show(one, latest.note, queries.tree(latest.size).consistency_proof)
        actions.keep_cosignature(
            checkpoint=latest, witness=one.name, line=line, at=clock.now()
        )
        typer.echo(f"{one.name}: {latest.size}")


@app.command("proofs")
def proofs_command(
    number: Annotated[str, typer.Argument(help="对象编号 / the number of an object")],
    out: Annotated[Path, typer.Option(help="写入文件 / the file to write")],
) -> None:
    """证明 / the entries on a number with their proofs, for tools/verify_log.py."""
    found = queries.proofs_file(queries.history_of(number), _latest())
    if not found["entries"]:
        raise Refused(
            "record.nothing_covered", N_("最近的检查点里没有 {number} 的条目。"),
            {"number": number},
            way_on=N_("请先运行 kechuang record checkpoint。"),
        )  # fmt: skip
    out.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    typer.echo(f"{out}: {len(found['entries'])}")


def _latest() -> Any:
    latest = queries.checkpoint()
    if latest is None:
        raise Refused(
            "record.no_checkpoint", N_("日志还没有检查点。"),
            way_on=N_("请先运行 kechuang record checkpoint。"),
        )
    return latest
