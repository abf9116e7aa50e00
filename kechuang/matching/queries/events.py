"""Match events as readers may see them: the events, who comes, who is asked, who sits where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.matching.models import (
    Event,
    EventTable,
    Invitation,
    Match,
    Outcome,
    Seat,
    SignUp,
    Sitting,
)
from kechuang.matching.queries.matches import within
from kechuang.matching.rules import Asked, events
from kechuang.matching.rules.events import SignUpState
from kechuang.matching.rules.plan import Booked, Pair, slots_between
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE, Sight
from kechuang.offers import queries as offers
from kechuang.offers.models import Offer

COMING = (SignUpState.SIGNED, SignUpState.ARRIVED, SignUpState.ABSENT)


def events_visible_to(actor: Actor, at: datetime) -> QuerySet[Event]:
    """What is announced, for all; what is being prepared, for the desk of its region."""
    may = Q(state__in=events.PUBLIC_STATES)
    if actor.is_role(*events.DESK) and not actor.serves_one_unit:
        may |= within(actor.region, "region_path")
    return Event.objects.filter(may).select_related("organiser")


def _of_seen(actor: Actor, at: datetime) -> Q:
    """Sign-ups whose need and offer this actor may find; withdrawn offers leave no trace."""
    return (Q(offer__isnull=True) | Q(offer__in=offers.visible_to(actor, at))) & (
        Q(need__isnull=True) | Q(need__in=needs.visible_to(actor, at))
    )


def sign_ups_visible_to(actor: Actor, at: datetime) -> QuerySet[SignUp]:
    """The desk of the event's region sees who comes; a unit its own people; one oneself."""
    may = Q(person__number=actor.person) if actor.is_signed_in else Q(pk__in=[])
    if actor.is_role(*events.DESK) and not actor.serves_one_unit:
        may |= within(actor.region, "event__region_path")
    if actor.is_role(*events.PARTY_ROLES) and actor.organisation:
        may |= Q(organisation__code=actor.organisation)
    return (
        SignUp.objects.filter(may)
        .filter(_of_seen(actor, at))
        .select_related("event", "person", "organisation", "need__organisation", "offer")
        .order_by("id")
    )


def invitations_visible_to(actor: Actor, at: datetime) -> QuerySet[Invitation]:
    """The desk of the event's region, and the unit that was asked; no withdrawn offers."""
    may = Q(pk__in=[])
    if actor.is_role(*events.DESK) and not actor.serves_one_unit:
        may |= within(actor.region, "event__region_path")
    if actor.is_role(*events.PARTY_ROLES) and actor.organisation:
        may |= Q(organisation__code=actor.organisation)
    return Invitation.objects.filter(
        may, offer__in=offers.visible_to(actor, at), need__in=needs.visible_to(actor, at)
    ).select_related("event", "offer", "need__organisation", "organisation")


def sittings_visible_to(actor: Actor, at: datetime) -> QuerySet[Sitting]:
    """The desk sees the whole plan, the two sides their own sittings."""
    may = Q(pk__in=[])
    if actor.is_role(*events.DESK) and not actor.serves_one_unit:
        may |= within(actor.region, "event__region_path")
    if actor.is_role(*events.PARTY_ROLES) and actor.organisation:
        may |= Q(need_sign_up__organisation__code=actor.organisation)
        may |= Q(offer_sign_up__organisation__code=actor.organisation)
    return (
        Sitting.objects.filter(
            may,
            offer_sign_up__offer__in=offers.visible_to(actor, at),
            need_sign_up__need__in=needs.visible_to(actor, at),
        )
        .select_related(
            "event", "table", "need_sign_up__need__organisation", "need_sign_up__person",
            "need_sign_up__organisation", "offer_sign_up__offer", "offer_sign_up__person",
            "offer_sign_up__organisation",
        )
        .order_by("since_at", "table__place")
    )  # fmt: skip


def outcomes_visible_to(actor: Actor, at: datetime) -> QuerySet[Outcome]:
    """The desk of the event's region, and the unit that is asked."""
    may = Q(pk__in=[])
    if actor.is_role(*events.DESK) and not actor.serves_one_unit:
        may |= within(actor.region, "sitting__event__region_path")
    if actor.is_role(*events.PARTY_ROLES) and actor.organisation:
        may |= Q(organisation__code=actor.organisation)
    return Outcome.objects.filter(
        may,
        sitting__offer_sign_up__offer__in=offers.visible_to(actor, at),
        sitting__need_sign_up__need__in=needs.visible_to(actor, at),
    ).select_related(
        "organisation", "by_person", "sitting__event", "sitting__need_sign_up__need__organisation",
        "sitting__need_sign_up__organisation", "sitting__offer_sign_up__offer",
        "sitting__offer_sign_up__organisation",
    )  # fmt: skip


def seats_taken(event: Event) -> int:
    """How many persons come."""
    found = SignUp.objects.filter(event=event, state__in=COMING)
    return int(found.aggregate(count=Count("person", distinct=True))["count"])


def seats_taken_of(rows: Iterable[Event]) -> dict[int, int]:
    """How many persons come, by the key of the event; one statement."""
    found = SignUp.objects.filter(event__in=list(rows), state__in=COMING)
    counted = found.values_list("event").annotate(count=Count("person", distinct=True))
    return dict(counted)


