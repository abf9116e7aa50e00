"""All indicators of a region, one over time, regions compared, a figure's evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from kechuang.base.periods import Period
from kechuang.base.refusals import Refused
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.indicators import actions, forms, measures, queries, rules
from kechuang.indicators.models import Observation, Subject
from kechuang.indicators.queries import Figure
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region

LOOKED_AT = 12


def place_of(request: AskedRequest) -> Subject | None:
    """The subject that the page is about: as asked, else the installation's region."""
    wanted = request.GET.get("region", "")[:20]
    if wanted:
        subject = queries.subject_of_code(wanted)
        if subject is None and queries.region_in_force(wanted, request.at) is None:
            raise Http404
        return subject
    for level in (Region.Level.CITY, Region.Level.PROVINCE):
        region = Region.objects.filter(level=level, until__isnull=True).order_by("-is_demo", "code")
        for one in region[:1]:
            if (subject := queries.subject_of_code(one.code)) is not None:
                return subject
    return None


def indicators(request: AskedRequest) -> HttpResponse:
    """Every indicator that a region has a figure of, under its group."""
    subject = place_of(request)
    latest = (
        queries.latest_by_indicator(subject, request.actor, request.at) if subject else {}
    )
    shown = queries.figures(list(latest.values()), request.actor, request.at)
    by_code = {one.indicator.code: one for one in shown}
    groups = [
        ([by_code[one.code] for one in found], found[0])
        for _group, found in queries.indicators_by_group(set(by_code))
    ]
    head = queries.headline(subject.code, request.actor, request.at) if subject else []
    return render(request, "indicators/indicators.html", {
        "subject": subject, "groups": groups, "tiles": head, "count": len(by_code),
        "defined": len(queries.indicators()),
        "subjects": queries.subjects_with_figures(request.actor, request.at),
        "may_import": rules.may_import(request.actor),
    })  # fmt: skip


def indicators_csv(request: AskedRequest) -> HttpResponse:
    subject = place_of(request)
    if subject is None:
        raise Http404
    latest = queries.latest_by_indicator(subject, request.actor, request.at)
    shown = queries.figures(list(latest.values()), request.actor, request.at)
    return csv_response(f"indicators-{subject.code}.csv", CSV_HEADS, map(_csv_row, shown))


CSV_HEADS = (
    "代码", "指标", "对象", "时期", "数值", "下限", "上限", "单位", "限定词", "同比（%）",
    "目标", "完成率（%）", "来源", "发布者", "发布日期", "在此日所知",
)  # fmt: skip


def _csv_row(figure: Figure) -> list[Any]:
    row, target = figure.observation, figure.target
    return [
        row.indicator, figure.indicator.name, row.subject.name, row.period, _plain(row.value),
        _plain(row.low), _plain(row.high), figure.indicator.unit, row.qualifier, figure.change,
        _plain(target.value) if target else None, figure.attainment, row.source.title,
        row.source.publication, row.source.published, row.known_date,
    ]  # fmt: skip


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:f}".rstrip("0").rstrip(".")


def _indicator(code: str) -> Indicator:
    found = queries.indicator_by_code(code)
    if found is None:
        raise Http404
    return found


def indicator(request: AskedRequest, code: str) -> HttpResponse:
    """One indicator: what it is, its series for a region, its regions side by side."""
    definition = _indicator(code)
    subject = place_of(request)
    rows = (
        queries.figures(
            queries.series(code, subject, request.actor, request.at), request.actor, request.at
        )
        if subject
        else []
    )
    best = queries.best_of([one.observation for one in rows])
    region = subject.region if subject else None
    counties = (
        queries.county_values(code, region, request.actor, request.at) if region else []
    )
    return render(request, "indicators/indicator.html", {
        "indicator": definition, "name": queries.name_of(definition), "subject": subject,
        "rows": rows[::-1],
        "chart": _chart(definition, rows, lambda one: one.observation.period.lstrip("@")),
        "best": next((one for one in rows if one.observation == best), None),
        "targets": [
            (one, queries.parts_of(definition, one.statement).words)
            for one in (queries.targets_of(code, subject) if subject else [])
        ],
        "compared": queries.compare(code, request.actor, request.at)[:LOOKED_AT],
        "counties": _tiles(definition, counties),
        "may_measure": bool(
            region and definition.is_measured and rules.may_measure(request.actor, region.path)
        ),
        "may_set_target": bool(region and rules.may_set_target(request.actor, region.path)),
    })  # fmt: skip


def _chart(
    definition: Indicator, rows: list[Figure], named: Callable[[Figure], str]
) -> dict[str, Any]:
    """What a chart is drawn from: one unit, and a name and a value for each row."""
    unit, values = queries.chart_of(definition, [one.observation.statement for one in rows])
    return {"unit": unit, "rows": [(named(one), v) for one, v in zip(rows, values, strict=True)]}


@dataclass(frozen=True, slots=True)
class Tile:
    """One county on the tile map: place, shade, value."""

    region: Region
    figure: str
    shade: int
    url: str


