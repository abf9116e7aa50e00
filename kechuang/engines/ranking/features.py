"""What a candidate is judged by: each figure of each candidate, and which terms made it.

BM25 with fields weighted by counting their words several times (Robertson and Zaragoza, 2009).
`grams` are bigrams and whole words, `singles` Han characters; the rare variants take the idf twice,
once for the query's side and once for the document's, as cosine measures do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import PAIRS, Codes, Tabled, Wanted, text_of
from kechuang.engines.ranking.digest import IN_TITLE, OFTEN_MOST
from kechuang.engines.ranking.question import Question, Terms, terms_of
from kechuang.engines.ranking.statistics import Statistics
from kechuang.engines.ranking.store import Forward
from kechuang.engines.ranking.topics import Basis, unit

Figures = NDArray[np.float64]

K1, B = 1.2, 0.75
K1_RARE, B_RARE, RARE_POWER = 0.9, 1.0, 3
ONCE_SHARE = 0.5  # of the weight of a term that one document alone holds: often a slip of the pen
FEEDBACK_DOCUMENTS, FEEDBACK_TERMS = 10, 40
LENGTH_SPREAD, LENGTH_MOST = 0.3, 2.0  # of the logarithm of lengths
NAMES = (
    "grams", "grams_rare", "singles", "singles_rare", "expansion", "topic", "topic_of_best",
    "coverage", "title", "length", "embedded", "precedents",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Where terms occur: by ascending candidate which term, how often, and whether in its title."""

    candidates: NDArray[np.int64]
    terms: NDArray[np.int64]
    often: Figures
    in_title: NDArray[np.bool_]

    def summed(self, added: Figures, count: int) -> Figures:
        """The sum of some values by candidate."""
        return np.asarray(np.bincount(self.candidates, added, count))


