"""Objections on a person's work list: to take up, answer, decide, execute, or wait for."""

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.notices import queries, rules
from kechuang.notices.models import Objection

MOST = 200
TASKS = {
    "DRAFT": N_("写完异议"),
    "FILED": N_("受理异议"),
    "ACCEPTED": N_("答复异议"),
    "ANSWERED": N_("决定异议"),
    "DECIDED": N_("执行异议决定"),
}
BUTTONS = {
    "DRAFT": N_("继续写"),
    "FILED": N_("去受理"),
    "ACCEPTED": N_("去答复"),
    "ANSWERED": N_("去决定"),
    "DECIDED": N_("去执行"),
}
WAITING_FOR = {
    "FILED": N_("科技部门（未参与该事项的人员）"),
    "ANSWERED": N_("部门负责人（未参与该事项）"),
    "DECIDED": N_("科技部门（未参与该事项的人员）"),
}


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """Objections in hand, by who holds them; one query."""
    if not actor.is_signed_in:
        return []
    upheld = ~Q(verdict=Objection.Verdict.DISMISSED)
    rows = queries.objections_visible_to(actor, at).filter(
        Q(state__in=["DRAFT", *rules.OBJECTION_OPEN]) | Q(upheld, state="DECIDED")
    )
    return [_matter(row, actor) for row in rows.order_by("due_at", "pk")[:MOST]]


def _matter(row: Objection, actor: Actor) -> Matter:
    mine = is_mine(row, actor)
    if row.state == Objection.State.DRAFT:
        url = reverse("notice-object", args=[row.notice.number])
    else:
        url = reverse("objection", args=[row.number])
    return Matter(
        number=row.number if row.state != "DRAFT" else row.notice.number,
        title=row.notice.title, task=TASKS[row.state], holder=holder_of(row), mine=mine,
        since=row.state_since, until=row.due_at or row.notice.ends_at, url=url,
        button=BUTTONS[row.state] if mine else N_("查看"),
    )  # fmt: skip


def holder_of(row: Objection) -> str:
    """Who holds an objection now, as the work list says it."""
    if row.state == Objection.State.ACCEPTED and row.handler:
        return row.handler.name
    if row.state == Objection.State.DRAFT:
        return row.objector.name
    return gettext(WAITING_FOR.get(row.state, ""))


def is_mine(row: Objection, actor: Actor) -> bool:
    """Whether this actor can take the next step."""
    facts = row.facts
    return {
        "DRAFT": rules.may_withdraw,
        "FILED": rules.may_handle,
        "ACCEPTED": rules.may_answer,
        "ANSWERED": rules.may_decide,
        "DECIDED": rules.may_handle,
    }[row.state](actor, facts)
