"""From an assignment in fractions to one in whole seats, near the proven bound.

Most bids come out whole already; those that do not are solved again together in whole numbers,
and while that leaves a gap, all pairs that could still close it are.
"""

import hashlib
import hmac
from dataclasses import dataclass

import numpy as np
from scipy.sparse import vstack

from kechuang.engines.panels.bounds import Prices, floats_above
from kechuang.engines.panels.problem import Bools, Floats, Ints, Problem
from kechuang.engines.panels.programme import (
    OPTIMAL,
    Columns,
    Demands,
    Programme,
    Rows,
    demands_of,
    programme_of,
    relaxed,
    whole,
)
from kechuang.engines.panels.relaxation import Relaxation, Table

WHOLE = 1e-6
NEAR_PER_BID = 40
WHOLE_COLUMNS_MAX = 30_000
FACE_COLUMNS_MAX = 80_000
TIE_BITS = 20
FIRST_NODES, LAST_NODES = 2_000, 20_000


@dataclass(frozen=True)
class Seating:
    """Who sits where, in order of bid and expert."""

    bid: Ints
    expert: Ints
    score: Ints

    @property
    def total(self) -> int:
        """The sum of scores, in millionths."""
        return int(self.score.sum())

    def worst(self, problem: Problem) -> int:
        """The least sum of a bid that has seats, in millionths; 0 where no bid has any."""
        sums = np.zeros(problem.bids, dtype=np.int64)
        np.add.at(sums, self.bid, self.score)
        asked = sums[problem.demand > 0]
        return int(asked.min()) if len(asked) else 0


def seated(columns: Columns, taken: Bools) -> Seating:
    return Seating(columns.bid[taken], columns.expert[taken], columns.score[taken])


def seat(
    table: Table, found: Relaxation, most: int, threshold: int | None = None
) -> Seating | None:
    """A lawful assignment in whole seats; `most` is the proven bound on its total in millionths.

    None where none was found within the number of nodes.
    """
    columns, weight = found.columns, found.weight
    if _is_whole(weight):
        return seated(columns, weight > 0.5)
    best = _with_fractions_solved(table, found, threshold)
    if best is not None and best.total >= most:
        return best
    room = np.inf if best is None else float(most - best.total)
    near, worth = _near(table, found, room)
    if len(near) > WHOLE_COLUMNS_MAX:
        order = np.argsort(-worth, kind="stable")[:WHOLE_COLUMNS_MAX]
        near = near.only(np.sort(order))
    better = _solved(table, near, demands_of(table.problem, threshold), LAST_NODES)
    if better is None or (best is not None and best.total >= better.total):
        return best
    return better


def _is_whole(weight: Floats) -> bool:
    return bool((np.abs(weight - np.rint(weight)) < WHOLE).all())


def _solved(table: Table, columns: Columns, asked: Demands, nodes: int) -> Seating | None:
    programme = programme_of(table.problem, columns, asked, table.unit)
    weight = whole(programme, nodes)
    return None if weight is None else seated(columns, weight > 0.5)


def _with_fractions_solved(
    table: Table, found: Relaxation, threshold: int | None
) -> Seating | None:
    """Keep the panels that are whole, and solve the others again in whole numbers.

    Where that cannot be done, panels that share an expert with them are opened as well.
    """
    problem = table.problem
    columns, weight = found.columns, found.weight
    broken = np.abs(weight - np.rint(weight)) >= WHOLE
    open_bids = np.zeros(problem.bids, dtype=np.bool_)
    open_bids[columns.bid[broken]] = True
    for _ in range(3):
        kept = (weight > 0.5) & ~open_bids[columns.bid]
        taken = np.bincount(columns.expert[kept], minlength=problem.experts)
        asked = demands_of(problem, threshold).only(open_bids, taken)
        near, _ = _near(table, found, np.inf, open_bids)
        part = _solved(table, near, asked, FIRST_NODES)
        if part is not None:
            fixed = seated(columns, kept)
            return _joined(fixed, part)
        shared = np.unique(columns.expert[(weight > WHOLE) & open_bids[columns.bid]])
        touched = np.isin(columns.expert, shared) & (weight > WHOLE)
        open_bids[columns.bid[touched]] = True
    return None


def _joined(first: Seating, second: Seating) -> Seating:
    bid = np.concatenate([first.bid, second.bid])
    expert = np.concatenate([first.expert, second.expert])
    score = np.concatenate([first.score, second.score])
    order = np.lexsort((expert, bid))
    return Seating(bid[order], expert[order], score[order])


