"""What became of earlier predictions: where to look for a wait, and how wide a range must be.

Waits played forward lie far apart, in heaps where one running job or another ends. What errs least
in the median is not their middle but where they are thickest, seen as coarsely as predictions err
anyway (the middle of a shortest range: Andrews and others 1972, "shorth"). A range is widened or
narrowed at each end by what earlier ranges lacked there (Romano, Patterson and Candes 2019).
"""

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from kechuang.engines.placement.foresight import Forecast, spread

WAITED = 60.0  # seconds: jobs that waited less say nothing of a prediction
_AT_FIRST = 900.0  # seconds that a prediction errs by, before any has been seen
_COARSE = 1.6  # half-widths looked through, in median errors; by trials on Lublin-2's first 1,981
_ERRORS, _RANGES = 200, 500  # how many of the last are remembered
_FEW = 20
_OUTSIDE = 0.1  # of waits at either end of a range
_LEAST_WIDTH = 60.0  # seconds, lest a narrow range count for everything


class Told(NamedTuple):
    """What was said of a wait: `forecast`, and `plain`, as it was without hindsight."""

    forecast: Forecast
    plain: Forecast


class Hindsight:
    """Earlier predictions beside what became of them; of one desk, all its centres together."""

    def __init__(self) -> None:
        self._errors: deque[float] = deque([_AT_FIRST] * _FEW, _ERRORS)
        self._reach = _COARSE * _AT_FIRST
        self._low, self._high = _Lacking(), _Lacking()

    def told(self, waits: Sequence[float]) -> Told:
        """The forecast of a job that may wait so long, each as likely; `waits` rise."""
        plain = spread(waits)
        low, middle, high = plain
        if low < high:
            width = high - low + _LEAST_WIDTH
            low = max(0.0, low - self._low.margin() * width)
            high = max(low, high + self._high.margin() * width)
            middle = min(max(thickest(waits, self._reach), low), high)
        return Told(Forecast(low, middle, high), plain)

    def learn(self, told: Told, waited: float) -> None:
        """A job has started after `waited` seconds."""
        if waited > WAITED:
            self._errors.append(abs(told.forecast.middle - waited))
            self._reach = _COARSE * median(self._errors)
        low, _, high = told.plain
        if low < high:
            width = high - low + _LEAST_WIDTH
            self._low.add((low - waited) / width)
            self._high.add((waited - high) / width)


def thickest(waits: Sequence[float], reach: float) -> float:
    """The middle of those of rising `waits` that lie nearest: most of them, not 2 x `reach` apart.

    >>> thickest([0, 50, 60, 70, 200], 10), thickest([0, 50, 60, 70, 200], 1000)
    (60.0, 100.0)
    """
    ends = [bisect_right(waits, wait + 2 * reach) for wait in waits]
    most = max(end - first for first, end in enumerate(ends))
    found = [first for first, end in enumerate(ends) if end - first == most]
    first = found[len(found) // 2]
    return (waits[first] + waits[ends[first] - 1]) / 2


class _Lacking:
    """By how much of its width a range fell short at one end; below 0 where it was too wide."""

    def __init__(self) -> None:
        self.by_age: deque[float] = deque([0.0] * _FEW)
        self.by_size = [0.0] * _FEW

    def add(self, share: float) -> None:
        self.by_age.append(share)
        insort(self.by_size, share)
        if len(self.by_age) > _RANGES:
            del self.by_size[bisect_right(self.by_size, self.by_age.popleft()) - 1]

    def margin(self) -> float:
        return self.by_size[int((1 - _OUTSIDE) * len(self.by_size))]
