"""The pages and the API of screenings: by officer, judges, head, unit; hidden from others."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kechuang.cultivation.models import Candidate, Screening
from kechuang.projects.models import Project
from tests.cultivation import screened
from tests.cultivation.screened import WAN

pytestmark = pytest.mark.django_db


def text(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, (name, answer.status_code)
    return answer.content.decode()


def post(client, name, *args, **data):
    return client.post(reverse(name, args=args), data)


def marks(**points):
    given = {"market": "20", "technology": "25", "carbon": "5", "team": "20"} | points
    return {f"points_{code}": said for code, said in given.items()} | {
        f"reason_{code}": "有依据。" for code in given
    }


def opened(world, at, client_as):
    """A round opened and a candidate entered by the forms."""
    screened.round_of(world, at)
    officer = client_as(world.officer)
    judges = "\n".join(one.person.number for one in screened.judges_of(world))
    said = {
        "title": "第二轮", "track": "TALENT", "rule_set": screened.RULES, "budget": "300",
        "until": f"{at + timedelta(days=9):%Y-%m-%d}", "judges": judges,
    }  # fmt: skip
    assert post(officer, "screening-new", **said | {"judges": ""}).status_code == 422
    answer = post(officer, "screening-new", **said)
    row = Screening.objects.latest("pk")
    assert answer.url == reverse("screening", args=[row.number])
    assert "还没有候选" in text(officer, "screening", row.number)
    typed = {
        "title": "氮化镓团队", "origin": "外地", "summary": "建一条中试线。", "total": "1000",
        "asked": "300", "organisation": world.enterprise.code,
        "leader": world.unit_admin.person.number,
    }  # fmt: skip
    assert post(officer, "screening-enter", row.number, **typed).status_code == 302
    return row, Candidate.objects.get()


def test_a_round_goes_from_form_to_project_by_its_people(world, at, client_as, client):
    row, candidate = opened(world, at, client_as)
    for judge in screened.judges_of(world):
        page = text(client_as(judge), "candidate", candidate.number)
        assert ("评分" in page, "有依据" in page) == (True, False)
        wrong = post(client_as(judge), "candidate-score-candidate", candidate.number,
                     **marks(market="31"))  # fmt: skip
        assert (wrong.status_code, "须给 0 到 30 分" in wrong.content.decode()) == (422, True)
        assert post(client_as(judge), "candidate-score-candidate", candidate.number,
                    **marks()).status_code == 302  # fmt: skip
    officer, head = client_as(world.officer), client_as(world.head)
    proposal = post(officer, "candidate-propose-candidate", candidate.number,
                    outcome="PROJECT", amount="300")  # fmt: skip
    assert proposal.status_code == 302
    page = text(head, "candidate", candidate.number)
    assert ("70 分" in page, page.count("有依据。"), "决定是否支持" in page) == (True, 12, True)
    own = text(client_as(world.filler), "candidate", candidate.number)
    assert ("有依据" in own, "70 分" in own) == (False, False)
    assert post(head, "candidate-decide-candidate", candidate.number, verdict="ACCEPT",
                reason="同意，年内入驻。").status_code == 302  # fmt: skip
    own = text(client_as(world.filler), "candidate", candidate.number)
    assert ("同意，年内入驻。" in own, "70 分" in own, "有依据" in own) == (True, True, False)
    assert Project.objects.get().number in own
    sheet = text(officer, "screening-csv", row.number)
    assert sheet.splitlines()[1].endswith(Project.objects.get().number)


def test_others_find_neither_round_nor_candidate(world, at, client_as, client):
    row = screened.round_of(world, at)
    candidate = screened.entered(world, at, row)
    for member in (world.member, world.liaison, world.officer_county):
        other = client_as(member)
        assert other.get(reverse("screening", args=[row.number])).status_code == 404
        assert other.get(reverse("candidate", args=[candidate.number])).status_code == 404
    assert client.get(reverse("screenings")).status_code == 302
    unit = client_as(world.filler)
    assert unit.get(reverse("screening", args=[row.number])).status_code == 404
    assert candidate.title in text(unit, "screenings")
    assert client_as(world.liaison).get(reverse("screenings")).status_code == 404


def test_a_list_reads_as_often_for_many_as_for_one(
    world, at, client_as, django_assert_max_num_queries
):
    row = screened.round_of(world, at)
    screened.entered(world, at, row)
    officer = client_as(world.officer)
    text(officer, "screening", row.number)
    with django_assert_max_num_queries(40) as one:
        text(officer, "screening", row.number)
    for serial in range(8):
        screened.entered(world, at, row, title=f"团队{serial}")
    with django_assert_max_num_queries(40) as many:
        text(officer, "screening", row.number)
    assert len(many) == len(one)


def done(client, address, body, **headers):
    answer = client.post(address, body, content_type="application/json", **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_api_takes_the_same_steps(world, at, api_as):
    row = screened.round_of(world, at)
    officer, judges = api_as(world.officer), screened.judges_of(world)
    typed = vars(screened.typed_of(world))
    number = done(officer, f"/api/v1/screenings/{row.number}/candidates", typed)["number"]
    given = {
        code: {"tenths": points, "reason": "有依据。"} for code, points in screened.FIRST.items()
    }
    address = f"/api/v1/screenings/candidates/{number}"
    for judge in judges:
        told = done(api_as(judge), f"{address}/score-candidate", {"marks": given})
        assert told["means"] == {}
    terms = {
        "valuation_fen": 3000 * WAN, "holder": "示例市科创投资有限公司",
        "exit_condition": "五年内回购", "exit_date": "2032-01-01",
    }  # fmt: skip
    said = {"outcome": "STAKE", "amount_fen": 300 * WAN, "terms": terms}
    assert done(officer, f"{address}/propose-candidate", said)["result"] == "met"
    version = Candidate.objects.get().version
    decided = done(
        api_as(world.head), f"{address}/decide-candidate",
        {"verdict": "ACCEPT", "reason": "同意。"}, headers={"If-Match": f'"{version}"'},
    )  # fmt: skip
    assert (decided["state"], decided["stage"], decided["stake"]["amount_fen"]) == (
        "ACCEPTED", "STAKE_AGREED", 300 * WAN
    )  # fmt: skip
    assert done(officer, f"{address}/request-stake", {})["stage"] == "STAKE_REQUESTED"
    assert api_as(world.member).get(address).status_code == 404
    listed = officer.get(f"/api/v1/screenings/{row.number}/candidates").json()
    assert [one["number"] for one in listed["items"]] == [number]
