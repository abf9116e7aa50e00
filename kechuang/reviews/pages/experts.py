"""An expert's pages: invitations, declarations, the score sheet, explaining a deviation."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kechuang.base.refusals import Refused
from kechuang.base.time import shanghai_date
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import message_of
from kechuang.reviews import actions, forms, queries, rules
from kechuang.reviews.models import Review, ReviewStage, Score, Seat, Submission
from kechuang.reviews.pages.phases import phase_rows

KINDS = {
    "ASSIGNED": "none", "DECLARING": "soon", "RECUSED": "none", "ACTIVE": "now", "DRAFT": "now",
    "SUBMITTED": "ok", "COUNTED": "ok", "DROPPED": "none",
}  # fmt: skip
SEAT_KINDS = {
    "INVITED": "soon", "ACCEPTED": "ok", "REFUSED": "none", "TIMEOUT": "bad",
    "RELEASED": "none", "BARRED": "bad",
}  # fmt: skip
CSV_ROWS_MAX = 5000


def posted(request: AskedRequest) -> Any:
    """What was posted, even when it is nothing; None for a page that is only read."""
    return request.POST if request.method == "POST" else None


def _narrowed(request: AskedRequest) -> Any:
    rows = queries.own_reviews(request.actor, request.at)
    which = request.GET.get("state", "")
    if which == "open":
        rows = rows.filter(state__in=rules.REVIEW_WAITING)
    elif which == "done":
        rows = rows.filter(state__in=rules.REVIEW_SCORED)
    if words := request.GET.get("q", "").strip()[:60]:
        rows = rows.filter(
            Q(case__title__icontains=words) | Q(case__panel__subject_title__icontains=words)
        )
    return rows


@signed_in
def reviews(request: AskedRequest) -> HttpResponse:
    """An expert's invitations and reviews; for secretaries and chairs the way to their panels."""
    page = keyset(
        _narrowed(request), after=request.GET.get("after"), limit=request.GET.get("limit")
    )
    seats = queries.seats_visible_to(request.actor, request.at).filter(state="INVITED")
    return render(request, "reviews/reviews.html", {
        "page": page, "kinds": KINDS, "seats": list(seats.order_by("pk")[:50]),
        "state_now": request.GET.get("state", ""),
        "tabs": [("", _("全部")), ("open", _("等我评")), ("done", _("已提交"))],
        "is_narrowed": any(request.GET.get(key) for key in ("state", "q")),
        "panels": queries.panels_visible_to(request.actor, request.at).exists(),
    })  # fmt: skip


@signed_in
def reviews_csv(request: AskedRequest) -> HttpResponse:
    """The own reviews as a file."""
    heads = [_("编号"), _("评审组"), _("方案"), _("状态"), _("自"), _("评分截止")]
    rows = _narrowed(request).order_by("-pk")[:CSV_ROWS_MAX]
    return csv_response("reviews.csv", heads, (
        (
            r.number, r.case.panel.number, r.case.title, r.get_state_display(),
            shanghai_date(r.state_since).isoformat(),
            shanghai_date(r.case.panel.score_until).isoformat() if r.case.panel.score_until else "",
        )
        for r in rows
    ))  # fmt: skip


@signed_in
def seat(request: AskedRequest, number: str) -> HttpResponse:
    """An invitation: what is to be judged, by when, and the two answers."""
    row = found_or_404(queries.seats_visible_to(request.actor, request.at), number=number)
    return render(request, "reviews/seat.html", {
        "seat": row, "panel": row.panel, "kind": SEAT_KINDS[row.state],
        "criteria": queries.criteria_of(row.panel), "form": ConfirmForm(),
        "may_answer": row.state == Seat.State.INVITED,
    })  # fmt: skip


@signed_in
@require_POST
def seat_accept(request: AskedRequest, number: str) -> HttpResponse:
    """Accept an invitation."""
    row = found_or_404(queries.seats_visible_to(request.actor, request.at), number=number)
    with transaction.atomic():
        actions.accept_seat(seat=row, by=request.actor, at=request.at)
    messages.success(request, _("已接受邀请。方案到齐后请先申报是否回避。"))
    return redirect("reviews")


