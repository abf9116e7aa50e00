"""The offers that needs are ranked against: an index in memory, made anew when offers change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Sum

from kechuang.engines.ranking import (
    Comparison,
    Document,
    Finding,
    Quantity,
    Query,
    Verdict,
    explain,
    held_against,
    quantities,
    quote,
)
from kechuang.matching import rules
from kechuang.needs.models import Need, Target
from kechuang.offers.models import Figure
from kechuang.search.models import Document as Found
from kechuang.search.queries import documents_like

if TYPE_CHECKING:
    from kechuang.engines.ranking import Index

QUOTE_LONGEST = 150
LARGEST = 60_000  # offers that one process keeps an index of
LIKEST = 500  # of more, those that are looked at for one need
_SIGNS = {
    "AT_LEAST": Comparison.AT_LEAST,
    "AT_MOST": Comparison.AT_MOST,
    "EQUAL": Comparison.IS,
    "RANGE": Comparison.IS,
}


@dataclass(frozen=True, slots=True)
class OfferText:
    """What matching reads of a published offer."""

    number: str
    title: str
    keywords: str
    body: str
    region_path: str
    owner_code: str
    chains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An offer that may answer a need, with its points and reasons, before it is stored."""

    number: str
    points: rules.Points
    targets_met: int
    phrases: list[list[str | int]]
    findings: list[dict[str, str]]
    quotation: list[list[str | bool]]


@dataclass(slots=True)
class OfferIndex:
    """Published offers, ready to be ranked. `generation` names the state of all of them, and
    `documents` is how many they are."""

    generation: str
    index: "Index"
    texts: dict[str, OfferText]
    documents: int
    _stated: dict[str, list[Quantity]] = field(default_factory=dict)

    def stated(self, number: str) -> list[Quantity]:
        """The figures that an offer states: its own list, then what its text says."""
        if number not in self._stated:
            rows = Figure.objects.filter(offer__number=number)
            listed = [Quantity(row.name, Comparison.IS, row.value, row.unit) for row in rows]
            self._stated[number] = listed + quantities(self.texts[number].body)
        return self._stated[number]


OffersState = tuple[str, int]  # its name, and how many offers there are

_kept: list[OfferIndex] = []  # at most one: that of this process


def index_for(need: Need, at: datetime, state: OffersState | None = None) -> OfferIndex:
    """What to rank a need against: all offers, or where they are too many for one process' memory
    those that the database finds to share the need's rarest words.

    `state` is that of the offers, where it was asked for just now.
    """
    generation, count = state or offers_generation()
    if count <= LARGEST:
        return offer_index(generation)
    likest = documents_like(
        " ".join([need.title, *need.keywords]), need.body, kind="offer", limit=LIKEST, at=at
    )
    texts = {
        row.number: OfferText(
            row.number, row.title, row.keywords, row.body, row.region_path, row.owner_code,
            _chains(row.facets),
        )
        for row in likest
    }  # fmt: skip
    return OfferIndex(generation, _indexed(texts), texts, count)


def offer_index(generation: str = "") -> OfferIndex:
    """The index of the published offers; the one of this process while nothing changed."""
    generation = generation or offers_generation()[0]
    if not _kept or _kept[0].generation != generation:
        _kept[:] = [_built(generation)]
    return _kept[0]


def offers_generation() -> OffersState:
    """A name for the present state of the published offers, and how many they are."""
    facts = Found.objects.filter(kind="offer").aggregate(
        count=Count("id"), last=Max("id"), sum=Sum("id"), changed=Max("updated_at")
    )
    changed: datetime | None = facts["changed"]
    moment = changed.isoformat() if changed else ""
    name = f"{facts['count']}-{facts['last'] or 0}-{facts['sum'] or 0}-{moment}"[:64]
    return name, facts["count"]


def _built(generation: str) -> OfferIndex:
    columns = ("number", "title", "keywords", "body", "region_path", "owner_code", "facets")
    rows = Found.objects.filter(kind="offer").order_by("id").values_list(*columns)
    texts = {
        number: OfferText(number, title, keywords, body, region, owner, _chains(facets))
        for number, title, keywords, body, region, owner, facets in rows.iterator(2000)
    }
    return OfferIndex(generation, _indexed(texts), texts, len(texts))


def _indexed(texts: dict[str, OfferText]) -> "Index":
    from kechuang.engines.ranking import Index  # numpy, and only where needs are ranked

    return Index(Document(t.number, t.title, t.keywords, t.body) for t in texts.values())


def _chains(facets: dict[str, Any]) -> tuple[str, ...]:
    chains = facets.get("chains") or facets.get("chain") or ()
    return (chains,) if isinstance(chains, str) else tuple(chains)


def suggestions_for(need: Need, offers: OfferIndex) -> list[Suggestion]:
    """The offers most likely to answer a need, best first; none of its own unit.

    The text is ranked first; of the best hundred, met targets, the chain and the city add points.
    """
    query = query_of(need)
    targets = targets_of(need)
    hits = offers.index.rank(query, rules.CANDIDATES)
    found = [
        _suggestion(need, offers, query, targets, str(hit.id), hit.score)
        for hit in hits
        if offers.texts[str(hit.id)].owner_code != need.organisation.code
    ]
    found.sort(key=lambda one: -one.points.score_tenths)
    best = found[0].points.score_tenths if found else 0
    kept = [one for one in found if one.points.score_tenths * rules.LEAST_SHARE >= best]
    return [_with_reasons(one, need, offers, query, targets) for one in kept[: rules.KEPT]]


def query_of(need: Need) -> Query:
    """A need as the engine takes it: keywords count as its title does."""
    return Query(" ".join([need.title, *need.keywords]), need.body)


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


def _suggestion(  # noqa: PLR0913 - one step of a loop, with what the loop knows
    need: Need, offers: OfferIndex, query: Query, targets: Sequence[Quantity],
    number: str, score: float,
) -> Suggestion:  # fmt: skip
    text = offers.texts[number]
    met = sum(one.verdict is Verdict.MET for one in held_against(targets, offers.stated(number)))
    points = rules.points_of(
        score,
        met,
        same_chain=bool(need.chain) and need.chain in text.chains,
        same_city=rules.is_same_city(need.region_path, text.region_path),
    )
    return Suggestion(number, points, met, [], [], [])


def _with_reasons(
    one: Suggestion, need: Need, offers: OfferIndex, query: Query, targets: Sequence[Quantity]
) -> Suggestion:
    text = offers.texts[one.number]
    whole = "\n".join((text.title, text.keywords, text.body))
    why = explain(offers.index, query, one.number, whole)
    phrases = [(phrase.text.replace("\n", " "), phrase.points) for phrase in why.phrases]
    findings = held_against(targets, offers.stated(one.number))
    return Suggestion(
        one.number,
        one.points,
        one.targets_met,
        rules.in_tenths(phrases, one.points.text_tenths),
        [finding_row(finding) for finding in findings],
        [[piece.text, piece.marked] for piece in quote(text.body, why.terms, QUOTE_LONGEST)],
    )


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
