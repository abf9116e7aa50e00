"""Events: prepared, announced, signed up for, invited to, held, cancelled."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, require
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching.models import (
    Event,
    EventStage,
    Invitation,
    Match,
    Outcome,
    SignUp,
    Sitting,
)
from kechuang.matching.queries.events import seats_taken
from kechuang.matching.rules import Asked, EventRefused, check_said, events
from kechuang.matching.rules.events import EventState, SignUpState, SittingState, not_permitted
from kechuang.messages.actions import tell
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers import queries as offers
from kechuang.offers.models import Offer
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import holders, organisation_by_code
from kechuang.record import actions as record

TYPED = ("kind", "title", "summary", "place", "since_at", "until_at", "sign_up_until", "capacity",
         "tables", "sitting_minutes")  # fmt: skip


@transaction.atomic
def save_event(
    *, event: Event | None, typed: Mapping[str, Any], version: int | None = None, by: Actor,
    at: datetime,
) -> Event:  # fmt: skip
    """Prepare an event, or change one that is not over; those who signed up are told."""
    require(events.may_start(by), not_permitted("start", "-"))
    events.check_event(typed, at)
    facts = {name: typed[name] for name in TYPED}
    if event is None:
        row = Event(
            number=record.take_number("HD", at=at), region_path=by.region, since=at,
            organiser=Person.objects.get(number=by.person), **facts,
        )  # fmt: skip
        row.save()
        _stage(row, by=by, at=at)
        _record(row, "prepare_event", by=by, at=at)
        return row
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.DRAFT, EventState.OPEN)
    check_version(row.number, version, row.version)
    _check_still_fits(row, facts)
    for name, value in facts.items():
        setattr(row, name, value)
    _changed(row)
    _record(row, "change_event", by=by, at=at)
    _tell_comers(row, "events.changed", by=by, at=at)
    return row


def _check_still_fits(row: Event, facts: Mapping[str, Any]) -> None:
    taken = seats_taken(row)
    require(
        facts["capacity"] >= taken,
        EventRefused("event.capacity_taken", N_("名额不能少于已报名的 {taken} 人。"),
                     {"taken": taken}, ("capacity",)),
    )  # fmt: skip
    times = ("since_at", "until_at", "sitting_minutes")
    moved = any(getattr(row, name) != facts[name] for name in times)
    is_planned = Sitting.objects.filter(event=row).exists()
    fewer = facts["tables"] < row.tables
    require(
        not (is_planned and (moved or fewer)),
        EventRefused("event.planned", N_("桌次已排定，不能改时间或减桌数。"), {}, ("since_at",),
                     N_("请先清空桌次，改完再排。")),
    )  # fmt: skip


@transaction.atomic
def open_event(*, event: Event, by: Actor, at: datetime) -> Event:
    """Announce an event: from now on everybody sees it and may sign up."""
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.DRAFT)
    require(
        at < row.sign_up_until,
        EventRefused("event.begins_past", N_("报名截止已过。"), {}, ("sign_up_until",),
                     N_("请先改时间。")),
    )  # fmt: skip
    return _moved(row, EventState.OPEN, "open_event", by=by, at=at)


@transaction.atomic
def cancel_event(*, event: Event, reason: str, by: Actor, at: datetime) -> Event:
    """Cancel an event with a reason that those who signed up read."""
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.DRAFT, EventState.OPEN)
    check_said(reason, "reason")
    row.cancel_reason = reason.strip()
    Sitting.objects.filter(event=row).delete()
    Invitation.objects.filter(event=row, state=Asked.OPEN).update(
        state=Asked.WITHDRAWN, answered_at=at
    )
    _tell_comers(row, "events.cancelled", by=by, at=at)
    return _moved(row, EventState.CANCELLED, "cancel_event", by=by, at=at)


@transaction.atomic
def sign_up(  # noqa: PLR0913 - who comes with what
    *, event: Event, need: Need | None = None, offer: Offer | None = None, wish: str = "",
    by: Actor, at: datetime,
) -> SignUp:  # fmt: skip
    """Come to an event; to a match event with a live need or a published offer of one's unit."""
    row = locked(event)
    require(events.may_sign_up(by, row.facts, at), not_permitted("sign_up", row.number))
    events.check_brought(row.facts, need is not None, offer is not None)
    _check_own(need, offer, by, at)
    person = Person.objects.get(number=by.person)
    _check_new(row, person, need, offer)
    if not SignUp.objects.filter(event=row, person=person).exclude(
        state=SignUpState.WITHDRAWN
    ).exists():
        events.check_room(seats_taken(row), row.capacity)
    made = SignUp.objects.create(
        event=row, person=person, organisation=_unit(by), need=need, offer=offer,
        wish=wish.strip()[: events.WISH_LONGEST], signed_at=at,
    )  # fmt: skip
    if offer is not None:
        Invitation.objects.filter(event=row, offer=offer, state=Asked.OPEN).update(
            state=Asked.ACCEPTED, answered_at=at
        )
    brought = need.number if need else offer.number if offer else ""
    _record(row, "sign_up", by=by, at=at, payload={"sign_up": made.number, "brings": brought})
    return made


