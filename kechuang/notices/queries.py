"""Reads of the notices: the clock of a notice, open objections, who sees which objection."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.base.time import midnight_after, rfc3339, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.notices import rules
from kechuang.notices.models import Notice, Objection, ObjectionFile, Pause


def within(region_path: str, field: str = "region_path") -> Q:
    """Rows of a region's subtree, whole segments only."""
    return Q(**{field: region_path}) | Q(**{f"{field}__startswith": region_path + "/"})


def visible_to(actor: Actor, at: datetime) -> QuerySet[Notice]:
    """Notices are public, for everybody, for good."""
    return Notice.objects.all()


def objections_visible_to(actor: Actor, at: datetime) -> QuerySet[Objection]:
    """The own ones; filed ones of the region for uninvolved officers and heads, and the supervisor.
    """
    rows = Objection.objects.select_related("notice", "objector", "handler")
    if not actor.is_signed_in:
        return rows.none()
    seen = Q(objector__number=actor.person)
    filed = ~Q(state=Objection.State.DRAFT)
    if actor.is_role(*rules.OFFICE_ROLES) and actor.region:
        seen |= (
            filed
            & within(actor.region, "notice__region_path")
            & ~Q(notice__involved__contains=[actor.person])
        )
    if actor.is_role(Role.SUPERVISOR) and actor.region:
        seen |= filed & within(actor.region, "notice__region_path")
    return rows.filter(seen)


def files_of(objection: Objection) -> QuerySet[ObjectionFile]:
    """The files of an objection, for whoever may see the objection."""
    return ObjectionFile.objects.filter(objection=objection).select_related("blob")


def notice_for(subject_number: str) -> Notice | None:
    """The newest notice of a subject that was not cancelled."""
    return (
        Notice.objects.filter(subject_number=subject_number)
        .exclude(state=Notice.State.CANCELLED)
        .order_by("-pk")
        .first()
    )


def pauses_of(notice: Notice) -> list[rules.Pause]:
    """The days on which the clock of a notice stood."""
    return [
        rules.Pause(shanghai_date(row.since), shanghai_date(row.until) if row.until else None)
        for row in Pause.objects.filter(notice=notice)
    ]


def ends_at(notice: Notice) -> datetime | None:
    """When the notice is over by its pauses and today's calendar; None while the clock stands."""
    last = rules.last_day(
        calendar(), shanghai_date(notice.opened_at), notice.working_days, pauses_of(notice)
    )
    return midnight_after(last) if last else None


def has_open_objection(notice: Notice) -> bool:
    """Whether an objection is filed and not yet ended, or upheld in part and not yet executed."""
    return open_objections(notice).exists()


def open_objections(notice: Notice) -> QuerySet[Objection]:
    """Objections that hold the notice up."""
    pending = Q(state__in=rules.OBJECTION_OPEN) | Q(
        state=Objection.State.DECIDED, verdict=Objection.Verdict.PARTLY
    )
    return Objection.objects.filter(pending, notice=notice)


def is_over(notice: Notice, at: datetime) -> bool:
    """Whether the whole term has run without an open objection and nothing was cancelled."""
    if notice.state == Notice.State.ENDED:
        return True
    if notice.state != Notice.State.OPEN or has_open_objection(notice):
        return False
    end = ends_at(notice)
    return end is not None and at >= end


def days_used(notice: Notice, at: datetime) -> int:
    """How many working days of the term have run wholly by now, at most the term."""
    used = rules.days_used(
        calendar(), shanghai_date(notice.opened_at), pauses_of(notice), shanghai_date(at)
    )
    return min(used, notice.working_days)


def said_in(words: str) -> Q:
    """Notices that say these words in the title, or carry them as a number."""
    return (
        Q(title__icontains=words)
        | Q(number__iexact=words)
        | Q(subject_number__iexact=words)
        | Q(facts__icontains=words)
    )


def content_of(notice: Notice) -> dict[str, object]:
    """What the fingerprint of a notice covers: anybody can write it again and compare."""
    return {
        "number": notice.number,
        "subject": notice.subject_number,
        "kind": notice.kind,
        "title": notice.title,
        "facts": notice.facts,
        "working_days": notice.working_days,
        "opened_at": rfc3339(notice.opened_at),
    }


def latest_notices(region_path: str, at: datetime, limit: int = 5) -> list[Notice]:
    """The newest notices of a region that still run or have ended, for the home page."""
    rows = Notice.objects.exclude(state=Notice.State.CANCELLED)
    if region_path:
        rows = rows.filter(within(region_path))
    return list(rows.order_by("-opened_at", "-pk")[:limit])


def notices_due(at: datetime) -> QuerySet[Notice]:
    """Running notices whose term is over, and those whose end is provisional."""
    return Notice.objects.filter(
        Q(ends_at__lte=at) | Q(is_provisional=True), state=Notice.State.OPEN
    ).order_by("pk")


def objections_of(notice: Notice) -> QuerySet[Objection]:
    """The objections that were filed to a notice, oldest first; drafts are nobody's business."""
    return (
        Objection.objects.filter(notice=notice)
        .exclude(state=Objection.State.DRAFT)
        .order_by("filed_at", "pk")
    )


def places_on_the_line(numbers: Iterable[str], actor: Actor, at: datetime) -> list[Place]:
    """The notices of these subjects, or with these numbers."""
    wanted = list(numbers)
    rows = Notice.objects.filter(Q(subject_number__in=wanted) | Q(number__in=wanted))
    return [
        Place(
            Step.NOTICE, row.number, row.title, row.get_state_display(), row.state_since,
            reverse("notice", args=[row.number]), (row.subject_number,),
        )
        for row in rows.order_by("pk")[:50]
    ]  # fmt: skip
