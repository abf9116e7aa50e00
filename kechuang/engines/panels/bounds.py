"""What proves that no lawful assignment is better: integer prices, and the bound they give.

Weak duality: whatever the prices, no lawful assignment has a weighted sum of scores above the
bound. A reader needs no solver, only sums. Source: Schrijver, Combinatorial Optimization, 5.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from kechuang.engines.panels.problem import (
    UNIT,
    Bools,
    Floats,
    Ints,
    Problem,
    as_stored,
    check_finite,
    forbidden,
    is_among,
)

FINE = 1_000_000  # parts of a millionth, where bids are weighted; fewer where scores are huge
SCALES = tuple(10**power for power in range(7))
_SAFE = 2**62
_BLOCK = 60_000  # pairs at a time, so that they stay in the processor's cache


class PricesRefused(ValueError):
    """Prices are not what they must be: says which."""


@dataclass(frozen=True)
class Prices:
    """Integer prices of the rules, in millionths of a score divided by `scale`.

    `weight` multiplies each bid's scores and is in units of 1/scale. `demand` has either sign;
    `load` prices the most (positive) or the least (negative) of an expert's seats; the others are
    at least 0: `institution` rows are bid, institution, price; `senior` rows bid, price; `wanted`
    rows bid, field, price.
    """

    scale: int
    weight: Ints
    demand: Ints
    load: Ints
    institution: Ints = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    senior: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    wanted: Ints = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))

    def told(self) -> dict[str, Any]:
        """As JSON: whole numbers, the rare prices as rows."""
        same = len(self.weight) == 0 or bool((self.weight == self.weight[0]).all())
        weight: Any = int(self.weight[0]) if same and len(self.weight) else self.weight.tolist()
        found: dict[str, Any] = {
            "scale": self.scale,
            "weight": weight,
            "demand": self.demand.tolist(),
            "load": self.load.tolist(),
        }
        for name in ("institution", "senior", "wanted"):
            rows = getattr(self, name)
            if len(rows):
                found[name] = rows.tolist()
        return found


def prices_from(told: Any, problem: Problem) -> Prices:
    """Read prices back; refuse wrong shapes, signs, and prices of rules that do not hold."""
    if not isinstance(told, Mapping):
        raise PricesRefused("duals must be an object")
    extra = set(told) - {"scale", "weight", "demand", "load", "institution", "senior", "wanted"}
    if extra:
        raise PricesRefused(f"duals: {sorted(map(str, extra))[0]} is not known")
    scale = told.get("scale")
    if type(scale) is not int or scale not in SCALES:
        raise PricesRefused(f"duals.scale must be 1, 10, 100 ... {FINE}")
    weight = told.get("weight")
    if type(weight) is int:
        weight = [weight] * problem.bids
    prices = Prices(
        scale,
        _numbers("weight", weight, problem.bids, least=0),
        _numbers("demand", told.get("demand"), problem.bids),
        _numbers("load", told.get("load"), problem.experts),
        _rows("institution", told, (problem.bids, len(problem.institution_names))),
        _rows("senior", told, (problem.bids,) if problem.senior is not None else (0,)),
        _rows("wanted", told, (problem.bids, len(problem.field_names))),
    )
    for bid, name, _ in prices.wanted.tolist():
        if problem.wanted is None or name not in problem.wanted[bid]:
            raise PricesRefused(f"duals.wanted: bid {bid} does not want field {name}")
    return prices


def _numbers(name: str, told: Any, length: int, least: int = -_SAFE) -> Ints:
    if not isinstance(told, list) or len(told) != length:
        raise PricesRefused(f"duals.{name} must be a list of {length}")
    if set(map(type, told)) - {int} or (told and not least <= min(told) <= max(told) <= _SAFE):
        raise PricesRefused(f"duals.{name} must be whole numbers, at least {least}")
    return np.array(told, dtype=np.int64).reshape(length)


def _rows(name: str, told: Mapping[str, Any], sizes: tuple[int, ...]) -> Ints:
    rows, width = told.get(name, []), len(sizes) + 1
    if not isinstance(rows, list):
        raise PricesRefused(f"duals.{name} must be a list")
    seen = set()
    for row in rows:
        good = isinstance(row, list) and len(row) == width and set(map(type, row)) == {int}
        if not good or not 0 <= row[-1] <= _SAFE:
            raise PricesRefused(f"duals.{name} must be rows of {width} whole numbers, at least 0")
        if any(not 0 <= index < size for index, size in zip(row[:-1], sizes, strict=True)):
            raise PricesRefused(f"duals.{name}: {row[:-1]} is not in the problem")
        seen.add(tuple(row[:-1]))
    if len(seen) != len(rows):
        raise PricesRefused(f"duals.{name}: a row stands there twice")
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)


def bound(problem: Problem, prices: Prices, pair_max: Fraction = Fraction(1)) -> Fraction:
    """The most that the weighted sum of scores can be, in millionths / scale; exact.

    `pair_max` is the most that one pair may weigh: 1 where a pair sits or not, less where it sits
    by chance.
    """
    most, least = problem.load_max, problem.load_min
    total = _dot(problem.demand, prices.demand)
    total += _dot(most, np.maximum(prices.load, 0))
    if least is not None:
        total += _dot(least, np.minimum(prices.load, 0))
    total += problem.per_institution_max * sum(prices.institution[:, -1].tolist())
    total -= problem.senior_min * sum(prices.senior[:, -1].tolist())
    total -= sum(prices.wanted[:, -1].tolist())
    return Fraction(total + pair_max * _sum_above(problem, prices))


def _dot(counts: Ints, prices: Ints) -> int:
    return sum(a * b for a, b in zip(counts.tolist(), prices.tolist(), strict=True) if b)


def _sum_above(problem: Problem, prices: Prices) -> int:
    """The sum over pairs of what a pair is worth above all its prices; conflicts left out."""
    bid, expert = _pairs_above(problem, prices)
    if problem.conflicts is not None and len(problem.conflicts) and len(bid):
        barred = problem.conflicts[:, 1] * problem.experts + problem.conflicts[:, 0]
        kept = ~is_among(bid * problem.experts + expert, barred)
        bid, expert = bid[kept], expert[kept]
    worth = _worth(problem, prices, bid, expert)
    return sum(worth[worth > 0].tolist())


def _pairs_above(problem: Problem, prices: Prices) -> tuple[Ints, Ints]:
    """Pairs that may be worth more than their prices: a sieve in floats that errs to the safe side.

    Prices that lower the worth (institutions) are left out, those that raise it for some experts
    (senior, wanted) are taken for all; what passes is counted exactly afterwards.
    """
    lift = np.zeros(problem.bids)
    np.add.at(lift, prices.senior[:, 0], prices.senior[:, 1].astype(np.float64))
    np.add.at(lift, prices.wanted[:, 0], prices.wanted[:, 2].astype(np.float64))
    weight = prices.weight.astype(np.float64)
    base = prices.demand.astype(np.float64) - lift
    size = float(np.abs(base).max(initial=0) + np.abs(prices.load).max(initial=0) + lift.max())
    base += 0.5 - 0.5 * (1 + 1e-9) * weight - 1e-12 * size  # rounding of scores, and of floats
    load = prices.load.astype(np.float64)
    table = as_stored(problem.raw)
    turned = table is not problem.raw
    down, across = (load, base) if turned else (base, load)
    factor = np.maximum(weight * UNIT, 1e-30)
    flat = len(factor) == 0 or bool((factor == factor[0]).all())

    def passing(rows: range) -> list[Ints]:
        found = []
        for first in rows:
            block = table[first : first + rows.step]
            check_finite(block)
            price = np.add.outer(down[first : first + rows.step], across)
            if flat:
                price /= factor[0]
            else:
                price /= factor[None, :] if turned else factor[first : first + rows.step, None]
            found.append(np.flatnonzero(block > price) + first * table.shape[1])
        return found

    step = max(1, _BLOCK // max(1, table.shape[1]))
    middle = len(table) // step // 2 * step
    with ThreadPoolExecutor(2) as workers:  # NumPy works in two threads at once
        halves = workers.map(passing, [range(0, middle, step), range(middle, len(table), step)])
        places = np.concatenate([np.zeros(0, dtype=np.int64), *(one for h in halves for one in h)])
    rows, columns = places // table.shape[1], places % table.shape[1]
    return (columns, rows) if turned else (rows, columns)


def _worth(problem: Problem, prices: Prices, bid: Ints, expert: Ints) -> Any:
    """What each pair is worth above its prices, exactly; Python integers where 64 bits may not do.

    Forbidden pairs are worth -1.
    """
    score = problem.scores_of(bid, expert)
    barred = score == forbidden(np.int64)
    score[barred] = 0
    highest = max(1, int(np.abs(score).max(initial=0))) * max(1, int(prices.weight.max(initial=0)))
    rows = (prices.demand, prices.load, prices.institution, prices.senior, prices.wanted)
    highest += sum(int(np.abs(row).max(initial=0)) * 4 for row in rows)
    kind: Any = np.int64 if highest * max(1, len(bid)) < _SAFE else object
    worth = score.astype(kind) * prices.weight[bid].astype(kind)
    worth -= prices.demand[bid].astype(kind) + prices.load[expert].astype(kind)
    if problem.institution is not None and len(prices.institution):
        worth -= _looked_up(
            prices.institution,
            bid * len(problem.institution_names) + problem.institution[expert],
            len(problem.institution_names),
        ).astype(kind)
    if problem.senior is not None and len(prices.senior):
        per_bid = np.zeros(problem.bids, dtype=kind)
        per_bid[prices.senior[:, 0]] = prices.senior[:, 1]
        worth += per_bid[bid] * problem.senior[expert].astype(kind)
    if problem.fields is not None:
        for name in np.unique(prices.wanted[:, 1]).tolist():
            rows = prices.wanted[prices.wanted[:, 1] == name]
            per_bid = np.zeros(problem.bids, dtype=kind)
            per_bid[rows[:, 0]] = rows[:, 2]
            worth += per_bid[bid] * problem.fields[expert, name].astype(kind)
    worth[barred] = -1
    return worth


def _looked_up(rows: Ints, keys: Ints, width: int) -> Ints:
    """The price of each key (first column x width + second), 0 where there is none."""
    known = rows[:, 0] * width + rows[:, 1]
    order = np.argsort(known, kind="stable")
    known, values = known[order], rows[order, 2]
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, values[place], 0)


def floats_above(problem: Problem, prices: Prices, scores: Floats, first: int) -> Floats:
    """What the pairs of a block of bids are worth above their prices, in floats; for pricing.

    `scores` is a block of scores in millionths (bids first.. x experts) and is overwritten.
    """
    last = first + len(scores)
    scores *= prices.weight[first:last, None]
    scores -= prices.demand[first:last, None]
    scores -= prices.load[None, :]
    for bid, code, price in _within(prices.institution, first, last):
        scores[bid - first] -= price * (problem.institution == code)
    if problem.senior is not None and len(prices.senior):
        lift = np.zeros(len(scores))
        for bid, price in _within(prices.senior, first, last):
            lift[bid - first] = price
        scores += lift[:, None] * problem.senior[None, :]
    if problem.fields is not None:
        for bid, name, price in _within(prices.wanted, first, last):
            scores[bid - first] += price * problem.fields[:, name]
    return scores


def _within(rows: Ints, first: int, last: int) -> list[Any]:
    inside: Bools = (rows[:, 0] >= first) & (rows[:, 0] < last)
    found: list[Any] = rows[inside].tolist()
    return found
