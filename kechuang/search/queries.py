"""Finding documents by words; everything begins at what the reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.engines.ranking import Document as Text
from kechuang.engines.ranking import Piece, Query, fold, quote
from kechuang.search import rules
from kechuang.search.models import Document
from kechuang.search.rules import Visibility

WINDOW = 200  # candidates that are ranked; a search that finds more asks for more words
LOOSE_WORDS = 16
CLOSEST = 30  # by their titles, of the candidates for being alike: their whole text is read
COUNTED_AGAIN = timedelta(minutes=10)
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

    `count` is how many the reader may see, at most the window; `is_more` says that it was full.
    """

    rows: list[Found]
    next_after: str
    count: int
    is_more: bool
    is_loose: bool


NOTHING = Results([], "", 0, False, False)


def visible_to(actor: Actor, at: datetime) -> QuerySet[Document]:
    """The documents that an actor may find; what no rule opens is not found."""
    may = Q(visibility=Visibility.PUBLIC)
    if actor.is_signed_in:
        may |= Q(readers__contains=[actor.person])
        if actor.organisation:
            may |= Q(owner_code=actor.organisation) | Q(readers__contains=[actor.organisation])
        office = actor.is_role(*rules.OFFICE_ROLES) and not actor.serves_one_unit
        if actor.region and office:
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
    """The documents that hold all words of a search, those with the words in the title first.

    A phrase in quotes must stand as it is, a word after a minus must not. Where nothing holds all
    words, documents that hold some are shown, the likest first. Three statements at most.
    """
    question = rules.asked(text)
    if question.is_empty:
        return NOTHING
    rows = _in_scope(actor, at, kinds, region_path)
    strict = len(question.words) <= rules.MOST_WORDS
    found = _with_all(rows, question, at) if strict else []
    loose = not found and len(question.words) > 1 and not question.phrases
    if loose:
        found = _with_some(rows, question, at)
    return _page(found, question, after, max(1, min(limit, WINDOW)), loose)


def _in_scope(
    actor: Actor, at: datetime, kinds: Sequence[str], region_path: str
) -> QuerySet[Document]:
    rows = visible_to(actor, at)
    if kinds:
        rows = rows.filter(kind__in=list(kinds))
    if region_path:
        rows = rows.filter(in_region(region_path))
    return rows.only(*_SHOWN, "folded").order_by("-id")


def _kept(rows: QuerySet[Document], question: rules.Asked) -> QuerySet[Document]:
    for phrase in question.phrases:
        rows = rows.filter(folded__contains=phrase)
    for word in question.without:
        rows = rows.exclude(folded__contains=word)
    return rows


def _with_all(
    rows: QuerySet[Document], question: rules.Asked, at: datetime
) -> list[Document]:
    """The newest with all words in the title, then the newest with all words anywhere."""
    words = list(question.words)
    kept = _kept(rows, question)
    first = list(_gathered(kept.filter(title_tokens__contains=words))[:WINDOW])
    if len(first) == WINDOW:
        return first
    others = _holding(kept, words, at)[:WINDOW]
    seen = {row.pk for row in first}
    return first + [row for row in others if row.pk not in seen][: WINDOW - len(first)]


def _holding(
    rows: QuerySet[Document], words: list[str], at: datetime
) -> QuerySet[Document]:
    """Documents that hold all words, newest first.

    Where so many do that walking back from the newest soon finds enough, the words are looked up
    in the text; else the index gathers all documents that hold them, and then they are sorted.
    """
    if rules.is_common(words, counts(at).shares):
        for word in words:
            rows = rows.filter(folded__contains=word)
        return rows
    return _gathered(rows.filter(tokens__contains=words))


def _gathered(rows: QuerySet[Document]) -> QuerySet[Document]:
    """The same rows in the same order, but found by their words and not by walking back."""
    return rows.order_by((F("id") + 0).desc())


