"""Observations as a reader finds them: current, as known on a date, in series, side by side."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import Case, Max, Q, QuerySet, Value, When

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.time import shanghai_date
from kechuang.indicators import rules
from kechuang.indicators.models import Observation, Source, Subject, Target
from kechuang.indicators.rules import Indicator
from kechuang.parties import queries as party_queries
from kechuang.parties.models import Region

PUBLISHED = Observation.State.PUBLISHED


def visible_to(actor: Actor, at: datetime) -> QuerySet[Observation]:
    """Published observations are public; measured ones are seen by the region's officers."""
    rows = Observation.objects.select_related("subject", "source", "subject__region")
    if not rules.may_see_unpublished(actor):
        return rows.filter(state=PUBLISHED)
    inside = Q(subject__region_path=actor.region) | Q(
        subject__region_path__startswith=actor.region + "/"
    )
    return rows.filter(Q(state=PUBLISHED) | inside).exclude(state=Observation.State.REPLACED)


def current(actor: Actor, at: datetime) -> QuerySet[Observation]:
    """The newest vintage of each key, own figures before quoted ones, newest period first."""
    return visible_to(actor, at).filter(is_current=True).order_by(
        _source_order(), "-period_until", "-period_since", "statement_number", "pk"
    )


def _source_order() -> Case:
    return Case(
        When(source__kind=Source.Kind.OWN, then=Value(0)),
        When(source__kind=Source.Kind.PUBLISHED, then=Value(1)),
        default=Value(2),
    )


def subject_of_code(code: str) -> Subject | None:
    return Subject.objects.select_related("region", "within", "organisation").filter(
        code=code
    ).first()


def known_on(rows: QuerySet[Observation], known: date) -> QuerySet[Observation]:
    """The vintages that were the newest on a date, instead of those that are now."""
    until = rows.filter(known_date__lte=known)
    newest = (
        until.order_by()
        .values("indicator", "subject", "period", "source", "statement_number")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    return until.filter(pk__in=newest)


def vintages(observation: Observation, actor: Actor, at: datetime) -> list[Observation]:
    """All vintages of an observation's key that the reader may see, newest first."""
    rows = visible_to(actor, at).filter(
        indicator=observation.indicator, subject=observation.subject, period=observation.period,
        source=observation.source, statement_number=observation.statement_number,
    )  # fmt: skip
    return list(rows.order_by("-vintage")[:100])


def stated_together(observation: Observation, actor: Actor, at: datetime) -> list[Observation]:
    """What else is said now of the same thing and period: by others, or by the source itself."""
    rows = current(actor, at).filter(
        indicator=observation.indicator, subject=observation.subject,
        period_since=observation.period_since, period_until=observation.period_until,
    )  # fmt: skip
    return list(rows[:20])


def earlier_of(observation: Observation, actor: Actor, at: datetime) -> Observation | None:
    """The same figure of the same period a year before; the same source first."""
    before = Period.parse(observation.period).previous_year()
    rows = current(actor, at).filter(
        indicator=observation.indicator, subject=observation.subject,
        period_since=before.since, period_until=before.until, value__isnull=False,
    )  # fmt: skip
    found = list(rows[:10])
    same = [row for row in found if row.source_id == observation.source_id]
    return next(iter(same or found), None)


def target_for(observation: Observation) -> Target | None:
    """The target in force for an observation: of the year that its period lies in."""
    rows = Target.objects.filter(
        indicator=observation.indicator, subject=observation.subject, is_current=True
    ).select_related("source")
    year = f"{observation.period_since.year}"
    fitting = [row for row in rows[:50] if row.period in (observation.period, year)]
    fitting.sort(key=lambda row: (row.source_id != observation.source_id, row.pk))
    return fitting[0] if fitting else None


def targets_of(code: str, subject: Subject) -> list[Target]:
    """The targets in force of an indicator for a subject, newest period first."""
    rows = Target.objects.filter(indicator=code, subject=subject, is_current=True)
    return list(rows.select_related("source").order_by("-period", "pk")[:50])


def series(
    code: str, subject: Subject, actor: Actor, at: datetime, source: str = ""
) -> list[Observation]:
    """All current observations of an indicator for a subject, oldest period first."""
    rows = current(actor, at).filter(indicator=code, subject=subject)
    if source:
        rows = rows.filter(source__number=source)
    return list(rows.order_by("period_since", "period_until", "statement_number")[:400])


def best_of(rows: Sequence[Observation]) -> Observation | None:
    """The one to show where one is asked for: the newest period, own figures before quoted."""
    if not rows:
        return None
    own = {Source.Kind.OWN: 0, Source.Kind.PUBLISHED: 1, Source.Kind.DEMONSTRATION: 2}
    return min(
        rows,
        key=lambda row: (
            -row.period_until.toordinal(), own[Source.Kind(row.source.kind)],
            -(row.period_until - row.period_since).days, row.statement_number,
        ),
    )  # fmt: skip


def latest_by_indicator(
    subject: Subject, actor: Actor, at: datetime, codes: Sequence[str] = ()
) -> dict[str, Observation]:
    """The newest observation of each indicator of a subject; one read."""
    rows = current(actor, at).filter(subject=subject)
    if codes:
        rows = rows.filter(indicator__in=codes)
    found: dict[str, list[Observation]] = {}
    for row in rows[:2000]:
        found.setdefault(row.indicator, []).append(row)
    return {code: best for code, rows in found.items() if (best := best_of(rows))}


def unpublished(actor: Actor, at: datetime) -> QuerySet[Observation]:
    """Measured, and waiting for a head to publish them."""
    rows = visible_to(actor, at).filter(state=Observation.State.MEASURED)
    return rows.order_by("measured_at", "pk")


def period_for(indicator: Indicator, span: Period) -> Period:
    """A span as an indicator takes it: a flow over it, a stock as of its last day."""
    if indicator.kind == "flow":
        return span
    return Period.parse(f"@{(span.until - timedelta(days=1)).isoformat()}")


def region_in_force(code: str, at: datetime) -> Region | None:
    return party_queries.region_by_code(code, shanghai_date(at))
