"""What a candidate is judged by: each figure of each candidate, and which terms made it.

BM25 with fields weighted by counting their words several times (Robertson and Zaragoza, 2009).
`grams` are bigrams and whole words, `singles` Han characters; the rare variants take the idf twice,
once for the query's side and once for the document's, as cosine measures do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking import streams
from kechuang.engines.ranking.question import Question, Terms, terms_of
from kechuang.engines.ranking.statistics import Statistics
from kechuang.engines.ranking.store import Forward
from kechuang.engines.ranking.texts import TIMES
from kechuang.engines.ranking.topics import Basis, unit

Figures = NDArray[np.float64]

K1, B = 1.2, 0.75
K1_RARE, B_RARE, RARE_POWER = 0.9, 1.0, 3
ONCE_SHARE = 0.5  # of the weight of a term that one document alone holds: often a slip of the pen
FEEDBACK_DOCUMENTS, FEEDBACK_TERMS = 10, 40
LENGTH_SPREAD, LENGTH_MOST = 0.3, 2.0  # of the logarithm of lengths
NAMES = (
    "grams", "grams_rare", "singles", "singles_rare", "expansion", "topic", "topic_of_best",
    "coverage", "title", "length", "precedents",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that make a figure, and what each adds to it in each candidate (candidates x terms)."""

    terms: Terms
    added: Figures

    @property
    def total(self) -> Figures:
        return np.asarray(self.added.sum(axis=1))


@dataclass(frozen=True, slots=True)
class Candidates:
    """The texts of candidates, one after the other."""

    elements: streams.Stream
    owner: NDArray[np.int64]  # the candidate of each element
    times: NDArray[np.float64]  # how often an element counts: more in a title
    lengths: Figures  # weighted grams, at least 1
    count: int


@dataclass(frozen=True, slots=True)
class Figured:
    """The figures of all candidates (candidates x NAMES) and the terms behind some of them."""

    figures: Figures
    groups: dict[str, Group]


def candidates_of(forward: Forward, rows: NDArray[np.int64]) -> Candidates:
    """Read the streams of rows."""
    elements, counts = forward.streams(rows)
    held = forward.rows[rows]
    owner = np.repeat(np.arange(len(rows)), counts)
    parts = np.stack([held["title"], held["keywords"], held["body"]], axis=1).astype(np.int64)
    times = np.repeat(np.tile(np.array(TIMES, dtype=np.float64), len(rows)), parts.ravel())
    return Candidates(
        elements, owner, times, np.maximum(held["grams"].astype(np.float64), 1.0), len(rows)
    )


def occurrences(candidates: Candidates, found: streams.Placed, terms: Terms) -> Figures:
    """How often each term occurs in each candidate, weighted by field: candidates x terms."""
    shape = (candidates.count, len(terms))
    if not len(terms) or not len(found.codes):
        return np.zeros(shape)
    hit, term = found.among(terms.codes)
    at = found.places[hit]
    flat = candidates.owner[at] * len(terms) + term
    counts = np.bincount(flat, weights=candidates.times[at], minlength=shape[0] * shape[1])
    return np.asarray(counts.reshape(shape), dtype=np.float64)


def bm25(often: Figures, lengths: Figures, mean: float, k1: float, b: float) -> Figures:
    norm = k1 * (1 - b + b * lengths / mean)
    return np.asarray(often * (k1 + 1) / (often + norm[:, None]))


_LEARNT_FROM_BEST = frozenset({"expansion", "topic", "topic_of_best"})
_RARE = frozenset({"grams_rare", "singles_rare"})


def _groups(
    often: Figures,
    terms: Terms,
    candidates: Candidates,
    statistics: Statistics,
    asked: tuple[str, frozenset[str]],
) -> dict[str, Group]:
    """BM25 of some terms by its name, and its rare variant, as far as they are wanted."""
    name, wanted = asked
    idf = statistics.idf(terms.codes)
    mean = statistics.mean_grams
    found = {}
    if name in wanted:
        added = bm25(often, candidates.lengths, mean, K1, B)
        added *= terms.weights * idf
        found[name] = Group(terms, added)
    if f"{name}_rare" in wanted:
        rare = np.where(statistics.held_by(terms.codes) > 1, 1.0, ONCE_SHARE) * idf**RARE_POWER
        added = bm25(often, candidates.lengths, mean, K1_RARE, B_RARE)
        added *= terms.weights * rare
        found[f"{name}_rare"] = Group(terms, added)
    return found