def _unit(by: Actor) -> Organisation | None:
    return organisation_by_code(by.organisation) if by.organisation else None


def _check_own(need: Need | None, offer: Offer | None, by: Actor, at: datetime) -> None:
    fits = need is None or (
        needs.visible_to(by, at)
        .filter(pk=need.pk, organisation__code=by.organisation, state__in=LIVE)
        .exists()
    )
    fits = fits and (
        offer is None
        or offers.visible_to(Actor.PUBLIC, at)
        .filter(pk=offer.pk, organisation__code=by.organisation)
        .exists()
    )
    require(
        fits,
        EventRefused("event.not_yours", N_("只能带本单位在库的需求或已发布的成果。"), {},
                     ("brings",)),
    )  # fmt: skip


def _check_new(row: Event, person: Person, need: Need | None, offer: Offer | None) -> None:
    known = SignUp.objects.filter(event=row, person=person, need=need, offer=offer)
    require(
        not known.exclude(state=SignUpState.WITHDRAWN).exists(),
        EventRefused("event.signed_up", N_("您已报名。"), {}, (), N_("在活动页上看您的桌次。")),
    )


@transaction.atomic
def withdraw_sign_up(*, sign_up: SignUp, by: Actor, at: datetime) -> SignUp:
    """Take a sign-up back before the event; its sittings are dropped, the others keep theirs."""
    event = locked(sign_up.event)
    row = SignUp.objects.select_related("person", "organisation").get(pk=sign_up.pk)
    unit = row.organisation.code if row.organisation else ""
    may = events.may_withdraw(by, row.person.number, unit, event.facts)
    require(may, not_permitted("withdraw", event.number))
    events.check_state(event.facts, EventState.OPEN)
    if row.state == SignUpState.WITHDRAWN:
        return row
    for column in ("need_sign_up", "offer_sign_up"):
        Sitting.objects.filter(**{column: row}).delete()
    row.state = SignUpState.WITHDRAWN
    row.save(update_fields=["state"])
    _record(event, "withdraw_sign_up", by=by, at=at, payload={"sign_up": row.number})
    return row


@transaction.atomic
def invite(*, event: Event, by: Actor, at: datetime) -> list[Invitation]:
    """Ask the units of the best offers for the needs that signed up; returns who was asked now.

    For each need at most five offers, at most two of one unit, that are published, have a unit, are
    of another unit, and are neither asked nor coming. A need that nobody may find draws none.
    """
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.OPEN)
    asking = SignUp.objects.filter(
        event=row, state=SignUpState.SIGNED, need__in=needs.public_needs()
    ).order_by("id")
    day = calendar().add(shanghai_date(at), events.INVITATION_WORKING_DAYS)
    until = min(at_shanghai(day), row.sign_up_until)
    drawn = {
        match.offer_id: match
        for sign in asking for match in reversed(_best_for(row, sign, at))
    }  # fmt: skip
    made = [
        Invitation.objects.create(
            event=row, need=match.need, offer=match.offer, organisation=match.offer.organisation,
            place=match.rank, score_tenths=match.score_tenths, invited_at=at, reply_until=until,
        )
        for match in drawn.values()
    ]  # fmt: skip
    _record(row, "invite", by=by, at=at, payload={"offers": [one.offer.number for one in made]})
    for one in made:
        people = [one.offer.filler, one.offer.contact]
        people += holders(Role.UNIT_ADMIN, at=at, organisation=one.organisation)
        tell(people=[p.number for p in people if p], template="events.invited",
             object_number=row.number, by=by, at=at)  # fmt: skip
    return made


def _best_for(event: Event, sign: SignUp, at: datetime) -> list[Match]:
    known = Invitation.objects.filter(event=event).values("offer")
    coming = SignUp.objects.filter(event=event, offer__isnull=False).exclude(
        state=SignUpState.WITHDRAWN
    )
    rows = (
        Match.objects.filter(
            need=sign.need, offer__in=offers.visible_to(Actor.PUBLIC, at),
            offer__organisation__isnull=False,
        )
        .exclude(offer__organisation=sign.organisation)
        .exclude(offer__in=known)
        .exclude(offer__in=coming.values("offer"))
        .select_related("need", "offer__organisation", "offer__filler", "offer__contact")
        .order_by("rank")[: events.INVITED_PER_NEED * 4]
    )  # fmt: skip
    of_unit: dict[int | None, int] = {}
    best = []
    for match in rows:
        unit = match.offer.organisation_id
        of_unit[unit] = of_unit.get(unit, 0) + 1
        if of_unit[unit] <= events.INVITED_PER_UNIT:
            best.append(match)
    return best[: events.INVITED_PER_NEED]


