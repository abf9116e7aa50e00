"""Why a document ranks where it does: words with their points, and the sentence to quote.

BM25 is a sum, so the explanation is the score itself taken apart: nothing is estimated afterwards.
"""

import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kechuang.engines.ranking.analysis import Token, placed_tokens
from kechuang.engines.ranking.texts import Query

if TYPE_CHECKING:
    from kechuang.engines.ranking.index import Index

_SENTENCE_END = re.compile(r"[。！？；;!?\n]|(?<!\d)\.(?!\d)|(?<=\d)\.(?=[^\d\s])")
_MARKED_SHARE = 0.06  # a run of words is marked when it brings this share of the best run


class Phrase(NamedTuple):
    """A run of the document's words that the query also has, with the points it brings."""

    text: str
    points: float


class Piece(NamedTuple):
    """A piece of a quotation; `marked` pieces are words that counted."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The score of one document, its terms (exact: they sum to the score) and its phrases."""

    score: float
    terms: Mapping[str, float]
    phrases: tuple[Phrase, ...]


class _Run(NamedTuple):
    start: int
    end: int
    points: float


def explain(index: "Index", query: Query, id: Hashable, text: str) -> Explanation:
    """Take the score of the document `id` apart; `text` is what it says, for the phrases.

    Each term's points are given to the longest run that holds it, once, so the phrases too sum
    to the score; what stands in no run of `text` is left as a phrase of its own.
    """
    terms = index.contributions(query, id)
    return Explanation(math.fsum(terms.values()), terms, _phrases(terms, text))


def _phrases(terms: Mapping[str, float], text: str) -> tuple[Phrase, ...]:
    placed = [token for token in placed_tokens(text) if token.text in terms]
    left = dict(terms)
    points: dict[str, float] = {}
    runs = sorted(_runs(placed), key=lambda run: run[0].start - run[-1].end)
    for run in runs:
        brought = math.fsum(left.pop(token.text, 0.0) for token in run)
        if brought > 0:
            words = text[run[0].start : run[-1].end]
            points[words] = points.get(words, 0.0) + brought
    for term, rest in left.items():
        points[term] = points.get(term, 0.0) + rest
    ordered = sorted(points.items(), key=lambda each: -each[1])
    return tuple(Phrase(words, brought) for words, brought in ordered)


def _runs(placed: list[Token]) -> list[list[Token]]:
    """Tokens that touch or overlap, together."""
    runs: list[list[Token]] = []
    for token in placed:
        if runs and token.start < max(each.end for each in runs[-1][-2:]):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def quote(text: str, terms: Mapping[str, float], longest: int = 160) -> list[Piece]:
    """The sentence of the text that brings the most points, its counting words marked.

    Neighbouring sentences are added while they fit; what is cut is shown by ……. A text without
    a counting word gives nothing.
    """
    runs = _weighed_runs(text, terms)
    if not runs:
        return []
    start, end = _window(text, runs, longest)
    least = max(run.points for run in runs) * _MARKED_SHARE
    pieces = [Piece("……", False)] if start > 0 else []
    at = start
    for run in runs:
        if run.points < least or run.start < start or run.end > end:
            continue
        if run.start > at:
            pieces.append(Piece(text[at : run.start], False))
        pieces.append(Piece(text[run.start : run.end], True))
        at = run.end
    if at < end:
        pieces.append(Piece(text[at:end], False))
    return pieces + ([Piece("……", False)] if end < len(text.rstrip()) else [])


def _weighed_runs(text: str, terms: Mapping[str, float]) -> list[_Run]:
    placed = [token for token in placed_tokens(text) if token.text in terms]
    return [
        _Run(
            run[0].start,
            max(token.end for token in run),
            math.fsum(terms[name] for name in {token.text for token in run}),
        )
        for run in _runs(placed)
    ]


def _window(text: str, runs: list[_Run], longest: int) -> tuple[int, int]:
    sentences = _sentences(text)
    weights = [
        math.fsum(run.points for run in runs if start <= run.start < end)
        for start, end in sentences
    ]
    best = max(range(len(sentences)), key=lambda place: weights[place])
    start, end = sentences[best]
    if end - start > longest:
        return _cut(start, end, runs, longest)
    after = best + 1
    while after < len(sentences) and sentences[after][1] - start <= longest:
        end = sentences[after][1]
        after += 1
    return start, end


def _cut(start: int, end: int, runs: list[_Run], longest: int) -> tuple[int, int]:
    """The stretch of a long sentence that holds the most points."""
    inside = [run for run in runs if start <= run.start and run.end <= end]

    def points_from(at: int) -> float:
        return math.fsum(run.points for run in inside if at <= run.start < at + longest)

    first = max((run.start for run in inside), key=points_from, default=start)
    begin = max(start, min(first - 8, end - longest))
    return begin, min(end, begin + longest)


def _sentences(text: str) -> list[tuple[int, int]]:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]
    starts = [0, *ends[:-1]]
    return [pair for pair in zip(starts, ends, strict=True) if text[pair[0] : pair[1]].strip()]
