"""Entries hashed again, by the hundred thousand: what each one's leaf and payload come to now.

Pure, and picklable: batches are judged on every core.
"""

import json
import marshal
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from kechuang.record.rules import FIRST_SUITE, PayloadRefused, canonical_json

_text = json.encoder.encode_basestring  # as canonical JSON writes a string
_MARK = '"\\u0000"'  # PostgreSQL keeps no such character, and what holds a backslash is not plain
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Row(NamedTuple):
    """An entry as it is hashed: `at` written as RFC 3339 with +08:00, and `content` the payload in
    canonical JSON, None where it is gone."""

    position: int
    number: str
    verb: str
    object_number: str
    person: str
    appointment: str
    role: str
    organisation: str
    region: str
    via: str
    at: str
    suite: str
    salt: bytes
    payload_hash: str
    leaf_hash: str
    content: bytes | None


class Judged(NamedTuple):
    """What became of an entry: its leaf as hashed now, whether it is the one that it carries, and
    whether the payload is the one whose fingerprint it carries (None where it is gone)."""

    position: int
    number: str
    leaf: bytes
    is_own: bool
    is_whole: bool | None


def judge(rows: Sequence[tuple[Any, ...]]) -> list[Judged]:
    """Hash rows again; each as a Row, but with the payload as the database writes it."""
    contents = canonical_all([row[-1] for row in rows])
    return [
        judged(Row._make((*row[:-1], content))) for row, content in zip(rows, contents, strict=True)
    ]


def judge_packed(rows: bytes) -> bytes:
    """The same between our own processes: rows and what became of them, packed as Python's plain
    values, which takes a sixth of the time of pickling them."""
    return marshal.dumps([tuple(one) for one in judge(marshal.loads(rows))])  # nosec B302


def judged(row: Row) -> Judged:
    """One entry hashed again."""
    leaf = sha256(b"\x00" + leaf_content(row)).digest()
    whole = None if row.content is None else is_payload_whole(row)
    return Judged(row.position, row.number, leaf, leaf.hex() == row.leaf_hash, whole)


def leaf_content(row: Row) -> bytes:
    """What an entry's leaf hash covers, in canonical JSON; as `rules.leaf_of`, but quick."""
    at, suite = row.at, row.suite
    if suite == FIRST_SUITE:
        told = (
            f'{{"appointment":{_text(row.appointment)},"at":"{at}","number":{_text(row.number)},'
            f'"object":{_text(row.object_number)},"organisation":{_text(row.organisation)},'
            f'"payload":{_text(row.payload_hash)},"person":{_text(row.person)},'
            f'"region":{_text(row.region)},"role":{_text(row.role)},"suite":{_text(suite)},'
            f'"verb":{_text(row.verb)},"via":{_text(row.via)}}}'
        )
        return told.encode()
    who = f"[{_text(row.person)},{_text(row.appointment)},{_text(row.organisation)}]".encode()
    hashed = sha256(_keyed(row.salt, b"who") + who).hexdigest()
    return (
        f'{{"at":"{at}","number":{_text(row.number)},"object":{_text(row.object_number)},'
        f'"payload":{_text(row.payload_hash)},"region":{_text(row.region)},'
        f'"role":{_text(row.role)},"suite":{_text(suite)},"verb":{_text(row.verb)},'
        f'"via":{_text(row.via)},"who":"{hashed}"}}'
    ).encode()


def _keyed(key: bytes, told: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes, as `hmac.digest` says it; in half
    of its time, which a million entries tell."""
    padded = key.ljust(64, b"\0")
    inner = sha256(padded.translate(_INNER) + told).digest()
    return sha256(padded.translate(_OUTER) + inner).digest()


def is_payload_whole(row: Row) -> bool:
    """Whether the payload is the one whose fingerprint the entry carries."""
    if not row.content:
        return False
    salt = row.salt if row.suite == FIRST_SUITE else _keyed(row.salt, b"payload")
    return sha256(salt + row.content).hexdigest() == row.payload_hash


def canonical_all(contents: Sequence[str | None]) -> list[bytes | None]:
    """Payloads as the database writes them (JSON, None where gone), in canonical JSON; empty where
    one is what the record does not keep.

    Those with plain keys and no fractions are read and written all at once, with a mark between
    them that none of them holds.

    >>> canonical_all(['{"b": 1, "a": "x"}', None, '{"a": "需"}', '{"a": 0.5}'])[:2]
    [b'{"a":"x","b":1}', None]
    """
    plain = [one for one in contents if one is not None and _is_plain(one)]
    try:
        quick = iter(_written_together(plain))
    except RecursionError:
        return [None if one is None else _canonical(one) for one in contents]
    return [
        None if one is None else next(quick) if _is_plain(one) else _canonical(one)
        for one in contents
    ]


def _is_plain(content: str) -> bool:
    return content.isascii() and "." not in content and "\\" not in content


def _written_together(plain: Sequence[str]) -> list[bytes]:
    between = f",{_MARK},"
    every = json.loads(f"[{between.join(plain)}]")
    written = json.dumps(every, separators=(",", ":"), sort_keys=True)[1:-1]
    return [one.encode() for one in written.split(between)] if plain else []


def _canonical(content: str) -> bytes:
    try:
        return canonical_json(json.loads(content))
    except (PayloadRefused, ValueError, RecursionError):
        return b""
