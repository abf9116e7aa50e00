"""Reads of the offers: who finds which, lists, and what matching and the line ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.offers import rules
from kechuang.offers.models import Offer
from kechuang.offers.rules import State

LOADED = ("organisation", "filler", "contact")


def within(region_path: str, column: str = "region_path") -> Q:
    """Rows of a region and of all below it: whole segments, never a prefix."""
    return Q(**{column: region_path}) | Q(**{f"{column}__startswith": region_path + "/"})


def visible_to(actor: Actor, at: datetime) -> QuerySet[Offer]:
    """What is published, for all; a unit's people find all of theirs, drafts included.

    The supervisor of a region also finds what was withdrawn there.
    """
    found = Q(state=State.PUBLISHED)
    if actor.is_role(Role.FILLER, Role.UNIT_ADMIN) and actor.organisation:
        found |= Q(organisation__code=actor.organisation)
    elif actor.is_role(Role.MEMBER) and actor.organisation:
        own = ~Q(state=State.DRAFT) | Q(filler__number=actor.person)
        found |= Q(organisation__code=actor.organisation) & own
    elif actor.is_role(Role.SUPERVISOR, Role.OFFICER, Role.HEAD) and actor.region:
        found |= within(actor.region) & Q(state=State.WITHDRAWN)
    return Offer.objects.filter(found).select_related(*LOADED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of offers is narrowed by; empty values do not narrow."""

    kind: str = ""
    state: str = ""
    chain: str = ""
    region: str = ""
    text: str = ""
    mine: bool = False


def offers_listed(actor: Actor, at: datetime, filters: Filters) -> QuerySet[Offer]:
    """The offers that the actor finds, narrowed."""
    rows = visible_to(actor, at)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.chain:
        rows = rows.filter(chains__contains=[filters.chain])
    if filters.region:
        rows = rows.filter(
            Q(region_path__endswith="/" + filters.region)
            | Q(region_path=filters.region)
            | Q(region_path__contains=f"/{filters.region}/")
            | Q(region_path__startswith=filters.region + "/")
        )
    if filters.mine and actor.organisation:
        rows = rows.filter(organisation__code=actor.organisation)
    for word in filters.text.replace("\x00", "").split()[:6]:
        rows = rows.filter(
            Q(title__icontains=word) | Q(number__iexact=word) | Q(keywords__contains=[word])
        )
    return rows


def offer_numbered(number: str) -> Offer | None:
    """An offer by its number, for higher parts that hold the right already."""
    return Offer.objects.filter(number=number).select_related(*LOADED).first()


def offers_numbered(numbers: list[str]) -> dict[str, Offer]:
    """Published offers by number, with their figures; what matching shows."""
    rows = Offer.objects.filter(number__in=numbers, state=State.PUBLISHED)
    found = rows.select_related(*LOADED).prefetch_related("figures")
    return {offer.number: offer for offer in found}


def offers_to_match(region_path: str = "") -> QuerySet[Offer]:
    """What matching ranks: everything published, in a region or anywhere."""
    rows = Offer.objects.filter(state=State.PUBLISHED)
    if region_path:
        rows = rows.filter(within(region_path))
    return rows.select_related("organisation").prefetch_related("figures").order_by("pk")


def text_of(offer: Offer) -> str:
    """Everything an offer says, in one text; what search and ranking read."""
    figures = [str(figure) for figure in offer.figures.all()]
    return "\n".join(filter(None, [offer.summary, offer.body, *figures, *offer.works]))


def offers_idle_since(before: datetime) -> QuerySet[Offer]:
    """Drafts never handed in that nobody touched since."""
    return Offer.objects.filter(
        state=State.DRAFT, submitted_at__isnull=True, changed_at__lt=before
    ).select_related(*LOADED)


def names_of(offer: Offer) -> dict[str, Any]:
    """The marked names of an offer's codes, for pages and csv."""
    return {
        "kind": rules.KIND_NAMES[rules.Kind(offer.kind)],
        "state": rules.STATE_NAMES[State(offer.state)],
        "trl": rules.TRL_NAMES[offer.trl] if offer.trl else "",
        "modes": [rules.MODE_NAMES[rules.Mode(mode)] for mode in offer.modes],
    }