def _with_some(
    rows: QuerySet[Document], question: rules.Asked, at: datetime
) -> list[Document]:
    words = _telling(question.words, at)
    return list(_gathered(_kept(rows, question).filter(tokens__overlap=words))[:WINDOW])


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents there are, and the shares of them that hold the frequent words."""

    at: datetime
    documents: int
    shares: dict[str, float]


_last: list[Counts] = []  # at most one: that of this process


def counts(at: datetime) -> Counts:
    """The words that many documents hold, with their shares, as the database last counted them.

    Read again every ten minutes; the counts are the database's own and change no more often.
    """
    if not _last or not timedelta() <= at - _last[0].at < COUNTED_AGAIN:
        _last[:] = [_counted(at)]
    return _last[0]


def _counted(at: datetime) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.reltuples::bigint, s.most_common_elems::text::text[],"
            " s.most_common_elem_freqs FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname"
            " AND s.attname = 'tokens'"
            " WHERE n.nspname = current_schema() AND c.relname = %s",
            [Document._meta.db_table],
        )
        documents, words, shares = cursor.fetchone()
    return Counts(at, max(documents, 0), dict(zip(words or (), shares or (), strict=False)))


def _telling(words: Sequence[str], at: datetime) -> list[str]:
    """The words of a text by which the documents like it are gathered."""
    known = counts(at)
    return rules.rarest(words, known.shares, LOOSE_WORDS, known.documents)


def _page(
    found: list[Document], question: rules.Asked, after: str, limit: int, loose: bool
) -> Results:
    scored = [
        Found(row, rules.score(question, fold(row.title), fold(row.keywords), row.folded),
              question.words)
        for row in found
    ]  # fmt: skip
    scored.sort(key=lambda each: (-each.score, -each.document.pk))
    places = {each.document.number: place for place, each in enumerate(scored)}
    start = places[after] + 1 if after in places else 0
    shown = scored[start : start + limit]
    is_last = start + limit >= len(scored)
    next_after = "" if is_last or not shown else shown[-1].document.number
    return Results(shown, next_after, len(scored), len(scored) >= WINDOW, loose)


def suggestions(*, actor: Actor, at: datetime, text: str, limit: int = 8) -> list[str]:
    """Titles that hold what was typed so far, of documents that the reader may see."""
    question = rules.asked(text[:60])
    if question.is_empty:
        return []
    rows = visible_to(actor, at).filter(title_tokens__contains=list(question.words))
    titles = rows.order_by("-id").values_list("title", flat=True)[: limit * 3]
    return list(dict.fromkeys(titles))[:limit]


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
    words = rules.asked(title).words
    if not words:
        return []
    rows = _in_scope(actor, at, kinds, "").exclude(number__in=list(without))
    gathered = _gathered(rows.filter(tokens__overlap=_telling(words, at)))
    closest = _closest(gathered, words)
    found = {row.number: row for row in rows.filter(number__in=closest)}
    texts = [Text(row.number, row.title, row.keywords, row.body) for row in found.values()]
    from kechuang.engines.ranking import Index  # numpy, and only where texts are compared

    hits = Index(texts).rank(Query(title, body), top=limit)
    return [(found[str(hit.id)], hit.score) for hit in hits]


def _closest(rows: QuerySet[Document], words: Sequence[str]) -> list[str]:
    """Of the newest candidates the numbers of those whose titles share most words with a text."""
    shared = {
        number: sum(word in folded for word in words)
        for number, folded in (
            (number, fold(title)) for number, title in rows.values_list("number", "title")[:WINDOW]
        )
    }
    return sorted(shared, key=lambda number: -shared[number])[:CLOSEST]


def documents_like(
    title: str, body: str, *, kind: str, limit: int, at: datetime
) -> list[Document]:
    """Documents of a kind most like a text, whoever may see them; for jobs, never for a reader."""
    words = _telling(rules.asked(title).words, at)
    if not words:
        return []
    alike = Document.objects.filter(kind=kind, tokens__overlap=words)
    rows = _gathered(alike.only(*_SHOWN, "owner_code"))
    found = {row.number: row for row in rows[: WINDOW * 5]}
    texts = [Text(row.number, row.title, row.keywords, row.body) for row in found.values()]
    from kechuang.engines.ranking import Index

    return [found[str(hit.id)] for hit in Index(texts).rank(Query(title, body), top=limit)]
