"""Reasons in the reader's words: tests with their gap, the clause, owners of what is missing.

A gap says how much of one figure is wanted while the others stay ("R&D expense short by 312,000
yuan at this revenue"). Where points are short, the cheapest change is the set of figures whose
relative change, summed, is smallest among those that reach the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.answers import (
    Answer,
    Test,
    criterion_json,
    deciding_test,
    tests_in,
    value_and_threshold,
)
from kechuang.engines.eligibility.conditions import Comparison
from kechuang.engines.eligibility.nodes import Const, Node, Product, Ratio, Row, is_guarded
from kechuang.engines.eligibility.schema import schema
from kechuang.engines.eligibility.scores import (
    Best,
    Choice,
    Depending,
    Judged,
    Score,
    Steps,
    Together,
    columns_of,
)
from kechuang.engines.eligibility.states import (
    MET,
    NAMES,
    NOT_MET,
    UNKNOWN,
    Criterion,
    Reached,
    Scored,
    State,
)

ROUNDED = {">=": (1, 0), ">": (0, 1), "<=": (0, 0), "<": (1, -1)}  # up?, then how much beyond


def explained(given: Answer) -> dict[str, Any]:
    """Why each criterion has its answer, with clause, quotation, gap and owners."""
    policy = given.policy
    document = policy.rules.said["document"]
    found: dict[str, Any] = {
        "title": policy.rules.said["title"]["zh"],
        "document": document["number"],
        "as_of": policy.day.isoformat(),
        "assumed": policy.rules.assumed(),
    }
    if policy.decision is None:
        return found | {"in_force": False}
    found["criteria"] = {code: _criterion(given, code) for code in policy.criteria}
    cheapest = _cheapest(given)
    return found | ({"cheapest": cheapest} if cheapest else {})


def _criterion(given: Answer, code: str) -> dict[str, Any]:
    said = given.policy.rules.criteria[code]
    criterion = given.policy.criteria[code]
    found = {"zh": said["zh"], "clause": said["clause"]}
    if said.get("quote"):
        found["quote"] = said["quote"]
    found |= criterion_json(given, code)
    wanted = sorted(criterion.missing(given.row))
    if wanted:
        found["missing"] = [
            {"column": name, "zh": schema().label_of(name), "owner": schema().owner_of(name)}
            for name in wanted
        ]
    if isinstance(criterion, Criterion):
        found["tests"] = [
            _test(test, turned, given.row) for test, turned in tests_in(criterion)
        ]
        gap = _gap_of(criterion, given.row)
        if gap:
            found["gap"] = gap
    return found


def _test(test: Test, turned: bool, row: Row) -> dict[str, Any]:
    value, threshold = value_and_threshold(test, turned, row)
    found = test.value(row)
    if not isinstance(test, State):
        found = UNKNOWN if found is None else MET if found else NOT_MET
    said = getattr(test, "text", "") or ", ".join(sorted(columns_of(test)))
    return {"test": said, "not": turned, "holds": NAMES[int(found or 0)], "value": value,
            "threshold": threshold}  # fmt: skip


# --- gaps -------------------------------------------------------------------------------------


def _gap_of(criterion: Criterion, row: Row) -> dict[str, Any] | None:
    if criterion.value(row) != NOT_MET:
        return None
    test = deciding_test(criterion, row)
    if test is None or test[1] or not isinstance(test[0], Comparison):
        return None
    return gap(test[0], row)


def gap(test: Comparison, row: Row) -> dict[str, Any] | None:
    """How far the left figure is from where the comparison holds, all else as it is."""
    if test.sign not in ROUNDED or is_guarded(test.guards, row):
        return None
    right = [one.value(row) for one in (test.right.top, test.right.bottom)]
    if None in right or right[1] == 0:
        return None
    return _change(test.left, test.sign, Fraction(right[0], right[1]), row)


def _change(figure: Ratio, sign: str, limit: Fraction, row: Row) -> dict[str, Any] | None:
    """What the top of a figure must become for the sign to hold against a limit."""
    unit = _unit_of(figure.top)
    top, bottom = figure.top.value(row), figure.bottom.value(row)
    if unit is None or top is None or not bottom or bottom < 0:
        return None
    up, beyond = ROUNDED[sign]
    exact = limit * bottom
    target = (-(-exact.numerator // exact.denominator) if up else
              exact.numerator // exact.denominator) + beyond  # fmt: skip
    names = sorted(columns_of(figure.top))
    label = schema().label_of(names[0])
    by = target - top
    text = f"{label}{'还差' if by > 0 else '超出'} {units.shown(abs(by), unit)}"
    others = sorted(columns_of(figure.bottom) - set(names))
    if others:
        text += f"（按现有{schema().label_of(others[0])}）"
    return {"columns": names, "from": top, "to": target, "by": by, "text": text}


def _unit_of(node: Node) -> units.Unit | None:
    """The unit of a figure that is a column or a sum of columns; None for a product of two."""
    if isinstance(node, Const | Product):
        return None
    names = [name for name in sorted(columns_of(node)) if schema().spec_of(name)]
    for name in names:
        spec = schema().spec_of(name)
        if spec is not None and spec.unit:
            return spec.unit
    return _inner_unit(node)


def _inner_unit(node: Node) -> units.Unit | None:
    """The unit of what is summed over the rows of a list."""
    amount, rows = getattr(node, "amount", None), getattr(node, "rows", None)
    if amount is None or rows is None:
        return None
    spec = schema().lists[rows].get(getattr(amount, "name", ""))
    return spec.unit if spec else None


# --- the cheapest change ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Option:
    gain: int
    cost: Fraction
    change: dict[str, Any] | None


def _cheapest(given: Answer) -> list[dict[str, Any]]:
    """The smallest changes that would bring the points to the limit; none where it is reached."""
    for criterion in given.policy.criteria.values():
        if not isinstance(criterion, Criterion) or criterion.value(given.row) != NOT_MET:
            continue
        for test, turned in tests_in(criterion):
            if isinstance(test, Reached) and not turned and test.value(given.row) == NOT_MET:
                return cheapest_change(test, given.row)
    return []


def cheapest_change(test: Reached, row: Row) -> list[dict[str, Any]]:
    """The changes of figures, least in relative size, with which points reach the limit."""
    high = test.score.value(row)[1]
    wanted = test.limit - high + (1 if test.sign == ">" else 0)
    best: dict[int, tuple[Fraction, tuple[dict[str, Any], ...]]] = {0: (Fraction(0), ())}
    for part in _parts(test.score):
        grown: dict[int, tuple[Fraction, tuple[dict[str, Any], ...]]] = {}
        options = [_Option(0, Fraction(0), None), *_options(part, part.value(row)[1], row)]
        for gained, (cost, changes) in best.items():
            for option in options:
                gain = min(wanted, gained + option.gain)
                whole = cost + option.cost
                if gain not in grown or whole < grown[gain][0]:
                    more = (option.change,) if option.change else ()
                    grown[gain] = (whole, changes + more)
        best = grown
    return list(best[wanted][1]) if wanted in best else []


def _parts(score: Score) -> Sequence[Score]:
    if isinstance(score, Scored):
        return _parts(score.points)
    if isinstance(score, Together):
        return [one for part in score.parts for one in _parts(part)]
    return [score]


def _options(score: Score, now: int, row: Row) -> list[_Option]:
    """The ways to more points for one indicator: each higher band of each of its figures."""
    if isinstance(score, Scored):
        return _options(score.points, now, row)
    if isinstance(score, Best) and not score.least:
        return [one for part in score.parts for one in _options(part, now, row)]
    if isinstance(score, Depending):
        holds = score.condition.value(row)
        return _options(score.yes if holds else score.no, now, row) if holds is not None else []
    if isinstance(score, Judged):
        return _options(score.within, now, row)
    if isinstance(score, Steps):
        return _bands(score.high, now, row)
    return []


def _bands(choice: Choice, now: int, row: Row) -> list[_Option]:
    found = []
    for (sign, limit), points in zip(choice.bands, choice.values, strict=False):
        if points <= now or is_guarded(choice.figure.guards, row) or sign not in ROUNDED:
            continue
        change = _change(choice.figure, sign, limit, row)
        if change is not None:
            size = Fraction(abs(change["by"]), max(abs(change["to"]), abs(change["from"]), 1))
            gained = {"points": units.points(points - now)}
            found.append(_Option(points - now, size, change | gained))
    return found
