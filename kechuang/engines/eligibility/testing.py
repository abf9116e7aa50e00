"""Tests of a rule set, which a person writes by hand from the official text, in `tests.yaml`.

`enterprises` are named once; a test takes one, changes single columns (null takes one away) and
expects a state, points, an amount, what is missing. Amounts may be written as people say them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.answers import answer, as_json
from kechuang.engines.eligibility.reading import Reader
from kechuang.engines.eligibility.refusals import RuleRefused
from kechuang.engines.eligibility.ruleset import RuleSet, bind

EXPECTED = {"state", "score", "amount_fen", "missing", "criteria", "to_judge"}
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
        if not isinstance(test, dict) or set(test) - TEST_KEYS:
            raise RuleRefused(here, f"不认得的键：{'、'.join(sorted(set(test) - TEST_KEYS))}")
        if not isinstance(test.get("as_of"), date) or not test.get("expect"):
            raise RuleRefused(here, "要写 as_of 和 expect")
        row = _row(said.get("enterprises") or {}, test, here)
        got = as_json(answer(bind(rules, test["as_of"]), row))
        yield Outcome(str(test.get("name", number)), tuple(_problems(test["expect"], got, here)))


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise RuleRefused(str(path), "没有这个文件", "规则集要有自己的测试。")
    return _said(path.read_text("utf-8"), str(path))


def _said(text: str, place: str) -> Mapping[str, Any]:
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuleRefused(place, f"不是 YAML：{str(error)[:200]}") from error
    if not isinstance(said, dict) or not isinstance(said.get("tests"), list):
        raise RuleRefused(place, "缺少 tests")
    return said


def _row(named: Mapping[str, Any], test: Mapping[str, Any], place: str) -> dict[str, Any]:
    name = str(test.get("enterprise"))
    if name not in named:
        raise RuleRefused(place, f"没有 {name} 这个企业")
    reader = Reader()
    reader.place = place
    row = reader.row(_counted({"id": name, **named[name]}))
    for key, value in (test.get("change") or {}).items():
        row.pop(key, None)
        if value is not None:
            row |= reader.row(_counted({"id": name, key: value}))
    if reader.unread:
        raise RuleRefused(place, f"没有这些列：{'、'.join(reader.unread)}")
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


def _problems(expected: Mapping[str, Any], got: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in expected.items():
        if key not in EXPECTED:
            raise RuleRefused(place, f"expect 里不认得 {key}", "、".join(sorted(EXPECTED)))
        if key == "criteria":
            for code, wanted in value.items():
                yield from _criterion_problems(code, wanted, got["criteria"].get(code))
        elif _counted(value) != got.get(key):
            yield f"{key}：应为 {value}，得到 {got.get(key)}"


def _criterion_problems(code: str, wanted: Any, found: Any) -> Iterator[str]:
    if found is None:
        yield f"没有 {code} 这一项"
    elif isinstance(wanted, str):
        if found["state"] != wanted:
            yield f"{code}：应为 {wanted}，得到 {found['state']}"
    elif found["value"] != wanted:
        yield f"{code}：应为 {wanted}，得到 {found['value']}"
