"""Which needs an offer may answer, as far as each reader may see the needs."""

from dataclasses import dataclass
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.matching import rules
from kechuang.matching.models import Introduction, Match
from kechuang.matching.queries.introductions import visible_to
from kechuang.needs import queries as needs
from kechuang.needs.rules import LIVE, Sight
from kechuang.offers.models import Offer

MOST = 100


@dataclass(frozen=True, slots=True)
class AnsweredNeed:
    """One need that an offer may answer, as far as this reader sees the need. Where the targets
    are hidden, so are the findings and the points that would betray them."""

    match: Match
    sight: Sight
    score_tenths: int
    findings: list[dict[str, str]]
    introduction: Introduction | None


def needs_answered_by(offer: Offer, actor: Actor, at: datetime) -> list[AnsweredNeed]:
    """The live needs that an offer may answer, best first, among those this actor may read.

    Nothing for who has no right to ask. Four statements however many.
    """
    owner = offer.organisation.code if offer.organisation else ""
    if not rules.may_read_needs_of(actor, owner):
        return []
    matches = list(
        Match.objects.filter(
            offer=offer, need__in=needs.readable_to(actor, at), need__state__in=LIVE
        )
        .select_related("need__organisation", "need__filler", "offer")
        .order_by("-score_tenths", "need__number")[:MOST]
    )
    sights = needs.sights_on([match.need for match in matches], actor, at)
    introduced = {
        row.need_id: row
        for row in visible_to(actor, at).filter(offer=offer).order_by("id")
    }
    rows = [_answered(one, sights[one.need_id], introduced.get(one.need_id)) for one in matches]
    return sorted(rows, key=lambda row: -row.score_tenths)


def _answered(match: Match, sight: Sight, introduction: Introduction | None) -> AnsweredNeed:
    if sight.targets:
        return AnsweredNeed(match, sight, match.score_tenths, match.findings, introduction)
    return AnsweredNeed(
        match, sight, match.score_tenths - match.targets_tenths, [], introduction
    )
