"""The panel as its secretary, chair, office and supervisor see it, and the steps they take."""

from collections import defaultdict
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import name_in_language
from kechuang.parties.queries import people_numbered, region_by_code
from kechuang.reviews import queries, rules
from kechuang.reviews.models import Conflict, Minutes, Panel, PanelStage, Review, Seat
from kechuang.reviews.pages.experts import CSV_ROWS_MAX, KINDS, SEAT_KINDS
from kechuang.reviews.pages.phases import phase_rows

PANEL_KINDS = {
    "PLANNED": "none", "INVITING": "soon", "COMPLETE": "now", "REVIEWING": "now",
    "FINISHED": "ok", "CANCELLED": "bad",
}  # fmt: skip
DRAW_KINDS = {"COMMITTING": "soon", "REVEALING": "now", "DRAWN": "ok", "CANCELLED": "bad"}
WAY = ("PLANNED", "INVITING", "COMPLETE", "REVIEWING", "FINISHED")


def _narrowed(request: AskedRequest) -> Any:
    rows = queries.panels_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in Panel.State.values:
        rows = rows.filter(state=state)
    if code := request.GET.get("region", ""):
        region = region_by_code(code, shanghai_date(request.at))
        rows = rows.filter(queries.within(region.path)) if region else rows.none()
    if words := request.GET.get("q", "").strip()[:60]:
        rows = rows.filter(
            Q(subject_title__icontains=words) | Q(number=words) | Q(subject_number=words)
        )
    return rows


@signed_in
def panels(request: AskedRequest) -> HttpResponse:
    """The panels that this person runs, leads or watches."""
    page = keyset(
        _narrowed(request), after=request.GET.get("after"), limit=request.GET.get("limit")
    )
    tabs = [("", _("全部"))] + [(s.value.lower(), s.label) for s in Panel.State]
    return render(request, "reviews/panels.html", {
        "page": page, "kinds": PANEL_KINDS, "tabs": tabs,
        "state_now": request.GET.get("state", "").lower(),
        "is_narrowed": any(request.GET.get(key) for key in ("state", "q", "region")),
    })  # fmt: skip


@signed_in
def panels_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [_("编号"), _("评审对象"), _("标题"), _("秘书"), _("组长"), _("状态"), _("自")]
    rows = _narrowed(request).order_by("-pk")[:CSV_ROWS_MAX]
    return csv_response("panels.csv", heads, (
        (
            p.number, p.subject_number, p.subject_title,
            p.secretary.name if p.secretary else "", p.chair.name if p.chair else "",
            p.get_state_display(), shanghai_date(p.state_since).isoformat(),
        )
        for p in rows
    ))  # fmt: skip


def found_panel(request: AskedRequest, number: str) -> Panel:
    return found_or_404(queries.panels_visible_to(request.actor, request.at), number=number)


def sees_scores(request: AskedRequest, row: Panel) -> bool:
    """Secretary and supervisor see scores as they come, a chair after the own; the office last."""
    if row.state == Panel.State.FINISHED or request.actor.is_role(Role.SUPERVISOR):
        return True
    return queries.scored_panels(request.actor, request.at).filter(pk=row.pk).exists()


@signed_in
def panel(request: AskedRequest, number: str) -> HttpResponse:
    """One panel: who judges what by which criteria, conflicts, progress, scores, ranking."""
    row = found_panel(request, number)
    sees, draws = sees_scores(request, row), queries.draws_of(row)
    return render(request, "reviews/panel.html", {
        "panel": row, "kind": PANEL_KINDS[row.state], "way": _way(row),
        "criteria": queries.criteria_of(row), "seats": queries.seats_of(row),
        "cases": queries.case_facts(queries.cases_of(row)),
        "seat_kinds": SEAT_KINDS, "review_kinds": KINDS,
        "progress": queries.progress_of(row), "conflicts": conflicts_of(row),
        "sees_scores": sees, "tables": score_tables(row) if sees else [],
        "ranking": queries.ranking_of(row) if sees else [],
        "names": {c.code: c.name for c in queries.criteria_of(row)},
        "acts": _acts(request, row, any(one.state != "CANCELLED" for one in draws)),
        "assignments": queries.assignments_of(row), "draws": draws, "draw_kinds": DRAW_KINDS,
        "stages": _stages(row), "phases": phase_rows(row, request.at),
        "may_date": rules.may_set_phases(request.actor, row.facts)
        and row.state in rules.PANEL_OPEN and row.consensus_at is None,
        "may_run": rules.may_run_panel(request.actor, row.facts)
        and row.state in rules.PANEL_OPEN,
        "may_lead": rules.may_lead_panel(request.actor, row.facts)
        and row.state == Panel.State.REVIEWING,
    })  # fmt: skip


def _way(row: Panel) -> list[dict[str, str]]:
    labels = dict(Panel.State.choices)
    at = WAY.index(row.state) if row.state in WAY else -1
    return [
        {"name": labels[code], "state": "now" if place == at else ("done" if place < at else "")}
        for place, code in enumerate(WAY)
    ]


