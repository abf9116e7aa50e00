"""The engine: candidates from tantivy, judged from the forward store, explained from the same."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from kechuang.engines.ranking.features import NAMES, Figured, Figures, candidates_of, figured
from kechuang.engines.ranking.lexicon import NO_ALIASES, NO_LEXICON, Aliases, Lexicon
from kechuang.engines.ranking.models import FIXED, Model
from kechuang.engines.ranking.question import Question, question_of
from kechuang.engines.ranking.store import Forward, IndexDamaged, State, opstamp_of, words_folder
from kechuang.engines.ranking.streams import Stream
from kechuang.engines.ranking.texts import PUBLIC, Hit, Kind, Query, Reader
from kechuang.engines.ranking.topics import DIMENSIONS
from kechuang.engines.ranking.writer import load_basis, load_statistics

CANDIDATES = 1_000
POSTINGS_MOST = 1_500_000  # entries of the index that one query walks through, the weightiest first
FEWEST_TERMS = 8


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking: hits, and what their scores were made of.

    `total` is how many documents the reader may find that hold a word of the query.
    """

    hits: list[Hit]
    total: int
    question: Question
    model: str
    generation: int
    direction: NDArray[np.float32]
    candidates: NDArray[np.int64]  # rows of the index, ascending
    _rows: NDArray[np.int64]  # places among the candidates
    _parts: Figures
    _figured: Figured | None

    def parts(self, place: int) -> dict[str, float]:
        """What each figure adds to the score of the hit at a place (from 0)."""
        return dict(zip(NAMES, self._parts[place].tolist(), strict=True))

    def terms(self, place: int) -> dict[str, dict[str, float]]:
        """What each term adds, by figure, for the figures that are made of terms."""
        if self._figured is None:
            return {}
        row = int(self._rows[place])
        return {
            name: _shared(float(self._parts[place][NAMES.index(name)]), group.added[row], group)
            for name, group in self._figured.groups.items()
            if self._parts[place][NAMES.index(name)]
        }

    def rows(self) -> NDArray[np.int64]:
        """The rows of the hits in this generation of the index."""
        return self.candidates[self._rows]

    def figures(self) -> Figures:
        """The figures of the hits (hits x NAMES), for learning."""
        if self._figured is None:
            return np.zeros((0, len(NAMES)))
        return self._figured.figures[self._rows]


def _shared(part: float, added: Figures, group: Any) -> dict[str, float]:
    """A figure's part of the score, given to its terms as they made the figure."""
    total = float(added.sum())
    scale = part / total if total else 0.0
    return {
        group.terms.texts[at]: float(added[at] * scale) for at in np.flatnonzero(added).tolist()
    }


