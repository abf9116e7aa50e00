"""The list of needs and its csv."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from kechuang.base.chains import CHAIN_NAMES, Chain
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest
from kechuang.doors.sheets import csv_response
from kechuang.needs import queries, rules
from kechuang.needs.models import Need
from kechuang.needs.rules import Sight, State
from kechuang.parties.models import Region
from kechuang.parties.queries import regions_in_force

CSV_MOST = 5000
HEADS_OF_CSV = (
    N_("编号"),
    N_("需求名称"),
    N_("单位"),
    N_("地区代码"),
    N_("产业链"),
    N_("愿出经费（元）"),
    N_("希望完成日期"),
    N_("指标"),
    N_("状态"),
    N_("自"),
)


def filters_of(request: AskedRequest) -> queries.Filters:
    query = request.GET
    return queries.Filters(
        region=query.get("region", "")[:6],
        state=query.get("state", "").upper()[:20],
        chain=query.get("chain", "").upper()[:30],
        text=query.get("q", "").strip()[:100],
        mine=query.get("mine") == "1",
    )


def region_names(request: AskedRequest) -> dict[str, Region]:
    """Regions by code, for filters and for the names on pages."""
    rows = regions_in_force(shanghai_date(request.at)).order_by("path")
    return {region.code: region for region in rows}


def row_of(need: Need, sight: Sight, regions: dict[str, Region]) -> dict[str, Any]:
    """One line of the list, as far as this reader sees it."""
    state = State(need.state)
    returned = state == State.DRAFT and bool(need.returned_by)
    return {
        "need": need,
        "sight": sight,
        "region": regions.get(need.region_path.rsplit("/", 1)[-1]),
        "chain": CHAIN_NAMES.get(Chain(need.chain), "") if need.chain else "",
        "state": gettext("退回补正") if returned else rules.STATE_NAMES[state],
        "kind": "bad" if returned else rules.STATE_KINDS[state],
        "holder": rules.HOLDER_NAMES.get(state, "") if sight.is_inside else "",
    }


def needs(request: AskedRequest) -> HttpResponse:
    """The needs that this reader may read, newest first."""
    filters = filters_of(request)
    rows = queries.needs_listed(request.actor, request.at, filters)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    sights = queries.sights_on(page.rows, request.actor, request.at)
    regions = region_names(request)
    context = {
        "page": page,
        "rows": [row_of(need, sights[need.pk], regions) for need in page.rows],
        "filters": filters,
        "regions": list(regions.values()),
        "states": [(state.value, name) for state, name in rules.STATE_NAMES.items()],
        "chains": [(chain.value, name) for chain, name in CHAIN_NAMES.items()],
        "may_post": rules.may_post(request.actor),
        "may_import": rules.may_import(request.actor),
        "has_own": rules.may_post(request.actor),
        "is_narrowed": filters != queries.Filters(),
    }
    return render(request, "needs/needs.html", context)


def needs_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file, at most 5,000 rows."""
    rows = queries.needs_listed(request.actor, request.at, filters_of(request))
    found = list(rows.prefetch_related("targets").order_by("-pk")[:CSV_MOST])
    sights = queries.sights_on(found, request.actor, request.at)
    lines = (
        _csv_line(need, sights[need.pk]) for need in found
    )
    return csv_response("needs.csv", [gettext(name) for name in HEADS_OF_CSV], lines)


def _csv_line(need: Need, sight: Sight) -> list[Any]:
    hidden = gettext("未公开")
    return [
        need.number,
        need.title,
        need.organisation.name if sight.organisation else hidden,
        need.region_path.rsplit("/", 1)[-1],
        gettext(CHAIN_NAMES[Chain(need.chain)]) if need.chain else "",
        f"{need.budget_fen / 100:.2f}" if need.budget_fen is not None else "",
        need.due_date.isoformat() if need.due_date else "",
        "；".join(map(str, need.targets.all())) if sight.targets else hidden,
        gettext(rules.STATE_NAMES[State(need.state)]),
        shanghai_date(need.since).isoformat(),
    ]
