"""From the text of a rule to its meaning: names, types and units are checked on the way.

The text is a restricted Python expression in which every number carries its unit: `revenue_fen[y-1]
<= 5000万元`, `sum(ip.count, class == 'II') >= 2项`. `as_of` is the day of the evaluation, `y` its
year, `[y-1]` the last whole year. Nothing of the text is ever executed.
"""

import ast
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from kechuang.base.refusals import N_, worded
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.conditions import All, Any_, Comparison, Not, Same
from kechuang.engines.eligibility.nodes import (
    COUNT_MAX,
    FEN_MAX,
    Column,
    Const,
    Either,
    Node,
    Ratio,
    Series,
    divided,
    product,
    times,
    total,
)
from kechuang.engines.eligibility.refusals import RuleRefused, near_or_all
from kechuang.engines.eligibility.schema import ColumnSpec, Schema
from kechuang.engines.eligibility.scores import Depending, Fixed, Score, Together
from kechuang.engines.eligibility.states import AnyState, Every, Holds, Opposite, Reached, State

QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")")
LONG = 300  # of an expression that a refusal repeats
FULL_WIDTH = str.maketrans({
    "（": "(", "）": ")", "，": ",", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/",
})  # fmt: skip
SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "<>",
}  # fmt: skip
HOW = N_("请看规则的写法：数带单位，年度数据写 [y-1]，列表用 any、sum、count、latest。")
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True)
class Truth:
    """A condition, as the binder passes it on."""

    node: Node


@dataclass(frozen=True)
class Day:
    """A date, as the binder passes it on."""

    node: Node


@dataclass(frozen=True)
class Words:
    """A text, as the binder passes it on."""

    node: Node


@dataclass(frozen=True)
class Bands:
    """A table of limits with what each gives; the last row is what holds where no limit does."""

    rows: tuple[tuple[str, Fraction, tuple[Ratio, ...]], ...]
    otherwise: tuple[Ratio, ...]
    unit: units.Unit


Meaning = Ratio | Truth | Day | Words | Score | State | Bands | tuple[str, ...]


