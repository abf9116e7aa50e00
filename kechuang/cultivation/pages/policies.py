"""The policies that grant without an application: for everybody to read, for offices to run."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.forms import benefits as forms
from kechuang.cultivation.models import Batch, Funding, Policy
from kechuang.cultivation.pages.steps import Act, Shown, posted, slug, step
from kechuang.cultivation.pages.words import (
    BATCH_KINDS,
    POLICY_KINDS,
    history_of,
    reads_english,
    title_of,
)
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.queries.entitled import rules_of
from kechuang.cultivation.rules import benefits as rules
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response

CSV_ROWS_MAX = 5000
BATCHES_SHOWN = 10
ACTS = {
    "check_policy": Act(
        forms.ConfirmForm, N_("复核后由部门负责人施行。复核的人对条款和规则集一致负责。"),
        benefits.check_policy,
    ),
    "return_policy": Act(forms.ReasonForm, N_("退回起草，改后再复核。"), benefits.return_policy),
    "enact_policy": Act(
        forms.ConfirmForm, N_("施行后公开，从今晚起在办理期内每晚计算。"), benefits.enact_policy
    ),
    "close_policy": Act(
        forms.ReasonForm, N_("终止后不再计算；已发放的照常可查、可追回。"),
        benefits.close_policy, True,
    ),
}  # fmt: skip


def _chosen(request: AskedRequest) -> QuerySet[Policy]:
    rows = queries.policies_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in Policy.State.values:
        rows = rows.filter(state=state)
    if words := request.GET.get("q", "").strip().replace("\x00", "")[:60]:
        rows = rows.filter(
            Q(title__icontains=words) | Q(number__iexact=words)
            | Q(document_title__icontains=words) | Q(document_number__icontains=words)
        )  # fmt: skip
    return rows


def _latest_of(policies: list[Policy]) -> dict[int, Funding]:
    """The newest period of each policy; one query."""
    rows = Funding.objects.filter(policy__in=policies).order_by("period", "pk")
    return {row.policy_id: row for row in rows}


def policies(request: AskedRequest) -> HttpResponse:
    """All policies that this reader sees, newest first, with what is left of their money."""
    page = keyset(
        _chosen(request), after=request.GET.get("after"), limit=request.GET.get("limit")
    )
    latest = _latest_of(page.rows)
    rows = [
        {"policy": one, "title": title_of(one), "kind": POLICY_KINDS[one.state],
         "funding": latest.get(one.pk)}
        for one in page.rows
    ]  # fmt: skip
    state = request.GET.get("state", "").lower()
    tabs = [("", _("全部")), ("in_force", _("施行中")), ("closed", _("已终止"))]
    return render(request, "cultivation/policies.html", {
        "rows": rows, "next_after": page.next_after, "tabs": tabs, "state_now": state,
        "is_narrowed": bool(request.GET.get("q") or state),
        "may_draft": rules.may_draft(request.actor), "is_unit": _is_unit(request),
        "reads_batches": request.actor.is_role(*rules.READERS) and bool(request.actor.region),
    })  # fmt: skip


def _is_unit(request: AskedRequest) -> bool:
    return request.actor.is_role(*rules.UNIT) and bool(request.actor.organisation)


def policies_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file, a row for each period."""
    rows = list(_chosen(request).order_by("-pk")[:CSV_ROWS_MAX])
    periods = Funding.objects.filter(policy__in=rows).select_related("policy").order_by("-pk")
    heads = [
        _("编号"), _("政策名称"), _("文号"), _("方式"), _("状态"), _("年度"), _("数据基准日"),
        _("预算（元）"), _("已预留（元）"), _("已拨付（元）"),
    ]  # fmt: skip
    return csv_response("policies.csv", heads, (
        (
            one.policy.number, one.policy.title, one.policy.document_number,
            one.policy.get_instrument_display(), one.policy.get_state_display(), one.period,
            one.as_of_date.isoformat(), yuan_exact(one.budget_fen), yuan_exact(one.reserved_fen),
            yuan_exact(one.paid_fen),
        )
        for one in periods[:CSV_ROWS_MAX]
    ))  # fmt: skip


def policy(request: AskedRequest, number: str) -> HttpResponse:
    """One policy: its document, who, how much, until when, what is left; batches for offices."""
    row = found_or_404(queries.policies_visible_to(request.actor, request.at), number=number)
    figures = queries.figures_of(row)
    day = shanghai_date(request.at)
    bound = rules_of(row.rule_set, figures[0]["funding"].as_of_date if figures else day)
    mine = rules.may_read_batches(request.actor, row.region_path)
    batches = Batch.objects.filter(funding__policy=row).select_related("funding") if mine else []
    others = row.exclusions.select_related("other")
    return render(request, "cultivation/policy.html", {
        "policy": row, "title": title_of(row), "kind": POLICY_KINDS[row.state],
        "figures": figures, "conditions": _conditions(bound), "version": bound.rules.version,
        "assumed": bound.rules.assumed(), "day": day,
        "excludes": [one.other for one in others],
        "batches": [(one, BATCH_KINDS[one.state]) for one in batches[:BATCHES_SHOWN]],
        "acts": _offers(request, row), "is_unit": _is_unit(request), "reads_batches": mine,
        "may_fund": rules.may_fund(request.actor, row.region_path) and row.state != "CLOSED",
        "may_edit": row.state == "DRAFT" and rules.may_draft(request.actor)
        and request.actor.covers(row.region_path),
        "may_compute": row.state == "IN_FORCE"
        and rules.may_compute(request.actor, row.region_path),
        "stages": history_of(row.stages.order_by("pk"), dict(Policy.State.choices)) if mine else [],
        "stakes": list(queries.stakes_of(row)) if mine else [],
    })  # fmt: skip


