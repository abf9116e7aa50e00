"""Hold a RESULT against its PROBLEM without a solver; the first thing that is not so is named."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kechuang.engines.panels.bounds import Prices, PricesRefused, bound, prices_from
from kechuang.engines.panels.certificates import proven_total, proven_worst
from kechuang.engines.panels.clauses import Kept, has_unnamed_price, kept_from, restricted
from kechuang.engines.panels.drawn import most_likely, verify_random
from kechuang.engines.panels.law import faults_of, pairs_from
from kechuang.engines.panels.problem import UNIT, Problem
from kechuang.engines.panels.refuting import Refuted, check_number, number_of, object_of

OBJECTIVES = ("total", "fair", "random")
GRID_MAX = 10**15


def verify(problem: Problem, result: Any) -> str | None:
    """The first fault of a RESULT as a sentence; None where everything that it says is proved.

    Proved are: that the assignment is lawful, its total and worst bid, the bounds on both by the
    certificate's prices, the frontier's points and bounds, and for `random` the marginals and the
    draw. Never raises for a bad RESULT.
    """
    try:
        _verify(problem, result)
    except Refuted as refuted:
        return str(refuted)
    except PricesRefused as refused:
        return f"wrong certificate: {refused}"
    return None


def _verify(problem: Problem, result: Any) -> None:
    if not isinstance(result, dict):
        raise Refuted("wrong type: RESULT must be an object")
    if "infeasible" in result:
        return _verify_infeasible(problem, result)
    objective = result.get("objective")
    if not isinstance(objective, str) or objective not in OBJECTIVES:
        raise Refuted(f"wrong type: objective must be one of {', '.join(OBJECTIVES)}")
    certificate = object_of(result, "certificate")
    if certificate.get("objective") != objective:
        raise Refuted("wrong certificate: it is about another objective")
    if objective == "random":
        _sums(problem, result)
        return verify_random(problem, result, certificate)
    total, worst = _sums(problem, result)
    grid = _grid(problem, certificate)
    _point(problem, certificate, total, worst, grid)
    if objective == "total":
        return _verify_total(problem, certificate)
    return _verify_fair(problem, result, certificate, (total, worst, grid))


def _sums(problem: Problem, holder: Mapping[str, Any]) -> tuple[int, int]:
    """Check the assignment and what is said of its total and worst; these in millionths."""
    pairs = pairs_from(problem, holder.get("assignment"))
    if isinstance(pairs, str):
        raise Refuted(f"bad assignment: {pairs}")
    fault = next(faults_of(problem, *pairs), None)
    if fault is not None:
        raise Refuted(fault)
    bid, expert = pairs
    score = problem.scores_of(bid, expert)
    sums = np.zeros(problem.bids, dtype=np.int64)
    np.add.at(sums, bid, score)
    asked = sums[problem.demand > 0]
    total, worst = int(sum(score.tolist())), int(asked.min()) if len(asked) else 0
    check_number(holder, "total", total / UNIT)
    check_number(holder, "worst", worst / UNIT)
    return total, worst


def _grid(problem: Problem, certificate: Mapping[str, Any]) -> int:
    grid = certificate.get("grid", 1)
    if type(grid) is not int or not 1 <= grid <= GRID_MAX:
        raise Refuted("wrong certificate: grid must be a whole number, at least 1")
    if grid > 1:
        scores = problem.scaled()
        if (scores[scores != np.iinfo(scores.dtype).min] % grid).any():
            raise Refuted(f"wrong certificate: {grid} does not divide every score")
    return grid


def _point(problem: Problem, proof: Mapping[str, Any], total: int, worst: int, grid: int) -> None:
    """Check value, bound and gap of one assignment."""
    threshold = None
    if proof.get("threshold") is not None:
        threshold = round(number_of(proof, "threshold") * UNIT)
        if threshold / UNIT != proof["threshold"]:
            raise Refuted("wrong certificate: threshold is no whole number of millionths")
        if threshold > worst:
            raise Refuted("wrong certificate: its threshold is above the worst bid")
    prices = prices_from(proof.get("duals"), problem)
    asked = problem.demand > 0
    if (prices.weight[asked] < prices.scale).any() or (
        threshold is None and (prices.weight != prices.scale).any()
    ) or (prices.weight[~asked] != prices.scale).any():  # fmt: skip
        raise Refuted("wrong certificate: weights of bids that prove nothing about the total")
    most = proven_total(problem, prices, grid, threshold)
    for name, value in (("value", total), ("bound", most), ("gap", most - total)):
        check_number(proof, name, value / UNIT)


def _verify_total(problem: Problem, certificate: Mapping[str, Any]) -> None:
    if certificate.get("worst_bound") != "not certified":
        raise Refuted("wrong certificate: worst_bound is not certified for total")
    plain = problem.institution is None and problem.senior is None and problem.wanted is None
    if plain and certificate["gap"] != 0:
        raise Refuted(f"not proved: a gap of {certificate['gap']} is left")


def _verify_fair(
    problem: Problem,
    result: Mapping[str, Any],
    certificate: Mapping[str, Any],
    last: tuple[int, int, int],
) -> None:
    total, worst, grid = last
    told = object_of(certificate, "worst_bound")
    prices: Prices = prices_from(told.get("duals"), problem)
    most = proven_worst(problem, prices, grid)
    if most is None or number_of(told, "bound") != most / UNIT:
        so = "nothing" if most is None else most / UNIT
        raise Refuted(f"wrong worst_bound: {told.get('bound')} is told, {so} is so")
    frontier, proofs = result.get("frontier"), certificate.get("frontier")
    if not isinstance(frontier, list) or not frontier or not isinstance(proofs, list):
        raise Refuted("wrong type: frontier must be a list of [worst, total], with its proofs")
    if len(proofs) != len(frontier) - 1:
        raise Refuted("wrong frontier: each point but the last has one proof")
    before: tuple[int, int] | None = None
    for place, point in enumerate(frontier):
        if place < len(proofs):
            proof = object_of({"frontier proof": proofs[place]}, "frontier proof")
            shown = dict(proof) | {"total": proof.get("value")}
            pairs = pairs_from(problem, shown.get("assignment"))
            if isinstance(pairs, str):
                raise Refuted(f"frontier[{place}]: bad assignment: {pairs}")
            shown["worst"] = _worst_of(problem, *pairs)
            sums = _sums(problem, shown)
            _point(problem, proof, *sums, grid)
        else:
            sums = (total, worst)
        good = isinstance(point, list) and len(point) == 2
        if not good or any(type(one) not in (int, float) for one in point):
            raise Refuted(f"wrong type: frontier[{place}] must be [worst, total]")
        if point != [sums[1] / UNIT, sums[0] / UNIT]:
            raise Refuted(f"wrong frontier: point {place} is not what its assignment has")
        if before is not None and not (sums[1] > before[1] and sums[0] < before[0]):
            raise Refuted(f"wrong frontier: point {place} is not behind the one before")
        before = sums


def _worst_of(problem: Problem, bid: Any, expert: Any) -> float:
    sums = np.zeros(problem.bids, dtype=np.int64)
    np.add.at(sums, bid, problem.scores_of(bid, expert))
    asked = sums[problem.demand > 0]
    return int(asked.min()) / UNIT if len(asked) else 0.0


def _verify_infeasible(problem: Problem, result: Mapping[str, Any]) -> None:
    for name in ("assignment", "total", "frontier"):
        if name in result:
            raise Refuted(f"wrong type: an infeasible RESULT has no {name}")
    kept = kept_from(result["infeasible"], problem)
    if isinstance(kept, str):
        raise Refuted(f"wrong infeasible: {kept}")
    certificate = result.get("certificate")
    if certificate == "not certified":
        raise Refuted("not proved: that the named rules clash only shows in whole seats")
    proof = object_of(result, "certificate")
    small = restricted(problem, kept)
    prices = prices_from(proof.get("duals"), small)
    if has_unnamed_price(problem, kept, prices):
        raise Refuted("wrong certificate: it uses a rule that is not named")
    if not _contradicts_itself(problem, kept) and bound(small, prices, most_likely(small)) >= 0:
        raise Refuted("wrong certificate: the named rules are not proved to clash")


def _contradicts_itself(problem: Problem, kept: Kept) -> bool:
    """True where an expert is to have more seats than it may have."""
    if problem.load_min is None or not {"load_min", "load_max"} <= set(kept.experts):
        return False
    both = kept.experts["load_min"] & kept.experts["load_max"]
    return bool((problem.load_min > problem.load_max)[both].any())
