"""What waits on indicators: figures to publish, and months whose report is missing."""

from datetime import datetime, timedelta

from django.urls import reverse

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.periods import Period
from kechuang.base.refusals import N_
from kechuang.base.time import midnight_after, shanghai_date, start_of_day
from kechuang.base.working_days import calendar
from kechuang.indicators import queries
from kechuang.indicators.models import Observation, Source
from kechuang.parties.queries import holder_words

PUBLISH_DAYS = 3
REPORT_DAYS = 5
MOST = 100


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """Figures that wait for a head to publish them, and reports of last month not yet measured."""
    if not actor.is_role(Role.OFFICER, Role.HEAD) or not actor.region:
        return []
    return [*_to_publish(actor, at), *_missing(actor, at)]


def _to_publish(actor: Actor, at: datetime) -> list[Matter]:
    rows = [
        row
        for row in queries.unpublished(actor, at)[:MOST]
        if row.subject.region_path == actor.region
    ]
    if not rows:
        return []
    holder = holder_words(Role.HEAD, at=at, region_path=actor.region)
    known = queries.indicators()
    return [
        Matter(
            number=row.number,
            title=f"{queries.name_of(known[row.indicator])} {queries.period_words(row.period)}",
            task=N_("发布指标"),
            holder=holder,
            mine=actor.is_role(Role.HEAD),
            since=row.measured_at,
            until=midnight_after(calendar().add(shanghai_date(row.measured_at), PUBLISH_DAYS)),
            url=_evidence(row),
            button=N_("去核对") if actor.is_role(Role.HEAD) else N_("查看"),
        )
        for row in rows
    ]


def _evidence(row: Observation) -> str:
    address = reverse("evidence", args=[row.indicator, row.subject.code, row.period])
    return f"{address}?source={row.source.number}&vintage={row.vintage}"


def _missing(actor: Actor, at: datetime) -> list[Matter]:
    today = shanghai_date(at)
    month = Period.parse((today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m"))
    region_code = actor.region.rsplit("/", 1)[-1]
    wanted = {
        one.code: queries.period_for(one, month)
        for one in queries.indicators().values()
        if one.is_measured and one.cadence == "month"
    }
    done = set(
        Observation.objects.filter(
            subject__code=region_code, source__kind=Source.Kind.OWN,
            indicator__in=wanted, period__in={one.text for one in wanted.values()},
        ).values_list("indicator", flat=True)
    )  # fmt: skip
    late = [code for code in wanted if code not in done]
    if not late:
        return []
    holder = holder_words(Role.OFFICER, at=at, region_path=actor.region)
    known = queries.indicators()
    return [
        Matter(
            number=code,
            title=f"{queries.name_of(known[code])} {queries.period_words(wanted[code].text)}",
            task=N_("测算上月指标"),
            holder=holder,
            mine=actor.is_role(Role.OFFICER),
            since=start_of_day(month.until),
            until=midnight_after(calendar().add(month.until, REPORT_DAYS)),
            url=f"{reverse('indicator-measure', args=[code])}?period={wanted[code].text}",
            button=N_("去测算") if actor.is_role(Role.OFFICER) else N_("查看"),
        )
        for code in late
    ]
