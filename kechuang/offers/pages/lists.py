"""The list of offers and its csv."""

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
from kechuang.offers import queries, rules
from kechuang.offers.models import Offer
from kechuang.offers.rules import Kind, State
from kechuang.parties.models import Region
from kechuang.parties.queries import regions_in_force

CSV_MOST = 5000
HEADS_OF_CSV = (
    N_("编号"),
    N_("类别"),
    N_("名称"),
    N_("单位"),
    N_("地区代码"),
    N_("产业链"),
    N_("成熟度"),
    N_("写明的数值"),
    N_("专利号"),
    N_("合作方式"),
    N_("意向价格下限（元）"),
    N_("意向价格上限（元）"),
    N_("发布日期"),
)


def filters_of(request: AskedRequest) -> queries.Filters:
    query = request.GET
    return queries.Filters(
        kind=query.get("kind", "").upper()[:10],
        state=query.get("state", "").upper()[:12],
        chain=query.get("chain", "").upper()[:30],
        region=query.get("region", "")[:6],
        text=query.get("q", "").strip()[:100],
        mine=query.get("mine") == "1",
    )


def region_names(request: AskedRequest) -> dict[str, Region]:
    """Regions by code, for filters and for the names on pages."""
    rows = regions_in_force(shanghai_date(request.at)).order_by("path")
    return {region.code: region for region in rows}


def chain_names(codes: list[str]) -> list[str]:
    return [gettext(CHAIN_NAMES[Chain(code)]) for code in codes]


def row_of(offer: Offer, regions: dict[str, Region]) -> dict[str, Any]:
    """One line of the list."""
    returned = offer.state == State.DRAFT and bool(offer.return_words)
    state = State(offer.state)
    return {
        "offer": offer,
        "region": regions.get(offer.region_path.rsplit("/", 1)[-1]),
        "chains": chain_names(offer.chains),
        "kind": rules.KIND_NAMES[Kind(offer.kind)],
        "state": gettext("退回补正") if returned else rules.STATE_NAMES[state],
        "shape": "bad" if returned else rules.STATE_KINDS[state],
    }


def offers(request: AskedRequest) -> HttpResponse:
    """Published offers and those of one's own unit, newest first."""
    filters = filters_of(request)
    rows = queries.offers_listed(request.actor, request.at, filters)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    regions = region_names(request)
    context = {
        "page": page,
        "rows": [row_of(offer, regions) for offer in page.rows],
        "filters": filters,
        "regions": list(regions.values()),
        "kinds": [(kind.value, name) for kind, name in rules.KIND_NAMES.items()],
        "chains": [(chain.value, name) for chain, name in CHAIN_NAMES.items()],
        "may_post": rules.may_post(request.actor),
        "may_import": rules.may_import(request.actor, request.actor.organisation),
        "is_narrowed": filters != queries.Filters(),
    }
    return render(request, "offers/offers.html", context)


def offers_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file, at most 5,000 rows."""
    rows = queries.offers_listed(request.actor, request.at, filters_of(request))
    lines = [_csv_line(o) for o in rows.prefetch_related("figures").order_by("-pk")[:CSV_MOST]]
    return csv_response("offers.csv", [gettext(name) for name in HEADS_OF_CSV], lines)


def _csv_line(offer: Offer) -> list[Any]:
    names = queries.names_of(offer)
    return [
        offer.number,
        gettext(names["kind"]),
        offer.title,
        offer.organisation.name if offer.organisation else offer.source,
        offer.region_path.rsplit("/", 1)[-1],
        "；".join(chain_names(offer.chains)),
        offer.trl or "",
        "；".join(map(str, offer.figures.all())),
        offer.patent_number,
        "；".join(gettext(mode) for mode in names["modes"]),
        _yuan(offer.price_low_fen),
        _yuan(offer.price_high_fen),
        shanghai_date(offer.published_at).isoformat() if offer.published_at else "",
    ]


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"
