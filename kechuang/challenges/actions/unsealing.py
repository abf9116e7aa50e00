"""The opening of the bids, their formal check, and what goes to the panel."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.custody import open_outside
from kechuang.challenges.actions.opening import release
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    move,
    move_bid,
    person_of,
    record_bid,
    record_step,
    tell,
)
from kechuang.challenges.models import Bid, BidCheck, Challenge, Opening, Presence
from kechuang.challenges.queries import (
    bid_facts,
    bids_waiting,
    fingerprint_of,
    form_of,
    mode,
    opening_minutes,
    opening_of,
    sealed_content_of,
)
from kechuang.challenges.rules.freezing import sha256_of
from kechuang.reviews import actions as reviews
from kechuang.reviews import queries as panels
from kechuang.reviews.rules import CaseFacts

VERDICT_EVENTS = {"ADMISSIBLE": "admit", "CORRECTION": "ask_correction", "INADMISSIBLE": "refuse"}


@transaction.atomic
def attend_opening(*, challenge: Challenge, by: Actor, at: datetime) -> Presence:
    """The supervisor signs in at the opening, after the close; without it nothing is opened."""
    challenge, _same = begin(challenge, "attend", by=by)
    presence, fresh = Presence.objects.get_or_create(
        challenge=challenge, person=person_of(by), defaults={"role": by.role, "at": at}
    )
    if fresh:
        record_step(challenge, "attend", by=by, at=at)
        tell([challenge.officer], "supervisor_present", challenge.number, by=by, at=at)
    return presence


@transaction.atomic
def unseal_bids(
    *, challenge: Challenge, shares: Mapping[str, Mapping[str, str]] | None = None, by: Actor,
    at: datetime,
) -> Opening:
    """Open every sealed bid at once, the supervisor present, and write the minutes.

    A content that does not open under its own key, version and fingerprint stops the opening.
    Where custodians keep the keys, `shares` are theirs, by envelope and place: with too few of
    them nothing is opened; who gave a false one is named in the minutes, and a bid that was dealt
    falsely is void. Bids that were not reconfirmed go back unopened. A mode that seals nothing
    (one commissioned proposal) needs no supervisor.
    """
    challenge, to = begin(challenge, "unseal", by=by)
    present = list(challenge.presences.select_related("person"))
    watched = any(one.role == Role.SUPERVISOR for one in present) or not mode(challenge).sealed
    require(watched, rules.ChallengeRefused(
        "challenges.no_supervisor", N_("监督还没有到场，不能开标。"), {}, (),
        N_("请监督人员先在本页签到。")))
    require(challenge.secretary is not None, rules.ChallengeRefused(
        "challenges.panel_officers", N_("评审秘书和组长须指定两个人。"), {}))
    bids = list(
        bids_waiting(challenge).select_for_update(of=("self",))
        .select_related("sealed", "envelope__ruleset", "organisation", "lead", "drafter",
                        "challenge")
    )
    fingerprints = {bid.pk: fingerprint_of(bid) for bid in bids}
    custody = _opened(challenge, bids, shares, at)
    minutes = opening_minutes(challenge, bids, present, by.person, at, custody)
    opening = Opening.objects.create(
        challenge=challenge, at=at, by=person_of(by), minutes=minutes, sha256=sha256_of(minutes)
    )
    move(challenge, to, by=by, at=at)
    for bid in bids:
        event = "void" if custody.get(bid.number, {}).get("void") else "open"
        move_bid(bid, event, by=by, at=at)
        record_bid(bid, event, by=by, at=at, sha256=fingerprints[bid.pk])
        if event == "void":
            tell(bidders(bid, at), "bid_void", bid.number, by=by, at=at)
    _return_unconfirmed(challenge, at=at)
    challenge.sessions.filter(ended_at__isnull=True).update(ended_at=at)
    record_step(challenge, "unseal", by=by, at=at, minutes_sha256=opening.sha256, bids=len(bids),
                present=sorted(one.person.number for one in present))
    _plan_panel(challenge, by=by, at=at)
    tell([challenge.secretary], "to_check_bids", challenge.number, by=by, at=at)
    return opening


def _opened(
    challenge: Challenge, bids: Sequence[Bid], shares: Mapping[str, Mapping[str, str]] | None,
    at: datetime,
) -> dict[str, dict[str, Any]]:
    """What custodians did for each bid; nothing where the platform sealed at rest."""
    if challenge.custodians_needed:
        return open_outside(challenge, bids, shares or {}, at)
    for bid in bids:
        sealed_content_of(bid)
    return {}


def _return_unconfirmed(challenge: Challenge, *, at: datetime) -> None:
    clock = Actor.CLOCK
    waiting = Bid.objects.filter(challenge=challenge, state=Bid.State.NEEDS_RECONFIRM)
    for bid in waiting.select_related("organisation", "lead", "drafter", "challenge"):
        move_bid(bid, "return_unopened", by=clock, at=at)
        record_bid(bid, "return_unopened", by=clock, at=at)
        tell(bidders(bid, at), "bid_returned", bid.number, by=clock, at=at)


def _plan_panel(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    """The panel judges by the frozen criteria, under the secretary and the chair named before."""
    form = form_of(challenge)
    panel = reviews.plan_panel(
        subject_number=challenge.number, subject_title=challenge.title,
        region_path=challenge.region_path, is_public=True,
        criteria=[
            {"code": c.code, "name": c.name, "weight": c.weight, "threshold": c.threshold,
             "description": "、".join(rules.form.linked(form, c.code))[:300]}
            for c in challenge.criteria.all()
        ],
        by=by, at=at,
    )
    reviews.name_panel_officers(
        panel=panel, secretary=challenge.secretary, chair=challenge.chair, by=by, at=at
    )


def _begin_check(bid: Bid, by: Actor) -> tuple[Bid, Challenge]:
    challenge, _same = begin(bid.challenge, "check", by=by)
    row = Bid.objects.select_for_update(of=("self",)).select_related(
        "challenge", "organisation", "lead", "drafter"
    ).get(pk=bid.pk)
    return row, challenge


@transaction.atomic
def check_bid(*, bid: Bid, verdict: str, reason: str, by: Actor, at: datetime) -> Bid:
    """The secretary's formal check: admissible, inadmissible with its reason, or one correction.

    A correction has 24 hours by the mode; until it came or the time is over nothing is judged.
    """
    bid, challenge = _begin_check(bid, by)
    event = VERDICT_EVENTS[verdict]
    rules.bids.check_bid_event(event, bid.state)
    require(verdict == "ADMISSIBLE" or bool(reason.strip()), rules.BidRefused(
        "bids.no_reason", N_("不合格和补正都要写明理由。"), {}, ("reason",)))
    open_correction = bid.checks.filter(verdict="CORRECTION", corrected_at__isnull=True).first()
    running = open_correction is not None and open_correction.until > at
    require(not running, rules.BidRefused(
        "bids.correction_running", N_("补正时间还没有到，不能先下结论。"), {}, (),
        N_("请等补正交来，或到时间再办。")))
    until = None
    if verdict == "CORRECTION":
        until = at + timedelta(hours=mode(challenge).correction_hours)
    BidCheck.objects.create(
        bid=bid, verdict=verdict, reason=reason, by=person_of(by), at=at, until=until
    )
    move_bid(bid, event, by=by, at=at, note=reason)
    record_bid(bid, "check", by=by, at=at, verdict=verdict)
    tell(bidders(bid, at), f"bid_{verdict.lower()}", bid.number, by=by, at=at)
    return bid


@transaction.atomic
def correct_bid(*, bid: Bid, text: str, by: Actor, at: datetime) -> Bid:
    """The bidder mends what the formal check asked for, once and in time."""
    Challenge.objects.select_for_update(no_key=True).get(pk=bid.challenge_id)
    bid = Bid.objects.select_for_update(of=("self",)).select_related(
        "challenge__issuer", "challenge__secretary", "challenge__chair", "organisation", "lead",
        "drafter",
    ).get(pk=bid.pk)
    rules.bids.require_bid_right(
        rules.bids.may_edit_bid(by, bid_facts(bid, by, at)), "correct_bid"
    )
    rules.bids.check_bid_event("correct", bid.state)
    check = bid.checks.get(verdict="CORRECTION")
    require(check.corrected_at is None, rules.BidRefused(
        "bids.corrected_already", N_("补正已交，只能交一次。"), {}, ("text",)))
    require(at < check.until, rules.BidRefused(
        "bids.correction_late", N_("补正时间已过。"), {}, ("text",)))
    require(bool(text.strip()), rules.BidRefused(
        "bids.empty_correction", N_("补正说明还没有写。"), {}, ("text",)))
    check.correction = text
    check.corrected_at = at
    check.save()
    record_bid(bid, "correct", by=by, at=at, text_sha256=sha256_of(text))
    tell([bid.challenge.secretary], "to_check_bids", bid.challenge.number, by=by, at=at)
    return bid


@transaction.atomic
def finish_check(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """Every bid is judged: the admissible ones become the panel's cases, or the challenge fails."""
    judged, to = begin(challenge, "finish_check", by=by)
    bids = list(
        Bid.objects.select_for_update(of=("self",))
        .filter(challenge=judged, state__in=["OPENED", "CORRECTION", "ADMISSIBLE"])
        .select_related("organisation", "lead", "drafter", "challenge")
    )
    waiting = sum(1 for bid in bids if bid.state != Bid.State.ADMISSIBLE)
    require(waiting == 0, rules.ChallengeRefused(
        "challenges.bids_unchecked", N_("还有 {n} 份方案没有审查结论。"), {"n": waiting}, (),
        N_("逐份审查后再结束。")))
    if len(bids) < mode(judged).bids_min:
        judged, to = begin(judged, "fail_check", by=by)
        release(judged, at=at)
        move(judged, to, by=by, at=at)
        record_step(judged, "fail_check", by=by, at=at, admissible=len(bids))
        tell([judged.officer], "failed", judged.number, by=by, at=at)
        return judged
    for bid in bids:
        move_bid(bid, "review", by=by, at=at)
    move(judged, to, by=by, at=at)
    record_step(judged, "finish_check", by=by, at=at, admissible=len(bids))
    panel = panels.panel_for(judged.number)
    opening = opening_of(judged)
    reviews.put_cases(
        panel=panel, cases=[case_of(bid) for bid in bids], closed_at=judged.closed_at,
        opened_at=opening.at if opening else None, by=by, at=at,
    )
    return judged


def case_of(bid: Bid) -> CaseFacts:
    """What an expert may see of a bid before declaring: title, units and people."""
    codes = [bid.organisation.code, *bid.members.values_list("organisation__code", flat=True)]
    people = [
        bid.lead.number, bid.drafter.number,
        *bid.people.values_list("person__number", flat=True),
    ]
    content = sealed_content_of(bid)
    return CaseFacts(
        number=bid.number, title=content["title"][:200], topic=content["summary"][:2000],
        organisation_codes=tuple(dict.fromkeys(codes)),
        person_numbers=tuple(dict.fromkeys(people)), url=f"/bids/{bid.number}/",
        sha256=bid.signed_sha256,
    )
