"""Introductions as readers may see them, the liaison's ledger, and the rows behind the figure."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.base.periods import Period
from kechuang.base.time import rfc3339, shanghai_date, start_of_day
from kechuang.doors.lists import Page, limit_of
from kechuang.matching import rules
from kechuang.matching.models import HandOver, Introduction, IntroductionStage, Liaison
from kechuang.matching.queries.matches import within
from kechuang.matching.rules import Asked, State
from kechuang.parties.models import Appointment, Person
from kechuang.parties.queries import holders, in_force

LOADED = ("need", "offer", "need_organisation", "offer_organisation", "liaison")


def visible_to(actor: Actor, at: datetime) -> QuerySet[Introduction]:
    """The introductions that an actor may see: the desk's of its region, each side's own."""
    may = Q(pk__in=[])
    if actor.is_role(*rules.DESK) and actor.region and not actor.serves_one_unit:
        may |= within(actor.region, "region_path")
    if actor.is_role(Role.LIAISON):
        asked = HandOver.objects.filter(to_person__number=actor.person, state=Asked.OPEN)
        may |= Q(liaison__number=actor.person) | Q(pk__in=asked.values("introduction"))
    if actor.is_role(*rules.PARTY_ROLES, Role.LIAISON) and actor.organisation:
        may |= Q(need_organisation__code=actor.organisation)
        may |= Q(offer_organisation__code=actor.organisation)
    return Introduction.objects.filter(may).select_related(*LOADED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the ledger is narrowed by; empty values do not narrow."""

    state: str = ""
    mine: bool = False
    due: bool = False
    text: str = ""


def introductions_listed(actor: Actor, at: datetime, filters: Filters) -> QuerySet[Introduction]:
    """The ledger, by the date of the next step; those without a date come last."""
    rows = visible_to(actor, at)
    if filters.state == "open":
        rows = rows.filter(state__in=rules.OPEN)
    elif filters.state:
        rows = rows.filter(state=filters.state.upper())
    if filters.mine:
        rows = rows.filter(liaison__number=actor.person)
    if filters.due:
        rows = rows.filter(state__in=rules.OPEN, next_date__lte=shanghai_date(at))
    if filters.text:
        rows = rows.filter(
            Q(number__iexact=filters.text)
            | Q(need__number__iexact=filters.text)
            | Q(need__title__icontains=filters.text)
            | Q(offer__title__icontains=filters.text)
        )
    return rows.order_by(F("next_date").asc(nulls_last=True), "id")


def ledger_page(
    rows: QuerySet[Introduction], *, after: str = "", limit: str | int | None = None
) -> Page[Introduction]:
    """The page of the ledger behind the introduction `after`, in the ledger's order."""
    size = limit_of(limit)
    last = Introduction.objects.filter(number=after).first() if after else None
    if last is not None and last.next_date is None:
        rows = rows.filter(next_date__isnull=True, pk__gt=last.pk)
    elif last is not None:
        rows = rows.filter(
            Q(next_date__gt=last.next_date)
            | Q(next_date=last.next_date, pk__gt=last.pk)
            | Q(next_date__isnull=True)
        )
    found = list(rows[: size + 1])
    return Page(found[:size], found[size - 1].number if len(found) > size else "")


def hand_overs_of(row: Introduction) -> list[HandOver]:
    """Everybody who was asked to take an introduction over, in order."""
    return list(
        HandOver.objects.filter(introduction=row)
        .select_related("from_person", "to_person")
        .order_by("id")
    )


def is_asked_to_take(row: Introduction, actor: Actor) -> bool:
    """Whether this reader is the one who is asked to take it over."""
    asked = HandOver.objects.filter(introduction=row, state=Asked.OPEN)
    return bool(actor.person) and asked.filter(to_person__number=actor.person).exists()


def load_of(person: Person) -> int:
    """How many introductions a liaison has in hand."""
    return Introduction.objects.filter(liaison=person, state__in=rules.OPEN).count()


def capacity_of(person: Person) -> int:
    row = Liaison.objects.filter(person=person).first()
    return row.capacity if row else rules.USUAL_CAPACITY


def paused_until(person: Person) -> date | None:
    """Until when a liaison takes no new introduction; None where none is paused."""
    row = Liaison.objects.filter(person=person).first()
    return row.paused_until if row else None


@dataclass(frozen=True, slots=True)
class Hands:
    """A liaison with what is in hand, how much may be, and a pause."""

    person: Person
    load: int
    capacity: int
    paused_until: date | None


def hands_of(people: list[Person]) -> list[Hands]:
    """What each liaison has in hand; two statements however many."""
    loads = dict(
        Introduction.objects.filter(liaison__in=people, state__in=rules.OPEN)
        .values_list("liaison").annotate(count=Count("id"))
    )
    rows = {row.person_id: row for row in Liaison.objects.filter(person__in=people)}
    return [
        Hands(
            person, loads.get(person.pk, 0),
            rows[person.pk].capacity if person.pk in rows else rules.USUAL_CAPACITY,
            rows[person.pk].paused_until if person.pk in rows else None,
        )
        for person in people
    ]


def liaisons_for(region_path: str, at: datetime) -> list[Person]:
    """The liaisons of a region and of the regions above it, nearest first."""
    parts = region_path.split("/")
    found: dict[str, Person] = {}
    for size in range(len(parts), 0, -1):
        people = holders(Role.LIAISON, at=at, region_path="/".join(parts[:size]))
        found |= {person.number: person for person in people if person.number not in found}
    return list(found.values())


def liaisons_under(region_path: str, at: datetime) -> list[Person]:
    """The liaisons of a region and of all below it."""
    if not region_path:
        return []
    rows = Appointment.objects.filter(
        in_force(shanghai_date(at)), within(region_path, "region__path"), role=Role.LIAISON
    )
    people = {row.person.pk: row.person for row in rows.select_related("person").order_by("id")}
    return list(people.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure: its number, what it adds, and its fingerprint as known."""

    number: str
    value: Decimal
    row_hash: str


def introductions_made(
    period: Period, region_path: str, known_at: datetime | None = None
) -> list[Row]:
    """The introductions made in a period, as known at an instant; each counts once."""
    stages = IntroductionStage.objects.filter(
        within(region_path, "introduction__region_path"),
        stage=State.SUGGESTED,
        since__gte=start_of_day(period.since),
        since__lt=start_of_day(period.until),
    )
    if known_at is not None:
        stages = stages.filter(recorded_at__lte=known_at)
    columns = ("introduction__number", "introduction__region_path", "since")
    return [
        Row(number, Decimal(1), _row_hash({"number": number, "region": path, "since": since}))
        for number, path, since in stages.order_by("pk").values_list(*columns).iterator()
    ]


def _row_hash(fact: dict[str, Any]) -> str:
    plain = {key: rfc3339(v) if isinstance(v, datetime) else str(v) for key, v in fact.items()}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def places_on_the_line(numbers: list[str], actor: Actor, at: datetime) -> list[Place]:
    """Where introductions among, or of the needs among, these numbers stand."""
    rows = visible_to(actor, at).filter(Q(number__in=numbers) | Q(need__number__in=numbers))
    return [
        Place(
            step=Step.MATCH,
            number=row.number,
            title=row.offer.title,
            state=rules.STATE_NAMES[State(row.state)],
            at=row.since,
            url=f"/introductions/{row.number}/",
            linked=(row.need.number, row.offer.number),
        )
        for row in rows.order_by("-id")[:20]
    ]
