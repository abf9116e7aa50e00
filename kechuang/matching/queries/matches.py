"""Ranked offers of a need, as a reader may see them, and which needs wait to be ranked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.matching import rules
from kechuang.matching.models import Introduction, Match, Ranking, Verdict
from kechuang.matching.queries.candidates import Suggested, match_of, suggestions_for
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers import queries as offers


@dataclass(frozen=True, slots=True)
class RankedOffer:
    """One offer of a need's list: the match, what was judged, and the introduction made of it."""

    match: Match
    place: int
    verdict: Verdict | None
    introduction: Introduction | None


def place_of(need: Need) -> rules.NeedPlace:
    """What the rights on a need's matches look at; the organisation is loaded."""
    return rules.NeedPlace(
        need.number, need.organisation.code, need.region_path, need.state in LIVE
    )


def ranked_offers_for(need: Need, actor: Actor, at: datetime) -> list[RankedOffer]:
    """The offers that may answer a need, best first, as far as this actor may see them.

    Nothing for who may not read the need's matches; an offer that the actor may not see is left
    out before places are counted, so that no gap betrays it. Four statements however many.
    """
    if not rules.may_read_matches(actor, place_of(need)):
        return []
    matches = list(
        Match.objects.filter(need=need, offer__in=offers.visible_to(actor, at))
        .select_related("offer__organisation")
        .order_by("rank")
    )
    return _ranked(need, matches)


def narrowed_offers_for(
    need: Need, narrowing: rules.Narrowing, actor: Actor, at: datetime
) -> tuple[list[RankedOffer], Suggested] | None:
    """The offers that may answer a need among those that the reader narrowed them to, ranked now
    and stored nowhere; None while there is no index. Nothing for who may not read them.
    """
    if not rules.may_read_matches(actor, place_of(need)):
        return None
    found = suggestions_for(need, narrowing, mutual=False)
    if found is None:
        return None
    rows = offers.visible_to(actor, at).select_related("organisation")
    held = rows.in_bulk([one.number for one in found.rows], field_name="number")
    known = (one for one in found.rows if one.number in held)
    matches = [match_of(need, held[one.number], rank, one, at) for rank, one in enumerate(known, 1)]
    return _ranked(need, matches), found


def _ranked(need: Need, matches: list[Match]) -> list[RankedOffer]:
    """Matches with what was judged of them and what came of it; two statements."""
    verdicts = _by_offer(
        Verdict.objects.filter(need=need, replaced_at__isnull=True).select_related("by_person")
    )
    introductions = _by_offer(
        Introduction.objects.filter(need=need).select_related("liaison").order_by("id")
    )
    return [
        RankedOffer(
            match, place, verdicts.get(match.offer_id), introductions.get(match.offer_id)
        )
        for place, match in enumerate(matches, 1)
    ]


def _by_offer(rows: Iterable[Any]) -> dict[int, Any]:
    return {row.offer_id: row for row in rows}


def ranking_of(need: Need) -> Ranking | None:
    """When and against what a need was ranked; None before the first time."""
    return Ranking.objects.filter(need=need).first()


def matches_of_offer(offer_id: int) -> QuerySet[Match]:
    return Match.objects.filter(offer_id=offer_id)


def live_needs() -> QuerySet[Need]:
    """The needs that are ranked: everything handed in and not ended."""
    return (
        Need.objects.filter(state__in=LIVE)
        .select_related("organisation")
        .prefetch_related("targets")
        .order_by("pk")
    )


def needs_without_verdict(actor: Actor) -> QuerySet[Need]:
    """Live needs of the actor's region that have matches and no verdict yet, oldest first."""
    mine = within(actor.region, "region_path")
    if actor.serves_one_unit:
        mine = Q(organisation__code=actor.organisation)
    return (
        live_needs()
        .filter(mine)
        .filter(Exists(Match.objects.filter(need=OuterRef("pk"))))
        .exclude(Exists(Verdict.objects.filter(need=OuterRef("pk"))))
    )


def within(region_path: str, column: str) -> Q:
    """Rows of a region and of all below it; a reader without a region has none."""
    if not region_path:
        return Q(pk__in=[])
    return Q(**{column: region_path}) | Q(**{f"{column}__startswith": f"{region_path}/"})
