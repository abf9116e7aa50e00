"""Where documents' texts earned their scores: stretches of text with exact points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import Codes, Wanted
from kechuang.engines.ranking.features import NAMES
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon
from kechuang.engines.ranking.ranker import Ranked
from kechuang.engines.ranking.reading import Tokens, read
from kechuang.engines.ranking.texts import LONGEST_FIELD, TIMES

FIELDS = ("title", "keywords", "body")
Points = NDArray[np.float64]
Texts = NDArray[np.object_]


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
    fields = [each.get(name, "") for each in texts for name in FIELDS]
    found = read(fields, lexicon)
    spans, left = _spread(earned, (found.singles, found.pairs, found.words), fields)
    said = _written(ranked, earned.codes)
    plain = _by_hit(earned, said, earned.points - earned.expansion, len(chosen))
    learnt = _by_hit(earned, said, earned.expansion, len(chosen))
    beside = _by_hit(earned, said, np.where(left, earned.points, 0.0), len(chosen))
    lacking = _lacking(ranked, earned, len(chosen))
    taken = []
    for number, rest in enumerate(_rest(ranked, chosen)):
        added = {f"+{term}": value for term, value in learnt[number].items()}
        taken.append(
            Taken(
                tuple(spans[number]),
                {**beside[number], **rest},
                {**plain[number], **added, **rest},
                learnt[number],
                lacking[number],
            )
        )
    return taken


def _by_hit(earned: _Earned, said: Texts, values: Points, hits: int) -> list[dict[str, float]]:
    """What terms brought that brought anything, by hit."""
    at = np.flatnonzero(values)
    edges = np.searchsorted(earned.hits[at], np.arange(hits + 1)).tolist()
    terms, brought = said[at].tolist(), values[at].tolist()
    return [
        dict(zip(terms[since:until], brought[since:until], strict=True))
        for since, until in pairwise(edges)
    ]


def _lacking(ranked: Ranked, earned: _Earned, hits: int) -> list[tuple[str, ...]]:
    """The words asked for that each hit does not hold."""
    asked = ranked.question.grams
    lacks = np.ones((hits, len(asked)), dtype=np.bool_)
    at, which = Wanted(asked.codes).among(earned.codes)
    lacks[earned.hits[at], which] = False
    owners, absent = np.nonzero(lacks)
    words = np.array(asked.texts, dtype=np.object_)[absent].tolist()
    edges = np.searchsorted(owners, np.arange(hits + 1)).tolist()
    return [tuple(words[since:until]) for since, until in pairwise(edges)]


def _rest(ranked: Ranked, chosen: Sequence[int]) -> list[dict[str, float]]:
    """What figures that are not made of terms bring, by hit."""
    made_of_terms = ranked.groups()
    others = [name for name in NAMES if name not in made_of_terms]
    brought = np.stack([ranked.parts_of(name)[chosen] for name in others], axis=1).tolist()
    said = [f"({name})" for name in others]
    return [
        {name: value for name, value in zip(said, row, strict=True) if value} for row in brought
    ]


def _written(ranked: Ranked, codes: Codes) -> Texts:
    """How terms of a ranking are written."""
    every = [group.terms for group in ranked.groups().values()]
    if not every:
        return np.zeros(0, dtype=np.object_)
    known, first = np.unique(np.concatenate([terms.codes for terms in every]), return_index=True)
    texts = np.array([text for terms in every for text in terms.texts], dtype=np.object_)
    said: Texts = texts[first][np.searchsorted(known, codes)]
    return said


def _earned(ranked: Ranked, chosen: Sequence[int]) -> _Earned:
    """The points of each figure that is made of terms, shared out as its terms brought them."""
    keys, points, learnt = [], [], []
    for name, group in ranked.groups().items():
        shares = _shares(ranked, chosen, name)
        since, counts = group.places(ranked.candidates_at(chosen))
        counts[shares == 0] = 0
        first = np.cumsum(counts) - counts
        at = np.repeat(since - first, counts) + np.arange(int(counts.sum()))
        hits = np.repeat(np.arange(len(chosen)), counts)
        keys.append((hits << 32) | group.terms.codes[group.found.terms[at]].astype(np.int64))
        points.append(group.added[at] * np.repeat(shares, counts))
        learnt.append(points[-1] if name == "expansion" else np.zeros(len(at)))
    if not keys:
        return _Earned(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    each, pair = _distinct(np.concatenate(keys))
    summed, extra = (
        np.bincount(pair, np.concatenate(values), len(each)).astype(np.float64, copy=False)
        for values in (points, learnt)
    )
    return _Earned(each, summed, extra)


def _shares(ranked: Ranked, chosen: Sequence[int], name: str) -> Points:
    """How much of a term's value in a figure each hit's score is made of."""
    total = ranked.groups()[name].total[ranked.candidates_at(chosen)]
    part = ranked.parts_of(name)[chosen]
    return np.divide(part, total, out=np.zeros(len(chosen)), where=total != 0)


def _distinct(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each key once, ascending, and which of them each is; quick for keys in few ascending runs."""
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]
    new = np.ones(len(keys), dtype=np.bool_)
    new[1:] = ascending[1:] != ascending[:-1]
    which = np.empty(len(keys), dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    return ascending[new], which


def _spread(
    earned: _Earned, sorts: Sequence[Tokens], fields: Sequence[str]
) -> tuple[list[list[Span]], NDArray[np.bool_]]:
    """The points of each term, given to where it stands; and which of them stand nowhere."""
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
    base = text * LONGEST_FIELD
    order = np.argsort((base + start) * LONGEST_FIELD + (end - start), kind="stable")
    spans = _runs(text[order], (base + start)[order], (base + end)[order], points[order], fields)
    return spans, shares == 0


def _runs(
    texts: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    points: Points,
    fields: Sequence[str],
) -> list[list[Span]]:
    """Tokens that touch or overlap, as one stretch; by hit."""
    if not len(texts):
        return [[] for _ in range(len(fields) // len(FIELDS))]
    reach = np.maximum.accumulate(ends)
    begins = np.flatnonzero(np.concatenate(([True], starts[1:] >= reach[:-1])))
    lasts = np.append(begins[1:], len(texts)) - 1
    owners = texts[begins]
    text = owners.tolist()
    since, until = (
        (starts[begins] % LONGEST_FIELD).tolist(),
        (reach[lasts] % LONGEST_FIELD).tolist(),
    )
    rows = zip(
        map(FIELDS.__getitem__, (owners % len(FIELDS)).tolist()),
        since,
        until,
        [fields[at][start:end] for at, start, end in zip(text, since, until, strict=True)],
        np.add.reduceat(points, begins).tolist(),
        strict=True,
    )
    found = list(map(partial(tuple.__new__, Span), rows))
    edges = np.searchsorted(owners, np.arange(0, len(fields) + 1, len(FIELDS))).tolist()
    return [found[start:end] for start, end in pairwise(edges)]
