"""The year's targets of the tiers beside what is published; first certificates of a period."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.refusals import NotPermitted
from kechuang.cultivation.actions import recompute
from kechuang.indicators import actions, queries
from kechuang.indicators.models import Target
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
TOTAL = "technology_enterprises_evaluated"
OWN_RIGHT = {"ip_class": "I", "count": 1, "own": True, "granted_date": date(2020, 1, 1)}


@pytest.fixture
def two(world, at):
    """One meets the SME evaluation; one holds a certificate that begins this year."""
    before = at - timedelta(days=2)
    certificate = {"kind": "hnte", "since": date(2026, 3, 1), "until": date(2029, 3, 1)}
    known(
        world.enterprise,
        {2025: SME | {"staff": 600, "assets_fen": 30_000_000_000}},
        before,
        **NONE | {"certificates": [certificate]},
    )
    known(world.rival, {2025: SME}, before, **NONE | {"ip": [OWN_RIGHT]})
    recompute(by=Actor.CLOCK, at=before)


def published(world, at, code=TOTAL, day="2026-11-20", region=None):
    made = actions.measure(
        indicator=queries.indicator_by_code(code), region=region or world.city,
        period=Period.parse(f"@{day}"), by=world.officer.actor, at=at, known_at=at,
    )  # fmt: skip
    actions.publish_observation(observation=made, by=world.head.actor, at=at)


def promised(world, at, value, region=None, year="2026", code=TOTAL, by=None):
    indicator = queries.indicator_by_code(code)
    return actions.set_targets(
        values=[(indicator, Decimal(value))], region=region or world.city,
        period=Period.parse(year), by=(by or world.officer).actor, at=at,
    )  # fmt: skip


def rung(world, at, actor=Actor.PUBLIC, year=2026, code=TOTAL):
    subject = queries.subject_of_code(world.city.code)
    rungs = {one.indicator.code: one for one in queries.ladder(subject, year, actor, at)}
    return rungs[code]


def test_a_target_stands_beside_what_was_achieved_and_says_what_is_wanted(world, at, two):
    published(world, at)
    promised(world, at, 3)
    one = rung(world, at)
    assert (one.value, one.target_value, one.attainment, one.short) == (
        2, 3, Decimal("66.67"), 1
    )  # fmt: skip
    assert one.now is None
    promised(world, at, 2)
    assert (rung(world, at).attainment, rung(world, at).short) == (100, 0)
    assert list(Target.objects.order_by("vintage").values_list("vintage", "is_current")) == [
        (1, False), (2, True),
    ]  # fmt: skip
    assert (rung(world, at, year=2027).figure, rung(world, at, year=2027).target) == (None, None)


def test_only_the_offices_of_the_region_see_who_stands_where_today(world, at, two):
    promised(world, at, 3)
    office = rung(world, at, world.officer.actor, code="technology_smes_evaluated").now
    assert (office.held, office.ready, office.ending) == (0, 1, 0)
    hnte = rung(world, at, world.officer.actor, code="hnte_valid").now
    assert (hnte.held, hnte.ready) == (1, 0)
    assert rung(world, at, world.unit_admin.actor, code="hnte_valid").now is None


def test_a_county_sets_its_own_targets_and_no_other(world, at):
    promised(world, at, 5, region=world.county, by=world.officer_county)
    with pytest.raises(NotPermitted):
        promised(world, at, 5, by=world.officer_county)
    with pytest.raises(NotPermitted):
        promised(world, at, 5, by=world.unit_admin)
    assert Target.objects.count() == 1


def test_first_certificates_of_a_period_are_new_and_renewals_are_not(world, at):
    before = at - timedelta(days=2)
    old = {"kind": "hnte", "since": date(2023, 2, 1), "until": date(2026, 2, 1)}
    new = {"kind": "hnte", "since": date(2026, 2, 1), "until": date(2029, 2, 1)}
    known(world.rival, {2025: SME}, before, **NONE | {"certificates": [new]})
    known(world.enterprise, {2025: SME}, before, **NONE | {"certificates": [old, new]})
    made = actions.measure(
        indicator=queries.indicator_by_code("hnte_new"), region=world.city,
        period=Period.parse("2026-02"), by=world.officer.actor, at=at, known_at=at,
    )  # fmt: skip
    assert made.value == Decimal(1)


def test_the_page_shows_it_to_everybody_and_today_to_the_office(world, at, two, client, client_as):
    published(world, at)
    published(world, at, region=world.county)
    promised(world, at, 3)
    promised(world, at, 4, region=world.county)
    page = client.get(reverse("ladder"), {"region": world.city.code, "year": "2026"})
    text = page.content.decode()
    assert ("66.67%" in text, "今天够得着的" in text, "25%" in text) == (True, False, True)
    assert "/evidence" not in text
    assert reverse("evidence", args=[TOTAL, world.city.code, "@2026-11-20"]) in text
    office = client_as(world.officer).get(reverse("ladder"), {"year": "2026"}).content.decode()
    assert ("今天够得着的" in office, "填写年度目标" in office) == (True, True)
    sheet = client.get(reverse("ladder-csv"), {"region": world.city.code, "year": "2026"})
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert lines[1].endswith(",2,3,66.67,1")
    assert client.get(reverse("ladder"), {"year": "20x6"}).status_code == 404


def test_an_officer_enters_the_targets_of_all_tiers_on_one_page(world, at, two, client_as):
    officer = client_as(world.officer)
    page = officer.get(reverse("ladder-targets"), {"region": world.county.code, "year": "2026"})
    assert page.status_code == 200
    said = {"region": world.county.code, "year": "2026", TOTAL: "40", "hnte_valid": "7"}
    answer = officer.post(reverse("ladder-targets"), said)
    assert answer.url == reverse("ladder") + f"?region={world.county.code}&year=2026"
    kept = Target.objects.values_list("indicator", "subject__code", "period", "value")
    assert set(kept) == {
        (TOTAL, world.county.code, "2026", 40), ("hnte_valid", world.county.code, "2026", 7),
    }  # fmt: skip
    empty = officer.post(reverse("ladder-targets"), {"region": world.county.code, "year": "2026"})
    assert (empty.status_code, "还没有填任何一个目标" in empty.content.decode()) == (422, True)
    assert client_as(world.unit_admin).get(reverse("ladder-targets")).status_code == 404
    again = officer.get(reverse("ladder-targets"), {"region": world.county.code})
    assert 'value="40"' in again.content.decode()


def test_the_api_says_the_same(world, at, two, client):
    published(world, at)
    promised(world, at, 3)
    found = client.get(f"/api/v1/indicators/ladder?region={world.city.code}&year=2026").json()
    (row,) = [one for one in found["items"] if one["indicator"] == TOTAL]
    assert (row["value"], row["target"], row["attainment"], row["short"]) == (
        "2", "3", "66.67", "1"
    )  # fmt: skip
    assert client.get("/api/v1/indicators/ladder?region=nowhere&year=2026").status_code == 404
