"""Somebody of the office stands in conflict: fenced from the challenge, and replaced in it."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.steps import locked, record_step, tell, tell_role
from kechuang.challenges.models import Challenge
from kechuang.challenges.queries import challenge_facts
from kechuang.parties.models import Person
from kechuang.parties.queries import holders
from kechuang.reviews import actions as reviews
from kechuang.reviews.queries import fenced_people

GROUND_LONGEST = 500


@transaction.atomic
def declare_conflict(
    *, challenge: Challenge, ground: str, by: Actor, at: datetime
) -> Challenge:
    """Declare one's own conflict: bids, review and approval are out of one's sight from now on.

    The officer in charge is replaced by another officer of the region; where there is none, the
    head is told. It cannot be taken back.
    """
    challenge = locked(challenge)
    facts = challenge_facts(challenge, by)
    require(
        rules.table.may_declare_conflict(by, facts), rules.table.not_yours("declare_conflict")
    )
    said = ground.strip()
    require(bool(said) and len(said) <= GROUND_LONGEST, rules.ChallengeRefused(
        "challenges.no_ground", N_("请写明与谁、是什么关系，最多 {most} 字。"),
        {"most": GROUND_LONGEST}, ("ground",)))
    reviews.declare_officer_conflict(
        subject_number=challenge.number, ground=said, by=by, at=at
    )
    if challenge.officer.number == by.person:
        _replace_officer(challenge, by=by, at=at)
    return challenge


def _replace_officer(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    fenced = fenced_people(challenge.number)
    other = next(
        (one for one in _officers(challenge, at) if one.number not in fenced), None
    )
    if other is None:
        tell_role(Role.HEAD, "no_officer", challenge, by=by, at=at)
        return
    challenge.officer = other
    challenge.version += 1
    challenge.save()
    record_step(challenge, "replace_officer", by=by, at=at, officer=other.number)
    tell([other], "taken_over", challenge.number, by=by, at=at)


def _officers(challenge: Challenge, at: datetime) -> list[Person]:
    """The officers of the challenge's own region, in the order of their appointments."""
    return list(holders(Role.OFFICER, region_path=challenge.region_path, at=at))
