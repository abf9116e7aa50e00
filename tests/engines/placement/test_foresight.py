"""How long a job will wait: its queue played forward."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.placement import foresight, orders
from kechuang.engines.placement.broker import Broker
from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.foresight import Forecast, Present, Queued, foresee
from kechuang.engines.placement.grid import explanation, run_jobs
from kechuang.engines.placement.planning import simulate_planned
from kechuang.engines.placement.waits import simulate_foretold
from tests.engines.placement.drawing import PROCESSORS, windows
from tests.engines.placement.test_broker import EAST, job


def exact(*lengths):
    """Experience of jobs that took what they asked for."""
    seen = Experience()
    for length in lengths:
        for _ in range(3):
            seen.learn(length, length)
    return seen


def test_who_fits_starts_at_once_whatever_run_times_will_be():
    present = Present(3, [(5, 1, 100)], [Queued(3, 50)], 64)
    assert foresee(present, 0, Experience(), "1") == Forecast(0, 0, 0)


def test_with_run_times_known_the_wait_is_known():
    present = Present(0, [(40, 4, 100)], [Queued(4, 100), Queued(4, 100)], 64)
    assert foresee(present, 1, exact(100), "1") == Forecast(160, 160, 160)


def test_the_range_says_what_is_not_known():
    seen = Experience()
    for share in range(1, 101):
        seen.learn(share, 100)
    found = foresee(Present(0, [(0, 4, 100)], [Queued(4, 100)], 64), 0, seen, "1")
    assert 0 < found.low < found.middle < found.high <= 100
    assert found == foresee(Present(0, [(0, 4, 100)], [Queued(4, 100)], 64), 0, seen, "1")


def test_a_wait_counts_from_when_the_data_are_there():
    present = Present(0, [(0, 4, 100)], [Queued(4, 100, ready=30)], 64)
    assert foresee(present, 0, exact(100), "1") == Forecast(70, 70, 70)


def test_who_runs_past_the_request_is_given_a_little_longer():
    found = foresee(Present(0, [(200, 4, 100)], [Queued(4, 100)], 64), 0, exact(100), "1")
    assert found.middle == found.low == found.high
    assert round(found.middle, 6) == 20  # a tenth of the 200 seconds so far


def test_a_queue_too_long_to_be_played_forward_is_planned(monkeypatch):
    seen = Experience()
    for share in range(1, 101):
        seen.learn(share, 100)
    monkeypatch.setattr(foresight, "_PLACES", 10)
    present = Present(0, [(0, 4, 100)], [Queued(4, 100)] * 30, 64)
    assert foresee(present, 29, exact(100), "1") == Forecast(3000, 3000, 3000)
    assert foresee(present, 29, seen, "1") == Forecast(30 * 26, 30 * 51, 30 * 76)


def test_a_share_is_drawn_of_those_that_ran_longer():
    seen, chance = exact(100), random.Random(1)
    seen.learn(20, 100)
    assert {seen.drawn(100, 0.5, chance) for _ in range(20)} == {1.0}
    assert {seen.drawn(100, 0, chance) for _ in range(50)} == {0.2, 1.0}
    assert seen.drawn(100, 1.0, chance) == 1.1


@settings(max_examples=20, deadline=None)
@given(windows(exact=True, most=10))
def test_foretelling_changes_nothing_of_what_happens(jobs):
    starts, forecasts = simulate_foretold(jobs, PROCESSORS, orders.FIXED["ours"])
    assert starts == simulate_planned(jobs, PROCESSORS, orders.FIXED["ours"])
    assert len(forecasts) == len(jobs)


@settings(max_examples=20, deadline=None)
@given(windows(most=10), st.integers(1, 9))
def test_run_times_of_those_that_have_not_ended_are_not_read(jobs, more):
    other = [each._replace(run=each.run + more) for each in jobs]
    starts, before = simulate_foretold(jobs, PROCESSORS, orders.FIXED["ours"])
    _, after = simulate_foretold(other, PROCESSORS, orders.FIXED["ours"])
    first_end = min(start + each.run for start, each in zip(starts, jobs, strict=True))
    for each, one, two in zip(jobs, before, after, strict=True):
        if each.submit < first_end:
            assert one == two


def test_the_broker_says_when_a_job_will_start_and_between_when():
    jobs = [job("0", processors=4, requested=400, run=100), job("1", submit=1, processors=4)]
    broker = Broker([EAST], jobs, "ours")
    told = explanation(broker, run_jobs(broker, foretold=True)[1])
    low, high = told["predicted_between"]
    assert low < told["predicted_start"] < high
    assert {low, told["predicted_start"], high} <= {100, 200, 300, 400}
    assert (
        explanation(broker, run_jobs(Broker([EAST], jobs, "ours"))[1])["predicted_between"] is None
    )
