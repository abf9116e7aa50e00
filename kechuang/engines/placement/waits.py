"""How well waits are foretold: predicted beside actual, and beside what anybody could have said."""

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.foresight import Present, Queued, possible_waits
from kechuang.engines.placement.hindsight import WAITED, Hindsight, Told
from kechuang.engines.placement.orders import FixedKey, MovingKey
from kechuang.engines.placement.planning import DEPTH, PlannedMachine
from kechuang.engines.placement.trace import Job

DAY = 86_400


def prediction_errors(
    submits: Sequence[float], waits: Sequence[float], predicted: Sequence[float]
) -> dict[str, float]:
    """Median absolute errors over the jobs that waited over a minute, in seconds.

    `predicted` are waits foretold at submission. The peer says the mean wait of the jobs that
    started in the 24 hours before (0 where none did).
    """
    by_start = sorted((submit + wait, wait) for submit, wait in zip(submits, waits, strict=True))
    moments = [start for start, _ in by_start]
    sums = [0.0]
    for _, wait in by_start:
        sums.append(sums[-1] + wait)
    ours, peers = [], []
    for submit, wait, said in zip(submits, waits, predicted, strict=True):
        if wait > WAITED:
            first, last = bisect_left(moments, submit - DAY), bisect_left(moments, submit)
            mean = (sums[last] - sums[first]) / (last - first) if last > first else 0.0
            ours.append(abs(said - wait))
            peers.append(abs(mean - wait))
    if not ours:
        return {"jobs": 0, "ours_seconds": 0.0, "mean_of_a_day_seconds": 0.0}
    return {
        "jobs": len(ours),
        "ours_seconds": median(ours),
        "mean_of_a_day_seconds": median(peers),
    }


def simulate_foretold(
    jobs: Sequence[Job], processors: int, fixed: FixedKey, moving: MovingKey | None = None
) -> tuple[list[float], list[Told]]:
    """When each job starts under our backfilling, and how long it was to wait by what was known
    when it was submitted."""
    machine = _ForetellingMachine(jobs, processors, fixed, moving)
    starts = machine.play()
    return starts, machine.told


class _ForetellingMachine(PlannedMachine):
    """A machine that says at each arrival how long it will be, and learns at each end."""

    def __init__(
        self, jobs: Sequence[Job], processors: int, fixed: FixedKey, moving: MovingKey | None
    ) -> None:
        super().__init__(jobs, processors, fixed, moving)
        self.experience, self.hindsight = Experience(), Hindsight()
        self.told: list[Told] = []

    def _arrive(self, place: int) -> None:
        super()._arrive(place)
        jobs, needs, order = self.jobs, self.needs, self._in_order()
        running = [
            (self.now - self.starts[each], jobs[each].processors, needs[each][1])
            for _, each in self.running
        ]
        queue = [Queued(*needs[each]) for each in order]
        present = Present(self.free, running, queue, DEPTH)
        number = str(jobs[place].number)
        waits = possible_waits(present, order.index(place), self.experience, number)
        self.told.append(self.hindsight.told(waits))

    def _start(self, place: int) -> None:
        super()._start(place)
        self.hindsight.learn(self.told[place], self.now - self.jobs[place].submit)

    def _end(self, place: int) -> None:
        super()._end(place)
        self.experience.learn(self.jobs[place].run, self.jobs[place].requested)
