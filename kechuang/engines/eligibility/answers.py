"""What a policy answers for one enterprise: states, values, thresholds, what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.conditions import Absent, Comparison, Not, OneOf, Same
from kechuang.engines.eligibility.lists import AnyRow
from kechuang.engines.eligibility.nodes import Column, Const, Node, Ratio, Row, is_guarded
from kechuang.engines.eligibility.ruleset import Policy
from kechuang.engines.eligibility.states import (
    MET,
    NAMES,
    NOT_MET,
    TO_BE_JUDGED,
    UNKNOWN,
    Criterion,
    Passed,
    Reached,
    Scored,
    State,
)

SIX_PLACES = 10**6
Test = Comparison | Same | OneOf | AnyRow | Column | Reached | Passed


@dataclass(frozen=True)
class CriterionAnswer:
    """The answer of one criterion; a score is (low, high, whether a datum is wanted)."""

    code: str
    state: int
    points: tuple[int, int, bool] | None = None


@dataclass(frozen=True)
class Answer:
    """The answer of one policy for one enterprise."""

    policy: Policy
    state: int
    criteria: Mapping[str, CriterionAnswer]
    score: tuple[int, int] | None = None
    amount_fen: int | None = None
    row: Row = field(default_factory=dict)  # with the criteria worked out, for the reasons
    said: dict[str, Any] = field(default_factory=dict, compare=False)  # of criteria, said once


def answer(policy: Policy, row: Row) -> Answer:
    """Evaluate a policy for an enterprise; a policy that is not in force entitles nobody."""
    if policy.decision is None:
        return Answer(policy, NOT_MET, {}, row=row)
    seen: dict[str, Any] = dict(row)
    criteria: dict[str, CriterionAnswer] = {}
    for code, criterion in policy.criteria.items():
        found = criterion.value(seen)
        seen[f"@{code}"] = found
        if isinstance(criterion, Scored):
            assert isinstance(found, tuple)
            criteria[code] = CriterionAnswer(code, _of_points(found), found)
        else:
            assert isinstance(found, int)
            criteria[code] = CriterionAnswer(code, found)
    state = policy.decision.value(seen)
    points = criteria[policy.score].points if policy.score else None
    amount = _amount(policy.amount, seen) if state == MET and policy.amount else None
    return Answer(policy, state, criteria, points and points[:2], amount, seen)


def _of_points(points: tuple[int, int, bool]) -> int:
    """Points by themselves decide nothing: they are known, to be judged, or a datum is wanted."""
    low, high, missing = points
    return MET if low == high else UNKNOWN if missing else TO_BE_JUDGED


def _amount(amount: Ratio, row: Row) -> int | None:
    top, bottom = amount.top.value(row), amount.bottom.value(row)
    if top is None or bottom is None:
        return None
    whole = abs(top) // bottom  # towards zero, as SQL's div()
    return int(whole if top >= 0 else -whole)


# --- missing ------------------------------------------------------------------------------


def missing(given: Answer) -> list[str]:
    """The columns for want of which the policy, or the amount of one that is met, is unknown."""
    policy = given.policy
    if policy.decision is None:
        return []
    if given.state == MET and policy.amount is not None and given.amount_fen is None:
        return sorted(name for node in policy.amount.nodes() for name in node.missing(given.row))
    return sorted(policy.decision.missing(given.row)) if given.state == UNKNOWN else []


def awaited(given: Answer) -> list[str]:
    """What experts have yet to judge, where the data are complete."""
    if given.state != TO_BE_JUDGED or given.policy.decision is None:
        return []
    return sorted(given.policy.decision.awaited(given.row))


# --- value and threshold ----------------------------------------------------------------------


def tests_of(node: Node, turned: bool = False) -> Iterator[tuple[Test, bool]]:
    """The single tests of a condition from left to right, and whether a `not` stands above."""
    if isinstance(node, Comparison | Same | OneOf | AnyRow | Reached | Passed):
        yield node, turned
    elif isinstance(node, Column) or not isinstance(node, Const | Absent):
        if isinstance(node, Column):
            yield node, turned
        for child in node.children():
            yield from tests_of(child, turned != isinstance(node, Not))


def tests_in(criterion: Criterion) -> tuple[tuple[Test, bool], ...]:
    """The tests of a criterion, looked for once."""
    found: tuple[tuple[Test, bool], ...] | None = criterion.__dict__.get("tests")
    if found is None:
        found = tuple(tests_of(criterion.answer))
        object.__setattr__(criterion, "tests", found)
    return found


def deciding_test(criterion: Criterion, row: Row) -> tuple[Test, bool] | None:
    """The test that a reader is shown: the first that gives the criterion its answer."""
    tests = tests_in(criterion)
    state = criterion.value(row)
    wanted = {MET: True, NOT_MET: False, UNKNOWN: None}
    for test, turned in tests:
        found = _truth_of(test, row)
        if state == TO_BE_JUDGED and found == TO_BE_JUDGED:
            return test, turned
        seen = not found if turned and isinstance(found, bool) else found
        if state in wanted and seen is wanted[state]:
            return test, turned
    return tests[0] if tests else None


def _truth_of(test: Test, row: Row) -> Any:
    found = test.value(row)
    if not isinstance(test, State):
        return found
    return {MET: True, NOT_MET: False, UNKNOWN: None}.get(test.value(row), TO_BE_JUDGED)


def value_and_threshold(test: Test, turned: bool, row: Row) -> tuple[Any, Any]:
    """What was found and what it is held against, as numbers of the output."""
    if isinstance(test, Comparison):
        return number(test.left, row), number(test.right, row)
    if isinstance(test, Reached):
        low, high, _ = test.score.value(row)
        return points_shown(low, high), units.points(test.limit)
    if isinstance(test, Same):
        return plain(test.left.value(row)), plain(test.right.value(row))
    if isinstance(test, OneOf):
        return plain(test.text_node.value(row)), list(test.words)
    if isinstance(test, Passed):
        given = row.get(test.key)
        return None if given is None else units.points(given), None
    return test.value(row), not turned


def number(ratio: Ratio, row: Row) -> int | float | None:
    """A figure of the output: inner units, points as points, a ratio to six places, floored."""
    if is_guarded(ratio.guards, row):
        return None
    top, bottom = ratio.top.value(row), ratio.bottom.value(row)
    if top is None or bottom is None or bottom == 0:
        return None
    if ratio.unit == units.POINTS:
        return units.points(int(Fraction(top, bottom)))
    if ratio.is_whole():
        return int(top)
    return int(top * SIX_PLACES // bottom) / SIX_PLACES


def plain(value: Any) -> Any:
    """A date as text; the rest as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def points_shown(low: int, high: int) -> Any:
    """Points that are known as a number, else the interval."""
    return units.points(low) if low == high else [units.points(low), units.points(high)]


