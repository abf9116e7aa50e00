"""What the writes of indicators do, refuse, and leave as it was."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kechuang.base.periods import Period
from kechuang.base.refusals import NotPermitted, Stale
from kechuang.doors.sheets import Sheet, read_sheet
from kechuang.indicators import actions, queries, rules
from kechuang.indicators.actions.reading import ALIASES, COLUMNS
from kechuang.indicators.models import Definition, Evidence, Observation, Source, Subject, Target
from kechuang.parties.models import Organisation
from kechuang.record.models import Entry
from tests.world import World, organisation, region

FIGURES = Path(__file__).parents[2] / "kechuang/site/demo/data/published-figures.csv"
GOOD = {
    "area": "示例省示例市", "period": "@2023-08-29", "indicator": "科技型企业数", "value": "19938",
    "unit": "家", "target_value": "20000", "target_period": "2023", "attainment_percent": "99.69",
    "source_title": "科技月报", "source_publication": "示例日报", "source_date": "2023-08-29",
}  # fmt: skip


def sheet(*rows: dict[str, Any]) -> Sheet:
    return Sheet(list(COLUMNS), [dict(row) for row in rows])


def published() -> Sheet:
    return read_sheet(FIGURES.name, FIGURES.read_bytes(), COLUMNS, ALIASES)


def enterprises() -> rules.Indicator:
    found = queries.indicator_by_code("organisations_enterprises")
    assert found is not None
    return found


def test_measuring_freezes_the_rows_that_were_there(world: World, at: datetime) -> None:
    at += timedelta(days=1)
    made = actions.measure(
        indicator=enterprises(), region=world.city, period=Period.parse("@2026-11-21"),
        by=world.officer.actor, at=at,
    )  # fmt: skip
    numbers = list(Evidence.objects.filter(observation=made).values_list("number", flat=True))
    assert (made.value, made.evidence_count) == (Decimal(2), 2)
    assert numbers == [world.enterprise.number, world.rival.number]
    assert made.state == Observation.State.MEASURED
    assert not made.is_current
    entry = Entry.objects.get(verb="indicators.measure")
    assert entry.object_number == made.number


def test_measuring_again_without_change_gives_the_same(world: World, at: datetime) -> None:
    given = {"indicator": enterprises(), "region": world.city,
             "period": Period.parse("@2026-11-21"), "by": world.officer.actor}  # fmt: skip
    first = actions.measure(**given, at=at + timedelta(days=1))
    assert actions.measure(**given, at=at + timedelta(days=2)) == first
    assert Observation.objects.count() == 1


def test_a_change_of_rows_makes_a_vintage_that_waits(world: World, at: datetime) -> None:
    given = {"indicator": enterprises(), "region": world.city,
             "period": Period.parse("@2026-11-21"), "by": world.officer.actor}  # fmt: skip
    first = actions.measure(**given, at=at + timedelta(days=1))
    actions.publish_observation(
        observation=first, by=world.head.actor, at=at + timedelta(days=1)
    )
    organisation(9, "示例减速器有限公司", "ENTERPRISE", world.county, at)
    second = actions.measure(**given, at=at + timedelta(days=3))
    assert (second.vintage, second.value, second.why) == (2, Decimal(3), "+1 -0 ~0")
    first.refresh_from_db()
    assert first.is_current
    actions.publish_observation(
        observation=second, by=world.head.actor, at=at + timedelta(days=3)
    )
    first.refresh_from_db()
    assert not first.is_current
    visible = queries.visible_to(world.filler.actor, at)
    known = queries.known_on(visible, date(2026, 11, 23))
    assert [row.value for row in known] == [Decimal(2)]


def test_measured_anew_before_publishing_replaces_the_draft(world: World, at: datetime) -> None:
    given = {"indicator": enterprises(), "region": world.city,
             "period": Period.parse("@2026-11-21"), "by": world.officer.actor}  # fmt: skip
    first = actions.measure(**given, at=at + timedelta(days=1))
    organisation(9, "示例减速器有限公司", "ENTERPRISE", world.county, at)
    actions.measure(**given, at=at + timedelta(days=2))
    with pytest.raises(rules.IndicatorRefused) as refused:
        actions.publish_observation(observation=first, by=world.head.actor, at=at)
    assert refused.value.code == "indicators.not_waiting"


def test_an_officer_of_another_region_may_not_measure(world: World, at: datetime) -> None:
    with pytest.raises(NotPermitted) as refused:
        actions.measure(
            indicator=enterprises(), region=world.city, period=Period.parse("@2026-11-21"),
            by=world.officer_county.actor, at=at,
        )  # fmt: skip
    assert refused.value.code == "indicators.may_not_measure"


def test_only_a_head_publishes(world: World, at: datetime) -> None:
    made = actions.measure(
        indicator=enterprises(), region=world.city, period=Period.parse("@2026-11-21"),
        by=world.officer.actor, at=at,
    )  # fmt: skip
    with pytest.raises(NotPermitted) as refused:
        actions.publish_observation(observation=made, by=world.officer.actor, at=at)
    assert refused.value.code == "indicators.may_not_publish"


def test_publishing_an_older_version_is_stale(world: World, at: datetime) -> None:
    made = actions.measure(
        indicator=enterprises(), region=world.city, period=Period.parse("@2026-11-21"),
        by=world.officer.actor, at=at,
    )  # fmt: skip
    with pytest.raises(Stale):
        actions.publish_observation(
            observation=made, by=world.head.actor, at=at, version=made.version + 1
        )


def test_a_quoted_indicator_cannot_be_measured(world: World, at: datetime) -> None:
    quoted = queries.indicator_by_code("technology_contract_value")
    assert quoted is not None
    with pytest.raises(rules.IndicatorRefused) as refused:
        actions.measure(
            indicator=quoted, region=world.city, period=Period.parse("2026-10"),
            by=world.officer.actor, at=at,
        )  # fmt: skip
    assert refused.value.code == "indicators.no_formula"


def test_a_target_keeps_its_former_vintage(world: World, at: datetime) -> None:
    given = {"indicator": enterprises(), "region": world.city, "period": Period.parse("2026"),
             "by": world.officer.actor}  # fmt: skip
    actions.set_target(**given, value=Decimal(300), at=at)
    second = actions.set_target(**given, value=Decimal(320), at=at)
    assert second.vintage == 2
    assert list(Target.objects.filter(is_current=True)) == [second]
    assert actions.set_target(**given, value=Decimal("320.00"), at=at) == second


def test_a_target_is_above_zero(world: World, at: datetime) -> None:
    with pytest.raises(rules.IndicatorRefused) as refused:
        actions.set_target(
            indicator=enterprises(), region=world.city, period=Period.parse("2026"),
            value=Decimal(0), by=world.officer.actor, at=at,
        )  # fmt: skip
    assert refused.value.code == "indicators.target_not_above_zero"


def test_the_published_figures_import_whole(world: World, at: datetime) -> None:
    liaoning = region("210000", "辽宁省", "PROVINCE")
    region("210100", "沈阳市", "CITY", liaoning)
    answer = actions.import_observations(sheet=published(), by=world.officer.actor, at=at)
    assert answer["problems"] == []
    assert answer["defined"] == []
    contracts = Observation.objects.get(
        indicator="technology_contract_value", subject__code="210100"
    )
    assert contracts.value == Decimal("24930000000")
    assert contracts.yoy_percent == Decimal("56.11")
    assert contracts.known_date == date(2023, 8, 29)
    new_city = Subject.objects.get(name="辽宁省沈阳市浑南科技城")
    assert (new_city.kind, new_city.region_path) == (Subject.Kind.AREA, "210000/210100")


def test_importing_again_changes_nothing(world: World, at: datetime) -> None:
    first = actions.import_observations(sheet=published(), by=world.officer.actor, at=at)
    before = Observation.objects.count()
    again = actions.import_observations(sheet=published(), by=world.officer.actor, at=at)
    assert (again["new"], again["updated"]) == (0, 0)
    assert again["unchanged"] == first["new"]
    assert Observation.objects.count() == before


def test_a_source_that_contradicts_itself_is_kept_twice(world: World, at: datetime) -> None:
    actions.import_observations(sheet=published(), by=world.officer.actor, at=at)
    rows = Observation.objects.filter(indicator="transfer_liaisons").order_by("statement_number")
    said = [(row.value, row.qualifier, row.statement_number) for row in rows]
    assert said == [(Decimal(300), "over", 1), (Decimal(320), "", 2)]
    together = queries.stated_together(rows[0], world.filler.actor, at)
    assert [row.pk for row in together] == [row.pk for row in rows]


def test_a_corrected_figure_is_a_new_vintage(world: World, at: datetime) -> None:
    actions.import_observations(sheet=sheet(GOOD), by=world.officer.actor, at=at)
    answer = actions.import_observations(
        sheet=sheet({**GOOD, "value": "19940"}), by=world.officer.actor, at=at
    )
    assert (answer["new"], answer["updated"], answer["unchanged"]) == (0, 1, 1)
    current = Observation.objects.get(is_current=True)
    assert (current.vintage, current.value) == (2, Decimal(19940))
    assert (current.known_date, current.subject.code) == (date(2026, 11, 21), "990100")


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"area": ""}, "area", "indicators.empty"),
        ({"indicator": ""}, "indicator", "indicators.empty"),
        ({"indicator": "no_such_code"}, "indicator", "indicators.unknown"),
        ({"period": "2023年"}, "period", "period.form"),
        ({"period": ""}, "period", "indicators.empty"),
        ({"value": "很多"}, "value", "indicators.not_a_number"),
        ({"value": ""}, "value", "indicators.no_value"),
        ({"value": "", "value_low": "5"}, "value", "indicators.half_a_range"),
        ({"value": "", "value_low": "9", "value_high": "5"}, "value", "indicators.range_order"),
        ({"value": "1e30"}, "value", "indicators.number_out_of_range"),
        ({"unit": "亿元"}, "value", "indicators.unit"),
        ({"qualifier": "perhaps"}, "value", "indicators.qualifier"),
        ({"kind": "guess"}, "kind", "indicators.row_kind"),
        ({"target_value": "two"}, "target_value", "indicators.not_a_number"),
        ({"target_period": "soon"}, "target_period", "period.form"),
        ({"yoy_percent": "up"}, "yoy_percent", "indicators.not_a_number"),
        ({"source_title": ""}, "source_title", "indicators.empty"),
        ({"source_date": "2023-13-01"}, "source_date", "indicators.source_date"),
        ({"source_kind": "OWN"}, "source_kind", "indicators.source_kind"),
        ({"attainment_words": "好" * 121}, "attainment_words", "indicators.too_long"),
    ],
)
def test_a_wrong_cell_is_named_and_nothing_is_written(
    world: World, at: datetime, change: dict[str, str], column: str, code: str
) -> None:
    answer = actions.import_observations(
        sheet=sheet(GOOD, {**GOOD, "period": "2022", **change}), by=world.officer.actor, at=at
    )
    found = [(one.row, one.column, one.refused.code) for one in answer["problems"]]
    assert (3, column, code) in found
    assert Observation.objects.count() == Target.objects.count() == Source.objects.count() == 0


def test_the_same_row_twice_is_named(world: World, at: datetime) -> None:
    answer = actions.import_observations(sheet=sheet(GOOD, GOOD), by=world.officer.actor, at=at)
    assert [(one.row, one.refused.code) for one in answer["problems"]] == [
        (3, "indicators.row_twice")
    ]


def test_a_new_name_with_a_unit_is_registered_and_reported(world: World, at: datetime) -> None:
    row = {**GOOD, "indicator": "海水淡化日产量", "unit": "万吨", "value": "12.5"}
    row |= {"target_value": "", "target_period": "", "attainment_percent": ""}
    answer = actions.import_observations(sheet=sheet(row), by=world.officer.actor, at=at)
    assert answer["defined"] == ["海水淡化日产量"]
    assert Definition.objects.get().unit == "吨"
    assert Observation.objects.get().value == Decimal(125000)


def test_a_filler_may_not_import(world: World, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        actions.import_observations(sheet=sheet(GOOD), by=world.filler.actor, at=at)


def test_an_organisation_that_is_registered_is_the_subject(world: World, at: datetime) -> None:
    row = {**GOOD, "entity": world.enterprise.name}
    actions.import_observations(sheet=sheet(row), by=world.officer.actor, at=at)
    subject = Subject.objects.get()
    assert subject.organisation == Organisation.objects.get(pk=world.enterprise.pk)
    assert subject.code == world.enterprise.number