def figured(  # noqa: PLR0913 - candidates, and all that they are held against
    candidates: Candidates,
    question: Question,
    statistics: Statistics,
    topics: tuple[Basis, NDArray[np.float32]],
    without: frozenset[str] = frozenset(),
    wanted: frozenset[str] = frozenset(NAMES),
) -> Figured:
    """The wanted figures of all candidates, 0 for the others; `topics` are the basis and the
    candidates' directions."""
    grams = streams.grams(candidates.elements)
    often = occurrences(candidates, grams, question.grams)
    singles = streams.singles(candidates.elements)
    alone = occurrences(candidates, singles, question.singles)
    learning = wanted & _LEARNT_FROM_BEST
    named = wanted | (_RARE if learning else frozenset())
    groups = {
        **_groups(often, question.grams, candidates, statistics, ("grams", named)),
        **_groups(alone, question.singles, candidates, statistics, ("singles", named)),
    }
    columns = {name: group.total for name, group in groups.items()}
    if learning:
        best = _best(columns["grams_rare"] + columns["singles_rare"] / 2)
        columns |= _near(topics, question, *best)
        if "expansion" in wanted:
            terms = _expansion(candidates, grams, statistics, question, best, without)
            found = occurrences(candidates, grams, terms)
            plain = _groups(found, terms, candidates, statistics, ("grams", frozenset({"grams"})))
            groups["expansion"] = plain["grams"]
            columns["expansion"] = groups["expansion"].total
    if "coverage" in wanted:
        columns["coverage"] = _coverage(often, question.grams, statistics)
    if "title" in wanted:
        columns["title"] = _in_title(candidates, grams, question.grams, statistics)
    if "length" in wanted:
        columns["length"] = _length(candidates, statistics)
    nothing = np.zeros(candidates.count)
    kept = [columns[name] if name in wanted and name in columns else nothing for name in NAMES]
    return Figured(np.stack(kept, axis=1), {k: v for k, v in groups.items() if k in wanted})


def _best(scores: Figures) -> tuple[NDArray[np.int64], Figures]:
    """The candidates whose texts are taken as answers, with their shares, for the expansion."""
    order = np.argsort(-scores, kind="stable")[:FEEDBACK_DOCUMENTS]
    squared = np.maximum(scores[order], 0.0) ** 2
    return order, squared / max(float(squared.sum()), 1e-12)


def _expansion(  # noqa: PLR0913 - one step, with all that is known of the candidates
    candidates: Candidates,
    grams: streams.Placed,
    statistics: Statistics,
    question: Question,
    best: tuple[NDArray[np.int64], Figures],
    without: frozenset[str],
) -> Terms:
    """Terms of the best candidates that the query does not say (RM3, Abdul-Jaleel et al., 2004)."""
    order, shares = best
    share = np.zeros(candidates.count)
    share[order] = shares / candidates.lengths[order]
    weights = share[candidates.owner[grams.places]]
    within = weights > 0
    codes, inverse = np.unique(grams.codes[within], return_inverse=True)
    summed = np.bincount(inverse, weights=weights[within], minlength=len(codes))
    held = statistics.held_by(codes)
    new = (held > 1) & ~np.isin(codes, question.grams.codes) & (codes < streams.ALONE)
    value = np.where(new, summed * statistics.idf(codes), 0.0)
    kept = [
        at
        for at in np.argsort(-value, kind="stable")[: FEEDBACK_TERMS + len(without)]
        if value[at] > 0 and streams.text_of(int(codes[at])) not in without
    ][:FEEDBACK_TERMS]
    total = max(float(value[kept].sum()), 1e-12)
    texts = [streams.text_of(int(codes[at])) for at in kept]
    return terms_of(codes[kept], texts, value[kept] / total)


def _near(
    topics: tuple[Basis, NDArray[np.float32]],
    question: Question,
    best: NDArray[np.int64],
    shares: Figures,
) -> dict[str, Figures]:
    """How near each candidate is to the query, and to the query and its best answers together."""
    basis, directions = topics
    asked = basis.direction_of(question.grams.codes, question.grams.weights)
    answers = unit((shares.astype(np.float32) @ directions[best])[None, :])[0]
    together = unit((asked + answers)[None, :])[0]
    half = len(asked) // 2
    short = unit(np.ascontiguousarray(directions[:, :half])) @ unit(asked[None, :half])[0]
    return {
        "topic": short.astype(np.float64),
        "topic_of_best": (directions @ together).astype(np.float64),
    }


def _length(candidates: Candidates, statistics: Statistics) -> Figures:
    """How much longer than the mean, in units of a usual spread, at most two of them."""
    longer = np.log(candidates.lengths / statistics.mean_grams)
    return np.clip(longer / LENGTH_SPREAD, -LENGTH_MOST, LENGTH_MOST)


def _coverage(often: Figures, terms: Terms, statistics: Statistics) -> Figures:
    """The share of the query's distinct terms that a candidate holds, by their idf."""
    idf = statistics.idf(terms.codes)
    return np.asarray((often > 0) @ idf / max(float(idf.sum()), 1e-12))


def _in_title(
    candidates: Candidates, grams: streams.Placed, terms: Terms, statistics: Statistics
) -> Figures:
    """The share of the query's terms, by weight and idf, that a candidate's title holds."""
    in_title = candidates.times[grams.places] >= TIMES[0]
    titles = streams.Placed(grams.codes[in_title], grams.places[in_title])
    value = statistics.idf(terms.codes) * terms.weights
    held = occurrences(candidates, titles, terms) > 0
    return np.asarray(held @ value / max(float(value.sum()), 1e-12))
