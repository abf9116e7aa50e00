"""The API of the reviews: the same verbs, the same fences."""

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.reviews import queries
from kechuang.reviews.models import Conflict, Panel, Review, Seat
from tests.reviews.bench import CRITERIA, GOOD, SUBJECT, reviewing, scored

BASE = "/api/v1/reviews"
SHEET = {"points": GOOD, "opinion": "路线可行。"}


def post(client, address, **body):
    return client.post(f"{BASE}{address}", body, content_type="application/json")


@pytest.fixture
def now():
    return timezone.now()


def test_the_whole_way_of_a_panel(world, api_as):
    office, secretary = api_as(world.officer), api_as(world.officer2)
    experts = {n: api_as(getattr(world, n)) for n in ("expert1", "expert2", "expert3")}
    numbers = {getattr(world, n).person.number: client for n, client in experts.items()}
    planned = post(
        office, "/panels", subject_number=SUBJECT, subject_title="榜单", region="990100",
        criteria=CRITERIA,
    )  # fmt: skip
    assert (planned.status_code, planned.json()["state"]) == (200, "PLANNED")
    way = f"/panels/{planned.json()['number']}"
    named = post(
        office, f"{way}/officers", secretary=world.officer2.person.number,
        chair=world.expert1.person.number,
    )  # fmt: skip
    assert named.json()["chair"] == world.expert1.person.number
    case = {"number": "BID0000001A", "title": "方案甲", "url": "/bids/BID0000001A/content/",
            "organisation_codes": [world.university.code]}  # fmt: skip
    assert post(secretary, f"{way}/cases", cases=[case]).status_code == 200
    assert post(secretary, f"{way}/experts", experts=list(numbers)).json()["state"] == "INVITING"
    for seat in secretary.get(f"{BASE}{way}/seats").json():
        accepted = post(numbers[seat["expert"]], f"/seats/{seat['number']}/accept")
        assert accepted.json()["state"] == "ACCEPTED"
    for client in experts.values():
        review = client.get(f"{BASE}").json()["items"][0]
        one = f"/{review['number']}"
        assert review["state"] == "DECLARING"
        assert post(client, f"{one}/declare", conflict=False).json()["state"] == "ACTIVE"
        saved = client.put(f"{BASE}{one}/score", SHEET, content_type="application/json").json()
        assert (saved["state"], saved["points"]) == ("DRAFT", GOOD)
        assert post(client, f"{one}/submit", **SHEET).json()["total"] == "83.00"
    chair = experts["expert1"]
    assert post(secretary, f"{way}/consensus").status_code == 422
    assert post(chair, f"{way}/consensus").json()["consensus_at"] is not None
    minutes = post(chair, f"{way}/finish", remark="同意").json()
    assert minutes["signed_by"] == world.expert1.person.number
    ranking = office.get(f"{BASE}{way}/ranking").json()
    assert [(row["case"], row["rank"], row["mean"], row["passed"]) for row in ranking] == [
        ("BID0000001A", 1, "83.00", True)
    ]
    found = office.get(f"{BASE}{way}/minutes").json()
    assert found["content_hash"] == minutes["content_hash"]


def test_without_a_token_nothing_is_read(world, now):
    bench = scored(world, now)
    review = bench.review("expert2").number
    for address in ("", f"/{review}", "/panels", f"/panels/{bench.panel.number}", "/seats"):
        assert Client().get(f"{BASE}{address}").status_code == 401


def test_a_hidden_review_is_like_one_that_does_not_exist(world, now, api_as):
    bench = scored(world, now)
    review = bench.review("expert2").number
    for name in ("expert3", "expert4", "head", "filler", "member", "operator", "officer_county"):
        client = api_as(getattr(world, name))
        hidden = client.get(f"{BASE}/{review}")
        assert (hidden.status_code, hidden.json()) == (
            404, client.get(f"{BASE}/0000000000Z").json(),
        )  # fmt: skip
        assert post(client, f"/{review}/submit", **SHEET).status_code == 404
        assert post(client, f"/{review}/reopen", reason="重评").status_code == 404


