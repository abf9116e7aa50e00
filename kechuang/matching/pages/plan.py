"""The table plan: made, mended by hand, printed as a plan and as cards, and what follows a talk."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.matching import actions
from kechuang.matching.forms import events as forms
from kechuang.matching.models import Event, Introduction, SignUp, Sitting
from kechuang.matching.pages.events import found, runnable, step
from kechuang.matching.queries import events as queries
from kechuang.matching.queries import visible_to
from kechuang.matching.rules import events
from kechuang.matching.rules.events import EventState, SignUpState


def _inside(request: AskedRequest, number: str) -> Event:
    """The event, where this reader sees the whole plan; else 404."""
    row = found(request, number)
    if not events.may_look_inside(request.actor, row.region_path):
        raise Http404
    return row


def _sittings(request: AskedRequest, row: Event) -> list[Sitting]:
    return list(queries.sittings_visible_to(request.actor, request.at).filter(event=row))


def _signs(request: AskedRequest, row: Event) -> list[SignUp]:
    rows = queries.sign_ups_visible_to(request.actor, request.at)
    return list(rows.filter(event=row, state=SignUpState.SIGNED))


@signed_in
def plan(request: AskedRequest, number: str) -> HttpResponse:
    """The plan by time and table; POST makes it anew around what was set by hand."""
    row = _inside(request, number)
    if request.method == "POST":
        return _made(request, runnable(request, number))
    return _shown(request, row)


def _made(request: AskedRequest, row: Event) -> HttpResponse:
    form = ConfirmForm(request.POST)
    with form.refusals():
        done = actions.plan_event(event=row, by=request.actor, at=request.at)
        words = _("已排 {count} 场面谈，{left} 对没有空位。")
        messages.success(request, words.format(count=len(done.booked), left=len(done.left)))
        return redirect("event-plan", number=row.number)
    return _shown(request, row, form)


def _shown(request: AskedRequest, row: Event, form: Any = None) -> HttpResponse:
    sittings = _sittings(request, row)
    runs = events.may_run(request.actor, row.facts) and row.state == EventState.OPEN
    slots = queries.slots_of(row)
    seat = form if isinstance(form, forms.SeatForm) else None
    if seat is None and runs:
        seat = forms.SeatForm(
            event=row, signs=_signs(request, row), slots=slots, initial=_initial(request, sittings)
        )
    context = {
        "event": row, "runs": runs, "grid": _grid(row, slots, sittings),
        "tables": range(1, row.tables + 1), "count": len(sittings), "seat_form": seat,
        "form": form, "introduced": _introduced(request, sittings),
        "sittings": sittings, "left": _left(request, row, sittings) if runs else [],
    }  # fmt: skip
    return render(request, "matching/plan.html", context, status=form.status if form else 200)


def _initial(request: AskedRequest, sittings: list[Sitting]) -> dict[str, str]:
    """The sitting that the address asks to move."""
    wanted = request.GET.get("move", "")
    one = next((s for s in sittings if s.number == wanted), None)
    if one is None:
        return {}
    slots = queries.slots_of(one.event)
    slot = slots.index(one.since_at) if one.since_at in slots else 0
    return {
        "need_sign_up": one.need_sign_up.number, "offer_sign_up": one.offer_sign_up.number,
        "table": str(one.table.place), "slot": str(slot),
    }  # fmt: skip


def _grid(row: Event, slots: list[datetime], sittings: list[Sitting]) -> list[dict[str, Any]]:
    """Times down, tables across."""
    at = {(one.since_at, one.table.place): one for one in sittings}
    return [
        {"since": since, "cells": [(n, at.get((since, n))) for n in range(1, row.tables + 1)]}
        for since in slots
    ]


def _left(request: AskedRequest, row: Event, sittings: list[Sitting]) -> list[dict[str, Any]]:
    """The pairs that fit and have no sitting, best first."""
    seated = {(one.need_sign_up.number, one.offer_sign_up.number) for one in sittings}
    signs = {sign.number: sign for sign in _signs(request, row)}
    pairs = [p for p in queries.wanted_at(row, request.at).pairs if (p.need, p.offer) not in seated]
    return [
        {"need": signs[p.need], "offer": signs[p.offer], "points": f"{p.score_tenths / 10:.1f}"}
        for p in sorted(pairs, key=lambda p: -p.score_tenths)
        if p.need in signs and p.offer in signs
    ][:30]  # fmt: skip


def _introduced(request: AskedRequest, sittings: list[Sitting]) -> dict[int, Introduction]:
    """The introduction that stands beside each sitting, by the sitting's key."""
    rows = visible_to(request.actor, request.at).filter(
        need__in=[one.need_sign_up.need_id for one in sittings]
    )
    pairs = {(row.need_id, row.offer_id): row for row in rows.order_by("id")}
    keys = {one.pk: (one.need_sign_up.need_id, one.offer_sign_up.offer_id) for one in sittings}
    return {pk: pairs[pair] for pk, pair in keys.items() if pair in pairs}


