"""Allocations: ask for one, review it, see what is left of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.compute import actions, forms, queries
from kechuang.compute.models import Allocation, AllocationStage, Bill, Job
from kechuang.compute.rules import rights
from kechuang.doors.forms import Form, ReasonForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.projects.models import Project

CSV_ROWS_MAX = 5000
SHOWN = 20
KINDS = {"REQUESTED": "now", "GRANTED": "ok", "RETURNED": "bad", "REVOKED": "bad", "ENDED": "none"}


def _chosen(request: AskedRequest) -> Any:
    rows = queries.allocations_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    return rows.filter(state=state) if state in Allocation.State.values else rows


@signed_in
def allocations(request: AskedRequest) -> HttpResponse:
    """The own unit's allocations, or the region's."""
    page = keyset(_chosen(request), after=request.GET.get("after"), limit=request.GET.get("limit"))
    tabs = [("", _("全部"))] + [(one.value.lower(), one.label) for one in Allocation.State]
    return render(request, "compute/allocations.html", {
        "page": page, "kinds": KINDS, "tabs": tabs, "may_ask": rights.may_ask(request.actor),
        "state_now": request.GET.get("state", "").lower(),
    })  # fmt: skip


@signed_in
def allocations_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [
        _("编号"), _("单位"), _("用途"), _("付费方式"), _("核时"), _("已用核秒"), _("占用核秒"),
        _("算力券（分）"), _("算力券已用（分）"), _("自"), _("至"), _("状态"),
    ]  # fmt: skip
    return csv_response("allocations.csv", heads, (
        (
            row.number, row.organisation.name, row.purpose, row.pays, row.core_hours,
            row.used_core_seconds, row.held_core_seconds, row.voucher_fen, row.voucher_used_fen,
            row.since_date.isoformat(), row.until_date.isoformat(), row.get_state_display(),
        )
        for row in _chosen(request).order_by("-pk")[:CSV_ROWS_MAX]
    ))  # fmt: skip


def _projects(actor: Actor) -> list[tuple[str, str]]:
    """The unit's own projects, to choose from."""
    rows = Project.objects.filter(lead_organisation__code=actor.organisation).order_by("-pk")
    return [(row.number, f"{row.number} {row.title[:40]}") for row in rows[:100]]


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Ask for core time for the own unit."""
    if not rights.may_ask(request.actor):
        raise Http404
    today = shanghai_date(request.at)
    form = forms.AllocationForm(
        request.POST if request.method == "POST" else None, projects=_projects(request.actor),
        initial={"since": today, "until": today.replace(month=12, day=31)},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        own = Project.objects.filter(lead_organisation__code=request.actor.organisation)
        given["project"] = own.filter(number=given["project"]).first()
        with form.refusals():
            row = actions.request_allocation(**given, by=request.actor, at=request.at)
            messages.success(request, _("已提交，五个工作日内审核。"))
            return redirect("allocation", number=row.number)
    return render(request, "compute/allocation_new.html", {"form": form}, status=form.status)


@signed_in
def allocation(request: AskedRequest, number: str) -> HttpResponse:
    """One allocation: what is left, what it was used for, what it came to."""
    row = found_or_404(
        queries.allocations_visible_to(request.actor, request.at), number=number
    )
    jobs = Job.objects.filter(allocation=row, submitted_at__isnull=False).select_related("centre")
    months = (
        Bill.objects.filter(job__allocation=row, statement__isnull=True)
        .values_list("month", "job__centre__number", "job__centre__name")
        .distinct().order_by("month")[:SHOWN]
    )  # fmt: skip
    return render(request, "compute/allocation.html", {
        "allocation": row, "kind": KINDS[row.state], "budget": row.budget,
        "left_hours": row.budget.left // 3600, "used_hours": row.used_core_seconds // 3600,
        "held_hours": -(-row.held_core_seconds // 3600),
        "voucher_left_fen": row.voucher_fen - row.voucher_used_fen,
        "used_share": 100 * row.used_core_seconds / (row.core_hours * 3600),
        "held_share": 100 * row.held_core_seconds / (row.core_hours * 3600),
        "jobs": list(jobs.order_by("-pk")[:SHOWN]), "unlocked": list(months),
        "statements": list(
            queries.statements_visible_to(request.actor, request.at).filter(allocation=row)
            .order_by("-month")[:SHOWN]
        ),
        "acts": _acts(request, row),
        "may_use": rights.may_use(request.actor, row.facts) and row.state == "GRANTED",
        "may_lock": rights.may_review(request.actor, row.facts),
        "stages": queries.stages_of(
            AllocationStage, dict(Allocation.State.choices), allocation=row
        ),
    })  # fmt: skip


# verb: form, states in which it is offered, button, what is said when done
Act = tuple[type[Form], tuple[str, ...], str, str]


def _verbs() -> dict[str, Act]:
    return {
        "grant": (forms.GrantForm, ("REQUESTED",), _("批准额度"), _("已批准，可以提交作业。")),
        "return": (ReasonForm, ("REQUESTED",), _("不批准"), _("已退回，理由已告知申请人。")),
        "renew": (forms.RenewForm, ("GRANTED", "ENDED"), _("续期或追加"), _("已续期。")),
        "revoke": (ReasonForm, ("GRANTED",), _("撤销额度"), _("额度已撤销；在跑的作业跑完为止。")),
    }


def _acts(request: AskedRequest, row: Allocation) -> list[dict[str, Any]]:
    if not rights.may_review(request.actor, row.facts):
        return []
    return [
        {"url": reverse(f"allocation-{verb}", args=[row.number]), "name": act[2],
         "is_primary": verb == "grant"}
        for verb, act in _verbs().items() if row.state in act[1]
    ]  # fmt: skip


def _step(verb: str) -> Callable[..., HttpResponse]:
    """The page of one step of a review: its form, and the action behind it."""
    write = getattr(actions, f"{verb}_allocation")

    @signed_in
    def page(request: AskedRequest, number: str) -> HttpResponse:
        row = found_or_404(
            queries.allocations_visible_to(request.actor, request.at), number=number
        )
        if not rights.may_review(request.actor, row.facts):
            raise Http404
        act = _verbs()[verb]
        form = act[0](
            request.POST if request.method == "POST" else None,
            initial={"core_hours": row.core_hours, "until": row.until_date},
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            with form.refusals():
                write(allocation=row, by=request.actor, at=request.at, **form.cleaned_data)
                messages.success(request, act[3])
                return redirect("allocation", number=row.number)
        context = {"form": form, "allocation": row, "verb": verb, "title": act[2]}
        return render(request, "compute/allocation_step.html", context, status=form.status)

    page.__doc__ = f"Take the step `{verb}` of an allocation."
    return page


grant, give_back, renew, revoke = _step("grant"), _step("return"), _step("renew"), _step("revoke")
