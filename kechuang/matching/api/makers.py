"""Experts, teams and platforms that may answer a need, through the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from kechuang.doors.api import ERRORS, api_actor
from kechuang.doors.requests import found_or_404
from kechuang.matching import queries, rules
from kechuang.matching.queries.makers import FoundMaker, makers_for
from kechuang.matching.rules.makers import Sort
from kechuang.needs import queries as needs
from kechuang.needs.models import Need

router = Router(tags=["matching"])


class WorkOut(Schema):
    """An offer that speaks for its maker, with its points in tenths."""

    offer: str
    title: str
    kind: str
    tenths: int


class MakerOut(Schema):
    """An expert, a team or a platform; `score_tenths` is the best work whole, the second half, the
    third a third. `offer` is the own page of an expert or team, where there is one."""

    sort: Sort
    place: int
    name: str
    organisation: str
    offer: str | None
    score_tenths: int
    is_mutual: bool
    works: list[WorkOut]


class MakersOut(Schema):
    """Whom a need may turn to. With `engine` (the model), `index` and the need's text the same
    ranking comes again; both are null while the index is being made."""

    need: str
    engine: str | None
    index: str | None
    makers: list[MakerOut]


def need_of(request: HttpRequest, number: str) -> Need:
    """The need, where the caller may read its matches; else 404."""
    by = api_actor(request)
    rows = needs.visible_to(by, request.at).prefetch_related("targets")
    need = found_or_404(rows, number=number)
    if not rules.may_read_matches(by, queries.place_of(need)):
        return found_or_404(rows.none())
    return need


@router.get("/{number}/makers", response={200: MakersOut, **ERRORS}, operation_id="list_makers")
def list_makers(request: HttpRequest, number: str) -> dict[str, Any]:
    """Experts, teams and platforms that may answer a need, each by the works that speak for it."""
    need = need_of(request, number)
    found = makers_for(need, request.actor, request.at)
    groups = found.by_sort.items() if found else ()
    return {
        "need": need.number,
        "engine": found.model if found else None,
        "index": found.index if found else None,
        "makers": [_maker_out(sort, row) for sort, rows in groups for row in rows],
    }


def _maker_out(sort: Sort, row: FoundMaker) -> dict[str, Any]:
    return {
        "sort": sort,
        "place": row.place,
        "name": row.name,
        "organisation": row.unit.number,
        "offer": row.page.number if row.page else None,
        "score_tenths": row.ranked.tenths,
        "is_mutual": row.ranked.is_mutual,
        "works": [
            {"offer": work.offer.number, "title": work.offer.title, "kind": work.offer.kind,
             "tenths": work.tenths}
            for work in row.works
        ],
    }  # fmt: skip
