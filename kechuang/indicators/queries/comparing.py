"""Regions beside one another: the same indicator, each value with its own source and period."""

from datetime import datetime

from django.db.models import Count

from kechuang.base.actor import Actor
from kechuang.indicators.models import Observation, Subject
from kechuang.indicators.queries.definitions import indicators
from kechuang.indicators.queries.figures import Figure, figures
from kechuang.indicators.queries.observing import best_of, current
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region

MOST_SUBJECTS = 200


def compare(code: str, actor: Actor, at: datetime) -> list[Figure]:
    """The newest figure of each region and area for an indicator, the largest first.

    Projects and organisations stand with themselves: they are not compared with regions.
    """
    rows = (
        current(actor, at)
        .filter(indicator=code, subject__kind__in=[Subject.Kind.REGION, Subject.Kind.AREA])
        .exclude(subject__region__level="COUNTY", subject__region__is_demo=True)
    )
    found: dict[int, list[Observation]] = {}
    for row in rows[:4000]:
        found.setdefault(row.subject_id, []).append(row)
    best = [one for rows in found.values() if (one := best_of(rows))]
    shown = figures(best[:MOST_SUBJECTS], actor, at)
    return sorted(shown, key=_size)


def _size(figure: Figure) -> tuple[bool, float]:
    centre = figure.observation.statement.centre
    sign = 1 if figure.indicator.direction == "lower" else -1
    return centre is None, sign * float(centre or 0)


def comparable_indicators(actor: Actor, at: datetime) -> list[tuple[Indicator, int]]:
    """Indicators that at least two regions or areas have, with how many; the most first."""
    counts = (
        current(actor, at)
        .filter(subject__kind__in=[Subject.Kind.REGION, Subject.Kind.AREA])
        .exclude(subject__region__level="COUNTY", subject__region__is_demo=True)
        .order_by()
        .values("indicator")
        .annotate(subjects=Count("subject", distinct=True))
        .filter(subjects__gte=2)
    )
    known = indicators()
    found = [
        (known[row["indicator"]], row["subjects"])
        for row in counts
        if row["indicator"] in known
    ]
    return sorted(found, key=lambda pair: -pair[1])


def county_values(
    code: str, region: Region, actor: Actor, at: datetime
) -> list[tuple[Region, Observation | None]]:
    """An indicator by the counties of a region, each with its newest value; for the tile map."""
    counties = list(Region.objects.filter(parent=region, until__isnull=True).order_by("code"))
    rows = current(actor, at).filter(indicator=code, subject__region__in=counties)
    found: dict[int, list[Observation]] = {}
    for row in rows[:2000]:
        if row.subject.region_id is not None:
            found.setdefault(row.subject.region_id, []).append(row)
    return [(county, best_of(found.get(county.pk, []))) for county in counties]


def subjects_with_figures(actor: Actor, at: datetime) -> list[Subject]:
    """Regions and areas that have any figure, those with codes first."""
    ids = current(actor, at).order_by().values("subject").distinct()
    rows = Subject.objects.filter(pk__in=ids).exclude(kind=Subject.Kind.ORGANISATION)
    return list(rows.select_related("region").order_by("-region__is_demo", "-kind", "code")[:100])
