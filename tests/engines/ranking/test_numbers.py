"""Targets apart from words: met, missed, not stated."""

from decimal import Decimal

import pytest

from kechuang.engines.ranking import Comparison, Quantity, Verdict, held_against, quantities
from kechuang.engines.ranking.numbers import likeness
from kechuang.engines.ranking.units import canonical, measure


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("转化率≥67 %", ("转化率", ">=", "67", "%")),
        ("密度 1.8 g/cm³", ("密度", "=", "1.8", "g/cm3")),
        ("连续运行 >300 h", ("连续运行", ">", "300", "h")),
        ("断裂韧性>2.3 MPa·m½", ("断裂韧性", ">", "2.3", "MPa·m1/2")),
        ("翘曲度≤2.0‰", ("翘曲度", "<=", "2.0", "‰")),
        ("成品率90％以上", ("成品率", ">=", "90", "%")),
        ("冷热冲击不低于 1,000 次", ("冷热冲击", ">=", "1000", "次")),
        ("经 1,000 次冷热冲击", ("冷热冲击", "=", "1000", "次")),
        ("要求能量密度不小于300Wh/kg", ("能量密度", ">=", "300", "Wh/kg")),
        ("线宽降低至 28 nm 以内", ("线宽", "<=", "28", "nm")),
        ("载流子浓度 1.2×10^3 个", ("载流子浓度", "=", "1200.0", "个")),
    ],
)
def test_a_figure_is_read(text, expected):
    found = quantities(text)
    assert [(q.name, q.comparison.value, str(q.value), q.unit) for q in found] == [expected]


def test_a_range_is_read_with_both_ends():
    (found,) = quantities("工作温度 -40~85 ℃")
    assert (found.name, found.value, found.upto) == ("工作温度", Decimal(-40), Decimal(85))


@pytest.mark.parametrize("text", ["", "热导率高", "2023年", "图 3", "第 12 条", "5"])
def test_no_figure_without_a_name_and_a_unit(text):
    assert [q for q in quantities(text) if q.unit != "年"] == []


NEED = quantities("热导率≥220 W/(m·K)，抗弯强度≥450 MPa，翘曲度≤2.0‰，成品率≥90%")


def verdicts(offer):
    return [finding.verdict for finding in held_against(NEED, quantities(offer))]


def test_the_offer_of_the_design_is_held_against_its_need():
    offer = "热导率达 226 W/(m⋅K)，抗弯强度 0.43 GPa，150 mm 片翘曲 1.6‰"
    assert verdicts(offer) == [Verdict.MET, Verdict.MISSED, Verdict.MET, Verdict.NOT_STATED]


def test_the_bound_itself_meets_at_least_but_not_over():
    assert verdicts("热导率 220 W/(m·K)")[0] is Verdict.MET
    over = [Quantity("寿命", Comparison.OVER, Decimal(300), "h")]
    assert held_against(over, quantities("寿命 300 h"))[0].verdict is Verdict.MISSED
    assert held_against(over, quantities("寿命 >300 h"))[0].verdict is Verdict.MET
    assert held_against(over, quantities("寿命 13 天"))[0].verdict is Verdict.MET


def test_a_figure_of_another_dimension_or_name_is_not_stated():
    assert verdicts("热导率 98%，密度 450 MPa") == [Verdict.NOT_STATED] * 4


def test_an_alias_and_a_turned_name_answer():
    assert verdicts("导热系数 230 W/mK，良率 95%") == [
        Verdict.MET,
        Verdict.NOT_STATED,
        Verdict.NOT_STATED,
        Verdict.MET,
    ]


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("热导率", "平均热导率", True),
        ("翘曲度", "翘曲", True),
        ("硫含量", "硫", True),
        ("检测时间", "单件检测时间", True),
        ("冷热冲击", "冷热冲击无开裂", True),
        ("热导率", "导热率", True),
        ("返回料比例", "返回料", False),
        ("误判率", "漏判率", False),
        ("抗拉强度", "抗弯强度", False),
        ("", "热导率", False),
    ],
)
def test_names_of_one_figure(name, other, same):
    assert (likeness(name, other) > 0) is same


def test_a_range_target_holds_both_ends():
    (target,) = quantities("粒径 20~50 nm")
    assert held_against([target], quantities("粒径 25-40 nm"))[0].verdict is Verdict.MET
    assert held_against([target], quantities("粒径 0.06 μm"))[0].verdict is Verdict.MISSED


def test_units_of_one_dimension_are_compared_in_its_base():
    assert measure(Decimal(1), "GPa") == measure(Decimal(1000), "MPa")
    assert canonical("W / (m ⋅ K)") == "W/(m·K)"
    assert measure(Decimal(2), "不识单位") == ("不识单位", Decimal(2))
