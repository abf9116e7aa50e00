"""Panels by chance: no pair more likely than the problem allows, and the largest expected total.

The marginals come from the linear programme (PLRA, Jecmen et al. 2020); the draw from them by the
public seed stands in `drawn`. Where rules within a panel cross, marginals need not be a mixture of
lawful assignments: then a lottery over whole assignments is built, each assignment priced in turn.
"""

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from kechuang.engines.panels.bounds import bound
from kechuang.engines.panels.clashes import clash
from kechuang.engines.panels.drawn import (
    NotDrawable,
    chosen,
    draw,
    expected_total,
    most_likely,
)
from kechuang.engines.panels.problem import UNIT, Floats, Ints
from kechuang.engines.panels.programme import (
    Columns,
    SolverFailed,
    demands_of,
    programme_of,
    whole,
)
from kechuang.engines.panels.relaxation import Relaxation, Table, first_columns, relax

LOTTERY_ROUNDS = 400
TICKETS = 10**9
NODES = 2_000


def solve_random(table: Table) -> dict[str, Any]:
    """Solve for `random`; the RESULT as JSON values. Raises Infeasible with the clashing rules."""
    problem = table.problem
    chance = most_likely(problem)
    found = relax(table, first_columns(table), None, float(chance))
    if found is None:
        raise clash(table, by_chance=True)
    marginals = _exact(found, chance.denominator)
    if marginals is not None:
        try:
            pairs = draw(problem, marginals, chance.denominator)
        except NotDrawable:
            marginals = None
        else:
            shown = {"parts": chance.denominator, "pairs": marginals.tolist()}
            return _told(table, found, (marginals, chance.denominator), pairs.tolist(),
                         {"marginals": shown})  # fmt: skip
    lottery = _lottery(table, found, chance)
    counted = _counted(lottery, problem.experts)
    return _told(table, found, counted, chosen(problem, lottery), {"lottery": lottery})


def _exact(found: Relaxation, parts: int) -> Ints | None:
    """The weights as rows of expert, bid, parts; None where they are no whole parts."""
    share = found.weight * parts
    whole_share = np.rint(share)
    if (np.abs(share - whole_share) > 1e-3).any():
        return None
    kept = whole_share > 0
    columns = found.columns.only(kept)
    return np.stack([columns.expert, columns.bid, whole_share[kept].astype(np.int64)], axis=1)


def _told(
    table: Table, found: Relaxation, marginals: tuple[Ints, int], pairs: Any, shown: dict[str, Any]
) -> dict[str, Any]:
    problem = table.problem
    rows, parts = marginals
    value = expected_total(problem, rows, parts)
    most = bound(problem, found.prices, most_likely(problem))
    sums = np.zeros(problem.bids, dtype=np.int64)
    seats = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    np.add.at(sums, seats[:, 1], problem.scores_of(seats[:, 1], seats[:, 0]))
    asked = sums[problem.demand > 0]
    certificate = {
        "objective": "random",
        "value": float(value / UNIT),
        "bound": float(most / UNIT),
        "gap": float((most - value) / UNIT),
        "duals": found.prices.told(),
        "worst_bound": "not certified",
    } | shown
    return {
        "objective": "random",
        "assignment": pairs,
        "total": int(sums.sum()) / UNIT,
        "worst": int(asked.min()) / UNIT if len(asked) else 0.0,
        "marginals_max": float(Fraction(int(rows[:, 2].max(initial=0)), parts)),
        "expected_total": float(value / UNIT),
        "certificate": certificate,
    }


# --- a lottery over whole assignments ---------------------------------------------------------


