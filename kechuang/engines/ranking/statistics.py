"""How many documents hold each term: counted exactly, whatever was added, changed or deleted.

Only documents that everybody may find are counted, so that hidden ones move no score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import Codes

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Documents, their grams (bigrams and words), and the documents that hold each code.

    `codes` ascend; `held` stands beside them.
    """

    documents: int
    grams: int
    codes: Codes
    held: NDArray[np.int32]

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
        if not len(other.codes) and not other.documents:
            return self
        if not len(self.codes):
            codes, held = other.codes, sign * other.held
        else:
            at = np.searchsorted(self.codes, other.codes)
            known = self.codes[np.minimum(at, len(self.codes) - 1)] == other.codes
            held = self.held.copy()
            held[at[known]] += sign * other.held[known]
            codes = np.insert(self.codes, at[~known], other.codes[~known])
            held = np.insert(held, at[~known], sign * other.held[~known])
        left = held > 0
        if not left.all():
            codes, held = codes[left], held[left]
        return Statistics(
            self.documents + sign * other.documents, self.grams + sign * other.grams, codes, held
        )

    def save(self, path: Path) -> None:
        totals = np.array([self.documents, self.grams])
        with path.open("wb") as out:
            np.savez(out, totals=totals, codes=self.codes, held=self.held)

    @classmethod
    def load(cls, path: Path) -> "Statistics":
        with np.load(path, allow_pickle=False) as file:
            documents, grams = (int(each) for each in file["totals"])
            return cls(documents, grams, file["codes"], file["held"])


NOTHING = Statistics(0, 0, np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int32))


def counted(codes: Sequence[Codes], documents: int, grams: int) -> Statistics:
    """The statistics of so many documents, of which each names each of its codes once."""
    every = np.concatenate([*codes, NOTHING.codes])
    every.sort()
    is_first = np.ones(len(every), dtype=np.bool_)
    is_first[1:] = every[1:] != every[:-1]
    first = np.flatnonzero(is_first)
    held = np.diff(first, append=len(every)).astype(np.int32)
    return Statistics(documents, grams, every[first], held)


def merged(parts: Sequence[Statistics]) -> Statistics:
    """All parts counted together."""
    found = NOTHING
    for part in sorted(parts, key=lambda each: -len(each.codes)):
        found = found.plus(part)
    return found
