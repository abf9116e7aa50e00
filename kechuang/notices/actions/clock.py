"""Open, stop, run on, end and cancel a notice."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import require
from kechuang.base.states import BEGIN
from kechuang.base.time import rfc3339, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.notices import queries, rules
from kechuang.notices.models import Notice, NoticeStage, Objection, Pause
from kechuang.record.actions import append, take_number
from kechuang.record.queries import history_of
from kechuang.search.actions import drop_document, put_document

Facts = Mapping[str, Any] | Sequence[Sequence[Any]]


def locked_notice(notice: Notice) -> Notice:
    return Notice.objects.select_for_update(no_key=True).get(pk=notice.pk)


def move_notice(notice: Notice, state: str, by: Actor, at: datetime, note: str = "") -> None:
    rules.NOTICE_TABLE.check_move(notice.state if notice.pk else BEGIN, state)
    notice.state = state
    notice.state_since = at
    notice.version += 1
    notice.save()
    NoticeStage.objects.create(
        notice=notice, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note,
    )  # fmt: skip


@transaction.atomic
def open_notice(
    *,
    subject_number: str,
    kind: str,
    title: str,
    facts: Facts,
    region_path: str,
    working_days: int,
    by: Actor,
    at: datetime,
    involved: Iterable[str] = (),
) -> Notice:
    """Publish a notice and start its working-day clock; the day of publication does not count.

    `facts` are pairs of label and text, shown in their order. `involved` names by number who took
    part in the matter; with those the record knows of, none of them may handle an objection.
    """
    require(rules.may_open_notice(by, region_path), rules.not_permitted(rules.OFFICE_MAY))
    rules.check_working_days(working_days)
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    took_part = {by.person, *involved, *_people_in_record(subject_number)} - {""}
    notice = Notice(
        number=take_number("GS", at=at), subject_number=subject_number, kind=kind, title=title,
        facts=[[str(label), str(text)] for label, text in pairs], region_path=region_path,
        opened_at=at, working_days=working_days, opened_by=by.person,
        involved=sorted(took_part),
    )  # fmt: skip
    notice.content_hash = rules.content_hash(queries.content_of(notice))
    _set_clock(notice)
    move_notice(notice, Notice.State.OPEN, by, at)
    append(
        verb="notices.open_notice", object_number=notice.number, by=by, at=at,
        payload={"subject": subject_number, "kind": kind, "working_days": working_days,
                 "content": notice.content_hash,
                 "ends_at": rfc3339(notice.ends_at) if notice.ends_at else None},
    )  # fmt: skip
    put_document(
        number=notice.number, kind="notice", title=title, keywords=subject_number,
        body="\n".join(f"{label} {text}" for label, text in notice.facts),
        region_path=region_path, owner_code="", visibility="PUBLIC", at=at,
    )  # fmt: skip
    return notice


@transaction.atomic
def name_evidence(*, notice: Notice, path: str, by: Actor, at: datetime) -> Notice:
    """Say on which public page stands what a notice rests on; the notice opens it."""
    notice = locked_notice(notice)
    require(
        rules.may_open_notice(by, notice.region_path), rules.not_permitted(rules.OFFICE_MAY)
    )
    notice.evidence_path = path
    notice.save(update_fields=["evidence_path"])
    append(
        verb="notices.name_evidence", object_number=notice.number, by=by, at=at,
        payload={"subject": notice.subject_number},
    )  # fmt: skip
    return notice


def _people_in_record(subject_number: str) -> set[str]:
    return set(
        history_of(subject_number)
        .filter(role__in=rules.OFFICE_ROLES)
        .values_list("person", flat=True)
    )


def _set_clock(notice: Notice) -> None:
    """Compute the end anew from the pauses and the calendar."""
    notice.ends_at = queries.ends_at(notice) if notice.pk else _first_end(notice)
    last = shanghai_date(notice.ends_at) if notice.ends_at else None
    notice.is_provisional = bool(last) and rules.is_provisional(
        calendar(), shanghai_date(notice.opened_at), last
    )


def _first_end(notice: Notice) -> datetime | None:
    last = rules.last_day(calendar(), shanghai_date(notice.opened_at), notice.working_days)
    return queries.midnight_after(last) if last else None


def stop_clock(notice: Notice, objection: Objection, by: Actor, at: datetime) -> None:
    """Stop the clock of a locked notice for an objection that was filed."""
    Pause.objects.create(notice=notice, objection=objection, since=at)
    _set_clock(notice)
    if notice.state == Notice.State.OPEN:
        move_notice(notice, Notice.State.PAUSED, by, at)
    else:
        notice.save()


def run_clock(notice: Notice, objection: Objection, by: Actor, at: datetime) -> None:
    """End the pause of an objection; the clock runs on when no other one stops it."""
    Pause.objects.filter(objection=objection, until__isnull=True).update(until=at)
    _set_clock(notice)
    if notice.state == Notice.State.PAUSED and notice.ends_at:
        move_notice(notice, Notice.State.OPEN, by, at)
    else:
        notice.save()


def cancel_locked(notice: Notice, reason: str, by: Actor, at: datetime) -> None:
    """End a locked notice without result."""
    Pause.objects.filter(notice=notice, until__isnull=True).update(until=at)
    _set_clock(notice)
    notice.reason = reason
    move_notice(notice, Notice.State.CANCELLED, by, at, reason)
    drop_document(number=notice.number)


@transaction.atomic
def close_notice(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """End a notice whose whole term has run; refuses before that and under an open objection."""
    notice = locked_notice(notice)
    require(
        rules.may_close_notice(by, notice.region_path), rules.not_permitted(rules.OFFICE_MAY)
    )
    if notice.state == Notice.State.ENDED:
        return notice
    if not queries.is_over(notice, at):
        raise rules.notice_not_over(notice.number)
    move_notice(notice, Notice.State.ENDED, by, at)
    append(
        verb="notices.close_notice", object_number=notice.number, by=by, at=at,
        payload={"subject": notice.subject_number},
    )  # fmt: skip
    return notice


@transaction.atomic
def cancel_notice(*, notice: Notice, reason: str, by: Actor, at: datetime) -> Notice:
    """Take back a notice that runs, with a public reason."""
    notice = locked_notice(notice)
    require(
        rules.may_close_notice(by, notice.region_path), rules.not_permitted(rules.OFFICE_MAY)
    )
    if notice.state not in rules.NOTICE_RUNNING:
        raise rules.refused_in_state(notice.number, notice.get_state_display())
    cancel_locked(notice, reason, by, at)
    append(
        verb="notices.cancel_notice", object_number=notice.number, by=by, at=at,
        payload={"subject": notice.subject_number},
    )  # fmt: skip
    return notice


@transaction.atomic
def reckon_notice(*, notice: Notice, by: Actor, at: datetime) -> bool:
    """Compute the end of a running notice anew, after a year's notice was loaded; True if moved."""
    require(by.is_role(Role.CLOCK), rules.not_permitted(rules.OFFICE_MAY))
    notice = locked_notice(notice)
    if notice.state != Notice.State.OPEN:
        return False
    before = (notice.ends_at, notice.is_provisional)
    _set_clock(notice)
    if before == (notice.ends_at, notice.is_provisional):
        return False
    notice.version += 1
    notice.save()
    append(
        verb="notices.reckon_notice", object_number=notice.number, by=by, at=at,
        payload={"ends_at": rfc3339(notice.ends_at) if notice.ends_at else None},
    )  # fmt: skip
    return True
