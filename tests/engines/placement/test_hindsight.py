"""Predictions corrected by what became of earlier ones."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.placement.foresight import Forecast
from kechuang.engines.placement.hindsight import Hindsight, Told, thickest

SPREAD = tuple(float(wait) for wait in range(100, 1100, 100))  # a tenth below 200, above 1,000


def told(low, middle, high):
    return Told(Forecast(low, middle, high), Forecast(low, middle, high))


def test_before_anything_has_started_the_range_is_that_of_the_plays():
    assert Hindsight().told(SPREAD).forecast == Forecast(200, 550, 900)
    assert Hindsight().told(SPREAD).plain == Forecast(200, 600, 900)


def test_what_is_certain_stays_so():
    seen = Hindsight()
    for _ in range(50):
        seen.learn(told(0, 50, 100), 5000)
    assert seen.told((0.0,)).forecast == Forecast(0, 0, 0)
    assert seen.told((700.0, 700.0)).forecast == Forecast(700, 700, 700)


def test_the_wait_is_where_most_plays_lie():
    assert thickest([10, 400, 410, 420, 900], 15) == 410
    assert thickest([10, 20, 400, 900, 910], 5) == 905  # of two heaps alike the later
    assert thickest([7], 1) == 7


def test_small_errors_let_it_look_more_closely():
    waits = (*[0.0] * 4, 5000.0, 9000.0, 9010.0, 9020.0, 9030.0, 9040.0, 12_000.0)
    assert Hindsight().told(waits).forecast.middle == 9020  # 1,440 seconds either side
    far = (0.0, *(1000.0 * place for place in range(1, 8)), 7010.0, 7020.0)
    assert Hindsight().told(far).forecast.middle == 6010  # of 5,000 and those after it
    seen = Hindsight()
    for _ in range(41):  # more than half of those remembered
        seen.learn(told(0, 100, 100), 120)
    assert seen.told(far).forecast.middle == 7010  # 32 seconds either side


def test_who_hardly_waited_says_nothing_of_errors():
    seen = Hindsight()
    for _ in range(100):
        seen.learn(told(0, 5000, 9000), 60)
    assert seen.told(SPREAD).forecast.middle == 550


def test_the_range_grows_at_the_end_where_it_was_too_short():
    seen = Hindsight()
    for _ in range(100):
        seen.learn(told(100, 150, 240), 340)  # 100 seconds above it, half of 140 + 60
    found = seen.told(SPREAD).forecast
    assert found.high == 900 + 760 / 2
    assert found.low <= found.middle <= found.high


def test_a_range_too_wide_at_an_end_is_narrowed_there():
    seen = Hindsight()
    for waited in [200, 400] * 300:
        seen.learn(told(100, 300, 540), waited)  # 100 of 500 too low, 140 of 500 too high
    found = seen.told(SPREAD).forecast
    assert (found.low, found.high) == (200 + 760 / 5, 900 - 760 * 140 / 500)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 100))
def test_eight_in_ten_lie_in_the_range_once_enough_was_seen(seed):
    """Waits half as long again as plays say, and scattered twice as far."""
    chance, seen, inside = random.Random(seed), Hindsight(), []
    for turn in range(1500):
        centre = chance.uniform(500, 5000)
        plays = tuple(sorted(chance.gauss(centre, centre / 10) for _ in range(31)))
        waited = max(0.0, chance.gauss(1.5 * centre, centre / 5))
        found = seen.told(plays)
        seen.learn(found, waited)
        if turn >= 500:
            inside.append(found.forecast.low <= waited <= found.forecast.high)
    assert 0.7 < sum(inside) / len(inside) < 0.9


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=31), st.floats(0, 1e6))
def test_the_thickest_lies_among_the_waits(waits, reach):
    waits.sort()
    assert waits[0] <= thickest(waits, reach) <= waits[-1]