@signed_in
def seat_refuse(request: AskedRequest, number: str) -> HttpResponse:
    """Decline an invitation with a reason."""
    row = found_or_404(queries.seats_visible_to(request.actor, request.at), number=number)
    form = forms.SeatReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.refuse_seat(seat=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, _("已谢绝，秘书会另请他人。"))
            return redirect("reviews")
    return render(request, "reviews/act.html", {
        "form": form, "title": _("谢绝评审邀请"), "panel": row.panel, "back": ("seat", number),
        "lead": _("谢绝后由秘书另请他人。理由只有秘书能看到。"),
    }, status=form.status)  # fmt: skip


def _found(request: AskedRequest, number: str) -> Review:
    return found_or_404(queries.reviews_visible_to(request.actor, request.at), number=number)


def _is_own(request: AskedRequest, row: Review) -> bool:
    return rules.may_hold_seat(request.actor, row.seat.expert.person.number)


@signed_in
def review(request: AskedRequest, number: str) -> HttpResponse:
    """One review: what may be seen of the case now, and what is to be done."""
    row = _found(request, number)
    own = _is_own(request, row)
    panel = row.case.panel
    facts = queries.case_facts([row.case])[0]
    points = dict(Score.objects.filter(review=row).values_list("criterion__code", "points"))
    scored = row.state in rules.REVIEW_SCORED
    return render(request, "reviews/review.html", {
        "review": row, "panel": panel, "case": facts, "own": own, "kind": KINDS[row.state],
        "points": points, "criteria": queries.criteria_of(panel), "is_scored": scored,
        "may_read": queries.may_read_case(request.actor, row.case.number, request.at),
        "may_declare": own and row.state == "DECLARING" and row.declared_at is None,
        "may_score": own and row.state in rules.REVIEW_SCORING,
        "may_explain": own and row.state == "SUBMITTED" and row.is_deviating
        and panel.consensus_at is not None,
        "may_recuse": panel.state == "REVIEWING" and row.state in rules.REVIEW_OPENED
        and rules.may_run_panel(request.actor, panel.facts),
        "may_leave": own and panel.state == "REVIEWING" and row.state in rules.REVIEW_OPENED,
        "may_reopen": row.state == "SUBMITTED" and rules.may_lead_panel(
            request.actor, panel.facts
        ),
        "others": [rules.points_text(total) for total in queries.totals_of(row.case)]
        if scored and rules.shows_others(panel.phases, panel.consensus_at, request.at) else [],
        "phases": phase_rows(panel, request.at),
        "submissions": [] if not scored else list(Submission.objects.filter(review=row)),
        "stages": _stages(row),
    })  # fmt: skip


def _stages(row: Review) -> list[dict[str, Any]]:
    labels = dict(Review.State.choices)
    return [
        {"since": stage.since, "label": labels.get(stage.stage, stage.stage),
         "who": _("专家") if stage.by_role == "EXPERT" else _("评审组"),
         "note": stage.note_private}
        for stage in ReviewStage.objects.filter(review=row)
    ]  # fmt: skip


