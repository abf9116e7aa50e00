"""Our backfilling: at every arrival and every end the whole queue is planned anew.

EASY promises a start to the head alone, and the reference's head, once chosen, keeps the machine
waiting whoever comes. Here the first jobs of the order each hold a place in a plan of the free
processors over time, made from requested times; whoever's place begins now starts, and the plan is
thrown away. A short wide job that arrives is so given the next hole before a long queue, and nobody
who starts delays a place planned for a job that stands before. (Planning by list with reservations:
Mu'alem and Feitelson 2001, "conservative backfilling", with a queue in order of size and no promise
kept from one plan to the next.) Run times are read by nobody but the clock that ends jobs.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from kechuang.engines.placement.orders import FixedKey, MovingKey
from kechuang.engines.placement.trace import Job

DEPTH = 64
"""How many jobs of the queue hold a place of their own; others start only where they fit now."""
_OVERDUE = 0.1  # a job past its request is expected to run on for this share of its time so far


class FreeProcessors:
    """How many processors are free from each moment on, as far as requests tell."""

    __slots__ = ("free", "times")

    def __init__(self, now: float, free: int, ends: Sequence[tuple[float, int]]) -> None:
        """`ends`: when processors come free and how many, by time, none before `now`."""
        self.times: list[float] = [now]
        self.free: list[int] = [free]
        for end, size in ends:
            free += size
            if end > self.times[-1]:
                self.times.append(end)
                self.free.append(free)
            else:
                self.free[-1] = free

    def earliest(self, size: int, length: float, after: float = 0) -> tuple[float, int, int]:
        """The first moment from `after` on when `size` processors are free for `length` seconds.

        With it the steps of the plan that it would lie in: from the first to before the last.
        """
        times, free = self.times, self.free
        first, count = 0, len(times)
        if after > times[0]:
            first = bisect_right(times, after) - 1
        while True:
            while free[first] < size:
                first += 1
            start = max(times[first], after)
            end = start + length
            last = first + 1
            while last < count and times[last] < end and free[last] >= size:
                last += 1
            if last == count or times[last] >= end:
                return start, first, last
            first = last

    def take_earliest(self, size: int, length: float, after: float = 0) -> float:
        """Reserve `size` processors for `length` seconds at the earliest moment; that moment."""
        start, first, last = self.earliest(size, length, after)
        times, free = self.times, self.free
        if last == len(times) or times[last] != start + length:
            times.insert(last, start + length)
            free.insert(last, free[last - 1])
        if start > times[first]:
            first += 1
            last += 1
            times.insert(first, start)
            free.insert(first, free[first - 1])
        for place in range(first, last):
            free[place] -= size
        return start

    def fits_now(self, size: int, length: float) -> bool:
        """Whether `size` processors are free for `length` seconds from the plan's first moment."""
        end = self.times[0] + length
        last = bisect_left(self.times, end)
        return min(self.free[:last]) >= size


def starts_now(
    queue: Sequence[tuple[int, float]], plan: FreeProcessors, depth: int = DEPTH
) -> list[int]:
    """Places in the queue of those to start at the plan's first moment.

    `queue`: processors and requested seconds of each, in order. `plan` is used up.
    """
    now, found = plan.times[0], []
    for place, (size, length) in enumerate(queue):
        if not plan.free[0]:
            break
        if place < depth or plan.fits_now(size, length):
            begins = plan.take_earliest(size, length)
            if begins <= now:
                found.append(place)
    return found


def simulate_planned(
    jobs: Sequence[Job], processors: int, fixed: FixedKey, moving: MovingKey | None = None
) -> list[float]:
    """When each job starts, in seconds, on a machine that is empty at the first submission.

    As `simulator.simulate`, but all arrivals and ends of a moment are seen together.
    """
    return PlannedMachine(jobs, processors, fixed, moving).play()


class PlannedMachine:
    """A machine amid a window; jobs are places in the window."""

    def __init__(
        self, jobs: Sequence[Job], processors: int, fixed: FixedKey, moving: MovingKey | None
    ) -> None:
        self.jobs, self.free, self.moving = jobs, processors, moving
        self.keys = [fixed(job) for job in jobs]
        self.needs = [(job.processors, max(job.requested, 1)) for job in jobs]
        self.starts: list[float] = [0] * len(jobs)
        self.queue: list[tuple[tuple[float, float], int]] = []
        self.running: list[tuple[float, int]] = []  # real end, place
        self.expected: list[tuple[float, int]] = []  # end by request, place
        self.now, self.arrived = jobs[0].submit, 0

    def play(self) -> list[float]:
        """Start everybody; when each started."""
        while self._see_what_happened():
            if self.queue and self.free:
                self._start_who_is_due()
        return self.starts

    def _see_what_happened(self) -> bool:
        """Go to the next moment at which anything happens; False when everybody has started."""
        jobs, running = self.jobs, self.running
        coming = self.arrived < len(jobs)
        if not coming and not self.queue:
            return False
        moments = [jobs[self.arrived].submit] if coming else []
        if running:
            moments.append(running[0][0])
        self.now = max(self.now, min(moments))
        while running and running[0][0] <= self.now:
            self._end(running.pop(0)[1])
        while self.arrived < len(jobs) and jobs[self.arrived].submit <= self.now:
            self._arrive(self.arrived)
            self.arrived += 1
        return True

    def _arrive(self, place: int) -> None:
        insort(self.queue, (self.keys[place], place))

    def _end(self, place: int) -> None:
        self.free += self.jobs[place].processors
        due = self.starts[place] + self.needs[place][1]
        del self.expected[bisect_left(self.expected, (due, place))]

    def _start_who_is_due(self) -> None:
        needs, now = self.needs, self.now
        if all(needs[place][0] > self.free for _, place in self.queue):
            return
        queue = self._in_order()
        plan = FreeProcessors(now, self.free, self._expected_ends())
        chosen = {queue[n] for n in starts_now([needs[place] for place in queue], plan)}
        if chosen:
            self.queue = [entry for entry in self.queue if entry[1] not in chosen]
        for place in sorted(chosen):
            self._start(place)

    def _start(self, place: int) -> None:
        job, now = self.jobs[place], self.now
        self.starts[place] = now
        self.free -= job.processors
        insort(self.running, (now + job.run, place))
        insort(self.expected, (now + self.needs[place][1], place))

    def _in_order(self) -> list[int]:
        queue = [place for _, place in self.queue]
        if self.moving is not None:
            moving, jobs, now = self.moving, self.jobs, self.now
            queue.sort(key=lambda place: (moving(jobs[place], now), place))
        return queue

    def _expected_ends(self) -> list[tuple[float, int]]:
        """When the running give back how much; who is past the request is given a little longer."""
        ends, now = [], self.now
        for due, place in self.expected:
            later = now + max(1, _OVERDUE * (now - self.starts[place]))
            ends.append((due if due > now else later, self.jobs[place].processors))
        return sorted(ends)
