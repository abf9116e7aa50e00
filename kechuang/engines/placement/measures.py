"""How good a schedule was: slowdown, utilisation with its denominator, waits, fairness of users."""

from collections.abc import Sequence
from statistics import fmean

from kechuang.engines.placement.trace import Job

_SHORT = 10  # seconds under which a job counts as this long (Feitelson and Rudolph 1998)


def bounded_slowdown(job: Job, start: float) -> float:
    """max(1, (wait + run) / max(run, 10 s))."""
    return max(1.0, (start - job.submit + job.run) / max(job.run, _SHORT))


def window_measures(
    jobs: Sequence[Job], starts: Sequence[float], processors: int
) -> dict[str, float]:
    """Means over one window, unrounded.

    `utilisation` is the paper's, over the time until the last *start*; `utilisation_to_last_end`
    runs until the last job has ended, as it should.
    """
    work = sum(job.run * job.processors for job in jobs)
    began = jobs[0].submit
    slowdowns = [bounded_slowdown(job, start) for job, start in zip(jobs, starts, strict=True)]
    last_end = max(start + job.run for job, start in zip(jobs, starts, strict=True))
    return {
        "bounded_slowdown": fmean(slowdowns),
        "utilisation": _share(work, (max(starts) - began) * processors),
        "utilisation_to_last_end": _share(work, (last_end - began) * processors),
        "mean_wait_seconds": fmean(s - job.submit for job, s in zip(jobs, starts, strict=True)),
    }


def _share(work: float, held: float) -> float:
    return work / held if held else 0.0


def mean_measures(windows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means over windows of what each window measured."""
    return {name: fmean(each[name] for each in windows) for name in windows[0]}


def fairness(jobs: Sequence[Job], starts: Sequence[float]) -> dict[str, float]:
    """How evenly users fare: mean slowdown of each user, then Jain's index, the worst, the p95.

    Jain, Chiu and Hawe (1984): 1 = all users alike, 1 / users = one user has it all.
    """
    by_user: dict[int, list[float]] = {}
    for job, start in zip(jobs, starts, strict=True):
        by_user.setdefault(job.user, []).append(bounded_slowdown(job, start))
    means = sorted(fmean(each) for each in by_user.values())
    square = sum(means) ** 2
    return {
        "users": len(means),
        "jain_index": square / (len(means) * sum(mean * mean for mean in means)),
        "worst_user_slowdown": means[-1],
        "median_user_slowdown": means[len(means) // 2],
    }
