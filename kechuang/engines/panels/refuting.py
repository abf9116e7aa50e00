"""What a reader of a RESULT says where it is not so, and how it takes its values apart."""

import math
from collections.abc import Mapping
from typing import Any

LARGEST = 1e300


class Refuted(Exception):
    """The result says something that is not so."""


def object_of(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under a name; anything else is refuted."""
    found = holder.get(name)
    if not isinstance(found, dict):
        raise Refuted(f"wrong type: {name} must be an object")
    return found


def number_of(holder: Mapping[str, Any], name: str) -> float:
    """The finite number under a name; anything else is refuted."""
    found = holder.get(name)
    if type(found) not in (int, float):
        raise Refuted(f"wrong type: {name} must be a number")
    assert isinstance(found, int | float)
    if not -LARGEST < found < LARGEST or math.isnan(found):
        raise Refuted(f"wrong {name}: it must be finite")
    return float(found)


def check_number(holder: Mapping[str, Any], name: str, so: float) -> None:
    """Refute a number that is not what was computed."""
    told = number_of(holder, name)
    if told != so:
        raise Refuted(f"wrong {name}: {told} is told, {so} is so")
