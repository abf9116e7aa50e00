"""The table of milestones and instalments, as the project's page shows it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from kechuang.base.time import shanghai_date
from kechuang.projects import queries, rules
from kechuang.projects.models import Instalment, Milestone, Project

PAYMENT_KINDS = {
    "PLANNED": "none", "ELIGIBLE": "soon", "REQUESTED": "now", "REVIEWED": "now", "PAID": "now",
    "CONFIRMED": "ok", "HELD": "bad", "RECLAIM_DUE": "bad", "RECLAIMED": "none",
}  # fmt: skip
MILESTONE_KINDS = {
    "PLANNED": "none", "SUBMITTED": "now", "CHECKING": "now", "PASSED": "ok",
    "CONDITIONAL": "soon", "FAILED": "bad", "RECTIFYING": "soon", "WAIVED": "none",
}  # fmt: skip
IN_HAND = frozenset({"REQUESTED", "REVIEWED", "HELD"})
PAID_OUT = frozenset({"PAID", "CONFIRMED", "RECLAIM_DUE", "RECLAIMED"})


@dataclass
class Row:
    """One gate: signing, a milestone, or acceptance, with the instalments behind it."""

    name: str
    url: str
    planned: date | None
    content: str
    state: str
    kind: str
    since: Any = None
    parts: list[Instalment] = field(default_factory=list)

    @property
    def amount_fen(self) -> int:
        return sum(part.amount_fen for part in self.parts)


def milestone_rows(project: Project, is_inside: bool) -> dict[str, Any]:
    """Rows and sums of the table; two reads."""
    milestones = list(Milestone.objects.filter(project=project))
    instalments = list(
        Instalment.objects.filter(project=project)
        .exclude(state=Instalment.State.DROPPED)
        .select_related("order", "milestone")
    )
    parts: dict[tuple[str, int | None], list[Instalment]] = defaultdict(list)
    for one in instalments:
        one.kind = PAYMENT_KINDS[one.state]
        one.words = payment_words(one)
        parts[(one.gate, one.milestone_id)].append(one)
    rows = [_signing(project, parts[("SIGNING", None)])]
    rows += [
        _milestone(project, one, parts[("MILESTONE", one.pk)], is_inside) for one in milestones
    ]
    rows.append(_acceptance(project, parts[("ACCEPTANCE", None)]))
    return {
        "rows": rows,
        "public_fen": sum(one.amount_fen for one in instalments),
        "paid_fen": sum(one.amount_fen for one in instalments if one.state in PAID_OUT),
        "in_hand_fen": sum(one.amount_fen for one in instalments if one.state in IN_HAND),
        "left_fen": sum(
            one.amount_fen for one in instalments if one.state not in PAID_OUT | IN_HAND
        ),
        "has_instalments": bool(instalments),
    }


def _signing(project: Project, parts: list[Instalment]) -> Row:
    signed = project.signed_at
    lapsed = project.state == Project.State.LAPSED
    return Row(
        name=_("签约"),
        url="",
        planned=shanghai_date(signed or project.sign_until),
        content=_("任务书生效"),
        state=_("已完成") if signed else _("已失效") if lapsed else _("待签"),
        kind="ok" if signed else "none" if lapsed else "now",
        parts=parts,
    )


def _milestone(project: Project, one: Milestone, parts: list[Instalment], is_inside: bool) -> Row:
    return Row(
        name=f"{one.code} {one.title}",
        url=f"/projects/{project.number}/milestones/{one.code}/" if is_inside else "",
        planned=one.due_date,
        content=one.content,
        state=str(one.get_state_display()),
        kind=MILESTONE_KINDS[one.state],
        since=one.passed_at,
        parts=parts,
    )


def _acceptance(project: Project, parts: list[Instalment]) -> Row:
    State = Project.State
    accepting = (State.ACCEPTANCE_APPLIED, State.ACCEPTING, State.RECTIFYING)
    ended = project.ended_as or ""
    if ended:
        state, kind = str(State(ended).label), "ok" if ended == State.ACCEPTED else "none"
    elif project.state in accepting:
        state, kind = str(project.get_state_display()), "now"
    else:
        state, kind = _("未开始"), "none"
    agreement = queries.agreement_in_force(project)
    until = rules.day_from(agreement.terms["until"]) if agreement else None
    return Row(
        name=_("验收"), url="", planned=until, content=_("全部指标"), state=state, kind=kind,
        parts=parts,
    )  # fmt: skip


def payment_words(part: Instalment) -> str:
    """An instalment's state as the table says it; a plan says which gate it waits for."""
    if part.state != Instalment.State.PLANNED:
        return str(part.get_state_display())
    gate = part.milestone.code if part.milestone else str(part.get_gate_display())
    return _("待{gate}").format(gate=gate)


def next_own_due(project: Project) -> Instalment | None:
    """The first instalment not paid yet: by then its own funds must have arrived."""
    waiting = ["PLANNED", "ELIGIBLE", "REQUESTED", "REVIEWED", "HELD"]
    return (
        Instalment.objects.filter(project=project, state__in=waiting)
        .select_related("milestone")
        .first()
    )