class Ranker:
    """Reads an index folder; another process may write it meanwhile (see `refresh`)."""

    def __init__(
        self,
        folder: Path,
        lexicon: Lexicon = NO_LEXICON,
        aliases: Aliases = NO_ALIASES,
        model: Model = FIXED,
    ) -> None:
        self.folder, self.model = folder, model
        self._lexicon, self._aliases = lexicon, aliases
        self.state = State()
        self._load()

    def _load(self) -> None:
        state = _settled(self.folder)
        if state.words != self._lexicon.fingerprint:
            raise IndexDamaged(f"{self.folder}: its texts were read with another lexicon")
        self._statistics = load_statistics(self.folder, state)
        self._basis = load_basis(self.folder, state)
        self._forward = Forward(self.folder, state)
        try:
            index = tantivy.Index.open(str(words_folder(self.folder)))
            index.config_reader("manual")
            index.reload()
            self._schema, self._searcher = index.schema, index.searcher()
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"{self.folder}: {error}") from error
        if self._searcher.num_docs != state.documents:
            raise IndexDamaged(f"{self.folder}: tantivy holds another number of documents")
        self.state = state

    def refresh(self) -> bool:
        """Take in what was committed since; says whether there was anything."""
        if State.load(self.folder).generation == self.state.generation:
            return False
        self._load()
        return True

    def __len__(self) -> int:
        return self.state.documents

    def rank(
        self, query: Query, top: int = 100, reader: Reader = PUBLIC, every_figure: bool = False
    ) -> Ranked:
        """The documents that answer best, best first; equal scores in the order they came in.

        `every_figure` computes also those that the model does not look at, to learn from them.
        """
        question = question_of(query, self._statistics, self._lexicon, self._aliases)
        most = max(CANDIDATES, top)
        if question.is_empty or top <= 0 or not self.state.documents:
            return self._nothing(question)
        rows, total = self._candidates(question, query, reader, question.phrases, most)
        if not len(rows) and question.phrases:  # nothing says the phrase: its words count alone
            rows, total = self._candidates(question, query, reader, (), most)
        if not len(rows):
            return self._nothing(question)
        wanted = frozenset(NAMES) if every_figure else self.model.wanted(query.kind)
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
        precedents = self.model.precedents_of(query.kind)
        if precedents is not None:
            found.figures[:, NAMES.index("precedents")] = precedents.figure(direction, rows)
        parts = self.model.parts(found.figures, query.kind)
        scores = parts.sum(axis=1)
        order = np.lexsort((rows, -scores))[:top]
        hits = [Hit(self._forward.card(int(rows[at]))["id"], math.fsum(parts[at])) for at in order]
        return Ranked(
            hits, total, question, self.model.id, self.state.generation,
            direction, rows, order, parts[order], found,
        )  # fmt: skip

    def cards(self, ranked: Ranked) -> list[dict[str, Any]]:
        """The id, owner and makers (`of`) of each hit, in its order."""
        return [self._forward.card(row) for row in ranked.rows().tolist()]

    def _nothing(self, question: Question) -> Ranked:
        none = np.zeros(0, dtype=np.int64)
        empty = np.zeros((0, len(NAMES)))
        flat = np.zeros(DIMENSIONS, dtype=np.float32)
        return Ranked(
            [], 0, question, self.model.id, self.state.generation,
            flat, none, none, empty, None,
        )  # fmt: skip

    def _candidates(
        self,
        question: Question,
        query: Query,
        reader: Reader,
        phrases: Sequence[str],
        most: int,
    ) -> tuple[NDArray[np.int64], int]:
        """The rows that tantivy finds likeliest, as far as the reader may see them."""
        asked = self._query(question, query, reader, phrases)
        found: Any = self._searcher.search(asked, most, count=True)
        if not found.hits:
            return np.zeros(0, dtype=np.int64), 0
        addresses = [address for _, address in found.hits]
        rows = np.array(self._searcher.fast_field_values("row", addresses), dtype=np.int64)
        rows.sort()
        if not phrases and not question.without:
            return rows, int(found.count)
        kept = self._said(rows, phrases, question.without)
        return kept, len(kept) if len(rows) < most else int(found.count)

    def _said(
        self, rows: NDArray[np.int64], phrases: Sequence[str], without: Sequence[str]
    ) -> NDArray[np.int64]:
        """Rows whose text holds each phrase as it stands, and none of the other words."""
        elements, counts = self._forward.streams(rows)
        texts = np.split(elements, np.cumsum(counts)[:-1])
        must = [self._stream(phrase) for phrase in phrases]
        never = [self._stream(word) for word in without]
        return np.array(
            [
                row
                for row, text in zip(rows.tolist(), texts, strict=True)
                if all(_holds(text, each) for each in must)
                and not any(_holds(text, each) for each in never)
            ],
            dtype=np.int64,
        )

    def _stream(self, text: str) -> Stream:
        return np.frombuffer(self._lexicon.read(text).stream, dtype=np.uint32)

    def _query(
        self, question: Question, query: Query, reader: Reader, phrases: Sequence[str]
    ) -> Any:
        should = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, text), weight))
            for field, text, weight in self._looked_up(question, query.kind)
        ]
        clauses = [(tantivy.Occur.Must, tantivy.Query.boolean_query(should))]
        for phrase in phrases:
            read = self._lexicon.read(phrase)
            fields = ("grams", read.grams) if read.grams else ("singles", read.singles)
            clauses += [(tantivy.Occur.Must, self._term(fields[0], each)) for each in fields[1]]
        for word in question.without:
            grams = self._lexicon.read(word).grams
            if len(grams) == 1:
                clauses.append((tantivy.Occur.MustNot, self._term("grams", grams[0])))
        for id in query.exclude:
            clauses.append((tantivy.Occur.MustNot, self._term("id", str(id))))
        clauses += self._filters(reader)
        return tantivy.Query.boolean_query(clauses) if len(clauses) > 1 else clauses[0][1]

    def _filters(self, reader: Reader) -> list[Any]:
        """What the reader may see, and asked for; nothing is opened that no key opens."""
        clauses = []
        if self.state.closed:
            keys = [(tantivy.Occur.Should, self._term("readers", key)) for key in reader.all_keys]
            clauses.append((tantivy.Occur.Must, tantivy.Query.boolean_query(keys)))
        for name in ("kind", "region", "industry", "maturity"):
            if value := getattr(reader.facets, name):
                clauses.append((tantivy.Occur.Must, self._term(name, value)))
        return [(occur, tantivy.Query.const_score_query(clause, 0.0)) for occur, clause in clauses]

    def _term(self, field: str, text: str) -> Any:
        option = "freq" if field in ("grams", "singles") else "basic"
        return tantivy.Query.term_query(self._schema, field, text, option)

    def _looked_up(self, question: Question, kind: Kind) -> list[tuple[str, str, float]]:
        """The weightiest terms, as many as the index can walk through in time.

        Who looks for a known thing is not shown what shares but a character with it.
        """
        rivals: list[tuple[float, str, str, float, int]] = []
        sorts = [("grams", question.grams, 1.0), ("singles", question.singles, 0.5)]
        if kind is Kind.KNOWN and len(question.grams):
            sorts.pop()
        for field, terms, share in sorts:
            idf = self._statistics.idf(terms.codes)
            held = self._statistics.held_by(terms.codes).tolist()
            sharp = idf if kind is Kind.RELATED else np.ones_like(idf)
            for text, weight, strength, count in zip(
                terms.texts,
                (terms.weights * sharp * share).tolist(),
                idf.tolist(),
                held,
                strict=True,
            ):
                rivals.append((-weight * strength, field, text, weight, count))
        rivals.sort()
        taken: list[tuple[str, str, float]] = []
        walked = 0
        for _, field, text, weight, count in rivals:
            walked += count
            if walked > POSTINGS_MOST and len(taken) >= FEWEST_TERMS:
                continue
            taken.append((field, text, weight))
        return taken


def _settled(folder: Path) -> State:
    """The state of a folder whose tantivy says the same; a commit under way is waited for."""
    for _ in range(20):
        state = State.load(folder)
        if opstamp_of(folder) == state.opstamp:
            return state
        time.sleep(0.05)
    raise IndexDamaged(f"{folder}: the last commit was cut short")


def _holds(text: Stream, part: Stream) -> bool:
    """Whether a stream holds another, element by element."""
    if not len(part):
        return True
    starts = np.flatnonzero(text[: len(text) - len(part) + 1] == part[0])
    return any(bool(np.array_equal(text[at : at + len(part)], part)) for at in starts.tolist())
