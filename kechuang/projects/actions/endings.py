"""Freezing, ending, archiving; and what the clock does."""

from datetime import datetime, timedelta

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.ledger import actions as ledger
from kechuang.ledger.queries import grant_of
from kechuang.projects import rules
from kechuang.projects.actions.moves import (
    locked,
    move_instalment,
    move_project,
    note_act,
    person,
    tell_office,
    tell_unit,
    touch_project,
)
from kechuang.projects.models import (
    Agreement,
    Freeze,
    Instalment,
    Milestone,
    MilestoneReminder,
    Project,
)

State = Project.State
OPEN_PAYMENTS = (
    Instalment.State.REQUESTED,
    Instalment.State.REVIEWED,
    Instalment.State.HELD,
)
PAID_OUT = (Instalment.State.PAID, Instalment.State.CONFIRMED)


@transaction.atomic
def freeze(*, project: Project, reason: str, by: Actor, at: datetime) -> Freeze:
    """Freeze a project's money, with a reason; from now on it pays nothing."""
    project = locked(project, "freeze", by)
    if project.is_frozen:
        raise rules.ProjectRefused("projects.already_frozen", N_("这个项目的资金已经冻结。"))
    row = Freeze.objects.create(project=project, reason=reason, since=at, frozen_by=person(by))
    _set_frozen(project, True, by, at)
    note_act("freeze", project, by, at)
    tell_unit(project, "frozen", by, at)
    return row


@transaction.atomic
def unfreeze(*, project: Project, reason: str, by: Actor, at: datetime) -> Freeze:
    """Lift the freeze, with a reason."""
    project = locked(project, "unfreeze", by)
    row = Freeze.objects.filter(project=project, until__isnull=True).first()
    if row is None:
        raise rules.ProjectRefused("projects.not_frozen", N_("这个项目的资金没有冻结。"))
    row.until, row.lifted_by, row.lift_reason = at, person(by), reason
    row.save()
    _set_frozen(project, False, by, at)
    note_act("unfreeze", project, by, at)
    tell_unit(project, "unfrozen", by, at)
    return row


def _set_frozen(project: Project, is_frozen: bool, by: Actor, at: datetime) -> None:
    project.is_frozen = is_frozen
    touch_project(project)
    grant = grant_of(project.number)
    assert grant is not None, project.number
    ledger.freeze_grant(grant=grant, is_frozen=is_frozen, by=by, at=at)


