"""Experts, teams and platforms that may answer a need, by their works as far as a reader sees them.

Nothing is stored: who made an offer stands in the offer. What the reader may not find is not among
the candidates, so that it moves nobody's place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.matching import rules
from kechuang.matching.models import Match
from kechuang.matching.queries.candidates import OFFERS, candidates_of, points_for, query_of
from kechuang.matching.queries.matches import place_of
from kechuang.matching.queries.models import model_in_force
from kechuang.matching.rules.makers import Made, RankedMaker, Sort, ranked_makers
from kechuang.needs.models import Need
from kechuang.offers import queries as offers
from kechuang.offers.models import Offer
from kechuang.parties.models import Organisation
from kechuang.search import queries as search

PAGES_MOST = 400  # own pages of experts and teams that are looked at


@dataclass(frozen=True, slots=True)
class Work:
    """An offer as evidence of who made it."""

    offer: Offer
    tenths: int


@dataclass(frozen=True, slots=True)
class FoundMaker:
    """A maker as a reader sees it. `page` is the own offer of an expert or team, where there is
    one."""

    place: int
    ranked: RankedMaker
    unit: Organisation
    page: Offer | None
    works: list[Work]

    @property
    def name(self) -> str:
        """A person's name, a team's own, or the unit's."""
        if self.ranked.maker.name:
            return self.ranked.maker.name
        return self.page.title if self.page else self.unit.name


@dataclass(frozen=True, slots=True)
class FoundMakers:
    """Makers by sort, and what their ranking can be told by again."""

    by_sort: dict[Sort, list[FoundMaker]]
    index: str
    model: str

    @property
    def is_empty(self) -> bool:
        return not any(self.by_sort.values())


def makers_for(need: Need, actor: Actor, at: datetime) -> FoundMakers | None:
    """Experts, teams and platforms that may answer a need, best first; none of its own unit.

    None while there is no index, and for who may not read the need's matches. As many statements
    however many there are.
    """
    if not rules.may_read_matches(actor, place_of(need)):
        return None
    found = search.ranked(
        query_of(need), actor=actor, facets=OFFERS, top=rules.CANDIDATES, model=model_in_force()
    )
    if found is None:
        return None
    tenths = {
        one.text.number: points_for(need, one).score_tenths for one in candidates_of(need, found)
    }
    rows = _offers(actor, at, tenths)
    pages = _pages(actor, at, rows.values())
    mutual = Match.objects.filter(need=need, is_mutual=True).values_list("offer__number", flat=True)
    ranked = ranked_makers(
        [_made(one, tenths[one.number]) for one in rows.values()],
        [_made(one, 0) for one in pages.values()],
        frozenset(mutual),
    )
    units = {one.organisation.code: one.organisation for one in rows.values() if one.organisation}
    return FoundMakers(
        {sort: _found(makers, rows | pages, units) for sort, makers in ranked.items()},
        found.index, found.model,
    )  # fmt: skip


def _offers(actor: Actor, at: datetime, numbers: Iterable[str]) -> dict[str, Offer]:
    """The offers that the reader may see, in the order of their numbers' points."""
    seen = offers.visible_to(actor, at).filter(state="PUBLISHED")
    held = seen.in_bulk(list(numbers), field_name="number")
    return {number: held[number] for number in numbers if number in held}


def _pages(actor: Actor, at: datetime, rows: Iterable[Offer]) -> dict[str, Offer]:
    """The pages of experts and teams of the same units that name one of the same people."""
    names = sorted({name for one in rows for name in one.people})
    units = {one.organisation_id for one in rows if one.people}
    if not names:
        return {}
    seen = offers.visible_to(actor, at).filter(
        state="PUBLISHED", kind__in=("EXPERT", "TEAM"), organisation__in=units,
        people__has_any_keys=names,
    )  # fmt: skip
    return {one.number: one for one in seen.order_by("-pk")[:PAGES_MOST]}


def _made(offer: Offer, tenths: int) -> Made:
    unit = offer.organisation
    code, kind = (unit.code, unit.kind) if unit else ("", "")
    return Made(offer.number, offer.kind, tenths, code, kind, tuple(dict.fromkeys(offer.people)))


def _found(
    makers: list[RankedMaker], rows: dict[str, Offer], units: dict[str, Organisation]
) -> list[FoundMaker]:
    return [
        FoundMaker(
            place, one, units[one.maker.unit], rows.get(one.maker.offer),
            [Work(rows[number], tenths) for number, tenths in one.works],
        )
        for place, one in enumerate(makers, 1)
    ]  # fmt: skip
