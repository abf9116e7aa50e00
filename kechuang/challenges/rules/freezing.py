"""The rules of a challenge as one canonical text: what is hashed, shown, and compared later."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(value: Any) -> str:
    """Canonical JSON (RFC 8785) of integers, texts, booleans, null, lists and objects.

    >>> canonical({"b": 1, "a": "需"})
    '{"a":"需","b":1}'
    """
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        raise TypeError("a float has no canonical writing here")
    return value


def sha256_of(text: str) -> str:
    """The fingerprint of a text, over its UTF-8 bytes.

    >>> sha256_of("")[:16]
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(text.encode()).hexdigest()
