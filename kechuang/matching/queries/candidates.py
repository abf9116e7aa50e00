"""The offers that may answer a need: ranked by the index, held against its targets, and explained
in words that can be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kechuang.base.actor import Actor
from kechuang.engines.ranking import (
    Comparison,
    Facets,
    Finding,
    Kind,
    Quantity,
    Query,
    Verdict,
    fold,
    held_against,
    quantities,
    quote,
)
from kechuang.engines.ranking import tokens as tokens_of
from kechuang.matching import rules
from kechuang.matching.models import Match
from kechuang.matching.queries.models import model_in_force
from kechuang.needs.models import Need, Target
from kechuang.offers.models import Figure, Offer
from kechuang.search import queries as search
from kechuang.search.models import Document as Found
from kechuang.search.rules import chains_of, finer_kind

if TYPE_CHECKING:
    from kechuang.engines.ranking.spans import Taken

QUOTE_LONGEST = 150
OFFERS = Facets(kind="offer")
_SIGNS = {
    "AT_LEAST": Comparison.AT_LEAST,
    "AT_MOST": Comparison.AT_MOST,
    "EQUAL": Comparison.IS,
    "RANGE": Comparison.IS,
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An offer that may answer a need, with its points and reasons, before it is stored.

    `phrases` and `rest` sum to the points of the text; `lacking` is what the offer does not say,
    `learnt` the words that the engine added to the need's own.
    """

    number: str
    points: rules.Points
    targets_met: int
    phrases: list[list[str | int]]
    rest: list[list[str | int]]
    findings: list[dict[str, str]]
    quotation: list[list[str | bool]]
    lacking: list[str]
    learnt: list[str]
    is_mutual: bool = False