def _lottery(table: Table, found: Relaxation, chance: Fraction) -> list[Any]:
    """Tickets on whole assignments, [[tickets, assignment], ...]: no pair above its chance."""
    columns = table.all_columns() if table.is_small else found.columns
    programme = programme_of(table.problem, columns, demands_of(table.problem), table.unit)
    aim = programme.cost.copy()
    taken: list[Any] = []
    prices, level = np.zeros(len(columns)), -np.inf
    shares: Floats = np.zeros(0)
    ended = False
    for _ in range(LOTTERY_ROUNDS):
        programme.cost = aim - prices
        weight = whole(programme, NODES)
        if weight is None:
            raise clash(table, by_chance=True)
        if taken and float(programme.cost @ weight) <= level + 1e-7 * (1 + abs(level)):
            ended = True
            break
        taken.append(np.flatnonzero(weight > 0.5))
        shares, prices, level = _mixture(taken, aim, float(chance))
    tickets = _tickets(shares)
    if _overflow(taken, tickets, len(columns), chance):
        word = "no lottery over whole panels keeps" if ended else "no lottery was found that keeps"
        raise SolverFailed(f"{word} pair_probability_max")
    return [
        [int(count), _pairs(columns, places)]
        for count, places in zip(tickets.tolist(), taken, strict=True)
        if count
    ]


def _tickets(shares: Floats) -> Ints:
    """Shares as whole tickets: exactly, where they are simple fractions of one whole."""
    for limit in (10, 100, 1_000, 10_000):
        simple = [Fraction(float(share)).limit_denominator(limit) for share in shares]
        whole_of = lcm(*(one.denominator for one in simple))
        if sum(simple) == 1 and whole_of <= TICKETS:
            return np.array([int(one * whole_of) for one in simple], dtype=np.int64)
    return np.floor(shares * TICKETS).astype(np.int64)


def _mixture(taken: list[Any], aim: Floats, chance: float) -> tuple[Floats, Floats, float]:
    """The best mixture of these assignments: shares, the prices of pairs, the price of a share.

    What is above the chance costs more than any score is worth.
    """
    row = np.concatenate(taken)
    column = np.repeat(np.arange(len(taken)), [len(one) for one in taken])
    used, place = np.unique(row, return_inverse=True)
    over = len(used)
    values = [float(aim[one].sum()) for one in taken]
    penalty = 10.0 * (float(np.abs(aim).max(initial=0)) + 1.0)
    most = csr_matrix(
        (
            np.concatenate([np.ones(len(row)), -np.ones(over)]),
            (
                np.concatenate([place, np.arange(over)]),
                np.concatenate([column, len(taken) + np.arange(over)]),
            ),
        ),
        shape=(over, len(taken) + over),
    )
    equal = csr_matrix(np.concatenate([np.ones(len(taken)), np.zeros(over)])[None, :])
    found = linprog(
        np.concatenate([-np.array(values), np.full(over, penalty)]),
        A_ub=most,
        b_ub=np.full(over, chance),
        A_eq=equal,
        b_eq=[1.0],
        method="highs-ds",
    )
    if found.status != 0:
        raise SolverFailed(f"lottery: {found.message}")
    prices = np.zeros(len(aim))
    prices[used] = -found.ineqlin.marginals
    return found.x[: len(taken)], prices, float(-found.eqlin.marginals[0])


def _overflow(taken: list[Any], tickets: Ints, width: int, chance: Fraction) -> bool:
    counted = np.zeros(width, dtype=np.int64)
    for count, places in zip(tickets.tolist(), taken, strict=True):
        counted[places] += count
    return bool(int(counted.max(initial=0)) > chance * int(tickets.sum()))


def _pairs(columns: Columns, places: Ints) -> list[list[int]]:
    found: list[list[int]] = np.stack(
        [columns.expert[places], columns.bid[places]], axis=1
    ).tolist()
    return found


def _counted(lottery: list[Any], experts: int) -> tuple[Ints, int]:
    """The marginals of a lottery: rows of expert, bid, tickets; and how many tickets there are."""
    counted: dict[int, int] = {}
    for count, pairs in lottery:
        for expert, bid in pairs:
            key = bid * experts + expert
            counted[key] = counted.get(key, 0) + count
    rows = [[key % experts, key // experts, counted[key]] for key in sorted(counted)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3), sum(row[0] for row in lottery)
