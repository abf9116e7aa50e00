"""An index in memory: BM25 over bigrams in numpy postings, rebuilt rather than updated."""

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.analysis import tokens
from kechuang.engines.ranking.texts import (
    BODY_SHARE,
    KEYWORDS_TIMES,
    TITLE_TIMES,
    Document,
    Hit,
    Query,
    saturated,
)

K1 = 1.2
B = 0.75


def query_weights(query: Query) -> dict[str, float]:
    """Term → weight: the saturated count in the title, and a fifth of that in the body."""
    weights = {term: saturated(n) for term, n in Counter(tokens(query.text)).items()}
    for term, n in Counter(tokens(query.body)).items():
        weights[term] = weights.get(term, 0.0) + BODY_SHARE * saturated(n)
    return weights


def document_tokens(document: Document) -> list[str]:
    return (
        tokens(document.title) * TITLE_TIMES
        + tokens(document.keywords) * KEYWORDS_TIMES
        + tokens(document.body)
    )


class Index:
    """Postings of all documents; a term's weight in a document is computed once, when built.

    BM25 with k1 1.2 and b 0.75 (Robertson and Zaragoza, 2009) and the idf that is never negative,
    ln(1 + (N - n + 0.5) / (n + 0.5)). Fields are weighted by counting their words several times.
    The score of a document is the sum over the query's terms of query weight x posting weight.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self.ids: list[Hashable] = []
        self._vocabulary: dict[str, int] = {}
        terms, frequencies, lengths = array("i"), array("i"), array("i")
        distinct = array("i")
        for document in documents:
            counts = Counter(document_tokens(document))
            self.ids.append(document.id)
            terms.extend(self._numbers_of(counts))
            frequencies.extend(counts.values())
            distinct.append(len(counts))
            lengths.append(counts.total())
        self._place = {each: place for place, each in enumerate(self.ids)}
        if len(self._place) != len(self.ids):
            raise ValueError("document ids must be unique")
        self._build(*(np.array(each, dtype=np.int32) for each in (
            terms, frequencies, distinct, lengths
        )))  # fmt: skip

    def _numbers_of(self, counts: Counter[str]) -> list[int]:
        """The terms' numbers; a new term takes the next one."""
        vocabulary = self._vocabulary
        return [vocabulary.setdefault(term, len(vocabulary)) for term in counts]

    def _build(
        self,
        terms: NDArray[np.int32],
        frequencies: NDArray[np.int32],
        distinct: NDArray[np.int32],
        lengths: NDArray[np.int32],
    ) -> None:
        """Turn rows of documents into postings by term, their documents ascending."""
        count = len(self.ids)
        order = np.argsort(terms, kind="stable")
        documents = np.repeat(np.arange(count, dtype=np.int32), distinct)[order]
        held = np.bincount(terms, minlength=len(self._vocabulary))
        idf = np.log1p((count - held + 0.5) / (held + 0.5))
        mean = lengths.mean() if lengths.any() else 1.0
        norm = K1 * (1 - B + B * lengths / mean)
        often = frequencies[order]
        self._starts = np.concatenate(([0], np.cumsum(held)))
        self._documents = documents
        self._weights = idf[terms[order]] * often * (K1 + 1) / (often + norm[documents])

    def __len__(self) -> int:
        return len(self.ids)

    def _slices(self, query: Query) -> list[tuple[str, slice, float]]:
        return [
            (term, slice(self._starts[number], self._starts[number + 1]), weight)
            for term, weight in query_weights(query).items()
            if (number := self._vocabulary.get(term)) is not None
        ]

    def scores(self, query: Query) -> NDArray[np.float64]:
        """The score of every document, in the order of `ids`; 0 where no term occurs."""
        found = self._slices(query)
        if not found:
            return np.zeros(len(self.ids))
        documents = np.concatenate([self._documents[part] for _, part, _ in found])
        weights = np.concatenate([self._weights[part] * weight for _, part, weight in found])
        summed = np.bincount(documents, weights=weights, minlength=len(self.ids))
        return summed.astype(np.float64, copy=False)

    def rank(self, query: Query, top: int = 100) -> list[Hit]:
        """The best documents, best first; equal scores keep the documents' order; 0 is no hit."""
        scores = self.scores(query)
        for each in query.exclude:
            if each in self._place:
                scores[self._place[each]] = 0.0
        if top < len(scores):
            least = np.partition(scores, -top)[-top] if top > 0 else np.inf
            candidates = np.flatnonzero((scores >= least) & (scores > 0))
        else:
            candidates = np.flatnonzero(scores > 0)
        order = candidates[np.argsort(-scores[candidates], kind="stable")][:top]
        return [Hit(self.ids[place], float(scores[place])) for place in order]

    def contributions(self, query: Query, id: Hashable) -> dict[str, float]:
        """Term → what it adds to the score of one document; the values sum to its score."""
        place = self._place[id]
        parts: dict[str, float] = {}
        for term, part, weight in self._slices(query):
            documents = self._documents[part]
            at = int(np.searchsorted(documents, place))
            if at < len(documents) and documents[at] == place:
                parts[term] = float(self._weights[part][at] * weight)
        return parts


def rank(query: Query, documents: Sequence[Document], top: int = 100) -> list[Hit]:
    """The best of a few documents, without keeping an index."""
    return Index(documents).rank(query, top)
