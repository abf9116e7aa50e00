"""Pages of enterprises: who sees them, what they say, and what they do."""

from datetime import date, timedelta

import pytest

from kechuang.base.actor import Actor
from kechuang.cultivation import actions
from kechuang.cultivation.models import Declaration, Verdict, Visit, YearlyReturn
from kechuang.site.work import work_of
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluated(world, at):
    """One recognised and met, one short of points alone."""
    soon = at.date() + timedelta(days=60)
    certificate = {"kind": "hnte", "since": date(2024, 1, 1), "until": soon}
    known(world.enterprise, {2025: SME}, **NONE | {"certificates": [certificate]})
    known(world.rival, {2025: SME | {"rd_fen": 40_000_000}}, **NONE)
    actions.recompute(by=Actor.CLOCK, at=at)
    return world


def test_an_officer_finds_the_region_by_tier_and_state(evaluated, client_as):
    client = client_as(evaluated.officer)
    page = client.get("/evaluations/").content.decode()
    assert evaluated.enterprise.name in page and evaluated.rival.name in page
    recognised = client.get("/evaluations/?tier=HNTE&state=RECOGNISED").content.decode()
    assert evaluated.enterprise.name in recognised and evaluated.rival.name not in recognised
    near = client.get("/evaluations/?tier=TECH_SME&state=NEAR").content.decode()
    assert evaluated.rival.name in near and evaluated.enterprise.name not in near
    county = client_as(evaluated.officer_other_county).get("/evaluations/").content.decode()
    assert evaluated.enterprise.name not in county and evaluated.rival.name in county
    csv = client.get("/evaluations.csv").content.decode()
    assert f"{evaluated.enterprise.code}," in csv and "已认定 2027-01-20" in csv
    assert client.get("/evaluations/?region=990105&industry=C&q=机床").status_code == 200


def test_nobody_else_reads_an_enterprise(evaluated, client_as, client):
    address = f"/evaluations/{evaluated.enterprise.number}/"
    assert client.get(address).status_code == 302
    for who in ("rival_filler", "officer_other_county", "expert1", "operator", "liaison"):
        assert client_as(getattr(evaluated, who)).get(address).status_code == 404
    for who in ("filler", "unit_admin", "officer", "officer_county", "head", "supervisor"):
        assert client_as(getattr(evaluated, who)).get(address).status_code == 200
    own = client_as(evaluated.filler).get("/evaluations/")
    assert own.headers["Location"] == address


def test_an_enterprise_reads_why_with_clause_gap_source_and_history(evaluated, client_as):
    page = client_as(evaluated.rival_filler).get(
        f"/evaluations/{evaluated.rival.number}/").content.decode()
    for said in ("科技型中小企业评价", "国科发政〔2017〕115号", "第六条（五）",
                 "研发费用还差 100,000元", "科技局 · 年度统计表 · 2026-10-01", "只差一项"):
        assert said in page
    english = client_as(evaluated.rival_filler).get(
        f"/en/evaluations/{evaluated.rival.number}/").content.decode()
    assert "Evaluation of technology-based SMEs" in english


def test_what_if_is_computed_and_nothing_is_stored(evaluated, client_as):
    client = client_as(evaluated.rival_filler)
    address = f"/evaluations/{evaluated.rival.number}/what-if/"
    assert "变好了" not in client.get(address).content.decode()
    before = YearlyReturn.objects.count(), Verdict.objects.count()
    page = client.get(address, {"rd_fen": "60"}, headers={"HX-Request": "true"})
    assert "变好了" in page.content.decode() and "<html" not in page.content.decode()
    assert (YearlyReturn.objects.count(), Verdict.objects.count()) == before
    assert client.get(address, {"rd_fen": "x", "class_one": "1"}).status_code == 200


