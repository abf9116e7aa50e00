"""Data sets (算据), the lines between centres (算网), and the load of the last day."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.time import SHANGHAI
from kechuang.compute import actions, queries
from kechuang.compute.forms.registry import AudienceForm, DataSetForm, LinkForm
from kechuang.compute.models import Centre
from kechuang.compute.rules import registry as rules
from kechuang.compute.rules import rights
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

CENTRES_MOST = 200
LOADED_MOST = 30
KINDS = {"OFFERED": "ok", "WITHDRAWN": "none"}


def _centres(request: AskedRequest) -> list[Centre]:
    rows = queries.centres_visible_to(request.actor, request.at)
    return list(rows.order_by("side", "pk")[:CENTRES_MOST])


def load(request: AskedRequest) -> HttpResponse:
    """How full the centres were each hour of the last day, who waited, what choosing saved."""
    rows = [one for one in _centres(request) if one.backend != Centre.Backend.NONE][:LOADED_MOST]
    loads = queries.load_of(rows, request.at)
    first = loads[rows[0].pk] if rows else []
    hours = [f"{one.since.astimezone(SHANGHAI):%H}" for one in first]
    return render(request, "compute/load.html", {
        "rows": [(one, loads[one.pk]) for one in rows], "hours": hours,
        "saved": queries.saved_by_placement(request.at),
    })  # fmt: skip


def network(request: AskedRequest) -> HttpResponse:
    """What goes through between centres: measured or declared, since when, by what it is known."""
    rows = sorted(queries.links_now().values(), key=lambda row: (row.first_id, row.second_id))
    return render(request, "compute/network.html", {
        "links": rows, "may_add": bool(_ends(request, _centres(request))),
    })  # fmt: skip


def _ends(request: AskedRequest, centres: list[Centre]) -> list[Centre]:
    return [one for one in centres if rights.may_run_centre(request.actor, one.facts)]


@signed_in
def network_new(request: AskedRequest) -> HttpResponse:
    """Keep what goes through between two centres; one of them is the actor's to run."""
    centres = _centres(request)
    if not _ends(request, centres):
        raise Http404
    form = LinkForm(request.POST if request.method == "POST" else None, centres=centres)
    if request.method == "POST" and form.is_valid():
        given, known = form.cleaned_data, {one.number: one for one in centres}
        with form.refusals():
            actions.note_link(
                centre=known[given["centre"]], other=known[given["other"]],
                bandwidth_mb_s=given["bandwidth_mb_s"], is_measured=given["basis"] == "measured",
                source=given["source"], by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已登记，新的报价按它算传输。"))
            return redirect("network")
    return render(request, "compute/registry_step.html", {
        "form": form, "title": _("登记链路带宽"), "back": reverse("network"),
        "lead": _("最新的实测作数；没有实测的，最新的申报作数。登记了不改，再测再登记。"),
    }, status=form.status)  # fmt: skip


def data_sets(request: AskedRequest) -> HttpResponse:
    """The data that this reader's jobs may use, and those of the own unit; newest first."""
    rows = queries.data_visible_to(request.actor, request.at)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    return render(request, "compute/data_sets.html", {
        "page": page, "kinds": KINDS, "may_add": rights.may_ask(request.actor),
    })  # fmt: skip


@signed_in
def data_new(request: AskedRequest) -> HttpResponse:
    """Register data of the own unit."""
    if not rights.may_ask(request.actor):
        raise Http404
    centres = _centres(request)
    form = DataSetForm(request.POST if request.method == "POST" else None, centres=centres)
    if request.method == "POST" and form.is_valid():
        chosen = {one.number: one for one in centres}[form.cleaned_data["centre"]]
        with form.refusals():
            made = actions.register_data(
                centre=chosen, facts=form.facts(), named=form.cleaned_data["named"],
                by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已登记，作业里可以选它。"))
            return redirect("data-set", number=made.number)
    return render(request, "compute/registry_step.html", {
        "form": form, "title": _("登记数据集"), "back": reverse("data-sets"),
        "lead": _("这里只登记数据放在哪里、多大、谁可以用；数据本身留在中心，不上传。"),
    }, status=form.status)  # fmt: skip


def data_set(request: AskedRequest, number: str) -> HttpResponse:
    """One data set: whose, where, how large, of which class, who may use it."""
    row = found_or_404(queries.data_visible_to(request.actor, request.at), number=number)
    mine = rules.may_change_data(request.actor, row.facts)
    return render(request, "compute/data_set.html", {
        "data": row, "kind": KINDS[row.state], "may_change": mine,
        "named": list(queries.units_named(row)[:100]) if mine else [],
        "may_use": rights.may_ask(request.actor) and rules.may_use_data(
            request.actor.organisation, row.facts
        ),
    })  # fmt: skip


@signed_in
def data_change(request: AskedRequest, number: str) -> HttpResponse:
    """The own unit says anew who may use data, or withdraws them."""
    row = found_or_404(queries.data_visible_to(request.actor, request.at), number=number)
    if not rules.may_change_data(request.actor, row.facts):
        raise Http404
    form = AudienceForm(
        request.POST if request.method == "POST" else None,
        initial={"audience": row.audience, "named": "\n".join(row.named), "state": row.state},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.change_data_audience(
                data=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("已更新。"))
            return redirect("data-set", number=row.number)
    return render(request, "compute/registry_step.html", {
        "form": form, "title": _("谁可以用"), "back": reverse("data-set", args=[row.number]),
        "lead": _("对以后提交的作业生效；已提交的照常跑完。"),
    }, status=form.status)  # fmt: skip
