"""How much each liaison has in hand, may have in hand, and who pauses."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.matching import actions, forms, queries, rules
from kechuang.parties.models import Person
from kechuang.parties.queries import person_by_number


def _people(request: AskedRequest) -> list[Person]:
    """Oneself, for a liaison; the liaisons of the region, for its office; else 404."""
    actor = request.actor
    if actor.is_role(Role.LIAISON):
        own = person_by_number(actor.person)
        return [own] if own else []
    if not rules.may_set_capacity(actor, actor.region):
        raise Http404
    return queries.liaisons_under(actor.region, request.at)


@signed_in
def capacities(request: AskedRequest) -> HttpResponse:
    """The liaisons with what they have in hand."""
    rows = queries.hands_of(_people(request))
    return render(request, "matching/capacities.html", {
        "rows": rows, "today": shanghai_date(request.at),
        "sets": rules.may_set_capacity(request.actor, request.actor.region),
    })


@signed_in
def capacity(request: AskedRequest, number: str) -> HttpResponse:
    """The office says how many introductions a liaison follows at a time."""
    found = _one(request, number)
    if not rules.may_set_capacity(request.actor, request.actor.region):
        raise Http404
    form = forms.CapacityForm(request.POST or None, initial={"capacity": found.capacity})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.set_capacity(
                person=found.person, region_path=request.actor.region, by=request.actor,
                at=request.at, **form.cleaned_data,
            )
            return redirect("liaison-capacities")
    return _page(request, found, form, "capacity")


@signed_in
def pause(request: AskedRequest, number: str) -> HttpResponse:
    """The liaison, or the office, pauses new introductions until a day."""
    found = _one(request, number)
    data = request.POST if request.method == "POST" else None
    form = forms.PauseForm(data, initial={"until": found.paused_until})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.pause_liaison(
                person=found.person, region_path=request.actor.region, by=request.actor,
                at=request.at, **form.cleaned_data,
            )
            return redirect("liaison-capacities")
    return _page(request, found, form, "pause")


def _one(request: AskedRequest, number: str) -> queries.Hands:
    people = [one for one in _people(request) if one.number == number]
    if not people:
        raise Http404
    return queries.hands_of(people)[0]


def _page(request: AskedRequest, found: queries.Hands, form: Any, what: str) -> HttpResponse:
    context = {"row": found, "form": form, "what": what}
    return render(request, "matching/capacity.html", context, status=form.status)


urls = [
    path("introductions/liaisons/", capacities, name="liaison-capacities"),
    path("introductions/liaisons/<str:number>/capacity/", capacity, name="liaison-capacity"),
    path("introductions/liaisons/<str:number>/pause/", pause, name="liaison-pause"),
]
