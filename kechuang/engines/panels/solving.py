"""Solve a panel problem for one of its objectives; the result carries what proves it.

`total`: the largest sum of scores. `fair`: the largest worst bid first, then the largest sum at
that worst. `random` stands in `lottery`.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from kechuang.engines.panels.bounds import Prices
from kechuang.engines.panels.certificates import proven_total, proven_worst
from kechuang.engines.panels.clashes import Infeasible, clash
from kechuang.engines.panels.law import faults_of
from kechuang.engines.panels.lottery import solve_random
from kechuang.engines.panels.problem import UNIT, Problem
from kechuang.engines.panels.programme import SolverFailed, demands_of
from kechuang.engines.panels.relaxation import (
    Relaxation,
    Table,
    first_columns,
    relax,
    shortage,
)
from kechuang.engines.panels.seating import Seating, seat, settle_ties

FAIR_STEPS_MAX = 80


@dataclass(frozen=True)
class Point:
    """One point of the frontier: an assignment, the threshold it was sought at, its bound."""

    seating: Seating
    relaxation: Relaxation
    threshold: int | None
    most: int
    worst: int


def solve(problem: Problem, objective: str) -> dict[str, Any]:
    """Solve for `total`, `fair` or `random`; the RESULT as JSON values.

    An infeasible problem gives a RESULT with `infeasible`, the named clashing rules.
    """
    table = Table(problem)
    try:
        if objective == "total":
            return _told(problem, table, "total", [_total(table)], None)
        if objective == "fair":
            return _fair(problem, table)
        if objective == "random":
            return solve_random(table)
    except Infeasible as found:
        return found.told()
    raise ValueError(f"no such objective: {objective}")


def written(result: dict[str, Any]) -> bytes:
    """A RESULT as bytes: the same result is the same bytes."""
    return (
        json.dumps(result, separators=(",", ":"), sort_keys=True, allow_nan=False).encode() + b"\n"
    )


def _total(table: Table) -> Point:
    point = _best_at(table, None)
    if point is None:
        raise clash(table)
    return point


def _best_at(table: Table, threshold: int | None) -> Point | None:
    """The largest sum where every bid has at least the threshold; None where none was found."""
    problem = table.problem
    found = relax(table, first_columns(table), threshold)
    if found is None:
        return None
    most = proven_total(problem, found.prices, table.grid, threshold)
    best = seat(table, found, most, threshold)
    if best is None:
        return None
    best = settle_ties(table, found, best, most, threshold)
    fault = next(faults_of(problem, best.bid, best.expert), None)
    assert fault is None, fault
    worst = best.worst(problem)
    if threshold is not None and worst < threshold:  # by less than the solver can tell apart
        threshold = worst
        most = proven_total(problem, found.prices, table.grid, threshold)
    return Point(best, found, threshold, most, worst)


# --- fair -----------------------------------------------------------------------------------


def _fair(problem: Problem, table: Table) -> dict[str, Any]:
    """Raise the threshold on the worst bid until no assignment keeps it.

    Each step asks for the largest sum at a threshold. What cannot be kept even in fractions gives
    prices that prove a bound on the worst bid; the search ends where that bound is reached.
    """
    points = [_total(table)]
    highest, proof = _highest_worst(problem, table)
    failed: int | None = None  # the least threshold at which no whole assignment was found
    for _ in range(FAIR_STEPS_MAX):
        reached = points[-1].worst
        top = highest if failed is None else min(highest, failed - table.grid)
        if reached >= top:
            break
        asked = top if failed is None else reached + max(
            (top - reached) // (2 * table.grid), 1
        ) * table.grid  # fmt: skip
        point = _best_at(table, asked)
        if point is not None:
            points.append(point)
            continue
        lacking = shortage(table, first_columns(table), demands_of(problem, asked))
        lower = None if lacking is None else proven_worst(problem, lacking, table.grid)
        if lacking is not None and lower is not None and lower < highest:
            highest, proof = lower, lacking
        else:
            failed = asked
    return _told(problem, table, "fair", _frontier(table, points), (highest, proof))


def _highest_worst(problem: Problem, table: Table) -> tuple[int, Prices]:
    """What no worst bid can exceed, whatever the loads: the least of the bids' own best panels."""
    weight = np.zeros(problem.bids, dtype=np.int64)
    demand = np.zeros(problem.bids, dtype=np.int64)
    sums = {}
    for bid in np.flatnonzero(problem.demand > 0).tolist():
        row = table.scores[bid]
        best = np.sort(row[row != table.barred])[::-1][: int(problem.demand[bid])]
        sums[bid] = (int(best.sum(dtype=np.int64)), int(best[-1]))
    if sums:
        lowest = min(sums, key=lambda bid: sums[bid])
        weight[lowest], demand[lowest] = 1, sums[lowest][1]
    prices = Prices(1, weight, demand, np.zeros(problem.experts, dtype=np.int64))
    return min(sums.values())[0] if sums else 0, prices


def _frontier(table: Table, points: list[Point]) -> list[Point]:
    """The points that were found, none better in both than another, by rising worst bid."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: (one.worst, one.seating.total)):
        while kept and kept[-1].seating.total <= point.seating.total:
            kept.pop()
        kept.append(point)
    return kept


# --- the result -----------------------------------------------------------------------------


def _told(
    problem: Problem,
    table: Table,
    objective: str,
    points: list[Point],
    worst: tuple[int, Prices] | None,
) -> dict[str, Any]:
    last = points[-1]
    certificate: dict[str, Any] = {"objective": objective, "worst_bound": "not certified"}
    certificate |= _proof(last)
    if table.grid > 1:
        certificate["grid"] = table.grid
    result: dict[str, Any] = {
        "objective": objective,
        "assignment": _pairs(last.seating),
        "total": last.seating.total / UNIT,
        "worst": last.worst / UNIT,
        "certificate": certificate,
    }
    if worst is not None:
        result["frontier"] = [[one.worst / UNIT, one.seating.total / UNIT] for one in points]
        certificate["frontier"] = [
            _proof(one) | {"assignment": _pairs(one.seating)} for one in points[:-1]
        ]
        certificate["worst_bound"] = {"bound": worst[0] / UNIT, "duals": worst[1].told()}
    return result


def _proof(point: Point) -> dict[str, Any]:
    value = point.seating.total
    return {
        "value": value / UNIT,
        "bound": point.most / UNIT,
        "gap": (point.most - value) / UNIT,
        "threshold": None if point.threshold is None else point.threshold / UNIT,
        "duals": point.relaxation.prices.told(),
    }


def _pairs(seating: Seating) -> list[list[int]]:
    return np.stack([seating.expert, seating.bid], axis=1).tolist()  # type: ignore[no-any-return]


__all__ = ["SolverFailed", "solve", "written"]
