"""The functions of the rule language."""

import ast
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from math import lcm

from kechuang.base.refusals import N_, worded
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.conditions import Absent, OneOf
from kechuang.engines.eligibility.language import (
    Bands,
    Binder,
    Day,
    Meaning,
    Truth,
    Words,
    constant,
)
from kechuang.engines.eligibility.lists import AnyRow, CountOf, LatestOf, SumOf
from kechuang.engines.eligibility.nodes import (
    Column,
    Const,
    DaysSince,
    Extreme,
    Known,
    Node,
    Ratio,
    YearOf,
    product,
    total,
)
from kechuang.engines.eligibility.refusals import near_or_all
from kechuang.engines.eligibility.scores import Best, Choice, Fixed, Judged, Score, Steps
from kechuang.engines.eligibility.states import Passed

TRUE = Const(True)


def years_before(day: date, years: int) -> date:
    """The day so many years before; from 29 February to 1 March where the year has none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _whole(binder: Binder, node: ast.expr, unit: units.Unit, example: str) -> int:
    found = binder.number(binder.of(node))
    if found.unit != unit or not found.is_whole() or not isinstance(found.top, Const):
        raise binder.refuse(
            N_("这里要写一个数：{here}"), N_("例如 {example}"), here=binder.said(node),
            example=example,
        )  # fmt: skip
    return int(found.top.said)  # type: ignore[arg-type]


def _arguments(binder: Binder, call: ast.Call, least: int, most: int) -> list[ast.expr]:
    if not least <= len(call.args) <= most:
        few, many = N_("要 {least} 个"), N_("要 {least} 至 {most} 个")
        how = worded(few if least == most else many, least=least, most=most)
        raise binder.refuse(
            N_("参数的个数不对：{here}"), N_("{how}，这里有 {args} 个。"), here=binder.said(call),
            how=how, args=len(call.args),
        )  # fmt: skip
    return call.args


# --- figures ------------------------------------------------------------------------------


def total_of(binder: Binder, call: ast.Call) -> Meaning:
    """total(rd_fen, 3年): the last three whole years, fewer where the enterprise is younger."""
    name, years = _arguments(binder, call, 2, 2)
    if not isinstance(name, ast.Name):
        raise binder.refuse(
            N_("要写一项年度数据：{here}"), N_("例如 total(rd_fen, 3年)"), here=binder.said(call),
        )  # fmt: skip
    count = _whole(binder, years, units.YEARS, "3年")
    figures = [binder.series(name.id, binder.day.year - back) for back in range(1, count + 1)]
    result = figures[0]
    for figure in figures[1:]:
        result = total(result, figure)
    return result


def known(binder: Binder, call: ast.Call) -> Meaning:
    """known(a, b): a where it is known, else b."""
    first, second = (binder.number(binder.of(one)) for one in _arguments(binder, call, 2, 2))
    binder.check_units(first, second, call)
    if not first.is_whole() or not second.is_whole():
        raise binder.refuse(
            N_("known 不能用于比值：{here}"), N_("请把 known 写在分子、分母里面。"),
            here=binder.said(call),
        )  # fmt: skip
    return Ratio(Known(first.top, second.top), Const(1), first.unit)


def days_since(binder: Binder, call: ast.Call) -> Meaning:
    """days_since(registered_date): calendar days until the day of the evaluation."""
    (day,) = _arguments(binder, call, 1, 1)
    return Ratio(DaysSince(_day(binder, day), binder.day), Const(1), units.DAYS)


def year_of(binder: Binder, call: ast.Call) -> Meaning:
    """year_of(signed_date): the calendar year."""
    (day,) = _arguments(binder, call, 1, 1)
    return Ratio(YearOf(_day(binder, day)), Const(1), units.YEARS)


def years_ago(binder: Binder, call: ast.Call) -> Meaning:
    """years_ago(10年): the day ten years before that of the evaluation."""
    (years,) = _arguments(binder, call, 1, 1)
    return Day(Const(years_before(binder.day, _whole(binder, years, units.YEARS, "10年"))))


def days_ago(binder: Binder, call: ast.Call) -> Meaning:
    """days_ago(365天): the day so many days before that of the evaluation."""
    (days,) = _arguments(binder, call, 1, 1)
    count = _whole(binder, days, units.DAYS, "365天")
    return Day(Const(binder.day - timedelta(days=count)))


def _day(binder: Binder, node: ast.expr) -> Node:
    found = binder.of(node)
    if not isinstance(found, Day):
        raise binder.refuse(
            N_("这里要一个日期：{here}"), N_("例如 registered_date、as_of、years_ago(5年)"),
            here=binder.said(node),
        )  # fmt: skip
    return found.node


def _extreme(largest: bool) -> Callable[[Binder, ast.Call], Meaning]:
    def function(binder: Binder, call: ast.Call) -> Meaning:
        found = [binder.of(one) for one in _arguments(binder, call, 2, 9)]
        if any(isinstance(one, Score) for one in found):
            return Best(tuple(binder.score(one) for one in found), least=not largest)
        result = binder.number(found[0])
        for each in found[1:]:
            other = binder.number(each)
            binder.check_units(result, other, call)
            result = _extreme_of(binder, result, other, largest)
        return result

    return function


def _extreme_of(binder: Binder, left: Ratio, right: Ratio, largest: bool) -> Ratio:
    if not isinstance(left.bottom, Const) or not isinstance(right.bottom, Const):
        raise binder.refuse(N_("min 与 max 不能用于比值"), N_("请改写成 and 或 or 连起来的比较。"))
    return Ratio(
        Extreme(product(left.top, right.bottom), product(right.top, left.bottom), largest),
        product(left.bottom, right.bottom), left.unit, left.guards + right.guards,
    )  # fmt: skip


# --- texts --------------------------------------------------------------------------------


def _one_of(begins: bool) -> Callable[[Binder, ast.Call], Meaning]:
    def function(binder: Binder, call: ast.Call) -> Meaning:
        text, words = _arguments(binder, call, 2, 2)
        found = binder.of(text)
        if not isinstance(found, Words):
            raise binder.refuse(
                N_("这里要一个文字项：{here}"), N_("例如 industry、region，或列表的 kind"),
                here=binder.said(text),
            )  # fmt: skip
        listed = _words(binder, words)
        if not begins:
            binder.check_words(text, listed)
        said = f"{binder.said(text)} {'starts with' if begins else 'in'} {binder.said(words)}"
        return Truth(OneOf(found.node, listed, begins, said))

    return function


def _words(binder: Binder, node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.List | ast.Tuple):
        found = tuple(
            one.value for one in node.elts
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )  # fmt: skip
        if found and len(found) == len(node.elts):
            return found
    elif isinstance(node, ast.Name):
        named = binder.names(node.id)
        if isinstance(named, tuple):
            return named
    raise binder.refuse(
        N_("这里要一列文字：{here}"), N_("例如 ['C', 'I65']"), here=binder.said(node),
    )  # fmt: skip


# --- rows of a list -----------------------------------------------------------------------


def _within(binder: Binder, rows: str, nodes: list[ast.expr]) -> list[Meaning]:
    if rows not in binder.schema.lists:
        raise binder.refuse(
            N_("没有 {rows} 这个列表"), near_or_all([], binder.schema.lists), rows=rows,
        )  # fmt: skip
    if binder.rows:
        raise binder.refuse(N_("列表里面不能再看列表"), N_("请分成两个条件，用 and 连起来。"))
    binder.used.add(rows)
    binder.rows = rows
    try:
        return [binder.of(node) for node in nodes]
    finally:
        binder.rows = ""


def _column_of(binder: Binder, node: ast.expr) -> tuple[str, ast.expr]:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        raise binder.refuse(
            N_("要写列表的一项：{here}"), N_("例如 ip.count"), here=binder.said(node),
        )  # fmt: skip
    return node.value.id, ast.Name(node.attr)


def sum_of(binder: Binder, call: ast.Call) -> Meaning:
    """sum(ip.count, class == 'II'): over the rows that pass the filter."""
    column, *filter_ = _arguments(binder, call, 1, 2)
    rows, amount = _column_of(binder, column)
    figure, *condition = _within(binder, rows, [amount, *filter_])
    number = binder.number(figure)
    holds = binder.truth(condition[0]) if condition else TRUE
    return Ratio(SumOf(rows, number.top, holds), Const(1), number.unit)


def count_of(binder: Binder, call: ast.Call) -> Meaning:
    """count(contracts, amount_fen > 0元): the rows that pass the filter, as 项."""
    rows, *filter_ = _arguments(binder, call, 1, 2)
    condition = _within(binder, binder.said(rows), list(filter_))
    holds = binder.truth(condition[0]) if condition else TRUE
    return Ratio(CountOf(binder.said(rows), holds), Const(1), units.ITEMS)


def any_of(binder: Binder, call: ast.Call) -> Meaning:
    """any(certificates, kind == 'hnte'): whether a row passes the filter."""
    rows, *filter_ = _arguments(binder, call, 1, 2)
    condition = _within(binder, binder.said(rows), list(filter_))
    holds = binder.truth(condition[0]) if condition else TRUE
    return Truth(AnyRow(binder.said(rows), holds, binder.said(call)))


def latest_of(binder: Binder, call: ast.Call) -> Meaning:
    """latest(financing.valuation_usd_cents, date, date <= as_of): of the latest row; else 0."""
    column, by, *filter_ = _arguments(binder, call, 2, 3)
    rows, amount = _column_of(binder, column)
    figure, day, *condition = _within(binder, rows, [amount, by, *filter_])
    number = binder.number(figure)
    if not isinstance(day, Day):
        raise binder.refuse(
            N_("要按一个日期排：{here}"), N_("例如 latest(…, date)"), here=binder.said(by),
        )  # fmt: skip
    holds = binder.truth(condition[0]) if condition else TRUE
    return Ratio(LatestOf(rows, number.top, day.node, holds, 0), Const(1), number.unit)


def open_ended(binder: Binder, call: ast.Call) -> Meaning:
    """open_ended(until): true where the row of a list gives no end."""
    (column,) = _arguments(binder, call, 1, 1)
    found = binder.of(column)
    if not isinstance(found, Day) or not isinstance(found.node, Column) or not binder.rows:
        raise binder.refuse(
            N_("open_ended 只用于列表的日期：{here}"), N_("例如 open_ended(until)"),
            here=binder.said(call),
        )  # fmt: skip
    return Truth(Absent(found.node))


# --- bands and points ---------------------------------------------------------------------


def _figure_and_bands(binder: Binder, call: ast.Call) -> tuple[Ratio, Bands, bool]:
    figure, table = (binder.of(one) for one in _arguments(binder, call, 2, 2))
    number = binder.number(figure)
    if not isinstance(table, Bands):
        raise binder.refuse(
            N_("要写一张分档表：{here}"), N_("请写一个有 bands 的参数的名称。"),
            here=binder.said(call.args[1]),
        )  # fmt: skip
    if table.unit != number.unit:
        raise binder.refuse(
            N_("单位不同：{number}与{table}（{here}）"),
            N_("分档表的界限要与所比的数用同一种单位。"), number=units.said(number.unit),
            table=units.said(table.unit), here=binder.said(call),
        )  # fmt: skip
    for keyword in call.keywords:
        if keyword.arg != "otherwise" or ast.unparse(keyword.value) != "unknown":
            raise binder.refuse(
                N_("不认得的写法：{here}"), "otherwise=unknown", here=binder.said(call),
            )  # fmt: skip
    return number, table, bool(call.keywords)


def steps(binder: Binder, call: ast.Call) -> Meaning:
    """steps(a / b, bands): points by bands; `otherwise=unknown` leaves a bottom ≤ 0 to a person."""
    figure, table, to_person = _figure_and_bands(binder, call)
    gives = [row[2] for row in table.rows] + [table.otherwise]
    if any(one.unit != units.POINTS or not one.is_whole() for row in gives for one in row):
        raise binder.refuse(
            N_("分档表要给出分数：{here}"),
            N_("例如 [[30%, 20分], [10%, 4分], 0分]，末一个是其余情形。"), here=binder.said(call),
        )
    limits = tuple((sign, limit) for sign, limit, _ in table.rows)
    ends = [
        Choice(figure, limits, tuple(int(row[at].top.said) for row in gives), to_person)  # type: ignore[attr-defined]
        for at in (0, -1)
    ]
    return Steps(ends[0], ends[0] if ends[0] == ends[1] else ends[1])


def lookup(binder: Binder, call: ast.Call) -> Meaning:
    """lookup(revenue_fen[y-1], bands): the number of the band, to compare with."""
    figure, table, to_person = _figure_and_bands(binder, call)
    if any(len(one) > 1 for one in (*(row[2] for row in table.rows), table.otherwise)):
        raise binder.refuse(
            N_("lookup 的每档给一个数：{here}"),
            N_("例如 [[5000万元, 5%], 3%]，末一个是其余情形。"), here=binder.said(call),
        )
    gives = [row[2][0] for row in table.rows] + [table.otherwise[0]]
    if any(one.unit != gives[0].unit for one in gives):
        raise binder.refuse(
            N_("分档表给出的单位不同：{here}"), N_("各档和末一个（其余情形）用同一种单位。"),
            here=binder.said(call),
        )  # fmt: skip
    values = [Fraction(int(one.top.said), int(one.bottom.said)) for one in gives]  # type: ignore[attr-defined]
    bottom = lcm(*(value.denominator for value in values))
    limits = tuple((sign, limit) for sign, limit, _ in table.rows)
    tops = tuple(int(value * bottom) for value in values)
    return Ratio(Choice(figure, limits, tops, to_person), Const(bottom), gives[0].unit)


def _code(binder: Binder, node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        binder.used.add(f"judged.{node.value}")
        return node.value
    raise binder.refuse(
        N_("要写评审项的代码：{here}"), N_("例如 judged('org', 6分)"), here=binder.said(node),
    )  # fmt: skip


def judged(binder: Binder, call: ast.Call) -> Meaning:
    """judged('code', 8分), or judged('code', steps(…)): experts' points within what is allowed."""
    code, *within = _arguments(binder, call, 2, 3)
    if len(within) == 2:
        low, high = (_whole(binder, one, units.POINTS, "6分") for one in within)
        return Judged(_code(binder, code), Fixed(low, high))
    score = binder.score(binder.of(within[0]))
    if isinstance(score, Fixed):
        score = Fixed(0, score.high)
    return Judged(_code(binder, code), score)


