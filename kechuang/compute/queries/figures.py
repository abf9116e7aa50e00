"""How full centres are, always with the denominator and the waits beside it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from kechuang.compute.models import Centre, Run, Usage
from kechuang.compute.queries.desk import of_its_kind
from kechuang.compute.rules.quotes import percentile

DAYS = 30
ROWS_MOST = 100_000
HOUR = 3600


@dataclass(frozen=True)
class CentreFigures:
    """One centre over a span of days."""

    centre: Centre
    jobs: int
    customers: int
    core_seconds: int
    seconds: int  # of the span
    wait_mean: float | None
    wait_median: float | None
    wait_p95: float | None
    error_median: float | None  # between foretold and actual waits

    @property
    def utilisation(self) -> float:
        """Core seconds used of those there were: processors x the span."""
        return self.core_seconds / (self.centre.processors * self.seconds)

    @property
    def core_hours(self) -> int:
        return self.core_seconds // HOUR

    @property
    def core_hours_there_were(self) -> int:
        return self.centre.processors * self.seconds // HOUR


def utilisation(centre: Centre, since: datetime, until: datetime) -> float:
    """The share of a centre's core seconds between two instants that jobs held."""
    rows = Usage.objects.filter(of_its_kind(), centre=centre, until__gt=since, since__lt=until)
    held = sum(_within(row, since, until) for row in rows[:ROWS_MOST])
    return held / (centre.processors * (until - since).total_seconds())


def _within(row: Usage, since: datetime, until: datetime) -> int:
    seconds = (min(row.until, until) - max(row.since, since)).total_seconds()
    return row.processors * max(0, int(seconds))


def figures_of(centres: list[Centre], at: datetime, days: int = DAYS) -> list[CentreFigures]:
    """The figures of centres over the last days; two queries, however many."""
    since = at - timedelta(days=days)
    held: dict[int, int] = defaultdict(int)
    rows = Usage.objects.filter(of_its_kind(), centre__in=centres, until__gt=since, since__lt=at)
    for row in rows[:ROWS_MOST]:
        held[row.centre_id] += _within(row, since, at)
    runs = Run.objects.filter(
        of_its_kind("job__centre", "job__"), job__centre__in=centres, started_at__gte=since,
        submitted_at__isnull=False,
    ).select_related("job")  # fmt: skip
    by_centre: dict[int, list[Run]] = defaultdict(list)
    for run in runs[:ROWS_MOST]:
        by_centre[run.job.centre_id or 0].append(run)
    span = int((at - since).total_seconds())
    return [_figures(one, held[one.pk], by_centre[one.pk], span) for one in centres]


def _figures(centre: Centre, held: int, runs: list[Run], span: int) -> CentreFigures:
    waits = [_waited(run) for run in runs]
    errors = [
        abs(run.predicted_wait_seconds - waited) for run, waited in zip(runs, waits, strict=True)
    ]
    return CentreFigures(
        centre=centre, jobs=len({run.job_id for run in runs}),
        customers=len({run.job.organisation_id for run in runs}), core_seconds=held, seconds=span,
        wait_mean=sum(waits) / len(waits) if waits else None,
        wait_median=percentile(waits, 0.5), wait_p95=percentile(waits, 0.95),
        error_median=percentile(errors, 0.5),
    )  # fmt: skip


def _waited(run: Run) -> float:
    """From when it was handed in until it began."""
    assert run.started_at and run.submitted_at
    return max(0.0, (run.started_at - run.submitted_at).total_seconds())
