"""The engine: candidates from tantivy, judged from the forward store, explained from the same."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tantivy
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import fold
from kechuang.engines.ranking.digest import indexed_as
from kechuang.engines.ranking.embedding import Embedder
from kechuang.engines.ranking.features import (
    NAMES,
    Figured,
    Figures,
    Group,
    candidates_of,
    figured,
)
from kechuang.engines.ranking.lexicon import NO_ALIASES, NO_LEXICON, Aliases, Lexicon
from kechuang.engines.ranking.models import FIXED, Model
from kechuang.engines.ranking.precedents import Verdict
from kechuang.engines.ranking.question import Question, question_of
from kechuang.engines.ranking.store import (
    CLOSED,
    FACETS,
    OPEN,
    Forward,
    Held,
    IndexDamaged,
    State,
    is_settled,
    schema,
)
from kechuang.engines.ranking.texts import PUBLIC, Hit, Kind, Query, Reader, each_of
from kechuang.engines.ranking.topics import DIMENSIONS
from kechuang.engines.ranking.writer import load_basis, load_statistics

CANDIDATES = 600
POSTINGS_MOST = 1_500_000  # entries of the index that one query walks through, the weightiest first
FEWEST_TERMS, TERMS_MOST = 8, 160
ENOUGH_GRAMS = 64  # of a need that is not looked up by single characters


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking: hits, and what their scores were made of."""

    hits: list[Hit]
    question: Question
    model: str
    generation: int
    direction: NDArray[np.float32]
    candidates: NDArray[np.int64]  # rows of the index, ascending
    _rows: NDArray[np.int64]  # places among the candidates
    _parts: Figures
    _figured: Figured | None
    _counted: Callable[[], int]

    @property
    def total(self) -> int:
        """How many documents the reader may find that hold a word of the query; counted when it
        is asked for."""
        return self._counted()

    def parts(self, place: int) -> dict[str, float]:
        """What each figure adds to the score of the hit at a place (from 0)."""
        return dict(zip(NAMES, self._parts[place].tolist(), strict=True))

    def parts_of(self, name: str) -> NDArray[np.float64]:
        """What one figure adds to the score of each hit."""
        return self._parts[:, NAMES.index(name)]

    def candidates_at(self, places: Sequence[int]) -> NDArray[np.int64]:
        """Which of the candidates hits are."""
        return self._rows[places]

    def groups(self) -> Mapping[str, Group]:
        """The figures that are made of terms."""
        return self._figured.groups if self._figured else {}

    def rows(self) -> NDArray[np.int64]:
        """The rows of the hits in this generation of the index."""
        return self.candidates[self._rows]

    def kept(self) -> "Ranked":
        """The same with the hits alone for candidates: what one process sends to another. Its
        total was counted by nobody."""
        chosen = np.sort(self._rows)
        found = self._figured and Figured(
            self._figured.figures[chosen],
            {name: group.of(chosen) for name, group in self._figured.groups.items()},
        )
        return replace(
            self, candidates=self.candidates[chosen], _rows=np.searchsorted(chosen, self._rows),
            _figured=found, _counted=_uncounted,
        )  # fmt: skip

    def figures(self) -> Figures:
        """The figures of the hits (hits x NAMES), for learning."""
        if self._figured is None:
            return np.zeros((0, len(NAMES)))
        return self._figured.figures[self._rows]


def _uncounted() -> int:
    raise RuntimeError("a ranking that was sent here is counted where it was made")


