"""The sentence to quote: where the words that counted stand closest."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from kechuang.engines.ranking.analysis import Token, placed_tokens

_SENTENCE_END = re.compile(r"[。！？；;!?\n]|(?<!\d)\.(?!\d)|(?<=\d)\.(?=[^\d\s])")
_MARKED_SHARE = 0.06  # a run of words is marked when it brings this share of the best run


class Piece(NamedTuple):
    """A piece of a quotation; `marked` pieces are words that counted."""

    text: str
    marked: bool


class _Run(NamedTuple):
    start: int
    end: int
    points: float


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
