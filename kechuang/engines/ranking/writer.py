"""Filling the index: documents added, changed and dropped; what is written counts at commit."""

import json
import os
import shutil
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import tantivy

from kechuang.engines.ranking import statistics, streams, topics
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon, Read
from kechuang.engines.ranking.store import (
    ROW,
    Forward,
    IndexDamaged,
    State,
    basis_file,
    opstamp_of,
    schema,
    statistics_file,
    topics_file,
    words_folder,
)
from kechuang.engines.ranking.texts import EVERYBODY, TIMES, Document

CHUNK = 2_000
HEAP = 64_000_000  # bytes that tantivy may fill before it writes a segment
_PARTS = 16
_GROWN = 4  # times as many documents, and the topics are learnt anew

Source = Callable[[], Iterable[Document]]


class Writer:
    """The one writer of an index folder; makes the folder when there is none.

    Raises `IndexDamaged` when what is there does not hold together: see `made_anew`.
    """

    def __init__(self, folder: Path, lexicon: Lexicon = NO_LEXICON, heap: int = HEAP) -> None:
        self.folder = folder
        self._lexicon = lexicon
        if not (folder / "state.json").exists():
            _make(folder, lexicon)
        self.state = State.load(folder)
        if opstamp_of(folder) != self.state.opstamp:
            raise IndexDamaged(f"{folder}: the last commit was cut short")
        if self.state.words != lexicon.fingerprint:
            raise IndexDamaged(f"{folder}: its texts were read with another lexicon")
        self._statistics = load_statistics(folder, self.state)
        self._basis = load_basis(folder, self.state)
        index = tantivy.Index.open(str(words_folder(folder)))
        self._schema, self._searcher = index.schema, index.searcher()
        self._writer: Any = index.writer(heap, 1)
        self._texts = (folder / "texts.bin").open("r+b")
        self._texts.truncate(self.state.bytes)
        self._texts.seek(self.state.bytes)
        self._at = self.state.bytes
        self._forget()

    def _forget(self) -> None:
        """Begin the next commit."""
        self._records: list[Any] = []
        self._parts: list[statistics.Statistics] = []
        self._fresh: dict[str, int] = {}  # rows put since the last commit, by id
        self._gone: dict[int, None] = {}  # rows dropped since the last commit
        self._next = self.state.rows

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
        writer, self._writer = self._writer, None
        if writer is not None:
            if self._next > self.state.rows or self._gone:
                writer.rollback()
            writer.wait_merging_threads()

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
            query = tantivy.Query.term_query(self._schema, "id", id, "basic")
            hits = self._searcher.search(query, 1, count=False).hits
            if hits:
                values: Any = self._searcher.fast_field_values("row", [hits[0][1]])
                row = int(values[0])
        if row is not None and row not in self._gone:
            self._gone[row] = None
            self._writer.delete_documents_by_term("row", row)

    def _put_chunk(self, documents: list[Document]) -> None:
        if self.state.documents or self._fresh:
            for each in documents:
                self._drop(str(each.id))
        records = np.zeros(len(documents), dtype=ROW)
        opened: list[array[int]] = []
        for number, each in enumerate(documents):
            read = [self._lexicon.read(text) for text in (each.title, each.keywords, each.body)]
            self._add_words(self._next + number, each, read)
            whole = self._append(records[number], each, read)
            self._fresh[str(each.id)] = self._next + number
            if EVERYBODY in each.readers:
                opened.append(whole)
        self._next += len(documents)
        self._records.append(records)
        if opened:
            lengths = records["grams"][records["open"] == 1].tolist()
            self._parts.append(statistics.counted(*streams.joined(opened), lengths))
            if len(self._parts) == _PARTS:
                self._parts = [statistics.merged(self._parts)]

    def _append(self, record: Any, document: Document, read: Sequence[Read]) -> "array[int]":
        card = json.dumps(
            {"id": str(document.id), "owner": document.owner, "of": list(document.of)},
            ensure_ascii=False,
        ).encode()
        whole = array("I")
        record["at"], record["card"] = self._at, len(card)
        record["open"] = EVERYBODY in document.readers
        for name, times, each in zip(("title", "keywords", "body"), TIMES, read, strict=True):
            each.stream.append(0)
            record[name] = len(each.stream)
            record["grams"] += times * len(each.grams)
            whole.extend(each.stream)
        self._texts.write(card)
        self._texts.write(whole)
        self._at += len(card) + 4 * len(whole)
        return whole

    def _add_words(self, row: int, document: Document, read: Sequence[Read]) -> None:
        entry = tantivy.Document()
        entry.add_text("id", str(document.id))
        entry.add_integer("row", row)
        for key in document.readers:
            entry.add_text("readers", key)
        for name in document.of:
            entry.add_text("of", name)
        for name, value in _facet_values(document):
            entry.add_text(name, value)
        for times, each in zip(TIMES, read, strict=True):
            if each.stream:
                grams, singles = " ".join(each.grams), " ".join(each.singles)
                for _ in range(times):
                    entry.add_text("grams", grams)
                    entry.add_text("singles", singles)
        self._writer.add_document(entry)

    def commit(self) -> int:
        """Make what was put and dropped count, all of it or nothing; returns the generation."""
        if not self._records and not self._gone:
            return self.state.generation
        self._texts.flush()
        os.fsync(self._texts.fileno())
        _append_rows(self.folder / "rows.bin", self.state.rows, self._records)
        state = replace(
            self.state,
            generation=self.state.generation + 1,
            rows=self._next,
            bytes=self._at,
        )
        forward = Forward(self.folder, replace(state, basis=0))
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
        state = replace(state, opstamp=self._writer.commit())
        state.save(self.folder)
        forward.close()
        self._statistics, self.state = counted, state
        self._after_commit()
        return state.generation

    def _after_commit(self) -> None:
        index = tantivy.Index.open(str(words_folder(self.folder)))
        self._searcher = index.searcher()
        self._forget()
        for path in self.folder.glob("statistics-*.npz"):
            if int(path.stem.partition("-")[2]) < self.state.generation - 1:
                path.unlink(missing_ok=True)

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
                for part in _chunks_of(np.arange(first, state.rows)):
                    out.write(topics.in_bytes(self._basis.project(_texts(forward, part))))
        return state


