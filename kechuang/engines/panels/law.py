"""Whether an assignment keeps every rule of its problem; the first that it breaks is named."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from kechuang.engines.panels.problem import Ints, Problem, forbidden, is_among, whole_pairs


@dataclass(frozen=True)
class Seats:
    """Pairs of bid and expert, each with how many of `parts` of a seat it has."""

    bid: Ints
    expert: Ints
    share: Ints
    parts: int = 1

    def by(self, place: Ints, size: int, mask: Any = slice(None)) -> Ints:
        """Sums of shares by place."""
        found = np.zeros(size, dtype=np.int64)
        np.add.at(found, place[mask], self.share[mask])
        return found

    def shown(self, share: int) -> str:
        return str(Fraction(int(share), self.parts)) if self.parts == 1 else (
            f"{share / self.parts:.6g}"
        )  # fmt: skip


def faults_of(
    problem: Problem, bid: Ints, expert: Ints, share: Ints | None = None, parts: int = 1
) -> Iterator[str]:
    """Each rule that the assignment breaks, as a sentence. Indices must be within the problem.

    With shares, pairs have `share` of `parts` of a seat, and the rules must hold on average.
    """
    whole = np.ones(len(bid), dtype=np.int64) if share is None else share
    seats = Seats(bid, expert, whole, parts)
    yield from _twice(problem, bid, expert)
    yield from _barred(problem, bid, expert)
    counts = seats.by(bid, problem.bids)
    for place in np.flatnonzero(counts != problem.demand * parts).tolist():
        word = (
            "missing seats" if counts[place] < problem.demand[place] * parts else "too many seats"
        )
        yield f"{word}: bid {place} has {seats.shown(counts[place])} of {problem.demand[place]}"
    yield from _overloaded(problem, seats)
    yield from _rules_within_panels(problem, seats)


def _twice(problem: Problem, bid: Ints, expert: Ints) -> Iterator[str]:
    keys = np.sort(bid * problem.experts + expert)
    for key in keys[1:][keys[1:] == keys[:-1]].tolist():
        yield f"repeated pair: expert {key % problem.experts}, bid {key // problem.experts}"


def _barred(problem: Problem, bid: Ints, expert: Ints) -> Iterator[str]:
    barred = problem.scores_of(bid, expert) == forbidden(np.int64)
    for place in np.flatnonzero(barred).tolist():
        pair = (int(bid[place]), int(expert[place]))
        unscored = problem.unscored is not None and bool(problem.unscored[pair])
        word = "has no score, and unscored pairs may not sit" if unscored else "is in conflict"
        yield f"unlawful pair: expert {pair[1]}, bid {pair[0]} {word}"
    if problem.conflicts is not None:
        keys = bid * problem.experts + expert
        named = problem.conflicts[:, 1] * problem.experts + problem.conflicts[:, 0]
        for key in keys[is_among(keys, named)].tolist():
            yield (
                f"unlawful pair: expert {key % problem.experts}, "
                f"bid {key // problem.experts} is in conflict"
            )


def _overloaded(problem: Problem, seats: Seats) -> Iterator[str]:
    loads = seats.by(seats.expert, problem.experts)
    limits = [("load_max", problem.load_max, loads > problem.load_max * seats.parts)]
    if problem.load_min is not None:
        limits.append(("load_min", problem.load_min, loads < problem.load_min * seats.parts))
    for name, limit, broken in limits:
        for place in np.flatnonzero(broken).tolist():
            yield (
                f"unlawful: expert {place} has {seats.shown(loads[place])} seats, "
                f"{name} is {limit[place]}"
            )


def _rules_within_panels(problem: Problem, seats: Seats) -> Iterator[str]:
    bid, expert = seats.bid, seats.expert
    if problem.institution is not None:
        width = len(problem.institution_names)
        keys, place = np.unique(bid * width + problem.institution[expert], return_inverse=True)
        counts = seats.by(place, len(keys))
        for key in np.flatnonzero(counts > problem.per_institution_max * seats.parts).tolist():
            name = problem.institution_names[int(keys[key]) % width]
            yield (
                f"unlawful: bid {int(keys[key]) // width} has {seats.shown(counts[key])} experts "
                f"of {name!r}, per_institution_max is {problem.per_institution_max}"
            )
    if problem.senior is not None:
        counts = seats.by(bid, problem.bids, problem.senior[expert])
        for key in np.flatnonzero(counts < problem.senior_min * seats.parts).tolist():
            yield (
                f"unlawful: bid {key} has {seats.shown(counts[key])} seniors, "
                f"senior_min is {problem.senior_min}"
            )
    if problem.wanted is not None:
        yield from _fields_missing(problem, seats)


def _fields_missing(problem: Problem, seats: Seats) -> Iterator[str]:
    assert problem.wanted is not None and problem.fields is not None
    covered = [
        seats.by(seats.bid, problem.bids, problem.fields[seats.expert, name]).tolist()
        for name in range(len(problem.field_names))
    ]
    for place, names in enumerate(problem.wanted):
        for name in names:
            if covered[name][place] < seats.parts:
                yield f"unlawful: nobody of bid {place} has field {problem.field_names[name]!r}"


def pairs_from(problem: Problem, told: Any) -> tuple[Ints, Ints] | str:
    """Read an assignment [[expert, bid], ...] as bids and experts; else its first fault."""
    if not isinstance(told, list):
        return "assignment must be a list of [expert, bid]"
    pairs = whole_pairs(told, problem.bids, problem.experts)
    if pairs is None:
        return _first_bad(problem, told)
    return pairs[:, 1], pairs[:, 0]


def _first_bad(problem: Problem, told: list[Any]) -> str:
    """What is wrong with the first row that is no pair."""
    for place, row in enumerate(told):
        if type(row) is not list or len(row) != 2:
            return f"assignment[{place}] is not [expert, bid]"
        expert, bid = row
        if type(expert) is not int or type(bid) is not int:
            return f"assignment[{place}] is not two whole numbers"
        if not 0 <= expert < problem.experts:
            return f"assignment[{place}]: {expert} is no expert of 0..{problem.experts - 1}"
        if not 0 <= bid < problem.bids:
            return f"assignment[{place}]: {bid} is no bid of 0..{problem.bids - 1}"
    raise AssertionError("every row is a pair")
