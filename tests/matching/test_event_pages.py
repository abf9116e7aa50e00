"""Pages and API of events: the way of an event by clicks, what each viewer gets, query counts."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from kechuang.doors.forms import moment_text
from kechuang.matching import actions
from kechuang.matching.models import Event, Introduction, Outcome, Sitting
from kechuang.matching.waiting import matters_for
from kechuang.parties.models import Consortium

pytestmark = pytest.mark.django_db


@pytest.fixture
def soon(typed, live_at):
    """The event as typed, a week from the present instant."""
    since = live_at + timedelta(days=7)
    return typed | {"since_at": since, "until_at": since + timedelta(hours=1),
                    "sign_up_until": since - timedelta(days=1)}  # fmt: skip


def typed_in(soon):
    moments = ("since_at", "until_at", "sign_up_until")
    return soon | {name: moment_text(soon[name]) for name in moments}


def test_the_way_of_an_event_by_pages(world, need, offer, soon, client_as, live_at):
    actions.rank_need(need=need, at=live_at)
    liaison, filler, member = (client_as(m) for m in (world.liaison, world.filler, world.member))
    assert liaison.get("/events/new/").status_code == 200
    assert filler.get("/events/new/").status_code == 404
    assert liaison.post("/events/new/", typed_in(soon) | {"title": ""}).status_code == 422
    a_day = typed_in(soon) | {"since_at": f"{soon['since_at']:%Y-%m-%d}"}
    assert liaison.post("/events/new/", a_day).status_code == 422
    assert liaison.post("/events/new/", typed_in(soon)).status_code == 302
    base = f"/events/{Event.objects.get().number}/"
    assert filler.get(base).status_code == 404
    assert liaison.post(f"{base}open/").status_code == 302
    assert "报名" in filler.get(base).content.decode()
    assert filler.get(f"{base}sign-up/").status_code == 200
    assert filler.post(f"{base}sign-up/", {"brings": ""}).status_code == 422
    assert filler.post(f"{base}sign-up/", {"brings": need.number}).status_code == 302
    assert liaison.post(f"{base}invite/").status_code == 302
    page = member.get(base).content.decode()
    assert "在这条需求的推荐里排第 1" in page and f"?offer={offer.number}" in page
    assert "答复对接会邀请" in [m.task for m in matters_for(world.member.actor, live_at)]
    assert member.post(f"{base}sign-up/", {"brings": offer.number}).status_code == 302
    assert liaison.post(f"{base}plan/").status_code == 302
    plan = liaison.get(f"{base}plan/").content.decode()
    assert "桌次" in plan and world.filler.person.name in plan
    assert member.get(f"{base}plan/").status_code == 404
    assert "您单位的面谈" in member.get(base).content.decode()
    one = Sitting.objects.get()
    assert liaison.get(f"{base}plan/?move={one.number}").status_code == 200
    seat = {"need_sign_up": one.need_sign_up.number, "offer_sign_up": one.offer_sign_up.number,
            "table": "2", "slot": "1"}  # fmt: skip
    assert liaison.post(f"{base}plan/seat/", seat).status_code == 302
    assert liaison.post(f"{base}plan/seat/", seat | {"table": "9"}).status_code == 422
    assert "第 2 桌" in liaison.get(f"{base}plan/cards/").content.decode()
    assert liaison.get(f"{base}hold/").status_code == 200
    assert liaison.post(f"{base}hold/", {"arrived": []}).status_code == 422


@pytest.fixture
def held(world, event, signed, at):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    return actions.hold_event(event=event, arrived=[s.number for s in signed],
                              by=world.liaison.actor, at=event.until_at)  # fmt: skip


def test_after_an_event_it_goes_on_in_the_ledger(world, held, client_as):
    liaison = client_as(world.liaison)
    base = f"/events/{held.number}/plan/"
    assert "转入台账" in liaison.get(base).content.decode()
    url = f"{base}sittings/{Sitting.objects.get().number}/introduce/"
    assert liaison.get(url).status_code == 200
    assert liaison.post(url, {"reason_code": "TARGETS_MET", "note": "会上谈妥"}).status_code == 302
    made = Introduction.objects.get()
    assert held.title in liaison.get(f"/introductions/{made.number}/").content.decode()


def test_outcomes_wait_with_their_date(world, held, client_as, at):
    quiet = at + timedelta(days=60)
    due = at + timedelta(days=95)
    late = at + timedelta(days=110)
    assert "答复对接成效" not in [m.task for m in matters_for(world.filler.actor, quiet)]
    (row,) = [m for m in matters_for(world.filler.actor, due) if m.task == "答复对接成效"]
    assert (row.mine, row.until.date().isoformat()) == (True, "2027-02-28")
    chased = [m for m in matters_for(world.liaison.actor, late) if m.task == "催问对接成效"]
    assert sorted(m.holder for m in chased) == ["示例大学", "示例轴承股份有限公司"]
    client, number = client_as(world.filler), Outcome.objects.get(months=3, side="NEED").number
    url = f"/events/outcomes/{number}/"
    assert client.get(url).status_code == 200
    assert client_as(world.member).get(url).status_code == 404
    assert client.post(url, {"code": "SIGNED", "amount": "很多"}).status_code == 422
    assert client.post(url, {"code": "SIGNED", "amount": "80"}).status_code == 302
    assert Outcome.objects.get(number=number).amount_fen == 80_000_000


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_of_events_takes_few_statements(
    world, typed, client_as, at, count, django_assert_max_num_queries
):
    for _turn in range(count):
        row = actions.save_event(event=None, typed=typed, by=world.liaison.actor, at=at)
        actions.open_event(event=row, by=world.liaison.actor, at=at)
    client = client_as(world.officer)
    client.get("/events/")
    with django_assert_max_num_queries(12):
        assert client.get("/events/").status_code == 200
    assert client.get("/events.csv?state=open").status_code == 200


def test_pages_hold_in_english(world, event, signed, client_as, at):
    actions.plan_event(event=event, by=world.liaison.actor, at=at)
    client = client_as(world.liaison)
    for url in (
        "/en/events/",
        f"/en/events/{event.number}/",
        f"/en/events/{event.number}/plan/",
        f"/en/events/{event.number}/plan/cards/",
        "/en/introductions/funnel/",
        "/en/introductions/requests/",
        "/en/consortia/",
        "/en/events/new/",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url


def post(client, url, **data):
    return client.post(url, json.dumps(data), content_type="application/json")


def test_the_way_of_an_event_by_the_api(world, need, offer, soon, api_as, live_at):
    actions.rank_need(need=need, at=live_at)
    liaison, filler, member = (api_as(m) for m in (world.liaison, world.filler, world.member))
    said = {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in soon.items()}
    refused = post(liaison, "/api/v1/events", **(said | {"title": ""}))
    assert refused.json()["refusals"][0]["code"] == "event.text_missing"
    made = post(liaison, "/api/v1/events", **said)
    assert made.status_code == 201, made.content
    one = f"/api/v1/events/{made.json()['number']}"
    assert filler.get(one).status_code == 404
    assert post(liaison, f"{one}/open").json()["state"] == "OPEN"
    changed = liaison.put(
        one,
        json.dumps(said | {"place": "三楼"}),
        content_type="application/json",
        headers={"if-match": '"2"'},
    )
    assert changed.json()["place"] == "三楼"
    ask = post(filler, f"{one}/sign-ups", brings=need.number)
    assert ask.status_code == 201, ask.content
    (asked,) = post(liaison, f"{one}/invite").json()
    assert (asked["offer"], asked["state"]) == (offer.number, "OPEN")
    give = post(member, f"{one}/sign-ups", brings=offer.number)
    assert member.get(f"{one}/invitations").json()[0]["state"] == "ACCEPTED"
    assert post(liaison, f"{one}/plan").json() == {"sittings": 1, "left": 0}
    moved = post(liaison, f"{one}/plan/seat", need_sign_up=ask.json()["number"],
                 offer_sign_up=give.json()["number"], table=2, slot=1)  # fmt: skip
    assert moved.json()["table"] == 2
    (mine,) = filler.get(f"{one}/plan").json()
    assert mine["number"] == moved.json()["number"]
    assert len(liaison.get(f"{one}/sign-ups").json()) == 2
    assert liaison.delete(f"{one}/plan/{mine['number']}").status_code == 204
    left = post(filler, f"{one}/sign-ups/{ask.json()['number']}/withdraw")
    assert left.json()["state"] == "WITHDRAWN"
    assert post(liaison, f"{one}/hold", arrived=[]).status_code == 422
    assert post(liaison, f"{one}/cancel", reason="停电").json()["state"] == "CANCELLED"
    assert liaison.get("/api/v1/events").json()["items"][0]["cancel_reason"] == "停电"


def test_outcomes_and_the_funnel_by_the_api(world, held, api_as):
    member, liaison = api_as(world.member), api_as(world.liaison)
    first = member.get("/api/v1/events/outcomes").json()["items"][0]
    done = post(member, f"/api/v1/events/outcomes/{first['number']}/answer", code="TALKING")
    assert done.json()["code"] == "TALKING"
    assert liaison.get("/api/v1/introductions/funnel?period=2026").json()["served"] == 1
    assert member.get("/api/v1/introductions/funnel").status_code == 404


def test_a_consortium_by_pages_and_api(world, client_as, api_as):
    lead, asked = client_as(world.unit_admin), client_as(world.research_admin)
    assert lead.post("/consortia/new/", {"name": "x", "purpose": ""}).status_code == 422
    said = {"name": "轴承联合体", "purpose": "一起解决主轴轴承"}
    assert lead.post("/consortia/new/", said).status_code == 302
    row = Consortium.objects.get()
    base = reverse("consortium", args=[row.number])
    assert asked.get(base).status_code == 404
    assert lead.post(f"{base}invite/", {"organisation": "没有这家"}).status_code == 422
    assert lead.post(f"{base}invite/", {"organisation": world.university.name}).status_code == 302
    member = row.members.get(state="INVITED")
    assert "答复联合体邀请" in [m.task for m in matters_for(world.research_admin.actor,
                                                          row.founded_at)]  # fmt: skip
    assert client_as(world.member).get(base).status_code == 200
    assert lead.post(f"{base}members/{member.number}/answer/", {"accept": "yes"}).status_code == 422
    answer = asked.post(f"{base}members/{member.number}/answer/", {"accept": "yes"})
    assert answer.status_code == 302
    assert asked.get(f"{base}lead/").status_code == 404
    assert lead.post(f"{base}lead/", {"organisation": world.university.number}).status_code == 302
    api, one = api_as(world.research_admin), f"/api/v1/consortia/{row.number}"
    taking = next(m for m in api.get(one).json()["members"] if m["state"] == "INVITED")
    taken = post(api, f"{one}/members/{taking['number']}/answer", accept=True)
    assert (taken.json()["role"], taken.json()["state"]) == ("LEAD", "ACCEPTED")
    assert lead.get(f"{base}end/").status_code == 404
    assert post(api, f"{one}/end").json()["ended_at"] is not None
