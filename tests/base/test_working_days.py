"""Working days as the notices lay them, and by weekends where there is no notice yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.base.working_days import calendar, is_provisional, office_closes

DAYS = st.dates(date(2022, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("year", "working_days"),
    [(2023, 249), (2024, 251), (2025, 248), (2026, 248)],
)
def test_a_year_has_its_days_less_weekends_and_legal_holidays(year, working_days):
    assert calendar().between(date(year - 1, 12, 31), date(year, 12, 31)) == working_days


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 2, 14), True),
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 8), True),
        (date(2026, 11, 21), False),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
    ],
)
def test_days_off_and_make_up_days(day, working):
    assert calendar().is_working(day) is working


def test_a_year_without_a_notice_is_provisional_and_counts_weekends_only():
    assert [is_provisional(year) for year in (2025, 2026, 2027)] == [False, False, True]
    assert calendar().notice_of(2026) == "国办发明电〔2025〕7号"
    assert calendar().notice_of(2027) == ""
    assert calendar().is_working(date(2027, 10, 1)) is True


def test_a_term_ends_at_five_or_at_midnight():
    assert office_closes(date(2026, 11, 27)).isoformat() == "2026-11-27T17:00:00+08:00"
    assert office_closes(date(2026, 11, 27), 24).isoformat() == "2026-11-28T00:00:00+08:00"


@settings(deadline=None)
@given(DAYS, st.integers(-60, 60))
def test_adding_and_counting_agree(day, n):
    reached = calendar().add(day, n)
    if n >= 0:
        assert calendar().between(day, reached) == n
    assert n == 0 or calendar().is_working(reached)


@settings(deadline=None)
@given(DAYS, DAYS, DAYS)
def test_counting_is_additive(a, b, c):
    count = calendar().between
    assert count(a, b) + count(b, c) == count(a, c)


@settings(deadline=None)
@given(DAYS)
def test_the_next_day_counts_one_or_none(day):
    tomorrow = day + timedelta(days=1)
    assert calendar().between(day, tomorrow) == int(calendar().is_working(tomorrow))
