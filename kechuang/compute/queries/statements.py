"""Bills that no statement holds yet, by month, allocation and centre."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from kechuang.base.actor import Actor, Role
from kechuang.compute.models import Allocation, Bill
from kechuang.compute.queries.desk import allocations_visible_to, jobs_visible_to
from kechuang.compute.rules.rights import CentreFacts

MONTHS_MOST = 200


@dataclass(frozen=True)
class OpenMonth:
    """What an allocation has come to at a centre in a month that is not locked."""

    month: str
    allocation: str
    unit: str
    centre: str
    name: str
    name_en: str
    facts: CentreFacts
    jobs: int
    total_fen: int


def open_months(actor: Actor, at: datetime) -> list[OpenMonth]:
    """Those of the jobs that the actor may see, the newest first; one query."""
    rows = (
        Bill.objects.filter(statement__isnull=True, job__in=jobs_visible_to(actor, at).values("pk"))
        .order_by("-month", "job__allocation__number", "job__centre__number")
        .values_list(
            "month", "job__allocation__number", "job__allocation__organisation__name",
            "job__centre__number", "job__centre__name", "job__centre__name_en",
            "job__centre__organisation__code", "job__centre__region_path",
        )
        .annotate(jobs=Count("pk"), total=Sum("total_fen"))
    )  # fmt: skip
    return [
        OpenMonth(
            month=row[0], allocation=row[1], unit=row[2], centre=row[3], name=row[4],
            name_en=row[5], facts=CentreFacts(row[6], row[7]), jobs=row[8], total_fen=row[9],
        )
        for row in rows[:MONTHS_MOST]
    ]  # fmt: skip


def allocations_billed_before(actor: Actor, at: datetime) -> QuerySet[Allocation]:
    """Allocations whose months an actor may look at to lock them: those that it sees, and for a
    centre's operator those with jobs at the own centre."""
    if not actor.is_role(Role.CENTRE):
        return allocations_visible_to(actor, at)
    jobs = jobs_visible_to(actor, at).values("allocation")
    return Allocation.objects.filter(pk__in=jobs).select_related("organisation", "asked_by")
