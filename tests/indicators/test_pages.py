"""What readers see of indicators: whose figures, which rows, and acts in their place."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from kechuang.base.actor import Actor, Role
from kechuang.base.periods import Period
from kechuang.doors.sheets import Sheet
from kechuang.indicators import actions, measures, queries
from kechuang.indicators.actions.reading import COLUMNS
from kechuang.indicators.models import Observation, Target
from kechuang.indicators.waiting import matters_for
from kechuang.needs.models import Need, NeedStage
from tests.world import World, organisation

OPERATOR = Actor(role=Role.OPERATOR, via="command")
ROW = {
    "area": "示例省示例市", "period": "@2023-08-29", "indicator": "科技型企业数", "value": "19938",
    "unit": "家", "target_value": "20000", "target_period": "2023", "attainment_percent": "99.69",
    "source_title": "科技月报", "source_publication": "示例日报", "source_date": "2023-08-29",
}  # fmt: skip
LIAISONS = {
    "area": "示例省示例市", "period": "@2023-10-27", "indicator": "科技成果转化联络员数",
    "unit": "名", "source_title": "科技月报", "source_date": "2023-10-27",
}  # fmt: skip
ENTERPRISES = "/indicators/technology_enterprises/990100/@2023-08-29/"


def imported(at: datetime, *rows: dict[str, Any]) -> None:
    sheet = Sheet(list(COLUMNS), [dict(row) for row in rows])
    answer = actions.import_observations(sheet=sheet, by=OPERATOR, at=at)
    assert answer["problems"] == []


def measured(world: World, at: datetime, code: str, period: str) -> Observation:
    indicator = queries.indicator_by_code(code)
    assert indicator is not None
    return actions.measure(
        indicator=indicator, region=world.city, period=Period.parse(period),
        by=world.officer.actor, at=at, known_at=datetime.fromisoformat("2999-01-01T00:00:00+08:00"),
    )  # fmt: skip


def accepted_needs(world: World, at: datetime, *levels: str) -> None:
    """Needs that entered the register, one of each publication level given."""
    for serial, level in enumerate(levels, 1):
        need = Need.objects.create(
            number=f"XQ-2026-{serial:06d}", state="ACCEPTED", title=f"需求甲{serial}",
            body="主轴轴承依赖进口，交期十四个月，求能批产的完整方案。", chain="ROBOTICS",
            publication=level, organisation=world.enterprise, filler=world.filler.person,
            region_path=world.enterprise.region_path, since=at, changed_at=at, submitted_at=at,
            accepted_at=at, consent_at=at, consent_by=world.unit_admin.person, confirmed_at=at,
            budget_fen=100, due_date=at.date().replace(year=2028),
            reconfirm_at=at.replace(year=2027), expires_at=at.replace(year=2028),
        )  # fmt: skip
        NeedStage.objects.create(need=need, stage="ACCEPTED", since=at, by_role="OFFICER")


def test_the_list_says_what_a_region_has(client: Client, world: World, at: datetime) -> None:
    imported(at, ROW)
    page = client.get("/indicators/?region=990100").content.decode()
    assert "19,938" in page
    assert "99.69%" in page
    assert "目标 20,000" in page


def test_a_region_without_figures_says_so(client: Client, world: World) -> None:
    page = client.get("/indicators/?region=990104").content.decode()
    assert "这个地区还没有指标" in page


def test_a_region_that_does_not_exist_is_not_found(client: Client, world: World) -> None:
    assert client.get("/indicators/?region=123456").status_code == 404


def test_evidence_says_the_recomputed_target(client: Client, world: World, at: datetime) -> None:
    imported(at, ROW)
    page = client.get(ENTERPRISES).content.decode()
    assert "反推目标为 20,000 家，与公布的目标相符" in page
    assert "不为它编造明细" in page


def test_contradicting_statements_stand_side_by_side(
    client: Client, world: World, at: datetime
) -> None:
    imported(at, {**LIAISONS, "value": "300", "qualifier": "over"}, {**LIAISONS, "value": "320"})
    page = client.get("/indicators/transfer_liaisons/990100/@2023-10-27/").content.decode()
    assert "超过300 名" in page
    assert "320 名" in page
    assert "可以同时成立" in page


def test_as_known_on_a_date_shows_the_vintage_of_then(
    client: Client, world: World, at: datetime
) -> None:
    imported(at, ROW)
    imported(at, {**ROW, "value": "19940"})
    then = client.get(ENTERPRISES + "?known=2024-01-01").content.decode()
    assert "19,938 家</data></h1>" in then
    now = client.get(ENTERPRISES).content.decode()
    assert "19,940 家</data></h1>" in now
    assert client.get(ENTERPRISES + "?known=2020-01-01").status_code == 404
    assert client.get(ENTERPRISES + "?known=yesterday").status_code == 404


def test_what_waits_to_be_published_is_hidden_from_the_public(
    client: Client, client_as: Callable[..., Client], world: World, at: datetime
) -> None:
    made = measured(world, at, "organisations_enterprises", "@2026-11-20")
    address = f"/indicators/{made.indicator}/990100/{made.period}/?vintage=1"
    assert client.get(address).status_code == 404
    assert client_as(world.officer).get(address).status_code == 200
    assert client_as(world.officer_other_county).get(address).status_code == 404


def test_a_head_publishes_by_the_page(
    client_as: Callable[..., Client], client: Client, world: World, at: datetime
) -> None:
    made = measured(world, at, "organisations_enterprises", "@2026-11-20")
    address = f"/indicators/{made.indicator}/990100/{made.period}/publish/?vintage=1"
    answer = client_as(world.officer).post(address, {"version": made.version})
    assert answer.status_code == 422
    answer = client_as(world.head).post(address, {"version": made.version})
    assert answer.status_code == 302
    assert client.get(f"/indicators/{made.indicator}/990100/{made.period}/").status_code == 200


def test_an_officer_measures_by_the_page(
    client_as: Callable[..., Client], world: World, at: datetime
) -> None:
    office = client_as(world.officer)
    address = "/indicators/organisations_enterprises/measure/"
    assert office.get(address).status_code == 200
    assert office.post(address, {"period": "soon"}).status_code == 422
    assert office.post(address, {"period": "@2024-01-31"}).status_code == 302
    assert Observation.objects.count() == 1
    assert client_as(world.filler).get(address).status_code == 404


def test_an_officer_sets_a_target_by_the_page(
    client_as: Callable[..., Client], world: World
) -> None:
    office = client_as(world.officer)
    address = "/indicators/organisations_enterprises/target/"
    assert office.post(address, {"period": "2026", "value": "0"}).status_code == 422
    assert office.post(address, {"period": "2026", "value": "300"}).status_code == 302
    assert Target.objects.get().value == 300


def test_closed_rows_are_counted_and_folded_not_listed(
    client: Client, world: World, at: datetime
) -> None:
    accepted_needs(world, at, "PUBLIC", "PUBLIC", "PUBLIC", "PUBLIC", "CLOSED")
    made = measured(world, at, "needs_accepted", "2026-11")
    actions.publish_observation(observation=made, by=world.head.actor, at=at)
    page = client.get("/indicators/needs_accepted/990100/2026-11/").content.decode()
    assert "XQ-2026-000001" in page
    assert "XQ-2026-000005" not in page
    assert "另有 3 行未列出" in page
    assert "共 5 行，与公布的数相等" in page


def test_listed_and_hidden_always_sum_to_the_figure(world: World, at: datetime) -> None:
    accepted_needs(world, at, "PUBLIC", "CLOSED", "PUBLIC", "CLOSED", "CLOSED", "PUBLIC")
    made = measured(world, at, "needs_accepted", "2026-11")
    indicator = queries.indicator_by_code("needs_accepted")
    assert indicator is not None
    for actor in (Actor.PUBLIC, world.officer.actor, world.filler.actor, world.expert1.actor):
        seen = measures.evidence_seen(made, indicator, actor, at)
        assert seen.listed_total + seen.hidden_total == made.value
        assert seen.listed_count + seen.hidden_count == made.evidence_count
        assert len(seen.rows) == seen.listed_count


def test_the_comparison_ranks_regions_with_their_sources(
    client: Client, world: World, at: datetime
) -> None:
    imported(at, ROW, {**ROW, "area": "示例省", "value": "20001", "source_title": "省月报"})
    page = client.get("/indicators/compare/?indicator=technology_enterprises").content.decode()
    assert page.index("20,001 家") < page.index("19,938 家")
    sheet = client.get("/indicators/compare.csv?indicator=technology_enterprises").content.decode()
    assert "省月报" in sheet
    assert client.get("/indicators/compare/?indicator=nothing").status_code == 404


def test_pages_read_in_english(client: Client, world: World, at: datetime) -> None:
    imported(at, ROW)
    page = client.get(f"/en{ENTERPRISES}").content.decode()
    assert "Technology enterprises" in page
    assert "What it is" in page


def test_the_list_costs_the_same_with_many_figures(
    client: Client, world: World, at: datetime
) -> None:
    imported(at, ROW)
    with_one = _queries_of(client)
    names = [one.name for one in queries.indicators().values() if one.unit == "家"][:30]
    imported(at, *({**ROW, "indicator": name, "value": "5"} for name in names))
    assert _queries_of(client) == with_one


def _queries_of(client: Client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get("/indicators/?region=990100")
    with CaptureQueriesContext(connection) as seen:
        client.get("/indicators/?region=990100")
    return len(seen)


def test_the_head_has_what_waits_and_the_officer_what_is_missing(
    world: World, at: datetime
) -> None:
    organisation(9, "示例减速器有限公司", "ENTERPRISE", world.county, at)
    made = measured(world, at, "organisations_enterprises", "@2026-10-31")
    head = {one.number: one for one in matters_for(world.head.actor, at)}
    assert head[made.number].mine
    officer = matters_for(world.officer.actor, at)
    missing = [one.number for one in officer if one.mine]
    assert "needs_accepted" in missing
    assert "organisations_enterprises" not in missing
    assert {one.shown_number for one in officer if one.number == "needs_accepted"} == {""}
    assert head[made.number].shown_number == made.number
    assert matters_for(world.filler.actor, at) == []


@pytest.mark.parametrize("path", ["/indicators/", "/indicators/compare/"])
def test_empty_pages_stand(client: Client, world: World, path: str) -> None:
    assert client.get(path).status_code == 200
