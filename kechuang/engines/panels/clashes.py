"""Which rules clash where a problem cannot be solved: a smallest set of them, with whom they touch.

First whole rules are dropped while the rest still clashes; then the bids and experts of each are
halved away. What remains cannot hold together, and could if any one rule of it were dropped.
Source: the deletion filter of Chinneck and Dravnieks (1991); QuickXplain, Junker (2004).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from kechuang.engines.panels.bounds import Prices
from kechuang.engines.panels.clauses import Kept, all_of, restricted
from kechuang.engines.panels.drawn import most_likely
from kechuang.engines.panels.problem import Bools, Problem
from kechuang.engines.panels.programme import (
    Demands,
    SolverFailed,
    demands_of,
    is_impossible,
    programme_of,
)
from kechuang.engines.panels.relaxation import Table, first_columns, shortage

CHECKS_MAX = 1_500
PAIRS_CHECKED_MAX = 400_000_000  # pairs x checks, so that a large problem ends too
NODES = 5_000


class Infeasible(Exception):
    """The rules cannot hold together: the clashing ones, and the proof if there is one."""

    def __init__(self, kept: Kept, proof: Prices | None) -> None:
        super().__init__("the rules clash")
        self.kept = kept
        self.proof = proof

    def told(self) -> dict[str, Any]:
        """RESULT of an infeasible problem."""
        proof: Any = "not certified" if self.proof is None else {"duals": self.proof.told()}
        return {"infeasible": self.kept.told(), "certificate": proof}


def clash(table: Table, by_chance: bool = False) -> Infeasible:
    """Find a smallest clashing set of an infeasible problem; `by_chance` for its `random`.

    Raises SolverFailed where nothing was found and yet no clash is proved.
    """
    problem = table.problem
    left = [CHECKS_MAX, PAIRS_CHECKED_MAX]

    def clashes(kept: Kept) -> bool:
        left[0] -= 1
        left[1] -= problem.bids * problem.experts
        return _clashes(problem, kept)

    kept = all_of(problem, by_chance)
    if not clashes(kept):
        raise SolverFailed("no assignment was found, and none of the rules is shown to clash")
    for rule in kept.rules():
        smaller = kept.without(rule)
        if smaller.rules() and clashes(smaller):
            kept = smaller
    kept = _supported(problem, kept)
    for rule in kept.rules():
        for masks in ("bids", "experts"):
            if rule in getattr(kept, masks):
                kept = _with_fewer(kept, rule, masks, clashes, left)
    return Infeasible(kept, _proof(problem, kept))


def _demands(problem: Problem, small: Problem, kept: Kept) -> Demands:
    none = np.zeros(problem.bids, dtype=np.bool_)
    return replace(
        demands_of(small, None, float(most_likely(small))),
        bids=np.flatnonzero(kept.bids.get("demand", none)),
        institution=kept.bids.get("institution", none),
        senior=kept.bids.get("senior", none),
        wanted=kept.bids.get("fields", none),
    )


def _proof(problem: Problem, kept: Kept) -> Prices | None:
    """Prices that prove the clash; None where it only shows in whole seats."""
    table = Table(restricted(problem, kept))
    return shortage(table, first_columns(table), _demands(problem, table.problem, kept))


def _clashes(problem: Problem, kept: Kept) -> bool:
    """True where the kept rules cannot hold together, in fractions or in whole seats."""
    table = Table(restricted(problem, kept))
    asked = _demands(problem, table.problem, kept)
    columns = first_columns(table)
    if shortage(table, columns, asked) is not None:
        return True
    crossing = ("institution" in kept.bids and "senior" in kept.bids) or "fields" in kept.bids
    if not crossing or not table.is_small:
        return False
    asked = replace(asked, upper=1.0)  # what is drawn by chance is whole panels as well
    programme = programme_of(table.problem, columns, asked, table.unit)
    programme.cost = np.zeros(len(columns))
    return is_impossible(programme, NODES)


def _supported(problem: Problem, kept: Kept) -> Kept:
    """Only the bids and experts that the proof speaks of; all of them where there is no proof."""
    prices = _proof(problem, kept)
    if prices is None:
        return kept
    bids = dict(kept.bids)
    experts = dict(kept.experts)
    named = {"demand": prices.demand != 0}
    for rule, rows in (
        ("institution", prices.institution), ("senior", prices.senior), ("fields", prices.wanted)
    ):  # fmt: skip
        mask = np.zeros(problem.bids, dtype=np.bool_)
        mask[rows[rows[:, -1] > 0, 0]] = True
        named[rule] = mask
    touched = np.zeros(problem.bids, dtype=np.bool_)
    for rule, mask in named.items():
        if rule in bids:
            bids[rule] = mask
            touched |= mask
    for rule, loads in (("load_max", prices.load > 0), ("load_min", prices.load < 0)):
        if rule in experts:
            experts[rule] = loads
    for rule in ("conflicts", "unscored"):
        if rule in bids:
            bids[rule] = touched
    smaller = Kept(bids, experts, kept.by_chance)
    return smaller if _clashes(problem, smaller) else kept


def _with_fewer(
    kept: Kept, rule: str, masks: str, clashes: Callable[[Kept], bool], left: list[int]
) -> Kept:
    """The clause for as few bids (or experts) as still clash, by dropping ever smaller pieces."""
    members = np.flatnonzero(getattr(kept, masks)[rule])
    piece = max(1, len(members) // 2)
    while len(members) and min(left) > 0:
        first = 0
        while first < len(members) and min(left) > 0:
            fewer = np.delete(members, slice(first, first + piece))
            smaller = _with_mask(kept, rule, masks, fewer)
            if len(fewer) and clashes(smaller):
                members, kept = fewer, smaller
            else:
                first += piece
        if piece == 1:
            break
        piece = max(1, piece // 2)
    return kept


def _with_mask(kept: Kept, rule: str, masks: str, members: Any) -> Kept:
    old = getattr(kept, masks)
    mask: Bools = np.zeros(len(old[rule]), dtype=np.bool_)
    mask[members] = True
    if masks == "bids":
        return replace(kept, bids={**old, rule: mask})
    return replace(kept, experts={**old, rule: mask})
