"""Our backfilling: a plan of free processors over time."""

from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.placement import orders
from kechuang.engines.placement.planning import FreeProcessors, simulate_planned, starts_now
from kechuang.engines.placement.simulator import Backfill, simulate
from kechuang.engines.placement.trace import Job
from tests.engines.placement.drawing import PROCESSORS, windows


def test_a_place_is_the_earliest_that_lasts_long_enough():
    plan = FreeProcessors(0, 2, [(10, 1), (20, 1)])
    assert plan.take_earliest(3, 5) == 10
    assert plan.take_earliest(1, 20) == 15  # from 10 to 15 nobody is free
    assert plan.take_earliest(4, 1) == 35
    assert plan.take_earliest(1, 12) == 15
    assert plan.take_earliest(2, 6) == 0


def test_ends_at_one_moment_are_one_step():
    plan = FreeProcessors(5, 0, [(5, 1), (7, 1), (7, 2)])
    assert (plan.times, plan.free) == ([5, 7], [1, 4])


def test_whoever_has_no_place_of_its_own_starts_only_where_it_fits_now():
    queue = [(4, 10.0), (2, 5.0), (2, 5.0)]
    plan = FreeProcessors(0, 2, [(5, 2)])
    assert starts_now(queue, plan, depth=1) == [1]
    plan = FreeProcessors(0, 2, [(4, 2)])
    assert starts_now(queue, plan, depth=1) == []


@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(1, 20)), min_size=1, max_size=20),
    st.integers(0, 8),
)
def test_a_plan_never_takes_more_than_there_is(queue, free):
    plan = FreeProcessors(0, free, [(end, 1) for end in range(3, 3 + 8 - free)])
    placed = [(plan.take_earliest(size, length), size, length) for size, length in queue]
    assert min(plan.free) >= 0 and plan.free[-1] == 8
    for at, _, _ in placed:
        used = sum(size for begin, size, length in placed if begin <= at < begin + length)
        given_back = free + sum(1 for end in range(3, 3 + 8 - free) if end <= at)
        assert used <= given_back


@given(windows(exact=True))
def test_with_exact_requests_first_come_first_served_is_only_bettered(jobs):
    planned = simulate_planned(jobs, PROCESSORS, orders.FIXED["fcfs"])
    plain = simulate(jobs, PROCESSORS, Backfill.NONE, orders.FIXED["fcfs"])
    assert all(ours <= theirs for ours, theirs in zip(planned, plain, strict=True))


def test_a_short_wide_job_does_not_wait_for_a_queue_of_long_ones():
    jobs = [Job(1, 0, 100, 100, 4), Job(2, 1, 1000, 1000, 4), Job(3, 2, 10, 10, 4)]
    assert simulate(jobs, 4, Backfill.EASY, orders.FIXED["ours"]) == [0, 100, 1100]
    assert simulate_planned(jobs, 4, orders.FIXED["ours"]) == [0, 110, 100]


def test_a_job_past_its_request_is_expected_a_little_longer():
    """Job 1 runs on past 10; nothing that needs its processors is started meanwhile."""
    jobs = [Job(1, 0, 50, 10, 3), Job(2, 5, 10, 10, 4), Job(3, 20, 3, 3, 1), Job(4, 21, 1, 1, 1)]
    starts = simulate_planned(jobs, 4, orders.FIXED["ours"])
    assert starts == [0, 50, 20, 23]