def test_an_officer_sees_what_is_in_the_way_and_notes_a_visit(evaluated, client_as):
    client = client_as(evaluated.officer)
    page = client.get("/evaluations/near/?policy=sme-2017-115").content.decode()
    assert evaluated.rival.name in page and "研发费用还差 100,000元" in page
    given = {"policy": "sme-2017-115", "criterion": "evaluated", "note": "已辅导归集"}
    address = f"/evaluations/{evaluated.rival.number}/visit/"
    assert client.post(address, given).status_code == 302
    assert Visit.objects.get().note == "已辅导归集"
    assert "已走访" in client.get("/evaluations/near/?policy=sme-2017-115").content.decode()
    refused = client.post(address, given | {"criterion": "direct"})
    assert refused.status_code == 422
    assert client.get(address).status_code == 404
    assert client_as(evaluated.filler).get("/evaluations/near/").status_code in (403, 422)


def test_a_declaration_goes_from_the_enterprise_to_the_county(evaluated, client_as, at):
    filler, officer = client_as(evaluated.filler), client_as(evaluated.officer_county)
    address = f"/evaluations/{evaluated.enterprise.number}/returns/2025/"
    assert 'value="100"' in filler.get(address).content.decode()
    wrong = filler.post(address, {"staff": "10", "staff_rd": "20"})
    assert wrong.status_code == 422
    sent = filler.post(address, {"staff": "110", "revenue_fen": "1,200"})
    one = Declaration.objects.get()
    assert sent.headers["Location"] == f"/evaluations/declarations/{one.number}/"
    assert one.figures == {"staff": 110, "revenue_fen": 1_200_000_000}
    waiting = work_of(evaluated.officer_county.actor, at).under("mine")
    assert [row.url for row in waiting if row.number == one.number] == [sent.headers["Location"]]
    tasks = {row.task for row in work_of(evaluated.filler.actor, at).matters}
    assert tasks == {"年度数据核实", "资格快到期"}
    where = f"/evaluations/declarations/{one.number}/"
    assert "核实无误" in officer.get(where).content.decode()
    assert officer.post(where + "return/", {"reason": ""}).status_code == 422
    assert officer.post(where + "return/", {"reason": "人数与社保不符"}).status_code == 302
    assert "人数与社保不符" in filler.get(address).content.decode()
    filler.post(address, {"staff": "111"})
    one.refresh_from_db()
    assert officer.post(where + "check/", {"version": one.version}).status_code == 302
    kept = YearlyReturn.objects.get(organisation=evaluated.enterprise, known_until=None)
    assert kept.staff == 100  # what the department said stands
    assert client_as(evaluated.rival_filler).get(where).status_code == 404


def test_a_declaration_can_be_taken_back(evaluated, client_as):
    filler = client_as(evaluated.filler)
    filler.post(f"/evaluations/{evaluated.enterprise.number}/returns/2025/", {"staff": "110"})
    one = Declaration.objects.get()
    where = f"/evaluations/declarations/{one.number}/withdraw/"
    assert filler.get(where).status_code == 404
    assert filler.post(where).status_code == 302
    assert filler.post(where).status_code == 422


def test_an_officer_corrects_a_year_with_its_source(evaluated, client_as):
    officer = client_as(evaluated.officer_county)
    address = f"/evaluations/{evaluated.rival.number}/returns/2025/"
    assert officer.get(address).status_code == 404
    address = f"/evaluations/{evaluated.enterprise.number}/returns/2025/"
    given = {"staff": "120", "title": "社保参保人数", "department": "人力资源和社会保障局"}
    assert officer.post(address, {"staff": "120"}).status_code == 422
    assert officer.post(address, given).status_code == 302
    page = officer.get(f"/evaluations/{evaluated.enterprise.number}/").content.decode()
    assert "人力资源和社会保障局 · 社保参保人数" in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_lists_take_the_same_queries_for_one_and_for_thirty(
    world, at, client_as, django_assert_num_queries, count
):
    from tests.world import organisation

    for serial in range(count):
        unit = organisation(200 + serial, f"示例{serial}号有限公司", "ENTERPRISE", world.county,
                            at)
        known(unit, {2025: SME | {"rd_fen": 40_000_000}}, **NONE)
    actions.recompute(by=Actor.CLOCK, at=at)
    client = client_as(world.officer)
    client.get("/evaluations/")
    with django_assert_num_queries(LIST):
        client.get("/evaluations/")
    with django_assert_num_queries(NEAR):
        client.get("/evaluations/near/")


# Of the second one finds which rule sets are in force, and one counts by what is wanting.
LIST, NEAR = 12, 20
