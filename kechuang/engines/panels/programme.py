"""The assignment as a linear programme over some pairs of bids and experts.

Rows stand for the rules, columns for pairs; only rules that can bite among the columns get rows.
Solved by HiGHS through SciPy, which is needed here and nowhere else in this engine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity, vstack

from kechuang.engines.panels.bounds import Prices
from kechuang.engines.panels.problem import Bools, Floats, Ints, Problem

OPTIMAL, LIMIT, INFEASIBLE = 0, 1, 2
NODES_MAX = 20_000


class SolverFailed(RuntimeError):
    """The solver gave neither an answer nor a proof that there is none."""


@dataclass(frozen=True)
class Columns:
    """Pairs that are looked at: bid, expert and score (millionths), in order of bid and expert."""

    bid: Ints
    expert: Ints
    score: Ints

    def __len__(self) -> int:
        return len(self.bid)

    def only(self, mask: Any) -> "Columns":
        return Columns(self.bid[mask], self.expert[mask], self.score[mask])


@dataclass(frozen=True)
class Rows:
    """One family of rules: the row and column of each entry, with right sides `at_most`."""

    name: str
    row: Ints
    column: Ints
    value: Floats
    at_most: Floats
    keys: Ints  # what each row is about
    sign: int = 1  # -1 where the rule is "at least"


@dataclass
class Programme:
    """max cost x, equal x = seats, most x <= at_most, lower <= x <= upper."""

    columns: Columns
    cost: Floats
    equal: csr_matrix
    seats: Floats
    most: csr_matrix
    at_most: Floats
    families: list[Rows]
    unit: float  # millionths of a score in one unit of cost
    bids: Ints  # what the rows of `equal` are about
    upper: float = 1.0
    lower: Floats | None = None  # 1 where a column must be taken


@dataclass(frozen=True)
class Answer:
    """A solution: a weight per column, what is short of the rules, and the prices of the rows."""

    weight: Floats
    short: float
    equal_prices: Floats
    most_prices: Floats
    status: int = OPTIMAL


@dataclass(frozen=True)
class Demands:
    """What a programme asks: seats of these bids, loads, and for which bids the panels' rules hold.

    `threshold` is the least sum of each bid in millionths, `upper` the most that a pair may weigh.
    """

    seats: Ints
    most: Ints
    least: Ints
    bids: Ints
    institution: Bools
    senior: Bools
    wanted: Bools
    threshold: int | None = None
    upper: float = 1.0

    def only(self, bids: Bools, taken: Ints) -> "Demands":
        """The same for these bids alone, where others have taken so many seats of each expert."""
        return replace(
            self, most=self.most - taken, least=self.least - taken, bids=np.flatnonzero(bids),
            institution=self.institution & bids, senior=self.senior & bids,
            wanted=self.wanted & bids,
        )  # fmt: skip


def demands_of(problem: Problem, threshold: int | None = None, upper: float = 1.0) -> Demands:
    """The problem's own demands, with a least sum for every bid that has seats, if given."""
    least = problem.load_min
    if least is None:
        least = np.zeros(problem.experts, dtype=np.int64)
    every = np.ones(problem.bids, dtype=np.bool_)
    bids = np.arange(problem.bids)
    return Demands(
        problem.demand, problem.load_max, least, bids, every, every, every, threshold, upper
    )


def programme_of(problem: Problem, columns: Columns, asked: Demands, unit: float) -> Programme:
    """Write the rules of the bids in `asked.bids` over these columns."""
    families = [rows for rows in _families(problem, columns, asked, unit) if len(rows.keys)]
    width = len(columns)
    place = np.full(problem.bids, -1, dtype=np.int64)
    place[asked.bids] = np.arange(len(asked.bids))
    counted = np.flatnonzero(place[columns.bid] >= 0)
    equal = csr_matrix(
        (np.ones(len(counted)), (place[columns.bid[counted]], counted)),
        shape=(len(asked.bids), width),
    )
    parts = [
        csr_matrix((rows.sign * rows.value, (rows.row, rows.column)), shape=(len(rows.keys), width))
        for rows in families
    ]
    most = vstack(parts, format="csr") if parts else csr_matrix((0, width))
    at_most = np.concatenate([rows.sign * rows.at_most for rows in families] or [np.zeros(0)])
    return Programme(
        columns,
        columns.score / unit,
        equal,
        asked.seats[asked.bids].astype(np.float64),
        most,
        at_most,
        families,
        unit,
        asked.bids,
        asked.upper,
    )


