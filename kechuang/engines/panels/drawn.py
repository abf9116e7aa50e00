"""Draw one assignment so that every pair sits exactly as often as its marginal says.

Cycles of pairs that are neither in nor out are turned one way or the other by a public stream until
all are one or the other; loads, panels and groups keep the whole part of what they have. No solver.
Source: Gandhi, Khuller, Parthasarathy, Srinivasan (2006), Dependent rounding; Budish, Che, Kojima,
Milgrom (2013); the marginals are those of Jecmen et al. (2020).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from kechuang.engines.panels.bounds import bound, prices_from
from kechuang.engines.panels.law import faults_of, pairs_from
from kechuang.engines.panels.problem import UNIT, Ints, Problem
from kechuang.engines.panels.refuting import Refuted, check_number

PARTS_MAX = 1_000_000


class NotDrawable(ValueError):
    """Institutions and seniors (or fields) cross within a panel: cycles cannot be turned."""


class Stream:
    """Numbers that anybody can draw again: HMAC-SHA-256 of a counter, by rejection."""

    def __init__(self, seed: str) -> None:
        self._key = hashlib.sha256(b"kechuang panel draw\0" + seed.encode()).digest()
        self._count = 0

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1, each as likely; limit is at most 2**64."""
        whole = 2**64
        while True:
            block = hmac.digest(self._key, self._count.to_bytes(8, "big"), hashlib.sha256)
            self._count += 1
            drawn = int.from_bytes(block[:8], "big")
            if drawn < whole - whole % limit:
                return drawn % limit


def most_likely(problem: Problem) -> Fraction:
    """The most that a pair may weigh, as a fraction of at most a million parts, never above it."""
    asked = Fraction(1 if problem.pair_probability_max is None else problem.pair_probability_max)
    near = asked.limit_denominator(PARTS_MAX)
    if near <= asked + Fraction(1, 10**12):
        return near
    return Fraction(int(asked * PARTS_MAX), PARTS_MAX)


@dataclass
class _Edge:
    start: int
    end: int
    part: int  # of `parts`; strictly between while the edge is open


