"""Requests for an introduction: a team asks from its offer's page, a liaison answers."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kechuang.base.refusals import N_
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.matching import actions, forms, queries, rules
from kechuang.matching.forms.events import IntroduceForm
from kechuang.matching.queries import desk
from kechuang.needs import queries as needs
from kechuang.offers import queries as offers

TABS = (
    ("", N_("全部")), ("open", N_("等答复")), ("accepted", N_("已同意")),
    ("declined", N_("没有同意")),
)  # fmt: skip


@signed_in
def request_list(request: AskedRequest) -> HttpResponse:
    """Requests, newest first."""
    rows = desk.requests_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in set(rules.Asked):
        rows = rows.filter(state=state)
    page = keyset(rows, after=request.GET.get("after", ""))
    sights = needs.sights_on([row.need for row in page.rows], request.actor, request.at)
    return render(request, "matching/requests.html", {
        "page": page, "kinds": rules.ASKED_KINDS, "state_now": state.lower(), "sights": sights,
        "tabs": TABS,
    })  # fmt: skip


@signed_in
def one(request: AskedRequest, number: str) -> HttpResponse:
    """One request; the liaison declines it here, or judges the match, which introduces."""
    row = found_or_404(desk.requests_visible_to(request.actor, request.at), number=number)
    judges = row.state == rules.Asked.OPEN and rules.may_judge(
        request.actor, queries.place_of(row.need)
    )
    form = forms.DeclineRequestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.decline_request(
                asked=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("request", number=row.number)
    return render(request, "matching/request.html", {
        "row": row, "form": form, "judges": judges, "kinds": rules.ASKED_KINDS,
        "sight": needs.sight_on(row.need, request.actor, request.at),
    }, status=form.status)  # fmt: skip


@signed_in
def introduce(request: AskedRequest, number: str) -> HttpResponse:
    """Do what was asked: introduce the team, with the reason that both sides read."""
    row = found_or_404(desk.requests_visible_to(request.actor, request.at), number=number)
    if not rules.may_judge(request.actor, queries.place_of(row.need)):
        raise Http404
    form = IntroduceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.introduce(
                need=row.need, offer=row.offer, by=request.actor, at=request.at,
                **form.cleaned_data,
            )
            return redirect("introduction", number=made.number)
    return render(request, "matching/request_introduce.html", {"row": row, "form": form},
                  status=form.status)  # fmt: skip


@signed_in
def ask(request: AskedRequest, number: str, need_number: str) -> HttpResponse:
    """A team asks to be introduced to a need that its offer may answer."""
    offer = found_or_404(offers.visible_to(request.actor, request.at), number=number)
    unit = offer.organisation.code if offer.organisation else ""
    if not rules.may_ask_introduction(request.actor, unit):
        raise Http404
    need = found_or_404(needs.readable_to(request.actor, request.at), number=need_number)
    form = forms.AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.ask_introduction(
                need=need, offer=offer, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("offer-matches", number=offer.number)
    return render(request, "matching/ask.html", {"offer": offer, "need": need, "form": form},
                  status=form.status)  # fmt: skip


urls = [
    path("introductions/requests/", request_list, name="requests"),
    path("introductions/requests/<str:number>/", one, name="request"),
    path("introductions/requests/<str:number>/introduce/", introduce, name="request-introduce"),
    path("offers/<str:number>/matches/<str:need_number>/ask/", ask, name="request-ask"),
]
