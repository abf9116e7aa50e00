"""Many enterprises as columns: whole numbers with what is known, lists as rows with their owner.

A frame is made of flat rows (any file) or of plain columns of Parquet, which are never turned into
rows; what is not plain there (a text where a number belongs, a list as JSON) is read as rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.nodes import COUNT_MAX, FEN_MAX, ROWS_MAX, Row
from kechuang.engines.eligibility.reading import POINTS_MAX, YEARS
from kechuang.engines.eligibility.schema import ColumnSpec, schema

Numbers = NDArray[np.signedinteger[Any]]
Truths = NDArray[np.bool_]
FRAME = 32_000  # enterprises: more, and columns leave the cache; fewer, and each step costs more
EPOCH = date(1970, 1, 1).toordinal()


class NotPlain(Exception):
    """Columns that only the reader of rows can read, or refuse with the right words."""


@dataclass(frozen=True)
class Figures:
    """Whole numbers, days since 1970, or 1 and 0; `known` says where there is one."""

    values: Numbers
    known: Truths


@dataclass(frozen=True)
class Texts:
    """Texts by number: `codes` point into `words`, -1 where there is none."""

    codes: NDArray[Any]
    words: Sequence[str]


@dataclass
class Frame:
    """Columns of so many enterprises, or of the rows of one of their lists."""

    count: int
    figures: dict[str, Figures] = field(default_factory=dict)
    texts: dict[str, Texts] = field(default_factory=dict)
    lists: dict[str, "Listed"] = field(default_factory=dict)
    ids: Sequence[str] = ()

    def figure(self, name: str) -> Figures:
        """A column; nothing is known of one that is not there."""
        found = self.figures.get(name)
        if found is None:
            found = Figures(np.int64(0), np.bool_(False))  # type: ignore[arg-type]
        return found

    def text(self, name: str) -> Texts:
        return self.texts.get(name) or Texts(np.full(self.count, -1, np.int64), ())

    def listed(self, name: str) -> "Listed":
        found = self.lists.get(name)
        if found is None:
            none = np.zeros(0, np.int64)
            offsets = np.zeros(self.count + 1, np.int64)
            found = Listed(np.zeros(self.count, np.bool_), none, offsets, Frame(0))
        return found


@dataclass(frozen=True)
class Listed:
    """The rows of a list: whose each is, and of which enterprises the list is known."""

    known: Truths
    owner: Numbers
    offsets: Numbers  # where the rows of each enterprise begin, and where the last one's end
    rows: Frame


# --- from flat rows -----------------------------------------------------------------------------


def of_rows(rows: Sequence[Row], columns: Iterable[str]) -> Frame:
    """The columns that a rule set reads, of rows as the reader gives them."""
    known = schema()
    found = Frame(len(rows), ids=[str(row["id"]) for row in rows])
    for name in columns:
        if name in known.lists:
            found.lists[name] = _listed(name, rows)
        else:
            _put(found, name, known.enterprise.get(name), [row.get(name) for row in rows])
    return found


def _listed(name: str, rows: Sequence[Row]) -> Listed:
    given = [row.get(name) for row in rows]
    inner = [each for one in given for each in one or ()]
    counts = np.array([len(one or ()) for one in given], np.int64)
    owner = np.repeat(np.arange(len(rows)), counts)
    found = Frame(len(inner))
    for column, spec in schema().lists[name].items():
        _put(found, column, spec, [each.get(column) for each in inner])
    known = np.array([one is not None for one in given], np.bool_)
    return Listed(known, owner, np.append(0, np.cumsum(counts)), found)


def _put(to: Frame, name: str, spec: ColumnSpec | None, cells: Sequence[Any]) -> None:
    if spec is not None and spec.type == "text":
        words: dict[str, int] = {}
        codes = [-1 if one is None else words.setdefault(one, len(words)) for one in cells]
        to.texts[name] = Texts(np.array(codes, np.int64), tuple(words))
        return
    if spec is not None and spec.type == "date":
        cells = [None if one is None else one.toordinal() - EPOCH for one in cells]
    known = np.array([one is not None for one in cells], np.bool_)
    to.figures[name] = Figures(
        np.array([0 if one is None else int(one) for one in cells], np.int64), known
    )


# --- from columns of Parquet --------------------------------------------------------------------


def of_columns(batch: Any, columns: Iterable[str]) -> Frame:
    """The columns that a rule set reads, of a record batch of Arrow; refuses what is not plain."""
    names = set(batch.schema.names)
    found = Frame(batch.num_rows)
    for name in columns:
        if name in schema().lists:
            if name in names:
                found.lists[name] = _arrow_list(name, batch.column(name))
        elif name in names:
            _arrow(found, name, _spec(name), batch.column(name))
    return found


def _spec(name: str) -> ColumnSpec:
    if name.startswith("judged."):
        return ColumnSpec(name, "number", units.POINTS, name)
    found = schema().spec_of(name)
    assert found is not None
    return found


def _is_wanted(leaf: Any, columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether a leaf of a file is a column that is read, or one of a list's that are."""
    if not leaf.max_repetition_level:
        return leaf.path in columns
    name, last = leaf.path.partition(".")[0], leaf.path.rpartition(".")[2]
    return last in columns.get(name, ())


