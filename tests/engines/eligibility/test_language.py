"""The rule language: exact, unknown where something is missing, strict about names and units."""

from datetime import date

import pytest

from kechuang.engines.eligibility import RuleRefused
from tests.engines.eligibility.worked import bound, returns, told

WAN = 1_000_000  # fen


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("revenue_fen[y-1] <= 5000万元", "单位不同"),
        ("revenue_fen[y-1] <= 5000", "单位不同：元与无单位"),
        ("staff[y-1] <= 500元", "单位不同：人与元"),
        ("rd_fen[y-1] / revenue_fen[y-1] >= 6", None),
        ("rd_fen[y-1] / staff[y-1] >= 6%", "单位不同"),
        ("revenue_fen[y-1] + staff[y-1] > 0元", "单位不同"),
        ("revenu_fen[y-1] > 0元", "是不是 revenue_fen"),
        ("revenue_fen > 0元", "要写年份"),
        ("revenue_fen[1] > 0元", "年份要写"),
        ("resident > 3人", "两边不是同一类"),
        ("resident and 3人", "这里要一个条件"),
        ("registered_date >= 10年", "两边不是同一类"),
        ("any(ipp, count > 1项)", "没有 ipp 这个列表"),
        ("any(ip, clas == 'I')", "是不是 class"),
        ("sum(ip, class == 'I') > 1项", "要写列表的一项"),
        ("totl(rd_fen, 3年) > 1元", "是不是 total"),
        ("total(rd_fen, 3) > 1元", "例如 3年"),
        ("min(rd_fen[y-1] / revenue_fen[y-1], 6%) > 1%", "不能用于比值"),
        ("__import__('os')", "没有 __import__ 这个函数"),
        ("resident.real", "不认得的写法"),
        ("(lambda: 1)()", "没有"),
        ("rd_fen[y-1] ** 2 > 1元", "不认得的运算"),
        ("revenue_fen[y-1] >", "不是表达式"),
        ("judged('a', 6分) >= 6", "分数只能与分值比较"),
        ("judged('a', 6分) <= 6分", "分数只能与分值比较"),
        ("judged('a', 6分) - judged('b', 6分) > 0分", "分数只能相加"),
        ("judged('a', 6人) > 0分", "这里要分数"),
        ("open_ended(registered_date)", "只用于列表"),
        ("any(ip, any(lists, kind == 'x'))", "列表里面"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, says):
    if says is None or text == "revenue_fen[y-1] <= 5000万元":
        bound(text)
        return
    with pytest.raises(RuleRefused) as refused:
        bound(text)
    assert says in str(refused.value) + refused.value.way_on


@pytest.mark.parametrize(
    ("text", "fen"),
    [("5000万元", 5000 * WAN), ("0.5亿元", 5000 * WAN), ("50,000,000元", 5000 * WAN)],
)
def test_one_amount_however_it_is_written(text, fen):
    assert told(f"revenue_fen[y-1] == {text}", returns(revenue_fen=fen)) is True
    assert told(f"revenue_fen[y-1] == {text}", returns(revenue_fen=fen + 1)) is False


def test_full_width_marks_are_read():
    row = returns(revenue_fen=5000 * WAN)
    assert told("（revenue_fen[y-1] ≤ 5000万元）", row) is True
    assert told("revenue_fen[y-1] ≠ 5000万元", row) is False


@pytest.mark.parametrize(
    ("rd", "revenue", "says"),
    [
        (6, 100, True), (599, 10_000, False), (600, 10_000, True),
        (0, 0, False), (1, 0, False), (6, -100, False), (None, 0, False),
        (None, 100, None), (6, None, None),
    ],
)  # fmt: skip
def test_a_ratio_is_cross_multiplied_and_guarded(rd, revenue, says):
    row = {"returns.2022.rd_fen": rd, "returns.2022.revenue_fen": revenue}
    assert told("rd_fen[y-1] / revenue_fen[y-1] >= 6%", row) is says


