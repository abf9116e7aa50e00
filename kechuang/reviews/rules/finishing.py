"""When a panel may finish, and how its minutes are hashed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kechuang.base.refusals import N_
from kechuang.reviews.rules.facts import REVIEWS_MIN, PanelRefused


def canonical_json(value: object) -> bytes:
    """RFC 8785 for integers, strings, booleans, lists and maps with ASCII keys.

    >>> canonical_json({"b": 1, "a": ["评"]}).decode()
    '{"a":["评"],"b":1}'
    """
    _refuse_floats(value)
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("minutes hold integers and strings only")
    if isinstance(value, Mapping):
        for one in value.values():
            _refuse_floats(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _refuse_floats(one)


def minutes_hash(minutes: Mapping[str, object]) -> str:
    """SHA-256 over the canonical JSON of the minutes, as lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(minutes)).hexdigest()





@dataclass(frozen=True)
class CaseProgress:
    """How far the reviews of one case are."""

    number: str
    title: str
    submitted: int
    waiting: int
    recused: int
    unexplained: int  # deviating reviews without a comment


def problems_with_finishing(
    cases: Sequence[CaseProgress], open_conflicts: int
) -> list[PanelRefused]:
    """Every reason why the panel cannot finish: too few, waiting, unexplained, undecided."""
    problems = []
    if not cases:
        problems.append(PanelRefused(
            "reviews.no_cases", N_("不能结束评审。本组还没有待评方案。"),
            way_on=N_("请先放入待评方案。"),
        ))
    problems.extend(
        problem for case in cases for problem in _problems_with_case(case)
    )
    if open_conflicts:
        problems.append(PanelRefused(
            "reviews.conflicts_undecided",
            N_("不能结束评审。还有 {count} 条可能的利益冲突未裁定。"), {"count": open_conflicts},
            way_on=N_("请秘书先裁定。"),
        ))
    return problems


def _problems_with_case(case: CaseProgress) -> list[PanelRefused]:
    named = {"number": case.number, "least": REVIEWS_MIN, "count": case.submitted,
             "waiting": case.waiting, "unexplained": case.unexplained}
    problems = []
    if case.waiting:
        problems.append(PanelRefused(
            "reviews.reviews_waiting",
            N_("不能结束评审。方案 {number} 还有 {waiting} 份评审未提交。"), named,
            way_on=N_("请等专家提交；逾期不交的，由秘书解除其席位。"),
        ))
    if case.submitted < REVIEWS_MIN:
        problems.append(PanelRefused(
            "reviews.too_few_reviews",
            N_("不能结束评审。方案 {number} 只有 {count} 份有效评审，须至少 {least} 份。"), named,
            way_on=N_("请秘书增补专家，评完再结束。"),
        ))
    if case.unexplained:
        problems.append(PanelRefused(
            "reviews.deviation_unexplained",
            N_("不能结束评审。方案 {number} 有 {unexplained} 份评分偏离中位数 20% 以上而未说明。"),
            named, way_on=N_("请专家本人写明理由，或由组长退回重评。"),
        ))
    return problems


def problems_with_consensus(cases: Sequence[CaseProgress]) -> list[PanelRefused]:
    """Scores are shown to the others only when all that are due are handed in."""
    return [
        problem
        for case in cases
        for problem in _problems_with_case(case)
        if problem.code != "reviews.deviation_unexplained"
    ]


def refused_in_state(number: str, state: str) -> PanelRefused:
    """The step does not fit the state in which the panel is."""
    return PanelRefused(
        "reviews.wrong_state",
        N_("不能办理。“{number}”现在的状态是 {state}，不适用这一步。"),
        {"number": number, "state": state}, way_on=N_("请刷新页面，看现在等谁办。"),
    )
