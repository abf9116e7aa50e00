"""How near the one criterion is that keeps an enterprise from a tier or a benefit.

Near is what can be had: a figure that has to grow by no more than a share of its limit, a datum
that an office owns, points that experts have yet to give. An age, an industry, a figure that would
have to shrink are not to be had, however few criteria are wanting. The share stands in
data/ladder.toml.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kechuang.cultivation.rules.ladder import near_within, shrinkable
from kechuang.engines.eligibility import Policy
from kechuang.engines.eligibility.conditions import All, Any_, Comparison
from kechuang.engines.eligibility.explaining import cheapest_change, gap
from kechuang.engines.eligibility.nodes import Node
from kechuang.engines.eligibility.states import (
    MET,
    NOT_MET,
    UNKNOWN,
    AnyState,
    Criterion,
    Every,
    Holds,
    Reached,
)

GAP, DATA, JUDGED, FAR = "GAP", "DATA", "JUDGED", "FAR"
KINDS = (GAP, DATA, JUDGED, FAR)  # the nearest first: what the enterprise itself can do
NEAR = (GAP, DATA, JUDGED)
PER_MILLE = 1000
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reach:
    """The criterion that is in the way, how it could be had, and how far off it is, per mille."""

    criterion: str
    kind: str
    distance: int = 0
    changes: tuple[tuple[str, int], ...] = ()  # columns and what they would become

    @property
    def order(self) -> tuple[int, int]:
        return KINDS.index(self.kind), self.distance


def nearest(policy: Policy, criteria: Iterable[str], row: Row) -> Reach:
    """Of the criteria of which each alone would do, the one that is nearest."""
    return min((_reach(policy, code, row) for code in criteria), key=lambda one: one.order)


def _reach(policy: Policy, code: str, row: Row) -> Reach:
    criterion = policy.criteria[code]
    assert isinstance(criterion, Criterion)
    state = criterion.value(row)
    if state != NOT_MET:
        return Reach(code, DATA if state == UNKNOWN else JUDGED)
    changes = _changes(criterion.answer, row)
    if changes is None:
        return Reach(code, FAR, PER_MILLE)
    distance = sum((_share(one) for one in changes), Fraction(0))
    said = tuple((one["columns"][0], one["to"]) for one in changes if len(one["columns"]) == 1)
    per_mille = -(-distance.numerator * PER_MILLE // distance.denominator)
    if per_mille > near_within():
        return Reach(code, FAR, min(per_mille, PER_MILLE))
    return Reach(code, GAP, per_mille, said)


def _share(change: Mapping[str, Any]) -> Fraction:
    """A change beside the larger of what is and what is wanted."""
    size = max(abs(change["to"]), abs(change["from"]), 1)
    return Fraction(abs(change["by"]), size)


def _changes(node: Node, row: Row) -> list[dict[str, Any]] | None:
    """The figures that have to change for a condition to hold; None where no figure helps."""
    found = node.value(row)
    if found is True or (found == MET and not isinstance(found, bool)):
        return []
    if isinstance(node, Holds | All | Every | Any_ | AnyState):
        return _of_parts(node, [_changes(part, row) for part in node.children()])
    if isinstance(node, Reached):
        return list(cheapest_change(node, row)) or None
    change = gap(node, row) if isinstance(node, Comparison) else None
    if change is None or (change["by"] < 0 and not _may_shrink(change["columns"])):
        return None
    return [change]


def _of_parts(
    node: Node, parts: list[list[dict[str, Any]] | None]
) -> list[dict[str, Any]] | None:
    """All that lacks where all are asked; the least where one is enough."""
    possible = [one for one in parts if one is not None]
    if isinstance(node, Any_ | AnyState):
        return min(possible, key=lambda way: sum(map(_share, way)), default=None)
    if len(possible) < len(parts):
        return None
    return [change for part in possible for change in part]


def _may_shrink(columns: Iterable[str]) -> bool:
    return all(one.rsplit(".", 1)[-1] in shrinkable() for one in columns)
