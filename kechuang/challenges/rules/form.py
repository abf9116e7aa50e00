"""What a call asks of its bidders beside the proposal: a form made without code.

An officer writes fields with a kind, help, a condition ("show when") and the criterion that they
serve; they are frozen with the call's rules. Answers are texts; amounts are whole fen.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from kechuang.base.refusals import N_, Refused
from kechuang.challenges.rules.refusals import BidRefused, ChallengeRefused

FIELDS_MAX = 60
OPTIONS_MAX = 30
SHORT_MAX, LONG_MAX = 200, 10_000
FEN_MOST = 10**15
CODE = re.compile(r"^[A-Z][A-Z0-9_]{0,19}$")
NUMBER = re.compile(r"^-?\d{1,15}(\.\d{1,6})?$")
DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
YES_NO = {"yes": N_("是"), "no": N_("否")}


NO_CONDITION = N_(
    "第 {place} 项的显示条件不成立：须是前面某个单选或是否项的编号和它的一个选项。"
)


class Kind(StrEnum):
    TEXT = "TEXT"
    LONG = "LONG"
    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"
    DATE = "DATE"
    CHOICE = "CHOICE"
    YES_NO = "YES_NO"


KIND_NAMES = {
    Kind.TEXT: N_("一行文字"),
    Kind.LONG: N_("多行文字"),
    Kind.NUMBER: N_("数字"),
    Kind.AMOUNT: N_("金额（万元）"),
    Kind.DATE: N_("日期"),
    Kind.CHOICE: N_("单选"),
    Kind.YES_NO: N_("是或否"),
}


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field of a form. It is shown when `when_code`, an earlier field, has `when_value`; no
    code: always. `criterion` is the code of the criterion that an expert reads it for."""

    code: str
    label: str
    kind: str
    help: str = ""
    options: tuple[str, ...] = ()
    is_required: bool = False
    when_code: str = ""
    when_value: str = ""
    criterion: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A mode's default: the fields of its form, and the criteria of its scoring sheet."""

    code: str
    version: int
    since: date
    fields: tuple[FieldFacts, ...]
    criteria: tuple[Mapping[str, Any], ...]


