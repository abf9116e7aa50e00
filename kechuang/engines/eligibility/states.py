"""The four answers, and how they join: not met, unknown, to be judged, met.

They are the small numbers 0 to 3 in SQL as in Python. `and` takes the smallest: one that is not met
decides, and a datum that is wanted comes before the experts. `or` is met by one that is met; else
one that is unknown makes it unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kechuang.engines.eligibility.conditions import OPERATORS, state_of
from kechuang.engines.eligibility.nodes import Node, Row, Writer
from kechuang.engines.eligibility.scores import MISSING, Score, high_of, low_of

NOT_MET, UNKNOWN, TO_BE_JUDGED, MET = range(4)
NAMES = ("not_met", "unknown", "to_be_judged", "met")


class State(Node):
    """An answer for a row."""

    def value(self, row: Row) -> int:
        raise NotImplementedError

    def missing(self, row: Row) -> set[str]:
        if self.value(row) != UNKNOWN:
            return set()
        return {name for child in self.children() for name in child.missing(row)}

    def awaited(self, row: Row) -> set[str]:
        """The criteria that experts have yet to judge."""
        if self.value(row) != TO_BE_JUDGED:
            return set()
        return {
            name
            for child in self.children()
            if isinstance(child, State)
            for name in child.awaited(row)
        }


@dataclass(frozen=True)
class Holds(State):
    """The answer of a condition on data."""

    condition: Node

    def children(self) -> Sequence[Node]:
        return (self.condition,)

    def value(self, row: Row) -> int:
        found = self.condition.value(row)
        return UNKNOWN if found is None else MET if found else NOT_MET

    def sql(self, to: Writer) -> str:
        return state_of(self.condition, to)


@dataclass(frozen=True)
class Reached(State):
    """Whether points reach a limit: decided only where both ends of the interval agree."""

    score: Score
    sign: str
    limit: int
    text: str = ""

    def value(self, row: Row) -> int:
        low, high, missing = self.score.value(row)
        compare = OPERATORS[self.sign]
        if compare(low, self.limit):
            return MET
        if not compare(high, self.limit):
            return NOT_MET
        return UNKNOWN if missing else TO_BE_JUDGED

    def missing(self, row: Row) -> set[str]:
        return self.score.missing(row) if self.value(row) == UNKNOWN else set()

    def awaited(self, row: Row) -> set[str]:
        return self.score.awaited(row) if self.value(row) == TO_BE_JUDGED else set()

    def sql(self, to: Writer) -> str:
        points = to.define(self.score.sql(to))
        return (
            f"CASE WHEN {low_of(points)} {self.sign} {self.limit} THEN {MET} "
            f"WHEN NOT ({high_of(points)} {self.sign} {self.limit}) THEN {NOT_MET} "
            f"WHEN {points} >= {MISSING} THEN {UNKNOWN} ELSE {TO_BE_JUDGED} END"
        )


@dataclass(frozen=True)
class Passed(State):
    """What only a person can say: 0 is no, anything above is yes."""

    code: str

    @property
    def key(self) -> str:
        return f"judged.{self.code}"

    def value(self, row: Row) -> int:
        given = row.get(self.key)
        return TO_BE_JUDGED if given is None else MET if given > 0 else NOT_MET

    def awaited(self, row: Row) -> set[str]:
        return {self.code} if self.value(row) == TO_BE_JUDGED else set()

    def sql(self, to: Writer) -> str:
        given = to.column(self.key)
        return (
            f"CASE WHEN {given} IS NULL THEN {TO_BE_JUDGED} "
            f"WHEN {given} > 0 THEN {MET} ELSE {NOT_MET} END"
        )


@dataclass(frozen=True)
class Every(State):
    """All of several answers."""

    parts: tuple[State, ...]

    def children(self) -> Sequence[Node]:
        return self.parts

    def value(self, row: Row) -> int:
        return min(part.value(row) for part in self.parts)

    def sql(self, to: Writer) -> str:
        return f"LEAST({', '.join(to.define(part.sql(to)) for part in self.parts)})"


@dataclass(frozen=True)
class AnyState(State):
    """One of several answers."""

    parts: tuple[State, ...]

    def children(self) -> Sequence[Node]:
        return self.parts

    def value(self, row: Row) -> int:
        found = [part.value(row) for part in self.parts]
        most = max(found)
        return UNKNOWN if most != MET and UNKNOWN in found else most

    def sql(self, to: Writer) -> str:
        parts = [to.define(part.sql(to)) for part in self.parts]
        joined = ", ".join(parts)
        return (
            f"CASE WHEN {MET} IN ({joined}) THEN {MET} "
            f"WHEN {UNKNOWN} IN ({joined}) THEN {UNKNOWN} ELSE GREATEST({joined}) END"
        )


@dataclass(frozen=True)
class Opposite(State):
    """Met where the other is not, and the other way round."""

    part: State

    def children(self) -> Sequence[Node]:
        return (self.part,)

    def value(self, row: Row) -> int:
        found = self.part.value(row)
        return {NOT_MET: MET, MET: NOT_MET}.get(found, found)

    def sql(self, to: Writer) -> str:
        part = to.define(self.part.sql(to))
        return f"CASE {part} WHEN {MET} THEN {NOT_MET} WHEN {NOT_MET} THEN {MET} ELSE {part} END"


@dataclass(frozen=True)
class Criterion(State):
    """The answer of a named criterion, worked out once for a row (`@CODE`)."""

    code: str
    answer: State

    def children(self) -> Sequence[Node]:
        return (self.answer,)

    def value(self, row: Row) -> int:
        found = row.get(f"@{self.code}")
        return self.answer.value(row) if found is None else found

    def sql(self, to: Writer) -> str:
        return to.define(self.answer.sql(to))


@dataclass(frozen=True)
class Scored(Score):
    """The points of a named criterion, worked out once for a row (`@CODE`)."""

    code: str
    points: Score

    @property
    def most(self) -> int:  # type: ignore[override]
        return self.points.most

    def children(self) -> Sequence[Score]:
        return (self.points,)

    def value(self, row: Row) -> tuple[int, int, bool]:
        found = row.get(f"@{self.code}")
        return self.points.value(row) if found is None else found

    def sql(self, to: Writer) -> str:
        return to.define(self.points.sql(to))
