"""Panels and reviews on a person's work list: invitations, declarations, scores, decisions."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar, office_closes
from kechuang.reviews import queries, rules
from kechuang.reviews.models import Case, Conflict, Draw, DrawNonce, Panel, Review, Seat

MOST = 200
TASKS = {
    "DECLARING": N_("申报是否回避"),
    "ACTIVE": N_("评分"),
    "DRAFT": N_("评分"),
    "SUBMITTED": N_("说明评分偏离"),
}
BUTTONS = {
    "DECLARING": N_("去申报"),
    "ACTIVE": N_("去评分"),
    "DRAFT": N_("接着评"),
    "SUBMITTED": N_("去说明"),
}


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """What waits for an expert, a secretary, a chair or the office; at most six queries."""
    if not actor.is_signed_in:
        return []
    found: list[Matter] = []
    if actor.is_role(Role.EXPERT):
        found += [_invitation(seat) for seat in _invited(actor, at)]
        found += [_review(review) for review in _reviews(actor, at)]
    if actor.is_role(*rules.PANEL_ROLES):
        found += [_panel(panel, actor) for panel in _panels(actor, at)]
        found += [_conflict(conflict) for conflict in _conflicts(actor, at)]
    if actor.is_role(*rules.WITNESS_ROLES):
        found += [_nonce(row) for row in _nonces(actor, at)]
    return found[:MOST]


def _invited(actor: Actor, at: datetime) -> list[Seat]:
    rows = queries.seats_visible_to(actor, at).filter(state=Seat.State.INVITED)
    return list(rows.order_by("pk")[:MOST])


def _invitation(seat: Seat) -> Matter:
    return Matter(
        number=seat.panel.number, title=seat.panel.subject_title, task=N_("答复评审邀请"),
        holder=seat.expert.person.name, mine=True, since=seat.state_since,
        until=seat.panel.invite_until, url=reverse("seat", args=[seat.number]),
        button=N_("去答复"),
    )  # fmt: skip


def _reviews(actor: Actor, at: datetime) -> list[Review]:
    """Own reviews in which the expert can act: a declared one that waits for the secretary cannot.
    """
    undeclared = Q(state=Review.State.DECLARING, declared_at__isnull=True)
    deviating = Q(
        state=Review.State.SUBMITTED, is_deviating=True, explanation="",
        case__panel__consensus_at__isnull=False,
    )  # fmt: skip
    rows = queries.own_reviews(actor, at).filter(
        undeclared | Q(state__in=rules.REVIEW_SCORING) | deviating,
        case__panel__state=Panel.State.REVIEWING,
    )
    return list(rows.order_by("case__panel", "case__place")[:MOST])


def _review(review: Review) -> Matter:
    panel = review.case.panel
    return Matter(
        number=panel.number, title=review.case.title, task=TASKS[review.state],
        holder=review.seat.expert.person.name, mine=True, since=review.state_since,
        until=panel.score_until, url=reverse("review", args=[review.number]),
        button=BUTTONS[review.state],
    )  # fmt: skip


def _panels(actor: Actor, at: datetime) -> list[Panel]:
    """Panels that this person runs, leads or must provide with officers, with their counts."""
    reviews = Review.objects.filter(case__panel=OuterRef("pk"))
    rows = queries.panels_visible_to(actor, at).filter(
        Q(secretary__number=actor.person)
        | Q(chair__number=actor.person)
        | Q(draw_operator__number=actor.person)
        | Q(secretary__isnull=True)
        | Q(chair__isnull=True),
        state__in=rules.PANEL_OPEN,
    )
    waiting = reviews.filter(state__in=rules.REVIEW_WAITING)
    silent = reviews.filter(state=Review.State.SUBMITTED, is_deviating=True, explanation="")
    draws = Draw.objects.filter(panel=OuterRef("pk"))
    recused = reviews.filter(
        state=Review.State.RECUSED, seat__expert__person=OuterRef("chair")
    )
    return list(
        rows.annotate(
            is_waiting=Exists(waiting), is_silent=Exists(silent), is_blocked=Exists(recused),
            is_cased=Exists(Case.objects.filter(panel=OuterRef("pk"))),
            is_drawn=Exists(draws.filter(state=Draw.State.DRAWN)),
            drawing=Subquery(draws.filter(state__in=rules.DRAW_OPEN).values("number")[:1]),
            is_due=Exists(draws.filter(state__in=rules.DRAW_OPEN, public_at__lte=at)),
        ).order_by("pk")[:MOST]
    )  # fmt: skip


def _panel(panel: Panel, actor: Actor) -> Matter:
    """The next step of a panel, who holds it, and whether it is this actor's."""
    task, button, verb, holder, until = next_step(panel)
    people = {
        "secretary": panel.secretary, "chair": panel.chair, "operator": panel.draw_operator,
    }  # fmt: skip
    person = people.get(holder)
    mine = person.number == actor.person if person else actor.is_role(*rules.OFFICE_ROLES)
    return Matter(
        number=panel.number, title=panel.subject_title, task=task,
        holder=person.name if person else gettext("科技部门"), mine=mine,
        since=panel.state_since, until=until,
        url=_way(verb if mine else "panel", panel), button=button if mine else N_("查看"),
    )  # fmt: skip


