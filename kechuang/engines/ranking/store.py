"""The index on disk: tantivy finds candidates, the forward store says all that is in them.

A folder holds `words/` (tantivy, what everybody may find) and `closed/` (tantivy, all else: made
with the first such document), `texts.bin` (of each document a card and its folded text),
`codes.bin` (its distinct tokens, and how often each counts), `rows.bin` (where they stand),
`topics.bin` (64 signed bytes each), `embedded.bin` (vectors from elsewhere, signed bytes too), the
statistics and the basis of the topics by generation, `lexicon.txt` (the user's own words that the
texts were read with) and `state.json`, which is renamed into place last: what it does not name does
not count. The index is derived; whoever has the documents makes it anew.
"""

import json
import mmap
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from numpy.typing import NDArray

from kechuang.engines.ranking.codes import Codes
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon
from kechuang.engines.ranking.topics import DIMENSIONS, Vectors

FORMAT = 2
ROW = np.dtype(
    [("at", "<u8"), ("first", "<u8"), ("card", "<u4"), ("text", "<u4"), ("distinct", "<u4"),
     ("grams", "<f4"), ("open", "<u4")]
)  # fmt: skip
HELD = np.dtype("<u4").itemsize + 1  # bytes of a token in `codes.bin`: its code, and how often
OPEN, CLOSED, LEXICON = "words", "closed", "lexicon.txt"
FACETS = ("kind", "region", "industry", "maturity")


class IndexDamaged(Exception):
    """The index is lost, half-written or unreadable; it has to be made anew from the documents."""


@dataclass(frozen=True, slots=True)
class State:
    """What counts of an index folder."""

    generation: int = 0
    rows: int = 0
    bytes: int = 0  # of texts.bin
    tokens: int = 0  # of codes.bin
    documents: int = 0
    closed: int = 0
    opstamp: int = 0
    closed_opstamp: int = 0  # 0 where nothing was ever closed
    basis: int = 0  # the generation of the basis, 0 for none
    basis_documents: int = 0
    embedder: str = ""  # what makes the vectors of `embedded.bin`, if there are any
    dimensions: int = 0  # of these vectors
    words: str = ""  # fingerprint of the user's lexicon that the texts were read with
    born: str = ""  # names this index among all that were ever made; rows are numbered within it
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Names what the index holds: no other index ever had this name."""
        return f"{self.born}.{self.generation}"

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
    for name in ("id", "readers", *FACETS):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("row", fast=True, indexed=True)
    return builder.build()


def lexicon_of(folder: Path) -> Lexicon:
    """The user's own words that the texts of an index were read with."""
    try:
        words = (folder / LEXICON).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return NO_LEXICON
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder}: {error}") from error
    return Lexicon(frozenset(words)) if words else NO_LEXICON


