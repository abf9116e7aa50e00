"""The working-day clock: nothing lost, nothing gained, however it is stopped."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.base.actor import Actor, Role
from kechuang.base.working_days import calendar
from kechuang.notices import rules
from kechuang.notices.rules import Pause, is_counted, last_day

DAY = date(2026, 11, 20)
OPENED = st.dates(date(2024, 1, 1), date(2026, 12, 31))
TERM = st.integers(1, 30)


@st.composite
def ended_pauses(draw, most=4):
    opened = draw(OPENED)
    spans = draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 25)), max_size=most))
    return opened, [
        Pause(opened + timedelta(days=a), opened + timedelta(days=a + length))
        for a, length in spans
    ]


def counted_days(opened, last, pauses):
    days = (opened + timedelta(days=n) for n in range(1, (last - opened).days + 1))
    return [day for day in days if is_counted(calendar(), opened, pauses, day)]


@settings(deadline=None)
@given(ended_pauses(), TERM)
def test_the_public_gets_exactly_its_working_days(case, term):
    opened, pauses = case
    last = last_day(calendar(), opened, term, pauses)
    days = counted_days(opened, last, pauses)
    assert len(days) == term
    assert days[-1] == last


@settings(deadline=None)
@given(ended_pauses(), TERM)
def test_a_pause_never_brings_the_end_forward(case, term):
    opened, pauses = case
    plain = last_day(calendar(), opened, term)
    for known in range(len(pauses)):
        less = last_day(calendar(), opened, term, pauses[:known])
        more = last_day(calendar(), opened, term, pauses[: known + 1])
        assert plain <= less <= more


@settings(deadline=None)
@given(ended_pauses(most=1), TERM)
def test_the_end_moves_by_the_working_days_that_were_stopped(case, term):
    opened, pauses = case
    plain = last_day(calendar(), opened, term)
    last = last_day(calendar(), opened, term, pauses)
    stopped = {
        day
        for pause in pauses
        for day in (pause.since + timedelta(days=n) for n in range(100))
        if opened < day <= min(pause.until, last) and calendar().is_working(day)
    }
    assert calendar().between(plain, last) == len(stopped)


@settings(deadline=None)
@given(ended_pauses(), TERM, st.randoms(use_true_random=False))
def test_the_order_of_pauses_does_not_matter(case, term, random):
    opened, pauses = case
    shuffled = random.sample(pauses, len(pauses))
    assert last_day(calendar(), opened, term, pauses) == last_day(
        calendar(), opened, term, shuffled
    )


@settings(deadline=None)
@given(ended_pauses(), TERM, st.integers(0, 200))
def test_days_used_and_days_left_sum_to_the_term(case, term, after):
    opened, pauses = case
    now = opened + timedelta(days=after)
    last = last_day(calendar(), opened, term, pauses)
    used = min(rules.days_used(calendar(), opened, pauses, now), term)
    left = [day for day in counted_days(opened, last, pauses) if day >= now]
    assert used + len(left) == term


@settings(deadline=None)
@given(ended_pauses(), TERM)
def test_while_a_pause_is_open_there_is_no_end(case, term):
    opened, pauses = case
    last = last_day(calendar(), opened, term, pauses)
    assert last_day(calendar(), opened, term, [*pauses, Pause(last)]) is None


@pytest.mark.parametrize(
    ("opened", "term", "pauses", "last"),
    [
        (date(2026, 11, 20), 5, [], date(2026, 11, 27)),
        (date(2026, 11, 21), 5, [], date(2026, 11, 27)),
        (date(2026, 9, 25), 5, [], date(2026, 10, 9)),
        (date(2026, 11, 20), 5, [Pause(date(2026, 11, 21), date(2026, 11, 22))],
         date(2026, 11, 27)),
        (date(2026, 11, 20), 5, [Pause(date(2026, 11, 24), date(2026, 11, 24))],
         date(2026, 11, 30)),
    ],
)  # fmt: skip
def test_real_terms(opened, term, pauses, last):
    assert last_day(calendar(), opened, term, pauses) == last


def test_a_clock_through_a_year_without_a_notice_is_provisional():
    assert rules.is_provisional(calendar(), date(2026, 12, 28), date(2027, 1, 4)) is True
    assert rules.is_provisional(calendar(), date(2026, 12, 21), date(2026, 12, 28)) is False


FACTS = rules.ObjectionFacts(
    "990000/990100", "ACCEPTED", "RY-1", handler="RY-2", involved=frozenset({"RY-3"})
)


@pytest.mark.parametrize(
    ("person", "role", "region", "may"),
    [
        ("RY-2", Role.OFFICER, "990000/990100", (True, True, False)),
        ("RY-4", Role.HEAD, "990000/990100", (True, False, True)),
        ("RY-4", Role.HEAD, "990000", (True, False, True)),
        ("RY-4", Role.HEAD, "990000/990101", (False, False, False)),
        ("RY-3", Role.HEAD, "990000/990100", (False, False, False)),
        ("RY-1", Role.OFFICER, "990000/990100", (False, False, False)),
        ("RY-2", Role.HEAD, "990000/990100", (True, True, False)),
        ("RY-5", Role.SUPERVISOR, "990000/990100", (False, False, False)),
    ],
)
def test_who_handles_answers_and_decides(person, role, region, may):
    actor = Actor(person=person, role=role, region=region)
    assert (
        rules.may_handle(actor, FACTS),
        rules.may_answer(actor, FACTS),
        rules.may_decide(actor, FACTS),
    ) == may


def test_an_empty_objection_says_all_that_it_lacks():
    problems = rules.problems_with_objection(
        ground="", statement="短", request=" ", has_contact=False
    )
    assert [problem.fields for problem in problems] == [
        ("ground",), ("statement",), ("request",), ("phone",),
    ]  # fmt: skip


@pytest.mark.parametrize("days", [0, -1, 61])
def test_a_term_outside_its_bounds_is_refused(days):
    with pytest.raises(rules.NoticeRefused) as refused:
        rules.check_working_days(days)
    assert refused.value.code == "notices.working_days_out_of_range"
