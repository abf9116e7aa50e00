"""Over the dated rows of a list: sum, count, any, latest, largest; with a filter.

A list that is not given is unknown; an empty one has no rows. A row of which the filter cannot be
decided makes a sum unknown; `any` is true as soon as one row is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kechuang.engines.eligibility.nodes import ROWS_MAX, Node, Row, Writer

INT = 2**31 - 1
NO_FIGURE = 2**62  # comes before every figure, whose size is held below it


def _rows(name: str, row: Row) -> Sequence[Row] | None:
    found: Sequence[Row] | None = row.get(name)
    return found


def _missing_inside(name: str, row: Row, nodes: Sequence[Node]) -> set[str]:
    rows = _rows(name, row)
    if rows is None:
        return {name}
    return {f"{name}.{one}" for each in rows for node in nodes for one in node.missing(each)}


@dataclass(frozen=True)
class AnyRow(Node):
    """True where a row passes the filter."""

    rows: str
    condition: Node
    text: str = ""

    def value(self, row: Row) -> bool | None:
        rows = _rows(self.rows, row)
        if rows is None:
            return None
        result: bool | None = False
        for each in rows:
            found = self.condition.value(each)
            if found is True:
                return True
            if found is None:
                result = None
        return result

    def missing(self, row: Row) -> set[str]:
        if self.value(row) is not None:
            return set()
        return _missing_inside(self.rows, row, [self.condition])

    def bits(self, to: Writer) -> tuple[str, int]:
        """A word, and where in it the answer stands: 3 holds, 1 unknown, 0 does not."""
        return to.flag(self.rows, self.condition.sql(to))

    def sql(self, to: Writer) -> str:
        bits, at = self.bits(to)
        return to.define(
            f"CASE WHEN {bits} & {2 << at} <> 0 THEN TRUE "
            f"WHEN {bits} & {1 << at} = 0 THEN FALSE END"
        )


@dataclass(frozen=True)
class _Figure(Node):
    """A figure of the rows that pass a filter, held to what one amount is held to."""

    rows: str
    amount: Node
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", self.amount.bound)


@dataclass(frozen=True)
class SumOf(_Figure):
    """The sum over the rows that pass the filter; 0 where none does."""

    condition: Node

    def value(self, row: Row) -> int | None:
        rows = _rows(self.rows, row)
        if rows is None:
            return None
        found = 0
        for each in rows:
            holds = self.condition.value(each)
            if holds is False:
                continue
            amount = self.amount.value(each)
            if holds is None or amount is None:
                return None
            found += amount
        return found

    def missing(self, row: Row) -> set[str]:
        if self.value(row) is not None:
            return set()
        rows = _rows(self.rows, row)
        if rows is None:
            return {self.rows}
        passed = [each for each in rows if self.condition.value(each) is not False]
        return _missing_inside(self.rows, {self.rows: passed}, [self.condition, self.amount])

    def sql(self, to: Writer) -> str:
        condition, figure = self.condition.sql(to), self.amount.sql(to)
        if self.amount.bound <= INT:
            figure = f"({figure})::int"  # its sum is a bigint, not a numeric
        holds = to.row_column(self.rows, condition)
        amount = to.row_column(self.rows, f"CASE WHEN {condition} THEN {figure} END")
        return to.aggregate(
            self.rows,
            f"CASE WHEN bool_or({holds} IS NULL OR ({holds} AND {amount} IS NULL)) THEN NULL "
            f"ELSE COALESCE(sum({amount}), 0)::bigint END",
            "0",
        )


@dataclass(frozen=True)
class LatestOf(_Figure):
    """The figure of the latest row that passes the filter; unknown where that row has none.

    Of two rows of one day the one without a figure comes first, then the smaller one. `none` is
    what holds where no row passes.
    """

    day: Node
    condition: Node
    none: int

    def value(self, row: Row) -> int | None:
        rows = _rows(self.rows, row)
        if rows is None:
            return None
        best: tuple[Any, int | None] | None = None
        for each in rows:
            holds = self.condition.value(each)
            if holds is False:
                continue
            day, amount = self.day.value(each), self.amount.value(each)
            if holds is None or day is None:
                return None
            if best is None or day > best[0] or (day == best[0] and _before(amount, best[1])):
                best = (day, amount)
        return self.none if best is None else best[1]

    def missing(self, row: Row) -> set[str]:
        if self.value(row) is not None:
            return set()
        return _missing_inside(self.rows, row, [self.condition, self.day, self.amount])

    def sql(self, to: Writer) -> str:
        condition, amount, day = (one.sql(to) for one in (self.condition, self.amount, self.day))
        holds = to.row_column(self.rows, condition)
        dated = to.row_column(self.rows, f"(({condition}) AND {day} IS NULL)")
        # the latest day first, then a row without a figure, then the smaller figure
        both = to.row_column(
            self.rows,
            f"CASE WHEN {condition} THEN ARRAY[({day} - DATE '2000-01-01')::bigint, "
            f"COALESCE(-({amount}), {NO_FIGURE})] END",
        )
        return to.aggregate(
            self.rows,
            f"CASE WHEN bool_or({holds} IS NULL OR {dated}) THEN NULL "
            f"WHEN NOT bool_or({holds}) THEN {self.none} "
            f"ELSE -NULLIF((max({both}))[2], {NO_FIGURE}) END",
            str(self.none),
        )


def _before(amount: int | None, other: int | None) -> bool:
    return other is not None and (amount is None or amount < other)


@dataclass(frozen=True)
class CountOf(Node):
    """How many rows pass the filter."""

    rows: str
    condition: Node
    bound = ROWS_MAX

    def value(self, row: Row) -> int | None:
        rows = _rows(self.rows, row)
        if rows is None:
            return None
        found = [self.condition.value(each) for each in rows]
        return None if None in found else sum(found)

    def missing(self, row: Row) -> set[str]:
        if self.value(row) is not None:
            return set()
        return _missing_inside(self.rows, row, [self.condition])

    def sql(self, to: Writer) -> str:
        holds = to.row_column(self.rows, self.condition.sql(to))
        return to.aggregate(
            self.rows,
            f"CASE WHEN bool_or({holds} IS NULL) THEN NULL "
            f"ELSE count(*) FILTER (WHERE {holds}) END",
            "0",
        )