def slots_of(event: Event) -> list[datetime]:
    """When the sittings of an event begin."""
    return slots_between(event.since_at, event.until_at, event.sitting_minutes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan is made from: the pairs that fit, who is elsewhere, what was set by hand."""

    pairs: list[Pair]
    kept: list[Booked]
    busy: frozenset[tuple[str, int]]


def wanted_at(event: Event, at: datetime) -> Wanted:
    """The pairs of an event that may talk, by their sign-ups' numbers, best or not.

    A pair is of two units, its offer is published, its need live and public or opened to the
    offer's unit: nobody learns of a closed need from a table plan. It has a place in the ranking.
    """
    comes = SignUp.objects.filter(event=event, state=SignUpState.SIGNED).select_related(
        "person", "need", "offer", "organisation"
    )
    asking = {row.pk: row for row in comes if row.need is not None and row.need.state in LIVE}
    published = offers.visible_to(Actor.PUBLIC, at)
    offering = {row.pk: row for row in comes.filter(offer__in=published)}
    scores = _scores(asking.values(), offering.values())
    may = _may_know(asking.values(), at)
    pairs = [
        Pair(ask.number, give.number, ask.person.number, give.person.number,
             scores[ask.need_id, give.offer_id])
        for ask in asking.values() for give in offering.values()
        if (ask.need_id, give.offer_id) in scores
        and ask.organisation_id != give.organisation_id
        and (ask.need_id in may or (ask.need_id, give.organisation_id) in may)
    ]  # fmt: skip
    return Wanted(pairs, _kept(event), _busy(event))


def _scores(
    asking: Iterable[SignUp], offering: Iterable[SignUp]
) -> dict[tuple[int | None, int | None], int]:
    rows = Match.objects.filter(
        need__in=[row.need_id for row in asking], offer__in=[row.offer_id for row in offering]
    )
    return {(n, o): score for n, o, score in rows.values_list("need", "offer", "score_tenths")}


def _may_know(asking: Iterable[SignUp], at: datetime) -> set[object]:
    """Keys of needs that anybody may find, and (need, organisation) where one was opened."""
    keys = [row.need_id for row in asking if row.need_id is not None]
    public = needs.public_needs().filter(pk__in=keys).values_list("pk", flat=True)
    opened = needs.open_disclosures(at).filter(need__in=keys)
    return {*public, *opened.values_list("need_id", "organisation_id")}


def may_meet(ask: SignUp, give: SignUp, at: datetime) -> bool:
    """Whether the offer is published, and its unit may know of the need."""
    known = _may_know([ask], at)
    published = offers.visible_to(Actor.PUBLIC, at).filter(pk=give.offer_id or 0).exists()
    return published and (ask.need_id in known or (ask.need_id, give.organisation_id) in known)


def _kept(event: Event) -> list[Booked]:
    rows = Sitting.objects.filter(event=event, is_by_hand=True).select_related(
        "table", "need_sign_up__person", "offer_sign_up__person"
    )
    slots = {since: turn for turn, since in enumerate(slots_of(event))}
    return [
        Booked(
            Pair(row.need_sign_up.number, row.offer_sign_up.number,
                 row.need_sign_up.person.number, row.offer_sign_up.person.number,
                 row.score_tenths),
            row.table.place - 1, slots[row.since_at],
        )
        for row in rows if row.since_at in slots
    ]  # fmt: skip


def _busy(event: Event) -> frozenset[tuple[str, int]]:
    """Who of those who come sits elsewhere, at another event, in which slot."""
    length = event.until_at - event.since_at
    people = SignUp.objects.filter(event=event, state=SignUpState.SIGNED).values("person")
    rows = Seat.objects.filter(
        person__in=people, since_at__lt=event.since_at + length, until_at__gt=event.since_at
    ).exclude(sitting__event=event).select_related("person")
    slots = slots_of(event)
    step = slots[1] - slots[0] if len(slots) > 1 else length
    return frozenset(
        (row.person.number, turn)
        for row in rows for turn, since in enumerate(slots)
        if row.since_at < since + step and row.until_at > since
    )  # fmt: skip


def tables_of(event: Event) -> dict[int, EventTable]:
    """The tables of an event by their place."""
    return {row.place: row for row in EventTable.objects.filter(event=event)}


def need_sights(rows: Iterable[Sitting], actor: Actor, at: datetime) -> dict[int, Sight]:
    """How much of the needs of sittings a reader sees, by the need's key; one statement."""
    found = {row.need_sign_up.need_id: row.need_sign_up.need for row in rows}
    return needs.sights_on([need for need in found.values() if need], actor, at)


def brought_by(actor: Actor, at: datetime) -> tuple[list[Need], list[Offer]]:
    """The needs and offers of a unit that its people may bring to an event."""
    if not actor.organisation or not actor.is_role(*events.PARTY_ROLES):
        return [], []
    asks = needs.visible_to(actor, at).filter(
        organisation__code=actor.organisation, state__in=LIVE
    )
    gives = offers.visible_to(Actor.PUBLIC, at).filter(organisation__code=actor.organisation)
    return list(asks.order_by("-pk")[:100]), list(gives.order_by("-pk")[:100])


def open_invitations(actor: Actor, at: datetime) -> QuerySet[Invitation]:
    """Invitations that this unit has to answer, to events that are still to come."""
    if not actor.organisation or not actor.is_role(*events.PARTY_ROLES):
        return Invitation.objects.none()
    return invitations_visible_to(actor, at).filter(
        state=Asked.OPEN, event__state=events.EventState.OPEN, event__sign_up_until__gt=at,
        organisation__code=actor.organisation,
    )