@signed_in
def seat(request: AskedRequest, number: str) -> HttpResponse:
    """Put a pair at a table and a time by hand."""
    row = runnable(request, number)
    if request.method != "POST":
        return redirect("event-plan", number=row.number)
    form = forms.SeatForm(
        request.POST, event=row, signs=_signs(request, row), slots=queries.slots_of(row)
    )
    if form.is_valid():
        with form.refusals():
            actions.seat_pair(event=row, by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("event-plan", number=row.number)
    return _shown(request, row, form)


def _sitting(request: AskedRequest, row: Event, number: str) -> Sitting:
    rows = queries.sittings_visible_to(request.actor, request.at).filter(event=row)
    return found_or_404(rows, number=number)


@signed_in
def drop(request: AskedRequest, number: str, sitting_number: str) -> HttpResponse:
    """Take a pair off the plan."""
    row = runnable(request, number)
    one = _sitting(request, row, sitting_number)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.drop_sitting(sitting=one, by=request.actor, at=request.at)
            return redirect("event-plan", number=row.number)
    return step(request, row, form, {
        "title": N_("取消这场面谈"), "lead": N_("桌和时间空出来；重新排桌次时可能再排上。"),
        "button": N_("取消面谈"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def clear(request: AskedRequest, number: str) -> HttpResponse:
    """Take every sitting off the plan."""
    row = runnable(request, number)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.clear_plan(event=row, by=request.actor, at=request.at)
            return redirect("event-plan", number=row.number)
    return step(request, row, form, {
        "title": N_("清空桌次"), "lead": N_("人工排定的也清掉。"),
        "button": N_("清空桌次"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def cards(request: AskedRequest, number: str) -> HttpResponse:
    """Table cards, one for each table, to print and put up."""
    row = _inside(request, number)
    by_table: dict[int, list[Sitting]] = {n: [] for n in range(1, row.tables + 1)}
    for one in _sittings(request, row):
        by_table.setdefault(one.table.place, []).append(one)
    return render(request, "matching/cards.html", {"event": row, "tables": by_table})


@signed_in
def introduce(request: AskedRequest, number: str, sitting_number: str) -> HttpResponse:
    """Open an introduction for two that talked: from here on it is in the ledger."""
    row = runnable(request, number)
    one = _sitting(request, row, sitting_number)
    need, offer = one.need_sign_up.need, one.offer_sign_up.offer
    form = forms.IntroduceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and need is not None and offer is not None:
        with form.refusals():
            made = actions.introduce(
                need=need, offer=offer, event=row, by=request.actor, at=request.at,
                **form.cleaned_data,
            )
            return redirect("introduction", number=made.number)
    return step(request, row, form, {
        "title": N_("转入对接台账"),
        "lead": N_("发出引荐，需求全文对成果方开放，双方 5 个工作日内答复。"),
        "button": N_("发出引荐"), "css": "btn-primary",
    })  # fmt: skip


BASE = "events/<str:number>/plan/"
urls = [
    path(BASE, plan, name="event-plan"),
    path(f"{BASE}seat/", seat, name="event-seat"),
    path(f"{BASE}clear/", clear, name="event-clear"),
    path(f"{BASE}cards/", cards, name="event-cards"),
    path(f"{BASE}sittings/<str:sitting_number>/drop/", drop, name="sitting-drop"),
    path(f"{BASE}sittings/<str:sitting_number>/introduce/", introduce, name="sitting-introduce"),
]
