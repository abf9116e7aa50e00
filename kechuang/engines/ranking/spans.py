"""Where a document's text earned its score: stretches of text with exact points."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from kechuang.engines.ranking.analysis import Token, placed_tokens
from kechuang.engines.ranking.ranker import Ranked
from kechuang.engines.ranking.texts import TIMES

FIELDS = ("title", "keywords", "body")


class Span(NamedTuple):
    """A stretch of a field, from `start` to `end` (characters, half-open), and what it brings."""

    field: str
    start: int
    end: int
    text: str
    points: float


class Taken(NamedTuple):
    """A score taken apart: `spans` and `rest` (by name) sum to it, and so do `terms`."""

    spans: tuple[Span, ...]
    rest: dict[str, float]
    terms: dict[str, float]
    expansion: dict[str, float]
    lacking: tuple[str, ...]


def taken_apart(ranked: Ranked, place: int, texts: Mapping[str, str]) -> Taken:
    """Take the score of the hit at a place (from 0) apart; `texts` are its fields as written.

    A term's points are shared among its occurrences, those in a title weighing three times; what
    stands nowhere in the texts, and what is no term, is left in `rest` under its own name.
    """
    parts = ranked.parts(place)
    groups = ranked.terms(place)
    expansion = groups.pop("expansion", {})
    points: dict[str, float] = {}
    for added in groups.values():
        for term, value in added.items():
            points[term] = points.get(term, 0.0) + value
    rest = {
        f"({name})": value
        for name, value in parts.items()
        if value and name not in groups and name != "expansion"
    }
    terms = {**points, **{f"+{term}": value for term, value in expansion.items()}, **rest}
    for term, value in expansion.items():
        points[term] = points.get(term, 0.0) + value
    placed = {name: _placed(texts.get(name, "")) for name in FIELDS}
    spans, left = _spread(points, placed, texts)
    lacking = tuple(term for term in ranked.question.grams.texts if term not in points)
    return Taken(tuple(spans), {**left, **rest}, terms, expansion, lacking)


def _placed(text: str) -> list[Token]:
    """Grams and single characters of a text with their places."""
    grams = placed_tokens(text)
    alone = [
        Token(token.text[at], token.start + at, token.start + at + 1)
        for token in grams
        if len(token.text) == token.end - token.start and not token.text.isascii()
        for at in range(len(token.text))
    ]
    return grams + [token for token in dict.fromkeys(alone) if token not in grams]


def _spread(
    points: Mapping[str, float], placed: Mapping[str, list[Token]], texts: Mapping[str, str]
) -> tuple[list[Span], dict[str, float]]:
    weights = dict(zip(FIELDS, TIMES, strict=True))
    shares: dict[str, float] = {}
    for name, tokens in placed.items():
        for token in tokens:
            shares[token.text] = shares.get(token.text, 0.0) + weights[name]
    spans = []
    for name, tokens in placed.items():
        earned = [
            (token, points[token.text] * weights[name] / shares[token.text])
            for token in tokens
            if token.text in points
        ]
        spans += _runs(name, sorted(earned, key=lambda each: each[0][1:]), texts.get(name, ""))
    return spans, {term: value for term, value in points.items() if term not in shares}


def _runs(name: str, earned: list[tuple[Token, float]], text: str) -> list[Span]:
    """Tokens that touch or overlap, as one stretch."""
    spans: list[tuple[int, int, list[float]]] = []
    for token, value in earned:
        if spans and token.start < spans[-1][1]:
            start, end, values = spans[-1]
            spans[-1] = (start, max(end, token.end), [*values, value])
        else:
            spans.append((token.start, token.end, [value]))
    return [
        Span(name, start, end, text[start:end], math.fsum(values)) for start, end, values in spans
    ]
