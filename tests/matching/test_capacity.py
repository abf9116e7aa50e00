"""How much a liaison takes on: set by the office, paused by oneself."""

from datetime import timedelta

import pytest

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.base.time import shanghai_date
from kechuang.matching import actions, queries
from kechuang.matching.models import Liaison

pytestmark = pytest.mark.django_db
LIST = "/introductions/liaisons/"


def test_the_office_sets_the_capacity_from_its_page(world, introduction, client_as):
    officer, number = client_as(world.officer), world.liaison.person.number
    assert LIST in officer.get("/introductions/").content.decode()
    assert number in officer.get(LIST).content.decode()
    path = f"{LIST}{number}/capacity/"
    assert officer.get(path).status_code == 200
    assert officer.post(path, {"capacity": "0"}).status_code == 422
    assert officer.post(path, {"capacity": "1"}).status_code == 302
    assert queries.capacity_of(world.liaison.person) == 1
    assert "已满" in officer.get(LIST).content.decode()


def test_a_liaison_sees_oneself_and_pauses_but_sets_no_capacity(world, live_at, client_as):
    liaison, number = client_as(world.liaison), world.liaison.person.number
    assert number in liaison.get(LIST).content.decode()
    assert liaison.get(f"{LIST}{number}/capacity/").status_code == 404
    day = shanghai_date(live_at) + timedelta(days=14)
    path = f"{LIST}{number}/pause/"
    assert liaison.get(path).status_code == 200
    assert liaison.post(path, {"until": "2020-01-01"}).status_code == 422
    assert liaison.post(path, {"until": day.isoformat()}).status_code == 302
    assert Liaison.objects.get().paused_until == day
    assert f"暂停到 {day.isoformat()}" in liaison.get(LIST).content.decode()
    assert liaison.post(path, {"until": ""}).status_code == 302
    assert Liaison.objects.get().paused_until is None


@pytest.mark.parametrize("name", ["filler", "expert1", "operator", "finance", "member"])
def test_nobody_else_sees_the_list(world, client_as, name):
    assert client_as(getattr(world, name)).get(LIST).status_code == 404


def test_who_pauses_takes_nothing_new_until_the_day(world, need, offer, at):
    person, day = world.liaison.person, shanghai_date(at) + timedelta(days=7)
    place = {"person": person, "region_path": world.city.path}
    actions.pause_liaison(**place, until=day, by=world.liaison.actor, at=at)
    said = {"need": need, "offer": offer, "reason_code": "TARGETS_MET", "note": "可先试片。"}
    with pytest.raises(Refused) as caught:
        actions.introduce(**said, by=world.liaison.actor, at=at + timedelta(days=6))
    assert caught.value.code == "introduction.paused"
    made = actions.introduce(**said, by=world.liaison.actor, at=at + timedelta(days=7))
    assert made.liaison == person


def test_a_pause_is_ones_own_or_the_offices(world, at):
    place = {"person": world.liaison.person, "region_path": world.city.path, "until": None}
    for member in (world.filler, world.supervisor, world.officer_other_county):
        with pytest.raises(NotPermitted):
            actions.pause_liaison(**place, by=member.actor, at=at)
    assert not Liaison.objects.exists()
