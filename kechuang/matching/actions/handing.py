"""Introductions go to another liaison, who says yes first; the history stays."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, require
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.matching import rules
from kechuang.matching.actions.introducing import changed, locked, note_in_record
from kechuang.matching.models import HandOver, Introduction
from kechuang.matching.queries import capacity_of, liaisons_for, load_of, paused_until
from kechuang.matching.rules import Asked, IntroductionRefused
from kechuang.messages.actions import tell
from kechuang.parties.models import Person


@transaction.atomic
def hand_over(
    *, introduction: Introduction, to_person: Person, note: str = "", by: Actor, at: datetime
) -> HandOver:
    """Ask another liaison of the region to take an introduction over, within three working days.

    Until then it stays where it is. Refuses (rules.IntroductionRefused) who is no liaison of the
    region, has full hands or pauses, and a second request while one is open.
    """
    row = locked(introduction)
    require(rules.may_hand_over(by, row.facts), rules.not_permitted("work", row.number))
    _check_taker(row, to_person, at)
    rules.check_note(note)
    if HandOver.objects.filter(introduction=row, state=Asked.OPEN).exists():
        raise IntroductionRefused(
            "introduction.hand_over_open", N_("不能再移交。已有一件移交在等答复。"), {},
            ("to_person",), N_("请先撤回那一件。"),
        )  # fmt: skip
    until = calendar().add(shanghai_date(at), rules.HAND_OVER_WORKING_DAYS)
    asked = HandOver.objects.create(
        introduction=row, from_person=row.liaison, to_person=to_person, note=note.strip(),
        asked_at=at, reply_until=at_shanghai(until),
    )
    note_in_record(row, "hand_over", by=by, at=at,
                   payload={"from": row.liaison.number, "to": to_person.number})  # fmt: skip
    tell(people=[to_person.number], template="matching.handed_over",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return asked


def _check_taker(row: Introduction, to_person: Person, at: datetime) -> None:
    allowed = {person.pk for person in liaisons_for(row.region_path, at)}
    if to_person.pk not in allowed or to_person.pk == row.liaison_id:
        raise IntroductionRefused(
            "introduction.not_a_liaison",
            N_("“{name}”不是这一地区的其他联络员。"),
            {"name": to_person.name},
            ("to_person",),
        )
    rules.check_not_paused(paused_until(to_person), shanghai_date(at))
    rules.check_load(load_of(to_person), capacity_of(to_person))


@transaction.atomic
def accept_hand_over(*, introduction: Introduction, by: Actor, at: datetime) -> HandOver:
    """Take an introduction over; from now on it is the taker's."""
    row = locked(introduction)
    asked = _open_one(row)
    may = rules.may_take_over(by, asked.to_person.number)
    require(may, rules.not_permitted("take", row.number))
    Person.objects.select_for_update(no_key=True).get(pk=asked.to_person_id)
    _check_taker(row, asked.to_person, at)
    _close(asked, Asked.ACCEPTED, "", at=at)
    row.liaison = asked.to_person
    changed(row)
    note_in_record(row, "accept_hand_over", by=by, at=at,
                   payload={"from": asked.from_person.number, "to": asked.to_person.number})
    tell(people=[asked.from_person.number], template="matching.hand_over_accepted",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return asked


@transaction.atomic
def decline_hand_over(
    *, introduction: Introduction, answer: str, by: Actor, at: datetime
) -> HandOver:
    """Do not take an introduction over, and say why; it stays where it is."""
    row = locked(introduction)
    asked = _open_one(row)
    may = rules.may_take_over(by, asked.to_person.number)
    require(may, rules.not_permitted("take", row.number))
    rules.check_said(answer, "answer")
    _close(asked, Asked.DECLINED, answer, at=at)
    note_in_record(row, "decline_hand_over", by=by, at=at,
                   payload={"to": asked.to_person.number})  # fmt: skip
    tell(people=[asked.from_person.number], template="matching.hand_over_declined",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return asked


@transaction.atomic
def withdraw_hand_over(*, introduction: Introduction, by: Actor, at: datetime) -> HandOver:
    """Take back the request to hand over."""
    row = locked(introduction)
    asked = _open_one(row)
    require(rules.may_hand_over(by, row.facts), rules.not_permitted("work", row.number))
    _close(asked, Asked.WITHDRAWN, "", at=at)
    note_in_record(row, "withdraw_hand_over", by=by, at=at)
    return asked


def _open_one(row: Introduction) -> HandOver:
    found = (
        HandOver.objects.filter(introduction=row, state=Asked.OPEN)
        .select_related("from_person", "to_person")
        .first()
    )
    if found is None:
        raise IntroductionRefused(
            "introduction.no_hand_over", N_("没有等答复的移交。"), {}, (),
            N_("可能已被撤回或答复；请看“移交”一栏。"),
        )  # fmt: skip
    return found


def _close(asked: HandOver, state: Asked, answer: str, *, at: datetime) -> None:
    asked.state, asked.answered_at, asked.answer = state, at, answer.strip()
    asked.save(update_fields=["state", "answered_at", "answer"])