@cache
def sheets() -> tuple[Sheet, ...]:
    """The defaults that this installation knows, by mode and version."""
    folder = files("kechuang.challenges").joinpath("data", "forms")
    texts = [one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")]
    return tuple(_read(tomllib.loads(text)) for text in texts)


def _read(told: Mapping[str, Any]) -> Sheet:
    return Sheet(
        told["code"], told["version"], told["since"],
        tuple(as_facts(one) for one in told["fields"]), tuple(told["criteria"]),
    )


def sheet_in_force(mode: str, day: date) -> Sheet | None:
    """The newest default of a mode on a day.

    >>> [one["weight"] for one in sheet_in_force("OPEN", date(2026, 11, 22)).criteria]
    [40, 30, 20, 10]
    """
    found = [one for one in sheets() if one.code == mode and one.since <= day]
    return max(found, key=lambda one: one.version, default=None)


def as_told(field: FieldFacts) -> dict[str, Any]:
    """A field as the frozen rules and the call tell it: what is empty is left out."""
    told = {name: value for name, value in asdict(field).items() if value}
    return {**told, "options": list(field.options)} if field.options else told


def as_facts(told: Mapping[str, Any]) -> FieldFacts:
    """A field from what was told."""
    names = {one.name for one in fields(FieldFacts)}
    known = {name: value for name, value in told.items() if name in names}
    return FieldFacts(**{**known, "options": tuple(told.get("options", ()))})


def choices_of(field: FieldFacts) -> tuple[str, ...]:
    """The values that a field may have, where they are few."""
    return tuple(YES_NO) if field.kind == Kind.YES_NO else field.options


def problems_with_fields(
    form: Sequence[FieldFacts], criteria: Sequence[str]
) -> list[Refused]:
    """Everything that keeps a form from being filled: codes, labels, options, conditions, links."""
    problems: list[Refused] = []
    earlier: dict[str, FieldFacts] = {}
    for place, field in enumerate(form, start=1):
        problems += [
            ChallengeRefused(f"challenges.field_{why}", text, {"place": place, **facts}, ("form",))
            for why, text, facts in _wrong(field, earlier, criteria)
        ]
        earlier[field.code] = field
    if len(form) > FIELDS_MAX:
        problems.append(ChallengeRefused(
            "challenges.too_many_fields", N_("填报项最多 {most} 项。"), {"most": FIELDS_MAX},
            ("form",)))
    return problems


def _wrong(
    field: FieldFacts, earlier: Mapping[str, FieldFacts], criteria: Sequence[str]
) -> list[tuple[str, str, dict[str, Any]]]:
    found: list[tuple[str, str, dict[str, Any]]] = []
    if not CODE.match(field.code):
        found.append(("code", N_("第 {place} 项的编号须以大写字母开头，只用大写字母和数字。"), {}))
    if field.code in earlier:
        found.append(("twice", N_("第 {place} 项的编号 {code} 前面已经用过。"),
                      {"code": field.code}))
    if not field.label.strip() or field.kind not in KIND_NAMES:
        found.append(("empty", N_("第 {place} 项还没有写问什么、怎么答。"), {}))
    least = 2
    if field.kind == Kind.CHOICE and not least <= len(set(field.options)) <= OPTIONS_MAX:
        found.append(("options", N_("第 {place} 项是单选，选项须有 2 至 {most} 个，不能重复。"),
                      {"most": OPTIONS_MAX}))
    if field.criterion and field.criterion not in criteria:
        found.append(("criterion", N_("第 {place} 项对应的评审标准 {code} 不在评分表里。"),
                      {"code": field.criterion}))
    if field.when_code or field.when_value:
        asked = earlier.get(field.when_code)
        if asked is None or field.when_value not in choices_of(asked):
            found.append(("condition", NO_CONDITION, {}))
    return found


def shown(form: Sequence[FieldFacts], answers: Mapping[str, Any]) -> list[FieldFacts]:
    """The fields that are asked, given these answers; what hangs on a hidden field is hidden.

    >>> asked = [FieldFacts("A", "?", "YES_NO"), FieldFacts("B", "?", "TEXT", when_code="A",
    ...          when_value="yes"), FieldFacts("C", "?", "TEXT", when_code="B", when_value="x")]
    >>> [one.code for one in shown(asked, {"A": "no", "B": "x"})]
    ['A']
    """
    found: list[FieldFacts] = []
    codes: set[str] = set()
    for field in form:
        met = field.when_code in codes and answers.get(field.when_code) == field.when_value
        if not field.when_code or met:
            found.append(field)
            codes.add(field.code)
    return found


def kept(form: Sequence[FieldFacts], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that were asked for and given."""
    told = {one.code: answers.get(one.code) for one in shown(form, answers)}
    return {code: value for code, value in told.items() if value not in (None, "")}


def problems_with_answers(
    form: Sequence[FieldFacts], answers: Mapping[str, Any]
) -> list[Refused]:
    """Each field that is asked and not answered, or answered as it cannot be."""
    problems: list[Refused] = []
    for field in shown(form, answers):
        value = answers.get(field.code)
        if value in (None, ""):
            if field.is_required:
                problems.append(BidRefused(
                    "bids.not_answered", N_("“{label}”还没有填。"), {"label": field.label},
                    (field.code,)))
        elif not is_answer(field, value):
            problems.append(BidRefused(
                "bids.no_such_answer", N_("“{label}”填得不对：请按这一项要求的方式填。"),
                {"label": field.label}, (field.code,)))
    return problems


def is_answer(field: FieldFacts, value: Any) -> bool:
    """Whether a value is one that the field's kind allows.

    >>> is_answer(FieldFacts("A", "?", "AMOUNT"), 600), is_answer(FieldFacts("A", "?", "DATE"), "?")
    (True, False)
    """
    if field.kind == Kind.AMOUNT:
        return type(value) is int and 0 <= value <= FEN_MOST
    if not isinstance(value, str) or len(value) > LONG_MAX or "\x00" in value:
        return False
    if field.kind == Kind.NUMBER:
        return bool(NUMBER.match(value))
    if field.kind == Kind.DATE:
        return bool(DAY.match(value)) and _is_day(value)
    if field.kind in (Kind.CHOICE, Kind.YES_NO):
        return value in choices_of(field)
    return field.kind == Kind.LONG or len(value) <= SHORT_MAX


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_answers(told: Any) -> dict[str, Any]:
    """Answers from an opened envelope: codes with texts or whole fen. Raises ValueError."""
    if not isinstance(told, Mapping) or len(told) > FIELDS_MAX:
        raise ValueError("answers that are none")
    for code, value in told.items():
        right = isinstance(value, str) and len(value) <= LONG_MAX and "\x00" not in value
        amount = type(value) is int and 0 <= value <= FEN_MOST
        if not CODE.match(str(code)) or not (right or amount):
            raise ValueError("an answer that is none")
    return dict(told)


def linked(form: Sequence[FieldFacts], criterion: str) -> list[str]:
    """The labels of the fields that an expert reads for a criterion."""
    return [one.label for one in form if one.criterion == criterion]
