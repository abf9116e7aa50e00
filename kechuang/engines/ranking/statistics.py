"""How many documents hold each term: counted exactly, whatever was added, changed or deleted.

Only documents that everybody may find are counted, so that hidden ones move no score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking import streams
from kechuang.engines.ranking.streams import Codes, Stream

Counts = NDArray[np.int64]
_PLACE_BITS = 24


@dataclass(frozen=True, slots=True)
class Statistics:
    """Documents, their grams (bigrams and words), and the documents that hold each code.

    `codes` ascend; `held` stands beside them.
    """

    documents: int
    grams: int
    codes: Codes
    held: Counts

    @property
    def mean_grams(self) -> float:
        return self.grams / self.documents if self.documents and self.grams else 1.0

    def held_by(self, codes: Codes) -> Counts:
        """How many documents hold each of these codes."""
        if not len(self.codes):
            return np.zeros(len(codes), dtype=np.int64)
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[places] == codes, self.held[places], 0).astype(np.int64)

    def idf(self, codes: Codes) -> NDArray[np.float64]:
        """ln(1 + (N - n + 0.5) / (n + 0.5)), never negative (Robertson and Zaragoza, 2009)."""
        held = np.minimum(self.held_by(codes), self.documents)
        return np.log1p((self.documents - held + 0.5) / (held + 0.5))

    def plus(self, other: "Statistics", sign: int = 1) -> "Statistics":
        """Both counted together; with sign -1 the other taken away."""
        codes = np.concatenate((self.codes, other.codes))
        held = np.concatenate((self.held, sign * other.held))
        order = np.argsort(codes, kind="stable")
        codes, held = codes[order], held[order]
        first = np.flatnonzero(np.diff(codes, prepend=-1))
        summed = np.add.reduceat(held, first) if len(first) else held
        left = summed > 0
        return Statistics(
            self.documents + sign * other.documents,
            self.grams + sign * other.grams,
            codes[first][left],
            summed[left],
        )

    def save(self, path: Path) -> None:
        totals = np.array([self.documents, self.grams])
        with path.open("wb") as out:
            np.savez(out, totals=totals, codes=self.codes, held=self.held.astype(np.uint32))

    @classmethod
    def load(cls, path: Path) -> "Statistics":
        with np.load(path, allow_pickle=False) as file:
            documents, grams = (int(each) for each in file["totals"])
            return cls(documents, grams, file["codes"], file["held"])


NOTHING = Statistics(0, 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def counted(elements: Stream, places: NDArray[np.int64], lengths: Sequence[float]) -> Statistics:
    """The statistics of streams; `places` numbers the document of each element, from 0, and
    `lengths` are the weighted numbers of grams of the documents."""
    held = []
    for found in (streams.bigrams(elements), streams.singles(elements)):
        pairs = (found.codes << _PLACE_BITS) | places[found.places]
        pairs.sort()
        held.append(pairs[np.flatnonzero(np.diff(pairs, prepend=-1))] >> _PLACE_BITS)
    codes = np.concatenate(held)  # bigrams first: their codes are below all others
    first = np.flatnonzero(np.diff(codes, prepend=-1))
    counts = np.diff(first, append=len(codes))
    return Statistics(len(lengths), int(sum(lengths)), codes[first], counts)


def merged(parts: Sequence[Statistics]) -> Statistics:
    """All parts counted together, two by two."""
    left = list(parts) or [NOTHING]
    while len(left) > 1:
        pairs = zip(left[::2], [*left[1::2], NOTHING], strict=False)
        left = [one.plus(other) for one, other in pairs]
    return left[0]
