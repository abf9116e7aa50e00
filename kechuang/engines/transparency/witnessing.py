"""What a log asks of a witness and what the witness answers; texts in, texts out.

Source: C2SP tlog-witness, add-checkpoint. A witness keeps the last checkpoint of a log that it
signed, and signs the next only if it is shown that the log only grew.
"""

import base64
import binascii
from dataclasses import dataclass

from kechuang.engines.transparency.checkpoints import (
    Checkpoint,
    CheckpointRefused,
    Verifier,
    read,
    verified,
)
from kechuang.engines.transparency.proofs import verify_consistency

PROOF_MOST = 63


@dataclass(frozen=True)
class Answer:
    """An HTTP status with its text; `checkpoint` is what the witness signs and keeps from now."""

    status: int
    text: str = ""
    checkpoint: Checkpoint | None = None


def request_text(old: int, proof: list[bytes], note: str) -> str:
    """What a log sends: the size that the witness knows, the proof from there, and the note."""
    lines = [base64.b64encode(one).decode() + "\n" for one in proof]
    return f"old {old}\n{''.join(lines)}\n{note}"


def answer(asked: str, log: Verifier, kept: Checkpoint | None) -> Answer:
    """How a witness answers, given what it kept of this log; nothing is raised for bad requests."""
    try:
        old, proof, note = _taken_apart(asked)
        shown = read(note)
    except (CheckpointRefused, ValueError) as error:
        return Answer(400, f"{error}\n")
    if shown.origin != log.name:
        return Answer(404, "this witness does not follow that log\n")
    try:
        shown = verified(note, log.name, [log])
    except CheckpointRefused as refused:
        return Answer(403, f"{refused}\n")
    return _compared(old, proof, shown, kept)


def _compared(
    old: int, proof: list[bytes], shown: Checkpoint, kept: Checkpoint | None
) -> Answer:
    if old > shown.size or (not old and proof):
        return Answer(400, "old is above the checkpoint, or there is a proof from nothing\n")
    known = 0 if kept is None else kept.size
    if old != known:
        return Answer(409, f"{known}\n")
    if kept is not None and known and not verify_consistency(
        old, shown.size, proof, kept.root, shown.root
    ):  # fmt: skip
        return Answer(422, "the log did not only grow\n")
    return Answer(200, "", shown)


def _taken_apart(asked: str) -> tuple[int, list[bytes], str]:
    head, found, note = asked.partition("\n\n")
    first, *lines = head.split("\n")
    word, _, size = first.partition(" ")
    if not found or word != "old" or not size.isascii() or not size.isdigit():
        raise ValueError("a request begins with `old SIZE`, the proof, and an empty line")
    if len(lines) > PROOF_MOST:
        raise ValueError("the proof is too long")
    try:
        return int(size), [base64.b64decode(one, validate=True) for one in lines], note
    except binascii.Error as error:
        raise ValueError("the proof is not base64") from error