class Ranker:
    """Reads an index folder; another process may write it meanwhile (see `refresh`)."""

    def __init__(  # noqa: PLR0913 - what ranks, and how it is read
        self,
        folder: Path,
        lexicon: Lexicon = NO_LEXICON,
        aliases: Aliases = NO_ALIASES,
        model: Model = FIXED,
        embedder: Embedder | None = None,
        is_bulk: bool = False,
    ) -> None:
        """`is_bulk` holds the forward store in memory and remembers terms, for many questions."""
        self.folder, self.model, self._embedder = folder, model, embedder
        self._is_bulk = is_bulk
        self._terms: dict[tuple[str, str], Any] = {}
        self._lexicon, self._aliases = lexicon, aliases
        self.state = State()
        self._load()

    def _load(self) -> None:
        state = _settled(self.folder)
        if state.words != self._lexicon.fingerprint:
            raise IndexDamaged(f"{self.folder}: its texts were read with another lexicon")
        self._statistics = load_statistics(self.folder, state)
        self._basis = load_basis(self.folder, state)
        self._forward = Held(self.folder, state) if self._is_bulk else Forward(self.folder, state)
        try:
            self._open = _searcher(self.folder / OPEN)
            self._closed = _searcher(self.folder / CLOSED) if state.closed_opstamp else None
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{self.folder}: {error}") from error
        held = self._open.num_docs + (self._closed.num_docs if self._closed else 0)
        if held != state.documents:
            raise IndexDamaged(f"{self.folder}: tantivy holds another number of documents")
        self._schema = schema()
        self._terms.clear()
        self.state = state

    def refresh(self) -> bool:
        """Take in what was committed since; says whether there was anything."""
        if State.load(self.folder).name == self.state.name:
            return False
        self._load()
        return True

    def __len__(self) -> int:
        return self.state.documents

    @property
    def name(self) -> str:
        """Names what questions are asked of: the index in its generation, and the other names."""
        others = self._aliases.fingerprint
        return f"{self.state.name}+{others}" if others else self.state.name

    @property
    def lexicon(self) -> Lexicon:
        """The user's own words that texts and questions are read with."""
        return self._lexicon

    @property
    def aliases(self) -> Aliases:
        """The other names that questions are asked with too."""
        return self._aliases

    def rank(
        self,
        query: Query,
        top: int = 100,
        reader: Reader = PUBLIC,
        every_figure: bool = False,
        model: Model | None = None,
    ) -> Ranked:
        """The documents that answer best, best first; equal scores in the order they came in.

        `every_figure` computes also those that the model does not look at, to learn from them.
        `model` scores instead of the ranker's own.
        """
        model = model or self.model
        question = question_of(query, self._statistics, self._lexicon, self._aliases)
        if question.is_empty or top <= 0 or not self.state.documents:
            return self._nothing(question, model)
        looked = self._look_up(question, query, reader, question.phrases, top)
        if not len(looked.rows) and question.phrases:  # nothing says the phrase: its words count
            looked = self._look_up(question, query, reader, (), top)
        rows = looked.rows
        if not len(rows):
            return self._nothing(question, model)
        wanted = frozenset(NAMES) if every_figure else model.wanted(query.kind)
        about = wanted & {"topic", "topic_of_best", "expansion"}
        directions = self._forward.topics(rows if about else rows[:0])
        found = figured(
            candidates_of(self._forward, rows),
            question,
            self._statistics,
            (self._basis, directions),
            query.without,
            wanted,
        )
        direction = self._basis.direction_of(question.grams.codes, question.grams.weights)
        precedents = model.precedents_of(query.kind)
        if precedents is not None:
            found.figures[:, NAMES.index("precedents")] = precedents.figure(direction, rows)
        if "embedded" in wanted and self._embedder and self.state.embedder == self._embedder.name:
            asked = self._embedder.vectors([fold(f"{query.text}\n{query.body}")])[0]
            near = self._forward.embedded(rows) @ asked
            found.figures[:, NAMES.index("embedded")] = near.astype(np.float64)
        parts = model.parts(found.figures, query.kind)
        scores = parts.sum(axis=1)
        order = np.lexsort((rows, -scores))[:top]
        hits = [Hit(self._forward.card(int(rows[at]))["id"], math.fsum(parts[at])) for at in order]
        return Ranked(
            hits, question, model.id, self.state.generation,
            direction, rows, order, parts[order], found, looked.counted,
        )  # fmt: skip

    def verdict_of(self, query: Query, labels: Mapping[str, int]) -> Verdict:
        """What was accepted for a query (labels above 0, by id), as a precedent in this index."""
        question = question_of(query, self._statistics, self._lexicon, self._aliases)
        direction = self._basis.direction_of(question.grams.codes, question.grams.weights)
        rows, gains = [], []
        for id, label in labels.items():
            if label > 0:
                own = self._rows_of([id])
                rows += own.tolist()
                gains += [2.0**label - 1] * len(own)
        return Verdict(direction, np.array(rows, dtype=np.int64), np.array(gains, dtype=np.float64))

    def count(self, reader: Reader = PUBLIC) -> int:
        """How many documents a reader may find, among those filtered by."""
        everything = [tantivy.Query.all_query()]
        found = int(self._open.search(self._among(everything, [], reader, ()), 1, count=True).count)
        if self._closed and reader.keys:
            query = self._among(everything, [], reader, reader.keys)
            found += int(self._closed.search(query, 1, count=True).count)
        return found

    def cards(self, ranked: Ranked) -> list[dict[str, Any]]:
        """The id, owner and makers (`of`) of each hit, in its order."""
        return [self._forward.card(row) for row in ranked.rows().tolist()]

    def _nothing(self, question: Question, model: Model) -> Ranked:
        none = np.zeros(0, dtype=np.int64)
        empty = np.zeros((0, len(NAMES)))
        flat = np.zeros(DIMENSIONS, dtype=np.float32)
        return Ranked(
            [], question, model.id, self.state.generation,
            flat, none, none, empty, None, int,
        )  # fmt: skip

    def _look_up(
        self, question: Question, query: Query, reader: Reader, phrases: Sequence[str], top: int
    ) -> "_LookedUp":
        """The rows that are likeliest, as far as the reader may see them, ascending."""
        excluded = self._rows_of(query.exclude)
        most = max(CANDIDATES, top) + len(excluded)
        terms = self._looked_up(question, query.kind)
        others = self._must(question, phrases)
        if query.whole:
            others += self._every(question)
        queries = [(self._open, self._among(_weighed(terms), others, reader, ()))]
        if self._closed and reader.keys and self._closed.num_docs:
            asked = self._among(_counted_by_us(terms), others, reader, reader.keys)
            queries.append((self._closed, asked))
        best = [_best_rows(searcher, each, most, top) for searcher, each in queries]
        found = np.unique(np.concatenate([rows for rows, _ in best]))
        if len(excluded):
            found = found[~np.isin(found, excluded)]
        total = _Total(queries, self._exclusion(excluded))
        if phrases or question.without:
            found = self._said(found, phrases, question.without)
            if all(is_all for _, is_all in best):
                return _LookedUp(found, lambda: len(found))
        return _LookedUp(found, total.counted)

    def _rows_of(self, ids: Iterable[Any]) -> NDArray[np.int64]:
        """The rows of documents by their ids."""
        found: list[int] = []
        for id in ids:
            for searcher in filter(None, (self._open, self._closed)):
                hits: Any = searcher.search(self._term("id", str(id)), 1, count=False).hits
                found += searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(found, dtype=np.int64)

    def _said(
        self, rows: NDArray[np.int64], phrases: Sequence[str], without: Sequence[str]
    ) -> NDArray[np.int64]:
        """Rows whose text holds each phrase as it stands, and none of the other words."""
        kept = []
        for row in rows.tolist():
            text = self._forward.text(row)
            if all(each in text for each in phrases) and not any(each in text for each in without):
                kept.append(row)
        return np.array(kept, dtype=np.int64)

    def _must(self, question: Question, phrases: Sequence[str]) -> list[Any]:
        """What must stand in a document, and what must not."""
        clauses = []
        for phrase in phrases:
            read = self._lexicon.read(phrase)
            field, texts = ("grams", read.grams) if read.grams else ("singles", read.singles)
            clauses += [(tantivy.Occur.Must, self._term(field, each)) for each in texts]
        for word in question.without:
            grams = self._lexicon.read(word).grams
            if len(grams) == 1:
                clauses.append((tantivy.Occur.MustNot, self._term("grams", grams[0])))
        return clauses

    def _every(self, question: Question) -> list[Any]:
        """Every word must stand; characters by themselves only where nothing else was asked."""
        field, terms = ("grams", question.grams)
        if not terms:
            field, terms = ("singles", question.singles)
        return [(tantivy.Occur.Must, self._term(field, each)) for each in terms.texts]

    def _among(
        self, should: list[Any], others: list[Any], reader: Reader, keys: Iterable[str]
    ) -> Any:
        """Some of these, among what the reader may see and asked for."""
        asked = tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in should])
        clauses = [(tantivy.Occur.Must, asked), *others]
        filters = []
        if keys:
            held = [(tantivy.Occur.Should, self._term("readers", key)) for key in sorted(keys)]
            filters.append(tantivy.Query.boolean_query(held))
        for name in FACETS:
            if values := each_of(getattr(reader.facets, name)):
                any_of = [(tantivy.Occur.Should, self._term(name, each)) for each in values]
                filters.append(tantivy.Query.boolean_query(any_of))
        if not filters and len(clauses) == 1:
            return clauses[0][1]
        none = [tantivy.Query.const_score_query(each, 0.0) for each in filters]
        return tantivy.Query.boolean_query([*clauses, *((tantivy.Occur.Must, n) for n in none)])

    def _exclusion(self, rows: NDArray[np.int64]) -> list[Any]:
        return [
            (tantivy.Occur.MustNot, tantivy.Query.term_query(self._schema, "row", row))
            for row in rows.tolist()
        ]

    def _term(self, field: str, text: str) -> Any:
        if not self._is_bulk:
            return self._new_term(field, text)
        found = self._terms.get((field, text))
        if found is None:
            self._terms[field, text] = found = self._new_term(field, text)
        return found

    def _new_term(self, field: str, text: str) -> Any:
        if field in ("grams", "singles"):
            return tantivy.Query.term_query(self._schema, field, indexed_as(text), "freq")
        return tantivy.Query.term_query(self._schema, field, text, "basic")

    def _looked_up(self, question: Question, kind: Kind) -> list["_Term"]:
        """The weightiest terms, as many as the index can walk through in time.

        Who looks for a known thing is not shown what shares but a character with it; and a long
        need says enough by its bigrams.
        """
        rivals: list[tuple[float, str, str, float, float, int]] = []
        sorts = [("grams", question.grams, 1.0), ("singles", question.singles, 0.5)]
        if len(question.grams) > (0 if kind is Kind.KNOWN else ENOUGH_GRAMS):
            sorts.pop()
        for field, terms, share in sorts:
            idf = self._statistics.idf(terms.codes)
            held = self._statistics.held_by(terms.codes).tolist()
            sharp = idf if kind is Kind.RELATED else np.ones_like(idf)
            weights = (terms.weights * sharp * share).tolist()
            for text, weight, strength, count in zip(
                terms.texts, weights, idf.tolist(), held, strict=True
            ):
                rivals.append((-weight * strength, field, text, weight, strength, count))
        rivals.sort()
        taken: list[_Term] = []
        walked = 0
        for _, field, text, weight, strength, count in rivals[:TERMS_MOST]:
            walked += count
            if walked > POSTINGS_MOST and len(taken) >= FEWEST_TERMS:
                continue
            taken.append(_Term(self._term(field, text), weight, strength))
        return taken