@dataclass(frozen=True, slots=True)
class Group:
    """Terms that make a figure, and what each occurrence adds to it."""

    terms: Terms
    found: Found
    added: Figures
    total: Figures  # by candidate

    def places(self, candidates: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the occurrences of each candidate begin, and how many they are."""
        since = np.searchsorted(self.found.candidates, candidates)
        until = np.searchsorted(self.found.candidates, candidates, side="right")
        return since, until - since

    def of(self, chosen: NDArray[np.int64]) -> "Group":
        """The same of some candidates, ascending, which are numbered anew."""
        is_chosen = np.zeros(len(self.total), dtype=np.bool_)
        is_chosen[chosen] = True
        at = np.flatnonzero(is_chosen[self.found.candidates])
        found = Found(
            np.searchsorted(chosen, self.found.candidates[at]), self.found.terms[at],
            self.found.often[at], self.found.in_title[at],
        )  # fmt: skip
        return Group(self.terms, found, self.added[at], self.total[chosen])


@dataclass(frozen=True, slots=True)
class Candidates:
    """The distinct tokens of candidates, one candidate after the other."""

    codes: Codes
    often: NDArray[np.uint8]
    edges: NDArray[np.int64]
    lengths: Figures  # weighted grams, at least 1
    looks_up: type[Wanted] | type[Tabled] = Wanted

    @property
    def count(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, slots=True)
class Figured:
    """The figures of all candidates (candidates x NAMES) and the terms behind some of them."""

    figures: Figures
    groups: dict[str, Group]


def candidates_of(forward: Forward, rows: NDArray[np.int64]) -> Candidates:
    """Read the tokens of rows."""
    codes, often, counts = forward.tokens(rows)
    edges = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(counts, out=edges[1:])
    lengths = np.maximum(forward.rows["grams"][rows].astype(np.float64), 1.0)
    return Candidates(codes, often, edges, lengths, Tabled if forward.is_held else Wanted)


def occurrences(candidates: Candidates, terms: Terms) -> Found:
    """Where each term occurs, and how often, weighted by field."""
    places, which = candidates.looks_up(terms.codes).among(candidates.codes)
    counts = np.diff(np.searchsorted(places, candidates.edges))
    owners = np.repeat(np.arange(candidates.count), counts)
    often = candidates.often[places]
    return Found(
        owners, which, (often & OFTEN_MOST).astype(np.float64), (often & IN_TITLE) > 0
    )  # fmt: skip


def bm25(found: Found, lengths: Figures, mean: float, k1: float, b: float) -> Figures:
    norm = k1 * (1 - b + b * lengths / mean)
    return np.asarray(found.often * (k1 + 1) / (found.often + norm[found.candidates]))


_LEARNT_FROM_BEST = frozenset({"expansion", "topic", "topic_of_best"})
_RARE = frozenset({"grams_rare", "singles_rare"})


def _groups(
    found: Found,
    terms: Terms,
    candidates: Candidates,
    statistics: Statistics,
    asked: tuple[str, frozenset[str]],
) -> dict[str, Group]:
    """BM25 of some terms by its name, and its rare variant, as far as they are wanted."""
    name, wanted = asked
    idf = statistics.idf(terms.codes)
    groups = {}
    if name in wanted:
        weights = terms.weights * idf
        groups[name] = _group(found, terms, candidates, weights, (statistics.mean_grams, K1, B))
    if f"{name}_rare" in wanted:
        rare = np.where(statistics.held_by(terms.codes) > 1, 1.0, ONCE_SHARE) * idf**RARE_POWER
        measure = (statistics.mean_grams, K1_RARE, B_RARE)
        groups[f"{name}_rare"] = _group(found, terms, candidates, terms.weights * rare, measure)
    return groups


def _group(
    found: Found,
    terms: Terms,
    candidates: Candidates,
    weights: Figures,
    measure: tuple[float, float, float],
) -> Group:
    added = bm25(found, candidates.lengths, *measure) * weights[found.terms]
    return Group(terms, found, added, found.summed(added, candidates.count))


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
    often = occurrences(candidates, question.grams)
    alone = occurrences(candidates, question.singles)
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
            terms = _expansion(candidates, statistics, question, best, without)
            found = occurrences(candidates, terms)
            plain = _groups(found, terms, candidates, statistics, ("grams", frozenset({"grams"})))
            groups["expansion"] = plain["grams"]
            columns["expansion"] = groups["expansion"].total
    if "coverage" in wanted:
        columns["coverage"] = _coverage(often, candidates, question.grams, statistics)
    if "title" in wanted:
        columns["title"] = _in_title(often, candidates, question.grams, statistics)
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


def _expansion(
    candidates: Candidates,
    statistics: Statistics,
    question: Question,
    best: tuple[NDArray[np.int64], Figures],
    without: frozenset[str],
) -> Terms:
    """Terms of the best candidates that the query does not say (RM3, Abdul-Jaleel et al., 2004)."""
    parts, weights = [], []
    for at, share in zip(*(each.tolist() for each in best), strict=True):
        own = slice(candidates.edges[at], candidates.edges[at + 1])
        parts.append(candidates.codes[own])
        often = (candidates.often[own] & OFTEN_MOST).astype(np.float64)
        weights.append(often * share / candidates.lengths[at])
    codes, inverse = np.unique(np.concatenate(parts), return_inverse=True)
    summed = np.bincount(inverse, weights=np.concatenate(weights), minlength=len(codes))
    held = statistics.held_by(codes)
    new = (held > 1) & (codes >= PAIRS) & ~np.isin(codes, question.grams.codes)
    value = np.where(new, summed * statistics.idf(codes), 0.0)
    kept = [
        at
        for at in np.argsort(-value, kind="stable")[: FEEDBACK_TERMS + len(without)]
        if value[at] > 0 and text_of(int(codes[at])) not in without
    ][:FEEDBACK_TERMS]
    total = max(float(value[kept].sum()), 1e-12)
    texts = [text_of(int(codes[at])) for at in kept]
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


def _coverage(
    found: Found, candidates: Candidates, terms: Terms, statistics: Statistics
) -> Figures:
    """The share of the query's distinct terms that a candidate holds, by their idf."""
    idf = statistics.idf(terms.codes)
    return found.summed(idf[found.terms], candidates.count) / max(float(idf.sum()), 1e-12)


def _in_title(
    found: Found, candidates: Candidates, terms: Terms, statistics: Statistics
) -> Figures:
    """The share of the query's terms, by weight and idf, that a candidate's title holds."""
    value = statistics.idf(terms.codes) * terms.weights
    held = found.summed(value[found.terms] * found.in_title, candidates.count)
    return held / max(float(value.sum()), 1e-12)
