"""What share of their requests jobs have taken so far: all that is learnt of run times."""

from bisect import bisect_right, insort
from collections import deque

_REMEMBERED = 1000  # of the jobs that ended last
_AT_FIRST = (0.25, 0.5, 0.75, 1.0)  # before anything has ended


class Experience:
    """Shares of their requests that ended jobs took, in (0, 1]."""

    def __init__(self) -> None:
        self._by_age: deque[float] = deque(_AT_FIRST)
        self._by_size: list[float] = list(_AT_FIRST)
        self._sum = sum(_AT_FIRST)

    def learn(self, took: float, requested: float) -> None:
        """A job has ended after `took` of `requested` seconds."""
        share = min(1.0, took / max(requested, 1))
        self._by_age.append(share)
        insort(self._by_size, share)
        self._sum += share
        if len(self._by_age) > _REMEMBERED:
            oldest = self._by_age.popleft()
            del self._by_size[bisect_right(self._by_size, oldest) - 1]
            self._sum -= oldest

    @property
    def mean(self) -> float:
        """The share that a job takes on average."""
        return self._sum / len(self._by_age)

    def typical(self, beyond: float = 0.0) -> float:
        """The median share of those jobs that took more than `beyond` of their request.

        Where none did, halfway between `beyond` and the whole request; past it, a tenth more.
        """
        shares = self._by_size
        first = bisect_right(shares, beyond)
        if first < len(shares):
            return shares[(first + len(shares)) // 2]
        return (beyond + 1) / 2 if beyond < 1 else 1.1 * beyond