@signed_in
def review_declare(request: AskedRequest, number: str) -> HttpResponse:
    """Declare before reading: title, units and people stand on the page."""
    row = found_or_404(queries.own_reviews(request.actor, request.at), number=number)
    late = row.state in rules.REVIEW_OPENED
    form = (forms.LateConflictForm if late else forms.DeclareForm)(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.declare(
                seat=row.seat, case_number=row.case.number, conflict=form.says_conflict,
                ground=form.cleaned_data["ground"], by=request.actor, at=request.at,
            )  # fmt: skip
            if form.says_conflict:
                messages.success(request, _("已回避，这份方案已从您的清单中移除。"))
                return redirect("reviews")
            messages.success(request, _("已申报，没有利益关系。"))
            return redirect("review", number=row.number)
    return render(request, "reviews/declare.html", {
        "form": form, "late": late, "review": row, "panel": row.case.panel,
        "case": queries.case_facts([row.case])[0],
    }, status=form.status)  # fmt: skip


@signed_in
def review_score(request: AskedRequest, number: str) -> HttpResponse:
    """The score sheet; saved as one types, locked once handed in."""
    row = found_or_404(queries.own_reviews(request.actor, request.at), number=number)
    criteria = queries.criteria_of(row.case.panel)
    known = dict(Score.objects.filter(review=row).values_list("criterion__code", "points"))
    initial = {**known, "opinion": row.opinion, "version": row.version}
    form = forms.ScoreForm(posted(request), criteria=criteria, initial=initial)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.submit_score(
                review=row, points=form.points, opinion=form.cleaned_data["opinion"],
                version=form.cleaned_data["version"], by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("评审已提交并锁定。"))
            return redirect("review", number=row.number)
    return render(request, "reviews/score.html", {
        "form": form, "review": row, "panel": row.case.panel,
        "case": queries.case_facts([row.case])[0],
        "may_read": queries.may_read_case(request.actor, row.case.number, request.at),
        "may_score": row.state in rules.REVIEW_SCORING,
    }, status=form.status)  # fmt: skip


@signed_in
@require_POST
def review_autosave(request: AskedRequest, number: str) -> JsonResponse:
    """Keep the sheet as far as it is filled: 200 with its version, 409 with the other text."""
    row = found_or_404(queries.own_reviews(request.actor, request.at), number=number)
    form = forms.ScoreForm(request.POST, criteria=queries.criteria_of(row.case.panel))
    form.is_valid()
    try:
        with transaction.atomic():
            saved = actions.save_score(
                review=row, points=form.points, opinion=form.cleaned_data.get("opinion") or "",
                version=form.cleaned_data.get("version"), by=request.actor, at=request.at,
            )  # fmt: skip
    except Refused as refused:
        answer: dict[str, Any] = {"message": message_of(refused)}
        if refused.status == 409:
            other = Review.objects.get(pk=row.pk)
            points = Score.objects.filter(review=row).values_list("criterion__code", "points")
            answer |= {"version": other.version,
                       "fields": {"opinion": other.opinion, **dict(points)}}  # fmt: skip
        return JsonResponse(answer, status=refused.status)
    return JsonResponse({"version": saved.version})


@signed_in
def review_explain(request: AskedRequest, number: str) -> HttpResponse:
    """Say why the own total lies far off the others'."""
    row = found_or_404(queries.own_reviews(request.actor, request.at), number=number)
    form = forms.ExplainForm(posted(request), initial={"explanation": row.explanation})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.explain_deviation(
                review=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("偏离说明已保存。"))
            return redirect("review", number=row.number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("说明评分偏离"), "panel": row.case.panel,
        "lead": _("您的总分与中位数相差超过 20%。说明后由组长合议。"), "back": ("review", number),
    }, status=form.status)  # fmt: skip


@signed_in
def review_recuse(request: AskedRequest, number: str) -> HttpResponse:
    """The secretary takes an expert off a case for a conflict that became known late."""
    row = _found(request, number)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.recuse_late(
                review=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("已回避。这份评分作废，交过的原稿留存。"))
            return redirect("panel", number=row.case.panel.number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("因新发现的利益关系回避"), "panel": row.case.panel,
        "lead": _("该专家对这份方案的评分作废，不再计入；交过的原稿和您的理由都会留存。"),
        "back": ("review", number), "is_danger": True,
    }, status=form.status)  # fmt: skip


@signed_in
def review_reopen(request: AskedRequest, number: str) -> HttpResponse:
    """The chair gives a review back, with a reason that is kept."""
    row = _found(request, number)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.reopen_review(
                review=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("已退回，请专家重评；原稿留存。"))
            return redirect("panel", number=row.case.panel.number)
    return render(request, "reviews/act.html", {
        "form": form, "title": _("退回重评"), "panel": row.case.panel,
        "lead": _("专家可以改分再交。已交的一稿和您的理由都会留存。"), "back": ("review", number),
    }, status=form.status)  # fmt: skip
