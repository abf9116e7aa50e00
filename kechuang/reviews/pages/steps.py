"""The steps of a panel: officers, experts, consensus, minutes, cancelling; seats and conflicts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.doors.forms import Form, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.reviews import actions, forms, queries, rules
from kechuang.reviews.models import Conflict, Seat
from kechuang.reviews.pages.experts import posted
from kechuang.reviews.pages.panels import found_panel, sees_scores
from kechuang.reviews.pages.phases import phase_rows


@signed_in
def panel_officers(request: AskedRequest, number: str) -> HttpResponse:
    """Name the secretary and the chair."""
    row = found_panel(request, number)
    known = {
        "secretary": row.secretary.number if row.secretary else None,
        "chair": row.chair.number if row.chair else None,
    }
    form = forms.OfficersForm(
        posted(request), initial=known, chairs=queries.pool(request.at),
        secretaries=queries.possible_secretaries(row.region_path, request.at),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.name_panel_officers(
                panel=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("秘书和组长已任命。"))
            return redirect("panel", number=number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("任命秘书和组长"), "panel": row, "back": ("panel", number),
        "lead": _("两人须不同，且与待评方案都没有利益关系；有冲突的会被拒绝。"),
    }, status=form.status)  # fmt: skip


@signed_in
def panel_experts(request: AskedRequest, number: str) -> HttpResponse:
    """Choose experts from the pool and invite them."""
    row = found_panel(request, number)
    words = request.GET.get("q", "").strip()[:60]
    taken = [seat.expert.person_id for seat in queries.seats_of(row)]
    pool = queries.pool(request.at, words).exclude(pk__in=[*taken, row.secretary_id or 0])
    chosen = pool if not words or request.method != "POST" else queries.pool(request.at)
    form = forms.ExpertsForm(posted(request), pool=chosen)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.assign_experts(
                panel=row, by=request.actor, at=request.at,
                experts=list(form.cleaned_data["experts"]),
            )  # fmt: skip
            messages.success(request, _("邀请已发出。"))
            return redirect("panel", number=number)
    return render(request, "reviews/experts.html", {
        "form": form, "panel": row, "words": words, "found": pool.count(),
        "may_assign": rules.may_assign_experts(request.actor, row.facts),
    }, status=form.status)  # fmt: skip


@signed_in
def panel_consensus(request: AskedRequest, number: str) -> HttpResponse:
    """Open the consensus: experts see each other's scores from now on."""
    row = found_panel(request, number)
    form = Form(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.open_consensus(panel=row, by=request.actor, at=request.at)
            messages.success(request, _("合议已开始，专家可以看到彼此的评分。"))
            return redirect("panel", number=number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("开始合议"), "panel": row, "back": ("panel", number),
        "lead": _("开始后，专家能看到同一方案其他专家的总分；偏离 20% 以上的须写说明。"),
    }, status=form.status)  # fmt: skip


@signed_in
def panel_phases(request: AskedRequest, number: str) -> HttpResponse:
    """Date until when experts score, see one another's totals, and hold consensus."""
    row = found_panel(request, number)
    dates = {name: getattr(row, name) for name in rules.PHASE_NAMES}
    form = forms.PhasesForm(posted(request), initial=dates)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            phases = rules.Phases(**form.cleaned_data)
            actions.set_phases(panel=row, phases=phases, by=request.actor, at=request.at)
            messages.success(request, _("日期已定，专家和组长会收到通知。"))
            return redirect("panel", number=number)
    may = rules.may_set_phases(request.actor, row.facts) and row.consensus_at is None
    return render(request, "reviews/phases.html", {
        "form": form, "panel": row, "phases": phase_rows(row, request.at),
        "may_date": may and row.state in rules.PANEL_OPEN,
    }, status=form.status)  # fmt: skip


@signed_in
def panel_finish(request: AskedRequest, number: str) -> HttpResponse:
    """Sign the minutes: the ranking stands, everything is locked."""
    row = found_panel(request, number)
    form = forms.FinishForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.finish_review(
                panel=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("评审纪要已签署，评审结束。"))
            return redirect("panel-minutes", number=number)
    return render(request, "reviews/finish.html", {
        "form": form, "panel": row,
        "ranking": queries.ranking_of(row) if sees_scores(request, row) else [],
        "names": {c.code: c.name for c in queries.criteria_of(row)},
    }, status=form.status)  # fmt: skip


@signed_in
def panel_cancel(request: AskedRequest, number: str) -> HttpResponse:
    """End a panel without a result."""
    row = found_panel(request, number)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.cancel_panel(
                panel=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("评审组已取消。"))
            return redirect("panel", number=number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("取消评审组"), "panel": row, "back": ("panel", number),
        "lead": _("取消后不能恢复，专家不再能阅读方案。"), "is_danger": True,
    }, status=form.status)  # fmt: skip


@signed_in
def seat_release(request: AskedRequest, number: str) -> HttpResponse:
    """Release an expert who does not deliver."""
    visible = queries.panels_visible_to(request.actor, request.at)
    row = found_or_404(
        Seat.objects.filter(panel__in=visible.values("pk")).select_related(
            "panel__secretary", "panel__chair", "expert__person"
        ),
        number=number,
    )
    form = forms.SeatReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.release_seat(seat=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("席位已解除，可另请他人。"))
            return redirect("panel", number=row.panel.number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("解除席位"), "panel": row.panel,
        "lead": _("{name}未交的评审不再计入，已交的保留。").format(name=row.expert.person.name),
        "back": ("panel", row.panel.number), "is_danger": True,
    }, status=form.status)  # fmt: skip


@signed_in
def conflict(request: AskedRequest, number: str) -> HttpResponse:
    """A possible conflict with its evidence, and the secretary's decision."""
    visible = queries.panels_visible_to(request.actor, request.at)
    row = found_or_404(
        Conflict.objects.filter(review__case__panel__in=visible.values("pk")).select_related(
            "review__case__panel__secretary", "review__case__panel__chair",
            "review__seat__expert__person__organisation",
        ),
        number=number,
    )  # fmt: skip
    panel = row.review.case.panel
    form = forms.DecideForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.decide_conflict(
                conflict=row, is_conflict=form.cleaned_data["verdict"] == "conflict",
                reason=form.cleaned_data["reason"], by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已裁定。"))
            return redirect("panel", number=panel.number)
    return render(request, "reviews/conflict.html", {
        "form": form, "conflict": row, "panel": panel,
        "case": queries.case_facts([row.review.case])[0],
        "evidence": queries.evidence_words([row])[row.pk],
        "may_decide": row.verdict == Conflict.Verdict.POSSIBLE
        and rules.may_run_panel(request.actor, panel.facts),
    }, status=form.status)  # fmt: skip
