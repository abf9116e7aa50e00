"""The fast simulator against a slow one, and what must hold of every schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.placement import orders
from kechuang.engines.placement.evaluation import BACKFILLS, Rule
from kechuang.engines.placement.simulator import Backfill, simulate
from kechuang.engines.placement.trace import Job, PlacementProblem
from tests.engines.placement.drawing import PROCESSORS, most_in_use, windows
from tests.engines.placement.slowly import Slow
from tests.engines.placement.slowly import simulate as simulate_slowly

PLAIN = ("fcfs", "sjf", "area", "f1", "f2")
KINDS = st.sampled_from(list(Backfill))


@given(windows(), st.sampled_from(PLAIN), KINDS)
def test_fixed_orders_equal_the_slow_reference(jobs, order, backfill):
    fast = simulate(jobs, PROCESSORS, backfill, orders.FIXED[order])
    assert fast == simulate_slowly(jobs, PROCESSORS, order, str(backfill))


@given(windows(), st.sampled_from(("wfp3", "unicep")), KINDS)
def test_moving_orders_equal_the_slow_reference(jobs, order, backfill):
    fast = simulate(jobs, PROCESSORS, backfill, orders.FIXED["fcfs"], orders.MOVING[order])
    assert fast == simulate_slowly(jobs, PROCESSORS, order, str(backfill))


@given(windows(), st.sampled_from(list(orders.FIXED)), st.sampled_from(BACKFILLS), st.booleans())
def test_nobody_starts_before_submission_or_beyond_the_machine(jobs, order, backfill, corrected):
    starts = Rule(order, backfill, corrected).starts(jobs, PROCESSORS)
    assert all(start >= job.submit for job, start in zip(jobs, starts, strict=True))
    assert most_in_use(jobs, starts) <= PROCESSORS


@given(windows(), st.sampled_from(PLAIN))
def test_easy_never_delays_the_head_beyond_its_promise(jobs, order):
    slow = Slow(jobs, PROCESSORS, order, "easy")
    assert simulate(jobs, PROCESSORS, Backfill.EASY, orders.FIXED[order]) == slow.play()
    assert [start for _, due, start in slow.promises if start > due] == []


@given(windows(), st.sampled_from(list(orders.FIXED)), st.sampled_from(BACKFILLS))
def test_no_order_reads_run_times(jobs, order, backfill):
    """Until the first end, what a job will really take changes nothing."""
    longer = [job._replace(run=job.run + 1) for job in jobs]
    before = Rule(order, backfill).starts(jobs, PROCESSORS)
    after = Rule(order, backfill).starts(longer, PROCESSORS)
    first_end = min(start + job.run for job, start in zip(jobs, before, strict=True))
    seen = [(n, start) for n, start in enumerate(before) if start < first_end]
    assert seen == [(n, start) for n, start in enumerate(after) if start < first_end]


HAND = [
    Job(1, 0, 10, 10, 3),
    Job(2, 1, 10, 10, 4),
    Job(3, 2, 8, 8, 1),  # ends as the head is expected: not strictly before
    Job(4, 3, 5, 5, 1),
]


@pytest.mark.parametrize(
    ("backfill", "starts"),
    [("none", [0, 10, 20, 20]), ("simple", [0, 10, 20, 3]), ("easy", [0, 10, 20, 3])],
)
def test_a_window_worked_out_by_hand(backfill, starts):
    assert simulate(HAND, 4, Backfill(backfill), orders.FIXED["fcfs"]) == starts


def test_easy_lets_a_long_job_take_what_the_head_leaves_over():
    jobs = [Job(1, 0, 10, 10, 3), Job(2, 1, 10, 10, 3), Job(3, 2, 99, 99, 1)]
    assert simulate(jobs, 4, Backfill.SIMPLE, orders.FIXED["fcfs"]) == [0, 10, 10]
    assert simulate(jobs, 4, Backfill.EASY, orders.FIXED["fcfs"]) == [0, 10, 2]


def test_an_arrival_comes_before_an_end_at_the_same_moment():
    """Job 3 arrives as job 1 ends: it queues behind the head that the end lets in."""
    jobs = [Job(1, 0, 5, 5, 2), Job(2, 0, 5, 5, 2), Job(3, 5, 1, 1, 2)]
    assert simulate(jobs, 2, Backfill.NONE, orders.FIXED["sjf"]) == [0, 5, 10]


def test_the_published_wait_is_the_fault_it_is():
    """With a wait of -1 - submit WFP3 prefers who came early and asks for much."""
    early, late = Job(1, 10, 5, 5, 2), Job(2, 500, 5, 5, 2)
    assert orders.FIXED["wfp3"](early) < orders.FIXED["wfp3"](late)
    assert orders.FIXED["unicep"](early) < orders.FIXED["unicep"](late)
    assert orders.MOVING["wfp3"](early, 505) == -(99.0**3) * 2
    assert orders.MOVING["unicep"](early, 505) == -99.0


@pytest.mark.parametrize(("order", "backfill"), [("lifo", "none"), ("fcfs", "hard")])
def test_an_unknown_rule_names_the_known_ones(order, backfill):
    with pytest.raises(PlacementProblem, match="fcfs|easy"):
        Rule(order, backfill)


def test_a_long_window_gives_what_a_short_one_gives(monkeypatch):
    """The sets of shorter jobs are thinned for long windows; nothing else changes."""
    from kechuang.engines.placement import simulator

    jobs = [Job(n, n * 3, 7 + n % 11, 7 + n % 17, 1 + n % 8) for n in range(1, 200)]
    whole = [simulate(jobs, 8, each, orders.FIXED["fcfs"]) for each in Backfill]
    monkeypatch.setattr(simulator, "_MASK_BYTES", 100)
    assert [simulate(jobs, 8, each, orders.FIXED["fcfs"]) for each in Backfill] == whole