def passed(binder: Binder, call: ast.Call) -> Meaning:
    """passed('code'): what only experts can say; 0 is no, anything above is yes."""
    (code,) = _arguments(binder, call, 1, 1)
    return Passed(_code(binder, code))


def amount_judged(binder: Binder, call: ast.Call) -> Meaning:
    """amount_judged('code'): an amount that experts set, given in 万元."""
    (code,) = _arguments(binder, call, 1, 1)
    node = Column(f"judged.{_code(binder, code)}", bound=10**9)
    per_tenth = Fraction(units.WRITTEN["万元"][1], units.POINT)
    return Ratio(product(node, Const(int(per_tenth))), Const(1), units.FEN)


FUNCTIONS: dict[str, Callable[[Binder, ast.Call], Meaning]] = {
    "total": total_of, "known": known, "days_since": days_since, "year_of": year_of,
    "years_ago": years_ago, "days_ago": days_ago, "min": _extreme(False), "max": _extreme(True),
    "is_one_of": _one_of(False), "starts_with": _one_of(True), "sum": sum_of, "count": count_of,
    "any": any_of, "latest": latest_of, "open_ended": open_ended, "steps": steps,
    "lookup": lookup, "judged": judged, "passed": passed, "amount_judged": amount_judged,
}  # fmt: skip

__all__ = ["FUNCTIONS", "constant", "years_before"]