class _Term(NamedTuple):
    query: Any
    weight: float
    idf: float


def _weighed(terms: Sequence[_Term]) -> list[Any]:
    """Terms as the index of what is open counts them."""
    return [tantivy.Query.boost_query(term.query, term.weight) for term in terms]


def _counted_by_us(terms: Sequence[_Term]) -> list[Any]:
    """Terms for the index of what is closed: they count by the statistics of what is open, since
    its own are of documents that the reader may not see."""
    return [tantivy.Query.const_score_query(term.query, term.weight * term.idf) for term in terms]


class _LookedUp(NamedTuple):
    rows: NDArray[np.int64]
    counted: Callable[[], int]


class _Total(NamedTuple):
    """How many documents some queries find, save those that are left out."""

    queries: list[tuple[Any, Any]]
    without: list[Any]

    def counted(self) -> int:
        count = 0
        for searcher, query in self.queries:
            asked = query
            if self.without:
                clauses = [(tantivy.Occur.Must, query), *self.without]
                asked = tantivy.Query.boolean_query(clauses)
            count += int(searcher.search(asked, 1, count=True).count)
        return count


def _searcher(folder: Path) -> Any:
    index = tantivy.Index.open(str(folder))
    index.config_reader("manual")
    index.reload()
    return index.searcher()


def _best_rows(searcher: Any, query: Any, most: int, top: int) -> tuple[NDArray[np.int64], bool]:
    """The rows that score best, and whether they are all there are; of equals at the edge none,
    so that it does not matter where in the index they stand, unless too few would be left."""
    try:
        hits = searcher.search(query, most, count=False).hits
    except (ValueError, OSError) as error:
        raise IndexDamaged(f"the index of words cannot be read: {error}") from error
    is_all = len(hits) < most
    if not is_all:
        above = [hit for hit in hits if hit[0] > hits[-1][0]]
        hits = above if len(above) >= min(top, most // 2) else hits
    values: Any = searcher.fast_field_values("row", [address for _, address in hits])
    return np.array(values, dtype=np.int64), is_all


def _settled(folder: Path) -> State:
    """The state of a folder whose tantivy says the same; a commit under way is waited for."""
    for _ in range(20):
        state = State.load(folder)
        if is_settled(folder, state):
            return state
        time.sleep(0.05)
    raise IndexDamaged(f"{folder}: the last commit was cut short")
