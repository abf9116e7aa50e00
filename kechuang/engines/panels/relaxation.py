"""The best lawful assignment in fractions, over all pairs, though only some are ever looked at.

Prices of experts are felt out first; then the linear programme over the pairs that are worth most
at these prices is solved, all other pairs are priced, and those worth more than they cost come in,
until none does. Source: Dantzig-Wolfe pricing; Held and Karp (1971) for the first prices.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from kechuang.engines.panels.bounds import SCALES, Prices, bound, floats_above
from kechuang.engines.panels.drawn import PARTS_MAX
from kechuang.engines.panels.problem import Floats, Ints, Problem, forbidden
from kechuang.engines.panels.programme import (
    INFEASIBLE,
    Answer,
    Columns,
    Demands,
    SolverFailed,
    demands_of,
    prices_of,
    programme_of,
    relaxed,
)

ALL_PAIRS_MAX = 250_000  # up to here every pair is a column at once
ROUNDS_MAX = 60
SHORT = 1e-7
NEAR = 2e-8  # of a total: a fiftieth of a hundred-thousandth of a per cent
GRID_PAIRS_MAX = 4_000_000
FELT_ROUNDS = 100
FELT_TOP = 128
MORE_PER_BID = 6
_BLOCK = 2_000_000
_PRICE_MAX = 2**57  # so that prices of a few scores together fit into 64 bits


@dataclass(frozen=True)
class Relaxation:
    """A solution in fractions and what proves it: columns, weights, prices and their bound."""

    columns: Columns
    weight: Floats
    prices: Prices
    bound: Fraction  # of the weighted sum, in millionths / prices.scale
    unit: float


class Table:
    """The scores of a problem as whole numbers, and the pairs that may sit."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.scores = problem.scaled()
        self.barred = forbidden(self.scores.dtype)
        self.start: Columns | None = None  # the pairs to begin with, once they are known
        grid, self.unit, largest = self._grid_and_unit()
        self.fine = max(one for one in SCALES if one == 1 or one * largest < _PRICE_MAX)
        self.grid = grid if self.scores.size <= GRID_PAIRS_MAX else 1  # to be read in a second

    def _grid_and_unit(self) -> tuple[int, float, int]:
        """The largest number that divides all scores, the unit of cost for the solver, and the
        largest magnitude.

        The unit keeps costs at most 10,000, so that the solver's tolerance is below a millionth.
        """
        grid, largest = 0, 0
        step = max(1, _BLOCK // max(1, self.problem.experts))
        for first in range(0, self.problem.bids, step):
            block = self.scores[first : first + step]
            block = block[block != self.barred]
            if block.size:
                largest = max(largest, int(block.max()), -int(block.min()))
                if grid != 1:
                    grid = int(np.gcd.reduce(np.append(np.unique(block), grid)))
        return max(grid, 1), max(float(max(grid, 1)), largest / 10_000), largest

    def columns(self, bid: Ints, expert: Ints) -> Columns:
        """These pairs, each once, in order, without those that may not sit."""
        keys = np.unique(bid * self.problem.experts + expert)
        bid, expert = keys // self.problem.experts, keys % self.problem.experts
        score = self.scores[bid, expert].astype(np.int64)
        kept = score != self.barred
        return Columns(bid[kept], expert[kept], score[kept])

    def all_columns(self) -> Columns:
        bid, expert = np.nonzero(self.scores != self.barred)
        return Columns(bid, expert, self.scores[bid, expert].astype(np.int64))

    @property
    def is_plain(self) -> bool:
        """True where no rule within a panel can leave fractions: then a gap of 0 is asked for."""
        problem = self.problem
        return problem.institution is None and problem.senior is None and problem.wanted is None

    @property
    def suits_simplex(self) -> bool:
        """False for large problems with many rules that ask "at least": there the interior point
        takes a third of the time."""
        asks = self.problem.wanted is not None or self.problem.load_min is not None
        return self.is_small or not asks

    @property
    def is_small(self) -> bool:
        return self.scores.size <= ALL_PAIRS_MAX


def relax(
    table: Table, start: Columns, threshold: int | None = None, upper: float = 1.0
) -> Relaxation | None:
    """The best assignment in fractions; None where the rules cannot be kept even so.

    `threshold` is the least sum of every bid in millionths, `upper` the most a pair may weigh.
    """
    problem = table.problem
    asked = demands_of(problem, threshold, upper)
    scale = 1 if threshold is None else table.fine
    columns, penalty = start, None if table.is_small else 2e4
    for _ in range(ROUNDS_MAX):
        programme = programme_of(problem, columns, asked, table.unit)
        answer = relaxed(programme, penalty, simplex=table.suits_simplex)
        if answer.status == INFEASIBLE:
            return None
        prices = prices_of(problem, programme, answer, scale)
        more = _worth_more(table, columns, prices)
        if len(more) and not (answer.short < SHORT and _is_near(table, answer, columns, prices)):
            columns = _with(table, columns, more)
            continue
        if answer.short > SHORT:
            return None
        most = bound(problem, prices, Fraction(upper).limit_denominator(PARTS_MAX))
        table.start = columns
        return Relaxation(columns, answer.weight, prices, most, table.unit)
    raise SolverFailed("pricing did not end")


def _is_near(table: Table, answer: Answer, columns: Columns, prices: Prices) -> bool:
    """True where the bound is within a hair already, and the rules leave a gap anyhow."""
    problem = table.problem
    if table.is_plain or prices.scale != 1 or problem.pair_probability_max is not None:
        return False
    value = float(columns.score @ answer.weight)
    return float(bound(problem, prices)) - value <= NEAR * abs(value)


def _with(table: Table, columns: Columns, more: Ints) -> Columns:
    """These columns and more pairs, given as bid x experts + expert."""
    experts = table.problem.experts
    return table.columns(
        np.concatenate([columns.bid, more // experts]),
        np.concatenate([columns.expert, more % experts]),
    )


def shortage(table: Table, start: Columns, asked: Demands) -> Prices | None:
    """Prices which prove that these demands cannot all be kept; None where nothing must lack.

    The least sum of what is lacking is sought: seats, and what "at least" rules ask.
    """
    problem, columns = table.problem, start
    for _ in range(ROUNDS_MAX):
        programme = programme_of(problem, columns, asked, table.unit)
        programme.cost = np.zeros(len(columns))
        answer = relaxed(programme, 1.0)
        if answer.short < SHORT:
            return None
        prices = prices_of(problem, programme, answer, table.fine, aim=0)
        more = _worth_more(table, columns, prices)
        if not len(more):
            return prices
        columns = _with(table, columns, more)
    raise SolverFailed("pricing did not end")


def _worth_more(table: Table, columns: Columns, prices: Prices) -> Ints:
    """Pairs outside the columns that are worth more than their prices, the best of each bid.

    Where there are any, prices will move by about as much as the best of them is above: pairs that
    are short of their prices by a few times that come in as well. Given as bid x experts + expert.
    """
    if len(columns) == table.scores.size:
        return np.zeros(0, dtype=np.int64)
    least = prices.scale * 0.5
    found, highest = _above(table, columns, prices, least)
    if len(found) and not table.is_small:
        found, _ = _above(table, columns, prices, -3 * highest)
    return found


def _above(table: Table, columns: Columns, prices: Prices, least: float) -> tuple[Ints, float]:
    """Pairs outside the columns worth more than `least` above their prices, the best of each bid.

    Also gives the most that one is worth above.
    """
    problem, found, highest = table.problem, [], 0.0
    step = max(1, _BLOCK // max(1, problem.experts))
    starts = np.searchsorted(columns.bid, np.arange(0, problem.bids + step, step))
    for number, first in enumerate(range(0, problem.bids, step)):
        raw = table.scores[first : first + step]
        worth = floats_above(problem, prices, raw.astype(np.float64), first)
        worth[raw == table.barred] = -np.inf
        inside = slice(starts[number], starts[number + 1])
        worth[columns.bid[inside] - first, columns.expert[inside]] = -np.inf
        highest = max(highest, float(worth.max(initial=0.0)))
        for row in np.flatnonzero(worth.max(axis=1) > least).tolist():
            good = np.flatnonzero(worth[row] > least)
            if len(good) > MORE_PER_BID:
                order = np.argsort(-worth[row, good], kind="stable")
                good = good[order[:MORE_PER_BID]]
            found.append((first + row) * problem.experts + good)
    return (np.concatenate(found) if found else np.zeros(0, dtype=np.int64)), highest


def first_columns(table: Table) -> Columns:
    """The pairs to begin with: all of a small table, else those worth most at felt-out prices."""
    if table.start is None:
        table.start = table.all_columns() if table.is_small else _felt_columns(table)
    return table.start


def _felt_columns(table: Table) -> Columns:
    problem = table.problem
    top = _top_experts(table)
    price = _felt_prices(table, top)
    bids, experts = [], []
    wide = int(problem.demand.max(initial=1)) + 10
    step = max(1, _BLOCK // problem.experts)
    for first in range(0, problem.bids, step):
        raw = table.scores[first : first + step]
        worth = raw.astype(np.float64) - price
        worth[raw == table.barred] = -np.inf
        for rows, inside, count in _parts(problem, first, len(raw), wide):
            if len(rows) and len(inside):
                chosen = inside[_best(worth[np.ix_(rows, inside)], count)]
                bids.append(np.repeat(first + rows, chosen.shape[1]))
                experts.append(chosen.ravel())
    return table.columns(np.concatenate(bids), np.concatenate(experts))


def _parts(
    problem: Problem, first: int, length: int, wide: int
) -> Iterator[tuple[Ints, Ints, int]]:
    """For a block of bids: which of them look at which experts, and how many they take.

    All at the best; at the best seniors; and where a field is wanted at the best who have it.
    """
    every = np.arange(length)
    yield every, np.arange(problem.experts), wide
    if problem.senior is not None:
        yield every, np.flatnonzero(problem.senior), problem.senior_min + 2
    if problem.wanted is not None and problem.fields is not None:
        asked = problem.wanted[first : first + length]
        for name in range(len(problem.field_names)):
            rows = [row for row, names in enumerate(asked) if name in names]
            yield np.array(rows, dtype=np.int64), np.flatnonzero(problem.fields[:, name]), 3


def _best(worth: npt.NDArray[Any], count: int) -> Ints:
    """The places of the largest `count` of each row, in no order."""
    count = min(count, worth.shape[1])
    if count == worth.shape[1]:
        return np.tile(np.arange(count), (len(worth), 1))
    return np.argpartition(worth, worth.shape[1] - count, axis=1)[:, -count:]


def _top_experts(table: Table) -> Ints:
    """The experts with the largest scores of each bid."""
    step = max(1, _BLOCK // table.problem.experts)
    parts = [
        _best(table.scores[first : first + step], FELT_TOP)
        for first in range(0, table.problem.bids, step)
    ]
    return np.concatenate(parts)


def _felt_prices(table: Table, top: Ints) -> Floats:
    """Prices of experts at which about as many seats are asked of each as it may take.

    Subgradient steps on the prices alone, over the best experts of each bid, without other rules;
    the step falls as the square root of the round.
    """
    problem = table.problem
    rows = np.arange(problem.bids)[:, None]
    scores = table.scores[rows, top].astype(np.float32)
    scores[scores <= float(table.barred)] = -np.inf
    seats = int(problem.demand.max(initial=1))
    price = np.zeros(problem.experts)
    finite = scores[np.isfinite(scores)]
    width = float(finite.std(dtype=np.float64)) if finite.size else 1.0
    capacity = np.maximum(problem.load_max, 1).astype(np.float64)
    mean = np.zeros(problem.experts)
    for number in range(FELT_ROUNDS):
        chosen = _best(scores - price.astype(np.float32)[top], seats)
        asked = np.bincount(np.take_along_axis(top, chosen, axis=1).ravel(),
                            minlength=problem.experts)  # fmt: skip
        step = 0.5 * width / np.sqrt(number + 1.0)
        price = np.maximum(price + step * np.clip(asked / capacity - 1, -1, 2), 0)
        if number >= FELT_ROUNDS // 2:
            mean += price
    return mean / (FELT_ROUNDS - FELT_ROUNDS // 2)
