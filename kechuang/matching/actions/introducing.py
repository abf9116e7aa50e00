"""Introductions: made, answered, followed, handed over, ended."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, require
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching import rules
from kechuang.matching.actions.judging import locked_need, put_verdict
from kechuang.matching.models import (
    AskedIntroduction,
    ContactRow,
    Credit,
    Event,
    HandOver,
    Introduction,
    IntroductionStage,
)
from kechuang.matching.queries import (
    capacity_of,
    load_of,
    paused_until,
    place_of,
)
from kechuang.matching.rules import (
    Answer,
    Choice,
    IntroductionRefused,
    LogEntry,
    Side,
    State,
)
from kechuang.messages.actions import tell
from kechuang.needs import actions as needs
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import holders
from kechuang.record import actions as record


@transaction.atomic
def introduce(
    *,
    need: Need,
    offer: Offer,
    reason_code: str,
    note: str,
    event: Event | None = None,
    by: Actor,
    at: datetime,
) -> Introduction:
    """Judge that an offer fits, and introduce its team to the need's owner.

    Opens the need in full to the offer's unit (a row of its Disclosure), tells both sides, who
    have five working days to answer. Refuses (rules.IntroductionRefused) a second open
    introduction of the same pair, an offer without a unit, and a liaison with full hands.
    """
    need = locked_need(need)
    require(rules.may_judge(by, place_of(need)), rules.not_permitted("judge", need.number))
    rules.check_judgement(Choice.ACCEPT, reason_code, note)
    unit = _unit_of(offer, need)
    _check_none_open(need, offer)
    liaison = Person.objects.select_for_update(no_key=True).get(number=by.person)
    if by.is_role(Role.LIAISON):
        rules.check_not_paused(paused_until(liaison), shanghai_date(at))
        rules.check_load(load_of(liaison), capacity_of(liaison))
    put_verdict(need, offer, (Choice.ACCEPT, reason_code, note.strip()), by=by, at=at)
    reply_day = calendar().add(shanghai_date(at), rules.REPLY_WORKING_DAYS)
    row = Introduction.objects.create(
        need=need, offer=offer, need_organisation=need.organisation, offer_organisation=unit,
        liaison=liaison, region_path=need.region_path, reason_code=reason_code, note=note.strip(),
        introduced_at=at, reply_until=at_shanghai(reply_day), since=at, next_date=reply_day,
        event=event,
    )  # fmt: skip
    _stage(row, State.SUGGESTED, by=by, at=at, note=note.strip())
    Credit.objects.create(introduction=row, person=liaison, share_bp=rules.WHOLE)
    note_in_record(row, "introduce", by=by, at=at,
            payload={"need": need.number, "offer": offer.number, "reason": reason_code})
    needs.disclose(need=need, to_organisation=unit, cause_number=row.number, by=by, at=at)
    AskedIntroduction.objects.filter(need=need, offer=offer, state=rules.Asked.OPEN).update(
        state=rules.Asked.ACCEPTED, answered_at=at
    )
    _tell_sides(row, "matching.introduced", by=by, at=at)
    return row


def _unit_of(offer: Offer, need: Need) -> Organisation:
    unit = offer.organisation
    if unit is None:
        raise IntroductionRefused(
            "introduction.offer_without_unit",
            N_("不能发出引荐。成果“{number}”没有登记单位，无人可以答复。"),
            {"number": offer.number},
            (),
            N_("请先按来源联系，登记其单位后再引荐。"),
        )
    if unit.pk == need.organisation_id:
        raise IntroductionRefused(
            "introduction.own_offer",
            N_("不能发出引荐。成果与需求属同一单位“{unit}”。"),
            {"unit": unit.name},
        )
    return unit


def _check_none_open(need: Need, offer: Offer) -> None:
    other = Introduction.objects.filter(need=need, offer=offer).exclude(state=State.ENDED).first()
    if other:
        raise IntroductionRefused(
            "introduction.already_open",
            N_("不能再次引荐。这条成果已引荐给这条需求，编号“{number}”。"),
            {"number": other.number},
            (),
            N_("请在那件引荐里继续。"),
        )


@transaction.atomic
def answer_introduction(
    *, introduction: Introduction, answer: str, by: Actor, at: datetime
) -> Introduction:
    """One side says whether it wants to talk; a no ends the introduction."""
    row = locked(introduction)
    require(rules.may_answer(by, row.facts), rules.not_permitted("answer", row.number))
    side = rules.side_of(by, row.facts)
    given = Answer(answer)
    if side == Side.NEED:
        row.need_answer = given
    else:
        row.offer_answer = given
    changed(row)
    note_in_record(row, "answer", by=by, at=at, payload={"side": str(side), "answer": str(given)})
    if given == Answer.NO:
        reason = rules.EndReason.NEED_DECLINED if side == Side.NEED else (
            rules.EndReason.OFFER_DECLINED
        )
        _end(row, reason, "", by=by, at=at)
    else:
        _tell_liaison(row, "matching.answered", by=by, at=at)
    return row


@transaction.atomic
def record_contact(
    *, introduction: Introduction, entry: LogEntry, by: Actor, at: datetime
) -> ContactRow:
    """Note a contact and what comes next; the first one, and the first meeting, move the state."""
    row = locked(introduction)
    require(rules.may_work(by, row.facts), rules.not_permitted("work", row.number))
    rules.check_words(entry.words, entry.next_step)
    _check_dates(entry.date, entry.next_date, row, at)
    contact = ContactRow.objects.create(
        introduction=row,
        date=entry.date,
        kind=rules.ContactKind(entry.kind),
        words=entry.words.strip(),
        next_step=entry.next_step.strip(),
        next_date=entry.next_date,
        audience=rules.Audience(entry.audience),
        by_person=Person.objects.get(number=by.person),
        noted_at=at,
    )
    row.next_step, row.next_date = contact.next_step, entry.next_date
    changed(row)
    note_in_record(row, "record_contact", by=by, at=at,
                   payload={"kind": contact.kind, "audience": contact.audience})  # fmt: skip
    reached = State.MEETING if contact.kind == rules.ContactKind.MEETING else State.CONTACTED
    if rules.ROAD.index(reached) > rules.ROAD.index(State(row.state)):
        _move(row, reached, by=by, at=at)
    return contact


def _check_dates(day: date, next_date: date | None, row: Introduction, at: datetime) -> None:
    if day > shanghai_date(at):
        raise IntroductionRefused(
            "introduction.contact_ahead", N_("联络日期不能晚于今天。"), {}, ("date",)
        )
    if day < shanghai_date(row.introduced_at):
        raise IntroductionRefused(
            "introduction.contact_before", N_("联络日期不能早于引荐之日。"), {}, ("date",)
        )
    if next_date is not None and next_date < day:
        raise IntroductionRefused(
            "introduction.next_before", N_("下一步的日期不能早于这次联络。"), {}, ("next_date",)
        )


@transaction.atomic
def advance(  # noqa: PLR0913 - a step with its facts
    *,
    introduction: Introduction,
    to: str,
    note: str = "",
    amount_fen: int | None = None,
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> Introduction:
    """Take an introduction forward: contacted, meeting, intent, signed, landed."""
    row = locked(introduction)
    require(rules.may_work(by, row.facts), rules.not_permitted("work", row.number))
    check_version(row.number, version, row.version)
    rules.check_advance(row.facts, to)
    rules.check_amount(amount_fen)
    if amount_fen is not None:
        row.amount_fen = amount_fen
    if to == State.LANDED:
        row.next_step, row.next_date = "", None
    _move(row, State(to), by=by, at=at, note=note.strip()[: rules.NOTE_LONGEST])
    _tell_sides(row, "matching.advanced", by=by, at=at)
    return row


@transaction.atomic
def end_introduction(
    *, introduction: Introduction, reason_code: str, note: str, by: Actor, at: datetime
) -> Introduction:
    """End an introduction with a coded reason; the need is closed again to the offer's unit."""
    row = locked(introduction)
    require(rules.may_work(by, row.facts), rules.not_permitted("work", row.number))
    rules.check_end(reason_code, note)
    _end(row, rules.EndReason(reason_code), note.strip(), by=by, at=at)
    return row


