"""How long a job will wait: its queue played forward many times, by the rules that order it.

What is not known when a job is submitted is above all how much of their requests the others will
take. So each time run times are drawn as experience has them (for those who run already, from those
who ran as long), the queue is played with them until the job starts, and of the waits so found the
middle one is the prediction and the outer ones say how sure it is. Who will come later is left out:
on traces it changes little where requests are far from run times.
"""

import random
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.planning import FreeProcessors, starts_now

DRAWS = 31
LEAST_DRAWS = 5
LOOKED_AT = 500
"""How many of a queue are looked at each time, as Slurm does (bf_max_job_test)."""
_PLACES = 3_000  # planned over all draws of one prediction: what bounds its time
_QUARTERS = (0.25, 0.5, 0.75)
_LATE = 0.1  # a job past its request is expected to run on for this share of its time so far


class Forecast(NamedTuple):
    """Seconds: a tenth wait less than `low`, half less than `middle`, a tenth more than `high`.

    As far as run times are concerned; bench tables say how many waits really lie between.
    """

    low: float
    middle: float
    high: float


class Queued(NamedTuple):
    """A job that waits, or is on its way and will be there in `ready` seconds."""

    processors: int
    requested: float
    ready: float = 0.0


@dataclass(frozen=True)
class Present:
    """A machine at the moment of a prediction.

    `running`: seconds gone, processors, requested seconds. `queue`: all who wait, in order, the job
    in question among them; the first `depth` of them are kept a place in the plan.
    """

    free: int
    running: Sequence[tuple[float, int, float]]
    queue: Sequence[Queued]
    depth: int


def foresee(present: Present, own: int, experience: Experience, seed: str) -> Forecast:
    """The waits of the job at place `own` of the queue, from when it is ready."""
    return spread(possible_waits(present, own, experience, seed))


def spread(waits: Sequence[float]) -> Forecast:
    """A tenth, the middle and nine tenths of rising waits."""
    outer = len(waits) // 10
    return Forecast(waits[outer], waits[len(waits) // 2], waits[-1 - outer])


def possible_waits(
    present: Present, own: int, experience: Experience, seed: str
) -> tuple[float, ...]:
    """How long the job at place `own` may wait, from when it is ready, each as likely; rising.

    One value where it starts at once whatever run times will be. Where the queue is too long to be
    played forward in time, three plans of it must do: all who are before it take as much of their
    requests as the lowest quarter, half, and all but the highest quarter of those alike.
    """
    chance, waits, places = random.Random(seed), [], _PLACES
    if own < present.depth:  # who stands behind a job with a place of its own cannot delay it
        present = replace(present, queue=present.queue[: own + 1])
    ready = present.queue[own].ready
    ranks = _Ranks(len(present.queue) + len(present.running), chance)
    for draw in range(DRAWS):
        future = _Future(present, experience, ranks.of(draw), places)
        start = future.start_of(own)
        if start is None:
            break
        places = future.places
        waits.append(start - ready)
        if start == ready == 0:
            return (0.0,)
    if len(waits) < LEAST_DRAWS:
        return tuple(_planned(present, own, experience, share) for share in _QUARTERS)
    return tuple(sorted(waits))


class _Ranks:
    """How long each job runs among those alike, in each draw.

    Over all draws everybody has every part of the range once (Latin hypercube: McKay, Beckman and
    Conover 1979), so that few draws say as much as many drawn freely.
    """

    def __init__(self, jobs: int, chance: random.Random) -> None:
        self.chance = chance
        self.parts = [chance.sample(range(DRAWS), DRAWS) for _ in range(jobs)]

    def of(self, draw: int) -> list[float]:
        return [(part[draw] + self.chance.random()) / DRAWS for part in self.parts]


def _planned(present: Present, own: int, experience: Experience, rank: float) -> float:
    """The wait by a plan in which everybody takes the share of this rank among those alike."""
    ends = []
    for gone, size, requested in present.running:
        asked = max(requested, 1)
        ends.append((max(1.0, experience.ranked(asked, gone / asked, rank) * asked - gone), size))
    plan = FreeProcessors(0.0, present.free, sorted(ends))
    beyond = 0.0  # of those who are too far back to be placed one by one, their work counts
    for place, (size, requested, when) in enumerate(present.queue[:own]):
        length = max(1.0, experience.ranked(requested, 0.0, rank) * requested)
        if place < LOOKED_AT:
            plan.take_earliest(size, length, when)
        else:
            beyond += size * length / plan.free[-1]
    size, requested, ready = present.queue[own]
    length = max(1.0, experience.ranked(requested, 0.0, rank) * requested)
    return plan.earliest(size, length, ready + beyond)[0] - ready


class _Future:
    """One of the ways in which it may go on; seconds from now."""

    def __init__(
        self, present: Present, experience: Experience, ranks: Sequence[float], places: int
    ) -> None:
        self.queue, self.depth, self.free = present.queue, present.depth, present.free
        self.experience, self.ranks, self.places = experience, ranks, places
        self.ends: list[tuple[float, int, int]] = []  # drawn end, number, processors
        self.due: dict[int, tuple[float, float, int]] = {}  # end by request, start, processors
        for number, (gone, size, requested) in enumerate(present.running, len(present.queue)):
            asked = max(requested, 1)
            end = experience.ranked(asked, gone / asked, ranks[number]) * asked - gone
            self.due[number] = asked - gone, -gone, size
            self.ends.append((max(0.0, end), number, size))
        heapify(self.ends)
        self.coming = [(each.ready, place) for place, each in enumerate(present.queue)]
        heapify(self.coming)
        self.waiting: list[int] = []

    def start_of(self, own: int) -> float | None:
        """When the job starts, or None where that would take too long to find out."""
        ends, coming = self.ends, self.coming
        while self.places > 0:
            now = min(each[0][0] for each in (ends, coming) if each)
            while ends and ends[0][0] <= now:
                _, number, size = heappop(ends)
                del self.due[number]
                self.free += size
            while coming and coming[0][0] <= now:
                insort(self.waiting, heappop(coming)[1])
            if own in self._start(now):
                return now
        return None

    def _start(self, now: float) -> list[int]:
        """Start who may start now: who that is."""
        queue, looked_at = self.queue, self.waiting[:LOOKED_AT]
        if not self.free or all(queue[place].processors > self.free for place in looked_at):
            return []
        self.places -= len(looked_at)
        plan = FreeProcessors(now, self.free, self._expected(now))
        asks = [(queue[place].processors, max(queue[place].requested, 1)) for place in looked_at]
        chosen = [looked_at[rank] for rank in starts_now(asks, plan, self.depth)]
        for place in chosen:
            self.waiting.remove(place)
            size, asked = queue[place].processors, max(queue[place].requested, 1)
            self.free -= size
            self.due[place] = now + asked, now, size
            takes = max(1.0, self.experience.ranked(asked, 0.0, self.ranks[place]) * asked)
            heappush(self.ends, (now + takes, place, size))
        return chosen

    def _expected(self, now: float) -> list[tuple[float, int]]:
        ends = []
        for due, start, size in self.due.values():
            ends.append((due if due > now else now + max(1, _LATE * (now - start)), size))
        return sorted(ends)
