"""Which needs an offer may answer, ranked by the same index from the other end, as far as each
reader may see the needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.engines.ranking import Facets, Verdict, held_against, quote
from kechuang.matching import rules
from kechuang.matching.models import Introduction, Match
from kechuang.matching.queries.candidates import (
    QUOTE_LONGEST,
    fields_of,
    finding_row,
    marks_of,
    query_of_text,
    stated_by,
    targets_of,
)
from kechuang.matching.queries.introductions import visible_to
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE, Sight
from kechuang.offers.models import Offer
from kechuang.search import queries as search
from kechuang.search.models import Document as Found
from kechuang.search.rules import chains_of

MOST = 100
NEEDS = Facets(kind="need")


@dataclass(frozen=True, slots=True)
class AnsweredNeed:
    """One need that an offer may answer, as far as this reader sees the need. Where the targets
    are hidden, so are the findings, the points and the quotation that would betray them.
    `is_mutual`: each is among the other's first."""

    need: Need
    sight: Sight
    points: rules.Points
    findings: list[dict[str, str]]
    quotation: list[list[str | bool]]
    introduction: Introduction | None
    is_mutual: bool

    @property
    def score_tenths(self) -> int:
        return self.points.score_tenths


@dataclass(frozen=True, slots=True)
class _Held:
    """A need with its place among the hits, held against what the offer states."""

    place: int
    need: Need
    sight: Sight
    points: rules.Points
    findings: list[dict[str, str]]


def needs_answered_by(offer: Offer, actor: Actor, at: datetime) -> list[AnsweredNeed]:
    """The live needs that an offer may answer, best first, among those this actor may find.

    Nothing for who has no right to ask, and for an offer that is not published. What this reader
    may not see is not among the candidates, so that it moves no place and no score. As many
    statements however many needs.
    """
    owner = offer.organisation.code if offer.organisation else ""
    text = Found.objects.filter(number=offer.number).first()
    if not rules.may_read_needs_of(actor, owner) or text is None:
        return []
    found = search.ranked(query_of_text(text), actor=actor, facets=NEEDS, top=MOST)
    if found is None:
        return []
    held = _held(offer, text, found, actor, at)
    best = max((one.points.score_tenths for one in held), default=0)
    kept = [one for one in held if one.points.score_tenths * rules.LEAST_SHARE >= best > 0]
    kept.sort(key=lambda one: (-one.points.score_tenths, one.place))
    return _answered(offer, found, kept, actor, at)


def _held(
    offer: Offer, text: Found, found: search.Ranking, actor: Actor, at: datetime
) -> list[_Held]:
    owner = offer.organisation.code if offer.organisation else ""
    rows = needs.readable_to(actor, at).filter(number__in=found.numbers, state__in=LIVE)
    read = {
        need.number: need
        for need in rows.prefetch_related("targets")
        if need.organisation.code != owner
    }
    sights = needs.sights_on(list(read.values()), actor, at)
    stated = stated_by({text.number: text})[text.number]
    held = []
    for place, hit in enumerate(found.ranked.hits):
        need = read.get(str(hit.id))
        if need is None:
            continue
        sight = sights[need.pk]
        findings = held_against(targets_of(need), stated) if sight.targets else []
        points = rules.points_of(
            hit.score,
            sum(one.verdict is Verdict.MET for one in findings),
            same_chain=bool(need.chain) and need.chain in chains_of(text.facets),
            same_city=rules.is_same_city(need.region_path, offer.region_path),
        )
        held.append(_Held(place, need, sight, points, [finding_row(one) for one in findings]))
    return held


def _answered(
    offer: Offer, found: search.Ranking, kept: Sequence[_Held], actor: Actor, at: datetime
) -> list[AnsweredNeed]:
    quotations = _quotations(found, kept)
    listed = Match.objects.filter(offer=offer, rank__lte=rules.MUTUAL_DEPTH)
    first = set(listed.values_list("need_id", flat=True))
    introduced = {
        row.need_id: row for row in visible_to(actor, at).filter(offer=offer).order_by("id")
    }
    return [
        AnsweredNeed(
            one.need, one.sight, one.points, one.findings, quotations.get(one.need.number, []),
            introduced.get(one.need.pk), one.need.pk in first and place < rules.MUTUAL_DEPTH,
        )
        for place, one in enumerate(kept)
    ]  # fmt: skip


def _quotations(found: search.Ranking, kept: Sequence[_Held]) -> dict[str, list[list[str | bool]]]:
    """The sentence of each need that counted most, where the reader sees all of its text."""
    from kechuang.engines.ranking.spans import all_taken_apart

    open_ones = {one.need.number: one.place for one in kept if one.sight.targets}
    texts = {row.number: row for row in Found.objects.filter(number__in=open_ones)}
    numbers = [number for number in open_ones if number in texts]
    if not numbers:
        return {}
    taken = all_taken_apart(
        found.ranked,
        [fields_of(texts[number]) for number in numbers],
        [open_ones[number] for number in numbers],
        found.lexicon,
    )
    return {
        number: [
            [piece.text, piece.marked]
            for piece in quote(texts[number].body, marks_of(why), QUOTE_LONGEST)
        ]
        for number, why in zip(numbers, taken, strict=True)
    }