@transaction.atomic
def share_credit(
    *, introduction: Introduction, shares: dict[str, int], by: Actor, at: datetime
) -> list[Credit]:
    """Say who has which share of the credit, by person number; they sum to 10,000."""
    row = locked(introduction)
    require(rules.may_share_credit(by, row.facts), rules.not_permitted("share", row.number))
    rules.check_shares(shares)
    people = {person.number: person for person in Person.objects.filter(number__in=shares)}
    for number in shares:
        if number not in people:
            raise IntroductionRefused(
                "introduction.person_unknown",
                N_("没有编号为“{number}”的人员。"),
                {"number": number},
                ("shares",),
            )
    Credit.objects.filter(introduction=row).delete()
    credits = Credit.objects.bulk_create(
        Credit(introduction=row, person=people[number], share_bp=share)
        for number, share in shares.items()
    )
    changed(row)
    note_in_record(row, "share_credit", by=by, at=at, payload={"shares": dict(shares)})
    return credits


def locked(introduction: Introduction) -> Introduction:
    """The introduction as it is now; its row is locked until commit."""
    return (
        Introduction.objects.select_for_update(of=("self",), no_key=True)
        .select_related("need", "offer", "need_organisation", "offer_organisation", "liaison")
        .get(pk=introduction.pk)
    )


