"""What share of their requests jobs have taken so far: all that is learnt of run times.

Jobs that asked for about as long are alike: what people run has usual lengths, so that who asks for
a little over a usual length takes most of it, and who asks for four times as much takes a quarter.
"""

from bisect import bisect_right, insort
from collections import deque
from math import log2

_REMEMBERED = 1000  # of the jobs that ended last; and of those alike
_AT_FIRST = (0.25, 0.5, 0.75, 1.0)  # before anything has ended
_REACH = 1  # half-doublings of the request up and down that count as about as long
_ENOUGH = 3  # ended jobs alike, before they speak for themselves


class _Shares:
    """The shares of the jobs that ended last, by age and by size."""

    __slots__ = ("by_age", "by_size", "total")

    def __init__(self, first: tuple[float, ...] = ()) -> None:
        self.by_age: deque[float] = deque(first)
        self.by_size: list[float] = sorted(first)
        self.total = sum(first)

    def add(self, share: float) -> None:
        self.by_age.append(share)
        insort(self.by_size, share)
        self.total += share
        if len(self.by_age) > _REMEMBERED:
            oldest = self.by_age.popleft()
            del self.by_size[bisect_right(self.by_size, oldest) - 1]
            self.total -= oldest


class Experience:
    """Shares of their requests that ended jobs took, in (0, 1]."""

    def __init__(self) -> None:
        self._all = _Shares(_AT_FIRST)
        self._alike: dict[int, _Shares] = {}

    def learn(self, took: float, requested: float) -> None:
        """A job has ended after `took` of `requested` seconds."""
        share = min(1.0, took / max(requested, 1))
        self._all.add(share)
        length = _class_of(requested)
        for near in range(length - _REACH, length + _REACH + 1):
            if near not in self._alike:
                self._alike[near] = _Shares()
            self._alike[near].add(share)

    def shares(self, requested: float) -> list[float]:
        """Rising shares of the jobs that asked for about as long; of all, while they are few."""
        alike = self._alike.get(_class_of(requested))
        if alike is None or len(alike.by_size) < _ENOUGH:
            return self._all.by_size
        return alike.by_size

    def mean(self, requested: float) -> float:
        """The share that a job which asks for so long takes on average."""
        alike = self._alike.get(_class_of(requested))
        if alike is None or len(alike.by_size) < _ENOUGH:
            alike = self._all
        return alike.total / len(alike.by_age)

    def typical(self, requested: float, beyond: float = 0.0) -> float:
        """The median share of those alike that took more than `beyond` of their request."""
        return self.ranked(requested, beyond, 0.5)

    def ranked(self, requested: float, beyond: float, rank: float) -> float:
        """The share that this part of those alike stay under who took more than `beyond`.

        Where none of them did, of all who did; where nobody did, halfway between `beyond` and the
        whole request; past it, a tenth more.
        """
        for shares in (self.shares(requested), self._all.by_size):
            first = bisect_right(shares, beyond)
            if first < len(shares):
                return shares[first + int(rank * (len(shares) - first))]
        return (beyond + 1) / 2 if beyond < 1 else 1.1 * beyond


def _class_of(requested: float) -> int:
    return int(2 * log2(max(requested, 1)))
