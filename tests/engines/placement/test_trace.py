"""Traces in the Standard Workload Format."""

import pytest

from kechuang.engines.placement.trace import (
    Job,
    PlacementProblem,
    Trace,
    drawn_starts,
    read_trace,
    window,
    with_estimates,
    with_users,
)


def row(number=1, submit=5, run=60, allocated=4, asked=-1, requested=-1, user=-1):
    return (
        f"{number} {submit} -1 {run} {allocated} -1 -1 {asked} {requested} -1 1 {user} -1 -1 0"
        " -1 -1 -1"
    )


HEAD = "; Version: 2\n; MaxNodes: 16"


def read(*rows, head=HEAD, processors=None):
    return read_trace([*head.split("\n"), "", *rows], processors)


def test_jobs_stand_by_submission_then_number():
    trace = read(row(3, 9), row(2, 5), row(1, 9))
    assert [job.number for job in trace.jobs] == [2, 1, 3]
    assert trace.processors == 16


def test_what_is_unknown_is_filled_in():
    trace = read(row(1, run=-1), row(2, run=0), row(3, asked=7, requested=90, user=4))
    assert trace.jobs == (Job(1, 5, 10, 10, 4, -1), Job(3, 5, 60, 90, 7, 4))


def test_processors_of_the_machine_come_from_the_option_the_header_or_nowhere():
    both = "; MaxNodes: 4\n; MaxProcs: 32"
    assert read(row(), head=both).processors == 32
    assert read(row(), head=both, processors=64).processors == 64
    with pytest.raises(PlacementProblem, match="give --processors"):
        read(row(), head="; Version: 2")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1 2 3", "line 4: 3 fields where"),
        (row(run="x"), "line 4: could not convert"),
        (row(allocated=-1), "line 4: the job has no processors"),
        (row(submit=-5), "line 4: the job was submitted before"),
        (row(allocated=99), "line 4: job 1 takes 99 processors and the machine has 16"),
    ],
)
def test_a_line_that_is_no_job_is_named(line, says):
    with pytest.raises(PlacementProblem, match=says):
        read(line)


def test_a_header_that_is_no_number_is_named():
    with pytest.raises(PlacementProblem, match="line 1: MaxProcs"):
        read(row(), head="; MaxProcs: many")


TRACE = Trace(tuple(Job(n, n, 100, 100, 1) for n in range(50)), 4)


def test_estimates_are_never_too_short_and_follow_the_seed():
    once, again, other = (with_estimates(TRACE, 5, seed) for seed in (1, 1, 2))
    assert once == again != other
    assert all(100 <= job.requested <= 500 for job in once.jobs)
    assert with_estimates(TRACE, 1, 1) == TRACE
    with pytest.raises(PlacementProblem, match="U >= 1"):
        with_estimates(TRACE, 0.5, 1)


def test_users_are_drawn_a_few_with_most_jobs():
    drawn = with_users(TRACE, 3, 1)
    counts = [sum(job.user == user for job in drawn.jobs) for user in (1, 2, 3)]
    assert sum(counts) == 50 and counts[0] > counts[2]
    with pytest.raises(PlacementProblem, match="at least one"):
        with_users(TRACE, 0, 1)


def test_windows_lie_in_the_trace():
    assert window(TRACE, 40, 10) == TRACE.jobs[40:]
    assert drawn_starts(TRACE, 4, 10, 1) == drawn_starts(TRACE, 4, 10, 1)
    assert all(0 <= start <= 40 for start in drawn_starts(TRACE, 99, 10, 7))
    with pytest.raises(PlacementProblem, match="does not lie"):
        window(TRACE, 41, 10)
    with pytest.raises(PlacementProblem, match="the trace has 50 jobs"):
        drawn_starts(TRACE, 1, 51, 1)
