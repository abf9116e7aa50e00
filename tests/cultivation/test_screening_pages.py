"""The pages and the API of screenings: by officer, judges, head, unit; hidden from others."""

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.models import Candidate, Screening
from kechuang.cultivation.rules.allotting import fingerprint
from kechuang.notices.models import Notice
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
        "until": f"{at + timedelta(days=9):%Y-%m-%d}", "judges": judges, "notice_days": "5",
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
    candidate.refresh_from_db()
    assert ("等公示期满" in own, candidate.notice_number in own) == (True, True)
    public = text(client, "notice", candidate.notice_number)
    grounds = reverse("candidate-decision", args=[candidate.number])
    assert (grounds in public, "氮化镓团队（拟立项支持）" in public) == (True, True)
    early = post(head, "candidate-establish-candidate", candidate.number)
    assert (early.status_code, "还没有期满" in early.content.decode()) == (422, True)
    ended(candidate, timezone.now())
    assert "公示期满，等负责人确定支持" in text(head, "candidate", candidate.number)
    assert post(head, "candidate-establish-candidate", candidate.number).status_code == 302
    own = text(client_as(world.filler), "candidate", candidate.number)
    assert Project.objects.get().number in own
    sheet = text(officer, "screening-csv", row.number)
    assert sheet.splitlines()[1].endswith(
        f"{candidate.notice_number},{Project.objects.get().number}"
    )


def ended(candidate, now):
    """Its notice began so long ago that its term has run."""
    Notice.objects.filter(number=candidate.notice_number).update(
        opened_at=now - timedelta(days=40), ends_at=now - timedelta(days=1)
    )


def test_everybody_reads_what_a_notice_rests_on(world, at, client, client_as):
    round_ = screened.round_of(world, at)
    candidate = screened.proposed(world, at, screened.scored(world, at, round_))
    grounds = reverse("candidate-decision", args=[candidate.number])
    sheet = reverse("candidate-decision-json", args=[candidate.number])
    for viewer in (client, client_as(world.head), client_as(world.filler)):
        assert (viewer.get(grounds).status_code, viewer.get(sheet).status_code) == (404, 404)
    candidate = actions.decide_candidate(
        candidate=candidate, verdict="ACCEPT", reason="同意。", by=world.head.actor, at=at
    )
    page = text(client, "candidate-decision", candidate.number)
    for words in ("20", "25", "3 位评分人的平均分", candidate.notice_number, "300 万元"):
        assert words in page
    inside = f'href="{reverse("candidate", args=[candidate.number])}"'
    assert ("有依据" in page, inside in page) == (False, False)
    kept = client.get(sheet).content
    said = dict(screened.notice_of(candidate).facts)["内容指纹"]
    assert said == f"sha256:{hashlib.sha256(kept).hexdigest()}"
    assert said.removeprefix("sha256:") in page
    own = text(client_as(world.officer), "candidate-decision", candidate.number)
    assert inside in own
    english = client.get(f"/en{grounds}").content.decode()
    assert ("What this notice rests on" in english, "Market" in english) == (True, True)


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
    assert (decided["state"], decided["notice"], decided["stake"]) == (
        "ON_NOTICE", "RUNNING", None
    )  # fmt: skip
    early = api_as(world.head).post(f"{address}/establish-candidate", {},
                                    content_type="application/json")  # fmt: skip
    assert (early.status_code, early.json()["refusals"][0]["code"]) == (
        422, "screening.notice_running"
    )  # fmt: skip
    ended(Candidate.objects.get(), timezone.now())
    settled = done(api_as(world.head), f"{address}/establish-candidate", {})
    assert (settled["state"], settled["stage"], settled["stake"]["amount_fen"]) == (
        "ACCEPTED", "STAKE_AGREED", 300 * WAN
    )  # fmt: skip
    grounds = api_as(world.member).get(f"{address}/decision").json()
    content = {key: said for key, said in grounds.items() if key != "fingerprint"}
    assert grounds["fingerprint"] == fingerprint(content)
    assert done(officer, f"{address}/request-stake", {})["stage"] == "STAKE_REQUESTED"
    assert api_as(world.member).get(address).status_code == 404
    listed = officer.get(f"/api/v1/screenings/{row.number}/candidates").json()
    assert [one["number"] for one in listed["items"]] == [number]