def test_one_fen_is_seen_where_a_float_is_blind():
    limit = 2**53  # fen
    rule = "assets_fen[y-1] > 90071992547409.92元"
    assert float(limit + 1) == float(limit)
    assert told(rule, returns(assets_fen=limit + 1)) is True
    assert told(rule, returns(assets_fen=limit)) is False


def test_growth_of_three_years_in_powers():
    rule = "revenue_fen[y-1] / revenue_fen[y-4] >= (1 + 20%) * (1 + 20%) * (1 + 20%)"
    row = returns(2019, revenue_fen=1000)
    assert told(rule, row | returns(2022, revenue_fen=1728)) is True
    assert told(rule, row | returns(2022, revenue_fen=1727)) is False


def test_the_mean_of_two_growths():
    rule = (
        "(revenue_fen[y-2] / revenue_fen[y-3] + revenue_fen[y-1] / revenue_fen[y-2]) / 2 - 1 >= 35%"
    )
    row = returns(2020, revenue_fen=1_000_000) | returns(2021, revenue_fen=1_350_000)
    assert told(rule, row | returns(2022, revenue_fen=1_822_500)) is True
    assert told(rule, row | returns(2022, revenue_fen=1_822_499)) is False


def test_years_before_registration_are_zero_and_gaps_are_not():
    row = returns(2022, rd_fen=5) | {"registered_date": date(2022, 3, 1)}
    assert told("total(rd_fen, 3年) == 0.05元", row) is True
    assert told("total(rd_fen, 3年) == 0.05元", row | {"registered_date": date(2021, 3, 1)}) is None


@pytest.mark.parametrize(
    ("registered", "says"),
    [(date(2013, 8, 29), True), (date(2013, 8, 28), False), (None, None)],
)
def test_ten_years_to_the_day(registered, says):
    rule = "registered_date >= years_ago(10年)"
    assert told(rule, {"registered_date": registered}) is says


def test_ten_years_before_a_leap_day():
    node = bound("registered_date >= years_ago(10年)", day=date(2024, 2, 29)).node
    assert node.value({"registered_date": date(2014, 3, 1)}) is True
    assert node.value({"registered_date": date(2014, 2, 28)}) is False


# --- unknown ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("resident and staff[y-1] > 1人", None),
        ("not resident and staff[y-1] > 1人", False),
        ("resident or staff[y-1] > 1人", True),
        ("not resident or staff[y-1] > 1人", None),
        ("not staff[y-1] > 1人", None),
        ("max(staff[y-1], 5人) > 1人", None),
        ("min(staff[y-1], 5人) > 9人", None),
        ("known(staff[y-1], 5人) == 5人", True),
    ],
)
def test_and_or_not_after_kleene(text, says):
    assert told(text, {"resident": True}) is says


def test_rows_of_a_list():
    rule = "sum(ip.count, class == 'II') >= 2项"
    one = {"class": "II", "count": 1}
    assert told(rule, {}) is None
    assert told(rule, {"ip": []}) is False
    assert told(rule, {"ip": [one, one]}) is True
    assert told(rule, {"ip": [one, one, {"count": 1}]}) is None
    assert told(rule, {"ip": [one, {"class": "II"}]}) is None
    assert told("any(ip, class == 'II')", {"ip": [{}, one]}) is True
    assert told("any(ip, class == 'I')", {"ip": [{}, one]}) is None
    assert told("count(ip, class == 'II') == 1项", {"ip": [one]}) is True


def test_the_latest_row():
    rule = "latest(financing.amount_fen, date) == 2元"
    old, new = ({"date": date(2020, 1, n), "amount_fen": n * 100} for n in (1, 2))
    assert told(rule, {"financing": [new, old]}) is True
    assert told(rule, {"financing": [old]}) is False
    assert told(rule, {"financing": [old, new, {"date": date(2020, 1, 3)}]}) is None
    assert told("latest(financing.amount_fen, date) == 0元", {"financing": []}) is True


