"""Traces made up by a seed, to try an order on workloads that nobody has tuned it to.

`lublin` follows Lublin and Feitelson (2003): serial jobs and powers of two, a run time of two gamma
humps in the logarithm that leans to the long one as jobs widen, arrivals with a daily cycle.
`batch` has the parameters they give for batch partitions alone, `small` and `large` 64 and 1,024
processors, `wide` wider jobs, mostly short; `steady`, `narrow` and `bursts` have the shapes of
other machines: log-normal run times with little correlation, mostly narrow long jobs, and users who
submit the same job many times at once. In `habits` each user has a usual size and run time, from
which one job departs a little and users much.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import exp, log2

from kechuang.engines.placement.centres import BrokerJob, Centre
from kechuang.engines.placement.trace import Job, Trace

DAY = 86_400
HOURLY = (
    0.3, 0.25, 0.2, 0.2, 0.2, 0.25, 0.35, 0.6, 1.2, 1.7, 1.9, 1.8,
    1.5, 1.8, 2.0, 2.0, 1.9, 1.7, 1.3, 1.0, 0.8, 0.6, 0.5, 0.4,
)  # fmt: skip
LIMITS = (300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600, DAY, 2 * DAY, 4 * DAY)
Shape = Callable[[random.Random, int], tuple[int, int, int]]  # processors, run, how many alike


def made_trace(kind: str, seed: int, jobs: int = 10_000, load: float = 0.7) -> Trace:
    """A trace of this kind at this offered load, run times as requested."""
    processors, shape = KINDS[kind]
    chance = random.Random(f"{kind} {seed}")
    drawn: list[tuple[int, int, int]] = []
    while len(drawn) < jobs:
        size, run, alike = shape(chance, processors)
        user = 1 + int(chance.paretovariate(1.0)) % 64
        drawn += [(size, max(1, run), user)] * alike
    drawn = drawn[:jobs]
    work = sum(size * run for size, run, _ in drawn)
    arrivals = _arrivals(chance, drawn, work / (processors * load))
    made = [
        Job(number, submit, run, run, size, user)
        for number, ((size, run, user), submit) in enumerate(zip(drawn, arrivals, strict=True), 1)
    ]
    return Trace(tuple(sorted(made, key=lambda job: (job.submit, job.number))), processors)


def with_usual_limits(trace: Trace, seed: int) -> Trace:
    """The trace with requests as people make them (Tsafrir, Etsion and Feitelson 2005).

    A few round numbers hold nearly all of them: the next limit above the run times U[1, 3], or, for
    one job in four, the longest that the machine has for it.
    """
    chance = random.Random(seed)
    jobs = []
    for job in trace.jobs:
        wish = job.run * chance.uniform(1, 3)
        longest = max(LIMITS[-3], job.run)
        asked = next((limit for limit in LIMITS if limit >= wish), longest)
        jobs.append(job._replace(requested=longest if chance.random() < 0.25 else asked))
    return replace(trace, jobs=tuple(jobs))


def _arrivals(
    chance: random.Random, drawn: list[tuple[int, int, int]], length: float
) -> Iterator[int]:
    """Submissions over about `length` seconds: heavy-tailed gaps, shortened by day."""
    gaps = []
    for place in range(len(drawn)):
        alike = place > 0 and drawn[place] == drawn[place - 1]
        gaps.append(0.0 if alike else exp(chance.gammavariate(10.23, 0.4871)))
    scale = length / sum(gaps)
    now = 0.0
    for gap in gaps:
        now += gap * scale / HOURLY[int(now % DAY // 3600)]
        yield round(now)


def _lublin(chance: random.Random, machine: int) -> tuple[int, int, int]:
    high = log2(machine)
    if chance.random() < 0.244:
        size = 1
    else:
        low, middle = (0.8, high - 2.5) if chance.random() < 0.86 else (high - 2.5, high)
        power = chance.uniform(low, middle)
        exact = chance.random() < 0.576
        size = 2 ** round(power) if exact else round(2**power)
    size = max(1, min(machine, size))
    short = chance.random() < max(0.05, min(0.95, 0.78 - 0.0054 * size))
    hump = chance.gammavariate(4.2, 0.94) if short else chance.gammavariate(312, 0.03)
    return size, min(round(exp(hump)), 2 * DAY), 1


def _batch(chance: random.Random, machine: int) -> tuple[int, int, int]:
    high = log2(machine)
    if chance.random() < 0.2927:
        size = 1
    else:
        low, middle = (1.2, high - 2.5) if chance.random() < 0.705 else (high - 2.5, high)
        power = chance.uniform(low, middle)
        size = 2 ** round(power) if chance.random() < 0.6686 else round(2**power)
    size = max(1, min(machine, size))
    short = chance.random() < max(0.05, min(0.95, 0.6986 - 0.003 * size))
    hump = (6.57, 0.823) if short else (639.1, 0.0156)
    return size, min(round(exp(chance.gammavariate(*hump))), 2 * DAY), 1


def _wide(chance: random.Random, machine: int) -> tuple[int, int, int]:
    """The same model for an eager public: sizes even in the logarithm, one job in fourteen long."""
    if chance.random() < 0.17:
        size = 1
    else:
        power = chance.uniform(0.8, log2(machine) + 0.3)
        size = min(machine, 2 ** round(power) if chance.random() < 0.576 else round(2**power))
    hump = (3.6, 0.94) if chance.random() < 0.93 else (200, 0.048)
    return size, min(round(exp(chance.gammavariate(*hump))), 2 * DAY), 1


def _steady(chance: random.Random, machine: int) -> tuple[int, int, int]:
    size = min(machine, 2 ** chance.choice((0, 0, 1, 2, 3, 3, 4, 4, 5, 6, 7)))
    return size, min(round(chance.lognormvariate(6.5, 2.2)), DAY), 1


def _narrow(chance: random.Random, machine: int) -> tuple[int, int, int]:
    size = min(machine, chance.choice((1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 64)))
    return size, min(round(chance.lognormvariate(7.5, 2.4)), 3 * DAY), 1


def _bursts(chance: random.Random, machine: int) -> tuple[int, int, int]:
    size, run, _ = _lublin(chance, machine)
    return size, run, chance.choice((1, 1, 1, 1, 2, 4, 12)) if size <= machine // 8 else 1


def _habits(chance: random.Random, machine: int) -> tuple[int, int, int]:
    usual = random.Random(min(60, int(chance.paretovariate(0.8))))
    size = min(machine, 2 ** min(int(usual.expovariate(0.45)), 8))
    run = usual.lognormvariate(6.5, 2.2) * chance.lognormvariate(0, 0.7)
    return size, min(round(run), 2 * DAY), chance.choice((1, 1, 1, 2, 3, 8))


KINDS: dict[str, tuple[int, Shape]] = {
    "lublin": (256, _lublin),
    "batch": (256, _batch),
    "small": (64, _lublin),
    "large": (1024, _lublin),
    "wide": (256, _wide),
    "steady": (128, _steady),
    "narrow": (240, _narrow),
    "bursts": (256, _bursts),
    "habits": (128, _habits),
}


def broker_jobs(trace: Trace, load: float, seed: int, centres: Sequence[Centre]) -> list[BrokerJob]:
    """Jobs for the broker from a trace, at this load of all centres; assumed, not measured:

    log-normal data, one job in five urgent (20 yuan an hour, others 1; a deadline of four times the
    run and an hour), requests of 1 to 4 times the run, 15 % of the data may not leave home.
    """
    chance = random.Random(seed)
    jobs = [job for job in trace.jobs if job.processors <= centres[0].processors]
    processors = sum(centre.processors for centre in centres)
    span = jobs[-1].submit - jobs[0].submit
    scale = sum(job.run * job.processors for job in jobs) / (processors * load) / span
    made = []
    for job in jobs:
        urgent = chance.random() < 0.2
        submit = round((job.submit - jobs[0].submit) * scale)
        made.append(
            BrokerJob(
                id=str(job.number), submit=submit, processors=job.processors,
                requested=round(job.run * chance.uniform(1, 4)), run=job.run,
                home=centres[0].id, data_mb=min(2e6, 1000 * chance.lognormvariate(1.5, 1.8)),
                data_class="stay-home" if chance.random() < 0.15 else "open",
                value_yuan_per_hour=20 if urgent else 1,
                deadline=submit + 4 * job.run + 3600 if urgent else None,
            )
        )  # fmt: skip
    return made
