"""The ladder of tiers: this year's targets beside what was achieved, and entering the targets."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from kechuang.base.periods import Period
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.indicators import actions, queries, rules
from kechuang.indicators.forms import TierTargetsForm
from kechuang.indicators.models import Subject
from kechuang.indicators.pages.figures import place_of
from kechuang.indicators.queries import Rung
from kechuang.parties.models import Region

TILES = 3


def _year(request: AskedRequest) -> int:
    said = request.GET.get("year", "")
    this = shanghai_date(request.at).year
    if not said:
        return this
    if not said.isdecimal() or not 2000 <= int(said[:4]) <= this + 10 or len(said) != len("2026"):
        raise Http404
    return int(said)


def _subject(request: AskedRequest) -> Subject | None:
    """The region asked for, the reader's own where it has figures, else the installation's."""
    own = request.actor.region.rsplit("/", 1)[-1]
    if not request.GET.get("region") and own:
        found = queries.subject_of_code(own)
        if found is not None:
            return found
    return place_of(request)


def ladder(request: AskedRequest) -> HttpResponse:
    """Each tier of a region this year: target, achieved with its evidence, what is still wanted."""
    subject, year = _subject(request), _year(request)
    region = subject.region if subject else None
    rungs = queries.ladder(subject, year, request.actor, request.at) if subject else []
    said = [one for one in rungs if one.figure or one.target or one.now]
    below = queries.ladder_below(region, year, request.actor, request.at) if region else []
    return render(request, "indicators/ladder.html", {
        "subject": subject, "year": str(year),
        "years": [str(one) for one in range(year - 1, year + 2)], "rungs": said,
        "tiles": [one.figure for one in said if one.figure and one.target][:TILES],
        "below": below, "has_now": any(one.now for one in said),
        "subjects": _regions(request),
        "may_set_target": bool(region and rules.may_set_target(request.actor, region.path)),
    })  # fmt: skip


def _regions(request: AskedRequest) -> list[Subject]:
    """The regions that have figures."""
    found = queries.subjects_with_figures(request.actor, request.at)
    return [one for one in found if one.region_id is not None]


def ladder_csv(request: AskedRequest) -> HttpResponse:
    """The same as a file, with the regions directly below."""
    subject, year = _subject(request), _year(request)
    if subject is None:
        raise Http404
    heads = [_("地区"), _("梯度"), _("年度"), _("时期"), _("完成"), _("目标"), _("完成率（%）"),
             _("还差")]  # fmt: skip
    rows = [(subject, one) for one in queries.ladder(subject, year, request.actor, request.at)]
    if subject.region:
        rows += queries.ladder_below(subject.region, year, request.actor, request.at)
    return csv_response(f"ladder-{subject.code}-{year}.csv", heads, (
        _line(one, rung, year) for one, rung in rows if rung.figure or rung.target
    ))  # fmt: skip


def _line(subject: Subject, rung: Rung, year: int) -> list[Any]:
    period = rung.figure.observation.period if rung.figure else ""
    said = (rung.value, rung.target_value, rung.attainment, rung.short)
    plain = ["" if one is None else f"{one:f}".rstrip("0").rstrip(".") if "." in f"{one:f}"
             else f"{one:f}" for one in said]  # fmt: skip
    return [subject.name, rung.name, year, period, *plain]


@signed_in
def targets(request: AskedRequest) -> HttpResponse:
    """Enter the year's targets of all tiers, of the own region or one below it."""
    own = request.actor.region
    if not (own and rules.may_set_target(request.actor, own)):
        raise Http404
    regions = _of_the_office(own)
    chosen = _chosen(request, regions)
    year = _year(request)
    form = TierTargetsForm(
        request.POST if request.method == "POST" else None, regions=regions,
        indicators=queries.tier_indicators(), initial=_initial(chosen, year, request),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            said = form.cleaned_data
            region = next(one for one in regions if one.code == said["region"])
            actions.set_targets(
                values=form.values(), region=region, period=Period.parse(str(said["year"])),
                by=request.actor, at=request.at,
            )  # fmt: skip
            query = f"?region={region.code}&year={said['year']}"
            return redirect(reverse("ladder") + query)
    return render(request, "indicators/ladder_targets.html", {
        "form": form, "year": str(year), "region": chosen,
        "rows": [(form[one.code], queries.name_of(one)) for one in form.indicators],
    }, status=form.status)  # fmt: skip


def _of_the_office(own: str) -> list[Region]:
    """The own region and those directly below it."""
    rows = Region.objects.filter(until__isnull=True).order_by("path")
    return [one for one in rows.filter(path__startswith=own)
            if one.path == own or one.path.rsplit("/", 1)[0] == own]  # fmt: skip


def _chosen(request: AskedRequest, regions: list[Region]) -> Region:
    wanted = request.POST.get("region") or request.GET.get("region", "")
    found = next((one for one in regions if one.code == wanted), None)
    if found is None and wanted and request.method == "GET":
        raise Http404
    return found or regions[0]


def _initial(region: Region, year: int, request: AskedRequest) -> dict[str, Any]:
    """The targets in force."""
    said: dict[str, Any] = {"region": region.code, "year": year}
    subject = queries.subject_of_code(region.code)
    if subject is None:
        return said
    rungs = queries.ladder(subject, year, request.actor, request.at)
    return said | {
        one.indicator.code: int(one.target_value) for one in rungs if one.target_value is not None
    }


urls = [
    path("indicators/ladder/", ladder, name="ladder"),
    path("indicators/ladder.csv", ladder_csv, name="ladder-csv"),
    path("indicators/ladder/targets/", targets, name="ladder-targets"),
]
