"""Filling the index: documents added, changed and dropped; what is written counts at commit."""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import tantivy

from kechuang.engines.ranking import statistics, topics
from kechuang.engines.ranking.digest import OFTEN_MOST, Digest, digested
from kechuang.engines.ranking.embedding import Embedder, EmbeddingFailed
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon
from kechuang.engines.ranking.store import (
    CLOSED,
    HELD,
    LEXICON,
    OPEN,
    ROW,
    Forward,
    IndexDamaged,
    State,
    basis_file,
    is_settled,
    opstamp_of,
    schema,
    statistics_file,
    topics_file,
)
from kechuang.engines.ranking.texts import EVERYBODY, Document, each_of

CHUNK = 2_000
HEAP = 80_000_000  # bytes that tantivy may fill before it writes a segment
THREADS = 2  # of tantivy, where an index is filled for the first time
_COUNTED_AT_ONCE = 4_000_000  # tokens that are sorted together
_GROWN = 4  # times as many documents, and the topics are learnt anew

Source = Callable[[], Iterable[Document]]


_in_json = json.JSONEncoder(ensure_ascii=False).encode


class _Words:
    """One of the two indexes of words, as it is written."""

    def __init__(self, folder: Path, heap: int, threads: int) -> None:
        self._index = tantivy.Index.open(str(folder))
        self.schema, self._searcher = self._index.schema, self._index.searcher()
        self.writer: Any = self._index.writer(heap, threads)
        self.is_changed = False

    def row_of(self, id: str) -> int | None:
        """The row that a document had at the last commit."""
        if not self._searcher.num_docs:
            return None
        query = tantivy.Query.term_query(self.schema, "id", id, "basic")
        hits = self._searcher.search(query, 1, count=False).hits
        if not hits:
            return None
        values: Any = self._searcher.fast_field_values("row", [hits[0][1]])
        return int(values[0])

    def holds_any(self, ids: Sequence[str]) -> bool:
        """Whether one of these documents was there at the last commit; one look for all."""
        if not self._searcher.num_docs:
            return False
        query = tantivy.Query.term_set_query(self.schema, "id", list(ids))
        return bool(self._searcher.search(query, 1, count=False).hits)

    def add(self, entry: Any) -> None:
        self.writer.add_document(entry)
        self.is_changed = True

    def drop(self, row: int) -> None:
        self.writer.delete_documents_by_term("row", row)
        self.is_changed = True

    def commit(self) -> int:
        opstamp = int(self.writer.commit())
        self._index.reload()
        self._searcher = self._index.searcher()
        self.is_changed = False
        return opstamp

    def close(self) -> None:
        if self.is_changed:
            self.writer.rollback()
        self.writer.wait_merging_threads()