class _Cycles:
    """Open edges between pairs' ends: experts, groups of a panel, bids, and one common sink."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.edges: list[_Edge] = []
        self.at: list[list[int]] = []
        self.places: dict[Any, int] = {}

    def place(self, name: Any) -> int:
        if name not in self.places:
            self.places[name] = len(self.at)
            self.at.append([])
        return self.places[name]

    def add(self, start: Any, end: Any, part: int) -> int:
        edge = _Edge(self.place(start), self.place(end), part)
        self.edges.append(edge)
        number = len(self.edges) - 1
        self.at[edge.start].append(number)
        self.at[edge.end].append(number)
        return number

    def is_open(self, number: int) -> bool:
        return 0 < self.edges[number].part < self.parts

    def turn_all(self, stream: Stream) -> None:
        for number in range(len(self.edges)):
            while self.is_open(number):
                self._turn(self._cycle(number), stream)

    def _cycle(self, first: int) -> list[tuple[int, int]]:
        """A cycle of open edges, each with the direction it is walked in (+1 along, -1 against)."""
        here = self.edges[first].start
        seen = {here: 0}
        path: list[tuple[int, int]] = []
        last = -1
        while True:
            number = self._next(here, last)
            edge = self.edges[number]
            along = edge.start == here
            path.append((number, 1 if along else -1))
            here, last = (edge.end if along else edge.start), number
            if here in seen:
                return path[seen[here] :]
            seen[here] = len(path)

    def _next(self, here: int, last: int) -> int:
        row = self.at[here]
        if len(row) > 4:
            row = self.at[here] = [number for number in row if self.is_open(number)]
        for number in row:
            if number != last and self.is_open(number):
                return number
        raise NotDrawable("an end with a single open edge")

    def _turn(self, cycle: list[tuple[int, int]], stream: Stream) -> None:
        up = min(
            self.parts - self.edges[n].part if way > 0 else self.edges[n].part for n, way in cycle
        )
        down = min(
            self.edges[n].part if way > 0 else self.parts - self.edges[n].part for n, way in cycle
        )
        step = up if stream.below(up + down) < down else -down
        for number, way in cycle:
            self.edges[number].part += way * step


def draw(problem: Problem, pairs: Ints, parts: int) -> Ints:
    """Draw an assignment from marginals: rows of expert, bid, and how many of `parts`.

    Returns rows of expert and bid, by bid. Raises NotDrawable where the rules within a panel cross.
    """
    cycles = _Cycles(parts)
    open_pairs = {}
    sums: dict[Any, int] = {}
    inner: dict[Any, Any] = {}
    for place, (expert, bid, part) in enumerate(pairs.tolist()):
        steps = _steps(problem, expert, bid)
        sums[("load", expert)] = sums.get(("load", expert), 0) + part
        for step, above in zip(steps, steps[1:], strict=False):
            sums[step] = sums.get(step, 0) + part
            if part % parts and inner.setdefault(step, above) != above:
                raise NotDrawable("rules within a panel cross")
        if part % parts:
            open_pairs[place] = cycles.add(("expert", expert), steps[0], part)
    ends = dict(cycles.places)
    for name in ends:
        _add_sums(cycles, name, sums, inner, parts)
    cycles.turn_all(Stream(problem.seed))
    sits = pairs[:, 2] == parts
    for place, number in open_pairs.items():
        sits[place] = cycles.edges[number].part == parts
    found = pairs[sits][:, :2]
    ordered: Ints = found[np.lexsort((found[:, 0], found[:, 1]))]
    return ordered


def _steps(problem: Problem, expert: int, bid: int) -> list[Any]:
    """From a pair inwards: its group of an institution, its group of seniority, its bid."""
    steps: list[Any] = []
    if problem.institution is not None:
        steps.append(("institution", bid, int(problem.institution[expert])))
    if problem.senior is not None:
        steps.append(("senior", bid, bool(problem.senior[expert])))
    if problem.wanted is not None:
        had = [name for name in problem.wanted[bid] if problem.fields[expert, name]]  # type: ignore[index]
        steps.append(("fields", bid, tuple(had)))
        if len(had) > 1:
            raise NotDrawable("an expert has two of the wanted fields")
    return [*steps, ("bid", bid)]


def _add_sums(
    cycles: _Cycles, name: Any, sums: dict[Any, int], inner: dict[Any, Any], parts: int
) -> None:
    """Add the edges behind an end: from a group to what holds it, from the sink to an expert."""
    if name[0] == "expert":
        part = sums[("load", name[1])] % parts
        if part:
            cycles.add("sink", name, part)
        return
    while name in inner:
        above, part = inner[name], sums.pop(name, 0) % parts
        if part:
            cycles.add(name, above, part)
        name = above


# --- what a reader checks -------------------------------------------------------------------


def verify_random(problem: Problem, result: Mapping[str, Any], certificate: Any) -> None:
    """Check marginals, their largest, the expected total with its bound, and the draw itself."""
    if certificate.get("lottery") is not None:
        shares, marginals = _lottery_from(problem, certificate["lottery"])
    else:
        marginals = _marginals_from(problem, certificate.get("marginals"))
    pairs, parts = marginals
    fault = _fault_of_marginals(problem, pairs, parts)
    if fault:
        raise Refuted(fault)
    value = expected_total(problem, pairs, parts)
    most = bound(problem, prices_from(certificate.get("duals"), problem), most_likely(problem))
    highest = Fraction(int(pairs[:, 2].max(initial=0)), parts)
    for holder, name, so in (
        (result, "marginals_max", highest),
        (result, "expected_total", value / UNIT),
        (certificate, "value", value / UNIT),
        (certificate, "bound", most / UNIT),
        (certificate, "gap", (most - value) / UNIT),
    ):
        check_number(holder, name, float(so))
    if certificate.get("lottery") is not None:
        drawn = np.array(chosen(problem, shares), dtype=np.int64).reshape(-1, 2)
    else:
        drawn = _drawn_again(problem, pairs, parts)
    told_pairs = np.array(result["assignment"], dtype=np.int64).reshape(-1, 2)
    if not np.array_equal(np.unique(told_pairs, axis=0), np.unique(drawn, axis=0)):
        raise Refuted("wrong draw: the seed draws another assignment from these marginals")


def _drawn_again(problem: Problem, pairs: Ints, parts: int) -> Ints:
    try:
        return draw(problem, pairs, parts)
    except NotDrawable as error:
        raise Refuted(f"wrong marginals: they cannot be drawn ({error})") from error


def expected_total(problem: Problem, pairs: Ints, parts: int) -> Fraction:
    """The expected total of marginals, in millionths."""
    scores = problem.scores_of(pairs[:, 1], pairs[:, 0]).tolist()
    return Fraction(sum(s * p for s, p in zip(scores, pairs[:, 2].tolist(), strict=True)), parts)


def _marginals_from(problem: Problem, told: Any) -> tuple[Ints, int]:
    parts = told.get("parts") if isinstance(told, dict) else None
    rows = told.get("pairs") if isinstance(told, dict) else None
    if type(parts) is not int or not 1 <= parts <= PARTS_MAX or not isinstance(rows, list):
        raise Refuted("wrong type: marginals must be {parts, pairs}")
    if any(
        not isinstance(row, list) or len(row) != 3 or type(row[2]) is not int
        or not 0 < row[2] <= parts
        for row in rows
    ):  # fmt: skip
        raise Refuted("wrong type: marginals.pairs must be [expert, bid, parts above 0]")
    pairs = pairs_from(problem, [row[:2] for row in rows])
    if isinstance(pairs, str):
        raise Refuted(f"bad marginals: {pairs}")
    counts = np.array([row[2] for row in rows], dtype=np.int64)
    return np.stack([pairs[1], pairs[0], counts], axis=1), parts


def _fault_of_marginals(problem: Problem, pairs: Ints, parts: int) -> str | None:
    """The first rule that marginals do not keep on average."""
    if pairs[:, 2].max(initial=0) > most_likely(problem) * parts:
        return "wrong marginals: a pair is more likely than pair_probability_max"
    return next(faults_of(problem, pairs[:, 1], pairs[:, 0], pairs[:, 2], parts), None)


def _lottery_from(problem: Problem, told: Any) -> tuple[list[Any], tuple[Ints, int]]:
    """Read a lottery [[tickets, assignment], ...]; each assignment must be lawful."""
    if not isinstance(told, list) or not told:
        raise Refuted("wrong type: lottery must be a list of [tickets, assignment]")
    counted: dict[int, int] = {}
    for place, row in enumerate(told):
        good = isinstance(row, list) and len(row) == 2
        if not good or type(row[0]) is not int or not 0 < row[0] <= 10**12:
            raise Refuted(f"wrong type: lottery[{place}] must be [tickets, assignment]")
        pairs = pairs_from(problem, row[1])
        fault = pairs if isinstance(pairs, str) else next(faults_of(problem, *pairs), None)
        if fault is not None:
            raise Refuted(f"lottery[{place}]: {fault}")
        for expert, bid in row[1]:
            key = bid * problem.experts + expert
            counted[key] = counted.get(key, 0) + row[0]
    keys = sorted(counted)
    rows = [[key % problem.experts, key // problem.experts, counted[key]] for key in keys]
    return told, (np.array(rows, dtype=np.int64).reshape(-1, 3), sum(row[0] for row in told))


def chosen(problem: Problem, lottery: list[Any]) -> Any:
    """The assignment whose ticket the seed draws."""
    ticket = Stream(problem.seed).below(sum(row[0] for row in lottery))
    for tickets, assignment in lottery:
        ticket -= tickets
        if ticket < 0:
            return assignment
    raise AssertionError("a ticket is below the number of tickets")
