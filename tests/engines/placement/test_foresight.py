"""How long a job will wait: its queue played forward."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.placement import foresight, orders
from kechuang.engines.placement.broker import Broker
from kechuang.engines.placement.experience import Experience
from kechuang.engines.placement.foresight import (
    Forecast,
    Present,
    Queued,
    foresee,
    possible_waits,
)
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


def test_everybody_runs_each_part_of_the_range_once_over_all_draws():
    ranks = foresight._Ranks(3, random.Random(1))
    draws = [ranks.of(draw) for draw in range(foresight.DRAWS)]
    for of_one in zip(*draws, strict=True):
        assert sorted(int(rank * foresight.DRAWS) for rank in of_one) == [*range(foresight.DRAWS)]


def test_waits_spread_as_run_times_do():
    seen = Experience()
    for share in range(1, 101):
        seen.learn(share, 100)
    waits = possible_waits(Present(0, [(0, 4, 100)], [Queued(4, 100)], 64), 0, seen, "1")
    assert len(waits) == foresight.DRAWS and list(waits) == sorted(waits)
    middles = [100 * (part + 0.5) / foresight.DRAWS for part in range(foresight.DRAWS)]
    assert all(abs(one - other) < 3 for one, other in zip(waits, middles, strict=True))


def test_who_stands_behind_a_place_of_ones_own_changes_nothing():
    seen = exact(100)
    seen.learn(20, 100)
    ahead = [Queued(3, 100), Queued(4, 100)]
    alone = possible_waits(Present(1, [(40, 3, 100)], ahead, 64), 1, seen, "1")
    behind = Present(1, [(40, 3, 100)], [*ahead, Queued(1, 50), Queued(1, 9)], 64)
    assert possible_waits(behind, 1, seen, "1") == alone


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
    assert low > 0 and high <= 400
    assert (
        explanation(broker, run_jobs(Broker([EAST], jobs, "ours"))[1])["predicted_between"] is None
    )