class Writer:
    """The one writer of an index folder; makes the folder when there is none.

    Raises `IndexDamaged` when what is there does not hold together: see `made_anew`.
    """

    def __init__(
        self,
        folder: Path,
        lexicon: Lexicon = NO_LEXICON,
        heap: int = HEAP,
        embedder: Embedder | None = None,
    ) -> None:
        self.folder = folder
        self._lexicon, self._heap, self._embedder = lexicon, heap, embedder
        if not (folder / "state.json").exists():
            _make(folder, lexicon)
        self.state = State.load(folder)
        if not is_settled(folder, self.state):
            raise IndexDamaged(f"{folder}: the last commit was cut short")
        if self.state.words != lexicon.fingerprint:
            raise IndexDamaged(f"{folder}: its texts were read with another lexicon")
        if self.state.rows and self.state.embedder != (embedder.name if embedder else ""):
            raise IndexDamaged(f"{folder}: its vectors are from elsewhere")
        self._statistics = load_statistics(folder, self.state)
        self._basis = load_basis(folder, self.state)
        self._threads = 1 if self.state.documents else THREADS
        self._words = {OPEN: _Words(folder / OPEN, heap, self._threads)}
        if self.state.closed_opstamp:
            self._words[CLOSED] = _Words(folder / CLOSED, heap, 1)
        self._texts = _appended(folder / "texts.bin", self.state.bytes)
        self._codes = _appended(folder / "codes.bin", self.state.tokens * HELD)
        self._forget()

    def _forget(self) -> None:
        """Begin the next commit."""
        self._records: list[Any] = []
        self._parts: list[statistics.Statistics] = []
        self._opened: list[Any] = []  # codes of open documents, to be counted
        self._opened_documents = self._opened_grams = 0
        self._fresh: dict[str, int] = {}  # rows put since the last commit, by id
        self._gone: dict[int, None] = {}  # rows dropped since the last commit
        self._next = self.state.rows
        self._at, self._tokens = self.state.bytes, self.state.tokens

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder; what was not committed is forgotten."""
        self._texts.close()
        self._codes.close()
        words, self._words = self._words, {}
        for each in words.values():
            each.close()

    def put(self, documents: Iterable[Document]) -> int:
        """Add documents, or change those whose id is there; returns how many."""
        count = 0
        rest = iter(documents)
        while chunk := list(islice(rest, CHUNK)):
            self._put_chunk(list({str(each.id): each for each in chunk}.values()))
            count += len(chunk)
        return count

    def drop(self, ids: Iterable[Any]) -> None:
        """Take documents out; an unknown id is no fault."""
        for each in ids:
            self._drop(str(each))

    def _drop(self, id: str) -> None:
        row = self._fresh.pop(id, None)
        if row is None and self.state.documents:
            found = (each.row_of(id) for each in self._words.values())
            row = next((each for each in found if each is not None), None)
        if row is not None and row not in self._gone:
            self._gone[row] = None
            for each in self._words.values():
                each.drop(row)

    def _replace(self, ids: list[str]) -> None:
        """Take out what stands under these ids; nearly always they are all new, or all there."""
        there = any(each.holds_any(ids) for each in self._words.values())
        for each in ids if there else filter(self._fresh.__contains__, ids):
            self._drop(each)

    def _put_chunk(self, documents: list[Document]) -> None:
        self._replace([str(each.id) for each in documents])
        read = digested(documents, self._lexicon)
        records = np.zeros(len(documents), dtype=ROW)
        records["distinct"] = np.diff(read.edges)
        records["first"] = self._tokens + read.edges[:-1]
        records["grams"] = read.grams
        records["open"] = [EVERYBODY in each.readers for each in documents]
        for number, each in enumerate(documents):
            self._add_words(self._next + number, each, read.said[number])
            self._fresh[str(each.id)] = self._next + number
        self._append_texts(records, documents, read)
        self._append_codes(read)
        self._next += len(documents)
        self._records.append(records)
        self._count(read, records["open"] == 1)

    def _append_texts(self, records: Any, documents: Sequence[Document], read: Digest) -> None:
        cards = [_card(each) for each in documents]
        texts = [text.encode("utf-8", "surrogatepass") for text in read.folded]
        records["card"], records["text"] = list(map(len, cards)), list(map(len, texts))
        sizes = (records["card"] + records["text"]).astype(np.int64)
        records["at"] = self._at + np.cumsum(sizes) - sizes
        self._texts.writelines(chain.from_iterable(zip(cards, texts, strict=True)))
        self._at += int(sizes.sum())

    def _append_codes(self, read: Digest) -> None:
        codes, often, edges = read.codes.tobytes(), read.often.tobytes(), read.edges.tolist()
        pieces = [
            (codes[4 * start : 4 * end], often[start:end])
            for start, end in zip(edges, edges[1:], strict=False)
        ]
        self._codes.writelines(chain.from_iterable(pieces))
        self._tokens += len(often)

    def _count(self, read: Digest, opened: Any) -> None:
        """Take the open ones of some documents into the statistics."""
        if opened.all():
            self._opened.append(read.codes)
        else:
            self._opened.append(read.codes[np.repeat(opened, np.diff(read.edges))])
        self._opened_documents += int(opened.sum())
        self._opened_grams += int(read.grams[opened].sum())
        if sum(map(len, self._opened)) > _COUNTED_AT_ONCE:
            self._counted()

    def _counted(self) -> None:
        counted = statistics.counted(self._opened, self._opened_documents, self._opened_grams)
        self._parts = [statistics.merged([*self._parts, counted])]
        self._opened, self._opened_documents, self._opened_grams = [], 0, 0

    def _add_words(self, row: int, document: Document, said: tuple[str, str]) -> None:
        entry = tantivy.Document()
        entry.add_text("id", str(document.id))
        entry.add_integer("row", row)
        entry.add_text("grams", said[0])
        entry.add_text("singles", said[1])
        for name, value in _facet_values(document):
            entry.add_text(name, value)
        if EVERYBODY in document.readers:
            self._words[OPEN].add(entry)
            return
        for key in document.readers:
            entry.add_text("readers", key)
        if CLOSED not in self._words:
            _make_words(self.folder / CLOSED)
            self._words[CLOSED] = _Words(self.folder / CLOSED, self._heap, 1)
        self._words[CLOSED].add(entry)

    def commit(self) -> int:
        """Make what was put and dropped count, all of it or nothing; returns the generation."""
        if not self._records and not self._gone:
            return self.state.generation
        self._counted()
        for file in (self._texts, self._codes):
            file.flush()
            os.fsync(file.fileno())
        _append_rows(self.folder / "rows.bin", self.state.rows, self._records)
        state = replace(
            self.state,
            generation=self.state.generation + 1,
            rows=self._next,
            bytes=self._at,
            tokens=self._tokens,
        )
        forward = Forward(self.folder, replace(state, basis=0, dimensions=0))
        gone = np.array(list(self._gone), dtype=np.int64)
        closed = int(np.count_nonzero(forward.rows["open"][self.state.rows :] == 0))
        closed -= int(np.count_nonzero(forward.rows["open"][gone] == 0))
        state = replace(
            state,
            documents=self.state.documents + self._next - self.state.rows - len(gone),
            closed=self.state.closed + closed,
        )
        taken = _statistics_of(forward, gone)
        counted = statistics.merged([self._statistics, *self._parts]).plus(taken, -1)
        counted.save(statistics_file(self.folder, state.generation))
        state = self._write_topics(forward, state, counted)
        state = self._write_embedded(forward, state)
        forward.close()
        self._settle(state)
        self._statistics = counted
        self._forget()
        return state.generation

    def _settle(self, state: State) -> None:
        """Commit the words, then name all of it in the state."""
        stamps = {name: each.commit() for name, each in self._words.items() if each.is_changed}
        self.state = replace(
            state,
            opstamp=stamps.get(OPEN, state.opstamp),
            closed_opstamp=stamps.get(CLOSED, state.closed_opstamp),
        )
        self.state.save(self.folder)
        for path in self.folder.glob("statistics-*.npz"):
            if int(path.stem.partition("-")[2]) < state.generation - 1:
                path.unlink(missing_ok=True)

    def _write_embedded(self, forward: Forward, state: State) -> State:
        """The vectors of the new rows from elsewhere; what is closed is not sent there."""
        if self._embedder is None:
            return state
        first, size = self.state.rows, self.state.dimensions
        parts = []
        for rows in _chunks_of(np.arange(first, state.rows)):
            opened = np.flatnonzero(forward.rows["open"][rows] == 1)
            found = self._embedder.vectors([forward.text(row) for row in rows[opened].tolist()])
            if len(opened) and size not in (0, found.shape[1]):
                raise EmbeddingFailed(f"vectors of {found.shape[1]} numbers, and not of {size}")
            size = found.shape[1] if len(opened) else size
            parts.append((len(rows), opened, found))
        if not size:
            return replace(state, embedder="")
        with _appended(self.folder / "embedded.bin", first * size) as out:
            for count, opened, found in parts:
                vectors = np.zeros((count, size), dtype=np.float32)
                vectors[opened] = found if len(opened) else 0.0
                out.write(topics.in_bytes(vectors))
        return replace(state, embedder=self._embedder.name, dimensions=size)

    def _write_topics(
        self, forward: Forward, state: State, counted: statistics.Statistics
    ) -> State:
        """The topics of the new rows; of all rows, where they are learnt anew."""
        first = self.state.rows
        grown = counted.documents >= max(topics.FEWEST, _GROWN * state.basis_documents)
        if grown:
            basis = topics.trained(_sampled(forward, self._gone), counted)
            if not basis.is_empty:
                self._basis, first = basis, 0
                state = replace(state, basis=state.generation, basis_documents=counted.documents)
                basis.save(basis_file(self.folder, state.basis))
        if state.basis:
            path = topics_file(self.folder, state.basis)
            with path.open("r+b" if path.exists() else "w+b") as out:
                out.truncate(first * topics.DIMENSIONS)
                out.seek(0, os.SEEK_END)
                with ThreadPoolExecutor(THREADS) as pool:  # numpy lets go of the interpreter
                    for found in pool.map(
                        partial(_in_topics, forward, self._basis),
                        _chunks_of(np.arange(first, state.rows)),
                    ):
                        out.write(found)
        return state


def _in_topics(forward: Forward, basis: topics.Basis, rows: Any) -> bytes:
    return topics.in_bytes(basis.project(_texts(forward, rows)))


def _make(folder: Path, lexicon: Lexicon) -> None:
    """An empty index."""
    if folder.exists() and any(folder.iterdir()):
        raise IndexDamaged(f"{folder}: there is no state.json")
    _make_words(folder / OPEN)
    for name in ("texts.bin", "codes.bin", "rows.bin", "embedded.bin"):
        (folder / name).touch()
    (folder / LEXICON).write_text("\n".join(sorted(lexicon.words)), "utf-8")
    statistics.NOTHING.save(statistics_file(folder, 0))
    born = secrets.token_hex(6)
    State(words=lexicon.fingerprint, opstamp=opstamp_of(folder), born=born).save(folder)


def _make_words(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tantivy.Index(schema(), str(folder), reuse=False)


def _appended(path: Path, size: int) -> Any:
    """A file to append to, cut to the size that counts; `IndexDamaged` where it is shorter."""
    try:
        file = path.open("r+b", buffering=1 << 20)
    except OSError as error:
        raise IndexDamaged(f"{path}: {error}") from error
    if os.fstat(file.fileno()).st_size < size:
        file.close()
        raise IndexDamaged(f"{path}: shorter than its state")
    file.truncate(size)
    file.seek(size)
    return file


def _card(document: Document) -> bytes:
    card = {"id": str(document.id), "owner": document.owner, "of": list(document.of)}
    return _in_json(card).encode("utf-8", "surrogatepass")


def made_anew(folder: Path, source: Source, lexicon: Lexicon = NO_LEXICON) -> None:
    """Make the index again from all documents, beside the old one, and put it in its place."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    with Writer(fresh, lexicon) as writer:
        writer.put(source())
        writer.commit()
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_statistics(folder: Path, state: State) -> statistics.Statistics:
    """The statistics of a state; `IndexDamaged` where they cannot be read."""
    try:
        return statistics.Statistics.load(statistics_file(folder, state.generation))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IndexDamaged(f"{folder}: {error}") from error


