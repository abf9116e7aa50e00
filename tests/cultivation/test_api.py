"""Enterprises over the API."""

import pytest

from kechuang.base.actor import Actor
from kechuang.cultivation import actions
from kechuang.cultivation.models import Declaration, Verdict, Visit, YearlyReturn
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
BASE = "/api/v1/evaluations"


@pytest.fixture
def evaluated(world, at):
    known(world.enterprise, {2025: SME}, **NONE)
    known(world.rival, {2025: SME | {"rd_fen": 40_000_000}}, **NONE)
    actions.recompute(by=Actor.CLOCK, at=at)
    return world


def post(client, address, body=None, **headers):
    return client.post(address, body or {}, content_type="application/json", headers=headers)


def test_list_near_and_reasons(evaluated, api_as, client):
    assert client.get(BASE).status_code == 401
    api = api_as(evaluated.officer)
    rows = api.get(f"{BASE}?tier=TECH_SME&state=CANDIDATE&limit=1").json()
    assert [one["name"] for one in rows["items"]] == [evaluated.enterprise.name]
    near = api.get(f"{BASE}/near?policy=sme-2017-115").json()["items"]
    assert [(one["number"], one["criterion"], one["cheapest"]) for one in near] == [
        (evaluated.rival.number, "evaluated",
         ["2025年研发费用还差 100,000元（按现有2025年销售（营业）收入）"])]
    assert api.get(f"{BASE}/near?policy=none").json()["items"] == []
    said = api.get(f"{BASE}/{evaluated.rival.number}").json()["policies"]["sme-2017-115"]
    assert (said["state"], said["explain"]["document"]) == ("not_met", "国科发政〔2017〕115号")
    assert api_as(evaluated.filler).get(f"{BASE}/{evaluated.rival.number}").status_code == 404
    assert api_as(evaluated.filler).get(f"{BASE}/near").status_code == 422


def test_what_if_and_facts_as_known(evaluated, api_as, at):
    api = api_as(evaluated.rival_filler)
    where = f"{BASE}/{evaluated.rival.number}"
    found = post(api, f"{where}/what-if", {"facts": {"returns.2025.rd_fen": 60_000_000}}).json()
    assert found["policies"]["sme-2017-115"]["state"] == "met"
    wrong = post(api, f"{where}/what-if", {"facts": {"returns.2025.rd_yuan": 1}})
    assert (wrong.status_code, wrong.json()["refusals"][0]["code"]) == (422, "facts.cell")
    assert Verdict.objects.filter(until=None, policy="sme-2017-115", state=3).count() == 1
    facts = api.get(f"{where}/facts").json()
    assert facts["facts"]["returns"][0]["rd_fen"] == 40_000_000
    assert facts["sources"]["returns.2025.rd_fen"] == "科技局 · 年度统计表 · 2026-10-01"
    before = api.get(f"{where}/facts?known_at=2020-01-01T00:00:00Z").json()["facts"]
    assert before == {"id": evaluated.rival.code, "name": evaluated.rival.name}
    assert api.get(f"{where}/facts?known_at=2020-01-01T00:00:00").status_code == 422


def test_a_year_is_declared_checked_corrected_and_a_visit_noted(evaluated, api_as):
    filler, officer = api_as(evaluated.rival_filler), api_as(evaluated.officer_other_county)
    where = f"{BASE}/{evaluated.rival.number}"
    unknown = post(filler, f"{where}/returns/2025", {"figures": {"revenue": 1}})
    assert unknown.json()["refusals"][0]["code"] == "facts.unknown_figure"
    number = post(filler, f"{where}/returns/2025", {"figures": {"staff": 101}}).json()[
        "declaration"]
    one = f"/api/v1/declarations/{number}"
    assert filler.get(one).json()["state"] == "COUNTY_CHECK"
    assert post(officer, f"{one}/return", {"reason": "请附证明"}).json()["state"] == "RETURNED"
    assert post(filler, f"{one}/withdraw").json()["state"] == "WITHDRAWN"
    assert post(filler, f"{one}/check").status_code == 422
    second = post(filler, f"{where}/returns/2025", {"figures": {"staff": 102}}).json()
    one = f"/api/v1/declarations/{second['declaration']}"
    assert post(officer, f"{one}/check", **{"If-Match": '"9"'}).status_code == 409
    assert post(officer, f"{one}/check").json()["state"] == "CHECKED"
    given = {"figures": {"staff": 103}, "title": "社保", "department": "人力资源和社会保障局"}
    assert post(officer, f"{where}/returns/2025", given).json()["updated"] == 1
    row = YearlyReturn.objects.get(organisation=evaluated.rival, known_until=None)
    assert (row.staff, Declaration.objects.count()) == (103, 2)
    visit = {"policy": "sme-2017-115", "criterion": "evaluated"}
    assert post(officer, f"{where}/visit", visit).status_code == 200
    assert Visit.objects.get().criterion == "evaluated"
