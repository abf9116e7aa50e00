"""Ask for an allocation; grant, return, renew, revoke and end it."""

from datetime import date, datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import midnight_after, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.compute.models import Allocation, AllocationStage
from kechuang.compute.rules import allocations as rules
from kechuang.compute.rules import rights
from kechuang.messages.actions import tell
from kechuang.parties.queries import holders, organisation_by_code, person_by_number
from kechuang.projects.models import Project
from kechuang.record.actions import append, take_number


def locked_allocation(allocation: Allocation) -> Allocation:
    """The row under its lock, with its unit and asker."""
    return (
        Allocation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation", "asked_by")
        .get(pk=allocation.pk)
    )


def _move(row: Allocation, state: str, by: Actor, at: datetime, note: str = "") -> None:
    row.state, row.state_since, row.version = state, at, row.version + 1
    row.save()
    AllocationStage.objects.create(
        allocation=row, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note,
    )  # fmt: skip


def _record(verb: str, row: Allocation, by: Actor, at: datetime) -> None:
    append(
        verb=f"compute.{verb}", object_number=row.number, by=by, at=at,
        payload={
            "state": str(row.state), "core_hours": row.core_hours, "pays": str(row.pays),
            "voucher_fen": row.voucher_fen, "until": row.until_date.isoformat(),
        },
    )  # fmt: skip


@transaction.atomic
def request_allocation(
    *,
    purpose: str,
    pays: str,
    core_hours: int,
    since: date,
    until: date,
    by: Actor,
    at: datetime,
    project: Project | None = None,
) -> Allocation:
    """Ask for core time for the own unit; its region's office reviews within five working days."""
    require(rights.may_ask(by), rights.not_permitted(rights.UNIT_MAY))
    refuse_all(rules.problems_with_request(
        purpose=purpose, core_hours=core_hours, since=since, until=until, today=shanghai_date(at)
    ))  # fmt: skip
    unit, person = organisation_by_code(by.organisation), person_by_number(by.person)
    assert unit is not None
    row = Allocation(
        number=take_number("SL", at=at), organisation=unit, region_path=unit.region_path,
        project=project, purpose=purpose.strip(), pays=pays, core_hours=core_hours,
        since_date=since, until_date=until, asked_by=person,
        due_at=midnight_after(calendar().add(shanghai_date(at), rules.REVIEW_WORKING_DAYS)),
    )  # fmt: skip
    _move(row, Allocation.State.REQUESTED, by, at)
    _record("request_allocation", row, by, at)
    reviewers = holders(Role.OFFICER, at=at, region_path=unit.region_path)
    tell(people=[one.number for one in reviewers], template="compute.allocation",
         object_number=row.number, by=by, at=at)  # fmt: skip
    return row


@transaction.atomic
def grant_allocation(
    *,
    allocation: Allocation,
    core_hours: int,
    voucher_fen: int,
    until: date,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> Allocation:
    """Grant an allocation, as much as the office thinks right; a voucher where it was asked for."""
    row = locked_allocation(allocation)
    require(rights.may_review(by, row.facts), rights.not_permitted(rights.OFFICE_MAY))
    rules.check_state(row.budget, rules.REQUESTED)
    refuse_all(rules.problems_with_amount(
        core_hours=core_hours, since=row.since_date, until=until, today=shanghai_date(at)
    ))  # fmt: skip
    row.core_hours, row.until_date, row.due_at = core_hours, until, None
    row.voucher_fen = max(0, voucher_fen) if row.pays == Allocation.Pays.VOUCHER else 0
    row.reason = reason
    _move(row, Allocation.State.GRANTED, by, at, reason)
    _record("grant_allocation", row, by, at)
    _tell_asker(row, by, at)
    return row


@transaction.atomic
def return_allocation(
    *, allocation: Allocation, reason: str, by: Actor, at: datetime
) -> Allocation:
    """Do not grant it, with a reason; the unit may ask again."""
    row = locked_allocation(allocation)
    require(rights.may_review(by, row.facts), rights.not_permitted(rights.OFFICE_MAY))
    rules.check_state(row.budget, rules.REQUESTED)
    row.reason, row.due_at = reason, None
    _move(row, Allocation.State.RETURNED, by, at, reason)
    _record("return_allocation", row, by, at)
    _tell_asker(row, by, at)
    return row


@transaction.atomic
def renew_allocation(
    *,
    allocation: Allocation,
    more_core_hours: int,
    more_voucher_fen: int,
    until: date,
    by: Actor,
    at: datetime,
) -> Allocation:
    """Give more time, more core hours or a larger voucher; what was used stays used."""
    row = locked_allocation(allocation)
    require(rights.may_review(by, row.facts), rights.not_permitted(rights.OFFICE_MAY))
    rules.check_state(row.budget, rules.GRANTED, rules.ENDED)
    refuse_all(rules.problems_with_amount(
        core_hours=row.core_hours + max(0, more_core_hours), since=row.since_date,
        until=max(until, row.until_date), today=shanghai_date(at),
    ))  # fmt: skip
    row.core_hours += max(0, more_core_hours)
    if row.pays == Allocation.Pays.VOUCHER:
        row.voucher_fen += max(0, more_voucher_fen)
    row.until_date = max(until, row.until_date)
    _move(row, Allocation.State.GRANTED, by, at)
    _record("renew_allocation", row, by, at)
    _tell_asker(row, by, at)
    return row


@transaction.atomic
def revoke_allocation(
    *, allocation: Allocation, reason: str, by: Actor, at: datetime
) -> Allocation:
    """End an allocation before its time, with a reason; what runs goes on to its end."""
    row = locked_allocation(allocation)
    require(rights.may_review(by, row.facts), rights.not_permitted(rights.OFFICE_MAY))
    rules.check_state(row.budget, rules.GRANTED)
    row.reason = reason
    _move(row, Allocation.State.REVOKED, by, at, reason)
    _record("revoke_allocation", row, by, at)
    _tell_asker(row, by, at)
    return row


@transaction.atomic
def end_allocation(*, allocation: Allocation, by: Actor, at: datetime) -> Allocation:
    """Note that an allocation's period is over; before that nothing changes."""
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.OFFICE_MAY))
    row = locked_allocation(allocation)
    if row.state != Allocation.State.GRANTED or shanghai_date(at) < row.until_date:
        return row
    _move(row, Allocation.State.ENDED, by, at)
    _record("end_allocation", row, by, at)
    _tell_asker(row, by, at)
    return row


def _tell_asker(row: Allocation, by: Actor, at: datetime) -> None:
    tell(people=[row.asked_by.number], template="compute.allocation_news",
         object_number=row.number, by=by, at=at)  # fmt: skip