# --- points -------------------------------------------------------------------------------

BANDS = {"table": [["30%", "20分"], ["10%", "4分"], "0分"]}
STEPS = "steps(staff_rd[y-1] / staff[y-1], table)"


@pytest.mark.parametrize(
    ("rd", "staff", "points"),
    [
        (30, 100, (200, 200, False)), (299, 1000, (40, 40, False)), (10, 100, (40, 40, False)),
        (99, 1000, (0, 0, False)), (5, 0, (0, 0, False)), (None, 100, (0, 200, True)),
    ],
)  # fmt: skip
def test_points_by_bands(rd, staff, points):
    row = {"returns.2022.staff_rd": rd, "returns.2022.staff": staff}
    assert told(STEPS, row, BANDS) == points


def test_the_better_of_two_is_known_when_it_is_full():
    full = returns(staff_rd=30, staff=100)
    assert told(f"max({STEPS}, judged('a', 20分))", full, BANDS) == (200, 200, False)
    less = returns(staff_rd=10, staff=100)
    assert told(f"max({STEPS}, judged('a', 20分))", less, BANDS) == (40, 200, False)


def test_points_outside_what_the_data_allow_are_asked_for_again():
    row = returns(staff_rd=10, staff=100)
    table = {"table": [["30%", "10分", "20分"], ["10%", "4分", "9分"], "0分"]}
    rule = f"judged('a', {STEPS})"
    assert told(rule, row, table) == (40, 90, False)
    assert told(rule, row | {"judged.a": 50}, table) == (50, 50, False)
    assert told(rule, row | {"judged.a": 100}, table) == (40, 90, True)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (returns(staff_rd=30, staff=100), 3),
        (returns(staff_rd=10, staff=100), 0),
        (returns(staff=100), 1),
    ],
)
def test_points_decide_where_both_ends_agree(row, state):
    assert told(f"{STEPS} >= 5分", row, BANDS) == state


def test_experts_decide_where_the_data_are_complete():
    assert told("judged('a', 6分) >= 5分", {}) == 2
    assert told("judged('a', 6分) >= 5分 and staff[y-1] > 1人", {}) == 1
    assert told("judged('a', 6分) >= 5分 or staff[y-1] > 1人", {}) == 1
    assert told("judged('a', 6分) >= 5分 and staff[y-1] > 1人", returns(staff=1)) == 0


def test_bands_of_other_units_are_refused():
    with pytest.raises(RuleRefused, match="单位不同"):
        bound("steps(staff[y-1], table)", BANDS)
    with pytest.raises(RuleRefused, match="单位与上一档不同"):
        bound(STEPS, {"table": [["30%", "20分"], ["5人", "1分"], "0分"]})
    with pytest.raises(RuleRefused, match="要给出分数"):
        bound(STEPS, {"table": [["30%", "20人"], "0人"]})


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (("30%", "30%"), "与上一档重叠"),
        (("> 30%", ">= 30%"), None),
        ((">= 30%", "> 30%"), "与上一档重叠"),
        (("<= 30%", "<= 20%"), "与上一档重叠"),
        (("< 20%", "<= 20%"), None),
        ((">= 30%", "<= 20%"), "与上一档方向不同"),
        (("= 20%", "= 30%"), None),
        (("= 20%", "= 20%"), "与上一档重叠"),
    ],
)
def test_no_band_hides_another(limits, says):
    table = [[limit, f"{points}分"] for points, limit in enumerate(limits, 1)]
    if says is None:
        bound(STEPS, {"table": [*table, "0分"]})
        return
    with pytest.raises(RuleRefused, match=says):
        bound(STEPS, {"table": [*table, "0分"]})


def test_a_word_that_no_register_has_is_refused_where_it_looks_like_a_slip():
    with pytest.raises(RuleRefused, match="没有 dishonst 这一种"):
        bound("any(lists, kind == 'dishonst')")
    bound("any(certificates, kind == 'little_giant')")  # a city's own certificate
