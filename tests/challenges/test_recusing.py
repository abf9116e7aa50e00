"""An officer declares a conflict: fenced from then on, and replaced in the challenge."""

import pytest

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.challenges import actions
from kechuang.challenges.waiting import matters_for
from kechuang.messages.models import Message
from kechuang.record.models import Payload
from kechuang.reviews.models import Fence
from tests.challenges import stages

pytestmark = pytest.mark.django_db
GROUND = "近三年在示例大学兼职。"


def test_the_officer_in_charge_is_fenced_and_replaced(world, at):
    line = stages.deciding(world, at)
    assert line.challenge.officer == world.officer.person
    actions.declare_conflict(challenge=line.challenge, ground=GROUND, by=world.officer.actor,
                             at=line.at)
    fence = Fence.objects.get()
    assert (fence.person, fence.ground, fence.kind) == (world.officer.person, GROUND, "DECLARED")
    assert line.fresh().officer == world.officer2.person
    assert matters_for(world.officer.actor, line.at) == []
    assert [m.task for m in matters_for(world.officer2.actor, line.at)] == ["出题方选定"]
    told = Message.objects.filter(template="challenges.taken_over").values_list(
        "person_number", flat=True)
    assert list(told) == [world.officer2.person.number]
    with pytest.raises(NotPermitted):
        actions.take_ranking(challenge=line.challenge, by=world.officer.actor, at=line.at)
    said = Payload.objects.filter(entry__object_number=line.challenge.number)
    assert all(GROUND not in str(one.content) for one in said)


def test_another_of_the_office_is_fenced_and_the_officer_stays(world, at):
    line = stages.deciding(world, at)
    actions.declare_conflict(challenge=line.challenge, ground=GROUND, by=world.head.actor,
                             at=line.at)
    assert line.fresh().officer == world.officer.person
    with pytest.raises(NotPermitted):
        actions.cancel_challenge(challenge=line.challenge, reason="不行", by=world.head.actor,
                                 at=line.at)
    with pytest.raises(NotPermitted):
        actions.declare_conflict(challenge=line.challenge, ground=GROUND, by=world.head.actor,
                                 at=line.at)


def test_where_no_officer_is_left_the_head_is_told(world, at):
    line = stages.opened(world, at)
    for member in (world.officer2, world.officer):
        actions.declare_conflict(challenge=line.challenge, ground=GROUND, by=member.actor,
                                 at=line.at)
    assert line.fresh().officer == world.officer.person
    told = Message.objects.filter(template="challenges.no_officer").values_list(
        "person_number", flat=True)
    assert world.head.person.number in set(told)


def test_a_conflict_needs_its_ground_and_an_office(world, at):
    line = stages.opened(world, at)
    with pytest.raises(Refused) as caught:
        actions.declare_conflict(challenge=line.challenge, ground=" ", by=world.officer.actor,
                                 at=line.at)
    assert caught.value.code == "challenges.no_ground"
    for member in (world.member, world.supervisor, world.expert1, world.officer_other_county):
        with pytest.raises(NotPermitted):
            actions.declare_conflict(challenge=line.challenge, ground=GROUND, by=member.actor,
                                     at=line.at)
    assert not Fence.objects.exists()


def test_the_page_declares_and_then_says_what_is_closed(world, at, client_as):
    line = stages.checking(world, at)
    path = f"/challenges/{line.challenge.number}/"
    officer = client_as(world.officer)
    assert f"{path}conflict/" in officer.get(path).content.decode()
    assert officer.get(f"{path}conflict/").status_code == 200
    assert officer.post(f"{path}conflict/", {"ground": ""}).status_code == 422
    assert officer.post(f"{path}conflict/", {"ground": GROUND}).status_code == 302
    page = officer.get(path).content.decode()
    assert "您与本榜单有利益冲突，已回避" in page
    assert f"{path}conflict/" not in page
    assert officer.get(f"{path}bids/").status_code == 404
    assert officer.get(f"{path}conflict/").status_code == 404
    assert client_as(world.officer2).get(f"{path}bids/").status_code == 200
    assert client_as(world.member).get(f"{path}conflict/").status_code == 404


def test_the_api_declares_too(world, at, api_as):
    line = stages.opened(world, at)
    path = f"/api/v1/challenges/{line.challenge.number}/conflict"
    done = api_as(world.head).post(path, {"ground": GROUND}, content_type="application/json")
    assert (done.status_code, Fence.objects.get().person) == (200, world.head.person)


def test_the_proofs_say_what_by_whom_and_where_to_check(world, at, client):
    line = stages.awarded(world, at)
    challenge = line.challenge
    page = client.get(f"/challenges/{challenge.number}/").content.decode()
    notice = challenge.proposals.get().notice_number
    for said in ("需求快照", "发榜规则", "开标记录", "评审纪要", notice, "由谁", "评审组长",
                 challenge.need_sha256[:16], f"/verify/{challenge.number}/"):
        assert said in page, said
    project = client.get(f"/projects/{challenge.project_number}/").content.decode()
    assert f"/verify/{challenge.project_number}/" in project
