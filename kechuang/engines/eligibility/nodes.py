"""The meaning of a rule: each node says its value for one row, and the same in SQL.

A row is a flat mapping (`returns.2022.revenue_fen`, `ip` as a list of mappings, `judged.CODE`);
None is unknown everywhere. What a node means in Python and in PostgreSQL stands side by side, so
that one cannot be changed without the other. Whole numbers only: a ratio is two of them (`Ratio`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from kechuang.engines.eligibility import units

Row = Mapping[str, Any]
BIGINT = 2**63 - 1
FEN_MAX = 10**16  # a hundred thousand billion yuan; what is read is held to it
COUNT_MAX = 10**9
ROWS_MAX = 10**4  # rows of one list of one enterprise


class Writer(Protocol):
    """Collects the columns that a query needs; each method gives the name of one."""

    def column(self, name: str) -> str: ...

    def series(self, name: str, year: int) -> str: ...

    def row_column(self, rows: str, expression: str) -> str: ...

    def aggregate(self, rows: str, expression: str, empty: str) -> str: ...

    def flag(self, rows: str, condition: str) -> tuple[str, int]: ...

    def define(self, expression: str) -> str: ...


class Node:
    """A part of a rule. `value` and `sql` agree on every row, unknown included."""

    bound = COUNT_MAX

    def children(self) -> Sequence["Node"]:
        return ()

    def value(self, row: Row) -> Any:
        raise NotImplementedError

    def sql(self, to: Writer) -> str:
        raise NotImplementedError

    def rough(self, to: Writer) -> tuple[str, str]:
        """The figure as a float, and the size of what its rounding can come from."""
        plain = f"({self.sql(to)})::float8"
        return plain, f"abs({plain})"

    def missing(self, row: Row) -> set[str]:
        """The columns for want of which the value is unknown."""
        if self.value(row) is not None:
            return set()
        return {name for child in self.children() for name in child.missing(row)}


def typed(sql: str, bound: int) -> str:
    """A factor made numeric where the product could pass a bigint."""
    return f"({sql})::numeric" if bound > BIGINT else sql


# --- leaves -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Const(Node):
    """A whole number, a text, a date or a truth that the rule itself says."""

    said: int | str | bool | date

    def __post_init__(self) -> None:
        if isinstance(self.said, int):
            object.__setattr__(self, "bound", abs(self.said))

    def value(self, row: Row) -> Any:
        return self.said

    def sql(self, to: Writer) -> str:
        return literal(self.said)


def literal(said: int | str | bool | date) -> str:
    """A constant in SQL."""
    if isinstance(said, bool):
        return "TRUE" if said else "FALSE"
    if isinstance(said, int):
        return f"{said}::bigint" if abs(said) <= BIGINT else f"{said}::numeric"
    if isinstance(said, date):
        return f"DATE '{said.isoformat()}'"
    return "'" + said.replace("'", "''") + "'"


@dataclass(frozen=True)
class Column(Node):
    """A column of the enterprise itself, or of the row of a list that a filter looks at."""

    name: str
    inside: bool = False
    bound: int = COUNT_MAX

    def value(self, row: Row) -> Any:
        return row.get(self.name)

    def sql(self, to: Writer) -> str:
        return f"t.{self.name}" if self.inside else to.column(self.name)

    def missing(self, row: Row) -> set[str]:
        return {self.name} if row.get(self.name) is None else set()


@dataclass(frozen=True)
class Series(Node):
    """A figure of a yearly return; before the year of registration there was none: 0."""

    name: str
    year: int
    bound: int = FEN_MAX
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"returns.{self.year}.{self.name}")

    def value(self, row: Row) -> int | None:
        found = row.get(self.key)
        if found is None:
            registered = row.get("registered_date")
            return 0 if registered is not None and registered.year > self.year else None
        return int(found)

    def sql(self, to: Writer) -> str:
        return to.series(self.name, self.year)

    def missing(self, row: Row) -> set[str]:
        return {self.key} if self.value(row) is None else set()


# --- arithmetic of whole numbers ------------------------------------------------------------


@dataclass(frozen=True)
class Sum(Node):
    """left + right, or left - right; a second right negative is a sum."""

    left: Node
    right: Node
    sign: int = 1
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", self.left.bound + self.right.bound)

    def children(self) -> Sequence[Node]:
        return (self.left, self.right)

    def value(self, row: Row) -> int | None:
        left, right = self.left.value(row), self.right.value(row)
        return None if left is None or right is None else left + self.sign * right

    def sql(self, to: Writer) -> str:
        sign = "+" if self.sign > 0 else "-"
        return f"({typed(self.left.sql(to), self.bound)} {sign} {self.right.sql(to)})"

    def rough(self, to: Writer) -> tuple[str, str]:
        (left, left_size), (right, right_size) = self.left.rough(to), self.right.rough(to)
        return f"({left} {'+' if self.sign > 0 else '-'} {right})", f"({left_size} + {right_size})"


@dataclass(frozen=True)
class Product(Node):
    """left * right, in numeric where it could pass a bigint."""

    left: Node
    right: Node
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", self.left.bound * self.right.bound)

    def children(self) -> Sequence[Node]:
        return (self.left, self.right)

    def value(self, row: Row) -> int | None:
        left, right = self.left.value(row), self.right.value(row)
        return None if left is None or right is None else left * right

    def sql(self, to: Writer) -> str:
        return f"({typed(self.left.sql(to), self.bound)} * {self.right.sql(to)})"

    def rough(self, to: Writer) -> tuple[str, str]:
        (left, left_size), (right, right_size) = self.left.rough(to), self.right.rough(to)
        return f"({left} * {right})", f"({left_size} * {right_size})"


@dataclass(frozen=True)
class Extreme(Node):
    """The smaller or larger of two; unknown where either is (SQL's own would swallow it)."""

    left: Node
    right: Node
    largest: bool
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", max(self.left.bound, self.right.bound))

    def children(self) -> Sequence[Node]:
        return (self.left, self.right)

    def value(self, row: Row) -> int | None:
        left, right = self.left.value(row), self.right.value(row)
        if left is None or right is None:
            return None
        return int(max(left, right) if self.largest else min(left, right))

    def sql(self, to: Writer) -> str:
        sides = {to.define(one.sql(to)): one for one in (self.left, self.right)}
        name = "GREATEST" if self.largest else "LEAST"
        may_lack = [f"{sql} IS NULL" for sql, one in sides.items() if not isinstance(one, Const)]
        plain = f"{name}({', '.join(sides)})"
        return (
            f"CASE WHEN {' OR '.join(may_lack)} THEN NULL ELSE {plain} END" if may_lack else plain
        )


@dataclass(frozen=True)
class Either(Node):
    """One thing where a condition holds, else another; unknown where the condition is."""

    condition: Node
    yes: Node
    no: Node
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", max(self.yes.bound, self.no.bound))

    def children(self) -> Sequence[Node]:
        return (self.condition, self.yes, self.no)

    def value(self, row: Row) -> Any:
        holds = self.condition.value(row)
        if holds is None:
            return None
        return self.yes.value(row) if holds else self.no.value(row)

    def missing(self, row: Row) -> set[str]:
        holds = self.condition.value(row)
        if holds is None:
            return self.condition.missing(row)
        return self.yes.missing(row) if holds else self.no.missing(row)

    def sql(self, to: Writer) -> str:
        condition = to.define(self.condition.sql(to))
        return (
            f"CASE WHEN ({condition}) THEN {self.yes.sql(to)} "
            f"WHEN NOT ({condition}) THEN {self.no.sql(to)} END"
        )


@dataclass(frozen=True)
class Known(Node):
    """A figure, or the one that the rule names for rows that do not have it."""

    first: Node
    second: Node
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", max(self.first.bound, self.second.bound))

    def children(self) -> Sequence[Node]:
        return (self.first, self.second)

    def value(self, row: Row) -> Any:
        first = self.first.value(row)
        return self.second.value(row) if first is None else first

    def missing(self, row: Row) -> set[str]:
        return self.second.missing(row) if self.value(row) is None else set()

    def sql(self, to: Writer) -> str:
        return f"COALESCE({self.first.sql(to)}, {self.second.sql(to)})"


@dataclass(frozen=True)
class DaysSince(Node):
    """Calendar days from a date to the day of the evaluation."""

    since: Node
    day: date

    def children(self) -> Sequence[Node]:
        return (self.since,)

    def value(self, row: Row) -> int | None:
        since = self.since.value(row)
        return None if since is None else (self.day - since).days

    def sql(self, to: Writer) -> str:
        return f"({literal(self.day)} - {self.since.sql(to)})::bigint"


@dataclass(frozen=True)
class YearOf(Node):
    """The calendar year of a date."""

    day: Node
    bound = 10_000

    def children(self) -> Sequence[Node]:
        return (self.day,)

    def value(self, row: Row) -> int | None:
        day = self.day.value(row)
        return None if day is None else int(day.year)

    def sql(self, to: Writer) -> str:
        return f"date_part('year', {self.day.sql(to)})::int"


# --- ratios -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ratio:
    """A number as `top / bottom`, never divided; `guards` are the parts that must be above 0."""

    top: Node
    bottom: Node
    unit: units.Unit
    guards: tuple[Node, ...] = ()

    def nodes(self) -> tuple[Node, ...]:
        return (self.top, self.bottom, *self.guards)

    def is_whole(self) -> bool:
        return isinstance(self.bottom, Const) and self.bottom.said == 1


def product(left: Node, right: Node) -> Node:
    """left * right; nothing to do where one is 1."""
    if isinstance(left, Const) and isinstance(right, Const):
        return Const(int(left.said) * int(right.said))  # type: ignore[arg-type]
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Const) and one.said == 1:
            return other
    return Product(left, right)