def parts(
    path: Path, columns: Mapping[str, Sequence[str]], beside: Sequence[str] = ("id",)
) -> Iterator[Callable[[], Iterator[tuple[Any, Frame]]]]:
    """A file of Parquet, group after group: each part, when called, gives batches with frames.

    A group is read ahead while the one before is evaluated; its frames are made where they are
    called for. Texts stay numbered as the file has them.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        said = file.metadata
        leaves = [file.schema.column(at) for at in range(len(file.schema))]
    wanted = [*beside, *(one.path for one in leaves if _is_wanted(one, columns))]
    texts = [
        one.path for one in leaves if one.physical_type == "BYTE_ARRAY" and one.path not in beside
    ]

    def read(group: int) -> Sequence[Any]:
        with pq.ParquetFile(path, metadata=said, read_dictionary=texts) as file:
            table = file.read_row_group(group, columns=wanted, use_threads=False)
            batches: Sequence[Any] = table.combine_chunks().to_batches()
        return batches

    def part(batches: Sequence[Any]) -> Iterator[tuple[Any, Frame]]:
        for batch in batches:
            yield batch, of_columns(batch, columns)

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read, 0) if said.num_row_groups else None
        for group in range(said.num_row_groups):
            assert coming is not None
            whole = coming.result()
            if group + 1 < said.num_row_groups:
                coming = reader.submit(read, group + 1)
            for batch in whole:
                for since in range(0, batch.num_rows, FRAME):
                    yield partial(part, [batch.slice(since, FRAME)])


def _arrow_list(name: str, array: Any) -> Listed:
    import pyarrow as pa

    is_list = pa.types.is_list(array.type) and pa.types.is_struct(array.type.value_type)
    if not is_list:
        raise NotPlain(name)
    offsets = np.asarray(array.offsets)
    known = np.broadcast_to(_validity(array), (len(array),))
    counts = np.where(known, np.diff(offsets), 0)
    if counts.max(initial=0) > ROWS_MAX or array.null_count and (np.diff(offsets) != counts).any():
        raise NotPlain(name)
    inner = array.values.slice(int(offsets[0]), int(offsets[-1] - offsets[0]))
    if inner.null_count:
        raise NotPlain(name)
    owner = np.repeat(np.arange(len(array), dtype=np.int32), counts)
    rows = Frame(len(inner))
    fields = inner.flatten()
    for at in range(inner.type.num_fields):
        column = inner.type.field(at).name
        spec = schema().lists[name].get(column)
        if spec is not None:
            _arrow(rows, column, spec, fields[at])
            _check_whole(rows, spec, owner, len(array))
    return Listed(known, owner, offsets.astype(np.int64) - int(offsets[0]), rows)


def _check_whole(rows: Frame, spec: ColumnSpec, owner: Numbers, count: int) -> None:
    """The amounts of one list together are held to what one amount is."""
    if spec.unit not in (units.FEN, units.CENTS, units.ITEMS):
        return
    figure = rows.figure(spec.name)
    most = FEN_MAX if spec.unit != units.ITEMS else COUNT_MAX
    largest = int(np.abs(figure.values).max(initial=0))
    if largest * int(np.bincount(owner).max(initial=0)) <= most:
        return
    sizes = np.where(figure.known, np.abs(figure.values), 0).astype(np.float64)
    if np.bincount(owner, sizes, count).max(initial=0) > most * (1 - 1e-12):
        raise NotPlain(spec.name)


def _arrow(to: Frame, name: str, spec: ColumnSpec, array: Any) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(array.type):
        return
    if spec.type == "text":
        to.texts[name] = _arrow_text(name, spec, array)
        return
    known = _validity(array)
    try:
        if spec.type == "date":
            plain = pa.types.is_date(array.type)
            array = array if array.type == pa.date32() else pc.cast(array, pa.date32())
            if plain:
                to.figures[name] = Figures(_plain(array, np.int32), known)
                return
        elif spec.type == "bool":
            if not pa.types.is_boolean(array.type):
                raise NotPlain(name)
            values = array.fill_null(False).to_numpy(zero_copy_only=False)
            to.figures[name] = Figures(values, known)
            return
        elif spec.unit == units.POINTS:
            plain = pa.types.is_floating(array.type) or pa.types.is_integer(array.type)
            array = pc.multiply(pc.cast(array, pa.float64()), float(units.POINT))
        else:
            plain = pa.types.is_integer(array.type)
        if not plain:
            raise NotPlain(name)
        array = array if array.type == pa.int64() else pc.cast(array, pa.int64())
        values = _plain(array, np.int64)
    except pa.ArrowException as error:
        raise NotPlain(name) from error
    _check(name, spec, values)
    to.figures[name] = Figures(values, known)


def _arrow_text(name: str, spec: ColumnSpec, array: Any) -> Texts:
    import pyarrow as pa

    if not pa.types.is_dictionary(array.type):
        if not pa.types.is_string(array.type) and not pa.types.is_large_string(array.type):
            raise NotPlain(name)
        array = array.dictionary_encode()
    said = array.dictionary.to_pylist()
    words: dict[str, int] = {}
    codes = np.full(len(said) + 1, -1, np.int32)  # the last for what is not given
    for at, word in enumerate(said):
        text = str(word).strip()
        code = schema().code_of(spec, text) if spec.words and text else text
        if code is None and spec.words == "industry":
            raise NotPlain(name)
        if code:
            codes[at] = words.setdefault(code, len(words))
    places = np.asarray(array.indices.fill_null(len(said)))
    return Texts(codes[places], tuple(words))


def _check(name: str, spec: ColumnSpec, values: Numbers) -> None:
    if spec.type == "date" or not len(values):
        return
    least, most = int(values.min()), int(values.max())
    money = spec.unit in (units.FEN, units.CENTS)
    limit = FEN_MAX if money else COUNT_MAX
    if spec.unit == units.POINTS:
        limit = POINTS_MAX * units.POINT
    if most > limit or least < (-limit if money else 0):
        raise NotPlain(name)
    if spec.unit == units.YEARS and (most >= YEARS.stop or least and least < YEARS.start):
        raise NotPlain(name)


def _plain(array: Any, kind: Any) -> NDArray[Any]:
    """The numbers as they lie in memory: whatever stands where none is known, nobody reads."""
    found = np.frombuffer(array.buffers()[1], kind) if len(array) else np.zeros(0, kind)
    return found[array.offset : array.offset + len(array)]


def _validity(array: Any) -> Truths:
    if not array.null_count:
        return np.bool_(True)  # type: ignore[return-value]
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    first, last = array.offset, array.offset + len(array)
    whole = np.unpackbits(bits[first // 8 : -(-last // 8)], bitorder="little").view(np.bool_)
    return whole[first % 8 : first % 8 + len(array)]
