"""One machine, one window of a trace: who starts when.

The steps are those of RLScheduler's reference (SC'20), so that its published table can be had to
the last digit: a head, once chosen, stays the head until it starts; equal ends are released one by
one, with a backfilling pass between; an arrival comes before an end at the same moment.

Sets of jobs are whole numbers, one bit a job: "everybody queued who fits and is short enough" is
two ANDs of some hundred bytes, and the first of them in order of submission is the lowest bit.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from kechuang.engines.placement.orders import FixedKey, MovingKey
from kechuang.engines.placement.trace import Job

_MASK_BYTES = 32 * 2**20  # what the sets of shorter jobs of one window may take


class Backfill(StrEnum):
    """What may start while the head waits."""

    NONE = "none"
    SIMPLE = "simple"  # what ends, by its request, before the head is expected to start
    EASY = "easy"  # and what takes only processors that the head leaves over


def simulate(
    jobs: Sequence[Job],
    processors: int,
    backfill: Backfill,
    fixed: FixedKey,
    moving: MovingKey | None = None,
) -> list[float]:
    """When each job starts, in seconds, on a machine that is empty at the first submission.

    `jobs` stand by submission and none is larger than the machine. Heads are chosen by `moving`,
    taken anew each time, where it is given, else by `fixed`.
    """
    return _Machine(jobs, processors, backfill, fixed, moving).play()


class _Machine:
    """A machine amid a window. Jobs are places in the window; sets of jobs are numbers."""

    __slots__ = (
        "arrived", "backfill", "bits", "expected", "extra", "fitting", "free", "jobs",
        "limits", "moving", "now", "one_list", "queued", "rank_bits", "ranked", "requests",
        "running", "runs", "shadow", "shorter", "sizes", "started", "starts", "submits", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        jobs: Sequence[Job],
        processors: int,
        backfill: Backfill,
        fixed: FixedKey,
        moving: MovingKey | None,
    ) -> None:
        self.jobs, self.backfill, self.moving = jobs, backfill, moving
        self.submits = [job.submit for job in jobs]
        self.runs = [job.run for job in jobs]
        self.requests = [job.requested for job in jobs]
        self.sizes = [job.processors for job in jobs]
        self.bits = [1 << place for place in range(len(jobs))]
        keys = [fixed(job) for job in jobs]
        self.ranked = sorted(range(len(jobs)), key=keys.__getitem__)  # equal keys as they arrived
        self.rank_bits = [0] * len(jobs)
        for bit, place in zip(self.bits, self.ranked, strict=True):
            self.rank_bits[place] = bit
        self.starts: list[float] = [0] * len(jobs)
        self.now, self.free, self.arrived, self.started = self.submits[0], processors, 0, 0
        self.waiting = self.queued = 0  # by place, and the same by rank
        self.running: list[tuple[float, int, int]] = []  # end, how many started before, place
        # Ends by requested times, ties by submission. Only EASY sees ties; where requests are run
        # times, or nobody asks, the running themselves will do.
        self.one_list = backfill is Backfill.NONE or (
            backfill is Backfill.SIMPLE and self.runs == self.requests
        )
        self.expected: list[Any] = self.running if self.one_list else []
        self.shadow, self.extra = 0.0, 0
        if backfill is not Backfill.NONE:
            self.fitting = self._sets_of_fitting(processors)
            self.limits, self.shorter = self._sets_of_shorter()

    def _sets_of_fitting(self, processors: int) -> list[int]:
        """For each number of free processors, the jobs that need no more."""
        sets = [0] * (processors + 1)
        for bit, size in zip(self.bits, self.sizes, strict=True):
            sets[size] |= bit
        for size in range(1, len(sets)):
            sets[size] |= sets[size - 1]
        return sets

    def _sets_of_shorter(self) -> tuple[list[float], list[int]]:
        """Rising requested times, and for each the jobs that come before it; last, all."""
        ordered = sorted(range(len(self.jobs)), key=self.requests.__getitem__)
        stride = max(1, len(self.jobs) ** 2 // (8 * _MASK_BYTES))
        limits: list[float] = []
        shorter: list[int] = []
        below = 0
        for rank, place in enumerate(ordered):
            if rank % stride == 0:
                limits.append(self.requests[place])
                shorter.append(below)
            below |= self.bits[place]
        return limits, [*shorter, below]

    def play(self) -> list[float]:
        """Start everybody; when each started."""
        count, sizes, ranked, moving = len(self.jobs), self.sizes, self.ranked, self.moving
        while True:
            if not self.waiting:
                if self.arrived == count:
                    return self.starts
                while self.running and self.running[0][0] < self.submits[self.arrived]:
                    self._release()
                self._arrive()
            queued = self.queued
            if moving is None:
                head = ranked[(queued & -queued).bit_length() - 1]
            else:
                head = self._next_moving(moving)
            self.waiting ^= self.bits[head]
            self.queued ^= self.rank_bits[head]
            if sizes[head] > self.free:
                if self.backfill is Backfill.NONE:
                    while sizes[head] > self.free:
                        self._advance()
                else:
                    self._wait_while_others_start(sizes[head])
            self._start(head)

    def _next_moving(self, key: MovingKey) -> int:
        jobs, now = self.jobs, self.now
        return min(_places(self.waiting), key=lambda place: key(jobs[place], now))

    def _start(self, place: int) -> None:
        now = self.starts[place] = self.now
        self.free -= self.sizes[place]
        insort(self.running, (now + self.runs[place], self.started, place))
        if not self.one_list:
            insort(self.expected, (now + self.requests[place], place))
        self.started += 1

    def _advance(self) -> bool:
        """Go to the next arrival or end, the arrival first when equal; whether it was an end."""
        if self.arrived < len(self.submits) and (
            not self.running or self.submits[self.arrived] <= self.running[0][0]
        ):
            self._arrive()
            return False
        self._release()
        return True

    def _arrive(self) -> None:
        place = self.arrived
        self.arrived += 1
        self.waiting |= self.bits[place]
        self.queued |= self.rank_bits[place]
        self.now = self.submits[place]

    def _release(self) -> None:
        self.now, _, place = self.running.pop(0)
        self.free += self.sizes[place]
        if not self.one_list:
            entry = (self.starts[place] + self.requests[place], place)
            del self.expected[bisect_left(self.expected, entry)]

    def _wait_while_others_start(self, need: int) -> None:
        """Let others start in turn until the head's `need` is free."""
        self._reserve(need)
        bits, easy = self.bits, self.backfill is Backfill.EASY
        candidates = self.waiting
        while True:
            if candidates:
                self._backfill(candidates, easy)
            if self._advance():
                if need <= self.free:
                    return
                candidates = self.waiting
            else:  # nobody else can have come to fit: only who has just arrived
                candidates = bits[self.arrived - 1]

    def _reserve(self, need: int) -> None:
        """Expect the head's start, and what it then leaves over, from the requests."""
        free = self.free
        for entry in self.expected:
            free += self.sizes[entry[-1]]
            if free >= need:
                self.shadow, self.extra = entry[0], free - need
                return

    def _backfill(self, candidates: int, easy: bool) -> None:
        """Start, by submission, who fits and does not delay the head, as far as requests tell."""
        fit = candidates & self.fitting[self.free]
        if not fit:
            return
        now, sizes, requests = self.now, self.sizes, self.requests
        short = self.shorter[bisect_left(self.limits, self.shadow - now)]
        if easy:
            short |= self.fitting[max(0, min(self.extra, len(self.fitting) - 1))]
        fit &= short
        while fit:
            bit = fit & -fit
            place = bit.bit_length() - 1
            fit ^= bit
            if now + requests[place] >= self.shadow:
                if not easy or sizes[place] > self.extra:
                    continue
                self.extra -= sizes[place]
            self.waiting ^= bit
            self.queued ^= self.rank_bits[place]
            self._start(place)
            fit &= self.fitting[self.free]


def _places(jobs: int) -> list[int]:
    """The members of a set, by submission."""
    found = []
    while jobs:
        bit = jobs & -jobs
        found.append(bit.bit_length() - 1)
        jobs ^= bit
    return found
