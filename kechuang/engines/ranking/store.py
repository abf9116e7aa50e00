"""The index on disk: tantivy finds candidates, the forward store says all that is in them.

A folder holds `words/` (tantivy), `texts.bin` (of each document a card and its three streams),
`rows.bin` (where they stand), `topics.bin` (64 signed bytes each), the statistics and the basis of
the topics by generation, and `state.json`, which is renamed into place last: what it does not name
does not count. The index is derived; whoever has the documents makes it anew.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from kechuang.engines.ranking.streams import Stream
from kechuang.engines.ranking.topics import DIMENSIONS, Vectors

FORMAT = 1
ROW = np.dtype(
    [("at", "<u8"), ("card", "<u4"), ("title", "<u4"), ("keywords", "<u4"), ("body", "<u4"),
     ("grams", "<f4"), ("open", "<u4")]
)  # fmt: skip
FACETS = ("kind", "region", "industry", "maturity")


class IndexDamaged(Exception):
    """The index is lost, half-written or unreadable; it has to be made anew from the documents."""


@dataclass(frozen=True, slots=True)
class State:
    """What counts of an index folder."""

    generation: int = 0
    rows: int = 0
    bytes: int = 0
    documents: int = 0
    closed: int = 0
    opstamp: int = 0
    basis: int = 0  # the generation of the basis, 0 for none
    basis_documents: int = 0
    words: str = ""  # fingerprint of the user's lexicon that the texts were read with
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Rename the new state into place; what it names is on disk already."""
        written = folder / "state.json.new"
        with written.open("w", encoding="utf-8") as out:
            json.dump(asdict(self), out)
            out.flush()
            os.fsync(out.fileno())
        written.replace(folder / "state.json")

    @classmethod
    def load(cls, folder: Path) -> "State":
        try:
            state = cls(**json.loads((folder / "state.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise IndexDamaged(f"{folder}: {error}") from error
        if state.format != FORMAT:
            raise IndexDamaged(f"{folder}: format {state.format}, not {FORMAT}")
        return state


def schema() -> Any:
    """Fields of tantivy: two of tokens, the rest to filter by."""
    builder = tantivy.SchemaBuilder()
    for name in ("grams", "singles"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("id", "readers", "of", *FACETS):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("row", fast=True, indexed=True)
    return builder.build()


def words_folder(folder: Path) -> Path:
    return folder / "words"


def opstamp_of(folder: Path) -> int:
    """The last commit of tantivy, as its own file says."""
    try:
        return int(json.loads((words_folder(folder) / "meta.json").read_text("utf-8"))["opstamp"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder}: {error}") from error


def topics_file(folder: Path, basis: int) -> Path:
    return folder / f"topics-{basis}.bin"


def basis_file(folder: Path, basis: int) -> Path:
    return folder / f"basis-{basis}.npz"


def statistics_file(folder: Path, generation: int) -> Path:
    return folder / f"statistics-{generation}.npz"


def _size(file: Any) -> int:
    return os.fstat(file.fileno()).st_size


class Forward:
    """The forward store, read: cards, streams and topics of rows."""

    def __init__(self, folder: Path, state: State) -> None:
        try:
            self._texts = (folder / "texts.bin").open("rb", buffering=0)
            self._topics = None
            if state.basis:
                self._topics = topics_file(folder, state.basis).open("rb", buffering=0)
            self.rows = np.fromfile(folder / "rows.bin", dtype=ROW, count=state.rows)
        except OSError as error:
            raise IndexDamaged(f"{folder}: {error}") from error
        short = _size(self._texts) < state.bytes or len(self.rows) < state.rows
        if short or (self._topics and _size(self._topics) < state.rows * DIMENSIONS):
            raise IndexDamaged(f"{folder}: the forward store is shorter than its state")

    def close(self) -> None:
        for each in (self._texts, self._topics):
            if each is not None:
                each.close()

    def card(self, row: int) -> dict[str, Any]:
        """What a document is shown by: id, owner, those whose work it is."""
        texts = self._texts.fileno()
        found = os.pread(texts, int(self.rows["card"][row]), int(self.rows["at"][row]))
        try:
            card: dict[str, Any] = json.loads(found)
        except ValueError as error:
            raise IndexDamaged(f"row {row}: {error}") from error
        return card

    def streams(self, rows: NDArray[np.int64]) -> tuple[Stream, NDArray[np.int64]]:
        """The streams of rows one after the other, and how many elements each has."""
        held = self.rows[rows]
        counts = (held["title"] + held["keywords"] + held["body"]).astype(np.int64)
        starts = (held["at"] + held["card"]).tolist()
        texts = self._texts.fileno()
        pieces = [
            os.pread(texts, 4 * count, start)
            for count, start in zip(counts.tolist(), starts, strict=True)
        ]
        return np.frombuffer(b"".join(pieces), dtype=np.uint32), counts

    def topics(self, rows: NDArray[np.int64]) -> Vectors:
        """The directions of rows, of length about 1."""
        if self._topics is None:
            return np.zeros((len(rows), DIMENSIONS), dtype=np.float32)
        topics = self._topics.fileno()
        pieces = [os.pread(topics, DIMENSIONS, DIMENSIONS * row) for row in rows.tolist()]
        found = np.frombuffer(b"".join(pieces), dtype=np.int8).reshape(-1, DIMENSIONS)
        return found.astype(np.float32) / np.float32(127)
