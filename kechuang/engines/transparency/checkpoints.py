"""Signed checkpoints of a log, in the text form that other logs and witnesses use.

Source: C2SP tlog-checkpoint and signed-note (Ed25519), and tlog-cosignature for witnesses.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kechuang.engines.transparency.proofs import HASH_BYTES, SIZE_MAX

PLAIN, COSIGNED = 0x01, 0x04  # kinds of signature
TEXT_MAX = 65_536
_KEY_ID_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 4, 8, 64
_DASH = "— "


class CheckpointRefused(ValueError):
    """A checkpoint cannot be read or is not signed by whom it should be: says why."""


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: who it is, how long, and the root over all entries."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed: three lines, each ended."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """Whose signatures are looked for: a name and an Ed25519 public key, of a log or a witness."""

    name: str
    public: bytes
    kind: int = PLAIN

    @property
    def key_id(self) -> bytes:
        told = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(told).digest()[:_KEY_ID_BYTES]

    def text(self) -> str:
        """The key as others write it down: name+id+key."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"


def verifier_from(text: str) -> Verifier:
    """Read a verifier key, name+id+key; refuse one whose id is not its own."""
    name, _, rest = text.strip().partition("+")
    told, _, key = rest.partition("+")
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointRefused("key: not base64") from error
    if len(raw) != 1 + HASH_BYTES or raw[0] not in (PLAIN, COSIGNED) or not _is_name(name):
        raise CheckpointRefused("key: not an Ed25519 key of a log or a witness")
    found = Verifier(name, raw[1:], raw[0])
    if told != found.key_id.hex():
        raise CheckpointRefused("key: its id is not its own")
    return found


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not re.search(r"\s", name)


def sign(checkpoint: Checkpoint, name: str, private: Ed25519PrivateKey) -> str:
    """The checkpoint as a note with the log's signature."""
    _check(checkpoint)
    text = checkpoint.text()
    verifier = Verifier(name, private.public_key().public_bytes_raw())
    return f"{text}\n{_line(verifier, private.sign(text.encode()))}"


def cosign(note: str, name: str, private: Ed25519PrivateKey, at: int) -> str:
    """A witness's line for a note: its Ed25519 signature with the time (seconds since 1970)."""
    text = _taken_apart(note)[0]
    verifier = Verifier(name, private.public_key().public_bytes_raw(), COSIGNED)
    signature = private.sign(_cosigned(at, text))
    return _line(verifier, at.to_bytes(_TIME_BYTES, "big") + signature)


def _cosigned(at: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _line(verifier: Verifier, signature: bytes) -> str:
    if not _is_name(verifier.name):
        raise CheckpointRefused(f"name {verifier.name!r}: no spaces and no plus sign")
    return f"{_DASH}{verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}\n"


def _check(checkpoint: Checkpoint) -> None:
    if not checkpoint.origin or re.search(r"[\n\r]", checkpoint.origin):
        raise CheckpointRefused("origin: must be one line")
    if not 0 <= checkpoint.size <= SIZE_MAX or len(checkpoint.root) != HASH_BYTES:
        raise CheckpointRefused("size must not be negative, and a root is 32 bytes")


def _taken_apart(note: Any) -> tuple[str, list[str]]:
    """The signed text and the signature lines of a note."""
    if not isinstance(note, str) or len(note) > TEXT_MAX:
        raise CheckpointRefused("a checkpoint is a text of at most 64 KiB")
    text, found, signatures = note.rpartition("\n\n")
    if not found or not note.endswith("\n"):
        raise CheckpointRefused("a checkpoint ends with signatures after an empty line")
    return text + "\n", signatures[:-1].split("\n")


def read(note: str) -> Checkpoint:
    """The checkpoint in a note, whoever signed it. Further lines of the text are left aside."""
    lines = _taken_apart(note)[0].split("\n")
    if len(lines) < 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise CheckpointRefused("a checkpoint has origin, size and root on its first lines")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointRefused("root: not base64") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    _check(checkpoint)
    return checkpoint


def verified(note: str, origin: str, verifiers: list[Verifier]) -> Checkpoint:
    """The checkpoint in a note that all of these signed, about the log of this origin.

    Raises CheckpointRefused. Signatures of others are left aside.
    """
    checkpoint = read(note)
    if checkpoint.origin != origin:
        raise CheckpointRefused(f"origin: {checkpoint.origin!r}, not {origin!r}")
    for verifier in verifiers:
        if signed_at(note, verifier) is None:
            raise CheckpointRefused(f"not signed by {verifier.name}")
    return checkpoint


def signed_at(note: str, verifier: Verifier) -> int | None:
    """When a verifier signed the note (0 for a log, whose signature has no time); None if not."""
    text, lines = _taken_apart(note)
    for line in lines:
        name, found, signature = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not found or name != verifier.name:
            continue
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            continue
        if raw[:_KEY_ID_BYTES] == verifier.key_id:
            at = _time_of(raw[_KEY_ID_BYTES:], text, verifier)
            if at is not None:
                return at
    return None


def _time_of(signature: bytes, text: str, verifier: Verifier) -> int | None:
    at, signed = 0, text.encode()
    if verifier.kind == COSIGNED:
        at, signature = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
        signed = _cosigned(at, text)
    if len(signature) != _SIGNATURE_BYTES:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return None
    return at
