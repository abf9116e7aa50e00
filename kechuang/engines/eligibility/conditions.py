"""Conditions: true, false, unknown. And, or and not after Kleene, as PostgreSQL has them."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kechuang.engines.eligibility.lists import AnyRow
from kechuang.engines.eligibility.nodes import (
    Column,
    Node,
    Ratio,
    Row,
    Writer,
    guarded,
    is_guarded,
    literal,
    product,
)

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "<>": operator.ne,
}  # fmt: skip


@dataclass(frozen=True)
class Comparison(Node):
    """Two ratios compared by cross-multiplying; with a bottom of 0 or less it does not hold."""

    left: Ratio
    sign: str
    right: Ratio
    text: str = ""

    guards: tuple[Node, ...] = field(init=False, repr=False)
    sides: tuple[Node, Node] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        guards = self.left.guards + self.right.guards
        object.__setattr__(self, "guards", guards)
        sides = (
            product(self.left.top, self.right.bottom),
            product(self.right.top, self.left.bottom),
        )
        object.__setattr__(self, "sides", sides)

    def children(self) -> Sequence[Node]:
        return (*self.left.nodes(), *self.right.nodes())

    def value(self, row: Row) -> bool | None:
        if is_guarded(self.guards, row):
            return False
        left, right = self.sides[0].value(row), self.sides[1].value(row)
        if left is None or right is None:
            return None
        return OPERATORS[self.sign](left, right)

    def sql(self, to: Writer) -> str:
        left, right = (side.sql(to) for side in self.sides)
        plain = f"({left} {self.sign} {right})"
        if not self.guards:
            return plain
        return f"(CASE WHEN {guarded(self.guards, to)} THEN FALSE ELSE {plain} END)"


@dataclass(frozen=True)
class Same(Node):
    """Dates or texts compared."""

    left: Node
    sign: str
    right: Node
    text: str = ""

    def children(self) -> Sequence[Node]:
        return (self.left, self.right)

    def value(self, row: Row) -> bool | None:
        left, right = self.left.value(row), self.right.value(row)
        return None if left is None or right is None else OPERATORS[self.sign](left, right)

    def sql(self, to: Writer) -> str:
        return f"({self.left.sql(to)} {self.sign} {self.right.sql(to)})"


@dataclass(frozen=True)
class OneOf(Node):
    """A text that is one of a list, or that begins with one of a list."""

    text_node: Node
    words: tuple[str, ...]
    begins: bool = False
    text: str = ""

    def children(self) -> Sequence[Node]:
        return (self.text_node,)

    def value(self, row: Row) -> bool | None:
        found = self.text_node.value(row)
        if found is None:
            return None
        return found.startswith(self.words) if self.begins else found in self.words

    def sql(self, to: Writer) -> str:
        found = self.text_node.sql(to)
        if not self.begins:
            return f"({found} IN ({', '.join(map(literal, self.words))}))"
        by_length: dict[int, list[str]] = {}
        for word in self.words:
            by_length.setdefault(len(word), []).append(word)
        return "(" + " OR ".join(
            f"{to.define(f'left({found}, {length})')} IN ({', '.join(map(literal, words))})"
            for length, words in by_length.items()
        ) + ")"  # fmt: skip


@dataclass(frozen=True)
class Absent(Node):
    """True where a date of a list's row is not given, which there means: has no end."""

    column: Column

    def value(self, row: Row) -> bool:
        return self.column.value(row) is None

    def sql(self, to: Writer) -> str:
        return f"({self.column.sql(to)} IS NULL)"


@dataclass(frozen=True)
class All(Node):
    """Every one holds: false where one is false, else unknown where one is unknown."""

    parts: tuple[Node, ...]

    def children(self) -> Sequence[Node]:
        return self.parts

    def value(self, row: Row) -> bool | None:
        result: bool | None = True
        for part in self.parts:
            found = part.value(row)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    def sql(self, to: Writer) -> str:
        return "(" + " AND ".join(part.sql(to) for part in self.parts) + ")"


@dataclass(frozen=True)
class Any_(Node):
    """One holds: true where one is true, else unknown where one is unknown."""

    parts: tuple[Node, ...]

    def children(self) -> Sequence[Node]:
        return self.parts

    def value(self, row: Row) -> bool | None:
        result: bool | None = False
        for part in self.parts:
            found = part.value(row)
            if found is True:
                return True
            if found is None:
                result = None
        return result

    def sql(self, to: Writer) -> str:
        one = merged(self)
        if not isinstance(one, Any_):
            return one.sql(to)
        return "(" + " OR ".join(part.sql(to) for part in one.parts) + ")"


@dataclass(frozen=True)
class Not(Node):
    """Does not hold; unknown stays unknown."""

    part: Node

    def children(self) -> Sequence[Node]:
        return (self.part,)

    def value(self, row: Row) -> bool | None:
        found = self.part.value(row)
        return None if found is None else not found

    def sql(self, to: Writer) -> str:
        return f"(NOT {self.part.sql(to)})"


# --- in SQL -------------------------------------------------------------------------------------


def merged(node: Node) -> Node:
    """One question of a list instead of several joined by `or`."""
    if not isinstance(node, Any_):
        return node
    by_list: dict[str, list[Node]] = {}
    parts: list[Node] = []
    for part in node.parts:
        if isinstance(part, AnyRow):
            by_list.setdefault(part.rows, []).append(part.condition)
        else:
            parts.append(part)
    for rows, found in by_list.items():
        parts.append(AnyRow(rows, Any_(tuple(found)) if len(found) > 1 else found[0]))
    return parts[0] if len(parts) == 1 else Any_(tuple(parts))


def state_of(node: Node, to: Writer) -> str:
    """The answer of a condition: 3 where it holds, 0 where it does not, else 1."""
    node = merged(node)
    if isinstance(node, AnyRow):
        bits, at = node.bits(to)
        return f"({bits} >> {at} & 3)"
    if isinstance(node, Not) and isinstance(part := merged(node.part), AnyRow):
        bits, at = part.bits(to)
        twice = f"{bits} >> {at - 1} & 6" if at else f"{bits} << 1 & 6"
        return f"(7 >> ({twice}) & 3)"  # 3, 1 and 0 out of 0, 1 and 3
    return f"COALESCE(({node.sql(to)})::int * 3, 1)"


def cases(node: Node, to: Writer, yes: str, no: str, unknown: str) -> str:
    """One thing where a condition holds, one where it does not, one where nobody knows."""
    node = merged(node)
    if isinstance(node, AnyRow):
        return f"CASE {state_of(node, to)} WHEN 3 THEN {yes} WHEN 0 THEN {no} ELSE {unknown} END"
    holds = to.define(node.sql(to))
    return f"CASE WHEN {holds} THEN {yes} WHEN NOT {holds} THEN {no} ELSE {unknown} END"