def opstamp_of(folder: Path, name: str = OPEN) -> int:
    """The last commit of tantivy, as its own file says; 0 where nothing was ever closed."""
    path = folder / name / "meta.json"
    if name == CLOSED and not path.exists():
        return 0
    try:
        return int(json.loads(path.read_text("utf-8"))["opstamp"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{folder}: {error}") from error


def is_settled(folder: Path, state: State) -> bool:
    """Whether both indexes of words stand where the state says."""
    return (opstamp_of(folder), opstamp_of(folder, CLOSED)) == (
        state.opstamp,
        state.closed_opstamp,
    )


def topics_file(folder: Path, basis: int) -> Path:
    return folder / f"topics-{basis}.bin"


def basis_file(folder: Path, basis: int) -> Path:
    return folder / f"basis-{basis}.npz"


def statistics_file(folder: Path, generation: int) -> Path:
    return folder / f"statistics-{generation}.npz"


class Forward:
    """The forward store, read: cards, texts, tokens and topics of rows."""

    is_held = False

    def __init__(self, folder: Path, state: State) -> None:
        self._open: list[Any] = []
        try:
            self._texts = self._opened(folder / "texts.bin", state.bytes)
            self._codes = self._opened(folder / "codes.bin", state.tokens * HELD)
            self._topics = None
            if state.basis:
                path = topics_file(folder, state.basis)
                self._topics = self._opened(path, state.rows * DIMENSIONS)
            self._dimensions = state.dimensions
            if state.dimensions:
                path = folder / "embedded.bin"
                self._embedded = self._opened(path, state.rows * state.dimensions)
            self.rows = np.fromfile(folder / "rows.bin", dtype=ROW, count=state.rows)
        except OSError as error:
            raise IndexDamaged(f"{folder}: {error}") from error
        if len(self.rows) < state.rows:
            raise IndexDamaged(f"{folder}: the forward store is shorter than its state")

    def _opened(self, path: Path, least: int) -> int:
        file = path.open("rb", buffering=0)
        self._open.append(file)
        if os.fstat(file.fileno()).st_size < least:
            raise IndexDamaged(f"{path}: shorter than its state")
        return file.fileno()

    def close(self) -> None:
        for each in self._open:
            each.close()

    def card(self, row: int) -> dict[str, Any]:
        """What a document is shown by: id, owner, those whose work it is."""
        found = os.pread(self._texts, int(self.rows["card"][row]), int(self.rows["at"][row]))
        try:
            card: dict[str, Any] = json.loads(found)
        except ValueError as error:
            raise IndexDamaged(f"row {row}: {error}") from error
        return card

    def text(self, row: int) -> str:
        """The folded text of a row."""
        held = self.rows[row]
        found = os.pread(self._texts, int(held["text"]), int(held["at"]) + int(held["card"]))
        return found.decode("utf-8", "surrogatepass")

    def tokens(self, rows: NDArray[np.int64]) -> tuple[Codes, NDArray[np.uint8], NDArray[np.int64]]:
        """The distinct codes of rows one after the other, how often each counts, and how many
        each row has."""
        held = self.rows[rows]
        counts = held["distinct"].astype(np.int64)
        pread, codes, often = os.pread, [], []
        for start, count in zip((held["first"] * HELD).tolist(), counts.tolist(), strict=True):
            found = pread(self._codes, count * HELD, start)
            codes.append(found[: 4 * count])
            often.append(found[4 * count :])
        return (
            np.frombuffer(b"".join(codes), dtype=np.uint32),
            np.frombuffer(b"".join(often), dtype=np.uint8),
            counts,
        )

    def topics(self, rows: NDArray[np.int64]) -> Vectors:
        """The directions of rows, of length about 1."""
        if self._topics is None:
            return np.zeros((len(rows), DIMENSIONS), dtype=np.float32)
        return _vectors(self._topics, DIMENSIONS, rows)

    def embedded(self, rows: NDArray[np.int64]) -> Vectors:
        """The vectors from elsewhere, of length about 1; all 0 for what is closed."""
        return _vectors(self._embedded, self._dimensions, rows)


class Held(Forward):
    """The same, mapped into memory: for a batch, which reads most of it anyway."""

    is_held = True

    def __init__(self, folder: Path, state: State) -> None:
        super().__init__(folder, state)
        self._in_memory = _mapped(self._codes)
        self._directions = None
        if self._topics is not None:
            bytes_of = np.frombuffer(_mapped(self._topics) or b"", dtype=np.int8)
            self._directions = bytes_of[: state.rows * DIMENSIONS].reshape(-1, DIMENSIONS)
        self._cards: dict[int, dict[str, Any]] = {}

    def card(self, row: int) -> dict[str, Any]:
        if row not in self._cards:
            self._cards[row] = super().card(row)
        return self._cards[row]

    def tokens(self, rows: NDArray[np.int64]) -> tuple[Codes, NDArray[np.uint8], NDArray[np.int64]]:
        held = self.rows[rows]
        counts = held["distinct"].astype(np.int64)
        starts = held["first"].astype(np.int64) * HELD
        mapped, codes, often = self._in_memory, [], []
        middles, ends = (starts + 4 * counts).tolist(), (starts + HELD * counts).tolist()
        for start, middle, end in zip(starts.tolist(), middles, ends, strict=True):
            codes.append(mapped[start:middle])
            often.append(mapped[middle:end])
        return (
            np.frombuffer(b"".join(codes), dtype=np.uint32),
            np.frombuffer(b"".join(often), dtype=np.uint8),
            counts,
        )

    def topics(self, rows: NDArray[np.int64]) -> Vectors:
        if self._directions is None:
            return super().topics(rows)
        return self._directions[rows].astype(np.float32) / np.float32(127)


def _mapped(file: int) -> Any:
    """A file as memory; nothing where it is empty."""
    size = os.fstat(file).st_size
    return mmap.mmap(file, size, access=mmap.ACCESS_READ) if size else b""


def _vectors(file: int, size: int, rows: NDArray[np.int64]) -> Vectors:
    pread = os.pread
    pieces = [pread(file, size, size * row) for row in rows.tolist()]
    found = np.frombuffer(b"".join(pieces), dtype=np.int8).reshape(-1, size)
    return found.astype(np.float32) / np.float32(127)
