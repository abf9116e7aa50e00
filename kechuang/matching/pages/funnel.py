"""The funnel: served, intent, signed, money; what is missing; each figure opens its rows."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.periods import Period, PeriodRefused, year_of
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.matching import rules
from kechuang.matching.queries import funnel as queries
from kechuang.matching.queries.funnel import Scope
from kechuang.parties.queries import region_by_code

MOST = 500


def _scope(request: AskedRequest) -> Scope:
    """What the address asks for: a period, this year unless told; a region within one's own."""
    actor = request.actor
    if not actor.is_role(*rules.DESK) or not actor.region or actor.serves_one_unit:
        raise Http404
    today = shanghai_date(request.at)
    try:
        period = Period.parse(request.GET.get("period") or year_of(today).text)
    except PeriodRefused:
        period = year_of(today)
    region = region_by_code(request.GET.get("region", "")[:6], today)
    inside = region is not None and actor.covers(region.path)
    return Scope(period, region.path if region and inside else actor.region, actor, request.at)


def _introduction_row(row: Any) -> tuple[str, str, str, Any]:
    return (row.need.title, row.offer.title, reverse("introduction", args=[row.number]),
            row.amount_fen)  # fmt: skip


def _event_row(row: Any) -> tuple[str, str, str, Any]:
    return row.title, row.place, reverse("event", args=[row.number]), None


def _outcome_row(row: Any) -> tuple[str, str, str, Any]:
    title = row.sitting.offer_sign_up.offer.title
    return (row.organisation.name, title, reverse("outcome", args=[row.number]), row.amount_fen)


def _unit_row(row: Any) -> tuple[str, str, str, Any]:
    return row.name, row.number, f"/organisations/{row.number}/", None


Figure = tuple[str, Callable[[Scope], Any], Callable[[Any], tuple[str, str, str, Any]]]
FIGURES: dict[str, Figure] = {
    "served": (N_("服务企业"), queries.served, _unit_row),
    "intent": (N_("达成意向"), lambda s: queries.reached(s, "intent"), _introduction_row),
    "signed": (N_("签约"), lambda s: queries.reached(s, "signed"), _introduction_row),
    "without-amount": (
        N_("签约未填金额"),
        lambda s: queries.reached(s, "signed").filter(amount_fen__isnull=True), _introduction_row,
    ),
    "unanswered": (N_("逾期未答复的引荐"), queries.missing_answers, _introduction_row),
    "overdue": (N_("下一步逾期或没写的引荐"), queries.overdue_steps, _introduction_row),
    "outcomes": (N_("到期未答复的成效"), queries.outcomes_due, _outcome_row),
    "events": (N_("办完未登记到场的活动"), queries.events_not_closed, _event_row),
    "reported": (N_("会后报来的签约"), queries.reported, _outcome_row),
}  # fmt: skip


@signed_in
def funnel(request: AskedRequest) -> HttpResponse:
    """The figures of a period and region, and what keeps them from being whole."""
    scope = _scope(request)
    found = queries.funnel(scope)
    asked = f"period={scope.period.text}&region={scope.region_path.rpartition('/')[2]}"
    missing = (
        ("without-amount", found.without_amount), ("unanswered", found.unanswered),
        ("overdue", found.overdue_steps), ("outcomes", found.outcomes_due),
        ("events", found.events_open),
    )  # fmt: skip
    credit_rows = queries.introductions_in(scope).prefetch_related("credits__person")
    return render(request, "matching/funnel.html", {
        "found": found, "period": scope.period, "asked": asked,
        "missing": [(code, FIGURES[code][0], count) for code, count in missing if count],
        "gained": [
            (one.person, rules.percent_text(one.introduced_bp), rules.percent_text(one.signed_bp))
            for one in queries.gained(credit_rows[:5000])
        ],
        "periods": _periods(scope),
    })  # fmt: skip


def _periods(scope: Scope) -> list[tuple[str, bool]]:
    """This year and its halves, and the year before."""
    year = shanghai_date(scope.at).year
    words = [str(year), f"{year}-H1", f"{year}-H2", str(year - 1)]
    return [(text, text == scope.period.text) for text in words]


@signed_in
def rows(request: AskedRequest, figure: str) -> HttpResponse:
    """The rows behind one figure, as far as the reader may see them; they sum to it."""
    if figure not in FIGURES:
        raise Http404
    scope = _scope(request)
    name, found, words = FIGURES[figure]
    queryset = found(scope)
    listed = [words(one) for one in queryset[:MOST]]
    if request.GET.get("as") == "csv":
        heads = [_("名称"), _("说明"), _("金额（元）")]
        return csv_response(f"{figure}.csv", heads, (
            (title, note, f"{fen / 100:.2f}" if fen else "") for title, note, _url, fen in listed
        ))  # fmt: skip
    return render(request, "matching/funnel_rows.html", {
        "name": name, "rows": listed, "period": scope.period, "figure": figure,
        "count": queryset.count(), "most": MOST,
        "asked": f"period={scope.period.text}&region={scope.region_path.rpartition('/')[2]}",
    })  # fmt: skip


urls = [
    path("introductions/funnel/", funnel, name="funnel"),
    path("introductions/funnel/<slug:figure>/", rows, name="funnel-rows"),
]
