"""Finding documents by words, as the search page asks; what is hidden from a reader is never
among the candidates, and never counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.engines.ranking import Facets, Kind, Piece, Query, fold, quote
from kechuang.search import rules
from kechuang.search.models import Document
from kechuang.search.queries.index import Ranking, ranked
from kechuang.search.rules import Visibility

if TYPE_CHECKING:
    from kechuang.engines.ranking import Ranked

WINDOW = 200  # of the likeliest that can be paged through; who finds more asks for more words
_SHOWN = ("number", "kind", "title", "keywords", "body", "region_path", "facets", "updated_at")


@dataclass(frozen=True, slots=True)
class Found:
    """One document that answers, with the words that did."""

    document: Document
    score: float
    words: tuple[str, ...]

    @property
    def quotation(self) -> list[Piece]:
        """The sentence to show, its words marked."""
        return quote(self.document.body, dict.fromkeys(self.words, 1.0), longest=110)

    @property
    def marked_title(self) -> list[Piece]:
        longest = max(len(self.document.title), 1)
        pieces = quote(self.document.title, dict.fromkeys(self.words, 1.0), longest=longest)
        return pieces or [Piece(self.document.title, False)]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a search. `is_loose`: nothing held all words, so these hold some.

    `count` is how many the reader may see; `is_more`: more than can be paged through. `is_ready`
    is false while the index is being made.
    """

    rows: list[Found]
    next_after: str
    count: int
    is_more: bool
    is_loose: bool
    is_ready: bool = True


NOTHING = Results([], "", 0, False, False)
UNREADY = Results([], "", 0, False, False, is_ready=False)


def visible_to(actor: Actor, at: datetime) -> QuerySet[Document]:
    """The documents that an actor may find; what no rule opens is not found."""
    may = Q(visibility=Visibility.PUBLIC)
    if actor.is_signed_in:
        may |= Q(readers__contains=[actor.person])
        if actor.organisation:
            may |= Q(owner_code=actor.organisation) | Q(readers__contains=[actor.organisation])
        if actor.region and rules.is_office(actor):
            may |= Q(visibility=Visibility.OFFICERS) & in_region(actor.region)
    return Document.objects.filter(may)


def in_region(region_path: str) -> Q:
    """Documents of a region's subtree."""
    return Q(region_path=region_path) | Q(region_path__startswith=f"{region_path}/")


def search_documents(  # noqa: PLR0913 - the filters of one search
    *,
    actor: Actor,
    at: datetime,
    text: str,
    kinds: Sequence[str] = (),
    region_path: str = "",
    after: str = "",
    limit: int = 20,
) -> Results:
    """The documents that hold all words of a search, the likeliest first.

    A phrase in quotes must stand as it is, a word after a minus must not. Where nothing holds all
    words, documents that hold some are shown. The table has the last word on who sees what: the
    index follows it by a moment.
    """
    facets = Facets(kind=tuple(kinds), region=region_path)
    found = ranked(Query(text, whole=True), actor=actor, facets=facets, top=WINDOW)
    if found is None:
        return UNREADY
    asked = found.ranked.question
    loose = not found.ranked.hits and len(asked.grams) > 1 and not asked.phrases
    if loose or len(asked.grams) > rules.MOST_WORDS:
        found = ranked(Query(text), actor=actor, facets=facets, top=WINDOW) or found
    return _page(found, visible_to(actor, at), after, max(1, min(limit, WINDOW)), loose)


def _page(
    found: Ranking, rows: QuerySet[Document], after: str, limit: int, loose: bool
) -> Results:
    hits = found.ranked.hits
    if not hits:
        return NOTHING
    places = {str(hit.id): place for place, hit in enumerate(hits)}
    start = places[after] + 1 if after in places else 0
    numbers = found.numbers[start : start + limit]
    held = _by_number(rows.filter(number__in=numbers).only(*_SHOWN))
    words = _words(found.ranked)
    shown = [
        Found(held[number], hits[places[number]].score, words)
        for number in numbers
        if number in held
    ]
    is_last = start + limit >= len(hits)
    total = found.ranked.total - (len(numbers) - len(shown))
    next_after = "" if is_last or not numbers else numbers[-1]
    return Results(shown, next_after, total, total > WINDOW, loose and bool(shown))


def _by_number(rows: QuerySet[Document]) -> dict[str, Document]:
    return {row.number: row for row in rows}


def _words(found: "Ranked") -> tuple[str, ...]:
    """The words that were looked for, to be marked."""
    asked = found.question
    return asked.grams.texts or asked.singles.texts


def suggestions(*, actor: Actor, at: datetime, text: str, limit: int = 8) -> list[str]:
    """Titles that hold what was typed so far, of documents that the reader may see."""
    found = ranked(Query(text[:60], whole=True), actor=actor, top=limit * 3)
    if found is None:
        return []
    rows = visible_to(actor, at).filter(number__in=found.numbers)
    held = _by_number(rows.only("number", "title"))
    words = _words(found.ranked)
    titles = [held[number].title for number in found.numbers if number in held]
    fitting = [title for title in titles if all(word in fold(title) for word in words)]
    return list(dict.fromkeys(fitting))[:limit]


def similar_documents(  # noqa: PLR0913 - what is compared, and what is left out
    *,
    actor: Actor,
    at: datetime,
    title: str,
    body: str = "",
    kinds: Sequence[str] = (),
    without: Sequence[str] = (),
    limit: int = 5,
) -> list[tuple[Document, float]]:
    """Documents most like a text, with the score; for duplicates of a need, for instance."""
    query = Query(title, body, frozenset(without), Kind.RELATED)
    found = ranked(query, actor=actor, facets=Facets(kind=tuple(kinds)), top=limit)
    if found is None:
        return []
    held = _by_number(visible_to(actor, at).filter(number__in=found.numbers))
    hits = found.ranked.hits
    return [(held[str(hit.id)], hit.score) for hit in hits if str(hit.id) in held]


def documents_like(title: str, body: str, *, kind: str, limit: int) -> list[str]:
    """The numbers of the documents of a kind most like a text, whoever may see them; for jobs,
    never for a reader. Who has not a fifth of the best one's score is not like it."""
    query = Query(title, body, kind=Kind.RELATED)
    found = ranked(query, actor=Actor.CLOCK, facets=Facets(kind=kind), top=limit)
    if found is None or not found.ranked.hits:
        return []
    least = found.ranked.hits[0].score * rules.LIKE_SHARE
    return [str(hit.id) for hit in found.ranked.hits if hit.score >= least]