def _families(problem: Problem, columns: Columns, asked: Demands, unit: float) -> Iterator[Rows]:
    everywhere = np.arange(len(columns))
    counts = np.bincount(columns.expert, minlength=problem.experts)
    yield _counted(
        "load", columns.expert, everywhere, counts * asked.upper > asked.most, asked.most
    )
    yield _counted("load_min", columns.expert, everywhere, asked.least > 0, asked.least, -1)
    if problem.institution is not None:
        inside = np.flatnonzero(asked.institution[columns.bid])
        width = len(problem.institution_names)
        keys = columns.bid[inside] * width + problem.institution[columns.expert[inside]]
        known, group, counts = np.unique(keys, return_inverse=True, return_counts=True)
        tight = counts * asked.upper > problem.per_institution_max
        limit = np.full(len(known), problem.per_institution_max)
        rows = _counted("institution", group, inside, tight, limit)
        yield replace(rows, keys=known[tight])
    if problem.senior is not None and problem.senior_min > 0:
        chosen = np.flatnonzero(problem.senior[columns.expert])
        limit = np.full(problem.bids, problem.senior_min)
        yield _counted("senior", columns.bid[chosen], chosen, asked.senior, limit, -1)
    if problem.wanted is not None:
        yield from _wanted(problem, columns, asked)
    if asked.threshold is not None:
        bites = np.zeros(problem.bids, dtype=np.bool_)
        bites[asked.bids] = asked.seats[asked.bids] > 0
        least = np.full(problem.bids, asked.threshold / unit)
        rows = _counted("threshold", columns.bid, everywhere, bites, least, -1)
        yield replace(rows, value=columns.score[rows.column] / unit)


def _counted(name: str, group: Ints, column: Ints, bites: Bools, limit: Any, sign: int = 1) -> Rows:
    """A family that counts columns of a group against the group's limit, where it bites."""
    place = np.cumsum(bites) - 1
    kept = bites[group]
    return Rows(
        name, place[group[kept]], column[kept], np.ones(int(kept.sum())),
        np.asarray(limit, dtype=np.float64)[bites], np.flatnonzero(bites), sign,
    )  # fmt: skip


def _wanted(problem: Problem, columns: Columns, asked: Demands) -> Iterator[Rows]:
    assert problem.wanted is not None and problem.fields is not None
    width = len(problem.field_names)
    pairs = [
        (bid, name) for bid in np.flatnonzero(asked.wanted).tolist() for name in problem.wanted[bid]
    ]
    if not pairs:
        return
    keys = np.array([bid * width + name for bid, name in pairs], dtype=np.int64)
    place = np.full(problem.bids * width, -1, dtype=np.int64)
    place[keys] = np.arange(len(keys))
    rows, found = [], []
    for name in range(width):
        inside = np.flatnonzero(problem.fields[columns.expert, name])
        row = place[columns.bid[inside] * width + name]
        rows.append(row[row >= 0])
        found.append(inside[row >= 0])
    row, column = np.concatenate(rows), np.concatenate(found)
    yield Rows("wanted", row, column, np.ones(len(row)), np.ones(len(keys)), keys, -1)


