"""What a job costs, to the fen."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.placement.metering import (
    HOUR,
    PriceList,
    charges,
    round_half_up,
    settle,
)
from kechuang.engines.placement.trace import PlacementProblem

DAY_AND_NIGHT = PriceList(tuple(Fraction(7 if h < 7 or h == 23 else 10) for h in range(24)))
MIDNIGHT = 1_700_000_000 // 86_400 * 86_400 - 8 * HOUR  # of a day in Shanghai


def bill(processors, since, until, prices=DAY_AND_NIGHT):
    return charges(processors, MIDNIGHT + since, MIDNIGHT + until, prices)


def test_a_job_over_the_night_has_one_line_for_each_price():
    lines = bill(4, 22 * HOUR, 32 * HOUR)  # 22 to 23, 23 to 7, 7 to 8
    assert [(line.fen_per_core_hour, line.amount_fen) for line in lines] == [
        (10, 4 * 10), (7, 4 * 8 * 7), (10, 4 * 10)
    ]  # fmt: skip
    assert [line.until - line.since for line in lines] == [HOUR, 8 * HOUR, HOUR]


@pytest.mark.parametrize(("seconds", "fen"), [(179, 0), (180, 1), (539, 1), (540, 2)])
def test_half_a_fen_counts_as_one(seconds, fen):
    assert bill(1, 12 * HOUR, 12 * HOUR + seconds)[0].amount_fen == fen


def test_the_minimum_is_topped_up_once():
    prices = PriceList(DAY_AND_NIGHT.fen_per_core_hour, minimum_fen=50)
    lines = bill(1, 22 * HOUR, 24 * HOUR, prices)
    assert [(line.kind, line.amount_fen) for line in lines] == [
        ("segment", 10), ("segment", 7), ("minimum", 33)
    ]  # fmt: skip
    assert [line.kind for line in bill(9, 22 * HOUR, 24 * HOUR, prices)] == ["segment", "segment"]
    assert [line.amount_fen for line in bill(9, 0, 0, prices)] == [50]


def test_a_job_that_held_nothing_costs_nothing_without_a_minimum():
    assert bill(9, 5, 5) == []


def test_the_voucher_pays_first():
    lines = bill(4, 22 * HOUR, 32 * HOUR)
    assert settle(lines, 1000).voucher_fen == 304
    assert (settle(lines, 300).voucher_fen, settle(lines, 300).payer_fen) == (300, 4)
    assert settle(lines, 0).payer_fen == 304


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bill(1, 10, 5),
        lambda: bill(-1, 0, 5),
        lambda: settle([], -1),
        lambda: PriceList((Fraction(1),) * 23),
        lambda: PriceList((Fraction(-1),) * 24),
        lambda: PriceList((Fraction(1),) * 24, minimum_fen=-1),
    ],
)
def test_what_cannot_be_billed_is_refused(wrong):
    with pytest.raises(PlacementProblem):
        wrong()


TENTHS = st.integers(0, 30).map(lambda tenths: Fraction(tenths, 10))
PRICES = st.lists(TENTHS, min_size=24, max_size=24)


@given(PRICES, st.integers(1, 64), st.integers(0, 10**5), st.integers(0, 10**5), st.integers(0, 99))
def test_lines_cover_the_job_and_miss_the_exact_amount_by_half_a_fen_each(
    prices, processors, since, length, minimum
):
    lines = bill(processors, since, since + length, PriceList(tuple(prices), minimum))
    segments = [line for line in lines if line.kind == "segment"]
    assert sum(line.processor_seconds for line in segments) == processors * length
    assert [a.until for a in segments[:-1]] == [b.since for b in segments[1:]]
    rates = [line.fen_per_core_hour for line in segments]
    assert all(one != other for one, other in pairwise(rates))
    exact = sum(
        (processors * prices[(since + s) // HOUR % 24] * min(HOUR - (since + s) % HOUR, length - s))
        / Fraction(HOUR)
        for s in _hour_steps(since, length)
    )
    total = sum(line.amount_fen for line in segments)
    assert abs(total - exact) <= Fraction(len(segments), 2)
    assert sum(line.amount_fen for line in lines) == max(total, minimum)


def _hour_steps(since, length):
    """Seconds after `since` at which an hour of the day begins, and 0."""
    step = 0
    while step < length:
        yield step
        step += HOUR - (since + step) % HOUR


@given(st.fractions(0, 1000))
def test_rounding_is_to_the_nearest(value):
    assert abs(round_half_up(value) - value) <= Fraction(1, 2)
