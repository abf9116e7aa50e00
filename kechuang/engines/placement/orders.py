"""Who is next: the orders of the queue. The job with the smallest key is the head.

Sources: Zhang et al., RLScheduler (SC'20), for FCFS, SJF, WFP3 and UNICEP as its reference counts
them; Carastan-Santos and de Camargo (SC'17) for F1 and F2; smallest area first is folklore.

Ours lies between smallest area first (power 1) and Smith's rule for the slowdown (a second's wait
costs 1 / requested and starting costs area: power 2). Between them, on generated traces of the
kinds in bench/workloads.py, nothing but noise decides; 1.25 is good on all. Nothing is trained.
"""

from collections.abc import Callable
from math import log2, log10, sqrt

from kechuang.engines.placement.trace import Job

FixedKey = Callable[[Job], tuple[float, float]]
MovingKey = Callable[[Job, float], float]

_NEVER_ZERO = 0.1
_F1_WEIGHT, _F2_WEIGHT = 870, 25_600
_SHORT, _OURS_POWER = 10, 1.25
_UNSEEN_WAIT = -1  # the reference's clock before a job has started


def _fcfs(job: Job) -> tuple[float, float]:
    return job.submit, 0


def _sjf(job: Job) -> tuple[float, float]:
    return job.requested, job.submit


def _area(job: Job) -> tuple[float, float]:
    return job.requested * job.processors, job.submit


def _f1(job: Job) -> tuple[float, float]:
    size = log10(job.requested or _NEVER_ZERO) * job.processors
    return size + _F1_WEIGHT * log10(job.submit or _NEVER_ZERO), 0


def _f2(job: Job) -> tuple[float, float]:
    size = sqrt(job.requested) * job.processors
    return size + _F2_WEIGHT * log10(job.submit or _NEVER_ZERO), 0


def _wfp3_as_published(job: Job) -> tuple[float, float]:
    return _wfp3(job, _UNSEEN_WAIT), 0


def _unicep_as_published(job: Job) -> tuple[float, float]:
    wait = _UNSEEN_WAIT - job.submit
    spread = log2(job.processors + 1e-15) * (job.requested or _NEVER_ZERO)
    return -(wait + 1e-15) / spread, 0


def _wfp3(job: Job, now: float) -> float:
    return -(((now - job.submit) / (job.requested or _NEVER_ZERO)) ** 3) * job.processors


def _unicep(job: Job, now: float) -> float:
    spread = log2(max(job.processors, 2)) * (job.requested or _NEVER_ZERO)
    return -(now - job.submit) / spread


def _ours(job: Job) -> tuple[float, float]:
    return max(job.requested, _SHORT) ** _OURS_POWER * job.processors, job.submit


FIXED: dict[str, FixedKey] = {
    "fcfs": _fcfs,
    "sjf": _sjf,
    "f1": _f1,
    "f2": _f2,
    "area": _area,
    "ours": _ours,
    "wfp3": _wfp3_as_published,
    "unicep": _unicep_as_published,
}
"""Orders that do not change while a job waits (with the reference's wait of -1 - submit)."""

MOVING: dict[str, MovingKey] = {"wfp3": _wfp3, "unicep": _unicep}
"""Orders corrected to the wait so far, taken anew whenever a head is chosen."""
