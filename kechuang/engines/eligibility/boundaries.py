"""Enterprises made for every threshold of every criterion: one below, on it, one above, 0, missing.

A complete enterprise is made, then one figure at a time is moved to where a test changes its
answer: found by halving, to the fen, the person, the item, the day. What must come out is said by
plain division of fractions, not by the cross-multiplying that is tested.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import product as combinations
from typing import Any

from kechuang.base.refusals import N_, Said, worded
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.answers import tests_of
from kechuang.engines.eligibility.conditions import OPERATORS, Comparison, OneOf, Same
from kechuang.engines.eligibility.lists import AnyRow, CountOf, LatestOf, SumOf
from kechuang.engines.eligibility.nodes import Column, Const, Node, Ratio, Row, Series
from kechuang.engines.eligibility.ruleset import Policy, RuleSet, bind
from kechuang.engines.eligibility.schema import ColumnSpec, schema
from kechuang.engines.eligibility.scores import Choice, Score
from kechuang.engines.eligibility.states import Criterion, Passed, Reached, Scored
from kechuang.engines.eligibility.testing import Outcome

HIGHEST = 10**15
RowList = AnyRow | SumOf | LatestOf | CountOf


@dataclass(frozen=True)
class Boundary:
    """An enterprise beside a threshold, and what the test must say of it."""

    criterion: str
    name: str
    row: dict[str, Any]
    test: Node
    expected: Any


def boundary_outcomes(rules: RuleSet) -> Iterator[Outcome]:
    """Hold the evaluator against every boundary, on every day from which something changes."""
    for day in rules.days_of_change():
        for one in boundaries(bind(rules, day)):
            got = one.test.value(one.row)
            wrong = () if got == one.expected else (_differs(one.expected, got),)
            yield Outcome(f"{day} {one.criterion} {one.name}", wrong)


def _differs(expected: int, got: int) -> Said:
    return worded(N_("应为 {value}，得到 {got}"), value=expected, got=got)


def boundaries(policy: Policy) -> Iterator[Boundary]:
    """Every boundary of every criterion of a policy."""
    whole = complete(policy)
    for code, criterion in policy.criteria.items():
        seen: set[Node] = set()
        for test in _tests(criterion):
            if test not in seen:
                seen.add(test)
                for name, row, expected in _around(test, whole, policy.day):
                    yield Boundary(code, name, row, test, expected)


def _tests(criterion: Criterion | Scored) -> Iterator[Node]:
    if isinstance(criterion, Scored):
        yield from _of_score(criterion.points)
        return
    for test, _ in tests_of(criterion.answer):
        if isinstance(test, Reached):
            continue  # points of other criteria, which have boundaries of their own
        yield test
        if isinstance(test, Comparison):
            yield from _inside(test)


def _inside(node: Node) -> Iterator[Node]:
    """The tables and conditions on which a figure depends."""
    for child in node.children():
        if isinstance(child, Choice | OneOf | AnyRow | Same | Comparison):
            yield child
        yield from _inside(child)


def _of_score(score: Score) -> Iterator[Node]:
    if isinstance(score, Scored):
        return
    for name in ("low", "high"):
        end = getattr(score, name, None)
        if isinstance(end, Choice):
            yield end
    condition = getattr(score, "condition", None)
    if condition is not None:
        yield from (test for test, _ in tests_of(condition) if isinstance(test, Node))
    for child in score.children():
        yield from _of_score(child)


# --- a complete enterprise --------------------------------------------------------------------


def complete(policy: Policy) -> dict[str, Any]:
    """An enterprise with every datum that the policy may read, each list with rows that count."""
    day = policy.day
    row: dict[str, Any] = {
        "id": "boundary", "registered_date": day - timedelta(days=30 * 365), "resident": True,
        "industry": "C3562", "region": "210102",
    }  # fmt: skip
    for back in range(5):
        for name, spec in schema().returns.items():
            row[f"returns.{day.year - back}.{name}"] = 10**10 if spec.unit == units.FEN else 1000
    for name in schema().lists:
        row[name] = []
    return row


def passing(test: RowList, day: date) -> dict[str, Any] | None:
    """A row of a list that passes a filter, found among the values that the filter names."""
    columns = schema().lists[test.rows]
    said = _constants(test.condition)
    choices = [_candidates(spec, said, day) for spec in columns.values()]
    for values in combinations(*choices):
        row = dict(zip(columns, values, strict=True))
        if test.condition.value(row) is True:
            return row
    return None


def _constants(node: Node) -> list[Any]:
    found: list[Any] = list(node.words) if isinstance(node, OneOf) else []
    found += [node.said] if isinstance(node, Const) else []
    for child in node.children():
        found += _constants(child)
    return found


def _candidates(spec: ColumnSpec, said: Sequence[Any], day: date) -> list[Any]:
    if spec.type == "bool":
        return [True]
    if spec.type == "text":
        return [one for one in said if isinstance(one, str)] or ["other"]
    if spec.type == "date":
        if spec.name == "until":
            return [day + timedelta(days=400)]
        last_year = date(day.year - 1, 6, 30)
        return [day - timedelta(days=1), last_year, day - timedelta(days=11 * 366)]
    if spec.unit == units.YEARS:
        return [day.year - 1]
    return [10**10] if spec.unit in (units.FEN, units.CENTS) else [1]


# --- around one test --------------------------------------------------------------------------

Made = Iterator[tuple[str, dict[str, Any], Any]]


def _around(test: Node, whole: dict[str, Any], day: date) -> Made:
    if isinstance(test, Comparison):
        yield from _around_figures(
            test, (test.left, test.right), lambda row: _compared(test, row), whole, day
        )
    elif isinstance(test, Choice):
        yield from _around_figures(test, (test.figure,), lambda row: _chosen(test, row), whole, day)
    elif isinstance(test, Same):
        yield from _around_date(test, whole)
    elif isinstance(test, OneOf):
        yield from _around_words(test, whole)
    elif isinstance(test, AnyRow):
        yield from _around_rows(test, whole, day)
    elif isinstance(test, Column):
        for value in (True, False, None):
            yield f"{test.name} {value}", whole | {test.name: value}, value
    elif isinstance(test, Passed):
        for points, state in ((None, 2), (0, 0), (10, 3)):
            yield f"{test.key} {points}", whole | {test.key: points}, state


def _around_figures(
    test: Node,
    figures: Sequence[Ratio],
    says: Callable[[Row], Any],
    whole: dict[str, Any],
    day: date,
) -> Made:
    for name, put in _movable(figures, whole, day):
        for at in sorted({0, *_turns(says, put)}):
            for value in (at - 1, at, at + 1):
                if value >= 0 or name.endswith("_fen"):
                    row = put(value)
                    yield f"{name}={value}", row, says(row)
        row = put(None)
        yield f"{name} missing", row, says(row)


def _movable(
    figures: Sequence[Ratio], whole: dict[str, Any], day: date
) -> Iterator[tuple[str, Callable[[Any], dict[str, Any]]]]:
    """The figures that a test depends on, and how to set each."""
    nodes = {leaf: None for figure in figures for node in figure.nodes() for leaf in _leaves(node)}
    held = dict(whole)
    for leaf in nodes:  # rows that count, for the lists that the test sums
        if isinstance(leaf, SumOf | LatestOf | CountOf):
            held[leaf.rows] = [one for one in [passing(leaf, day)] if one]
    for leaf in nodes:
        if isinstance(leaf, Series):
            yield leaf.key, lambda value, key=leaf.key: held | {key: value}  # type: ignore[misc]
        elif isinstance(leaf, SumOf | LatestOf) and held[leaf.rows]:
            column = getattr(leaf.amount, "name", "")
            yield (
                f"{leaf.rows}.{column}",
                lambda value, rows=leaf.rows, column=column: (
                    held
                    | {  # type: ignore[misc]
                        rows: [held[rows][0] | {column: value}]
                    }
                ),
            )
        elif isinstance(leaf, Column) and leaf.name == "registered_date":
            yield (
                "days",
                lambda value: (
                    held
                    | {
                        "registered_date": None
                        if value is None
                        else day - timedelta(days=min(value, 40_000))
                    }
                ),
            )


def _leaves(node: Node) -> Iterator[Node]:
    if isinstance(node, Series | Column | SumOf | LatestOf | CountOf):
        yield node
    for child in node.children():
        yield from _leaves(child)


def _turns(says: Callable[[Row], Any], put: Callable[[int], dict[str, Any]]) -> Iterator[int]:
    """The least values from which a test says something else, found by halving."""

    def search(low: int, high: int) -> Iterator[int]:
        if says(put(low)) == says(put(high)):
            return
        if high - low == 1:
            yield high
            return
        middle = (low + high) // 2
        yield from search(low, middle)
        yield from search(middle, high)

    for below, above in ((0, 10**3), (10**3, 10**7), (10**7, 10**10), (10**10, HIGHEST)):
        yield from search(below, above)


def _fraction(ratio: Ratio, row: Row) -> Fraction | None:
    top, bottom = ratio.top.value(row), ratio.bottom.value(row)
    return None if top is None or bottom is None or bottom == 0 else Fraction(top, bottom)


def _is_below_zero(guards: Sequence[Node], row: Row) -> bool:
    found = [one.value(row) for one in guards]
    return any(one is not None and one <= 0 for one in found)


def _compared(test: Comparison, row: Row) -> bool | None:
    """What a comparison must say, by division."""
    if _is_below_zero(test.guards, row):
        return False
    left, right = _fraction(test.left, row), _fraction(test.right, row)
    return None if left is None or right is None else OPERATORS[test.sign](left, right)


def _chosen(test: Choice, row: Row) -> int | None:
    """What a table of bands must give, by division."""
    if _is_below_zero(test.figure.guards, row):
        return None if test.left_to_a_person else test.values[-1]
    figure = _fraction(test.figure, row)
    if figure is None:
        return None
    for (sign, limit), value in zip(test.bands, test.values, strict=False):
        if OPERATORS[sign](figure, limit):
            return value
    return test.values[-1]


def _around_date(test: Same, whole: dict[str, Any]) -> Made:
    if not isinstance(test.left, Column) or not isinstance(test.right, Const):
        return
    limit = test.right.said
    if not isinstance(limit, date):
        return
    for days in (-1, 0, 1):
        value = limit + timedelta(days=days)
        yield (
            f"{test.left.name}={value}",
            whole | {test.left.name: value},
            OPERATORS[test.sign](value.toordinal(), limit.toordinal()),
        )
    yield f"{test.left.name} missing", whole | {test.left.name: None}, None


def _around_words(test: OneOf, whole: dict[str, Any]) -> Made:
    name = getattr(test.text_node, "name", "")
    for word in test.words:
        yield f"{name}={word}", whole | {name: word}, True
    yield f"{name}=ZZ", whole | {name: "ZZ"}, False
    yield f"{name} missing", whole | {name: None}, None


def _around_rows(test: AnyRow, whole: dict[str, Any], day: date) -> Made:
    name = test.rows
    yield f"{name} missing", whole | {name: None}, None
    yield f"{name} empty", whole | {name: []}, False
    found = passing(test, day)
    if found is None:
        return
    yield f"{name} one", whole | {name: [found]}, True
    for inner, _ in tests_of(test.condition):
        column, limit = getattr(inner, "left", None), getattr(inner, "right", None)
        if not (isinstance(inner, Same) and isinstance(column, Column)):
            continue
        if isinstance(limit, Const) and isinstance(limit.said, date):
            for days in (-1, 0, 1):
                row = found | {column.name: limit.said + timedelta(days=days)}
                said = f"{name}.{column.name}={row[column.name]}"
                yield said, whole | {name: [row]}, _row_says(test, row)
    for column_name in found:
        row = {key: value for key, value in found.items() if key != column_name}
        yield f"{name} without {column_name}", whole | {name: [row]}, _row_says(test, row)


def _row_says(test: AnyRow, row: dict[str, Any]) -> bool | None:
    return test.condition.value(row)  # type: ignore[no-any-return]


__all__ = ["Boundary", "boundaries", "boundary_outcomes", "complete"]
