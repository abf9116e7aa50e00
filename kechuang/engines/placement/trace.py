"""Traces of jobs in the Standard Workload Format, and windows cut from them."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

FIELDS = 18
_NUMBER, _SUBMIT, _RUN, _ALLOCATED, _ASKED, _REQUESTED, _USER = 0, 1, 3, 4, 7, 8, 11
_RUN_WHEN_UNKNOWN = 10


class PlacementProblem(ValueError):
    """A file or a setting cannot be used; the words say which, why, and what to do."""


class Job(NamedTuple):
    """One job. Times in whole or broken seconds, on the trace's own clock."""

    number: int
    submit: float
    run: float  # what it really took; no order of ours reads it
    requested: float  # what its user said it would take
    processors: int
    user: int = -1


@dataclass(frozen=True)
class Trace:
    """Jobs by submission, ties by number, and the machine they were meant for."""

    jobs: tuple[Job, ...]
    processors: int


def read_trace(lines: Iterable[str], processors: int | None = None) -> Trace:
    """Jobs of a file in the Standard Workload Format (Chapin et al. 1999; 18 fields a line).

    A run time below 0 becomes 10 seconds and jobs that ran 0 seconds are dropped; a requested time
    of -1 becomes the run time; processors are the larger of those allocated and those asked for.
    The machine's are `processors`, else MaxProcs of the header, else MaxNodes. Raises
    PlacementProblem with the line for what is no job, and for a job the machine cannot hold.
    """
    said: dict[str, int] = {}
    jobs: list[tuple[Job, int]] = []
    for place, line in enumerate(lines, 1):
        if line.lstrip().startswith(";"):
            _read_header(line, said, place)
        elif line.strip():
            job = _read_job(line, place)
            if job.run != 0:
                jobs.append((job, place))
    machine = processors or said.get("MaxProcs") or said.get("MaxNodes") or 0
    if machine < 1:
        raise PlacementProblem("the header names neither MaxProcs nor MaxNodes: give --processors")
    for job, place in jobs:
        if job.processors > machine:
            raise PlacementProblem(
                f"line {place}: job {job.number} takes {job.processors} processors and the machine"
                f" has {machine}: give more with --processors, or take the job out"
            )
    ordered = sorted((job for job, _ in jobs), key=lambda job: (job.submit, job.number))
    return Trace(tuple(ordered), machine)


def _read_header(line: str, said: dict[str, int], place: int) -> None:
    name, _, value = line.strip().lstrip("; ").partition(":")
    if name in ("MaxProcs", "MaxNodes"):
        try:
            said[name] = int(value.split()[0])
        except (ValueError, IndexError) as error:
            raise PlacementProblem(f"line {place}: {name} is not a whole number") from error


def _read_job(line: str, place: int) -> Job:
    words = line.split()
    if len(words) != FIELDS:
        raise PlacementProblem(
            f"line {place}: {len(words)} fields where the Standard Workload Format has {FIELDS}"
        )
    try:
        values = [int(word) if word.lstrip("-").isdigit() else float(word) for word in words]
    except ValueError as error:
        raise PlacementProblem(f"line {place}: {error}") from error
    run = _RUN_WHEN_UNKNOWN if values[_RUN] < 0 else values[_RUN]
    requested = run if values[_REQUESTED] < 0 else values[_REQUESTED]
    processors = int(max(values[_ALLOCATED], values[_ASKED]))
    if processors < 1 and run > 0:
        raise PlacementProblem(f"line {place}: the job has no processors (fields 5 and 8)")
    if values[_SUBMIT] < 0:
        raise PlacementProblem(f"line {place}: the job was submitted before the trace began")
    number, user = int(values[_NUMBER]), int(values[_USER])
    return Job(number, values[_SUBMIT], run, requested, processors, user)


def with_estimates(trace: Trace, most: float, seed: int) -> Trace:
    """The trace with requested times in error: run x U[1, most], whole seconds, rounded up."""
    if most < 1:
        raise PlacementProblem("--estimates: nobody asks for less than the job takes; give U >= 1")
    chance = random.Random(seed)
    jobs = tuple(
        job._replace(requested=ceil(job.run * chance.uniform(1, most))) for job in trace.jobs
    )
    return replace(trace, jobs=jobs)


def with_users(trace: Trace, users: int, seed: int) -> Trace:
    """The trace with drawn users, a few of whom submit most jobs (the n-th has weight 1/n)."""
    if users < 1:
        raise PlacementProblem("--users: at least one")
    chance = random.Random(seed)
    weights = [1 / rank for rank in range(1, users + 1)]
    drawn = chance.choices(range(1, users + 1), weights, k=len(trace.jobs))
    jobs = tuple(job._replace(user=user) for job, user in zip(trace.jobs, drawn, strict=True))
    return replace(trace, jobs=jobs)


def window(trace: Trace, start: int, length: int) -> tuple[Job, ...]:
    """`length` jobs from the 0-based index `start`."""
    if not 0 <= start <= len(trace.jobs) - length or length < 1:
        raise PlacementProblem(
            f"a window of {length} jobs from {start} does not lie in a trace of {len(trace.jobs)}"
        )
    return trace.jobs[start : start + length]


def drawn_starts(trace: Trace, windows: int, length: int, seed: int) -> Sequence[int]:
    """Where `windows` windows begin, drawn evenly with this seed."""
    last = len(trace.jobs) - length
    if last < 0:
        raise PlacementProblem(f"the trace has {len(trace.jobs)} jobs; --length is {length}")
    chance = random.Random(seed)
    return [chance.randint(0, last) for _ in range(windows)]
