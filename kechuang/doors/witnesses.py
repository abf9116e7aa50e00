"""Who keeps the record's checkpoints elsewhere: directories, and witnesses over HTTP.

KECHUANG_WITNESSES names a file:

    [[witness]]
    name = "档案馆"                     # a directory on another machine, mounted here
    directory = "/mnt/archive/kechuang"
    [[witness]]
    name = "witness.example"           # speaks C2SP tlog-witness
    url = "https://witness.example/add-checkpoint"
    key = "witness.example+5f2c...+BA..."
"""

import os
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kechuang.base.refusals import N_, Refused
from kechuang.engines.transparency.checkpoints import (
    CheckpointRefused,
    read,
    signed_at,
    verifier_from,
)
from kechuang.engines.transparency.witnessing import request_text

SECONDS = 20
OK, CONFLICT = 200, 409
ANSWER_MAX = 65_536


class WitnessRefused(Refused):
    """A witness did not take a checkpoint, or holds another: says which and why."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One who keeps checkpoints: a directory, or an address with the key it signs with."""

    name: str
    directory: str = ""
    url: str = ""
    key: str = ""


def witnesses() -> list[Witness]:
    """The witnesses that this installation names; none where nothing is named."""
    named = os.environ.get("KECHUANG_WITNESSES", "")
    if not named:
        return []
    try:
        rows = tomllib.loads(Path(named).read_text("utf-8")).get("witness", [])
        found = [Witness(**row) for row in rows]
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise WitnessRefused(
            "witness.file", N_("读不了见证人清单 {file}：{why}"),
            {"file": named, "why": str(error)},
            way_on=N_("每位见证人写 name，和 directory 或 url、key。"),
        ) from error  # fmt: skip
    for one in found:
        if bool(one.directory) == bool(one.url and one.key):
            raise _refused(one, N_("要么写 directory，要么写 url 和 key"))
    return found


def show(
    witness: Witness, note: str, proof_from: Callable[[int], list[bytes]]
) -> str:
    """Show a signed checkpoint to a witness; gives its signature line, "" of a directory.

    `proof_from(size)` proves that the log of that size is the beginning of this one.
    """
    if witness.directory:
        return _put(witness, note)
    old = 0
    for _ in range(2):  # the second time from the size that the witness knows
        status, text = _post(witness, request_text(old, proof_from(old) if old else [], note))
        if status != CONFLICT:
            break
        try:
            old = int(text)
        except ValueError:
            break
        if not 0 < old <= read(note).size:
            raise _refused(witness, N_("它见过更长的日志：本日志可能被退回过"))
    if status != OK:
        raise _refused(witness, f"{status} {text.strip()}")
    return _line_of(witness, note, text)


def _put(witness: Witness, note: str) -> str:
    """Keep the note as a file of its own; one of this size with another root is an alarm."""
    said = read(note)
    path = Path(witness.directory) / f"checkpoint-{said.size}.txt"
    try:
        if path.exists():
            if read(path.read_text("utf-8")).root != said.root:
                raise _refused(witness, N_("它存有同样条数、不同的根：日志可能被改写过"))
            return ""
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(note, "utf-8")
        beside.replace(path)
    except (OSError, CheckpointRefused) as error:
        raise _refused(witness, str(error)) from error
    return ""


def _post(witness: Witness, text: str) -> tuple[int, str]:
    if not witness.url.startswith(("https://", "http://")):
        raise _refused(witness, N_("地址须以 https:// 或 http:// 开头"))
    asked = urllib.request.Request(witness.url, text.encode(), method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # nosec B310: checked above
            return int(answer.status), answer.read(ANSWER_MAX).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(ANSWER_MAX).decode("utf-8", "replace")
    except OSError as error:
        raise _refused(witness, str(error)) from error


def _line_of(witness: Witness, note: str, text: str) -> str:
    """The witness's line, checked by its key; other lines are left out."""
    try:
        verifier = verifier_from(witness.key)
    except CheckpointRefused as error:
        raise _refused(witness, str(error)) from error
    for line in text.splitlines(keepends=True):
        if line.endswith("\n") and signed_at(note + line, verifier) is not None:
            return line
    raise _refused(witness, N_("它的签名与登记的公钥不符"))


def _refused(witness: Witness, why: str) -> WitnessRefused:
    return WitnessRefused(
        "witness.refused", N_("见证人 {name} 没有收下检查点：{why}"),
        {"name": witness.name, "why": why},
        way_on=N_("请联系见证人，并运行 kechuang record verify。"),
    )  # fmt: skip
