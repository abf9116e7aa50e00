"""Problems drawn at random, and their optimum by a formulation of its own."""

import random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

GRIDS = {"quarters": (0.0, 0.25, 0.5, 1.0), "tenths": tuple(n / 10 - 0.5 for n in range(11))}


@st.composite
def problems(draw: Any) -> dict[str, Any]:
    """A small problem with any of the rules, feasible or not."""
    return problem(draw(st.integers(0, 2**32)))


def problem(number: int) -> dict[str, Any]:
    chance = random.Random(number)
    bids, experts = chance.randint(1, 6), chance.randint(2, 8)
    grid = chance.choice([*GRIDS.values(), None])
    told: dict[str, Any] = {
        "bids": bids,
        "experts": experts,
        "demand": chance.choice([1, 2, 3]),
        "load_max": chance.randint(1, 5),
        "pair_probability_max": chance.choice([0.5, 0.7, 1, 0.334]),
        "scores": [
            [e, b, chance.choice(grid) if grid else chance.uniform(-1, 1)]
            for e in range(experts)
            for b in range(bids)
            if chance.random() < 0.85
        ],
    }
    rules = {
        "conflicts": lambda: [
            [chance.randrange(experts), chance.randrange(bids)] for _ in range(chance.randint(0, 4))
        ],
        "load_min": lambda: [chance.randint(0, 1) for _ in range(experts)],
        "institution": lambda: [chance.choice("abcd") for _ in range(experts)],
        "senior": lambda: [chance.random() < 0.5 for _ in range(experts)],
        "fields": lambda: [chance.sample("xyz", chance.randint(0, 2)) for _ in range(experts)],
    }
    for rule, value in rules.items():
        if chance.random() < 0.4:
            told[rule] = value()
    if "institution" in told:
        told["per_institution_max"] = chance.randint(1, 2)
    if "senior" in told:
        told["senior_min"] = 1
    if "fields" in told:
        told["wanted"] = [chance.choice([[], ["x"], ["x", "y"]]) for _ in range(bids)]
    if chance.random() < 0.15:
        told["allow_unscored"] = False
    return told


def best_total(told: dict[str, Any], keep: Any = None) -> float | None:
    """The largest total by one mixed-integer programme over all pairs; None where infeasible.

    `keep(rule, index)` says which bids or experts a rule is held for; conflicts are asked as pairs.
    """
    keep = keep or (lambda rule, *index: True)
    cost, upper = _pairs(told, keep)
    rows = list(_rows_of_bids(told, keep)) + list(_rows_of_experts(told, keep))
    limits = None
    if rows:
        masks, low, high = zip(*rows, strict=True)
        limits = LinearConstraint(
            np.array([np.where(m, 1.0, 0.0).ravel() for m in masks]), low, high
        )
    found = milp(
        -cost.ravel(),
        integrality=np.ones(cost.size),
        bounds=Bounds(0, upper.ravel()),
        constraints=limits,
        options={"mip_rel_gap": 0},
    )
    return None if found.x is None else float(cost.ravel() @ np.rint(found.x))


def _pairs(told: dict[str, Any], keep: Any) -> tuple[Any, Any]:
    cost, upper = (
        np.zeros((told["bids"], told["experts"])),
        np.ones((told["bids"], told["experts"])),
    )
    scored = {(e, b): s for e, b, s in told["scores"]}
    for b, e in np.ndindex(cost.shape):
        cost[b, e] = scored.get((e, b), 0)
        barred = not told.get("allow_unscored", True) and (e, b) not in scored
        upper[b, e] = 0 if barred and keep("unscored", b, e) else 1
    for e, b in told.get("conflicts", []):
        upper[b, e] = 0 if keep("conflicts", b, e) else upper[b, e]
    return cost, upper


def _rows_of_bids(told: dict[str, Any], keep: Any) -> Any:
    bid_of, expert_of = np.indices((told["bids"], told["experts"]))
    for b in range(told["bids"]):
        here = bid_of == b
        if keep("demand", b):
            yield here, told["demand"], told["demand"]
        if "institution" in told and keep("institution", b):
            for name in sorted(set(told["institution"])):
                inside = np.array([one == name for one in told["institution"]])
                yield here & inside[expert_of], 0, told["per_institution_max"]
        if "senior" in told and keep("senior", b):
            yield here & np.array(told["senior"])[expert_of], told["senior_min"], np.inf
        if "wanted" in told and keep("fields", b):
            for name in told["wanted"][b]:
                has = np.array([name in had for had in told["fields"]])
                yield here & has[expert_of], 1, np.inf


def _rows_of_experts(told: dict[str, Any], keep: Any) -> Any:
    expert_of = np.indices((told["bids"], told["experts"]))[1]
    for e in range(told["experts"]):
        if keep("load_max", e):
            yield expert_of == e, 0, _per(told["load_max"], e)
        if "load_min" in told and keep("load_min", e):
            yield expert_of == e, _per(told["load_min"], e), np.inf


def _per(value: Any, place: int) -> int:
    return value[place] if isinstance(value, list) else value