def _near(
    table: Table, found: Relaxation, room: float, only: Bools | None = None
) -> tuple[Columns, Floats]:
    """Pairs worth within `room` millionths of their prices, at most some for each bid.

    Those far above their prices are kept: they are the seats that every good assignment has.
    """
    problem, prices = table.problem, found.prices
    bids = np.arange(problem.bids) if only is None else np.flatnonzero(only)
    many = problem.experts if table.is_small else max(
        NEAR_PER_BID, 3 * int(problem.demand.max(initial=1))
    )  # fmt: skip
    chosen_bids, chosen, worths = [], [], []
    for first in range(0, problem.bids, 256):
        inside = bids[(bids >= first) & (bids < first + 256)]
        if not len(inside):
            continue
        raw = table.scores[first : first + 256]
        worth = floats_above(problem, prices, raw.astype(np.float64), first) / prices.scale
        worth[raw == table.barred] = -np.inf
        for bid in inside.tolist():
            row = worth[bid - first]
            good = np.flatnonzero(row >= -max(room, 1.0))
            if len(good) > many:
                good = good[np.argsort(-row[good], kind="stable")[:many]]
            chosen_bids.append(np.full(len(good), bid))
            chosen.append(good)
            worths.append(row[good])
    if not chosen:
        nothing = np.zeros(0, dtype=np.int64)
        return Columns(nothing, nothing, nothing), np.zeros(0)
    bid, expert, worth = (np.concatenate(parts) for parts in (chosen_bids, chosen, worths))
    order = np.lexsort((expert, bid))
    bid, expert = bid[order], expert[order]
    columns = Columns(bid, expert, table.scores[bid, expert].astype(np.int64))
    return columns, worth[order]


# --- ties -----------------------------------------------------------------------------------


def tie_number(seed: str, expert: int, bid: int) -> int:
    """The number by which equals are told apart: the first 20 bits of HMAC-SHA-256."""
    drawn = hmac.digest(seed.encode(), f"{expert}:{bid}".encode(), hashlib.sha256)
    return int.from_bytes(drawn[:4], "big") >> (32 - TIE_BITS)


def settle_ties(
    table: Table, found: Relaxation, best: Seating, most: int, threshold: int | None = None
) -> Seating:
    """Among the assignments with this total, the one whose tie numbers have the smallest sum.

    Exact where the total is proven best: then every such assignment lies on the face where prices
    and pairs agree. Elsewhere, and where the face is too large, `best` stays.
    """
    if best.total != most:
        return best
    face, worth = _near(table, found, 1.0)
    if len(face) == len(best.bid) or len(face) > FACE_COLUMNS_MAX:
        return best
    problem = table.problem
    keys = best.bid * problem.experts + best.expert
    if not np.isin(keys, face.bid * problem.experts + face.expert).all():
        return best
    programme = programme_of(problem, face, demands_of(problem, threshold), table.unit)
    drawn = [
        tie_number(problem.seed, expert, bid)
        for expert, bid in zip(face.expert.tolist(), face.bid.tolist(), strict=True)
    ]
    programme.cost = -np.array(drawn, dtype=np.float64) / 2**TIE_BITS
    _hold_to_face(problem, programme, found.prices, worth)
    answer = relaxed(programme)
    weight = answer.weight
    if answer.status != OPTIMAL or not _is_whole(weight):
        found_whole = whole(programme, FIRST_NODES)
        if found_whole is None:
            return best
        weight = found_whole
    settled = seated(face, weight > 0.5)
    return settled if settled.total >= best.total else best


def _hold_to_face(problem: Problem, programme: Programme, prices: Prices, worth: Floats) -> None:
    """Hold to assignments that agree with the prices (complementary slackness).

    What is worth more than its prices sits; what has a price is full; all these have one total.
    """
    columns = programme.columns
    sits = worth >= 1
    loads = np.bincount(columns.expert, minlength=problem.experts)
    sits |= ((prices.load > 0) & (loads <= problem.load_max))[columns.expert]
    if problem.institution is not None and len(prices.institution):
        width = len(problem.institution_names)
        priced = prices.institution[prices.institution[:, 2] > 0]
        keys = columns.bid * width + problem.institution[columns.expert]
        known, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
        few = counts <= problem.per_institution_max
        sits |= (few & np.isin(known, priced[:, 0] * width + priced[:, 1]))[place]
    programme.lower = sits.astype(np.float64)
    masks = [_full(problem, rows, prices) for rows in programme.families]
    full = np.concatenate([np.zeros(0, dtype=np.bool_), *masks])
    if full.any():
        programme.most = vstack([programme.most, -programme.most[full]], format="csr")
        programme.at_most = np.concatenate([programme.at_most, -programme.at_most[full]])


def _full(problem: Problem, rows: Rows, prices: Prices) -> Bools:
    """Which rows of a family have a price."""
    if rows.name == "load":
        return np.asarray(prices.load[rows.keys] > 0)
    if rows.name == "load_min":
        return np.asarray(prices.load[rows.keys] < 0)
    if rows.name == "threshold":
        return np.asarray(prices.weight[rows.keys] > prices.scale)
    priced = getattr(prices, rows.name)
    priced = priced[priced[:, -1] > 0]
    if rows.name == "senior":
        return np.isin(rows.keys, priced[:, 0])
    width = {"institution": problem.institution_names, "wanted": problem.field_names}[rows.name]
    return np.isin(rows.keys, priced[:, 0] * len(width) + priced[:, 1])
