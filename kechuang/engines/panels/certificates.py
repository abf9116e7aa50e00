"""What prices prove about totals and worst bids, in whole millionths."""

from fractions import Fraction

from kechuang.engines.panels.bounds import Prices, bound
from kechuang.engines.panels.problem import Problem


def proven_total(problem: Problem, prices: Prices, grid: int, threshold: int | None = None) -> int:
    """The most that a total can be, in millionths, given a least sum of each bid that has seats.

    `grid` divides all scores, and so every total.
    """
    most = bound(problem, prices)
    if threshold is not None:
        asked = problem.demand > 0
        most -= threshold * sum((prices.weight[asked] - prices.scale).tolist())
    return int(most // (prices.scale * grid)) * grid


def proven_worst(problem: Problem, prices: Prices, grid: int) -> int | None:
    """The most that the worst bid's sum can be, in millionths; None where prices say nothing."""
    if not (problem.demand > 0).any():
        return 0  # nobody asks for a seat: the worst is told as 0
    weights = sum(prices.weight[problem.demand > 0].tolist())
    if weights == 0 or prices.weight[problem.demand == 0].any():
        return None
    return int(Fraction(bound(problem, prices)) // (weights * grid)) * grid
