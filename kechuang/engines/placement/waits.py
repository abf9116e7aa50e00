"""How well waits are foretold: predicted beside actual, and beside what anybody could have said."""

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

DAY = 86_400
_WAITED = 60  # seconds: jobs that waited less say nothing of a prediction


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
        if wait > _WAITED:
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
