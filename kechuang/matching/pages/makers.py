"""Experts, teams and platforms that may answer a need, each with the works that speak for it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from kechuang.doors.requests import AskedRequest
from kechuang.matching.pages.matches import points_text, readable_need
from kechuang.matching.queries.makers import FoundMakers, makers_for
from kechuang.matching.rules.makers import SORT_NAMES
from kechuang.needs.rules import STATE_KINDS, STATE_NAMES
from kechuang.needs.rules import State as NeedState

FIRST = 3  # of a sort, beside the offers


def groups_of(found: FoundMakers | None, limit: int | None = None) -> list[dict[str, Any]]:
    """Makers by sort as the pages show them."""
    if found is None:
        return []
    return [
        {
            "sort": sort.value, "name": SORT_NAMES[sort], "count": len(rows),
            "rows": [
                {"found": row, "points": points_text(row.ranked.tenths),
                 "works": [(work.offer, points_text(work.tenths)) for work in row.works]}
                for row in rows[:limit]
            ],
        }
        for sort, rows in found.by_sort.items()
    ]  # fmt: skip


def need_makers(request: AskedRequest, number: str) -> HttpResponse:
    """Whom a need may turn to; the slot of the need's list of offers, and a page of its own."""
    need = readable_need(request, number)
    found = makers_for(need, request.actor, request.at)
    is_slot = bool(getattr(request, "htmx", False))
    context = {
        "need": need,
        "state_name": STATE_NAMES[NeedState(need.state)],
        "state_kind": STATE_KINDS[NeedState(need.state)],
        "groups": groups_of(found, FIRST if is_slot else None),
        "found": found,
        "is_slot": is_slot,
    }
    template = "matching/_makers.html" if is_slot else "matching/makers.html"
    return render(request, template, context)


urls = [path("needs/<str:number>/makers/", need_makers, name="need-makers")]
