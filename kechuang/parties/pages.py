"""Pages of the parties: the register of organisations, and a unit's own people."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.parties import actions, forms, queries, rules
from kechuang.parties.models import Appointment, FormerName, Organisation, Succession


def _chosen(request: AskedRequest) -> Any:
    rows = queries.organisations_visible_to(request.actor, request.at).select_related("region")
    if kind := request.GET.get("kind"):
        rows = rows.filter(kind=kind)
    if region := request.GET.get("region"):
        rows = rows.filter(Q(region_path__endswith=region) | Q(region_path__contains=region + "/"))
    if words := request.GET.get("q", "").strip()[:60]:
        rows = rows.filter(Q(name__icontains=words) | Q(code=words.upper()) | Q(number=words))
    return rows


def organisations(request: AskedRequest) -> HttpResponse:
    """The public register of organisations."""
    page = keyset(_chosen(request), after=request.GET.get("after"), limit=request.GET.get("limit"))
    context = {"page": page, "kinds": Organisation.Kind.choices, "query": request.GET}
    context["may_register"] = rules.may_register(request.actor)
    return render(request, "parties/organisations.html", context)


def organisations_csv(request: AskedRequest) -> HttpResponse:
    rows = _chosen(request).order_by("-pk")[:5000]
    heads = ["编号", "统一社会信用代码", "单位", "类别", "地区", "演示数据"]
    return csv_response("organisations.csv", heads, (
        (o.number, o.code, o.name, o.get_kind_display(), o.region.name, "是" if o.is_demo else "")
        for o in rows
    ))  # fmt: skip


def organisation(request: AskedRequest, number: str) -> HttpResponse:
    """One organisation; to its unit administrator also its people and their roles."""
    rows = queries.organisations_visible_to(request.actor, request.at)
    unit = found_or_404(rows.select_related("region", "parent"), number=number)
    manages = rules.may_appoint(request.actor, Role.FILLER, unit.code, unit.region_path)
    people = Appointment.objects.none()
    if manages:
        people = (
            Appointment.objects.filter(
                queries.in_force(shanghai_date(request.at)), organisation=unit
            )
            .select_related("person")
            .order_by("id")
        )
    context = {
        "organisation": unit,
        "former": FormerName.objects.filter(organisation=unit).order_by("-until"),
        "successions": Succession.objects.filter(
            Q(predecessor=unit) | Q(successor=unit)
        ).select_related("predecessor", "successor"),
        "manages": manages,
        "people": people,
    }
    return render(request, "parties/organisation.html", context)


@signed_in
def new_organisation(request: AskedRequest) -> HttpResponse:
    """Register an organisation that is not in the register yet."""
    rules.check_may_register(request.actor)
    regions = queries.regions_to_register_in(request.actor, request.at).order_by("path")
    form = forms.OrganisationForm(request.POST or None, regions=regions)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            unit = actions.register_organisation(
                **form.cleaned_data, by=request.actor, at=request.at
            )
            return redirect(reverse("organisation", args=[unit.number]))
    context = {"form": form}
    return render(request, "parties/organisation_new.html", context, status=form.status)


@signed_in
def appoint(request: AskedRequest, number: str) -> HttpResponse:
    """A unit administrator gives a person of the unit a role."""
    rows = queries.organisations_visible_to(request.actor, request.at)
    unit = found_or_404(rows, number=number)
    rules.check_may_appoint(request.actor, Role.FILLER, unit.code, unit.region_path)
    form = forms.AppointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.appoint_in_unit(
                unit=unit, facts=form.cleaned_data, by=request.actor, at=request.at
            )
            return redirect(reverse("organisation", args=[unit.number]))
    context = {"form": form, "organisation": unit}
    return render(request, "parties/appoint.html", context, status=form.status)


@signed_in
def end_appointment(request: AskedRequest, number: str) -> HttpResponse:
    """End an appointment of the unit; it stays in the register."""
    row = found_or_404(
        Appointment.objects.filter(organisation__isnull=False).select_related(
            "person", "organisation"
        ),
        number=number,
    )
    rules.check_may_appoint(
        request.actor, Role(row.role), row.organisation.code, row.organisation.region_path
    )
    form = ConfirmForm(request.POST or None)
    if request.method == "POST":
        form.is_valid()
        with form.refusals():
            actions.end_appointment(appointment=row, by=request.actor, at=request.at)
            return redirect(reverse("organisation", args=[row.organisation.number]))
    context = {"form": form, "appointment": row}
    return render(request, "parties/appointment_end.html", context, status=form.status)


urls = [
    path("organisations/", organisations, name="organisations"),
    path("organisations.csv", organisations_csv, name="organisations-csv"),
    path("organisations/new/", new_organisation, name="organisation-new"),
    path("organisations/<str:number>/", organisation, name="organisation"),
    path("organisations/<str:number>/appoint/", appoint, name="organisation-appoint"),
    path("appointments/<str:number>/end/", end_appointment, name="appointment-end"),
]
