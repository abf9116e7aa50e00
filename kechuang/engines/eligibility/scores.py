"""Points as intervals: what is missing or not yet judged counts from its least to its most.

The value of a score is (low, high, missing): `missing` says that a datum is wanted; where it is
false and low < high, experts' points decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from kechuang.engines.eligibility.conditions import OPERATORS, cases
from kechuang.engines.eligibility.nodes import (
    BIGINT,
    Const,
    Node,
    Ratio,
    Row,
    Writer,
    guarded,
    is_guarded,
    product,
)

Points = tuple[int, int, bool]
NEAR = 2.0**-40
BITS = 20  # in SQL points are one number: the lower end, the higher end, what is missing
MASK = 2**BITS - 1
MISSING = 1 << 2 * BITS


def packed(low: int, high: int, missing: bool = False) -> int:
    """Points as SQL carries them, so that a sum is one addition.

    >>> unpacked(packed(70, 80, True) + packed(0, 40))
    (70, 120, True)
    """
    if not 0 <= low <= high <= MASK:
        raise ValueError(f"points {low} to {high}")
    return low + (high << BITS) + (MISSING if missing else 0)


def unpacked(points: int) -> Points:
    """Both ends, and whether a datum is wanted."""
    return points & MASK, points >> BITS & MASK, points >= MISSING


def low_of(points: str) -> str:
    return f"({points} & {MASK})"


def high_of(points: str) -> str:
    return f"({points} >> {BITS} & {MASK})"


def _joined(low: str, high: str, missing: str) -> str:
    """The packed points of both ends; `missing` counts only where they differ."""
    wanted = f"CASE WHEN {low} < {high} AND {missing} THEN {MISSING} ELSE 0 END"
    return f"({low} + ({high} << {BITS}) + {wanted})"


def _literal(low: int, high: int, missing: bool = False) -> str:
    return f"{packed(low, high, missing)}::bigint"


@dataclass(frozen=True)
class Choice(Node):
    """The whole number of the first band that holds; `values[-1]` where none does.

    A bottom of 0 or less takes `values[-1]`, or is unknown where the rule leaves it to a person.
    """

    figure: Ratio
    bands: tuple[tuple[str, Fraction], ...]
    values: tuple[int, ...]
    left_to_a_person: bool = False
    bound: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bound", max(map(abs, self.values)))

    def children(self) -> Sequence[Node]:
        return self.figure.nodes()

    def value(self, row: Row) -> int | None:
        if is_guarded(self.figure.guards, row):
            return None if self.left_to_a_person else self.values[-1]
        top, bottom = self.figure.top.value(row), self.figure.bottom.value(row)
        if top is None or bottom is None:
            return None
        for (sign, limit), value in zip(self.bands, self.values, strict=False):
            if OPERATORS[sign](top * limit.denominator, limit.numerator * bottom):
                return value
        return self.values[-1]

    def missing(self, row: Row) -> set[str]:
        if self.value(row) is not None:
            return set()
        found = {name for child in self.children() for name in child.missing(row)}
        return found or {name for one in self.figure.guards for name in columns_of(one)}

    def sql(self, to: Writer) -> str:
        cases = []
        if self.figure.guards:
            then = "NULL" if self.left_to_a_person else str(self.values[-1])
            cases.append(f"WHEN {guarded(self.figure.guards, to)} THEN {then}")
        if self._scale():
            return self._by_quotient(guarded(self.figure.guards, to), to)
        limits = [one.denominator for _, one in self.bands]
        largest = max(self.figure.top.bound, self.figure.bottom.bound) * max(limits, default=1)
        if largest > BIGINT:
            return to.define(f"CASE {' '.join(cases)} {self._roughly(to)} END")
        top, bottom = (_once(one, to) for one in (self.figure.top, self.figure.bottom))
        unknown = " OR ".join(
            f"{one.sql(to)} IS NULL" for one in (top, bottom) if not isinstance(one, Const)
        )
        cases.append(f"WHEN {unknown or 'FALSE'} THEN NULL")
        return to.define(f"CASE {' '.join(cases)} {self._exactly(top, bottom, to)} END")

    def _scale(self) -> int:
        """By what to multiply so that whole quotients tell the bands apart; 0 where none does.

        Of a top and a bottom above 0, top / bottom >= n / d where the quotient of top * d and
        bottom, rounded towards zero, is n or more; so for all bands of a common denominator.
        """
        scale = lcm(*(limit.denominator for _, limit in self.bands))
        fits = not isinstance(self.figure.bottom, Const) and self.figure.guards
        plain = all(sign == ">=" and limit > 0 for sign, limit in self.bands)
        return scale if fits and plain and self.figure.top.bound * scale <= BIGINT else 0

    def _by_quotient(self, guards: str, to: Writer) -> str:
        scale = self._scale()
        top = product(self.figure.top, Const(scale)).sql(to)
        then = "NULL" if self.left_to_a_person else "-1"
        whole = to.define(
            f"CASE WHEN {guards} THEN {then} ELSE {top} / {self.figure.bottom.sql(to)} END"
        )
        found = [
            f"WHEN {whole} >= {limit * scale} THEN {value}"
            for (_, limit), value in zip(self.bands, self.values, strict=False)
        ]
        return to.define(
            f"CASE {' '.join(found)} WHEN {whole} IS NOT NULL THEN {self.values[-1]} END"
        )

    def _exactly(self, top: Node, bottom: Node, to: Writer) -> str:
        cases = []
        for (sign, limit), value in zip(self.bands, self.values, strict=False):
            left = product(top, Const(limit.denominator)).sql(to)
            right = product(bottom, Const(limit.numerator)).sql(to)
            cases.append(f"WHEN {left} {sign} {right} THEN {value}")
        return f"{' '.join(cases)} ELSE {self.values[-1]}"

    def _roughly(self, to: Writer) -> str:
        """Where products pass a bigint: by floats where no limit is near, else exactly.

        The error of the float is below 2^-40 of the size of what is summed: many times what a
        handful of roundings of 2^-53 can make.
        """
        top, size = self.figure.top.rough(to)
        bottom = f"NULLIF({self.figure.bottom.rough(to)[0]}, 0)"
        about = to.define(f"({top} / {bottom})")
        error = to.define(f"(({size} / abs({bottom}) + 1) * {NEAR!r}::float8)")
        far, cases = [], []
        for (sign, limit), value in zip(self.bands, self.values, strict=False):
            close = f"{float(limit)!r}::float8"
            far.append(f"abs({about} - {close}) > {error}")
            cases.append(f"WHEN {about} {sign} {close} THEN {value}")
        exact = self._exactly(self.figure.top, self.figure.bottom, to)
        return (
            f"WHEN {about} IS NULL THEN NULL WHEN {' AND '.join(far)} "
            f"THEN CASE {' '.join(cases)} ELSE {self.values[-1]} END "
            f"ELSE CASE {exact} END"
        )


def columns_of(node: Node) -> set[str]:
    """The columns that a figure is made of, whether known or not; looked for once."""
    found: set[str] | None = node.__dict__.get("columns")
    if found is None:
        own = next(filter(None, (getattr(node, key, None) for key in ("key", "rows", "name"))), "")
        found = {str(own)} if own else set()
        found = found.union(*(columns_of(child) for child in node.children()))
        object.__setattr__(node, "columns", found)
    return found


@dataclass(frozen=True)
class _Named(Node):
    """What a query has already worked out under a name."""

    name: str
    bound: int

    def sql(self, to: Writer) -> str:
        return self.name


def _once(node: Node, to: Writer) -> Node:
    """A figure that several bands compare is worked out once."""
    return _Named(to.define(node.sql(to)), node.bound) if node.children() else node


class Score:
    """Points that a row gets; `value` and `sql` agree on every row.

    A datum is wanted only where it could change the points: where the two ends differ.
    """

    most = 0

    def children(self) -> Sequence["Score"]:
        return ()

    def value(self, row: Row) -> Points:
        raise NotImplementedError

    def sql(self, to: Writer) -> str:
        """The points as one number (`packed`)."""
        raise NotImplementedError

    def missing(self, row: Row) -> set[str]:
        """The columns for want of which the points are not known."""
        if not self.value(row)[2]:
            return set()
        return {name for child in self.children() for name in child.missing(row)}

    def awaited(self, row: Row) -> set[str]:
        """The criteria that experts have yet to judge."""
        low, high, _ = self.value(row)
        if low == high:
            return set()
        return {name for child in self.children() for name in child.awaited(row)}


@dataclass(frozen=True)
class Fixed(Score):
    """Points that do not depend on the row; an interval where a person chooses."""

    low: int
    high: int

    @property
    def most(self) -> int:  # type: ignore[override]
        return self.high

    def value(self, row: Row) -> Points:
        return self.low, self.high, False

    def sql(self, to: Writer) -> str:
        return _literal(self.low, self.high)


@dataclass(frozen=True)
class Steps(Score):
    """Points by bands of a figure."""

    low: Choice
    high: Choice

    @property
    def most(self) -> int:  # type: ignore[override]
        return max(self.high.values)

    def value(self, row: Row) -> Points:
        low = self.low.value(row)
        if low is None:
            least, most = min(self.low.values), max(self.high.values)
            return least, most, least < most
        if self.low is self.high:
            return low, low, False
        high = self.high.value(row)
        assert high is not None, "the two ends of a band are chosen alike"
        return low, high, False

    def missing(self, row: Row) -> set[str]:
        return self.low.missing(row)

    def sql(self, to: Writer) -> str:
        ends = zip(self.low.values, self.high.values, strict=True)
        both = replace(self.low, values=tuple(packed(low, high) for low, high in ends))
        least, most = min(self.low.values), max(self.high.values)
        return f"COALESCE({both.sql(to)}, {_literal(least, most, least < most)})"


@dataclass(frozen=True)
class Judged(Score):
    """Experts' points within what the data allow; points outside it are asked for again.

    Where a datum is missing nobody knows yet what it allows, so points do not decide before it.
    """

    code: str
    within: Score

    @property
    def most(self) -> int:  # type: ignore[override]
        return self.within.most

    @property
    def key(self) -> str:
        return f"judged.{self.code}"

    def children(self) -> Sequence[Score]:
        return (self.within,)

    def value(self, row: Row) -> Points:
        low, high, missing = self.within.value(row)
        given = row.get(self.key)
        if given is None or missing:
            return low, high, missing
        return (given, given, False) if low <= given <= high else (low, high, low < high)

    def missing(self, row: Row) -> set[str]:
        if not self.value(row)[2]:
            return set()
        return self.within.missing(row) if self.within.value(row)[2] else {self.key}

    def awaited(self, row: Row) -> set[str]:
        low, high, missing = self.value(row)
        return {self.code} if low < high and not missing else set()

    def sql(self, to: Writer) -> str:
        given, within = to.column(self.key), to.define(self.within.sql(to))
        twice = f"{given} * {packed(1, 1)}::bigint"
        if isinstance(self.within, Fixed):
            low, high = self.within.low, self.within.high
            return (
                f"CASE WHEN {given} IS NULL THEN {within} WHEN {given} BETWEEN {low} AND {high} "
                f"THEN {twice} ELSE {_literal(low, high, low < high)} END"
            )
        low_, high_ = low_of(within), high_of(within)
        return (
            f"CASE WHEN {given} IS NULL OR {within} >= {MISSING} THEN {within} "
            f"WHEN {given} BETWEEN {low_} AND {high_} THEN {twice} "
            f"WHEN {low_} < {high_} THEN {within} + {MISSING} ELSE {within} END"
        )


@dataclass(frozen=True)
class Together(Score):
    """The sum of several scores."""

    parts: tuple[Score, ...]

    @property
    def most(self) -> int:  # type: ignore[override]
        return sum(part.most for part in self.parts)

    def children(self) -> Sequence[Score]:
        return self.parts

    def value(self, row: Row) -> Points:
        found = [part.value(row) for part in self.parts]
        return (
            sum(one[0] for one in found), sum(one[1] for one in found),
            any(one[2] for one in found),
        )  # fmt: skip

    def sql(self, to: Writer) -> str:
        return "(" + " + ".join(to.define(part.sql(to)) for part in self.parts) + ")"


@dataclass(frozen=True)
class Best(Score):
    """The better of several scores, or with `least` the smaller: over intervals."""

    parts: tuple[Score, ...]
    least: bool = False

    @property
    def most(self) -> int:  # type: ignore[override]
        found = [part.most for part in self.parts]
        return min(found) if self.least else max(found)

    def children(self) -> Sequence[Score]:
        return self.parts

    def value(self, row: Row) -> Points:
        found = [part.value(row) for part in self.parts]
        choose = min if self.least else max
        low, high = choose(one[0] for one in found), choose(one[1] for one in found)
        return low, high, low < high and any(one[2] for one in found)

    def sql(self, to: Writer) -> str:
        found = [to.define(part.sql(to)) for part in self.parts]
        name = "LEAST" if self.least else "GREATEST"  # an interval's ends are never null
        low = to.define(f"{name}({', '.join(map(low_of, found))})")
        high = to.define(f"{name}({', '.join(map(high_of, found))})")
        return _joined(low, high, "(" + " OR ".join(f"{one} >= {MISSING}" for one in found) + ")")


@dataclass(frozen=True)
class Depending(Score):
    """One score where a condition holds, else another; either where the condition is unknown."""

    condition: Node
    yes: Score
    no: Score

    @property
    def most(self) -> int:  # type: ignore[override]
        return max(self.yes.most, self.no.most)

    def children(self) -> Sequence[Score]:
        return (self.yes, self.no)

    def value(self, row: Row) -> Points:
        holds = self.condition.value(row)
        if holds is not None:
            return self.yes.value(row) if holds else self.no.value(row)
        yes, no = self.yes.value(row), self.no.value(row)
        low, high = min(yes[0], no[0]), max(yes[1], no[1])
        return low, high, low < high

    def missing(self, row: Row) -> set[str]:
        holds = self.condition.value(row)
        if holds is None:
            return self.condition.missing(row)
        return self.yes.missing(row) if holds else self.no.missing(row)

    def awaited(self, row: Row) -> set[str]:
        holds = self.condition.value(row)
        if holds is None:
            return set()
        return self.yes.awaited(row) if holds else self.no.awaited(row)

    def sql(self, to: Writer) -> str:
        yes, no = to.define(self.yes.sql(to)), to.define(self.no.sql(to))
        low = f"LEAST({low_of(yes)}, {low_of(no)})"
        either = _joined(low, f"GREATEST({high_of(yes)}, {high_of(no)})", "TRUE")
        return cases(self.condition, to, yes, no, either)