# --- the output -----------------------------------------------------------------------------


def as_json(given: Answer) -> dict[str, Any]:
    """The answer as the command `kechuang entitle` writes it."""
    if given.policy.decision is None:
        return {"state": NAMES[NOT_MET], "criteria": {"in_force": _not_in_force(given.policy)},
                "missing": [], "version": given.policy.rules.version}  # fmt: skip
    criteria = {code: criterion_json(given, code) for code in given.criteria}
    found: dict[str, Any] = {"state": NAMES[given.state], "criteria": criteria}
    if given.score is not None:
        found["score"] = [units.points(given.score[0]), units.points(given.score[1])]
    found["missing"] = missing(given)
    waiting = awaited(given)
    if waiting:
        found["to_judge"] = waiting
    if given.amount_fen is not None:
        found["amount_fen"] = given.amount_fen
    found["version"] = given.policy.rules.version
    return found


def _not_in_force(policy: Policy) -> dict[str, Any]:
    since, until = policy.rules.since, policy.rules.until
    return {
        "state": NAMES[NOT_MET], "value": policy.day.isoformat(),
        "threshold": [since.isoformat(), until.isoformat() if until else None],
    }  # fmt: skip


def criterion_json(given: Answer, code: str) -> dict[str, Any]:
    """State, value and threshold of one criterion."""
    if code not in given.said:
        given.said[code] = _criterion_json(given, code)
    found: dict[str, Any] = given.said[code]
    return found


def _criterion_json(given: Answer, code: str) -> dict[str, Any]:
    criterion = given.policy.criteria[code]
    found = given.criteria[code]
    if isinstance(criterion, Scored):
        assert found.points is not None
        low, high, _ = found.points
        return {"state": NAMES[found.state], "value": points_shown(low, high),
                "threshold": units.points(criterion.most)}  # fmt: skip
    test = deciding_test(criterion, given.row)
    value, threshold = value_and_threshold(*test, given.row) if test else (None, None)
    return {"state": NAMES[found.state], "value": value, "threshold": threshold}