def changed(row: Introduction) -> None:
    """Keep the row as its next version."""
    row.version += 1
    row.save()


def _move(row: Introduction, state: State, *, by: Actor, at: datetime, note: str = "") -> None:
    before, row.state, row.since = row.state, state, at
    changed(row)
    _stage(row, state, by=by, at=at, note=note)
    note_in_record(row, "advance", by=by, at=at, payload={"from": str(before)})


def _end(
    row: Introduction, reason: rules.EndReason, note: str, *, by: Actor, at: datetime
) -> None:
    row.state, row.since, row.end_reason_code = State.ENDED, at, reason
    row.next_step, row.next_date = "", None
    HandOver.objects.filter(introduction=row, state=rules.Asked.OPEN).update(
        state=rules.Asked.WITHDRAWN, answered_at=at
    )
    changed(row)
    _stage(row, State.ENDED, by=by, at=at, note=note)
    note_in_record(row, "end", by=by, at=at, payload={"reason": str(reason)})
    needs.end_disclosure(need=row.need, cause_number=row.number, by=Actor.CLOCK, at=at)
    _tell_sides(row, "matching.ended", by=by, at=at)
    _tell_liaison(row, "matching.ended", by=by, at=at)


def _stage(row: Introduction, state: State, *, by: Actor, at: datetime, note: str = "") -> None:
    IntroductionStage.objects.create(
        introduction=row, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note,
    )  # fmt: skip


def note_in_record(
    row: Introduction, verb: str, *, by: Actor, at: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Append what was done with an introduction to the record."""
    facts = {"state": str(row.state), "version": row.version} | (payload or {})
    record.append(
        verb=f"matching.{verb}", object_number=row.number, by=by, at=at, payload=facts
    )


def _tell_sides(row: Introduction, template: str, *, by: Actor, at: datetime) -> None:
    """Tell the need's filler and contact, the offer's, and both units' administrators."""
    people = [row.need.filler, row.need.contact, row.offer.filler, row.offer.contact]
    for unit in (row.need_organisation, row.offer_organisation):
        people += holders(Role.UNIT_ADMIN, at=at, organisation=unit)
    numbers = [person.number for person in people if person]
    tell(people=numbers, template=template, object_number=row.number, by=by, at=at)


def _tell_liaison(row: Introduction, template: str, *, by: Actor, at: datetime) -> None:
    tell(people=[row.liaison.number], template=template, object_number=row.number, by=by, at=at)