@transaction.atomic
def decline_invitation(
    *, invitation: Invitation, answer: str, by: Actor, at: datetime
) -> Invitation:
    """Do not come, with a word why; coming is signing up with the offer."""
    row = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation", "event")
        .get(pk=invitation.pk)
    )
    may = events.may_answer_for(by, row.organisation.code)
    require(may, not_permitted("answer", row.event.number))
    require(row.state == Asked.OPEN, EventRefused("invitation.answered", N_("这份邀请已答复。")))
    check_said(answer, "answer")
    row.state, row.answered_at, row.answer = Asked.DECLINED, at, answer.strip()
    row.save(update_fields=["state", "answered_at", "answer"])
    _record(row.event, "decline_invitation", by=by, at=at, payload={"invitation": row.number})
    return row


@transaction.atomic
def hold_event(*, event: Event, arrived: Collection[str], by: Actor, at: datetime) -> Event:
    """Note who came, by the sign-ups' numbers, and close the event.

    Sittings of which both sides came are held: both are asked what came of it after 3, 6 and 12
    months. Refuses (rules.EventRefused) before the event has begun.
    """
    row = locked(event)
    require(events.may_run(by, row.facts), not_permitted("run", row.number))
    events.check_state(row.facts, EventState.OPEN)
    events.check_over(row.facts, at)
    comes = SignUp.objects.filter(event=row, state=SignUpState.SIGNED)
    comes.filter(number__in=list(arrived)).update(state=SignUpState.ARRIVED)
    comes.filter(state=SignUpState.SIGNED).update(state=SignUpState.ABSENT)
    sittings = Sitting.objects.filter(event=row)
    came = SignUpState.ARRIVED
    sittings.filter(need_sign_up__state=came, offer_sign_up__state=came).update(
        state=SittingState.HELD
    )
    sittings.exclude(state=SittingState.HELD).update(state=SittingState.MISSED)
    Invitation.objects.filter(event=row, state=Asked.OPEN).update(
        state=Asked.WITHDRAWN, answered_at=at
    )
    Outcome.objects.bulk_create(
        Outcome(
            sitting=one, organisation=sign.organisation, side=side, months=months,
            due_date=events.months_after(shanghai_date(row.since_at), months),
        )
        for one in sittings.filter(state=SittingState.HELD).select_related(
            "need_sign_up__organisation", "offer_sign_up__organisation"
        )
        for side, sign in (("NEED", one.need_sign_up), ("OFFER", one.offer_sign_up))
        for months in events.OUTCOME_MONTHS
    )  # fmt: skip
    return _moved(row, EventState.HELD, "hold_event", by=by, at=at)


@transaction.atomic
def answer_outcome(  # noqa: PLR0913 - an answer with its facts
    *, outcome: Outcome, code: str, amount_fen: int | None = None, note: str = "", by: Actor,
    at: datetime,
) -> Outcome:  # fmt: skip
    """Say what came of a talk; the unit itself, or the desk that heard it from the unit."""
    row = (
        Outcome.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation", "sitting__event")
        .get(pk=outcome.pk)
    )
    event = row.sitting.event
    may = events.may_answer_for(by, row.organisation.code) or events.may_run(by, event.facts)
    require(may, not_permitted("answer", event.number))
    require(row.code == "", EventRefused("outcome.answered", N_("这一期已答复。")))
    events.check_outcome(code, amount_fen, note)
    row.code, row.amount_fen, row.note = code, amount_fen, note.strip()
    row.by_person, row.answered_at = Person.objects.get(number=by.person), at
    row.save()
    record.append(verb="matching.answer_outcome", object_number=event.number, by=by, at=at,
                  payload={"outcome": row.number, "months": row.months, "side": row.side,
                           "code": str(row.code), "amount_fen": amount_fen})
    return row


def locked(event: Event) -> Event:
    """The event as it is now; its row is locked until commit."""
    return (
        Event.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organiser")
        .get(pk=event.pk)
    )


def _moved(row: Event, state: EventState, verb: str, *, by: Actor, at: datetime) -> Event:
    row.state, row.since = state, at
    _changed(row)
    _stage(row, by=by, at=at)
    _record(row, verb, by=by, at=at)
    return row


def _changed(row: Event) -> None:
    row.version += 1
    row.save()


def _stage(row: Event, *, by: Actor, at: datetime) -> None:
    EventStage.objects.create(
        event=row, stage=row.state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=row.cancel_reason,
    )  # fmt: skip


def _record(
    row: Event, verb: str, *, by: Actor, at: datetime, payload: dict[str, Any] | None = None
) -> None:
    facts = {"state": str(row.state), "version": row.version} | (payload or {})
    record.append(verb=f"matching.{verb}", object_number=row.number, by=by, at=at, payload=facts)


def _tell_comers(row: Event, template: str, *, by: Actor, at: datetime) -> None:
    comes = SignUp.objects.filter(event=row, state=SignUpState.SIGNED)
    people = comes.values_list("person__number", flat=True)
    tell(people=people, template=template, object_number=row.number, by=by, at=at)
