"""The needs' API: the same way, the same refusals, the same hiding."""

import pytest

from kechuang.needs.models import Need
from tests.needs.builders import TYPED, accepted_need, drafted

pytestmark = pytest.mark.django_db
DRAFT = {
    "title": TYPED["title"], "body": TYPED["body"], "chain": "NEW_MATERIALS",
    "keywords": ["烧结", "铜膏"], "budget_fen": 300_000_000, "due_date": "2038-02-28",
    "publication": "REDACTED", "targets": TYPED["targets"],
}  # fmt: skip


def post(client, address, body=None, **headers):
    return client.post(f"/api/v1/needs{address}", body or {}, content_type="application/json",
                       headers=headers)


def test_the_whole_way_through_the_api(world, at, client, api_as):
    filler, admin = api_as(world.filler), api_as(world.unit_admin)
    county, city = api_as(world.officer_county), api_as(world.officer)
    draft = post(filler, "", DRAFT)
    assert (draft.status_code, draft.json()["state"]) == (201, "DRAFT")
    number = post(filler, f"/{draft.json()['number']}/submit").json()["number"]
    refused = post(admin, f"/{number}/sign", {"consent": False})
    assert refused.status_code == 422
    assert refused.json()["refusals"][0]["code"] == "need.consent_missing"
    post(admin, f"/{number}/sign", {"consent": True})
    post(county, f"/{number}/pass", {})
    marks = [{"field": "targets", "words": "请补检验方法"}]
    returned = post(city, f"/{number}/return", {"marks": marks})
    assert returned.json()["marks"] == marks
    assert filler.get(f"/api/v1/needs/{number}").json()["marks"] == marks
    post(filler, f"/{number}/submit")
    post(admin, f"/{number}/sign", {"consent": True})
    assert post(city, f"/{number}/pass", {}).json()["state"] == "ACCEPTED"
    seen = client.get(f"/api/v1/needs/{number}").json()
    assert (seen["extent"], seen["organisation"], seen["targets"], seen["budget_fen"]) == (
        "SUMMARY", None, None, 300_000_000)
    stages = client.get(f"/api/v1/needs/{number}/history").json()
    assert {stage["by_person"] for stage in stages} == {""}


def test_every_problem_is_named_at_its_field(world, at, api_as):
    client = api_as(world.filler)
    number = post(client, "", DRAFT | {"title": "", "due_date": "2020-01-01"}).json()["number"]
    answer = post(client, f"/{number}/submit")
    assert answer.status_code == 422
    assert [(one["code"], one["field"]) for one in answer.json()["refusals"]] == [
        ("need.title_missing", "title"), ("need.due_past", "due")]


def test_an_edit_on_an_older_version_is_409(world, at, api_as):
    need = drafted(world, at)
    client = api_as(world.filler)
    address = f"/api/v1/needs/{need.number}"
    first = client.put(address, DRAFT, content_type="application/json",
                       headers={"If-Match": '"1"'})
    assert first.json()["version"] == 2
    again = client.put(address, DRAFT, content_type="application/json",
                       headers={"If-Match": '"1"'})
    assert again.status_code == 409


def test_who_is_not_signed_in_may_not_post(client, db):
    assert post(client, "", DRAFT).status_code == 401


def test_a_hidden_need_and_none_answer_the_same(world, at, api_as):
    need = accepted_need(world, at, publication="CLOSED")
    client = api_as(world.rival_filler)
    hidden = client.get(f"/api/v1/needs/{need.number}")
    missing = client.get("/api/v1/needs/XQ-2026-999999")
    assert (hidden.status_code, hidden.json()) == (404, missing.json())
    assert client.get("/api/v1/needs/%00").status_code == 404


def test_the_list_narrows_and_pages(world, at, client):
    for place in range(3):
        accepted_need(world, at, title=f"第 {place} 条需求")
    page = client.get("/api/v1/needs?limit=2").json()
    assert len(page["items"]) == 2
    rest = client.get(f"/api/v1/needs?after={page['next_after']}").json()
    assert [row["title"] for row in rest["items"]] == ["第 0 条需求"]
    assert client.get("/api/v1/needs?region=990105").json()["items"] == []
    assert len(client.get("/api/v1/needs?region=990104&chain=NEW_MATERIALS").json()["items"]) == 3


def test_a_file_is_linked_and_taken_away(world, at, api_as):
    need = drafted(world, at)
    client = api_as(world.filler)
    content = "剪切试验记录".encode()
    begun = client.post("/api/v1/uploads", {"filename": "a.txt", "size": len(content)},
                        content_type="application/json").json()
    client.put(f"/api/v1/uploads/{begun['number']}/pieces/0", content,
               content_type="application/octet-stream")
    client.post(f"/api/v1/uploads/{begun['number']}/finish")
    made = post(client, f"/{need.number}/attachments", {"upload": begun["number"]})
    assert (made.status_code, made.json()["name"]) == (201, "a.txt")
    number = made.json()["number"]
    got = client.get(f"/api/v1/needs/{need.number}/attachments/{number}")
    assert b"".join(got.streaming_content) == content
    assert post(client, f"/{need.number}/attachments/{number}/remove").status_code == 204
    assert Need.objects.get().attachments.count() == 0