def test_a_recused_case_is_in_no_list(world, now, api_as):
    bench = reviewing(world, now)
    client, review = api_as(world.expert2), bench.review("expert2").number
    assert post(client, f"/{review}/declare", conflict=True, ground="师生").status_code == 200
    listed = client.get(BASE).json()["items"]
    assert [row["case"] for row in listed] == ["BID0000002B"]
    assert client.get(f"{BASE}/{review}").status_code == 404


def test_a_ranking_before_the_end_is_refused(world, now, api_as):
    bench = scored(world, now)
    answer = api_as(world.officer2).get(f"{BASE}/panels/{bench.panel.number}/ranking")
    assert (answer.status_code, answer.json()["refusals"][0]["code"]) == (
        422, "reviews.wrong_state",
    )  # fmt: skip


def test_reopening_explaining_releasing_declining_cancelling(world, now, api_as):
    bench = scored(world, now)
    review, way = bench.review("expert2").number, f"/panels/{bench.panel.number}"
    chair, secretary, expert = (
        api_as(member) for member in (world.expert1, world.officer2, world.expert2)
    )
    assert post(expert, f"/{review}/explain", explanation="无").status_code == 422
    assert post(chair, f"/{review}/reopen", reason="漏看").json()["state"] == "DRAFT"
    seat = queries.seat_of(bench.panel, world.expert2.person).number
    released = post(secretary, f"/seats/{seat}/release", reason="逾期")
    assert released.json()["state"] == "RELEASED"
    post(secretary, f"{way}/experts", experts=[world.expert4.person.number])
    invited = queries.seat_of(bench.panel, world.expert4.person).number
    refused = post(api_as(world.expert4), f"/seats/{invited}/refuse", reason="出差")
    assert refused.json()["state"] == "REFUSED"
    gone = post(api_as(world.head), f"{way}/cancel", reason="撤榜")
    assert gone.json()["state"] == "CANCELLED"


def test_the_secretary_decides_a_conflict(world, now, api_as):
    from kechuang.parties.models import Person

    Person.objects.filter(pk=world.member.person.pk).update(name=world.expert2.person.name)
    bench = reviewing(world, now)
    secretary = api_as(world.officer2)
    listed = secretary.get(f"{BASE}/panels/{bench.panel.number}/conflicts").json()
    assert [(row["kind"], row["verdict"]) for row in listed] == [("NAME", "POSSIBLE")]
    way = f"/conflicts/{listed[0]['number']}/decide"
    assert post(api_as(world.expert3), way, is_conflict=True, reason="是").status_code == 404
    assert post(secretary, way, is_conflict=True, reason="是").json()["verdict"] == "BLOCKING"
    assert Review.objects.get(pk=bench.review("expert2").pk).state == "RECUSED"
    assert Conflict.objects.get().decided_by == world.officer2.person


def test_an_officer_fences_oneself(world, now, api_as):
    scored(world, now)
    client = api_as(world.officer)
    assert len(client.get(f"{BASE}/panels").json()["items"]) == 1
    assert post(client, "/fences", subject_number=SUBJECT, ground="亲属").status_code == 200
    assert client.get(f"{BASE}/panels").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"points": {"technology": 101}}, {"points": {"technology": "九十"}},
        {"points": {"technology": 50.5}}, {"opinion": "长" * 5001},
    ],
)  # fmt: skip
def test_bad_sheets_change_nothing(world, now, api_as, body):
    bench = reviewing(world, now).declared()
    review = bench.review("expert2")
    answer = api_as(world.expert2).put(
        f"{BASE}/{review.number}/score", body, content_type="application/json"
    )
    assert (answer.status_code, Review.objects.get(pk=review.pk).state) == (422, "ACTIVE")


def test_unknown_people_and_regions_are_refused(world, now, api_as):
    bench = reviewing(world, now)
    secretary = api_as(world.officer2)
    answer = post(secretary, f"/panels/{bench.panel.number}/experts", experts=["RY-0"])
    assert answer.json()["refusals"][0]["code"] == "reviews.no_such_person"
    answer = post(
        secretary, "/panels", subject_number="JB-9", subject_title="榜", region="1",
        criteria=CRITERIA,
    )  # fmt: skip
    assert (answer.status_code, Panel.objects.count(), Seat.objects.count()) == (422, 1, 3)
