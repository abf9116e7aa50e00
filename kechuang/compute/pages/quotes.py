"""A job's form, what every centre would take for it, and the choice."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.compute import actions, forms, queries
from kechuang.compute.forms import said
from kechuang.compute.models import Centre, Job, Quote
from kechuang.compute.rules import rights
from kechuang.compute.rules.quotes import rates, reason_for
from kechuang.compute.rules.templates import template_coded, templates
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

REFUSALS = {
    "centre_closed": N_("中心暂停"),
    "too_few_processors": N_("核数不够：有 {has}，要 {needs}"),
    "data_may_not_come": N_("这一等级的数据不能到这里"),
    "template_not_installed": N_("没有装这个应用"),
    "module_missing": N_("还缺 {module}；请管理员运行：{command}"),
    "not_connected": N_("还没有接入，只作参考"),
    "no_prices": N_("还没有定价"),
}
TERMS = {
    "wait_fen": N_("少等"), "transfer_fen": N_("传得快"), "run_fen": N_("算得快"),
    "price_fen": N_("机时便宜"), "voucher_fen": N_("算力券抵得多"), "carbon_fen": N_("碳排少"),
    "deadline_fen": N_("不误期"),
}  # fmt: skip


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Choose an application, then say what the job is; the quotes come next."""
    if not rights.may_ask(request.actor):
        raise Http404
    allocations = list(queries.allocations_in_force(request.actor, request.at).order_by("-pk")[:50])
    code = request.GET.get("template", "")
    if code not in templates() or not allocations:
        return render(request, "compute/job_template.html", {
            "templates": [(one, said(one, "about")) for one in templates().values()],
            "allocations": allocations,
            "centres": list(Centre.objects.filter(state="OPEN").exclude(backend="NONE")[:20]),
        })  # fmt: skip
    form = forms.JobForm(
        request.POST if request.method == "POST" else None, template=template_coded(code),
        allocations=allocations,
        data_sets=list(queries.data_usable_by(request.actor, request.at).order_by("-pk")[:50]),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        chosen = next(one for one in allocations if one.number == form.cleaned_data["allocation"])
        with form.refusals():
            row = actions.quote_job(
                allocation=chosen, asked=form.asked(), by=request.actor, at=request.at
            )
            return redirect("job", number=row.number)
    context = {
        "form": form, "template": form.template, "about": said(form.template, "about"),
    }  # fmt: skip
    return render(request, "compute/job_new.html", context, status=form.status)


def quote_page(request: AskedRequest, job: Job) -> HttpResponse:
    """The quotes of a job that waits for its unit's choice."""
    rows = list(job.quotes.select_related("centre"))
    offered = [row for row in rows if not row.refused_code and not row.centre.is_simulated]
    played = [row for row in rows if not row.refused_code and row.centre.is_simulated]
    best = offered[0] if offered else None
    refused = [
        {"centre": row.centre, "why": _(REFUSALS.get(row.refused_code, row.refused_code)).format(
            **row.refused_facts)}
        for row in rows if row.refused_code
    ]  # fmt: skip
    return render(request, "compute/quotes.html", {
        "job": job, "quotes": [_shown(row, best) for row in (*offered, *played)],
        "refused": refused, "best": best, "best_alone": 1 if best else 0, "why": _why(job, offered),
        "is_over": request.at >= job.valid_until, "rates": rates(),
        "parameters": parameters_of(job), "template": template_coded(job.template),
        "figures": queries.figures_of([row.centre for row in (*offered, *played)], request.at),
        "may_use": rights.may_use(request.actor, job.facts),
        "sees_allocation": rights.may_see_allocation(request.actor, job.facts),
    })  # fmt: skip


def parameters_of(job: Job) -> list[tuple[str, Any, str]]:
    """What a job was given, in its template's words; a script is shown apart."""
    return [
        (said(one, "label"), job.parameters.get(one.name), said(one, "unit"))
        for one in template_coded(job.template).parameters
        if one.kind == "whole"
    ]


def _shown(row: Quote, best: Quote | None) -> dict[str, Any]:
    """A quote with its shares in percent of the dearest part, for the bar; one of a machine that is
    only played stands behind the others and is compared with none."""
    whole = max(1, row.total_fen + row.voucher_fen)
    parts = (100 * row.time_fen / whole, 100 * row.price_fen / whole, 100 * row.carbon_fen / whole)
    more = row.total_fen - best.total_fen if best else 0
    return {"row": row, "more_fen": more, "parts": parts, "is_pick": row is best}


def _why(job: Job, offered: list[Quote]) -> dict[str, Any] | None:
    """Why the first is the cheapest and at which wait it no longer is; None of a single one."""
    if len(offered) < 2:
        return None
    reason = reason_for(offered[0], offered[1], job.value_fen_per_hour)
    return {
        "second": offered[1], "saves_fen": reason.saves_fen,
        "largest": _(TERMS[reason.largest]) if reason.largest else "",
        "turning": reason.turning_wait_seconds,
    }  # fmt: skip


@signed_in
def requote(request: AskedRequest, number: str) -> HttpResponse:
    """Ask every centre anew."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if not rights.may_use(request.actor, row.facts):
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.requote_job(job=row, by=request.actor, at=request.at)
            return redirect("job", number=row.number)
    return render(request, "compute/job_step.html", {
        "form": form, "job": row, "title": _("重新报价"),
        "lead": _("按现在的价格和排队情况，请各中心重新报价。"),
    }, status=form.status)  # fmt: skip


@signed_in
def submit(request: AskedRequest, number: str) -> HttpResponse:
    """Send the job to the chosen centre."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if not rights.may_use(request.actor, row.facts):
        raise Http404
    given = request.POST if request.method == "POST" else None
    form = forms.ChooseForm(given)
    if request.method == "POST" and form.is_valid():
        centres = queries.centres_visible_to(request.actor, request.at)
        centre = found_or_404(centres, number=form.cleaned_data["centre"])
        with form.refusals():
            done = actions.submit_job(job=row, centre=centre, by=request.actor, at=request.at)
            messages.success(request, _("已提交，正在交给中心。"))
            return redirect("job", number=done.number)
    if request.method != "POST":
        return redirect("job", number=row.number)
    return render(request, "compute/job_step.html", {
        "form": form, "job": row, "title": _("提交作业"),
        "lead": _("没有提交成功，请回到报价重选。"),
    }, status=form.status)  # fmt: skip
