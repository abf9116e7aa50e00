"""Organising modes: merit commission, and another mode after a call that failed."""

from dataclasses import replace

import pytest
from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.challenges import actions
from kechuang.challenges.models import Challenge
from kechuang.challenges.queries import publication_of
from kechuang.challenges.rules import modes
from kechuang.challenges.waiting import matters_for
from kechuang.messages.models import Message
from kechuang.record.models import Entry, Payload
from tests.challenges import stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def merit(monkeypatch):
    monkeypatch.setattr(stages, "MODE", "MERIT")


def refused(code, act, **arguments):
    with pytest.raises(Refused) as caught:
        act(**arguments)
    assert [one.code for one in caught.value.refusals] == [code]


def test_in_a_merit_commission_the_ranking_decides_and_not_the_poser(world, at, merit, client_as):
    line = stages.deciding(world, at)
    first, second = line.bids
    assert (first.passed, second.passed) == (True, True)
    with pytest.raises(NotPermitted):
        actions.choose(challenge=line.challenge, bid_number=second.number, reason="便宜",
                       by=world.unit_admin.actor, at=line.at)
    assert Message.objects.filter(template="challenges.to_choose").count() == 0
    path = f"/challenges/{line.challenge.number}/"
    assert "/choose/" not in client_as(world.unit_admin).get(path).content.decode()
    assert f"{path}propose/" in client_as(world.officer).get(path).content.decode()
    [one] = [m for m in matters_for(world.officer.actor, line.at)
             if m.number == line.challenge.number]
    assert (one.task, one.mine) == ("提出拟立项", True)
    refused("challenges.not_the_first", actions.propose, challenge=line.challenge,
            bid_number=second.number, reason="好", by=world.officer.actor, at=line.at)
    page = client_as(world.officer).get(f"{path}propose/").content.decode()
    assert (first.number in page, "第一名" in page) == (True, True)
    actions.propose(challenge=line.challenge, bid_number=first.number, reason="第一名",
                    reserve_number=second.number, by=world.officer.actor, at=line.at)
    for member in (world.finance, world.head):
        actions.approve(challenge=line.challenge, note="同意", by=member.actor,
                        at=line.after(hours=1))
    assert line.fresh().state == "ON_NOTICE"


def test_a_merit_commission_with_a_single_bid_fails(world, at, merit):
    line = stages.opened(world, at)
    stages.sealed_bid(line, world.member, world.research_admin)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert line.fresh().state == "FAILED"


def test_a_failed_challenge_is_held_again_in_another_mode_with_a_reason(world, at, client_as):
    line = stages.opened(world, at)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    refused("challenges.no_such_mode", actions.relist_challenge, challenge=line.challenge,
            reason="改", mode_code="NONE", by=world.officer.actor, at=line.at)
    officer = client_as(world.officer)
    path = f"/challenges/{line.challenge.number}/relist/"
    assert officer.post(path, {"mode": "MERIT", "reason": ""}).status_code == 422
    officer.post(path, {"mode": "MERIT", "reason": "路线已明确，改为择优委托"})
    new = Challenge.objects.get(relisted_from=line.challenge)
    assert (new.mode, new.mode_version, new.round) == ("MERIT", 1, 2)
    assert new.stages.get().note_public == "路线已明确，改为择优委托"
    assert new.fit_answers.count() == 0
    entry = Entry.objects.get(verb="challenges.relist", object_number=new.number)
    said = Payload.objects.get(entry=entry).content
    assert (said["mode"], said["mode_version"]) == ("MERIT", 1)
    assert line.challenge.mode == "OPEN"


def test_what_is_frozen_says_who_decides(world, at, merit):
    frozen = publication_of(stages.drafted(world, at).challenge)
    assert (frozen["mode"], frozen["issuer_chooses"], frozen["ranking_binds"]) == (
        "MERIT", False, True
    )  # fmt: skip


def test_the_api_drafts_in_a_mode(world, at, api_as):
    need = stages.accepted_need(world, at)
    api = api_as(world.officer)
    bad = api.post("/api/v1/challenges/", {"need": need.number, "mode": "NONE"},
                   content_type="application/json")
    assert (bad.status_code, bad.json()["refusals"][0]["code"]) == (422, "challenges.no_such_mode")
    made = api.post("/api/v1/challenges/", {"need": need.number, "mode": "MERIT"},
                    content_type="application/json")
    assert (made.status_code, made.json()["mode"]) == (201, "MERIT")


def test_a_failed_call_is_held_again_in_any_of_the_five(world, at):
    line = stages.opened(world, at)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    found = {}
    for code in ("OPEN", "MERIT", "DIRECT", "COMPETITIVE", "RACE"):
        with transaction.atomic():
            new = actions.relist_challenge(
                challenge=line.challenge, reason="揭榜的太少", mode_code=code,
                by=world.officer.actor, at=line.at,
            )
            found[code] = (new.mode, new.winners_max, new.round, new.fit_answers.count())
            transaction.set_rollback(True)
    assert found == {
        "OPEN": ("OPEN", 1, 2, 0), "MERIT": ("MERIT", 1, 2, 0), "DIRECT": ("DIRECT", 1, 2, 0),
        "COMPETITIVE": ("COMPETITIVE", 10, 2, 0), "RACE": ("RACE", 3, 2, 0),
    }


def test_a_running_call_keeps_the_version_of_its_mode(world, at, monkeypatch):
    line = stages.opened(world, at)
    known = dict(modes.modes())
    known["OPEN", 2] = replace(known["OPEN", 1], version=2, bids_min=2)
    monkeypatch.setattr(modes, "modes", lambda: known)
    assert stages.drafted(world, at, 2).challenge.mode_version == 2
    stages.sealed_bid(line, world.member, world.research_admin)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert (line.fresh().state, line.challenge.mode_version) == ("CLOSED", 1)
