"""Where documents' texts earned their scores: stretches of text with exact points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import Wanted
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon
from kechuang.engines.ranking.question import Terms
from kechuang.engines.ranking.ranker import Ranked
from kechuang.engines.ranking.reading import Tokens, read
from kechuang.engines.ranking.texts import LONGEST_FIELD, TIMES

FIELDS = ("title", "keywords", "body")
Points = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class _Earned:
    """What terms brought to hits: by ascending hit and code, each pair once."""

    keys: NDArray[np.int64]
    points: Points
    expansion: Points  # the part of them that terms learnt from the best answers brought

    @property
    def hits(self) -> NDArray[np.int64]:
        return self.keys >> 32

    @property
    def codes(self) -> NDArray[np.uint32]:
        return (self.keys & 0xFFFF_FFFF).astype(np.uint32)


def taken_apart(
    ranked: Ranked, place: int, texts: Mapping[str, str], lexicon: Lexicon = NO_LEXICON
) -> Taken:
    """Take the score of the hit at a place (from 0) apart; `texts` are its fields as written."""
    return all_taken_apart(ranked, [texts], [place], lexicon)[0]


def all_taken_apart(
    ranked: Ranked,
    texts: Sequence[Mapping[str, str]],
    places: Sequence[int] | None = None,
    lexicon: Lexicon = NO_LEXICON,
) -> list[Taken]:
    """Take the scores of hits apart, all at once; `texts` are the fields of each, as written.

    A term's points are shared among its occurrences, those in a title weighing three times; what
    stands nowhere in the texts, and what is no term, is left in `rest` under its own name.
    """
    chosen = list(range(len(ranked.hits))) if places is None else list(places)
    earned = _earned(ranked, chosen)
    names = _names(ranked)
    fields = [each.get(name, "") for each in texts for name in FIELDS]
    found = read(fields, lexicon)
    spans, left = _spread(earned, (found.singles, found.pairs, found.words), fields)
    edges = np.searchsorted(earned.hits, np.arange(len(chosen) + 1)).tolist()
    said = [names[code] for code in earned.codes.tolist()]
    points, learnt = earned.points.tolist(), earned.expansion.tolist()
    asked = ranked.question.grams
    lacks = np.ones((len(chosen), len(asked)), dtype=np.bool_)
    at, which = Wanted(asked.codes).among(earned.codes)
    lacks[earned.hits[at], which] = False
    taken = []
    for number, place in enumerate(chosen):
        own = slice(edges[number], edges[number + 1])
        rest = _rest(ranked, place)
        plain = {
            term: value - extra
            for term, value, extra in zip(said[own], points[own], learnt[own], strict=True)
            if value != extra
        }
        expansion = {
            term: extra for term, extra in zip(said[own], learnt[own], strict=True) if extra
        }
        terms = {**plain, **{f"+{term}": value for term, value in expansion.items()}, **rest}
        beside = {said[at]: points[at] for at in left if own.start <= at < own.stop}
        lacking = tuple(compress(asked.texts, lacks[number].tolist()))
        taken.append(
            Taken(tuple(spans[number]), {**beside, **rest}, terms, expansion, lacking)
        )
    return taken


def _rest(ranked: Ranked, place: int) -> dict[str, float]:
    """What figures that are not made of terms bring."""
    made_of_terms = ranked.groups()
    return {
        f"({name})": value
        for name, value in ranked.parts(place).items()
        if value and name not in made_of_terms
    }


def _names(ranked: Ranked) -> dict[int, str]:
    """How the terms of a ranking are written, by code."""
    every: list[Terms] = [group.terms for group in ranked.groups().values()]
    return {
        code: text
        for terms in every
        for code, text in zip(terms.codes.tolist(), terms.texts, strict=True)
    }


def _earned(ranked: Ranked, chosen: Sequence[int]) -> _Earned:
    keys, points, learnt = [], [], []
    for name, group in ranked.groups().items():
        for number, place in enumerate(chosen):
            part = ranked.parts_at(place, name)
            terms, added = group.of(ranked.candidate(place))
            total = float(group.total[ranked.candidate(place)])
            if not part or not total:
                continue
            keys.append((number << 32) | group.terms.codes[terms].astype(np.int64))
            points.append(added * (part / total))
            learnt.append(points[-1] if name == "expansion" else np.zeros(len(added)))
    if not keys:
        return _Earned(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    each, pair = np.unique(np.concatenate(keys), return_inverse=True)
    summed, extra = (
        np.bincount(pair, np.concatenate(values), len(each)).astype(np.float64, copy=False)
        for values in (points, learnt)
    )
    return _Earned(each, summed, extra)


def _spread(
    earned: _Earned, sorts: Sequence[Tokens], fields: Sequence[str]
) -> tuple[list[list[Span]], list[int]]:
    """The points of each term, given to where it stands; and the terms that stand nowhere."""
    wanted = Wanted(np.unique(earned.codes))
    entries, texts, starts, ends = [], [], [], []
    for tokens in sorts:
        places, which = wanted.among(tokens.codes)
        hits = tokens.texts[places] // len(FIELDS)
        keys = (hits << 32) | wanted.codes[which].astype(np.int64)
        at = np.minimum(np.searchsorted(earned.keys, keys), max(len(earned.keys) - 1, 0))
        earns = earned.keys[at] == keys if len(earned.keys) else np.zeros(0, dtype=np.bool_)
        entries.append(at[earns])
        texts.append(tokens.texts[places][earns])
        starts.append(tokens.starts[places][earns])
        ends.append(tokens.ends[places][earns])
    entry, text, start, end = (np.concatenate(each) for each in (entries, texts, starts, ends))
    weights = np.array(TIMES, dtype=np.float64)[text % len(FIELDS)]
    shares = np.bincount(entry, weights, len(earned.keys))
    points = earned.points[entry] * weights / shares[entry]
    left = np.flatnonzero(shares == 0).tolist()
    base = text * LONGEST_FIELD
    order = np.lexsort((end, base + start))
    spans = _runs(text[order], (base + start)[order], (base + end)[order], points[order], fields)
    return spans, left


def _runs(
    texts: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    points: Points,
    fields: Sequence[str],
) -> list[list[Span]]:
    """Tokens that touch or overlap, as one stretch; by hit."""
    spans: list[list[Span]] = [[] for _ in range(len(fields) // len(FIELDS))]
    if not len(texts):
        return spans
    reach = np.maximum.accumulate(ends)
    begins = np.flatnonzero(np.concatenate(([True], starts[1:] >= reach[:-1])))
    lasts = np.append(begins[1:], len(texts)) - 1
    summed = np.add.reduceat(points, begins)
    rows = (
        texts[begins], starts[begins] % LONGEST_FIELD, reach[lasts] % LONGEST_FIELD, summed,
    )  # fmt: skip
    for text, start, end, value in zip(*(row.tolist() for row in rows), strict=True):
        hit, field = divmod(text, len(FIELDS))
        spans[hit].append(Span(FIELDS[field], start, end, fields[text][start:end], value))
    return spans