def relaxed(programme: Programme, penalty: float | None = None, simplex: bool = True) -> Answer:
    """Solve the linear programme; with a penalty, seats and "at least" rules may fall short.

    Raises SolverFailed. Without a penalty an infeasible programme has status INFEASIBLE.
    """
    cost, equal, most = -programme.cost, programme.equal, programme.most
    width = len(cost)
    bounds = np.empty((width, 2))
    bounds[:, 0] = 0.0 if programme.lower is None else programme.lower
    bounds[:, 1] = programme.upper
    if penalty is not None:
        cost, equal, most, bounds = _elastic(programme, penalty)
    if not len(cost):
        return _of_nothing(programme)
    found = linprog(
        cost,
        A_ub=most if most.shape[0] else None,
        b_ub=programme.at_most if most.shape[0] else None,
        A_eq=equal if equal.shape[0] else None,
        b_eq=programme.seats if equal.shape[0] else None,
        bounds=bounds,
        method="highs-ds" if simplex else "highs-ipm",
        options={"dual_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9},
    )
    if found.status == INFEASIBLE:
        nothing = np.zeros(0)
        return Answer(nothing, 0.0, nothing, nothing, INFEASIBLE)
    if found.status != OPTIMAL:
        raise SolverFailed(f"linear programme: {found.message}")
    return Answer(
        found.x[:width],
        float(found.x[width:].sum()),
        -found.eqlin.marginals if equal.shape[0] else np.zeros(0),
        -found.ineqlin.marginals if most.shape[0] else np.zeros(0),
    )


def _of_nothing(programme: Programme) -> Answer:
    """The answer where no pair may sit at all: lawful only where nothing is asked."""
    nothing = np.zeros(0)
    if programme.seats.any() or (programme.at_most < 0).any():
        return Answer(nothing, 0.0, nothing, nothing, INFEASIBLE)
    zeros = np.zeros(len(programme.seats)), np.zeros(len(programme.at_most))
    return Answer(nothing, 0.0, *zeros)


def _elastic(programme: Programme, penalty: float) -> tuple[Any, Any, Any, Any]:
    """The programme with a column for what each seat row and each "at least" row lacks."""
    seats, width = programme.equal.shape
    signs = np.concatenate(
        [np.full(len(rows.keys), rows.sign) for rows in programme.families] or [np.zeros(0)]
    )
    short = np.flatnonzero(signs < 0)
    lacking = coo_matrix(
        (-np.ones(len(short)), (short, np.arange(len(short)))), shape=(len(signs), len(short))
    )
    equal = hstack(
        [programme.equal, identity(seats), csr_matrix((seats, len(short)))], format="csr"
    )
    most = hstack([programme.most, csr_matrix((len(signs), seats)), lacking], format="csr")
    cost = np.concatenate([-programme.cost, np.full(seats + len(short), penalty)])
    bounds = np.zeros((width + seats + len(short), 2))
    bounds[:, 1] = np.inf
    bounds[:width, 1] = programme.upper
    return cost, equal, most, bounds


def whole(programme: Programme, nodes: int = NODES_MAX) -> Floats | None:
    """Solve in whole numbers, within a number of nodes; None where nothing was found."""
    return _in_whole_numbers(programme, nodes)[0]


def is_impossible(programme: Programme, nodes: int = NODES_MAX) -> bool:
    """True where it is proved that no whole numbers do; False also where the nodes ran out."""
    return _in_whole_numbers(programme, nodes)[1]


def _in_whole_numbers(programme: Programme, nodes: int) -> tuple[Floats | None, bool]:
    """What was found, if anything, and whether it is proved that there is nothing."""
    limits = []
    if programme.equal.shape[0]:
        limits.append(LinearConstraint(programme.equal, programme.seats, programme.seats))
    if programme.most.shape[0]:
        limits.append(LinearConstraint(programme.most, -np.inf, programme.at_most))
    if not len(programme.cost):
        fits = not programme.seats.any() and bool((programme.at_most >= 0).all())
        return (np.zeros(0), False) if fits else (None, True)
    found = milp(
        -programme.cost,
        integrality=np.ones(len(programme.cost)),
        bounds=Bounds(0 if programme.lower is None else programme.lower, 1),
        constraints=limits,
        options={"mip_rel_gap": 0.0, "node_limit": nodes},
    )
    if found.x is None:
        return None, found.status == INFEASIBLE
    weight: Floats = np.rint(found.x)
    return weight, False


def prices_of(
    problem: Problem, programme: Programme, answer: Answer, scale: int = 1, aim: int = 1
) -> Prices:
    """The rows' prices as whole numbers, in millionths of a score divided by `scale`.

    With a threshold, its prices become weights of the bids;
    `aim` is 0 where the programme only asked whether the rules can be kept.
    """
    size = programme.unit * scale
    load = np.zeros(problem.experts)
    weight = np.full(problem.bids, scale * aim, dtype=np.int64)
    rows: dict[str, Ints] = {}
    demand = np.zeros(problem.bids, dtype=np.int64)
    demand[programme.bids] = np.rint(answer.equal_prices * size).astype(np.int64)
    first = 0
    for family in programme.families:
        part = np.maximum(answer.most_prices[first : first + len(family.keys)], 0)
        first += len(family.keys)
        if family.name in ("load", "load_min"):
            load[family.keys] += family.sign * part
        elif family.name == "threshold":
            weight[family.keys] += np.rint(part * scale).astype(np.int64)
        else:
            rows[family.name] = _priced(family, np.rint(part * size).astype(np.int64), problem)
    return Prices(
        scale,
        weight,
        demand,
        np.rint(load * size).astype(np.int64),
        **rows,
    )


def _priced(family: Rows, part: Ints, problem: Problem) -> Ints:
    """The rows of a family whose price is not 0, with what they are about."""
    kept = part > 0
    keys, part = family.keys[kept], part[kept]
    if family.name == "senior":
        return np.stack([keys, part], axis=1)
    widths = {"institution": problem.institution_names, "wanted": problem.field_names}
    width = len(widths[family.name])
    return np.stack([keys // width, keys % width, part], axis=1)
