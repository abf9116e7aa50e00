"""Vectors from elsewhere: an endpoint of the `/embeddings` form, whose nearness may be learnt from.

Alone such vectors rank worse than words, so they never decide by themselves: their nearness is one
figure of the candidates, which counts as far as feedback proves that it helps. Texts of documents
that not everybody may find are not sent.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from kechuang.engines.ranking.topics import Vectors, unit

AT_ONCE = 64  # texts of one request
SECONDS = 30
LONGEST_TEXT = 4_000  # characters of a text that are sent


class EmbeddingFailed(RuntimeError):
    """The endpoint did not answer, or not with one vector for each text."""


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Names what makes the vectors: those of two names are not compared."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text."""


@dataclass(frozen=True)
class HttpEmbedder:
    """An endpoint that takes {"model", "input": [...]} and answers {"data": [{"index",
    "embedding"}]}; `key` goes along as a bearer token and is part of no name."""

    url: str
    model: str
    key: str = ""
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise EmbeddingFailed(f"{self.url}: not an address of the web")

    @property
    def name(self) -> str:
        return f"{self.model}@{self.url}"

    def vectors(self, texts: Sequence[str]) -> Vectors:
        found = [part for part in self._parts([each[:LONGEST_TEXT] for each in texts])]
        if not found:
            return np.zeros((0, 0), dtype=np.float32)
        if len({part.shape[1] for part in found}) > 1:
            raise EmbeddingFailed(f"{self.url}: vectors of different lengths")
        return unit(np.concatenate(found))

    def _parts(self, texts: list[str]) -> Iterator[Vectors]:
        for start in range(0, len(texts), AT_ONCE):
            yield self._asked(texts[start : start + AT_ONCE])

    def _asked(self, texts: list[str]) -> Vectors:
        body = json.dumps({"model": self.model, "input": texts}).encode()
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=self.seconds) as answer:  # nosec B310
                said = json.load(answer)
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            raise EmbeddingFailed(f"{self.url}: {error}") from error
        return self._rows(said, len(texts))

    def _rows(self, said: Any, count: int) -> Vectors:
        try:
            rows = {int(row["index"]): row["embedding"] for row in said["data"]}
            found = np.array([rows[at] for at in range(count)], dtype=np.float32)
        except (TypeError, KeyError, ValueError) as error:
            raise EmbeddingFailed(f"{self.url}: not one vector for each text") from error
        if found.ndim != 2 or not found.shape[1] or not np.isfinite(found).all():
            raise EmbeddingFailed(f"{self.url}: vectors that are none")
        return found
