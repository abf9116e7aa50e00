"""Steps over columns for figures, conditions and rows of lists; points and answers stand above.

Each node becomes one step, worked out once however many criteria use it.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from typing import Any, TypeVar

import numpy as np

from kechuang.engines.eligibility import vectors
from kechuang.engines.eligibility.conditions import (
    Absent,
    All,
    Any_,
    Comparison,
    Not,
    OneOf,
    Same,
)
from kechuang.engines.eligibility.folding import by_day, folded
from kechuang.engines.eligibility.frames import EPOCH, Frame
from kechuang.engines.eligibility.lists import AnyRow, CountOf, LatestOf, SumOf
from kechuang.engines.eligibility.nodes import (
    BIGINT,
    Column,
    Const,
    DaysSince,
    Either,
    Extreme,
    Known,
    Node,
    Product,
    Series,
    Sum,
    YearOf,
    product,
)
from kechuang.engines.eligibility.schema import schema
from kechuang.engines.eligibility.scores import Choice

Step = tuple[Callable[..., Any], tuple[int, ...]]
COMPARE: dict[str, Any] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
    "=": np.equal, "<>": np.not_equal,
}  # fmt: skip


class NotColumnar(Exception):
    """A rule whose figures pass 64 bits where only the evaluator of one row can follow."""


MAKERS: dict[type, Callable[[Any, Any], int]] = {}
Make = TypeVar("Make", bound=Callable[..., int])


def makes_steps(kind: type) -> Callable[[Make], Make]:
    """Marks the method that makes the steps of a kind of node."""

    def mark(make: Make) -> Make:
        MAKERS[kind] = make
        return make

    return mark


class Stepping:
    """Collects the steps of nodes, and runs them over a frame."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.made: dict[Any, int] = {}
        self.read: dict[str, None] = {}
        self.rows: dict[str, Stepping] = {}
        self.kept: set[int] = set()
        self.done: list[list[int]] = []

    @property
    def columns(self) -> dict[str, Sequence[str]]:
        """What is read: columns, and of each list which of its columns (at least one)."""
        return {
            name: tuple(self.rows[name].read) or tuple(schema().lists[name])[:1]
            if name in self.rows else () for name in self.read
        }  # fmt: skip

    def values(self, frame: Frame) -> list[Any]:
        """What every step that is kept makes of a frame; the others' is dropped after its last use.

        Memory that is given back at once is taken again while it is still in the cache.
        """
        values: list[Any] = [None] * len(self.steps)
        for at, ((act, used), done) in enumerate(zip(self.steps, self._last_uses(), strict=True)):
            values[at] = act(frame, *[values[one] for one in used])
            for one in done:
                values[one] = None
        return values

    def _last_uses(self) -> list[list[int]]:
        """Of every step, whose value nobody asks for after it."""
        if len(self.done) != len(self.steps):
            done: list[list[int]] = [[] for _ in self.steps]
            last = {one: at for at, (_act, used) in enumerate(self.steps) for one in used}
            for one, at in last.items():
                if one not in self.kept:
                    done[at].append(one)
            self.done = done
        return self.done

    def keep(self, places: Sequence[int]) -> None:
        """Keep what these steps make until the end."""
        self.kept.update(places)
        self.done = []

    def _do(self, key: Any, act: Callable[..., Any], *used: int) -> int:
        if key not in self.made:
            self.steps.append((act, used))
            self.made[key] = len(self.steps) - 1
        return self.made[key]

    def _reads(self, name: str) -> None:
        self.read[name] = None

    # --- each kind of node, once ------------------------------------------------------------

    def of(self, node: Any) -> int:
        """The step that works a node out."""
        if ("of", node) not in self.made:
            node = folded(node)
            make = MAKERS.get(type(node))
            if make is None:
                raise NotColumnar(type(node).__name__)
            self.made["of", node] = make(self, node)
        return self.made["of", node]

    @makes_steps(Const)
    def _const(self, node: Const) -> int:
        said = node.said
        if isinstance(said, bool):
            return self._do(node, lambda _frame: (np.bool_(said), np.bool_(not said)))
        if isinstance(said, date):
            said = said.toordinal() - EPOCH
        if abs(said) > BIGINT:  # type: ignore[arg-type]
            raise NotColumnar(str(said))
        return self._do(node, lambda _frame: (said, vectors.YES))

    @makes_steps(Column)
    def _column(self, node: Column) -> int:
        name = node.name
        self._reads(name)

        def act(frame: Frame) -> Any:
            found = frame.figure(name)
            return found.values, found.known

        def truth(frame: Frame) -> Any:
            found = frame.figure(name)
            holds = found.values > 0
            return holds & found.known, ~holds & found.known

        return self._do(node, truth if _type(node) == "bool" else act)

    @makes_steps(Series)
    def _series(self, node: Series) -> int:
        key = node.key
        self._reads(key)

        def act(frame: Frame, unborn: Any) -> Any:
            found = frame.figure(key)
            return np.where(found.known, found.values, 0), found.known | unborn

        return self._do(node, act, self._unborn(node.year))

    def _unborn(self, year: int) -> int:
        """Who was not there in a year: its figures were 0."""
        self._reads("registered_date")
        first = date(year + 1, 1, 1).toordinal() - EPOCH

        def act(frame: Frame) -> Any:
            registered = frame.figure("registered_date")
            return registered.known & (registered.values >= first)

        return self._do(("unborn", year), act)

    @makes_steps(Sum)
    def _sum(self, node: Sum) -> int:
        act = np.add if node.sign > 0 else np.subtract
        return self._do(node, vectors.joined(act), self.of(node.left), self.of(node.right))

    @makes_steps(Product)
    def _product(self, node: Product) -> int:
        return self._do(node, vectors.joined(np.multiply), self.of(node.left), self.of(node.right))

    @makes_steps(Extreme)
    def _extreme(self, node: Extreme) -> int:
        _check(node)
        act = np.maximum if node.largest else np.minimum
        return self._do(node, vectors.joined(act), self.of(node.left), self.of(node.right))

    @makes_steps(Either)
    def _either(self, node: Either) -> int:
        _check(node)
        is_truth = _type(node.yes) == "bool"
        act = vectors.either_truth if is_truth else vectors.either_figure
        return self._do(node, act, self.of(node.condition), self.of(node.yes), self.of(node.no))

    @makes_steps(Known)
    def _known(self, node: Known) -> int:
        _check(node)

        def act(_frame: Frame, first: Any, second: Any) -> Any:
            return np.where(first[1], first[0], second[0]), first[1] | second[1]

        return self._do(node, act, self.of(node.first), self.of(node.second))

    @makes_steps(DaysSince)
    def _days(self, node: DaysSince) -> int:
        day = node.day.toordinal() - EPOCH
        return self._do(node, lambda _frame, since: (day - since[0], since[1]), self.of(node.since))

    @makes_steps(YearOf)
    def _year(self, node: YearOf) -> int:
        return self._do(
            node, lambda _frame, day: (vectors.year_of(day[0]), day[1]), self.of(node.day)
        )

    # --- conditions -------------------------------------------------------------------------

    @makes_steps(Comparison)
    def _comparison(self, node: Comparison) -> int:
        if (days := by_day(node)) is not None:
            return self.of(days)
        sides = [self.of(side) for side in node.sides]
        guards = [self.of(one) for one in node.guards]
        compare = COMPARE[node.sign]
        if max(side.bound for side in node.sides) > BIGINT:
            sides = [self._difference(*node.sides), self._zero()]

        def act(_frame: Frame, left: Any, right: Any, *guarding: Any) -> Any:
            return vectors.compared(compare, left[0], right[0], left[1] & right[1], guarding)

        return self._do(node, act, *sides, *guards)

    def _zero(self) -> int:
        return self.of(Const(0))

    @makes_steps(Same)
    def _same(self, node: Same) -> int:
        compare = COMPARE[node.sign]
        kind = _type(node.left)
        if kind == "text":
            column, word = node.left, node.right
            if isinstance(column, Const):
                column, word = word, column
            assert isinstance(column, Column) and isinstance(word, Const)
            said = word.said
            is_same = node.sign == "="
            return self._words(column.name, lambda text: (text == said) == is_same, node)
        sides = self.of(node.left), self.of(node.right)
        if kind == "bool":
            return self._do(node, vectors.same_truths(node.sign), *sides)

        def act(_frame: Frame, left: Any, right: Any) -> Any:
            return vectors.compared(compare, left[0], right[0], left[1] & right[1], ())

        return self._do(node, act, *sides)

    @makes_steps(OneOf)
    def _one_of(self, node: OneOf) -> int:
        assert isinstance(node.text_node, Column)
        if node.begins:
            return self._words(node.text_node.name, lambda said: said.startswith(node.words), node)
        return self._words(node.text_node.name, lambda said: said in node.words, node)

    def _words(self, name: str, holds: Callable[[str], bool], key: Node) -> int:
        self._reads(name)

        def act(frame: Frame) -> Any:
            text = frame.text(name)
            truths = np.array([*(holds(word) for word in text.words), False], np.bool_)
            true = truths[text.codes]
            return true, ~true & (text.codes >= 0)

        return self._do(key, act)

    @makes_steps(Absent)
    def _absent(self, node: Absent) -> int:
        def act(_frame: Frame, column: Any) -> Any:
            return ~column[1], column[1]

        return self._do(node, act, self.of(node.column))

    @makes_steps(All)
    def _all(self, node: All) -> int:
        return self._do(node, vectors.every, *[self.of(one) for one in node.parts])

    @makes_steps(Any_)
    def _any(self, node: Any_) -> int:
        return self._do(node, vectors.one_of, *[self.of(one) for one in node.parts])

    @makes_steps(Not)
    def _not(self, node: Not) -> int:
        return self._do(node, lambda _frame, part: (part[1], part[0]), self.of(node.part))

    # --- rows of a list ---------------------------------------------------------------------

    def _within(self, rows: str, nodes: Sequence[Node]) -> tuple[int, list[int]]:
        """The step that works out the rows of a list, and where in it the nodes are."""
        self._reads(rows)
        inner = self.rows.setdefault(rows, Stepping())
        places = [inner.of(one) for one in nodes]
        inner.keep(places)

        def act(frame: Frame) -> Any:
            listed = frame.listed(rows)
            return listed, inner.values(listed.rows)

        return self._do(("rows", rows), act), places

    @makes_steps(AnyRow)
    def _any_row(self, node: AnyRow) -> int:
        step, (place,) = self._within(node.rows, [node.condition])

        def act(frame: Frame, rows: Any) -> Any:
            listed, values = rows
            true, false = values[place]
            holds = vectors.marked(listed, true)
            not_so = listed.known & ~holds
            if not np.all(decided := true | false):
                not_so &= ~vectors.marked(listed, ~decided)
            return holds & listed.known, not_so

        return self._do(node, act, step)

    @makes_steps(SumOf)
    def _sum_of(self, node: SumOf) -> int:
        step, (condition, amount) = self._within(node.rows, [node.condition, node.amount])

        def act(frame: Frame, rows: Any) -> Any:
            listed, values = rows
            true, false = values[condition]
            figures, known = values[amount]
            counted = np.where(true & known, figures, 0)
            lacking = vectors.marked(listed, ~false & ~(true & known))
            return vectors.summed(listed, counted), listed.known & ~lacking

        return self._do(node, act, step)

    @makes_steps(CountOf)
    def _count_of(self, node: CountOf) -> int:
        step, (condition,) = self._within(node.rows, [node.condition])

        def act(frame: Frame, rows: Any) -> Any:
            listed, values = rows
            true, false = values[condition]
            lacking = vectors.marked(listed, ~(true | false))
            whole = np.broadcast_to(true, listed.owner.shape).astype(np.int64)
            return vectors.summed(listed, whole), listed.known & ~lacking

        return self._do(node, act, step)

    @makes_steps(LatestOf)
    def _latest_of(self, node: LatestOf) -> int:
        step, places = self._within(node.rows, [node.condition, node.day, node.amount])

        def act(frame: Frame, rows: Any) -> Any:
            listed, values = rows
            holds, day, amount = (values[at] for at in places)
            return vectors.latest(listed, holds, day, amount, node.none)

        return self._do(node, act, step)

    # --- where a product could pass 64 bits -------------------------------------------------

    def _difference(self, left: Node, right: Node) -> int:
        """What has the sign of left - right, exactly."""
        parts = self._parts(left, right)

        def act(frame: Frame, *given: Any) -> Any:
            known = reduce(np.logical_and, [one[1] for one in given])
            values = [np.broadcast_to(one[0], (frame.count,)) for one in given]
            return vectors.sign_of(left, right, values), known

        return self._do(("difference", left, right), act, *parts)

    def _parts(self, *nodes: Node) -> list[int]:
        return [self.of(leaf) for node in nodes for leaf in vectors.leaf_nodes(node)]

    @makes_steps(Choice)
    def _choice(self, node: Choice) -> int:
        table = np.array([*reversed(node.values), 0], np.int64)

        def act(_frame: Frame, rank: Any) -> Any:
            return table[rank], rank < len(table) - 1

        return self._do(node, act, self.rank(node))

    def rank(self, node: Choice) -> int:
        """How many bands are not above a figure; one more than there are where it is not known.

        The bands of a table lie within one another (`bands_of` refuses others), so that the first
        that holds is known by how many do.
        """
        figure, unknown = node.figure, len(node.values)
        held = self._held(node)

        def act(_frame: Frame, held: Any, top: Any, bottom: Any, *guards: Any) -> Any:
            rank = np.where(top[1] & bottom[1], held, np.int8(unknown))
            if guards:
                zero = vectors.guarded(guards)
                rank = np.where(zero, np.int8(unknown if node.left_to_a_person else 0), rank)
            return rank

        return self._do(
            ("rank", figure, node.bands, node.left_to_a_person), act, held,
            self._known_of(figure.top), self._known_of(figure.bottom),
            *[self.of(one) for one in figure.guards],
        )  # fmt: skip

    def _known_of(self, node: Node) -> int:
        """A step whose second part says where a figure is known."""
        if node.bound <= BIGINT:
            return self.of(node)

        def act(_frame: Frame, *given: Any) -> Any:
            return None, reduce(np.logical_and, [one[1] for one in given])

        return self._do(("known", node), act, *self._parts(node))

    def _held(self, node: Choice) -> int:
        figure = node.figure
        sides = [
            (product(figure.top, Const(limit.denominator)),
             product(figure.bottom, Const(limit.numerator))) for _sign, limit in node.bands
        ]  # fmt: skip
        key = ("held", figure, node.bands)
        if max(side.bound for both in sides for side in both) > BIGINT:
            return self._do(key, _big_held(node), *self._parts(figure.top, figure.bottom))

        def act(_frame: Frame, *given: Any) -> Any:
            found = [
                COMPARE[sign](left[0], right[0]).view(np.int8)
                for (sign, _), left, right in zip(node.bands, given[::2], given[1::2], strict=True)
            ]
            return reduce(np.add, found)

        return self._do(key, act, *[self.of(side) for both in sides for side in both])


# --- what the steps of a program share ----------------------------------------------------------


def _check(node: Node) -> None:
    if node.bound > BIGINT:
        raise NotColumnar(type(node).__name__)


def _type(node: Node) -> str:
    """bool, date, text or number."""
    if isinstance(node, Comparison | Same | OneOf | AnyRow | Absent | All | Any_ | Not):
        return "bool"
    if isinstance(node, Either):
        return _type(node.yes)
    if isinstance(node, Const):
        kinds = {bool: "bool", str: "text", date: "date"}
        return kinds.get(type(node.said), "number")
    if isinstance(node, Column):
        known = schema()
        places = known.lists.values() if node.inside else (known.enterprise,)
        return next((place[node.name].type for place in places if node.name in place), "number")
    return "number"


def _big_held(node: Choice) -> Callable[..., Any]:
    top, bottom = node.figure.top, node.figure.bottom
    bands = [(COMPARE[sign], limit) for sign, limit in node.bands]

    def act(frame: Frame, *given: Any) -> Any:
        values = [np.broadcast_to(one[0], (frame.count,)) for one in given]
        return vectors.held_of(top, bottom, bands, values)

    return act
