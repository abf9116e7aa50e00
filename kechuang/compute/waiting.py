"""Allocations to review, jobs that wait for a choice, adjustments to approve, accounts to close."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.compute import queries
from kechuang.compute.models import Adjustment, Allocation, Job
from kechuang.compute.rules import rights
from kechuang.compute.rules.jobs import ACCOUNTS_WITHIN

MOST = 200
OFFICE = N_("科技部门")


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """What waits at the desk for this actor, or for whom this actor waits: a query each."""
    if not actor.is_signed_in:
        return []
    return [
        *_allocations(actor, at), *_quotes(actor, at), *_adjustments(actor, at),
        *_accounts(actor, at),
    ][:MOST]  # fmt: skip


def _accounts(actor: Actor, at: datetime) -> list[Matter]:
    """Centres whose accounts of ended jobs have stood open longer than usual."""
    if not actor.is_role(*rights.OFFICE_ROLES, Role.CENTRE):
        return []
    return [
        Matter(
            number=row.number, title=row.name, task=N_("关闭中心记账"),
            holder=row.organisation.name, mine=actor.is_role(Role.CENTRE), since=row.owed_since,
            until=row.owed_since + ACCOUNTS_WITHIN, url=reverse("centre", args=[row.number]),
            button=N_("查看"),
        )
        for row in queries.centres_that_owe(at)[:MOST]
        if rights.may_run_centre(actor, row.facts)
    ]  # fmt: skip


def _allocations(actor: Actor, at: datetime) -> list[Matter]:
    rows = queries.allocations_visible_to(actor, at).filter(state=Allocation.State.REQUESTED)
    if actor.is_role(Role.SUPERVISOR, Role.FINANCE):
        return []
    found = []
    for row in rows.order_by("due_at", "pk")[:MOST]:
        mine = rights.may_review(actor, row.facts)
        found.append(Matter(
            number=row.number, title=row.purpose, task=N_("审核算力额度"), holder=gettext(OFFICE),
            mine=mine, since=row.state_since, until=row.due_at,
            url=reverse("allocation", args=[row.number]),
            button=N_("去审核") if mine else N_("查看"),
        ))  # fmt: skip
    return found


def _quotes(actor: Actor, at: datetime) -> list[Matter]:
    if not rights.may_ask(actor):
        return []
    rows = queries.jobs_visible_to(actor, at).filter(
        state=Job.State.QUOTED, asked_by__number=actor.person, valid_until__gt=at
    )
    return [
        Matter(
            number=row.number, title=row.title, task=N_("选定中心"), holder=row.asked_by.name,
            mine=True, since=row.quoted_at, until=row.valid_until,
            url=reverse("job", args=[row.number]), button=N_("看报价"),
        )
        for row in rows.order_by("valid_until")[:MOST]
    ]  # fmt: skip


def _adjustments(actor: Actor, at: datetime) -> list[Matter]:
    if not actor.is_role(*rights.OFFICE_ROLES, Role.FINANCE):
        return []
    seen = queries.statements_visible_to(actor, at)
    rows = Adjustment.objects.filter(
        state=Adjustment.State.ASKED, statement__in=seen
    ).select_related(
        "statement__allocation__organisation", "statement__centre__organisation",
        "statement__locked_by", "asked_by",
    )  # fmt: skip
    return [
        Matter(
            number=row.statement.number, title=row.reason, task=N_("批准对账单调整"),
            holder=gettext(OFFICE),
            mine=rights.may_adjust(actor, row.statement.facts, row.asked_by.number),
            since=row.asked_at, until=None,
            url=reverse("statement", args=[row.statement.number]), button=N_("查看"),
        )
        for row in rows.order_by("pk")[:MOST]
    ]  # fmt: skip
