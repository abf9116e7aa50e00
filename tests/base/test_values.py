"""Leaf values: their doctests, and what holds for any input."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.base import actor, codes, money, numbers, periods, time
from kechuang.base.refusals import N_, Refused, RefusedTogether, check_version, refuse_all
from kechuang.doors import lists, sheets
from kechuang.record import rules


@pytest.mark.parametrize(
    "module", [actor, codes, money, numbers, periods, time, lists, sheets, rules],
    ids=lambda module: module.__name__,
)  # fmt: skip
def test_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@given(st.integers(-money.LARGEST_FEN, money.LARGEST_FEN))
def test_exact_yuan_reads_back(fen):
    assert money.fen_from_yuan(money.yuan_exact(fen)) == fen


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "not_a_number"), ("三百", "not_a_number"), ("1,00", "not_a_number"), ("NaN", "not_a"),
     ("1e9", "not_a_number"), ("0.001", "finer"), ("9" * 30, "too_large"), ("∞", "not_a")],
)  # fmt: skip
def test_amounts_that_cannot_be_kept_are_refused(text, code):
    with pytest.raises(money.MoneyRefused, match=code):
        money.fen_from_yuan(text)


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "零元整"), (10_00, "十元整"), (15_0000_00, "十五万元整"), (1_0001_00, "一万零一元整"),
     (1_0000_0001_00, "一亿零一元整"), (2_0500_00, "二万零五百元整"), (12, "零元一角二分")],
)  # fmt: skip
def test_amounts_are_read_back_in_chinese(fen, words):
    assert money.in_words_zh(fen) == words


@pytest.mark.parametrize(
    ("fen", "said"),
    [(9999_99, ("9,999.99", "元")), (10_000_00, ("1", "万元")), (99_999_999_99, ("1", "亿元")),
     (5_9400_00, ("5.94", "万元")), (0, ("0.00", "元"))],
)  # fmt: skip
def test_amounts_are_said_in_the_unit_people_use(fen, said):
    assert money.rounded_zh(fen) == said


@given(st.text(alphabet=codes.ALPHABET, min_size=17, max_size=17), st.integers(0, 17))
def test_any_single_wrong_character_is_found(first, place):
    code = codes.credit_code_with_check(first)
    other = next(c for c in codes.ALPHABET if c != code[place])
    assert codes.check_credit_code(code) == code
    with pytest.raises(codes.CodeRefused):
        codes.check_credit_code(code[:place] + other + code[place + 1 :])


@given(st.integers(1901, 2199), st.sampled_from(["", "-H2", "-Q4", "-12", "-01--%d-09"]))
def test_a_period_a_year_before_ends_a_year_before(year, rest):
    period = periods.Period.parse(f"{year}{rest % year if '%' in rest else rest}")
    before = period.previous_year()
    assert (before.since.year, before.until.year) == (period.since.year - 1, period.until.year - 1)


@pytest.mark.parametrize(
    "text", ["", "23", "2023-13", "2023-H3", "@2023-02-30", "2023-09--2023-01"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(periods.PeriodRefused):
        periods.Period.parse(text)


def test_random_numbers_tell_nothing_and_check_themselves():
    drawn = {numbers.new_random_number() for _ in range(500)}
    assert len(drawn) == 500
    assert all(numbers.is_random_number(one) for one in drawn)


def test_several_refusals_are_raised_together():
    one, two = Refused("a", N_("甲")), Refused("b", N_("乙"))
    refuse_all([])
    with pytest.raises(RefusedTogether) as caught:
        refuse_all([one, two])
    assert caught.value.refusals == (one, two)
    with pytest.raises(Refused) as single:
        refuse_all([two])
    assert single.value is two


def test_version_is_asked_only_when_given():
    check_version("XQ-2026-000001", None, 4)
    check_version("XQ-2026-000001", 4, 4)
    with pytest.raises(Refused) as caught:
        check_version("XQ-2026-000001", 3, 4)
    assert caught.value.status == 409
