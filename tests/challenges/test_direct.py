"""Direct commission: one named unit with a stated reason, from need to agreement."""

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Draft
from kechuang.challenges.models import Bid, Challenge
from kechuang.challenges.waiting import matters_for
from kechuang.notices.models import Notice
from kechuang.projects.models import Project
from tests.challenges import stages
from tests.challenges.mode_stages import refused, sign_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    monkeypatch.setattr(stages, "MODE", "DIRECT")


def test_from_need_to_agreement_with_the_reason_on_the_notice(world, at, client):
    line = stages.awarded(world, at)
    project = Project.objects.get(number=line.challenge.project_number)
    assert (project.lead_organisation, line.challenge.state) == (world.university, "AWARDED")
    notice = Notice.objects.get(subject_number=line.challenge.number)
    assert ["委托理由", stages.WHY] in notice.facts
    [signed] = sign_all(line)
    assert (signed.state, line.challenge.state) == ("ACTIVE", "RUNNING")
    page = client.get(f"/challenges/{line.challenge.number}/").content.decode()
    assert (stages.WHY in page, world.university.name in page) == (True, True)


def test_only_the_named_unit_bids(world, at, client_as):
    line = stages.opened(world, at)
    with pytest.raises(NotPermitted):
        actions.start_bid(challenge=line.challenge, by=world.institute_member.actor, at=line.at)
    path = f"/challenges/{line.challenge.number}/bids/new/"
    assert client_as(world.institute_member).get(path).status_code == 404
    assert client_as(world.member).get(path).status_code == 200
    bid = stages.written_bid(line, world.member)
    with pytest.raises(IntegrityError, match="another unit was commissioned"), transaction.atomic():
        Bid.objects.filter(pk=bid.pk).update(organisation=world.institute)
    frozen = queries.publication_of(line.challenge)
    assert (frozen["invited"], frozen["invited_reason"]) == (world.university.code, stages.WHY)


def test_a_commission_without_a_unit_or_a_reason_is_not_argued(world, at):
    line = stages.written(world, at)
    officer = world.officer.actor
    actions.save_draft(challenge=line.challenge, by=officer, at=line.at,
                       draft=Draft({"invited": None, "invited_reason": "熟悉"}))
    actions.consent_to_challenge(challenge=line.challenge, by=world.unit_admin.actor, at=line.at)
    experts = [one.person for one in (world.expert1, world.expert2, world.expert3)]
    with pytest.raises(Exception) as caught:
        actions.send_to_argument(challenge=line.challenge, experts=experts, lead=experts[0],
                                 by=officer, at=line.at)
    assert [one.code for one in caught.value.refusals] == [
        "challenges.no_invited", "challenges.no_invited_reason"]
    refused("challenges.poser_invited", actions.save_draft, challenge=line.challenge, by=officer,
            draft=Draft({"invited": world.enterprise}), at=line.at)
    with pytest.raises(IntegrityError, match="direct_commission_names"), transaction.atomic():
        Challenge.objects.filter(pk=line.challenge.pk).update(state="ARGUING")


def test_another_mode_names_nobody(world, at, monkeypatch):
    monkeypatch.setattr(stages, "MODE", "OPEN")
    line = stages.written(world, at)
    refused("challenges.nobody_invited", actions.save_draft, challenge=line.challenge, at=line.at,
            draft=Draft({"invited": world.university}), by=world.officer.actor)


def test_one_proposal_is_opened_without_a_supervisor(world, at, client_as):
    line = stages.closed(world, at)
    [wait] = [m for m in matters_for(world.officer.actor, line.at)
              if m.number == line.challenge.number]
    assert (wait.task, wait.mine) == ("开标", True)
    page = client_as(world.officer).get(f"/challenges/{line.challenge.number}/").content.decode()
    assert f"/challenges/{line.challenge.number}/unseal/" in page
    actions.unseal_bids(challenge=line.challenge, by=world.officer.actor, at=line.after(hours=1))
    assert line.fresh().state == "CHECKING"
    refused("challenges.nothing_sealed", actions.name_custodians,
            challenge=stages.drafted(world, at, 2).challenge, needed=2,
            people=[world.supervisor.person, world.finance.person], by=world.officer.actor,
            at=line.at)


def test_the_meeting_that_decided_is_written_down(world, at, client_as):
    line = stages.proposed(world, at)
    actions.approve(challenge=line.challenge, by=world.finance.actor, at=line.after(hours=1))
    refused("challenges.no_minutes", actions.approve, challenge=line.challenge, note=" ",
            by=world.head.actor, at=line.after(hours=1))
    head = client_as(world.head)
    path = f"/challenges/{line.challenge.number}/approve/"
    assert "局务会集体决定" in head.get(path).content.decode()
    assert head.post(path, {"note": ""}).status_code == 422
    assert head.post(path, {"note": "11 月 20 日局务会，七人到会，一致同意。"}).status_code == 302
    assert line.fresh().state == "ON_NOTICE"


def test_the_named_unit_does_not_bid_and_the_call_is_held_again_in_the_open(world, at):
    line = stages.opened(world, at)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert line.fresh().state == "FAILED"
    new = actions.relist_challenge(challenge=line.challenge, reason="受托单位未报，改公开揭榜。",
                                   mode_code="OPEN", by=world.officer.actor, at=line.at)
    assert (new.mode, new.invited, new.winners_max) == ("OPEN", None, 1)
    again = stages.drafted(world, at, 2).challenge
    assert (again.mode, again.invited) == ("DIRECT", None)
