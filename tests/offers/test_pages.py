"""The offers' pages and the API: what each reader sees, and every step."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kechuang.offers.models import Offer
from kechuang.offers.rules import State
from tests.offers.test_actions import ABSTRACT, TYPED, published_offer

pytestmark = pytest.mark.django_db


def posted(**more):
    said = {key: value for key, value in TYPED.items() if key != "figures"}
    for key, value in TYPED["figures"][0].items():
        said[f"figures-0-{key}"] = value
    return said | {"version": "0"} | more


def test_the_whole_way_by_pages(world, at, client, client_as):
    member, admin = client_as(world.member), client_as(world.research_admin)
    member.post("/offers/new/", posted(do="submit"))
    offer = Offer.objects.get()
    assert (offer.state, offer.chains, offer.modes) == (
        State.UNIT_CHECK, ["NEW_MATERIALS"], ["LICENSE"])
    assert client.get(f"/offers/{offer.number}/").status_code == 404
    admin.post(f"/offers/{offer.number}/return/", {"reason": "请补价格", "version": offer.version})
    assert "请补价格" in member.get(f"/offers/{offer.number}/edit/").content.decode()
    offer.refresh_from_db()
    member.post(f"/offers/{offer.number}/edit/", posted(do="submit", version=str(offer.version)))
    offer.refresh_from_db()
    admin.post(f"/offers/{offer.number}/sign/", {"version": offer.version})
    page = client.get(f"/offers/{offer.number}/").content.decode()
    assert "226 W/(m·K)" in page and "13800000000" not in page
    offer.refresh_from_db()
    admin.post(f"/offers/{offer.number}/withdraw/",
               {"reason": "专利失效", "version": offer.version})
    assert client.get(f"/offers/{offer.number}/").status_code == 404


def test_errors_stand_at_their_fields(world, at, client_as):
    data = posted(title="", do="submit", **{"figures-0-value": "很高"})
    answer = client_as(world.member).post("/offers/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_title"' in page and 'href="#id_figures-0-value"' in page


def test_an_autosave_keeps_and_a_stale_one_answers_what_stands(world, at, client_as):
    client = client_as(world.member)
    answer = client.post("/offers/new/autosave/", posted(title="半句"))
    address = answer.json()["autosave"]
    client.post(address, posted(title="甲", version="1"))
    stale = client.post(address, posted(title="乙", version="1"))
    assert (stale.status_code, stale.json()["fields"]["title"]) == (409, "甲")


def test_the_list_costs_the_same_with_one_row_and_thirty(world, at, client):
    published_offer(world, at)
    client.get("/offers/")
    with CaptureQueriesContext(connection) as one:
        client.get("/offers/")
    for _ in range(29):
        published_offer(world, at)
    with CaptureQueriesContext(connection) as thirty:
        assert client.get("/offers/").content.decode().count("CG-2026-") >= 30
    assert len(thirty) == len(one)


def test_a_sheet_of_texts_is_published_with_automatic_titles(world, at, client, client_as):
    text = json.dumps({"id": 0, "body": ABSTRACT}, ensure_ascii=False).encode()
    file = SimpleUploadedFile("abstracts.jsonl", text)
    office = client_as(world.officer)
    checked = office.post("/offers/import/", {"file": file})
    answer = office.post(f"/offers/import/{checked.context['upload'].number}/")
    assert answer.status_code == 302
    assert "自动题名" in client.get("/offers/").content.decode()


def test_pages_stand_in_both_languages(world, at, client, client_as):
    offer = published_offer(world, at)
    for address in ("/offers/", f"/offers/{offer.number}/", "/offers.csv"):
        assert client.get(address).status_code == 200
        assert client.get(f"/en{address}").status_code == 200
    assert client_as(world.member).get("/offers/new/").status_code == 200
    assert client_as(world.officer).get("/offers/import/").status_code == 200


def test_the_way_through_the_api(world, at, client, api_as):
    member, admin = api_as(world.member), api_as(world.research_admin)
    draft = {"title": TYPED["title"], "body": TYPED["body"], "chains": ["NEW_MATERIALS"],
             "figures": TYPED["figures"], "price_low_fen": 100_000_000}
    made = member.post("/api/v1/offers", draft, content_type="application/json")
    assert made.status_code == 201
    number = made.json()["number"]
    handed = member.post(f"/api/v1/offers/{number}/submit")
    number = handed.json()["number"]
    assert handed.json()["state"] == "UNIT_CHECK"
    signed = admin.post(f"/api/v1/offers/{number}/sign", headers={"If-Match": '"1"'})
    assert signed.status_code == 409
    signed = admin.post(f"/api/v1/offers/{number}/sign")
    assert signed.json()["state"] == "PUBLISHED"
    row = client.get("/api/v1/offers").json()["items"][0]
    assert (row["number"], row["price_low_fen"], row["figures"][0]["value"]) == (
        number, 100_000_000, "226")


def test_the_work_list_of_the_unit(world, at):
    from kechuang.offers import actions
    from kechuang.offers.waiting import matters_for

    offer = actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    assert [m.task for m in matters_for(world.member.actor, at)] == ["成果草稿待提交"]
    offer = actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    assert [m.mine for m in matters_for(world.research_admin.actor, at)] == [True]
    assert [(m.mine, m.holder) for m in matters_for(world.member.actor, at)] == [
        (False, "research_admin-人")]
