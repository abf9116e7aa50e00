"""What centres are registered with: prices asked for, phases, trials, links; and data sets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.compute.models import Centre, DataSet, Job, Link, PriceProposal, Quote, Run, Usage
from kechuang.compute.queries.desk import OFFICES, of_its_kind, within
from kechuang.compute.rules import rights
from kechuang.parties.models import Organisation

HOUR = timedelta(hours=1)
HOURS = 24
ROWS_MOST = 100_000
LINKS_MOST = 2000


def prices_asked(centre: Centre) -> PriceProposal | None:
    """The prices that wait for a second person at a centre."""
    rows = PriceProposal.objects.filter(centre=centre, state=PriceProposal.State.ASKED)
    return rows.select_related("asked_by", "centre__organisation").first()


def data_visible_to(actor: Actor, at: datetime) -> QuerySet[DataSet]:
    """Data of the own unit and those it may use; all at centres of the region for its offices.

    Whoever is not signed in sees what every unit may use.
    """
    rows = DataSet.objects.select_related("organisation", "centre__organisation")
    open_to_all = Q(audience=DataSet.Audience.EVERYBODY, state=DataSet.State.OFFERED)
    if rights.may_ask(actor):
        named = Q(audience=DataSet.Audience.NAMED, named__contains=[actor.organisation])
        usable = named & Q(state=DataSet.State.OFFERED)
        return rows.filter(open_to_all | usable | Q(organisation__code=actor.organisation))
    if actor.is_signed_in and actor.is_role(*OFFICES) and actor.region:
        return rows.filter(open_to_all | within(actor.region, "centre__region_path"))
    return rows.filter(open_to_all)


def data_usable_by(actor: Actor, at: datetime) -> QuerySet[DataSet]:
    """Those that a job of the own unit may name."""
    if not rights.may_ask(actor):
        return DataSet.objects.none()
    return data_visible_to(actor, at).filter(state=DataSet.State.OFFERED)


def units_named(data: DataSet) -> QuerySet[Organisation]:
    """The units that a data set is for, by name."""
    return Organisation.objects.filter(code__in=data.named).order_by("name")


def links_now() -> dict[tuple[int, int], Link]:
    """What counts between two centres: the newest measurement, else the newest declaration."""
    found: dict[tuple[int, int], Link] = {}
    rows = Link.objects.select_related("first__organisation", "second__organisation")
    for row in rows.order_by("-is_measured", "-at", "-id")[:LINKS_MOST]:
        found.setdefault((row.first_id, row.second_id), row)
    return found


def bandwidth_between(links: dict[tuple[int, int], Link], one: Centre, other: Centre) -> Decimal:
    """What goes through between two centres: their line where one is kept, else the slower end."""
    first, second = sorted((one.pk, other.pk))
    link = links.get((first, second))
    return link.bandwidth_mb_s if link else min(one.bandwidth_mb_s, other.bandwidth_mb_s)


@dataclass(frozen=True)
class HourOf:
    """One hour at a centre: what was held of what there was, and who waited at its end."""

    since: datetime
    held_core_seconds: int
    processors: int
    waiting: int

    @property
    def share(self) -> float:
        return self.held_core_seconds / (self.processors * 3600)

    @property
    def shade(self) -> int:
        """0 to 4, for the heat map.

        >>> from datetime import UTC
        >>> HourOf(datetime(2026, 1, 1, tzinfo=UTC), 3600, 2, 0).shade
        2
        """
        return 0 if not self.held_core_seconds else min(4, 1 + int(self.share * 3.999))


def load_of(centres: list[Centre], at: datetime, hours: int = HOURS) -> dict[int, list[HourOf]]:
    """Each of the last hours at each centre, the running one left out; two queries."""
    end = at.replace(minute=0, second=0, microsecond=0)
    starts = [end - HOUR * step for step in range(hours, 0, -1)]
    usages = list(
        Usage.objects.filter(of_its_kind(), centre__in=centres, until__gt=starts[0], since__lt=end)[
            :ROWS_MOST
        ]
    )
    runs = list(
        Run.objects.filter(
            of_its_kind("job__centre", "job__"), job__centre__in=centres, submitted_at__lt=end
        )
        .filter(
            Q(started_at__gt=starts[0]) | Q(started_at__isnull=True, ended_at__isnull=True)
            | Q(started_at__isnull=True, ended_at__gt=starts[0])
        )
        .values_list("job__centre", "submitted_at", "started_at", "ended_at")[:ROWS_MOST]
    )  # fmt: skip
    return {
        centre.pk: [
            HourOf(
                since, sum(_held(one, since) for one in usages if one.centre_id == centre.pk),
                centre.processors,
                sum(_waits(run[1:], since + HOUR) for run in runs if run[0] == centre.pk),
            )
            for since in starts
        ]
        for centre in centres
    }  # fmt: skip


def _held(row: Usage, since: datetime) -> int:
    seconds = (min(row.until, since + HOUR) - max(row.since, since)).total_seconds()
    return row.processors * max(0, int(seconds))


def _waits(run: tuple[datetime | None, ...], at: datetime) -> bool:
    """Whether a run had been handed in and had not begun, nor ended, at an instant."""
    submitted, started, ended = run
    came = submitted is not None and submitted <= at
    return came and not (started and started <= at) and not (ended and ended <= at)


@dataclass(frozen=True)
class Saved:
    """What choosing by quotes saved over some jobs, against the nearest centre and the dearest."""

    jobs: int
    chosen_fen: int
    near_jobs: int  # of them those that a centre of the unit's own city quoted for
    near_fen: int
    near_chosen_fen: int
    dearest_fen: int

    @property
    def against_near_fen(self) -> int:
        return self.near_fen - self.near_chosen_fen

    @property
    def against_dearest_fen(self) -> int:
        return self.dearest_fen - self.chosen_fen


def saved_by_placement(at: datetime, days: int = 30) -> Saved:
    """Over the jobs that were submitted in the last days: the quote that was chosen beside the best
    one in the unit's own city and the dearest one that could take the job; three queries."""
    jobs = {
        row[0]: row[1:] for row in Job.objects.filter(
            submitted_at__gte=at - timedelta(days=days), submitted_at__lte=at, is_simulated=False
        ).values_list("pk", "centre", "organisation__region_path")[:ROWS_MOST]
    }  # fmt: skip
    places = dict(Centre.objects.values_list("pk", "region_path"))
    quoted: dict[int, list[tuple[int, int]]] = {}
    offers_made = Quote.objects.filter(job__in=jobs, refused_code="").exclude(
        centre__backend=Centre.Backend.SIMULATED
    )
    rows = offers_made.values_list("job", "centre", "total_fen")
    for job, centre, fen in rows:
        quoted.setdefault(job, []).append((centre, fen))
    chosen = near = near_chosen = near_jobs = dearest = counted = 0
    for job, (centre, path) in jobs.items():
        offers = dict(quoted.get(job, ()))
        if centre not in offers:
            continue
        counted, chosen = counted + 1, chosen + offers[centre]
        dearest += max(offers.values())
        home = path.split("/")[:2]
        here = [fen for one, fen in offers.items() if places[one].split("/")[:2] == home]
        if here:
            near_jobs, near = near_jobs + 1, near + min(here)
            near_chosen += offers[centre]
    return Saved(counted, chosen, near_jobs, near, near_chosen, dearest)
