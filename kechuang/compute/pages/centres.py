"""The centres: what there is, how full it is with the waits beside it, what it costs."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.base.time import shanghai_date
from kechuang.compute import actions, forms, queries
from kechuang.compute.models import Centre, CentreStage
from kechuang.compute.rules import registry, rights
from kechuang.compute.rules.jobs import ACCOUNTS_WITHIN
from kechuang.compute.rules.templates import templates
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.parties.queries import region_by_code

CENTRES_MOST = 200
KINDS = {"OPEN": "ok", "CLOSED": "soon"}


def _chosen(request: AskedRequest) -> list[Centre]:
    rows = queries.centres_visible_to(request.actor, request.at)
    if kind := request.GET.get("kind", "").upper():
        rows = rows.filter(kind=kind)
    if side := request.GET.get("side", "").upper():
        rows = rows.filter(side=side)
    if code := request.GET.get("region", ""):
        region = region_by_code(code, shanghai_date(request.at))
        rows = rows.filter(queries.within(region.path)) if region else rows.none()
    return list(rows.order_by("side", "pk")[:CENTRES_MOST])


def centres(request: AskedRequest) -> HttpResponse:
    """All centres, east and west, with utilisation, its denominator and the waits."""
    rows = _chosen(request)
    tabs = [("", _("全部")), *((one.value.lower(), one.label) for one in Centre.Side)]
    return render(request, "compute/centres.html", {
        "figures": queries.figures_of(rows, request.at), "kinds": KINDS,
        "side_now": request.GET.get("side", "").lower(), "may_ask": rights.may_ask(request.actor),
        "is_narrowed": any(request.GET.get(key) for key in ("kind", "side", "region")),
        "totals": _totals(rows), "sides": queries.sides_of(rows, request.at), "side_tabs": tabs,
        "across": queries.fastest_across(queries.links_now().values()),
        "may_register": rights.may_register_centre(request.actor, request.actor.region),
    })  # fmt: skip


def _totals(rows: list[Centre]) -> dict[str, object]:
    """What there is altogether; precisions apart, never added."""
    rows = [row for row in rows if not row.is_simulated]
    fp64 = [row.capacity_pflops_fp64 for row in rows if row.capacity_pflops_fp64]
    fp16 = [row.capacity_pflops_fp16 for row in rows if row.capacity_pflops_fp16]
    return {"fp64": sum(fp64), "fp16": sum(fp16), "processors": sum(r.processors for r in rows)}


def centres_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [
        _("编号"), _("名称"), _("种类"), _("东西部"), _("核数"), _("加速卡数"),
        _("算力（PFLOPS，FP64）"), _("算力（PFLOPS，FP16）"), _("PUE"), _("状态"),
        _("近30日用去核时"), _("近30日可用核时"), _("等待中位（秒）"), _("等待九成五（秒）"),
    ]  # fmt: skip
    return csv_response("centres.csv", heads, (
        (
            one.centre.number, one.centre.name + (_("（模拟）") if one.centre.is_simulated else ""),
            one.centre.get_kind_display(),
            one.centre.get_side_display(), one.centre.processors, one.centre.accelerators,
            one.centre.capacity_pflops_fp64 or "", one.centre.capacity_pflops_fp16 or "",
            one.centre.pue, one.centre.get_state_display(), one.core_hours,
            one.core_hours_there_were,
            "" if one.wait_median is None else round(one.wait_median),
            "" if one.wait_p95 is None else round(one.wait_p95),
        )
        for one in queries.figures_of(_chosen(request), request.at)
    ))  # fmt: skip


def centre(request: AskedRequest, number: str) -> HttpResponse:
    """One centre: what it has, its prices by hour, how full it is, what may come to it."""
    row = found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)
    known, prices_now = templates(), queries.price_list_at(row, request.at)
    owed, owed_since = queries.accounts_owed(row, request.at)
    return render(request, "compute/centre.html", {
        "centre": row, "kind": KINDS[row.state], "price_list": prices_now,
        "bands": _bands(prices_now), "owed": owed, "owed_since": owed_since,
        "owed_until": owed_since + ACCOUNTS_WITHIN if owed_since else None,
        "figures": queries.figures_of([row], request.at)[0],
        "templates": [
            (known[code], queries.what_lacks(row, known[code])) for code in row.templates
            if code in known
        ],
        "data_classes": [
            str(label).partition("　")[0] for code, label in _data_classes() if code in
            row.data_classes
        ],
        "stages": queries.stages_of(CentreStage, dict(Centre.State.choices), centre=row),
        "may_run": rights.may_run_centre(request.actor, row.facts), **_registered(request, row),
        "may_ask": rights.may_ask(request.actor),
    })  # fmt: skip


def _registered(request: AskedRequest, row: Centre) -> dict[str, object]:
    """Prices that wait for a second person, phases, the last trial, the carbon of its power."""
    asked = queries.prices_asked(row)
    grams = sorted({float(one) for one in row.carbon_g_per_kwh})
    return {
        "asked": asked, "asked_bands": _bands(asked), "at": request.at,
        "may_set": asked is not None and registry.may_set_prices(
            request.actor, row.facts, asked.asked_by.number
        ),
        "phases": list(row.phases.all()[:50]), "trial": row.trials.first(),
        "moving": [state for state, steps in registry.PHASE_STEPS.items() if steps],
        "carbon": "–".join(f"{one:g}" for one in {grams[0]: 0, grams[-1]: 0}),
    }  # fmt: skip


def _data_classes() -> list[tuple[str, str]]:
    from kechuang.compute.models.desk import DataClass

    return list(DataClass.choices)


def _bands(prices: object) -> list[tuple[str, float]]:
    """Stretches of hours of one price: `00:00-08:00`, yuan a core hour."""
    if prices is None:
        return []
    found: list[tuple[int, int, int]] = []
    for hour, milli in enumerate(prices.milli_fen_per_core_hour):  # type: ignore[attr-defined]
        if found and found[-1][2] == milli:
            found[-1] = (found[-1][0], hour + 1, milli)
        else:
            found.append((hour, hour + 1, milli))
    return [(f"{a:02}:00–{b:02}:00", milli / 100_000) for a, b, milli in found]


@signed_in
def state(request: AskedRequest, number: str) -> HttpResponse:
    """The centre's operator opens or pauses it."""
    row = found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)
    if not rights.may_run_centre(request.actor, row.facts):
        raise Http404
    form = forms.CentreStateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.change_centre_state(
                centre=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            messages.success(request, _("中心状态已更新。"))
            return redirect("centre", number=row.number)
    context = {"form": form, "centre": row}
    return render(request, "compute/centre_state.html", context, status=form.status)
