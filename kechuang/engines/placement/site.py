"""One centre on the virtual clock: what runs, what queues, what is on its way, and who starts."""

from bisect import bisect_left, insort
from collections.abc import Sequence

from kechuang.engines.placement.centres import BrokerJob, Centre
from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.foresight import LOOKED_AT, Present, Queued
from kechuang.engines.placement.planning import FreeProcessors

PLANNED_AHEAD = 64
"""How many queued jobs a prediction places one by one; the others count by their work."""

Key = tuple[float, float]


class Site:
    """A centre's queue. Jobs are known by their place in the list that the broker was given."""

    def __init__(
        self, centre: Centre, jobs: Sequence[BrokerJob], depth: int, experience: Experience
    ) -> None:
        self.centre, self.jobs, self.depth = centre, jobs, depth
        self.experience = experience
        self.free = centre.processors
        self.queue: list[tuple[Key, int]] = []
        self.running: dict[int, float] = {}  # since when
        self.due: list[tuple[float, int]] = []  # ends by request
        self.seen: tuple[float, list[tuple[float, int]]] | None = None  # likely ends at a moment
        self.promised: list[tuple[Key, int, float]] = []  # queued or coming: and not before when
        self.asked_by_size = [0.0] * (centre.processors.bit_length() + 1)
        self.since: float | None = None
        self.work = 0.0  # requested processor-seconds of all that has not ended

    def promise(self, place: int, key: Key, ready: float) -> None:
        """Count on a job that will be here at `ready`."""
        insort(self.promised, (key, place, ready))
        if self.since is None:
            self.since = ready
        self.asked_by_size[(self.jobs[place].processors - 1).bit_length()] += self.jobs[
            place
        ].value_yuan_per_hour
        self.work += self.jobs[place].processors * self.jobs[place].requested

    def value_behind(self, key: Key) -> float:
        """Yuan an hour of all who stand behind a key."""
        behind = self.promised[bisect_left(self.promised, (key,)) :]
        return sum(self.jobs[place].value_yuan_per_hour for _, place, _ in behind)

    def value_of_coming(self, size: int, end: float, now: float) -> float:
        """Seconds x yuan an hour that jobs yet to come are expected to lose to one that ends then.

        They come as they have come so far, by size class; one that comes before the machine has
        room for it waits until it has.
        """
        if self.since is None or now <= self.since:
            return 0.0
        elapsed = now - self.since + 86400
        ends = self._likely_ends(now)
        lost = 0.0
        need = 1
        for value in self.asked_by_size:
            if value:
                without = self._room(min(need, self.centre.processors), ends, now)
                within = self._room(need + size, ends, now)
                with_it = within if within < end else max(end, without)
                lost += value * ((with_it - now) ** 2 - (without - now) ** 2)
            need *= 2
        return lost / 2 / elapsed

    def _room(self, need: int, ends: list[tuple[float, int]], now: float) -> float:
        free = self.free
        if free >= need:
            return now
        for end, size in ends:
            free += size
            if free >= need:
                return end
        return 1e18

    def receive(self, place: int, key: Key) -> None:
        """Put a job whose data are here in the queue."""
        insort(self.queue, (key, place))

    def finish(self, place: int) -> None:
        """A job has ended."""
        self.seen = None
        job, since = self.jobs[place], self.running.pop(place)
        self.free += job.processors
        self.work -= job.processors * job.requested
        del self.due[bisect_left(self.due, (since + job.requested, place))]

    def start_due(self, now: float) -> list[int]:
        """Start whoever may start now; the first `depth` of the queue are kept a place."""
        if not self.queue or not self.free:
            return []
        jobs, free = self.jobs, self.free
        looked_at = self.queue[:LOOKED_AT]
        if all(jobs[place].processors > free for _, place in looked_at):
            return []
        plan = FreeProcessors(now, free, self._ends(now))
        chosen = []
        for rank, (key, place) in enumerate(looked_at):
            job = jobs[place]
            size, length = job.processors, max(job.requested, 1)
            if rank >= self.depth and (size > plan.free[0] or not plan.fits_now(size, length)):
                continue
            if plan.take_earliest(size, length) <= now:
                chosen.append((key, place))
            if not plan.free[0]:
                break
        for key, place in chosen:
            self._start(key, place, now)
        return [place for _, place in chosen]

    def _start(self, key: Key, place: int, now: float) -> None:
        del self.queue[bisect_left(self.queue, (key, place))]
        del self.promised[bisect_left(self.promised, (key, place))]
        self.seen = None
        job = self.jobs[place]
        self.free -= job.processors
        self.running[place] = now
        insort(self.due, (now + job.requested, place))

    def _ends(self, now: float) -> list[tuple[float, int]]:
        """When the running end if they take what they asked for, and what they give back."""
        ends = []
        for due, place in self.due:
            since, job = self.running[place], self.jobs[place]
            late = now + max(1, (now - since) / 10)
            ends.append((due if due > now else late, job.processors))
        return sorted(ends)

    def _likely_ends(self, now: float) -> list[tuple[float, int]]:
        """When the running are likely to end, by experience, and what they give back."""
        if self.seen is not None and self.seen[0] == now:
            return self.seen[1]
        typical, ends = self.experience.typical, []
        for place, since in self.running.items():
            job = self.jobs[place]
            requested = max(job.requested, 1)
            end = since + typical(requested, (now - since) / requested) * requested
            ends.append((max(end, now + 1), job.processors))
        ends.sort()
        self.seen = now, ends
        return ends

    def present(self, place: int, key: Key, ready: float, now: float) -> tuple[Present, int]:
        """The centre as a prediction for a job looks at it, with the job's place in the queue."""
        jobs, own = self.jobs, bisect_left(self.promised, (key, place))
        waiting = [*self.promised[:own], (key, place, ready), *self.promised[own:]]
        queue = [
            Queued(jobs[each].processors, jobs[each].requested, max(0.0, when - now))
            for _, each, when in waiting
        ]
        running = [
            (now - since, jobs[each].processors, jobs[each].requested)
            for each, since in self.running.items()
        ]
        return Present(self.free, running, queue, self.depth), own

    def ahead_of(self, key: Key, now: float) -> tuple[FreeProcessors, float]:
        """The plan of all who stand before `key`, and the seconds of work beyond it."""
        plan = FreeProcessors(now, self.free, self._likely_ends(now))
        typical = self.experience.typical
        before = bisect_left(self.promised, (key,))
        jobs = self.jobs
        for _, place, ready in self.promised[: min(before, PLANNED_AHEAD)]:
            job = jobs[place]
            length = max(1, typical(job.requested) * job.requested)
            plan.take_earliest(job.processors, length, ready)
        beyond = sum(
            jobs[place].processors * jobs[place].requested * typical(jobs[place].requested)
            for _, place, _ in self.promised[PLANNED_AHEAD:before]
        )
        return plan, beyond / self.centre.processors