def _make(folder: Path, lexicon: Lexicon) -> None:
    """An empty index."""
    if folder.exists() and any(folder.iterdir()):
        raise IndexDamaged(f"{folder}: there is no state.json")
    words_folder(folder).mkdir(parents=True, exist_ok=True)
    tantivy.Index(schema(), str(words_folder(folder)), reuse=False)
    for name in ("texts.bin", "rows.bin"):
        (folder / name).touch()
    statistics.NOTHING.save(statistics_file(folder, 0))
    State(words=lexicon.fingerprint, opstamp=opstamp_of(folder)).save(folder)


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
        if value := getattr(facets, name):
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
    elements, counts = forward.streams(rows)
    return elements, np.repeat(np.arange(len(rows)), counts), len(rows)


def _statistics_of(forward: Forward, rows: Any) -> statistics.Statistics:
    """What the open ones of some rows count."""
    parts = []
    for part in _chunks_of(rows[forward.rows["open"][rows] == 1]):
        elements, places, _ = _texts(forward, part)
        lengths = forward.rows["grams"][part].tolist()
        parts.append(statistics.counted(elements, places, lengths))
    return statistics.merged(parts)


def _sampled(forward: Forward, gone: Iterable[int]) -> Iterator[topics.Texts]:
    """Open documents to learn the topics from, evenly over all."""
    there = forward.rows["open"] == 1
    there[list(gone)] = False
    rows = np.flatnonzero(there)
    step = max(1, -(-len(rows) // topics.TRAINED_ON))
    for part in _chunks_of(rows[::step]):
        yield _texts(forward, part)
