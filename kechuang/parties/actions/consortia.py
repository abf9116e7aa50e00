"""Consortia: founded by their lead, joined by invitation, led by one unit at a time."""

from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.messages.actions import tell
from kechuang.parties import queries, rules
from kechuang.parties.models import Consortium, ConsortiumMember, Organisation
from kechuang.record import actions as record

Standing = ConsortiumMember.Role
State = ConsortiumMember.State


@transaction.atomic
def found_consortium(*, name: str, purpose: str, by: Actor, at: datetime) -> Consortium:
    """Found a consortium that one's own unit leads from today."""
    rules.check_may_consortium(rules.may_found_consortium(by))
    rules.check_consortium(name, purpose)
    unit = Organisation.objects.get(code=by.organisation)
    row = Consortium.objects.create(
        number=record.take_number("LH", at=at), name=name.strip(), purpose=purpose.strip(),
        region_path=unit.region_path, founded_at=at,
    )  # fmt: skip
    ConsortiumMember.objects.create(
        consortium=row, organisation=unit, role=Standing.LEAD, state=State.ACCEPTED,
        invited_at=at, answered_at=at, since=shanghai_date(at),
    )  # fmt: skip
    _record(row, "found_consortium", by=by, at=at, payload={"lead": unit.code})
    return row


@transaction.atomic
def invite_member(
    *, consortium: Consortium, organisation: Organisation, task: str = "", by: Actor, at: datetime
) -> ConsortiumMember:
    """Ask a unit to join; it belongs once its own administrator accepts."""
    row = _locked(consortium)
    _check_lead(row, by)
    rules.check_task(task)
    _check_not_inside(row, organisation, Standing.MEMBER)
    return _asked(row, organisation, Standing.MEMBER, task, by=by, at=at)


@transaction.atomic
def pass_lead(
    *, consortium: Consortium, organisation: Organisation, by: Actor, at: datetime
) -> ConsortiumMember:
    """Ask a member to take the lead; the lead passes on the day on which it accepts."""
    row = _locked(consortium)
    lead = _check_lead(row, by)
    day = shanghai_date(at)
    if not queries.members_on(row, day).filter(organisation=organisation).exists() or (
        organisation.pk == lead.organisation_id
    ):
        raise rules.ConsortiumRefused(
            "consortium.lead_not_member", N_("牵头只能交给另一个成员单位。"), {}, ("organisation",)
        )
    if row.members.filter(role=Standing.LEAD, state=State.INVITED, until__isnull=True).exists():
        raise rules.ConsortiumRefused(
            "consortium.lead_asked", N_("已请一个单位接任牵头，正等答复。"), {}, ("organisation",)
        )
    return _asked(row, organisation, Standing.LEAD, "", by=by, at=at)


@transaction.atomic
def answer_membership(
    *, member: ConsortiumMember, accept: bool, by: Actor, at: datetime
) -> ConsortiumMember:
    """Join, or do not; who accepts the lead takes it over from the unit that had it."""
    row = _locked(member.consortium)
    asked = row.members.select_related("organisation").get(pk=member.pk)
    rules.check_may_consortium(rules.may_answer_membership(by, asked.organisation.code))
    if asked.state != State.INVITED or row.ended_at is not None:
        raise rules.ConsortiumRefused("consortium.answered", N_("这份邀请已答复或已失效。"))
    day = shanghai_date(at)
    if accept and asked.role == Standing.LEAD:
        _step_down(row, asked.organisation, at)
    asked.state, asked.answered_at = (State.ACCEPTED if accept else State.DECLINED), at
    asked.since = day if accept else None
    asked.save()
    _record(row, "answer_membership", by=by, at=at,
            payload={"organisation": asked.organisation.code, "state": str(asked.state),
                     "role": str(asked.role)})  # fmt: skip
    lead = _lead_of(row)
    if lead is not None:
        _tell(lead.organisation, row, "parties.consortium", by=by, at=at)
    return asked


def _step_down(row: Consortium, taker: Organisation, at: datetime) -> None:
    """The lead so far becomes a member, and the taker's membership turns into the lead."""
    day = shanghai_date(at)
    lead = _lead_of(row)
    if lead is not None:
        lead.until = day
        lead.save(update_fields=["until"])
        ConsortiumMember.objects.create(
            consortium=row, organisation=lead.organisation, role=Standing.MEMBER,
            state=State.ACCEPTED, invited_at=at, answered_at=at, since=day,
        )  # fmt: skip
    row.members.filter(
        organisation=taker, role=Standing.MEMBER, state=State.ACCEPTED, until__isnull=True
    ).update(until=day)


