"""Screenings of outside teams: the rounds, a round with its candidates, opening and entering."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.forms.screenings import CandidateForm, ScreeningForm
from kechuang.cultivation.models import Candidate, Screening
from kechuang.cultivation.pages.steps import Act, Shown, posted, step
from kechuang.cultivation.pages.words import reads_english
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response

KINDS = {
    "SCORING": "now", "PROPOSED": "soon", "ON_NOTICE": "soon", "ACCEPTED": "ok", "DECLINED": "none",
    "WITHDRAWN": "none", "OPEN": "now", "CLOSED": "none",
}  # fmt: skip
CSV_MOST = 5000


@signed_in
def screenings(request: AskedRequest) -> HttpResponse:
    """The rounds of the region, those one judges, and the candidates of the own unit."""
    actor, at = request.actor, request.at
    rows = queries.screenings_visible_to(actor, at)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    own: list[Candidate] = []
    if not rules.may_read_rounds(actor):
        own = list(queries.candidates_visible_to(actor, at).order_by("-pk")[:50])
        if not own and not page.rows:
            raise Http404
    return render(request, "cultivation/screenings.html", {
        "rows": [(one, KINDS[one.state], one.candidates.count()) for one in page.rows],
        "next_after": page.next_after, "own": [(one, KINDS[one.state]) for one in own],
        "may_open": rules.may_open(actor),
    })  # fmt: skip


def _round(request: AskedRequest, number: str) -> Screening:
    return found_or_404(queries.screenings_visible_to(request.actor, request.at), number=number)


@signed_in
def screening(request: AskedRequest, number: str) -> HttpResponse:
    """One round: its rules, its judges, its money, and its candidates with what came of them."""
    row = _round(request, number)
    bound = queries.rules_at(row)
    rows = queries.candidates_visible_to(request.actor, request.at).filter(screening=row)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    scored = queries.progress(page.rows)
    return render(request, "cultivation/screening.html", {
        "screening": row, "kind": KINDS[row.state], "at": request.at,
        "rules_title": bound.rules.said["title"]["en" if reads_english() else "zh"],
        "assumed": bound.rules.assumed(), "items": items_shown(row),
        "judges": row.judges.select_related("person__organisation"),
        "rows": [{"one": one, "kind": KINDS[one.state], "scored": scored.get(one.pk, 0),
                  "score": score_words(one)} for one in page.rows],
        "next_after": page.next_after,
        "may_enter": rules.may_enter(request.actor, row.region_path)
        and row.state == Screening.State.OPEN and request.at < row.until,
        "may_close": rules.may_enter(request.actor, row.region_path)
        and row.state == Screening.State.OPEN,
    })  # fmt: skip


def items_shown(screening: Screening) -> list[dict[str, Any]]:
    """What judges give points for, in the reader's language."""
    english = reads_english()
    return [
        {"code": one.code, "name": one.en if english else one.zh,
         "most": one.most_tenths // rules.POINT}
        for one in rules.items_of(queries.rules_at(screening))
    ]  # fmt: skip


def score_words(candidate: Candidate) -> str:
    """The points by which a proposal was made."""
    score = candidate.answer.get("score")
    if not score:
        return ""
    return f"{score[0]:g}" if score[0] == score[1] else f"{score[0]:g}–{score[1]:g}"


@signed_in
def screening_csv(request: AskedRequest, number: str) -> HttpResponse:
    """The candidates of a round as a file."""
    row = _round(request, number)
    rows = queries.candidates_visible_to(request.actor, request.at).filter(screening=row)
    heads = [_("编号"), _("团队或项目名称"), _("从哪里来"), _("落地单位"), _("申请支持（元）"),
             _("得分"), _("拟支持方式"), _("拟支持金额（元）"), _("状态"), _("公示"),
             _("项目")]  # fmt: skip
    return csv_response(f"{row.number}.csv", heads, (
        (one.number, one.title, one.origin, one.organisation.name, yuan_exact(one.asked_fen),
         score_words(one), one.get_outcome_display(), yuan_exact(one.amount_fen),
         one.get_state_display(), one.notice_number, one.project_number)
        for one in rows.order_by("pk")[:CSV_MOST]
    ))  # fmt: skip


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Open a round."""
    if not rules.may_open(request.actor):
        raise Http404
    sets = queries.screening_rules(shanghai_date(request.at))
    language = "en" if reads_english() else "zh"
    choices = [(code, one.said["title"][language]) for code, one in sets.items()]
    form = ScreeningForm(posted(request), rule_sets=choices)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.open_screening(typed=form.typed(), by=request.actor, at=request.at)
            messages.success(request, _("已发起筛选。下一步：登记候选。"))
            return redirect("screening", made.number)
    return _form(request, form, {
        "title": _("发起筛选"), "crumb": None, "back": None,
        "lead": _("选定规则集、评分人和资金；规则集以今天的版本为准，之后的修订不影响本轮。"),
        "after": _("登记候选后，评分人各自打分；经办按规则提出意见，由另一位负责人决定。"),
    })  # fmt: skip


@signed_in
def enter(request: AskedRequest, number: str) -> HttpResponse:
    """Enter a candidate into a round."""
    row = _round(request, number)
    if not rules.may_enter(request.actor, row.region_path):
        raise Http404
    form = CandidateForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.enter_candidate(
                screening=row, typed=form.typed(), by=request.actor, at=request.at
            )
            messages.success(request, _("已登记，评分人会收到消息。"))
            return redirect("candidate", made.number)
    return _form(request, form, {
        "title": _("登记候选"), "crumb": row, "back": row,
        "lead": row.title, "after": _("评分人看得到这一页写的内容，看不到别人的分数。"),
    })  # fmt: skip


def _form(request: AskedRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    return render(
        request, "cultivation/screening_form.html", {"form": form, **context}, status=form.status
    )


CLOSE = Act(
    ConfirmForm, N_("结束后不再登记候选；已登记的照常评完、决定。"), actions.close_screening
)


@signed_in
def close(request: AskedRequest, number: str) -> HttpResponse:
    """End a round."""
    row = _round(request, number)
    form = ConfirmForm(posted(request))
    back = reverse("screening", args=[row.number])
    shown = Shown(
        N_("结束这一轮"), row.number, row.title, back,
        [(_("团队与项目筛选"), reverse("screenings")), (row.number, back)],
        rules.may_enter(request.actor, row.region_path) and row.state == Screening.State.OPEN,
    )  # fmt: skip
    return step(request, CLOSE, shown, form, lambda: {"screening": row})


urls = [
    path("screenings/", screenings, name="screenings"),
    path("screenings/new/", new, name="screening-new"),
    path("screenings/<str:number>/", screening, name="screening"),
    path("screenings/<str:number>/candidates.csv", screening_csv, name="screening-csv"),
    path("screenings/<str:number>/enter/", enter, name="screening-enter"),
    path("screenings/<str:number>/close/", close, name="screening-close"),
]
