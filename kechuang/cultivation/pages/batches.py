"""Batches for those who compute, approve, check and pay them."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.money import in_words_zh, yuan_exact
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.forms import benefits as forms
from kechuang.cultivation.models import Batch, Line
from kechuang.cultivation.pages.steps import Act, Shown, posted, slug, step
from kechuang.cultivation.pages.words import (
    BATCH_KINDS,
    LINE_KINDS,
    asked_words,
    history_of,
    title_of,
    why,
)
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.rules import benefits as rules
from kechuang.cultivation.waiting.benefits import holder_of
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response

CSV_ROWS_MAX = 20_000
LINES_SHOWN = 100
ACTS = {
    "approve_batch": Act(
        forms.ConfirmForm,
        N_("批准后预留资金并向社会公示；公示期满、没有异议的，由三个人依次申请、审核、拨付。"),
        benefits.approve_batch,
    ),
    "return_batch": Act(
        forms.ReasonForm,
        N_("退回后这一批不再办理；数据或预算没有变化的，夜间不再提出同样的批次。"),
        benefits.return_batch,
    ),
    "publish_again": Act(
        forms.ConfirmForm, N_("余下的企业重新公示，公示期从头算。"), benefits.publish_again
    ),
    "request_payments": Act(
        forms.ConfirmForm, N_("每一户生成一张拨付单，由财务审核人审核。"),
        benefits.request_payments,
    ),
    "review_payments": Act(
        forms.ConfirmForm, N_("审核后由拨付人拨付。批准过这一批的人不能审核。"),
        benefits.review_payments,
    ),
    "return_payments": Act(
        forms.ReasonForm, N_("全部拨付单退回，改正后可再申请。"), benefits.return_payments
    ),
    "pay_batch": Act(
        forms.ConfirmForm, N_("一次拨付全部企业，要么全部成功，要么一户也不付；每户一张凭证。"),
        benefits.pay_batch,
    ),
    "confirm_payments": Act(forms.ConfirmForm, N_("确认款已到企业账户。"),
                            benefits.confirm_payments),
}  # fmt: skip
TABS = (
    ("", N_("全部"), None),
    ("drafted", N_("待审批"), ("DRAFTED",)),
    ("notice", N_("公示中"), ("ON_NOTICE", "CORRECTING")),
    ("paying", N_("拨付中"), ("PAYABLE", "REQUESTED", "REVIEWED", "PAID")),
    ("ended", N_("已办结"), ("DONE", "RETURNED", "CANCELLED")),
)


def _readable(request: AskedRequest) -> QuerySet[Batch]:
    if not (request.actor.is_role(*rules.READERS) and request.actor.region):
        raise Http404
    return queries.batches_visible_to(request.actor, request.at)


@signed_in
def batches(request: AskedRequest) -> HttpResponse:
    """The batches of the region, newest first."""
    rows = _readable(request)
    now = request.GET.get("state", "")
    states = next((states for code, _name, states in TABS if code == now), None)
    if states:
        rows = rows.filter(state__in=states)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    return render(request, "cultivation/batches.html", {
        "rows": [(one, BATCH_KINDS[one.state], title_of(one.funding.policy))
                 for one in page.rows],
        "next_after": page.next_after, "tabs": TABS, "state_now": now,
    })  # fmt: skip


def _lines(batch: Batch) -> QuerySet[Line]:
    return Line.objects.filter(batch=batch).select_related(
        "organisation__region", "batch__funding", "order", "stake", "objection"
    )  # fmt: skip


@signed_in
def batch(request: AskedRequest, number: str) -> HttpResponse:
    """One batch: all lines with their why, totals, what is cut, and the next step."""
    row = found_or_404(_readable(request), number=number)
    lines = _lines(row)
    outcome = request.GET.get("outcome", "").upper()
    if outcome in Line.Outcome.values:
        lines = lines.filter(outcome=outcome)
    page = keyset(lines, after=request.GET.get("after"), limit=str(LINES_SHOWN))
    return render(request, "cultivation/batch.html", {
        "batch": row, "policy": row.funding.policy, "title": title_of(row.funding.policy),
        "kind": BATCH_KINDS[row.state], "rows": [_shown(one) for one in page.rows],
        "next_after": page.next_after, "sums": _sums(row), "outcome_now": outcome.lower(),
        "asked": asked_words(row), "acts": _offers(request, row),
        "holder": holder_of(row, request.at),
        "live_fen": queries.live_total(row), "notice": queries.notice_of(row),
        "objections": queries.upheld_objections(row) if row.notice_number else [],
        "may_take_out": rules.is_offered("take_out", request.actor, queries.office_of_batch(row)),
        "is_equity": row.funding.policy.instrument == "EQUITY",
        "stages": history_of(row.stages.order_by("pk"), dict(Batch.State.choices)),
        "at": request.at,
    })  # fmt: skip


def _shown(line: Line) -> dict[str, Any]:
    return {
        "line": line, "kind": LINE_KINDS[line.state], "why": why(line),
        "stake": getattr(line, "stake", None),
    }  # fmt: skip


def _sums(row: Batch) -> list[dict[str, Any]]:
    found = queries.outcome_sums(row)
    return [
        {"code": outcome.value.lower(), "name": outcome.label, **found[outcome.value]}
        for outcome in Line.Outcome
        if outcome.value in found
    ]


def _offers(request: AskedRequest, row: Batch) -> list[dict[str, Any]]:
    office = queries.office_of_batch(row)
    return [
        {"name": rules.BATCH_STEPS[verb].name, "is_primary": not verb.startswith("return"),
         "url": reverse(f"batch-{slug(verb)}", args=[row.number])}
        for verb in ACTS
        if rules.is_offered(verb, request.actor, office)
    ]  # fmt: skip


@signed_in
def annex(request: AskedRequest, number: str) -> HttpResponse:
    """A batch as the annex of an official document: every line that is granted, to print."""
    row = found_or_404(_readable(request), number=number)
    lines = list(_lines(row).filter(outcome=Line.Outcome.PAYS).exclude(
        state=Line.State.TAKEN_OUT
    ).order_by("pk"))  # fmt: skip
    total = sum(one.amount_fen for one in lines)
    return render(request, "cultivation/annex.html", {
        "batch": row, "policy": row.funding.policy, "lines": lines, "total_fen": total,
        "in_words": in_words_zh(total),
    })  # fmt: skip


@signed_in
def lines_csv(request: AskedRequest, number: str) -> HttpResponse:
    """All lines of a batch as a file: every reason beside its figures."""
    row = found_or_404(_readable(request), number=number)
    heads = [
        _("编号"), _("统一社会信用代码"), _("企业"), _("结果"), _("应得（元）"),
        _("此前已结算（元）"), _("本次发放（元）"), _("为什么"), _("状态"), _("拨付单号"),
        _("拨付日期"),
    ]  # fmt: skip
    return csv_response(f"{row.number}.csv", heads, (
        (
            one.number, one.organisation.code, one.organisation.name, one.get_outcome_display(),
            yuan_exact(one.entitled_fen), yuan_exact(one.settled_fen), yuan_exact(one.amount_fen),
            why(one), one.get_state_display(), one.order.number if one.order else "",
            shanghai_date(one.order.paid_at).isoformat()
            if one.order and one.order.paid_at else "",
        )
        for one in _lines(row).order_by("pk")[:CSV_ROWS_MAX]
    ))  # fmt: skip


@signed_in
def act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """One step of a batch."""
    row = found_or_404(_readable(request), number=number)
    one = ACTS[verb]
    form = one.form(posted(request))
    back = reverse("batch", args=[row.number])
    policy = row.funding.policy
    shown = Shown(
        rules.BATCH_STEPS[verb].name, row.number,
        _("{title}，{period}年度，{count} 户，{sum} 元").format(
            title=title_of(policy), period=row.funding.period, count=row.line_count,
            sum=yuan_exact(queries.live_total(row)),
        ),
        back, [(_("批次"), reverse("batches")), (row.number, back)],
        rules.is_offered(verb, request.actor, queries.office_of_batch(row)),
    )  # fmt: skip
    return step(request, one, shown, form, lambda: {"batch": row, **form.cleaned_data})


urls = [
    path("benefits/batches/", batches, name="batches"),
    path("benefits/batches/<str:number>/", batch, name="batch"),
    path("benefits/batches/<str:number>/annex/", annex, name="batch-annex"),
    path("benefits/batches/<str:number>/lines.csv", lines_csv, name="batch-lines"),
    *[
        path(f"benefits/batches/<str:number>/{slug(verb)}/", act, {"verb": verb},
             name=f"batch-{slug(verb)}")
        for verb in ACTS
    ],
]  # fmt: skip
