"""Why an offer stands where it does: its score taken apart to the last digit, asked anew."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor
from kechuang.engines.ranking import fold
from kechuang.matching import rules
from kechuang.matching.queries.candidates import (
    Candidate,
    asked_of,
    candidates_of,
    facets_of,
    fields_of,
    finding_row,
    points_for,
    query_of,
)
from kechuang.matching.queries.matches import place_of
from kechuang.matching.queries.models import model_in_force
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.search import queries as search


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a field and what it brought to the score; `points` 0 for what brought none."""

    field: str
    start: int
    end: int
    text: str
    points: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A score and its parts: `stretches` and `rest` (by name) sum to `score`.

    `texts` are the offer's fields with what stands between the stretches. The same `asked`, `index`
    and `model` give the same score again, to the last digit.
    """

    place: int
    score: float
    points: rules.Points
    stretches: list[Stretch]
    rest: dict[str, float]
    texts: dict[str, list[Stretch]]
    findings: list[dict[str, str]]
    lacking: list[str]
    learnt: dict[str, float]
    aliases: tuple[str, ...]
    asked: dict[str, Any]
    index: str
    model: str
    documents: int

    @property
    def summed(self) -> float:
        """What all parts come to; the score but for rounding in the last digits."""
        return sum(one.points for one in self.stretches) + sum(self.rest.values())


def explained_match(
    need: Need, offer: Offer, narrowing: rules.Narrowing, actor: Actor, at: datetime
) -> Explained | None:
    """A match taken apart; `offer` is one that the actor may see. None while there is no index, for
    who may not read the need's matches, for a need that has ended, and where the offer is not among
    the first hundred."""
    place = place_of(need)
    if not place.is_live or not rules.may_read_matches(actor, place):
        return None
    query = replace(query_of(need), without=frozenset(narrowing.without))
    facets = facets_of(need, narrowing)
    found = search.ranked(
        query, actor=Actor.PUBLIC, facets=facets, top=rules.CANDIDATES, model=model_in_force()
    )
    if found is None:
        return None
    looked = [one for one in candidates_of(need, found) if one.text.number == offer.number]
    return _explained(need, looked[0], found, asked_of(query, facets)) if looked else None


def _explained(
    need: Need, one: Candidate, found: search.Ranking, asked: dict[str, Any]
) -> Explained:
    from kechuang.engines.ranking.spans import taken_apart

    fields = fields_of(one.text)
    why = taken_apart(found.ranked, one.place, fields, found.lexicon)
    stretches = [Stretch(*span) for span in why.spans]
    return Explained(
        one.place + 1, one.score, points_for(need, one),
        sorted(stretches, key=lambda each: -each.points), why.rest,
        {name: _whole(name, text, stretches) for name, text in fields.items() if text},
        [finding_row(finding) for finding in one.findings],
        rules.lacking_words(fold(asked["text"]), set(why.lacking)), why.expansion,
        found.ranked.question.aliases, asked, found.index, found.model, found.documents,
    )  # fmt: skip


def _whole(name: str, text: str, stretches: list[Stretch]) -> list[Stretch]:
    """A field as it stands, cut at the stretches."""
    pieces, at = [], 0
    for one in sorted((each for each in stretches if each.field == name), key=lambda x: x.start):
        if one.start > at:
            pieces.append(Stretch(name, at, one.start, text[at : one.start], 0.0))
        pieces.append(one)
        at = one.end
    return [*pieces, Stretch(name, at, len(text), text[at:], 0.0)] if at < len(text) else pieces