def _conditions(bound: Any) -> list[dict[str, str]]:
    """Who: each criterion in the reader's language with the clause and the words of the text."""
    return [
        {"name": said.get("en") if reads_english() and said.get("en") else said["zh"],
         "clause": said["clause"], "quote": said["quote"]}
        for said in bound.rules.criteria.values()
    ]  # fmt: skip


def _offers(request: AskedRequest, row: Policy) -> list[dict[str, str]]:
    office = queries.office_of_policy(row)
    return [
        {"name": rules.POLICY_STEPS[verb].name,
         "url": reverse(f"policy-{slug(verb)}", args=[row.number])}
        for verb in ACTS
        if rules.is_offered(verb, request.actor, office)
    ]  # fmt: skip


def _crumbs(row: Policy) -> list[tuple[str, str]]:
    return [
        (_("惠企政策"), reverse("policies")), (row.number, reverse("policy", args=[row.number]))
    ]  # fmt: skip


@signed_in
def act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """One step of a policy's life."""
    row = found_or_404(queries.policies_visible_to(request.actor, request.at), number=number)
    one = ACTS[verb]
    form = one.form(posted(request))
    shown = Shown(
        rules.POLICY_STEPS[verb].name, row.number, row.title,
        reverse("policy", args=[row.number]), _crumbs(row),
        rules.is_offered(verb, request.actor, queries.office_of_policy(row)),
    )  # fmt: skip
    return step(request, one, shown, form, lambda: {"policy": row, **form.cleaned_data})


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Draft a policy for the own region."""
    if not rules.may_draft(request.actor):
        raise Http404
    form = forms.PolicyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            row = benefits.draft_policy(typed=form.typed(), by=request.actor, at=request.at)
            messages.success(request, _("已起草，等另一个人复核。"))
            return redirect("policy", number=row.number)
    return render(request, "cultivation/policy_form.html", {"form": form}, status=form.status)


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Write a draft anew."""
    row = found_or_404(queries.policies_visible_to(request.actor, request.at), number=number)
    form = forms.PolicyForm(posted(request), initial=forms.PolicyForm.initial_of(row))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            benefits.edit_policy(
                policy=row, typed=form.typed(), version=form.cleaned_data["version"],
                by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已保存，等另一个人复核。"))
            return redirect("policy", number=row.number)
    context = {"form": form, "policy": row}
    return render(request, "cultivation/policy_form.html", context, status=form.status)


FUND = Act(
    forms.FundingForm, N_("安排以后，政策施行期间每晚计算这一年度，直到办理期结束。"),
    benefits.open_funding,
)  # fmt: skip
COMPUTE = Act(
    forms.ConfirmForm, N_("现在就按最新数据算出批次，等部门负责人审批。您算的批次不能由您审批。"),
    benefits.compute_batch,
)  # fmt: skip
BUDGET = Act(forms.BudgetForm, N_("预算不能低于已付和已预留的。"), benefits.set_budget)


@signed_in
def fund(request: AskedRequest, number: str) -> HttpResponse:
    """Give a policy another period."""
    row = found_or_404(queries.policies_visible_to(request.actor, request.at), number=number)
    form = forms.FundingForm(posted(request))
    shown = Shown(
        N_("安排年度资金"), row.number, row.title, reverse("policy", args=[row.number]),
        _crumbs(row), rules.may_fund(request.actor, row.region_path),
    )  # fmt: skip
    return step(request, FUND, shown, form, lambda: {"policy": row, "typed": form.typed()})


@signed_in
def year(request: AskedRequest, number: str, period: str, verb: str) -> HttpResponse:
    """Compute a period now, or set its budget anew."""
    rows = queries.fundings_visible_to(request.actor, request.at)
    row = found_or_404(rows, policy__number=number, period=period)
    policy = row.policy
    is_budget = verb == "budget"
    one = BUDGET if is_budget else COMPUTE
    initial = {"budget": row.budget_fen} if is_budget else None
    form = one.form(posted(request), initial=initial)
    may = rules.may_fund if is_budget else rules.may_compute
    shown = Shown(
        N_("调整预算") if is_budget else N_("现在计算批次"), f"{policy.number} · {row.period}",
        policy.title, reverse("policy", args=[policy.number]), _crumbs(policy),
        may(request.actor, policy.region_path) and not request.actor.is_role(Role.CLOCK),
    )  # fmt: skip

    def values() -> dict[str, Any]:
        given = {"budget_fen": form.cleaned_data["budget"]} if is_budget else {}
        return {"funding": row, **given}

    return step(request, one, shown, form, values)


urls = [
    path("policies/", policies, name="policies"),
    path("policies.csv", policies_csv, name="policies-csv"),
    path("policies/new/", new, name="policy-new"),
    path("policies/<str:number>/", policy, name="policy"),
    path("policies/<str:number>/edit/", edit, name="policy-edit"),
    path("policies/<str:number>/fund/", fund, name="policy-fund"),
    path("policies/<str:number>/years/<str:period>/compute/", year, {"verb": "compute"},
         name="policy-compute"),
    path("policies/<str:number>/years/<str:period>/budget/", year, {"verb": "budget"},
         name="policy-budget"),
    *[
        path(f"policies/<str:number>/{slug(verb)}/", act, {"verb": verb},
             name=f"policy-{slug(verb)}")
        for verb in ACTS
    ],
]  # fmt: skip