def total(left: Ratio, right: Ratio, sign: int = 1) -> Ratio:
    """The sum or difference of two ratios of one unit, over a common bottom."""
    guards = left.guards + tuple(one for one in right.guards if one not in left.guards)
    if left.bottom == right.bottom:
        return Ratio(Sum(left.top, right.top, sign), left.bottom, left.unit, guards)
    return Ratio(
        Sum(product(left.top, right.bottom), product(right.top, left.bottom), sign),
        product(left.bottom, right.bottom), left.unit, guards,
    )  # fmt: skip


def times(left: Ratio, right: Ratio) -> Ratio:
    """The product of two ratios."""
    return Ratio(
        product(left.top, right.top), product(left.bottom, right.bottom),
        units.times(left.unit, right.unit), left.guards + right.guards,
    )  # fmt: skip


def divided(left: Ratio, right: Ratio) -> Ratio:
    """left / right; what must be above 0 is kept as a guard, unless the rule says the number."""
    fixed = isinstance(right.top, Const)
    return Ratio(
        product(left.top, right.bottom), product(left.bottom, right.top),
        units.times(left.unit, right.unit, -1),
        left.guards + right.guards + (() if fixed else (right.top,)),
    )  # fmt: skip


def guarded(guards: Sequence[Node], to: Writer) -> str:
    """SQL that is true where a bottom is 0 or less."""
    return " OR ".join(f"{one.sql(to)} <= 0" for one in guards)


def is_guarded(guards: Sequence[Node], row: Row) -> bool:
    """True where a bottom is known and 0 or less."""
    return any((found := one.value(row)) is not None and found <= 0 for one in guards)
