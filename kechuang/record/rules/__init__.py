"""How an entry is written so that anybody can hash it again: canonical JSON and RFC 6962 leaves."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kechuang.base.refusals import N_, Refused
from kechuang.engines import transparency

LONGEST_TEXT = 200
SALT_BYTES = 32
FIRST_SUITE, SUITE = "sha256", "sha256-2"


class PayloadRefused(Refused):
    """A payload holds something that the record does not keep."""


def canonical_json(value: Any) -> bytes:
    """Write integers, strings, booleans, null, lists and objects as RFC 8785 does.

    Keys are sorted by UTF-16 code units; floats are refused, because their writing is not one.

    >>> canonical_json({"b": 1, "a": "需"})
    b'{"a":"\\xe9\\x9c\\x80","b":1}'
    """
    check_payload(value)
    text = _written(value)
    if not text.isascii() and max(text) >= "\ue000":  # only there do code points and units part
        text = _in_order(_ordered(value))
    return text.encode()


_written = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True, default=dict
).encode
_in_order = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=dict
).encode


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value


def check_payload(value: Any) -> None:
    """Refuse what the record does not keep: floats, bytes, and texts as long as prose."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise PayloadRefused(
                "record.text_too_long", N_("记录只存编号、代码和指纹，不存正文。"), {}
            )
    elif value is None or isinstance(value, int):
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_payload(str(key))
            check_payload(item)
    elif isinstance(value, list | tuple):
        for item in value:
            check_payload(item)
    else:
        raise PayloadRefused(
            "record.kind_of_value",
            N_("记录不存 {kind} 类型的值。"),
            {"kind": type(value).__name__},
        )


def leaf_hash(content: bytes) -> str:
    """The hash of a leaf of the log, as it is stored: hexadecimal."""
    return transparency.leaf_hash(content).hex()


def filler_leaf(seed: bytes, place: int) -> bytes:
    """The leaf of a place that no entry took: proved to be empty by whoever tells the seed."""
    told = hmac.digest(seed, place.to_bytes(8, "big"), "sha256").hex()
    return transparency.leaf_hash(canonical_json({"filler": told}))


def merkle_root(leaves: list[str]) -> str:
    """The root over stored leaf hashes in order; of none, the hash of nothing."""
    return transparency.root([bytes.fromhex(leaf) for leaf in leaves]).hex()


def payload_salt(suite: str, salt: bytes) -> bytes:
    """The salt of the payload alone: it can be told without telling who acted."""
    return salt if suite == FIRST_SUITE else hmac.digest(salt, b"payload", "sha256")


def payload_hash(salt: bytes, payload: Any) -> str:
    """The salted fingerprint of a payload: it can be erased, and cannot be guessed after."""
    return hash_of_canonical(salt, canonical_json(payload))


def hash_of_canonical(salt: bytes, content: bytes) -> str:
    """The same of a payload that is canonical JSON already."""
    return hashlib.sha256(salt + content).hexdigest()


def who_hash(salt: bytes, who: Sequence[str]) -> str:
    """The salted fingerprint of person, appointment and organisation: proved, and not told."""
    own = hmac.digest(salt, b"who", "sha256")
    return hashlib.sha256(own + canonical_json(list(who))).hexdigest()
