"""The ladder of tiers, from its data file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier: the rule set that makes a candidate, the certificate that recognises."""

    code: str
    name: str
    name_en: str
    policy: str
    certificate: str


@cache
def _said() -> dict[str, Any]:
    path = files("kechuang.cultivation").joinpath("data", "ladder.toml")
    return tomllib.loads(path.read_text("utf-8"))


@cache
def ladder() -> tuple[Tier, ...]:
    """All tiers, the first step first."""
    return tuple(Tier(**row) for row in _said()["tier"])


def tier_coded(code: str) -> Tier | None:
    return next((tier for tier in ladder() if tier.code == code), None)


def near_within() -> int:
    """How far a figure may be from its limit to be called near, in per mille of it."""
    return int(_said()["near_within"])


def shrinkable() -> frozenset[str]:
    """Figures that an enterprise may be asked to make smaller."""
    return frozenset(_said()["may_shrink"])


def remind_days() -> int:
    """How many days before a certificate ends its holder is told."""
    return int(_said()["remind_days"])