def parsed(text: str, place: str) -> ast.expr:
    """The tree of an expression, its numbers marked with their units."""
    parts = QUOTED.split(text)
    for at in range(0, len(parts), 2):
        plain = parts[at].translate(FULL_WIDTH)
        plain = re.sub(r"\bclass\b", "class_", plain)
        parts[at] = units.LITERAL.sub(lambda m: f'_q("{m[1]}", "{m[2] or ""}")', plain)
    try:
        return ast.parse("".join(parts).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else worded(N_("太长或太深"))
        raise RuleRefused(
            place, N_("“{text}” 不是表达式（{why}）"),
            N_("请看括号和引号是否成对，两个数之间有没有运算符。"), text=text[:LONG], why=why,
        ) from error  # fmt: skip


def constant(value: Fraction, unit: units.Unit) -> Ratio:
    """A number that the rule itself says."""
    return Ratio(Const(value.numerator), Const(value.denominator), unit)


@dataclass
class Binder:
    """Binds the names of one rule set on one day; every refusal names the place and what to do."""

    schema: Schema
    day: date
    names: Callable[[str], Meaning | None]
    functions: Mapping[str, Callable[["Binder", ast.Call], Meaning]]
    place: str = ""
    rows: str = ""  # the list whose rows are looked at, inside a filter
    own: tuple[str, ...] = ()  # the names that the rule set itself gives
    used: set[str] = field(default_factory=set)

    def bind(self, text: str, place: str) -> Meaning:
        """The meaning of a text; `place` is what a refusal names."""
        before, self.place = self.place, place
        try:
            return self.of(parsed(str(text), place))
        finally:
            self.place = before

    def refuse(self, what: str, way_on: str = "", **parts: Any) -> RuleRefused:
        return RuleRefused(self.place, what, way_on, **parts)

    def of(self, node: ast.expr) -> Meaning:
        """The meaning of a part of the tree."""
        handler = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if handler is None:
            raise self.refuse(N_("不认得的写法：{here}"), HOW, here=self.said(node))
        meaning: Meaning = handler(node)
        return meaning

    # --- leaves -----------------------------------------------------------------------

    def _of_constant(self, node: ast.Constant) -> Meaning:
        if isinstance(node.value, bool):
            return Truth(Const(node.value))
        if isinstance(node.value, str):
            return Words(Const(node.value))
        raise self.refuse(N_("不认得的写法：{value}"), HOW, value=repr(node.value))

    def _of_name(self, node: ast.Name) -> Meaning:
        name = node.id.removesuffix("_") if node.id == "class_" else node.id
        if self.rows:
            spec = self.schema.lists[self.rows].get(name)
            if spec is not None:
                self.used.add(f"{self.rows}.{name}")
                return self._column(spec, inside=True)
        if name == "as_of":
            return Day(Const(self.day))
        if name == "y":
            return Ratio(Const(self.day.year), Const(1), units.YEARS)
        found = self.names(name)
        if found is not None:
            return found
        spec = self.schema.enterprise.get(name)
        if spec is not None and not self.rows:
            self.used.add(name)
            return self._column(spec)
        raise self._unknown_name(name)

    def _unknown_name(self, name: str) -> RuleRefused:
        if name in self.schema.returns:
            return self.refuse(
                N_("{called} 是年度数据，要写年份"), N_("例如 {called}[y-1]"), called=name,
            )  # fmt: skip
        known = [
            *self.own, *self.schema.enterprise, *self.schema.returns, *self.schema.lists,
        ]  # fmt: skip
        if self.rows:
            known = list(self.schema.lists[self.rows])
        near = difflib.get_close_matches(name, known, 1)
        return self.refuse(
            N_("没有 {called} 这一项"),
            near_or_all(near, known), called=name,
        )  # fmt: skip

    def _column(self, spec: ColumnSpec, inside: bool = False) -> Meaning:
        bound = FEN_MAX if spec.unit in (units.FEN, units.CENTS) else COUNT_MAX
        node = Column(spec.name, inside, bound)
        if spec.type == "number":
            return Ratio(node, Const(1), spec.unit)
        kinds: dict[str, type[Truth | Day | Words]] = {"bool": Truth, "date": Day, "text": Words}
        return kinds[spec.type](node)

    def _of_subscript(self, node: ast.Subscript) -> Meaning:
        if not isinstance(node.value, ast.Name):
            raise self.refuse(
                N_("不认得的写法：{here}"), N_("年度数据写成 revenue_fen[y-1]。"),
                here=self.said(node),
            )  # fmt: skip
        return self.series(node.value.id, self.year(node.slice))

    def series(self, name: str, year: int) -> Ratio:
        """A figure of the return of a year."""
        spec = self.schema.returns.get(name)
        if spec is None:
            raise self._unknown_name(name)
        self.used.add(f"returns.{year}.{name}")
        bound = FEN_MAX if spec.unit == units.FEN else COUNT_MAX
        return Ratio(Series(name, year, bound), Const(1), spec.unit)

    def year(self, node: ast.expr) -> int:
        """The year of a subscript: y, y-1, or a year in figures."""
        text = ast.unparse(node).replace(" ", "")
        found = re.fullmatch(r"y(?:-_q\('(\d)',''\))?|_q\('(\d{4})',''\)", text)
        if found is None:
            raise self.refuse(
                N_("年份要写 y、y-1 或四位数字，不是 {here}"), N_("例如 revenue_fen[y-1]"),
                here=self.said(node),
            )  # fmt: skip
        return int(found[2]) if found[2] else self.day.year - int(found[1] or 0)

    # --- joining ----------------------------------------------------------------------

    def _of_binop(self, node: ast.BinOp) -> Meaning:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(left, Score) or isinstance(right, Score):
            return self._together(node, left, right)
        if not isinstance(left, Ratio) or not isinstance(right, Ratio):
            raise self.refuse(
                N_("只有数才能运算：{here}"), N_("条件用 and、or、not 连，文字和日期不能加减。"),
                here=self.said(node),
            )  # fmt: skip
        if isinstance(node.op, ast.Add | ast.Sub):
            self.check_units(left, right, node)
            return total(left, right, 1 if isinstance(node.op, ast.Add) else -1)
        if isinstance(node.op, ast.Mult):
            return times(left, right)
        if isinstance(node.op, ast.Div):
            if isinstance(right.top, Const) and not right.top.said:
                raise self.refuse(
                    N_("除数是零：{here}"), N_("请核对这个数。"), here=self.said(node),
                )  # fmt: skip
            return divided(left, right)
        raise self.refuse(N_("不认得的运算：{here}"), N_("只有 + - * /。"), here=self.said(node))

    def _together(self, node: ast.BinOp, left: Meaning, right: Meaning) -> Meaning:
        parts = [self.score(left), self.score(right)]
        if not isinstance(node.op, ast.Add):
            raise self.refuse(
                N_("分数只能相加：{here}"), N_("要加权的，把权重写进分档表的分数里。"),
                here=self.said(node),
            )  # fmt: skip
        return Together(tuple(
            one for part in parts
            for one in (part.parts if isinstance(part, Together) else (part,))
        ))  # fmt: skip

    def _of_unaryop(self, node: ast.UnaryOp) -> Meaning:
        found = self.of(node.operand)
        if isinstance(node.op, ast.Not) and isinstance(found, Truth):
            return Truth(Not(found.node))
        if isinstance(node.op, ast.Not) and isinstance(found, State):
            return Opposite(found)
        if isinstance(node.op, ast.USub) and isinstance(found, Ratio):
            return times(constant(Fraction(-1), units.NONE), found)
        raise self.refuse(N_("不认得的写法：{here}"), HOW, here=self.said(node))

    def _of_boolop(self, node: ast.BoolOp) -> Meaning:
        parts = [self.of(one) for one in node.values]
        every = isinstance(node.op, ast.And)
        if all(isinstance(part, Truth) for part in parts):
            nodes = tuple(part.node for part in parts if isinstance(part, Truth))
            return Truth(All(nodes) if every else Any_(nodes))
        states = tuple(self.state(part) for part in parts)
        return Every(states) if every else AnyState(states)

    def _of_ifexp(self, node: ast.IfExp) -> Meaning:
        condition = self.truth(self.of(node.test))
        yes, no = self.of(node.body), self.of(node.orelse)
        if isinstance(yes, Score) or isinstance(no, Score):
            return Depending(condition, self.score(yes), self.score(no))
        if isinstance(yes, Truth) and isinstance(no, Truth):
            return Truth(Either(condition, yes.node, no.node))
        if not isinstance(yes, Ratio) or not isinstance(no, Ratio):
            raise self.refuse(
                N_("两种情形要是同一类：{here}"), N_("都写数，或都写条件。"), here=self.said(node),
            )  # fmt: skip
        self.check_units(yes, no, node)
        if not isinstance(yes.bottom, Const) or not isinstance(no.bottom, Const):
            raise self.refuse(
                N_("两种情形不能是比值：{here}"), N_("请把 if 写在比较的外面。"),
                here=self.said(node),
            )  # fmt: skip
        return Ratio(
            Either(condition, product(yes.top, no.bottom), product(no.top, yes.bottom)),
            product(yes.bottom, no.bottom), yes.unit,
        )  # fmt: skip

    def _of_compare(self, node: ast.Compare) -> Meaning:
        found: list[Meaning] = []
        left = node.left
        for operator_, right in zip(node.ops, node.comparators, strict=True):
            found.append(self._comparison(left, operator_, right))
            left = right
        if len(found) == 1:
            return found[0]
        if all(isinstance(one, Truth) for one in found):
            return Truth(All(tuple(one.node for one in found if isinstance(one, Truth))))
        return Every(tuple(self.state(one) for one in found))

    def _comparison(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Meaning:
        if isinstance(sign, ast.In | ast.NotIn):
            found = self.functions["is_one_of"](
                self, ast.Call(ast.Name("is_one_of"), [left, right], [])
            )
            assert isinstance(found, Truth)
            return found if isinstance(sign, ast.In) else Truth(Not(found.node))
        mark = SIGNS.get(type(sign))
        one, other = self.of(left), self.of(right)
        text = f"{self.said(left)} {mark} {self.said(right)}"
        if mark is None:
            raise self.refuse(
                N_("不认得的比较：{text}"), N_("可用 < <= > >= == != in。"), text=text,
            )  # fmt: skip
        if isinstance(other, Score) and not isinstance(one, Score):
            one, other, mark = other, one, FLIPPED[mark]
        if isinstance(one, Score):
            return self._reached(one, mark, other, text)
        if isinstance(one, Ratio) and isinstance(other, Ratio):
            self._check_same_unit(one, other, text)
            return Truth(Comparison(one, mark, other, text))
        if type(one) is type(other) and isinstance(one, Day | Words | Truth):
            assert isinstance(other, Day | Words | Truth)
            for name, word in ((left, other.node), (right, one.node)):
                if isinstance(word, Const) and isinstance(word.said, str):
                    self.check_words(name, (word.said,))
            return Truth(Same(one.node, mark, other.node, text))
        raise self.refuse(
            N_("两边不是同一类，不能比较：{text}"),
            N_("数与数比、日期与日期比、文字与带引号的文字比。"), text=text,
        )  # fmt: skip

    def _reached(self, score: Score, mark: str, limit: Meaning, text: str) -> Meaning:
        if mark not in (">", ">=") or not isinstance(limit, Ratio) or limit.unit != units.POINTS:
            raise self.refuse(
                N_("分数只能与分值比较，用 > 或 >=：{text}"), N_("例如 points >= 60分"), text=text,
            )  # fmt: skip
        if not isinstance(limit.top, Const) or not limit.is_whole():
            raise self.refuse(N_("分数线要是一个数：{text}"), N_("例如 points >= 60分"), text=text)
        return Reached(score, mark, int(limit.top.said), text)  # type: ignore[arg-type]

    def _of_call(self, node: ast.Call) -> Meaning:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "_q":
            number, unit = (one.value for one in node.args if isinstance(one, ast.Constant))
            return constant(*units.read(str(number), str(unit)))
        function = self.functions.get(name)
        if function is None:
            near = difflib.get_close_matches(name, self.functions, 1)
            raise self.refuse(
                N_("没有 {called} 这个函数"),
                near_or_all(near, self.functions), called=name or ast.unparse(node.func),
            )
        odd = [one.arg or "**" for one in node.keywords if one.arg != "otherwise"]
        if odd or (node.keywords and name not in ("steps", "lookup")):
            raise self.refuse(
                N_("{called} 没有这样的参数：{here}"), N_("请照位置写参数，不写名称。"),
                called=name, here=self.said(node),
            )  # fmt: skip
        return function(self, node)

    # --- what is expected -----------------------------------------------------------------

    def said(self, node: ast.expr) -> str:
        """A part of the tree as it was written."""
        text = re.sub(r"_q\('([^']*)', '([^']*)'\)", r"\1\2", ast.unparse(node))
        return text.replace("class_", "class")

    def check_units(self, left: Ratio, right: Ratio, node: ast.expr) -> None:
        self._check_same_unit(left, right, self.said(node))

    def _check_same_unit(self, left: Ratio, right: Ratio, text: str) -> None:
        if left.unit != right.unit:
            raise self.refuse(
                N_("单位不同：{left}与{right}（{text}）"),
                N_("每个数都要写单位，例如 5000万元、500人、60分、6%。"),
                left=units.said(left.unit), right=units.said(right.unit), text=text,
            )  # fmt: skip

    def check_words(self, node: ast.expr, words: tuple[str, ...]) -> None:
        """A code that a column never holds is a slip; where any is allowed, one that is near."""
        name = node.id.removesuffix("_") if isinstance(node, ast.Name) else ""
        columns = self.schema.lists[self.rows] if self.rows else self.schema.enterprise
        spec = columns.get(name)
        known = sorted(set(self.schema.words.get(spec.words, {}).values())) if spec else []
        for word in words:
            near = difflib.get_close_matches(word, known, 1, 0.8)
            if spec and known and word not in known and (near or not spec.is_open):
                raise self.refuse(
                    N_("{called} 没有 {word} 这一种"),
                    near_or_all(near, known), called=name, word=word,
                )

    def number(self, found: Meaning) -> Ratio:
        if not isinstance(found, Ratio):
            raise self.refuse(N_("这里要一个数"), N_("例如 5000万元、10%，或一项有单位的数据。"))
        return found

    def truth(self, found: Meaning) -> Node:
        if not isinstance(found, Truth):
            raise self.refuse(N_("这里要一个条件"), N_("例如 revenue_fen[y-1] <= 5000万元"))
        return found.node

    def state(self, found: Meaning) -> State:
        if isinstance(found, State):
            return found
        return Holds(self.truth(found))

    def score(self, found: Meaning) -> Score:
        if isinstance(found, Score):
            return found
        is_points = isinstance(found, Ratio) and found.unit == units.POINTS and found.is_whole()
        if is_points and isinstance(found, Ratio) and isinstance(found.top, Const):
            return Fixed(int(found.top.said), int(found.top.said))  # type: ignore[arg-type]
        raise self.refuse(N_("这里要分数"), N_("例如 0分，或 steps(…)"))


def bands_of(rows: Any, binder: Binder, place: str) -> Bands:
    """A table of bands as a rule set writes it: [limit, what it gives …], the last [what else]."""
    limits: list[tuple[str, Fraction, tuple[Ratio, ...]]] = []
    unit: units.Unit | None = None
    for number, row in enumerate(rows[:-1], 1):
        here = f"{place} 第{number}档"
        found = re.fullmatch(r"\s*(>=|>|<=|<|=)?\s*(.+?)\s*", str(row[0]))
        assert found is not None
        limit = binder.bind(found[2], here)
        if not isinstance(limit, Ratio) or not isinstance(limit.top, Const):
            raise RuleRefused(
                here, N_("界限要是一个数，不是 {row}"), N_("例如 30%、5000万元、5项"), row=row[0],
            )  # fmt: skip
        assert isinstance(limit.bottom, Const)
        if unit is not None and limit.unit != unit:
            raise RuleRefused(
                here, N_("单位与上一档不同：{limit}与{unit}"),
                N_("一张表的各档用同一种单位。"), limit=units.said(limit.unit),
                unit=units.said(unit),
            )  # fmt: skip
        unit = limit.unit
        value = Fraction(int(limit.top.said), int(limit.bottom.said))  # type: ignore[arg-type]
        sign = found[1] or ">="
        if limits:
            _check_reached(limits[-1][:2], (sign, value), str(row[0]), here)
        limits.append((sign, value, _given(row[1:], binder, here)))
    last = rows[-1]
    otherwise = _given(last if isinstance(last, list) else [last], binder, f"{place} 末档")
    return Bands(tuple(limits), otherwise, unit or units.NONE)


def _check_reached(
    before: tuple[str, Fraction], limit: tuple[str, Fraction], said: str, place: str
) -> None:
    """A band begins where the one above it ends; overlapping ones hide each other."""
    (sign_before, value_before), (sign, value) = before, limit
    if sign[0] != sign_before[0]:
        raise RuleRefused(
            place, N_("与上一档方向不同：{said}"), N_("一张表的各档都用 >=，或都用 <=。"),
            said=said,
        )  # fmt: skip
    follows = value < value_before if sign[0] == ">" else value > value_before
    if sign[0] == "=":
        follows = value != value_before
    widens = value == value_before and len(sign) > len(sign_before)  # > 5%, then >= 5%
    if not follows and not widens:
        raise RuleRefused(
            place, N_("与上一档重叠，永远轮不到：{said}"),
            N_("用 >= 的由高到低排，用 <= 的由低到高排。"), said=said,
        )  # fmt: skip


def _given(cells: list[Any], binder: Binder, place: str) -> tuple[Ratio, ...]:
    given = tuple(binder.bind(str(cell), place) for cell in cells)
    plain = [
        Fraction(int(one.top.said), int(one.bottom.said))  # type: ignore[arg-type]
        for one in given
        if isinstance(one, Ratio) and isinstance(one.top, Const) and isinstance(one.bottom, Const)
    ]
    if len(given) not in (1, 2) or len(plain) < len(given):
        raise RuleRefused(
            place, N_("每档要写界限，和一个数或一个区间"),
            N_("例如 [30%, 20分] 或 [5项, 25分, 30分]"),
        )  # fmt: skip
    if plain[0] > plain[-1]:
        raise RuleRefused(
            place, N_("区间的两端反了：{cells}、{cells2}"), N_("先写低的一端，再写高的一端。"),
            cells=cells[0], cells2=cells[1],
        )  # fmt: skip
    return given  # type: ignore[return-value]