def load_basis(folder: Path, state: State) -> topics.Basis:
    """The directions of the topics; none where there were too few documents to learn them."""
    if not state.basis:
        return topics.NO_BASIS
    try:
        return topics.Basis.load(basis_file(folder, state.basis))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IndexDamaged(f"{folder}: {error}") from error


def _facet_values(document: Document) -> Iterator[tuple[str, str]]:
    facets = document.facets
    for name in ("kind", "industry", "maturity"):
        for value in each_of(getattr(facets, name)):
            yield name, value
    steps = facets.region.split("/") if facets.region else []
    for count in range(1, len(steps) + 1):
        yield "region", "/".join(steps[:count])


def _append_rows(path: Path, rows: int, records: Sequence[Any]) -> None:
    with path.open("r+b") as out:
        out.truncate(rows * ROW.itemsize)
        out.seek(0, os.SEEK_END)
        for each in records:
            out.write(each.tobytes())
        out.flush()
        os.fsync(out.fileno())


def _chunks_of(rows: Any) -> Iterator[Any]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _texts(forward: Forward, rows: Any) -> topics.Texts:
    codes, often, counts = forward.tokens(rows)
    return codes, often & np.uint8(OFTEN_MOST), np.repeat(np.arange(len(rows)), counts), len(rows)


def _statistics_of(forward: Forward, rows: Any) -> statistics.Statistics:
    """What the open ones of some rows count."""
    parts = []
    for part in _chunks_of(rows[forward.rows["open"][rows] == 1]):
        grams = int(forward.rows["grams"][part].sum(dtype=np.float64))
        parts.append(statistics.counted([forward.tokens(part)[0]], len(part), grams))
    return statistics.merged(parts)


def _sampled(forward: Forward, gone: Iterable[int]) -> Iterator[topics.Texts]:
    """Open documents to learn the topics from, evenly over all."""
    there = forward.rows["open"] == 1
    there[list(gone)] = False
    rows = np.flatnonzero(there)
    step = max(1, -(-len(rows) // topics.TRAINED_ON))
    for part in _chunks_of(rows[::step]):
        yield _texts(forward, part)
