"""The judgements on figures: units, bounds, change, attainment, suppression, rights."""

from datetime import date
from decimal import Decimal

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.base.periods import Period
from kechuang.indicators import rules
from kechuang.indicators.queries import words
from kechuang.indicators.queries.definitions import shipped
from kechuang.indicators.rules import Indicator, Qualifier, Statement

GROUP = {"code": "g", "name": "组", "name_en": "Group"}
TABLE = {
    "code": "needs", "name": "需求", "name_en": "Needs", "unit": "项", "kind": "flow",
    "direction": "higher",
}  # fmt: skip
CITY = "990000/990100"


def test_the_shipped_definitions_are_in_form() -> None:
    found = shipped()
    assert len(found) > 150
    measured = [one for one in found.values() if one.is_measured]
    assert {one.code for one in measured} >= {
        "needs_accepted", "introductions_made", "challenges_open", "bids_opened",
        "public_funding_committed", "public_funding_paid", "projects_accepted",
        "organisations_enterprises",
    }  # fmt: skip
    assert all(one.how and one.description and one.description_en for one in measured)


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"name_en": ""},
        {"kind": "level"},
        {"direction": "up"},
        {"cadence": "weekly"},
        {"code": "Needs Accepted"},
        {"formula": "needs_accepted"},
    ],
)
def test_a_definition_out_of_form_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(rules.IndicatorRefused) as refused:
        rules.indicator_of({**TABLE, **change}, GROUP)
    assert refused.value.code == "indicators.definition"


@pytest.mark.parametrize(
    ("stated", "unit", "factor"),
    [
        ("亿元", "元", 100_000_000), ("万元", "元", 10_000), ("万家", "家", 10_000),
        ("个", "家", 1), ("名", "人", 1), ("", "元", 1), ("%", "%", 1), ("万行", "行", 10_000),
    ],
)  # fmt: skip
def test_units_convert_exactly(stated: str, unit: str, factor: int) -> None:
    assert rules.factor_of(stated, unit) == factor


@pytest.mark.parametrize(("stated", "unit"), [("亿元", "家"), ("%", "元"), ("P", "家")])
def test_units_of_another_kind_refuse(stated: str, unit: str) -> None:
    with pytest.raises(rules.IndicatorRefused) as refused:
        rules.factor_of(stated, unit)
    assert refused.value.code == "indicators.unit"


def test_a_range_has_no_single_value() -> None:
    with pytest.raises(rules.IndicatorRefused) as refused:
        rules.statement_of({"value": "3", "unit": "家", "qualifier": "range"}, "家")
    assert refused.value.code == "indicators.range_has_value"


def test_a_range_is_drawn_at_its_middle() -> None:
    statement = rules.statement_of({"value_low": "80", "value_high": "90", "unit": "%"}, "%")
    assert (statement.qualifier, statement.centre) == (Qualifier.RANGE, Decimal(85))


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Statement(Decimal(300), qualifier=Qualifier.OVER), Statement(Decimal(320)), True),
        (Statement(Decimal(330), qualifier=Qualifier.OVER), Statement(Decimal(320)), False),
        (Statement(Decimal(320)), Statement(Decimal(321)), False),
        (Statement(low=Decimal(1), high=Decimal(3), qualifier=Qualifier.RANGE),
         Statement(Decimal(2)), True),
        (Statement(Decimal(100), qualifier=Qualifier.ABOUT), Statement(Decimal(115)), False),
    ],
)  # fmt: skip
def test_whether_two_statements_can_both_hold(
    first: Statement, second: Statement, both: bool
) -> None:
    assert rules.may_both_hold([first, second]) is both


def test_change_against_nothing_is_not_computed() -> None:
    assert rules.year_on_year(Decimal(5), Decimal(0)) is None
    assert rules.implied_earlier(Decimal(5), Decimal(-100)) is None


def test_an_implied_target_tells_who_disagrees() -> None:
    found = rules.implied_target(Decimal(19938), Decimal("99.69"))
    assert found is not None
    assert found.agrees_with(Decimal(20000))
    assert not found.agrees_with(Decimal(20010))
    assert rules.implied_target(Decimal(5), Decimal(0)) is None


@pytest.mark.parametrize(
    ("count", "hidden", "folded"),
    [(2, 1, 1), (3, 1, 2), (10, 1, 2), (10, 2, 1), (10, 3, 0), (2, 0, 0), (2, 2, 0)],
)
def test_small_remainders_are_folded_where_rows_are_closed(
    count: int, hidden: int, folded: int
) -> None:
    assert rules.rows_to_fold(count, hidden) == folded


@pytest.mark.parametrize(
    ("kind", "period", "code"),
    [
        ("stock", "2026-10", "indicators.period_kind"),
        ("flow", "@2026-10-31", "indicators.period_kind"),
        ("flow", "2027-01", "indicators.period_in_future"),
    ],
)
def test_periods_that_cannot_be_measured(kind: str, period: str, code: str) -> None:
    indicator = Indicator("x", "数", "家", kind, formula="f")
    with pytest.raises(rules.IndicatorRefused) as refused:
        rules.check_measurable(indicator, Period.parse(period), date(2026, 11, 21))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("role", "region", "measures", "publishes", "imports"),
    [
        (Role.OFFICER, CITY, True, False, True),
        (Role.HEAD, CITY, True, True, True),
        (Role.HEAD, CITY + "/990104", False, False, True),
        (Role.CLOCK, "", True, False, True),
        (Role.OPERATOR, "", False, False, True),
        (Role.SUPERVISOR, CITY, False, False, False),
        (Role.FILLER, CITY, False, False, False),
        (Role.PUBLIC, "", False, False, False),
    ],
)
def test_rights(role: Role, region: str, measures: bool, publishes: bool, imports: bool) -> None:
    actor = Actor("RY-1", "A", role, "", region)
    assert rules.may_measure(actor, CITY) is measures
    assert rules.may_set_target(actor, CITY) is (role in (Role.OFFICER, Role.HEAD) and measures)
    assert rules.may_publish(actor, CITY) is publishes
    assert rules.may_import(actor) is imports


def test_what_a_chart_is_drawn_from_has_no_decimals_of_nothing() -> None:
    counts = [Statement(Decimal(value)) for value in ("155", "7.5", "0", "3700")]
    one = next(each for each in shipped().values() if each.unit == "家")
    assert words.chart_of(one, [*counts, Statement()]) == ("家", ["155", "7.5", "0", "3700", ""])