@dataclass(frozen=True, slots=True)
class Suggested:
    """The offers suggested for a need, and what they can be told by again: index, model, query."""

    rows: list[Suggestion]
    index: str
    model: str
    documents: int
    asked: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is looked at of one offer: its place, score, text, and how it meets the targets."""

    place: int
    score: float
    text: Found
    findings: list[Finding]

    @property
    def targets_met(self) -> int:
        return sum(one.verdict is Verdict.MET for one in self.findings)


def rankings_for(needs: Sequence[Need]) -> Iterator[search.Ranking | None]:
    """The offers ranked for each of many needs, on all cores; see `suggestions_for`."""
    return search.ranked_all(
        [query_of(need) for need in needs], facets=OFFERS, top=rules.CANDIDATES,
        model=model_in_force(),
    )  # fmt: skip


def suggestions_for(
    need: Need,
    narrowing: rules.Narrowing = rules.WIDE,
    mutual: bool = True,
    found: search.Ranking | None = None,
) -> Suggested | None:
    """The offers most likely to answer a need, best first; none of its own unit. None while there
    is no index.

    `found` is the ranking of its text, where it is known.

    The text is ranked first; of the best hundred, met targets, the chain and the city add points.
    As many statements however many offers.
    """
    query = replace(query_of(need), without=frozenset(narrowing.without))
    facets = facets_of(need, narrowing)
    found = found or search.ranked(
        query, actor=Actor.PUBLIC, facets=facets, top=rules.CANDIDATES, model=model_in_force()
    )
    if found is None:
        return None
    looked = candidates_of(need, found)
    points = {one.place: points_for(need, one) for one in looked}
    looked.sort(key=lambda one: (-points[one.place].score_tenths, one.place))
    best = points[looked[0].place].score_tenths if looked else 0
    likely = [
        one for one in looked if points[one.place].score_tenths * rules.LEAST_SHARE >= best > 0
    ]
    kept = rules.in_pages(likely, lambda one: one.text.owner_code)[: rules.KEPT]
    taken = _taken_apart(found, kept)
    both = _mutual(need, kept) if mutual else frozenset()
    rows = [
        _suggestion(one, points[one.place], why, fold(query.text), one.text.number in both)
        for one, why in zip(kept, taken, strict=True)
    ]
    return Suggested(rows, found.index, found.model, found.documents, asked_of(query, facets))


def facets_of(need: Need, narrowing: rules.Narrowing) -> Facets:
    """The filters that the engine applies."""
    return Facets(
        kind=finer_kind("offer", narrowing.kind) if narrowing.kind else "offer",
        region=rules.city_of(need.region_path) if narrowing.place == "local" else "",
        industry=need.chain if narrowing.chain and need.chain else "",
        maturity=tuple(str(level) for level in range(narrowing.maturity, 10))
        if narrowing.maturity
        else "",
    )


def match_of(need: Need, offer: Offer, rank: int, one: Suggestion, at: datetime) -> Match:
    """A suggestion as it is shown and stored."""
    return Match(
        need=need,
        offer=offer,
        rank=rank,
        score_tenths=one.points.score_tenths,
        text_tenths=one.points.text_tenths,
        targets_tenths=one.points.targets_tenths,
        chain_tenths=one.points.chain_tenths,
        local_tenths=one.points.local_tenths,
        targets_met=one.targets_met,
        phrases=one.phrases,
        rest=one.rest,
        lacking=one.lacking,
        learnt=one.learnt,
        is_mutual=one.is_mutual,
        findings=one.findings,
        quotation=one.quotation,
        found_at=at,
    )


def candidates_of(need: Need, found: search.Ranking) -> list[Candidate]:
    """The hits with their texts and figures; two statements."""
    texts = {
        row.number: row
        for row in Found.objects.filter(number__in=found.numbers).exclude(
            owner_code=need.organisation.code
        )
    }
    targets = targets_of(need)
    stated = stated_by(texts) if targets else {}
    return [
        Candidate(
            place, hit.score, texts[str(hit.id)],
            held_against(targets, stated.get(str(hit.id), ())),
        )
        for place, hit in enumerate(found.ranked.hits)
        if str(hit.id) in texts
    ]  # fmt: skip


def stated_by(texts: dict[str, Found]) -> dict[str, list[Quantity]]:
    """The figures that offers state: their own lists, then what their texts say."""
    stated: dict[str, list[Quantity]] = {number: [] for number in texts}
    rows = Figure.objects.filter(offer__number__in=texts).order_by("offer", "place")
    for row in rows.select_related("offer").only("name", "value", "unit", "offer__number"):
        stated[row.offer.number].append(Quantity(row.name, Comparison.IS, row.value, row.unit))
    for number, text in texts.items():
        stated[number] += quantities(text.body)
    return stated


def points_for(need: Need, one: Candidate) -> rules.Points:
    """What an offer is worth to a need: its text, met targets, the chain and the city."""
    return rules.points_of(
        one.score,
        one.targets_met,
        same_chain=bool(need.chain) and need.chain in chains_of(one.text.facets),
        same_city=rules.is_same_city(need.region_path, one.text.region_path),
    )


def _taken_apart(found: search.Ranking, kept: Sequence[Candidate]) -> "list[Taken]":
    from kechuang.engines.ranking.spans import all_taken_apart

    if not kept:
        return []
    return all_taken_apart(
        found.ranked, [fields_of(one.text) for one in kept], [one.place for one in kept],
        found.lexicon,
    )  # fmt: skip


def fields_of(text: Found) -> dict[str, str]:
    """The fields of a document, as the engine reads them."""
    return {"title": text.title, "keywords": text.keywords, "body": text.body}


def _suggestion(
    one: Candidate, points: rules.Points, why: "Taken", asked: str, is_mutual: bool
) -> Suggestion:
    words = [(name, value) for name, value in why.rest.items() if not name.startswith("(")]
    figures = [(name, value) for name, value in why.rest.items() if name.startswith("(")]
    rest: list[list[str | int]] = [
        [name.strip("()"), tenths] for name, value in figures if (tenths := rules.tenths_of(value))
    ]
    left = points.text_tenths - sum(int(tenths) for _, tenths in rest)
    spans = [(span.text.replace("\n", " "), span.points) for span in why.spans]
    quoted = quote(one.text.body, marks_of(why), QUOTE_LONGEST)
    return Suggestion(
        one.text.number,
        points,
        one.targets_met,
        rules.in_tenths(rules.summed([*spans, *words]), left),
        rest,
        [finding_row(finding) for finding in one.findings],
        [[piece.text, piece.marked] for piece in quoted],
        rules.lacking_words(asked, set(why.lacking))[: rules.LACKING_KEPT],
        sorted(why.expansion, key=lambda term: -why.expansion[term])[: rules.LEARNT_KEPT],
        is_mutual,
    )


def marks_of(why: "Taken") -> dict[str, float]:
    """The tokens of the stretches that brought points, for the sentence to quote."""
    marks: dict[str, float] = {}
    for span in why.spans:
        tokens = [each for each in tokens_of(span.text) if len(each) > 1] or [fold(span.text)]
        for token in tokens:
            marks[token] = marks.get(token, 0.0) + span.points / len(tokens)
    return {token: value for token, value in marks.items() if value > 0}


def _mutual(need: Need, kept: Sequence[Candidate]) -> frozenset[str]:
    """The offers, among the first of a need, for which it is among the first needs in turn.

    Only needs that everybody may find, and those of its own unit, are its rivals: a closed need
    of somebody else's must not show by pushing this one out.
    """
    held = search.ranker()
    if held is None:
        return frozenset()
    from kechuang.engines.ranking import Reader

    owner = frozenset({need.organisation.code})
    reader = Reader(owner, Facets(kind="need"))
    both = set()
    for one in kept[: rules.MUTUAL_DEPTH]:
        back = held.rank(query_of_text(one.text), rules.MUTUAL_DEPTH, reader)
        if any(str(hit.id) == need.number for hit in back.hits):
            both.add(one.text.number)
    return frozenset(both)


def query_of(need: Need) -> Query:
    """A need as the engine takes it: keywords count as its title does."""
    return Query(" ".join([need.title, *need.keywords]), need.body, kind=Kind.RELATED)


def query_of_text(text: Found) -> Query:
    """An offer as the engine takes it, to find the needs that it may answer."""
    return Query(f"{text.title} {text.keywords}", text.body, kind=Kind.RELATED)


def asked_of(query: Query, facets: Facets) -> dict[str, Any]:
    """What was asked, to be kept: with the index and the model it gives the same ranking again."""
    filters = {
        "kind": facets.kind, "region": facets.region, "industry": facets.industry,
        "maturity": facets.maturity,
    }  # fmt: skip
    return {
        "text": query.text, "body": query.body, "kind": query.kind.value,
        "without": sorted(query.without),
        "filters": {name: value for name, value in filters.items() if value},
    }  # fmt: skip


def targets_of(need: Need) -> list[Quantity]:
    """The targets of a need; where it lists none, those that its text names with a comparison."""
    listed = [_target(row) for row in need.targets.all()]
    if listed:
        return listed
    return [one for one in quantities(need.body) if one.comparison is not Comparison.IS]


def _target(row: Target) -> Quantity:
    high = None if row.value_high is None else Decimal(row.value_high)
    return Quantity(row.name, _SIGNS[row.comparison], Decimal(row.value), row.unit, high,
                    row.required_text)  # fmt: skip


def finding_row(finding: Finding) -> dict[str, str]:
    """A target held against an offer, as the page shows it."""
    return {
        "name": finding.target.name,
        "required": finding.target.words or text_of(finding.target),
        "stated": text_of(finding.stated) if finding.stated else "",
        "verdict": finding.verdict.value,
    }


def text_of(quantity: Quantity) -> str:
    """A figure as one reads it: ≥ 220 W/(m·K), 1.6 ‰, 20–50 nm."""
    value = f"{quantity.value.normalize():,f}"
    if quantity.upto is not None:
        return f"{value}–{quantity.upto.normalize():,f} {quantity.unit}".strip()
    signs = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< ", "=": ""}
    return f"{signs[quantity.comparison.value]}{value} {quantity.unit}".strip()
