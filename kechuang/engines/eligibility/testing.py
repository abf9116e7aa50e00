"""Tests of a rule set, which a person writes by hand from the official text, in `tests.yaml`.

`enterprises` are named once; a test takes one, changes single columns (null takes one away) and
expects a state, points, an amount, what is missing. Amounts may be written as people say them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kechuang.base.refusals import N_, worded
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.answers import answer, as_json
from kechuang.engines.eligibility.reading import Reader
from kechuang.engines.eligibility.refusals import RowRefused, RuleRefused, near_or_all
from kechuang.engines.eligibility.ruleset import RuleSet, bind
from kechuang.engines.eligibility.shape import check_keys, check_kind
from kechuang.engines.eligibility.states import NAMES
from kechuang.engines.eligibility.texts import read_yaml

EXPECTED = {"state", "score", "amount_fen", "missing", "criteria", "to_judge"}
DIFFERS = N_("{key}：应为 {value}，得到 {got}")
TEST_KEYS = {"name", "as_of", "enterprise", "change", "expect", "worked"}


@dataclass(frozen=True)
class Outcome:
    """What came of one test: empty `problems` where it passes."""

    name: str
    problems: tuple[str, ...]


def outcomes(rules: RuleSet, text: str | None = None) -> Iterator[Outcome]:
    """Run the tests of a rule set, of its folder or of a text; refuses what cannot be read."""
    path = rules.folder / "tests.yaml"
    place = str(path)
    said = _read(path) if text is None else _said(text, place)
    for number, test in enumerate(said["tests"], 1):
        here = f"{place} 第{number}项"
        _check_test(test, here)
        row = _row(said.get("enterprises") or {}, test, here)
        got = as_json(answer(bind(rules, test["as_of"]), row))
        yield Outcome(str(test.get("name", number)), tuple(_problems(test["expect"], got)))


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise RuleRefused(str(path), N_("没有这个文件"), N_("规则集要有自己的测试。"))
    return _said(path.read_text("utf-8"), str(path))


def _said(text: str, place: str) -> Mapping[str, Any]:
    said = read_yaml(text, place)
    if not isinstance(said, dict) or not isinstance(said.get("tests"), list):
        raise RuleRefused(place, N_("缺少 tests"), N_("请写 tests:，下面每项以 - 开头。"))
    check_keys(said, {"enterprises", "tests"}, place)
    named = said.get("enterprises") or {}
    check_kind(named, dict, f"{place} enterprises")
    for name, one in named.items():
        check_kind(one, dict, f"{place} enterprises.{name}")
    return said


def _check_test(test: Any, place: str) -> None:
    check_keys(test, TEST_KEYS, place)
    if not isinstance(test.get("as_of"), date) or not test.get("expect"):
        raise RuleRefused(place, N_("要写 as_of 和 expect"), N_("例如 as_of: 2023-08-29"))
    check_keys(test["expect"], EXPECTED, place)
    check_kind(test.get("change") or {}, dict, place)
    check_kind(test["expect"].get("criteria") or {}, dict, place)
    state = test["expect"].get("state", NAMES[0])
    if state not in NAMES:
        raise RuleRefused(place, N_("没有 {state} 这种结论"), near_or_all([], NAMES), state=state)


def _row(named: Mapping[str, Any], test: Mapping[str, Any], place: str) -> dict[str, Any]:
    name = str(test.get("enterprise"))
    if name not in named:
        raise RuleRefused(place, N_("没有 {called} 这个企业"), near_or_all([], named), called=name)
    reader = Reader()
    reader.place = place
    try:
        row = reader.row(_counted({"id": name, **named[name]}))
        for key, value in (test.get("change") or {}).items():
            row.pop(key, None)
            if value is not None:
                row |= reader.row(_counted({"id": name, key: value}))
    except RowRefused as refused:
        what = worded(N_("{field}：{what}"), **refused.facts)
        raise RuleRefused(place, what, refused.way_on) from refused
    if reader.unread:
        raise RuleRefused(
            place, N_("没有这些列：{names}"), N_("列名见 kechuang rules columns。"),
            names=list(reader.unread),
        )  # fmt: skip
    return row


def _counted(said: Any) -> Any:
    """Amounts as people say them (`5000万元`, `300人`) as whole numbers."""
    if isinstance(said, dict):
        return {key: _counted(value) for key, value in said.items()}
    if isinstance(said, list):
        return [_counted(value) for value in said]
    if isinstance(said, str):
        found = units.LITERAL.fullmatch(said.removeprefix("-"))
        if found and found[2]:
            value = units.read(found[1], found[2])[0]
            return -int(value) if said.startswith("-") else int(value)
    return said


def _problems(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for key, value in expected.items():
        if key == "criteria":
            for code, wanted in value.items():
                yield from _criterion_problems(code, wanted, got["criteria"].get(code))
        elif _counted(value) != got.get(key):
            yield worded(DIFFERS, key=key, value=str(value), got=str(got.get(key)))


def _criterion_problems(code: str, wanted: Any, found: Any) -> Iterator[str]:
    if found is None:
        yield worded(N_("没有 {called} 这一项"), called=code)
    elif isinstance(wanted, str):
        if found["state"] != wanted:
            yield worded(DIFFERS, key=code, value=wanted, got=found["state"])
    elif found["value"] != wanted:
        yield worded(DIFFERS, key=code, value=wanted, got=str(found["value"]))
