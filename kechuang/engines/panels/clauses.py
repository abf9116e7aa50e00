"""The rules of a problem as clauses that can be dropped: for which bids and experts each holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kechuang.engines.panels.bounds import Prices
from kechuang.engines.panels.problem import Bools, Problem

RULES = (
    "pair_probability_max", "unscored", "conflicts", "fields", "senior", "institution",
    "load_min", "load_max", "demand",
)  # fmt: skip
OF_BIDS = {"demand", "institution", "senior", "fields"}
OF_EXPERTS = {"load_max", "load_min"}


@dataclass(frozen=True)
class Kept:
    """For each rule that is kept, the bids and the experts it is kept for (masks)."""

    bids: Mapping[str, Bools]
    experts: Mapping[str, Bools]
    by_chance: bool = False  # no pair more likely than pair_probability_max

    def rules(self) -> list[str]:
        held = {*self.bids, *self.experts}
        if self.by_chance:
            held.add("pair_probability_max")
        return [rule for rule in RULES if rule in held]

    def without(self, rule: str) -> "Kept":
        return Kept(
            {name: mask for name, mask in self.bids.items() if name != rule},
            {name: mask for name, mask in self.experts.items() if name != rule},
            self.by_chance and rule != "pair_probability_max",
        )

    def told(self) -> list[dict[str, Any]]:
        """As RESULT's `infeasible`: a rule, with the bids and the experts it is held for."""
        found = []
        for rule in reversed(self.rules()):
            item: dict[str, Any] = {"rule": rule}
            if rule in self.bids:
                item["bids"] = np.flatnonzero(self.bids[rule]).tolist()
            if rule in self.experts:
                item["experts"] = np.flatnonzero(self.experts[rule]).tolist()
            found.append(item)
        return found


def all_of(problem: Problem, by_chance: bool = False) -> Kept:
    """Every rule of the problem, for every bid and expert."""
    bids = np.ones(problem.bids, dtype=np.bool_)
    experts = np.ones(problem.experts, dtype=np.bool_)
    held = {"demand": True, "load_max": True}
    held |= {
        "load_min": problem.load_min is not None,
        "institution": problem.institution is not None,
        "senior": problem.senior is not None,
        "fields": problem.wanted is not None,
        "conflicts": bool(_in_conflict(problem).any()),
        "unscored": problem.unscored is not None,
        "pair_probability_max": False,
    }
    both = {"conflicts", "unscored"}
    return Kept(
        {rule: bids for rule in RULES if held[rule] and rule in OF_BIDS | both},
        {rule: experts for rule in RULES if held[rule] and rule in OF_EXPERTS | both},
        by_chance and problem.pair_probability_max is not None,
    )


def kept_from(told: Any, problem: Problem) -> Kept | str:
    """Read RESULT's `infeasible` back; the first fault as a sentence instead."""
    if not isinstance(told, list) or not told:
        return "infeasible must be a list of rules"
    whole = all_of(problem, by_chance=True)
    by_chance = False
    bids: dict[str, Bools] = {}
    experts: dict[str, Bools] = {}
    for place, item in enumerate(told):
        rule = item.get("rule") if isinstance(item, dict) else None
        if not isinstance(rule, str) or rule not in whole.rules():
            return f"infeasible[{place}]: {rule!r} is no rule of the problem"
        if rule in bids or rule in experts or (rule == "pair_probability_max" and by_chance):
            return f"infeasible[{place}]: {rule} stands there twice"
        by_chance = by_chance or rule == "pair_probability_max"
        for name, kinds, masks, size in (
            ("bids", whole.bids, bids, problem.bids),
            ("experts", whole.experts, experts, problem.experts),
        ):
            if rule not in kinds:
                continue
            listed = item.get(name, list(range(size)))
            if not isinstance(listed, list) or any(
                type(one) is not int or not 0 <= one < size for one in listed
            ):
                return f"infeasible[{place}].{name} must be indices below {size}"
            mask = np.zeros(size, dtype=np.bool_)
            mask[listed] = True
            masks[rule] = mask
    return Kept(bids, experts, by_chance)


def _in_conflict(problem: Problem) -> Bools:
    """Bids x experts, true where a pair is in conflict, by list or by table."""
    found = np.isnan(np.asarray(problem.raw, dtype=np.float64))
    if problem.unscored is not None:
        found &= ~problem.unscored
    if problem.conflicts is not None and len(problem.conflicts):
        found[problem.conflicts[:, 1], problem.conflicts[:, 0]] = True
    return found


def restricted(problem: Problem, kept: Kept) -> Problem:
    """The problem of whether the kept clauses can hold together: all scores are 0.

    A dropped load is no limit; which bids' seats, institutions, seniors and fields are asked for
    is for the reader of `kept`.
    """
    barred = np.zeros((problem.bids, problem.experts), dtype=np.bool_)
    if "conflicts" in kept.bids:
        inside = np.logical_and.outer(kept.bids["conflicts"], kept.experts["conflicts"])
        barred |= _in_conflict(problem) & inside
    if "unscored" in kept.bids and problem.unscored is not None:
        inside = np.logical_and.outer(kept.bids["unscored"], kept.experts["unscored"])
        barred |= problem.unscored & inside
    free = problem.bids + 1
    load_max = np.where(_mask(kept.experts, "load_max", problem.experts), problem.load_max, free)
    load_min = None
    if problem.load_min is not None and "load_min" in kept.experts:
        load_min = np.where(kept.experts["load_min"], problem.load_min, 0)
    return replace(
        problem,
        raw=np.where(barred, np.nan, 0.0),
        conflicts=None,
        unscored=None,
        load_max=load_max,
        load_min=load_min,
        pair_probability_max=problem.pair_probability_max if kept.by_chance else None,
    )


def _mask(masks: Mapping[str, Bools], rule: str, size: int) -> Bools:
    return masks[rule] if rule in masks else np.zeros(size, dtype=np.bool_)


def has_unnamed_price(problem: Problem, kept: Kept, prices: Prices) -> bool:
    """True where a price is asked for a rule that is not among the kept ones."""
    demand = _mask(kept.bids, "demand", problem.bids)
    most = _mask(kept.experts, "load_max", problem.experts)
    least = _mask(kept.experts, "load_min", problem.experts)
    rows = (("institution", "institution"), ("senior", "senior"), ("wanted", "fields"))
    return bool(
        prices.weight.any()
        or prices.demand[~demand].any()
        or (prices.load[~most] > 0).any()
        or (prices.load[~least] < 0).any()
        or any(
            getattr(prices, name)[:, -1][~_mask(kept.bids, rule, problem.bids)[
                getattr(prices, name)[:, 0]
            ]].any()
            for name, rule in rows
        )
    )  # fmt: skip
