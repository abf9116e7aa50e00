"""A machine that stands in the midst of other users, played on as a clock goes.

`simulator` and `planning` play a window from its first submission to its last start. Here jobs of
one's own come while it is played, and nobody knows when they will end: they are given in, started
by the plan of all who wait (`planning.starts_now`, by the order of coming), and taken out when
their end is heard of. Other users' jobs are those of a trace, which begins anew when it is over.
"""

import random
from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from math import exp
from typing import Any

from kechuang.engines.placement.planning import FreeProcessors, starts_now
from kechuang.engines.placement.trace import Job

DAY = 86_400
QUEUE_MOST = 2000  # beyond it other users turn away: a trace may ask for more than there is
_LATER = 60.0  # who is past the request is expected to go on for so long


@dataclass
class Standing:
    """A machine as far as it has been played; `kept` writes it down, `taken_up` reads it."""

    processors: int
    now: float = 0.0
    came: int = 0  # how many jobs of the trace have come
    queue: list[list[Any]] = field(default_factory=list)  # name, processors, requested, run
    running: list[list[Any]] = field(default_factory=list)  # end by request, name, processors, end

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def taken_up(cls, kept: dict[str, Any], processors: int) -> "Standing":
        """The machine that was kept, now with so many processors."""
        return cls(**{**kept, "processors": processors})

    def names(self) -> tuple[set[str], set[str]]:
        """One's own jobs that wait, and those that run."""
        waiting = {str(one[0]) for one in self.queue if one[0]}
        return waiting, {str(one[1]) for one in self.running if one[1]}

    def give_in(self, name: str, processors: int, requested: float) -> None:
        """A job of one's own joins the queue now; its end is told by `take_out`."""
        self.queue.append([name, min(processors, self.processors), requested, None])

    def take_out(self, name: str) -> None:
        """A job of one's own has ended, or is wanted no longer."""
        self.queue = [one for one in self.queue if one[0] != name]
        self.running = [one for one in self.running if one[1] != name]

    def put_in(self, name: str) -> None:
        """A job that waited is known to run: it was started, and that was not written down."""
        for one in [one for one in self.queue if one[0] == name]:
            self.queue.remove(one)
            self._start(one)

    def play(self, until: float, trace: Sequence[Job]) -> list[str]:
        """Let everything happen that happens before `until`; which of one's own started."""
        started = self._start_who_is_due()
        arrivals = self._arrivals(trace)
        coming = next(arrivals, None)
        while True:
            moments = [one[3] for one in self.running if one[3] is not None]
            if coming is not None:
                moments.append(coming.submit)
            moment = min(moments, default=until)
            if moment >= until:
                break
            self.now = max(self.now, moment)
            while coming is not None and coming.submit <= self.now:
                if len(self.queue) < QUEUE_MOST:
                    size = min(coming.processors, self.processors)
                    self.queue.append(["", size, coming.requested, coming.run])
                self.came += 1
                coming = next(arrivals, None)
            self.running = [one for one in self.running if one[3] is None or one[3] > self.now]
            started += self._start_who_is_due()
        self.now = max(self.now, until)
        return started

    def _arrivals(self, trace: Sequence[Job]) -> Iterator[Job]:
        """The trace from where it stands, again and again."""
        if not trace:
            return
        first, last = trace[0].submit, trace[-1].submit
        span = last - first + max(1.0, (last - first) / len(trace))
        place = self.came
        while True:
            again, at = divmod(place, len(trace))
            yield trace[at]._replace(submit=trace[at].submit - first + again * span)
            place += 1

    def _start_who_is_due(self) -> list[str]:
        free = self.processors - sum(one[2] for one in self.running)
        if free <= 0 or not self.queue:
            return []
        ends = sorted((max(one[0], self.now + _LATER), one[2]) for one in self.running)
        plan = FreeProcessors(self.now, free, ends)
        due = starts_now([(one[1], max(one[2], 1)) for one in self.queue], plan)
        chosen = [self.queue[place] for place in due]
        self.queue = [one for place, one in enumerate(self.queue) if place not in set(due)]
        for one in chosen:
            self._start(one)
        return [str(one[0]) for one in chosen if one[0]]

    def _start(self, waiting: list[Any]) -> None:
        name, size, requested, run = waiting
        end = None if run is None else self.now + run
        insort(
            self.running, [self.now + requested, name, size, end], key=lambda one: (one[0], one[1])
        )


def drawn_load(processors: int, load: float, seed: int, days: int = 2) -> tuple[Job, ...]:
    """Other users' jobs for so many days that ask for this share of a machine in all.

    Sizes are powers of two up to a quarter of it, run times log-normal about a quarter of an hour,
    requests up to four times what they take.
    """
    chance = random.Random(f"standing {processors} {load} {seed}")
    jobs: list[tuple[float, int, int]] = []
    work = 0
    while work < load * processors * DAY * days:
        size = min(processors, 2 ** chance.randint(0, max(0, processors.bit_length() - 3)))
        run = max(1, min(DAY, round(exp(chance.gauss(6.8, 1.2)))))
        jobs.append((chance.uniform(0, DAY * days), size, run))
        work += size * run
    return tuple(
        Job(place, submit, run, round(run * chance.uniform(1, 4)), size)
        for place, (submit, size, run) in enumerate(sorted(jobs), 1)
    )
