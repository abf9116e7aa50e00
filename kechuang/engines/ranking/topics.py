"""What a text is about, in 64 numbers: latent semantic analysis of the collection itself.

Terms that stand in the same documents point the same way, so that two texts can be near without a
word in common. Trained on the documents that everybody may find; a document that comes later is
projected on the directions that are there. Source: Deerwester et al., 1990; the directions are
found by subspace iteration (Halko, Martinsson and Tropp, 2011).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import Codes, is_gram
from kechuang.engines.ranking.statistics import Statistics

Vectors = NDArray[np.float32]
DIMENSIONS = 64
TRAINED_ON = 5_000  # documents at most
FEWEST = 40  # documents below which there is nothing to learn
_TERMS = 30_000
_LEAST_HELD, _MOST_HELD = 3, 0.2
_ROUNDS = 3
_BLOCK = 32
_SATURATION = 1.2

# Codes, how often each counts, the document of each, and how many documents.
Texts = tuple[Codes, NDArray[np.uint8], NDArray[np.int64], int]


@dataclass(frozen=True, slots=True)
class Basis:
    """Directions of terms. `codes` ascend; `weights` are their idf; `vectors` one row each."""

    codes: Codes
    weights: NDArray[np.float32]
    vectors: Vectors

    @property
    def is_empty(self) -> bool:
        return not len(self.codes)

    def project(self, texts: Texts) -> Vectors:
        """The directions of documents, each of length 1; all 0 where no term is known."""
        found = [rows @ self.vectors[used] for used, rows in self.blocks(texts)]
        return unit(np.concatenate(found)) if found else np.zeros((0, DIMENSIONS), np.float32)

    def direction_of(self, codes: Codes, weights: NDArray[np.float64]) -> Vectors:
        """The direction of a query's terms with their weights."""
        rows, known = self._rows_of(codes)
        scaled = weights[known] * self.weights[rows[known]]
        direction: Vectors = (scaled.astype(np.float32) @ self.vectors[rows[known]])[None, :]
        return np.asarray(unit(direction)[0])

    def _rows_of(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if self.is_empty:
            return np.zeros(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.bool_)
        rows = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return rows, self.codes[rows] == codes

    def blocks(self, texts: Texts) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Of 32 documents at a time: the terms that occur, and documents x those terms."""
        codes, often, documents, count = texts
        rows, known = self._rows_of(codes)
        known &= is_gram(codes)
        documents, terms = documents[known], rows[known]
        often = often[known].astype(np.float32)
        values = often * (_SATURATION + 1) / (often + _SATURATION) * self.weights[terms]
        edges = np.searchsorted(documents, np.arange(0, count + _BLOCK, _BLOCK))
        for start in range(0, count, _BLOCK):
            part = slice(*edges[start // _BLOCK : start // _BLOCK + 2])
            used, columns = np.unique(terms[part], return_inverse=True)
            dense = np.zeros((min(_BLOCK, count - start), len(used)), dtype=np.float32)
            dense[documents[part] - start, columns] = values[part]
            yield used, unit(dense)

    def save(self, path: Path) -> None:
        with path.open("wb") as out:
            np.savez(out, codes=self.codes, weights=self.weights, vectors=self.vectors)

    @classmethod
    def load(cls, path: Path) -> "Basis":
        with np.load(path, allow_pickle=False) as file:
            return cls(file["codes"], file["weights"], file["vectors"])


NO_BASIS = Basis(
    np.zeros(0, dtype=np.uint32),
    np.zeros(0, dtype=np.float32),
    np.zeros((0, DIMENSIONS), dtype=np.float32),
)


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Each row at length 1; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)


def trained(texts: Iterable[Texts], statistics: Statistics) -> Basis:
    """The directions that explain most of these documents; no basis where they are too few."""
    chosen = _chosen_terms(statistics)
    kept = list(texts)
    if sum(count for *_, count in kept) < FEWEST or len(chosen) < DIMENSIONS:
        return NO_BASIS
    codes = statistics.codes[chosen]
    chance = np.random.default_rng(2026)
    vectors = chance.standard_normal((len(codes), DIMENSIONS)).astype(np.float32)
    basis = Basis(codes, statistics.idf(codes).astype(np.float32), vectors)
    blocks = [block for each in kept for block in basis.blocks(each)]
    for _ in range(_ROUNDS):
        vectors = _turned(blocks, vectors)
    _, _, directions = np.linalg.svd(vectors.T, full_matrices=False)
    return Basis(basis.codes, basis.weights, np.ascontiguousarray(directions.T))


def _chosen_terms(statistics: Statistics) -> NDArray[np.int64]:
    most = _MOST_HELD * statistics.documents
    fit = np.flatnonzero((statistics.held >= _LEAST_HELD) & (statistics.held <= most))
    fit = fit[is_gram(statistics.codes[fit])]
    if len(fit) > _TERMS:
        order = np.argsort(-statistics.held[fit].astype(np.int64), kind="stable")
        fit = np.sort(fit[order[:_TERMS]])
    return fit


def _turned(blocks: list[tuple[NDArray[np.int64], Vectors]], vectors: Vectors) -> Vectors:
    """One round: terms → documents, made orthogonal, → terms."""
    documents = np.concatenate([rows @ vectors[used] for used, rows in blocks])
    axes, _ = np.linalg.qr(documents)
    turned = np.zeros_like(vectors)
    start = 0
    for used, rows in blocks:
        turned[used] += rows.T @ axes[start : start + len(rows)]
        start += len(rows)
    return turned


def in_bytes(vectors: Vectors) -> bytes:
    """Vectors of length at most 1 as signed bytes, 64 each."""
    return np.rint(vectors * 127).astype(np.int8).tobytes()