def _tiles(
    definition: Indicator, counties: list[tuple[Region, Observation | None]]
) -> list[Tile]:
    """Counties as tiles, shaded by fifths of the largest value; empty where none has a value."""
    values = [float(row.statement.centre or 0) for _region, row in counties if row]
    if not values or any(region.tile_x is None for region, _row in counties):
        return []
    most = max(values) or 1.0
    tiles = []
    for region, row in counties:
        share = float(row.statement.centre or 0) / most if row else 0
        figure = queries.parts_of(definition, row.statement).figure if row else ""
        url = f"{reverse('indicator', args=[definition.code])}?region={region.code}"
        tiles.append(Tile(region, figure, min(5, int(share * 5) + 1), url))
    return tiles


def compare(request: AskedRequest) -> HttpResponse:
    """Regions beside one another, each with its own source and period."""
    choices = queries.comparable_indicators(request.actor, request.at)
    code = request.GET.get("indicator", "")[:60]
    definition = _indicator(code) if code else (choices[0][0] if choices else None)
    shown = queries.compare(definition.code, request.actor, request.at) if definition else []
    periods = {one.observation.period for one in shown}
    if definition and definition.code not in {one.code for one, _count in choices}:
        choices.insert(0, (definition, len(shown)))
    return render(request, "indicators/compare.html", {
        "choices": [(one, queries.name_of(one), count) for one, count in choices],
        "indicator": definition, "name": queries.name_of(definition) if definition else "",
        "rows": shown, "periods_differ": len(periods) > 1,
        "chart": definition
        and _chart(definition, shown, lambda one: one.observation.subject.name),
    })  # fmt: skip


def compare_csv(request: AskedRequest) -> HttpResponse:
    definition = _indicator(request.GET.get("indicator", "")[:60])
    shown = queries.compare(definition.code, request.actor, request.at)
    return csv_response(f"compare-{definition.code}.csv", CSV_HEADS, map(_csv_row, shown))


def evidence(request: AskedRequest, code: str, subject: str, period: str) -> HttpResponse:
    """What a figure is made of: the definition, the sum, the rows, what was known when."""
    definition = _indicator(code)
    observation = _observation(request, code, subject, period)
    return render(request, "indicators/evidence.html", _evidence(request, definition, observation))


def _observation(
    request: AskedRequest, code: str, subject: str, period: str
) -> Observation:
    """The observation that an address names: of a source, as known on a date; or 404."""
    rows = queries.visible_to(request.actor, request.at).filter(
        indicator=code, subject__code=subject, period=period
    )
    if source := request.GET.get("source", ""):
        rows = rows.filter(source__number=source)
    if statement := request.GET.get("statement", ""):
        rows = rows.filter(statement_number=_whole(statement))
    if known := request.GET.get("known", ""):
        rows = queries.known_on(rows, _day(known))
    elif vintage := request.GET.get("vintage", ""):
        rows = rows.filter(vintage=_whole(vintage))
    else:
        rows = rows.filter(is_current=True)
    found = queries.best_of(list(rows[:50]))
    if found is None:
        raise Http404
    return found


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise Http404
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error


def _evidence(
    request: AskedRequest, definition: Indicator, observation: Observation
) -> dict[str, Any]:
    actor, at = request.actor, request.at
    figure = queries.figures([observation], actor, at)[0]
    seen = None
    if definition.is_measured and observation.evidence_root:
        seen = measures.evidence_seen(
            observation, definition, actor, at, request.GET.get("after", "")
        )
    together = queries.figures(queries.stated_together(observation, actor, at), actor, at)
    others = [one for one in together if one.observation.pk != observation.pk]
    statements = [one.observation.statement for one in together]
    return {
        "indicator": definition, "name": queries.name_of(definition), "figure": figure,
        "observation": observation, "subject": observation.subject, "seen": seen,
        "sum": seen and _sums(definition, seen),
        "others": others, "may_both_hold": rules.may_both_hold(statements),
        "implied": _implied(figure), "vintages": _vintages(definition, observation, request),
        "may_publish": observation.state == Observation.State.MEASURED
        and rules.may_publish(actor, observation.subject.region_path),
        "form": forms.PublishForm(initial={"version": observation.version}),
    }  # fmt: skip


def _sums(definition: Indicator, seen: measures.EvidenceSeen) -> dict[str, str]:
    def exact(value: Any) -> str:
        return queries.parts_of(definition, rules.Statement(value)).exact

    return {
        "total": exact(seen.total), "listed": exact(seen.listed_total),
        "hidden": exact(seen.hidden_total),
        "rows": [(row, exact(row.value)) for row in seen.rows],
    }  # type: ignore[dict-item]  # fmt: skip


def _implied(figure: Figure) -> dict[str, Any]:
    """What published percentages say of the values behind them, recomputed."""
    row, found = figure.observation, {}
    if row.value is None:
        return {}
    if row.yoy_percent is not None and figure.earlier is None:
        earlier = rules.implied_earlier(row.value, row.yoy_percent)
        if earlier is not None:
            statement = rules.Statement(earlier)
            found["earlier"] = queries.parts_of(figure.indicator, statement).words
    if row.yoy_percent is not None and figure.is_change_computed:
        found["published_change"] = queries.signed(row.yoy_percent)
    if row.attainment_percent:
        target = rules.implied_target(row.value, row.attainment_percent)
        if target is not None:
            found["target"] = queries.parts_of(
                figure.indicator, rules.Statement(target.value)
            ).words
            stated = figure.target.value if figure.target else None
            found["agrees"] = None if stated is None else target.agrees_with(stated)
    return found