@transaction.atomic
def end_membership(*, member: ConsortiumMember, by: Actor, at: datetime) -> ConsortiumMember:
    """A member leaves, or the lead ends a membership or an invitation; the lead itself stays."""
    row = _locked(member.consortium)
    one = row.members.select_related("organisation").get(pk=member.pk)
    lead = _lead_of(row)
    may = rules.may_answer_membership(by, one.organisation.code) or (
        lead is not None and rules.may_lead_consortium(by, lead.organisation.code)
    )
    rules.check_may_consortium(may)
    if one.role == Standing.LEAD and one.state == State.ACCEPTED:
        raise rules.ConsortiumRefused(
            "consortium.lead_leaves", N_("牵头单位不能退出。"), {}, (),
            N_("请先把牵头交给另一个成员单位，或解散联合体。"),
        )  # fmt: skip
    if one.until is None and one.state != State.DECLINED:
        if one.state == State.INVITED:
            one.state, one.answered_at = State.DECLINED, at
        else:
            one.until = shanghai_date(at)
        one.save()
        _record(row, "end_membership", by=by, at=at,
                payload={"organisation": one.organisation.code})  # fmt: skip
    return one


@transaction.atomic
def end_consortium(*, consortium: Consortium, by: Actor, at: datetime) -> Consortium:
    """End a consortium today; who belonged from when to when stays on record."""
    row = _locked(consortium)
    _check_lead(row, by)
    row.members.filter(state=State.INVITED).update(state=State.DECLINED, answered_at=at)
    row.members.filter(state=State.ACCEPTED, until__isnull=True).update(until=shanghai_date(at))
    row.ended_at = at
    row.version += 1
    row.save()
    _record(row, "end_consortium", by=by, at=at)
    return row


def _locked(consortium: Consortium) -> Consortium:
    return Consortium.objects.select_for_update(no_key=True).get(pk=consortium.pk)


def _lead_of(row: Consortium) -> ConsortiumMember | None:
    leads = row.members.filter(role=Standing.LEAD, state=State.ACCEPTED, until__isnull=True)
    return leads.select_related("organisation").first()


def _check_lead(row: Consortium, by: Actor) -> ConsortiumMember:
    lead = _lead_of(row)
    may = lead is not None and rules.may_lead_consortium(by, lead.organisation.code)
    rules.check_may_consortium(may and row.ended_at is None)
    assert lead is not None
    return lead


def _check_not_inside(row: Consortium, organisation: Organisation, role: str) -> None:
    inside = row.members.filter(organisation=organisation, until__isnull=True)
    if inside.exclude(state=State.DECLINED).exists():
        raise rules.ConsortiumRefused(
            "consortium.inside", N_("“{name}”已在联合体里或已受邀。"),
            {"name": organisation.name}, ("organisation",),
        )  # fmt: skip


def _asked(  # noqa: PLR0913 - who is asked for what
    row: Consortium, organisation: Organisation, role: str, task: str, *, by: Actor, at: datetime
) -> ConsortiumMember:
    made = ConsortiumMember.objects.create(
        consortium=row, organisation=organisation, role=role, state=State.INVITED,
        task=task.strip(), invited_at=at,
    )  # fmt: skip
    _record(row, "invite_member", by=by, at=at,
            payload={"organisation": organisation.code, "role": str(role)})  # fmt: skip
    _tell(organisation, row, "parties.consortium_asked", by=by, at=at)
    return made


def _tell(
    organisation: Organisation, row: Consortium, template: str, *, by: Actor, at: datetime
) -> None:
    people = queries.holders(Role.UNIT_ADMIN, at=at, organisation=organisation)
    tell(people=[one.number for one in people], template=template, object_number=row.number,
         by=by, at=at)  # fmt: skip


def _record(
    row: Consortium, verb: str, *, by: Actor, at: datetime, payload: dict[str, Any] | None = None
) -> None:
    record.append(verb=f"parties.{verb}", object_number=row.number, by=by, at=at,
                  payload=payload or {})  # fmt: skip