def _way(verb: str, panel: Panel) -> str:
    return reverse(verb, args=[panel.drawing if verb.startswith("draw") else panel.number])


Step = tuple[str, str, str, str, datetime | None]


def next_step(panel: Panel) -> Step:
    """Task, button, page, holder and limit of what a panel waits for beside its experts."""
    state, invited, scored = panel.state, panel.invite_until, panel.score_until
    soon = office_closes(calendar().add(shanghai_date(panel.state_since), rules.STEP_WORKING_DAYS))
    unled = panel.secretary is None or panel.chair is None or panel.is_blocked
    steps: list[tuple[bool, Step]] = [
        (unled, (N_("任命秘书和组长"), N_("去任命"), "panel-officers", "office", soon)),
        (bool(panel.draw_operator) and not panel.is_cased,
         (N_("放入待评方案"), N_("查看"), "panel", "secretary", soon)),
        (bool(panel.drawing) and panel.is_due,
         (N_("录入公共数值并抽取"), N_("去抽取"), "draw-value", "operator", soon)),
        (bool(panel.drawing),
         (N_("等见证人和公共数值"), N_("查看"), "draw", "operator", None)),
        (bool(panel.draw_operator) and not panel.is_drawn,
         (N_("建立专家抽取"), N_("去建立"), "panel-draw", "operator", soon)),
        (state == Panel.State.PLANNED,
         (N_("选聘评审专家"), N_("去选聘"), "panel-experts", "secretary", soon)),
        (state == Panel.State.INVITING,
         (N_("等专家答复邀请"), N_("查看"), "panel", "secretary", invited)),
        (state == Panel.State.COMPLETE and panel.is_cased,
         (N_("分派方案"), N_("去分派"), "panel-deal", "secretary", soon)),
        (state == Panel.State.COMPLETE,
         (N_("放入待评方案"), N_("查看"), "panel", "secretary", soon)),
        (panel.is_waiting, (N_("等专家评完"), N_("看进度"), "panel", "secretary", scored)),
        (panel.consensus_at is None and panel.consensus_from is not None,
         (N_("到日自动开始合议"), N_("查看"), "panel", "chair", panel.consensus_from)),
        (panel.consensus_at is None,
         (N_("开始合议"), N_("去合议"), "panel-consensus", "chair", scored)),
        (panel.is_silent, (N_("等专家说明偏离"), N_("查看"), "panel", "chair", scored)),
        (True, (N_("签署评审纪要"), N_("去签署"), "panel-finish", "chair", scored)),
    ]  # fmt: skip
    return next(step for applies, step in steps if applies)


def _conflicts(actor: Actor, at: datetime) -> list[Conflict]:
    """Possible conflicts for the secretary to decide."""
    rows = Conflict.objects.filter(
        verdict=Conflict.Verdict.POSSIBLE,
        review__state__in=rules.REVIEW_WAITING,
        review__case__panel__in=queries.led_panels(actor, at).values("pk"),
        review__case__panel__secretary__number=actor.person,
    )
    return list(
        rows.select_related("review__case__panel", "review__seat__expert__person").order_by("pk")[
            :MOST
        ]
    )


def _conflict(conflict: Conflict) -> Matter:
    panel = conflict.review.case.panel
    return Matter(
        number=panel.number, title=conflict.review.case.title, task=N_("裁定可能的利益冲突"),
        holder=panel.secretary.name if panel.secretary else "", mine=True,
        since=conflict.found_at, until=panel.score_until,
        url=reverse("conflict", args=[conflict.number]), button=N_("去裁定"),
    )  # fmt: skip


def _nonces(actor: Actor, at: datetime) -> list[DrawNonce]:
    """What a witness still owes an open draw: a commitment, or the number once all have one."""
    revealing = Q(draw__state=Draw.State.REVEALING) | Q(draw__commit_until__lte=at)
    owed = Q(commitment="", draw__commit_until__gt=at, draw__state=Draw.State.COMMITTING) | (
        ~Q(commitment="") & Q(nonce="", draw__reveals_until__gt=at) & revealing
    )
    rows = DrawNonce.objects.filter(
        owed, person__number=actor.person, draw__state__in=rules.DRAW_OPEN
    )
    return list(rows.select_related("draw__panel", "person").order_by("pk")[:MOST])


def _nonce(row: DrawNonce) -> Matter:
    draw, commits = row.draw, not row.commitment
    return Matter(
        number=draw.number, title=draw.panel.subject_title,
        task=N_("提交抽取承诺") if commits else N_("揭示随机数"), holder=row.person.name, mine=True,
        since=draw.state_since, until=draw.commit_until if commits else draw.reveals_until,
        url=reverse("draw-commit" if commits else "draw-reveal", args=[draw.number]),
        button=N_("去提交") if commits else N_("去揭示"),
    )  # fmt: skip