def _vintages(
    definition: Indicator, observation: Observation, request: AskedRequest
) -> list[dict[str, Any]]:
    """The vintages of a figure with the difference to the one before each, newest first."""
    rows = queries.vintages(observation, request.actor, request.at)
    shown = []
    for row, earlier in zip(rows, [*rows[1:], None], strict=True):
        now, before = row.statement.centre, earlier.statement.centre if earlier else None
        change = None
        if now is not None and before is not None:
            statement = rules.Statement(abs(now - before))
            sign = "−" if now < before else "+"
            change = sign + queries.parts_of(definition, statement).words
        parts = queries.parts_of(definition, row.statement)
        shown.append({
            "row": row, "words": parts.words, "change": change,
            "is_shown": row.pk == observation.pk, "why": _why(row),
        })  # fmt: skip
    return shown


def _why(row: Observation) -> dict[str, str]:
    """The kept "+3 -1 ~0" as counts of rows."""
    parts = row.why.split(" ") if row.why else []
    names = {"+": "added", "-": "gone", "~": "changed"}
    return {names[part[0]]: part[1:] for part in parts if part[:1] in names and part[1:] != "0"}


@signed_in
def measure(request: AskedRequest, code: str) -> HttpResponse:
    """Measure an indicator for the region of one's appointment."""
    definition, region = _indicator(code), _own_region(request)
    if not rules.may_measure(request.actor, region.path):
        raise Http404
    initial = {"period": request.GET.get("period", "")[:20]}
    form = forms.MeasureForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.measure(
                indicator=definition, region=region, by=request.actor, at=request.at,
                period=_period(form.cleaned_data["period"]),
            )  # fmt: skip
            return redirect(_address(made))
    return _act(request, form, definition, region, "measure")


@signed_in
def target(request: AskedRequest, code: str) -> HttpResponse:
    """Set the target of one's region for a period."""
    definition, region = _indicator(code), _own_region(request)
    if not rules.may_set_target(request.actor, region.path):
        raise Http404
    form = forms.TargetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.set_target(
                indicator=definition, region=region, by=request.actor, at=request.at,
                period=_period(form.cleaned_data["period"]), value=form.cleaned_data["value"],
            )  # fmt: skip
            return redirect(f"{reverse('indicator', args=[code])}?region={region.code}")
    return _act(request, form, definition, region, "target")


def _act(
    request: AskedRequest, form: Any, definition: Indicator, region: Region, act: str
) -> HttpResponse:
    context = {
        "form": form, "indicator": definition, "name": queries.name_of(definition),
        "region": region, "act": act,
    }  # fmt: skip
    return render(request, "indicators/act.html", context, status=form.status)


def _period(text: str) -> Period:
    """The period of a form, with the refusal at its field."""
    try:
        return Period.parse(text)
    except Refused as refused:
        refused.fields = ("period",)
        raise


def _own_region(request: AskedRequest) -> Region:
    region = queries.region_in_force(request.actor.region.rsplit("/", 1)[-1], request.at)
    if region is None:
        raise Http404
    return region


def _address(row: Observation) -> str:
    address = reverse("evidence", args=[row.indicator, row.subject.code, row.period])
    return f"{address}?source={row.source.number}&vintage={row.vintage}"


@signed_in
def publish(request: AskedRequest, code: str, subject: str, period: str) -> HttpResponse:
    """Publish a measured figure; GET leads back to its evidence."""
    observation = _observation(request, code, subject, period)
    definition = _indicator(code)
    if request.method != "POST":
        return redirect(_address(observation))
    form = forms.PublishForm(request.POST)
    if form.is_valid():
        with form.refusals():
            actions.publish_observation(
                observation=observation, by=request.actor, at=request.at,
                version=form.cleaned_data["version"],
            )  # fmt: skip
            return redirect(_address(observation))
    context = _evidence(request, definition, observation) | {"form": form}
    return render(request, "indicators/evidence.html", context, status=form.status)


urls = [
    path("indicators/", indicators, name="indicators"),
    path("indicators.csv", indicators_csv, name="indicators-csv"),
    path("indicators/compare/", compare, name="indicators-compare"),
    path("indicators/compare.csv", compare_csv, name="indicators-compare-csv"),
    path("indicators/<slug:code>/", indicator, name="indicator"),
    path("indicators/<slug:code>/measure/", measure, name="indicator-measure"),
    path("indicators/<slug:code>/target/", target, name="indicator-target"),
    path("indicators/<slug:code>/<str:subject>/<str:period>/", evidence, name="evidence"),
    path(
        "indicators/<slug:code>/<str:subject>/<str:period>/publish/", publish,
        name="observation-publish",
    ),
]  # fmt: skip
