"""The site's own API: the work list, what anybody can check, and the supervisor's record."""

import pytest
from django.test import Client

from kechuang.record.actions import sequence_entries, take_checkpoint
from tests.needs.builders import submitted_need, waiting_need

pytestmark = pytest.mark.django_db


def test_the_work_list_says_what_waits_for_whom_and_until_when(world, at, api_as):
    number = submitted_need(world, at).number
    (row,) = api_as(world.unit_admin).get("/api/v1/work?who=me").json()["items"]
    assert (row["number"], row["task"], row["mine"], row["url"]) == (
        number, "需求签发", True, f"/needs/{number}/sign/",
    )  # fmt: skip
    assert row["until"] > row["since"]
    (waited,) = api_as(world.filler).get("/api/v1/work?who=others").json()["items"]
    assert (waited["number"], waited["mine"]) == (number, False)
    assert api_as(world.filler).get("/api/v1/work?who=me").json() == {"items": []}
    assert Client().get("/api/v1/work").status_code == 401


def test_the_work_list_speaks_the_readers_language(world, at, api_as):
    submitted_need(world, at)
    client = api_as(world.unit_admin)
    (row,) = client.get("/api/v1/work", headers={"accept-language": "en"}).json()["items"]
    assert (row["task"], row["url"]) == ("Sign a need", f"/en/needs/{row['number']}/sign/")
    refused = client.get("/api/v1/record", headers={"accept-language": "en"}).json()["refusals"]
    assert refused[0]["message"] == "Only the supervisor reads the whole record."
    (zh,) = client.get("/api/v1/record").json()["refusals"]
    assert zh["message"] == "完整的记录只有监督能看。"


def test_anybody_checks_a_number_and_learns_of_nobody(world, at):
    number = waiting_need(world, at).number
    sequence_entries()
    checkpoint = take_checkpoint(at=at)
    found = Client().get(f"/api/v1/verify/{number}").json()
    assert [(e["verb"], e["position"]) for e in found["entries"]] == [
        ("needs.submit", 0), ("needs.sign", 1),
    ]  # fmt: skip
    assert set(found["entries"][0]) == {
        "number", "object_number", "verb", "role", "at", "position", "leaf_hash"
    }
    assert found["checkpoint"]["root"] == checkpoint.root
    assert Client().get("/api/v1/verify").json()["size"] == 256


@pytest.mark.parametrize("number", ["XQ-2026-999999", "RY-2024-000001", "%00"])
def test_what_the_record_does_not_name_is_404(world, number):
    assert Client().get(f"/api/v1/verify/{number}").status_code == 404
    assert Client().get("/api/v1/verify").status_code == 404


def test_the_whole_record_is_the_supervisors(world, at, api_as):
    number = waiting_need(world, at).number
    read = api_as(world.supervisor).get(f"/api/v1/record?object={number}&verb=needs.").json()
    assert [(e["verb"], e["person"]) for e in read["items"]] == [
        ("needs.sign", world.unit_admin.person.number), ("needs.submit", world.filler.person.number)
    ]  # fmt: skip
    later = api_as(world.supervisor).get("/api/v1/record?since=2040-01-01T00:00:00Z&verb=needs.")
    assert later.json()["items"] == []
    for member in (world.officer, world.operator, world.filler):
        assert api_as(member).get("/api/v1/record").status_code == 422
    assert Client().get("/api/v1/record").status_code == 401


@pytest.mark.parametrize("body", ["{}", "no json", '{"wage": 1}'])
def test_a_stranger_who_would_write_signs_in_before_anything_is_read(db, body):
    answer = Client().post("/api/v1/challenges/", body, content_type="application/json")
    assert answer.status_code == 401
    assert [one["code"] for one in answer.json()["refusals"]] == ["http.401"]