def conflicts_of(row: Panel) -> list[Conflict]:
    return list(
        Conflict.objects.filter(review__case__panel=row)
        .select_related("review__case", "review__seat__expert__person", "decided_by")
        .order_by("pk")[:500]
    )


def score_tables(row: Panel) -> list[dict[str, Any]]:
    """For each case the reviews of its experts, in the order of their seats."""
    found: dict[int, list[Review]] = defaultdict(list)
    reviews = Review.objects.filter(case__panel=row).select_related("seat__expert__person")
    for one in reviews.exclude(state="RECUSED").order_by("seat__order"):
        found[one.case_id].append(one)
    return [{"case": case, "reviews": found[case.pk]} for case in queries.cases_of(row)]


def _stages(row: Panel) -> list[dict[str, Any]]:
    labels = dict(Panel.State.choices)
    rows = list(PanelStage.objects.filter(panel=row))
    people = people_numbered(stage.by_person for stage in rows)
    return [
        {"since": stage.since, "label": labels.get(stage.stage, stage.stage),
         "who": name_in_language(people.get(stage.by_person)) or _("系统"),
         "note": stage.note_private}
        for stage in rows
    ]  # fmt: skip


def _acts(request: AskedRequest, row: Panel, has_draw: bool) -> list[dict[str, Any]]:
    """The buttons of the page head: each shown by the right that its action checks."""
    actor, facts, state = request.actor, row.facts, row.state
    is_open = state in rules.PANEL_OPEN
    all_in = state == "REVIEWING" and not any(one.waiting for one in queries.progress_of(row))
    leads = rules.may_lead_panel(actor, facts) and all_in
    offers = [
        ("panel-minutes", _("看评审纪要"), state == "FINISHED", True),
        ("panel-finish", _("签署评审纪要"), leads and row.consensus_at is not None, True),
        ("panel-consensus", _("开始合议"), leads and row.consensus_at is None
         and (row.consensus_from is None or row.consensus_from <= request.at), True),
        ("panel-deal", _("分派方案") if row.reviews_per_case else _("改为分派方案"),
         rules.may_run_panel(actor, facts) and _may_deal(row), bool(row.reviews_per_case)),
        ("panel-draw", _("建立抽取"), state in ("PLANNED", "INVITING")
         and rules.may_draw(actor, facts) and not has_draw, True),
        ("panel-experts", _("选聘专家"), is_open and not row.draw_operator
         and rules.may_assign_experts(actor, facts),
         not row.consensus_at and state in ("PLANNED", "INVITING")),
        ("draw-operator", _("改为抽取专家") if row.secretary else _("任命抽取人"),
         state == "PLANNED" and not row.draw_operator
         and rules.may_plan_panel(actor, row.region_path), False),
        ("panel-officers", _("任命秘书和组长"),
         is_open and rules.may_plan_panel(actor, row.region_path), not row.secretary),
    ]  # fmt: skip
    shown = [(name, words, primary) for name, words, may, primary in offers if may]
    return [
        {"url": reverse(name, args=[row.number]), "name": words, "is_primary": primary}
        for name, words, primary in shown[:2]
    ]


def _may_deal(row: Panel) -> bool:
    """Whether dealing cases out is the secretary's to set, or to do."""
    if row.reviews_per_case is None:
        begun = Review.objects.filter(case__panel=row).exists()
        return row.state in ("PLANNED", "INVITING", "COMPLETE") and not begun
    dealt = row.state in ("COMPLETE", "REVIEWING") and not row.consensus_at
    return dealt and bool(queries.short_cases(row))


def _minutes(request: AskedRequest, number: str) -> tuple[Panel, Minutes]:
    row = found_panel(request, number)
    return row, found_or_404(Minutes.objects.select_related("signed_by"), panel=row)


@signed_in
def panel_minutes(request: AskedRequest, number: str) -> HttpResponse:
    """The signed minutes, to read and to print."""
    row, minutes = _minutes(request, number)
    explained = Review.objects.filter(case__panel=row, is_deviating=True).exclude(explanation="")
    return render(request, "reviews/minutes.html", {
        "panel": row, "minutes": minutes, "criteria": queries.criteria_of(row),
        "seats": [s for s in queries.seats_of(row) if s.state == Seat.State.ACCEPTED],
        "ranking": queries.ranking_of(row), "tables": score_tables(row),
        "names": {c.code: c.name for c in queries.criteria_of(row)},
        "conflicts": [c for c in conflicts_of(row) if c.verdict == Conflict.Verdict.BLOCKING],
        "explained": list(explained.select_related("case", "seat").order_by("case__place")),
    })  # fmt: skip


@signed_in
def panel_minutes_json(request: AskedRequest, number: str) -> HttpResponse:
    """The minutes as they were hashed, for whoever checks the fingerprint."""
    _row, minutes = _minutes(request, number)
    response = HttpResponse(
        rules.canonical_json(minutes.content), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{number}-minutes.json"'
    return response