@transaction.atomic
def begin_termination(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """Ask for the project to end before its time, with a reason; payments wait."""
    project = locked(project, "begin_termination", by)
    move_project(project, State.TERMINATING, by=by, at=at, note=reason)
    note_act("begin_termination", project, by, at)
    tell_office(project, Role.HEAD, "terminate", by, at)
    return project


@transaction.atomic
def withdraw_termination(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """Decide that the project goes on."""
    project = locked(project, "withdraw_termination", by)
    move_project(project, State.ACTIVE, by=by, at=at, note=reason)
    note_act("withdraw_termination", project, by, at)
    tell_unit(project, "termination_withdrawn", by, at)
    return project


@transaction.atomic
def terminate(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """End the project; open payment requests are returned, what was paid may be reclaimed."""
    project = locked(project, "terminate", by)
    _return_open_payments(project, reason, by, at)
    move_project(project, State.TERMINATED, by=by, at=at, note=reason)
    note_act("terminate", project, by, at)
    tell_unit(project, "terminated", by, at)
    return project


def end_without_blame(project: Project, reason: str, by: Actor, at: datetime) -> None:
    """Conclude a locked project: open payment requests are returned, nothing is demanded back."""
    _return_open_payments(project, reason, by, at)
    move_project(project, State.CONCLUDED, by=by, at=at, note=reason)


@transaction.atomic
def revoke(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """Revoke a project for a breach of integrity; everything paid is demanded back in full."""
    project = locked(project, "revoke", by)
    _return_open_payments(project, reason, by, at)
    paid = Instalment.objects.filter(project=project, state__in=PAID_OUT).select_related("order")
    for instalment in paid:
        assert instalment.order is not None, instalment
        ledger.reclaim_payment(
            order=instalment.order,
            amount_fen=instalment.amount_fen,
            reason=reason,
            until=rules.due("RECLAIM", project.region_path, at),
            by=by,
            at=at,
        )
        move_instalment(instalment, Instalment.State.RECLAIM_DUE, by=by, at=at, note=reason)
    move_project(project, State.REVOKED, by=by, at=at, note=reason)
    note_act("revoke", project, by, at)
    tell_unit(project, "revoked", by, at)
    return project


def _return_open_payments(project: Project, reason: str, by: Actor, at: datetime) -> None:
    rows = Instalment.objects.filter(project=project, state__in=OPEN_PAYMENTS)
    for instalment in rows.select_related("order"):
        assert instalment.order is not None, instalment
        ledger.return_payment(order=instalment.order, reason=reason, by=by, at=at)
        instalment.order = None
        move_instalment(instalment, Instalment.State.ELIGIBLE, by=by, at=at, note=reason)


@transaction.atomic
def archive(*, project: Project, by: Actor, at: datetime) -> Project:
    """Put an ended project into the archive; nothing may be left to reclaim."""
    project = locked(project, "archive", by)
    left = Instalment.objects.filter(
        project=project, state__in=[*OPEN_PAYMENTS, Instalment.State.RECLAIM_DUE]
    )
    if left.exists():
        raise rules.ProjectRefused(
            "projects.money_left",
            N_("还不能归档。有拨付在办或有资金待追回。"),
            way_on=N_("办完之后再归档。"),
        )
    move_project(project, State.ARCHIVED, by=by, at=at)
    note_act("archive", project, by, at, {"ended_as": project.ended_as})
    return project


@transaction.atomic
def decline_award(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """Give an award back before its agreement is in force; the unit's administrator does this."""
    project = locked(project, "decline_award", by)
    _end_unsigned(project, by=by, at=at, note=reason)
    note_act("decline_award", project, by, at, {"origin": project.origin_number})
    tell_office(project, Role.OFFICER, "declined", by, at)
    return project


def _end_unsigned(project: Project, *, by: Actor, at: datetime, note: str = "") -> None:
    Agreement.objects.filter(project=project).exclude(state=Agreement.State.WITHDRAWN).update(
        state=Agreement.State.WITHDRAWN
    )
    move_project(project, State.LAPSED, by=by, at=at, note=note)


@transaction.atomic
def lapse_unsigned(*, project: Project, by: Actor, at: datetime) -> Project:
    """Let an award lapse whose agreement was not signed in time; only the clock does this."""
    project = locked(project, "lapse", by)
    if at < project.sign_until:
        raise rules.ProjectRefused("projects.still_time_to_sign", N_("签约期限还没有到。"))
    _end_unsigned(project, by=by, at=at)
    note_act("lapse", project, by, at, {"origin": project.origin_number})
    tell_unit(project, "lapsed", by, at)
    tell_office(project, Role.OFFICER, "lapsed", by, at)
    return project


@transaction.atomic
def remind_of_milestones(*, by: Actor, at: datetime) -> int:
    """Tell units of milestones due in 30 and 7 days, today, and 7 days ago; each once."""
    today = shanghai_date(at)
    rows = Milestone.objects.filter(
        project__state=State.ACTIVE,
        state__in=sorted(rules.MILESTONE_SUBMITTABLE),
        due_date__lte=today + timedelta(days=-rules.REMINDER_OFFSETS[0]),
    ).select_related("project__leader", "project__lead_organisation")
    sent = 0
    for milestone in rows:
        done = MilestoneReminder.objects.filter(milestone=milestone, due_date=milestone.due_date)
        known = frozenset(done.values_list("offset_days", flat=True))
        for offset in rules.reminders_due(milestone.due_date, today, known):
            MilestoneReminder.objects.create(
                milestone=milestone, due_date=milestone.due_date, offset_days=offset, sent_at=at
            )
            tell_unit(milestone.project, _reminder(offset), by, at)
            sent += 1
    return sent


def _reminder(offset: int) -> str:
    if offset > 0:
        return "milestone_overdue"
    return "milestone_today" if offset == 0 else "milestone_due"
