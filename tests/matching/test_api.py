"""The API of the desk: the same verbs, the same refusals, the same eyes."""

import json
from datetime import datetime

import pytest

from kechuang.base.time import shanghai_date
from kechuang.matching import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def ranked(need, offer, at):
    actions.rank_need(need=need, at=at)
    return need


def post(client, url, **data):
    return client.post(url, json.dumps(data), content_type="application/json")


def test_ranked_offers_with_exact_sums(world, ranked, api_as):
    answer = api_as(world.liaison).get(f"/api/v1/needs/{ranked.number}/matches")
    assert answer.status_code == 200
    body = answer.json()
    (match,) = body["matches"]
    assert body["documents"] == 1
    assert match["score_tenths"] == sum(
        match[name] for name in ("text_tenths", "targets_tenths", "chain_tenths", "local_tenths")
    )
    assert sum(phrase["tenths"] for phrase in match["phrases"]) == match["text_tenths"]
    assert [finding["verdict"] for finding in match["findings"]] == ["MET", "NOT_STATED"]
    assert (match["verdict"], match["introduction"]) == (None, None)


@pytest.mark.parametrize("name", ["member", "rival_filler", "officer_other_county", "operator"])
def test_who_may_not_read_gets_what_is_not_there(world, ranked, api_as, name):
    client = api_as(getattr(world, name))
    assert client.get(f"/api/v1/needs/{ranked.number}/matches").status_code == 404
    url = f"/api/v1/needs/{ranked.number}/matches/CG-2026-000001/judge"
    said = post(client, url, choice="REJECT", reason_code="OTHER", note="x")
    assert said.status_code == 404


def test_without_a_token_401(ranked, client):
    assert client.get(f"/api/v1/needs/{ranked.number}/matches").status_code == 401
    assert client.get("/api/v1/introductions").status_code == 401


def test_judge_then_introduce_then_through_to_the_end(world, ranked, api_as, at):
    client = api_as(world.liaison)
    base = f"/api/v1/needs/{ranked.number}/matches/CG-2026-000001"
    judged = post(client, f"{base}/judge", choice="REJECT", reason_code="TOO_EARLY", note="先看看")
    assert (judged.status_code, judged.json()["choice"]) == (200, "REJECT")
    refused = post(client, f"{base}/judge", choice="REJECT", reason_code="TARGETS_MET", note="x")
    assert refused.status_code == 422
    assert refused.json()["refusals"][0]["code"] == "match.reason_unfit"
    made = post(client, f"{base}/introduce", reason_code="TARGETS_MET", note="可先试片")
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    one = f"/api/v1/introductions/{number}"
    assert client.get("/api/v1/introductions").json()["items"][0]["number"] == number
    assert client.get(one).json()["state"] == "SUGGESTED"
    answered = post(api_as(world.member), f"{one}/answer", answer="YES")
    assert answered.json()["offer_answer"] == "YES"
    today = shanghai_date(datetime.fromisoformat(made.json()["introduced_at"])).isoformat()
    contact = post(client, f"{one}/contact", date=today, kind="PHONE", words="约见面")
    assert contact.status_code == 201, contact.content
    assert [row["words"] for row in client.get(f"{one}/contacts").json()] == ["约见面"]
    assert api_as(world.member).get(f"{one}/contacts").json() == []
    moved = post(client, f"{one}/advance", to="INTENT", amount_fen=100)
    assert (moved.json()["state"], moved.json()["amount_fen"]) == ("INTENT", 100)
    stale = client.post(f"{one}/advance", json.dumps({"to": "SIGNED"}),
                        content_type="application/json", headers={"if-match": '"1"'})  # fmt: skip
    assert stale.status_code == 409
    shared = post(client, f"{one}/share", shares={world.liaison.person.number: 10_000})
    assert shared.json() == {"shares": {world.liaison.person.number: 10_000}}
    wrong = post(client, f"{one}/hand-over", to_person="RY-0000-000000")
    assert wrong.json()["refusals"][0]["code"] == "introduction.person_unknown"
    ended = post(client, f"{one}/end", reason_code="TERMS", note="谈不拢")
    assert ended.json()["end_reason_code"] == "TERMS"


def test_another_liaison_takes_over(world, introduction, api_as):
    from kechuang.base.actor import Role

    second = world.add("liaison2", Role.LIAISON, region=world.county)
    answer = post(api_as(world.liaison), f"/api/v1/introductions/{introduction.number}/hand-over",
                  to_person=second.person.number)  # fmt: skip
    assert (answer.status_code, answer.json()["state"]) == (201, "OPEN")
    one = f"/api/v1/introductions/{introduction.number}"
    assert post(api_as(world.liaison), f"{one}/hand-over/accept").status_code == 422
    taken = post(api_as(second), f"{one}/hand-over/accept")
    assert taken.json()["state"] == "ACCEPTED"
    assert api_as(second).get(one).json()["liaison"] == second.person.number


def test_the_office_sets_capacity(world, introduction, api_as):
    url = f"/api/v1/introductions/liaisons/{world.liaison.person.number}/capacity"
    answer = post(api_as(world.officer), url, capacity=12)
    assert answer.json() == {
        "person": world.liaison.person.number, "capacity": 12, "load": 1
    }  # fmt: skip
    assert post(api_as(world.officer), url, capacity=0).status_code == 422
    assert post(api_as(world.liaison), url, capacity=3).status_code == 422
    assert post(api_as(world.officer_county), url, capacity=3).status_code == 404


def test_words_are_added_read_and_taken_out_again(world, api_as):
    officer, url = api_as(world.officer), "/api/v1/introductions/words"
    added = post(officer, url, sort="ALIAS", text="CBN，立方氮化硼", reason="行业叫法")
    assert (added.status_code, added.json()["names"]) == (201, ["cbn", "立方氮化硼"])
    again = post(officer, url, sort="ALIAS", text="立方氮化硼、CBN", reason="行业叫法")
    assert again.status_code == 422
    number = added.json()["number"]
    read = api_as(world.liaison).get(url).json()
    assert [row["number"] for row in read["in_force"]] == [number]
    ended = post(officer, f"{url}/{number}/end", reason="与另一种材料混淆")
    assert (ended.status_code, ended.json()["is_in_force"]) == (200, False)
    assert post(officer, f"{url}/{number}/end", reason="再去掉一次").status_code == 404
    read = api_as(world.liaison).get(url).json()
    assert (read["in_force"], read["ended"][0]["end_reason"]) == ([], "与另一种材料混淆")


def test_who_may_not_keep_words_is_told_and_a_stranger_finds_none(world, api_as, client):
    url = "/api/v1/introductions/words"
    said = {"sort": "WORD", "text": "增材制造", "reason": "常用"}
    refused = post(api_as(world.liaison), url, **said)
    assert refused.json()["refusals"][0]["code"] == "search.may_not_keep_terms"
    assert post(api_as(world.filler), url, **said).status_code == 404
    assert api_as(world.filler).get(url).status_code == 404
    assert client.get(url).status_code == 401
