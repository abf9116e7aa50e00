"""A rule set: a folder with `rules.yaml` and `tests.yaml`, versioned by the hash of its text."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.functions import FUNCTIONS
from kechuang.engines.eligibility.language import Binder, Meaning, Truth, bands_of
from kechuang.engines.eligibility.nodes import Ratio
from kechuang.engines.eligibility.refusals import RuleRefused
from kechuang.engines.eligibility.schema import HERE, schema
from kechuang.engines.eligibility.scores import Score
from kechuang.engines.eligibility.states import Criterion, Scored, State

SHIPPED = HERE / "rulesets"
KEYS = {
    "code", "title", "document", "sources", "valid", "assumed", "parameters", "facts", "criteria",
    "decision", "score", "amount", "instrument", "notes",
}  # fmt: skip
CRITERION_KEYS = {"zh", "en", "clause", "quote", "rule", "assumed", "informs"}
PARAMETER_KEYS = {"zh", "clause", "quote", "values", "assumed"}
VALUE_KEYS = {"since", "is", "bands", "words", "document"}


@dataclass(frozen=True)
class RuleSet:
    """What a folder says, before it is bound to a day."""

    folder: Path
    said: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.said["code"])

    @cached_property
    def version(self) -> str:
        """The hash of what the rules say: comments and order of keys do not count."""
        text = json.dumps(self.said, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def since(self) -> date:
        return self.said["valid"]["since"]  # type: ignore[no-any-return]

    @property
    def until(self) -> date | None:
        return self.said["valid"].get("until")  # type: ignore[no-any-return]

    def is_in_force(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    @property
    def criteria(self) -> Mapping[str, Mapping[str, Any]]:
        return self.said["criteria"]  # type: ignore[no-any-return]

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        return self.said.get("parameters") or {}

    def assumed(self) -> list[str]:
        """What was not read in the official text, in sentences."""
        found = list(self.said.get("assumed") or [])
        for kind in (self.parameters, self.criteria):
            found += [
                f"{code}：{one['assumed']}" for code, one in kind.items() if one.get("assumed")
            ]
        return found

    def days_of_change(self) -> list[date]:
        """The days from which something else holds: each is checked and tested."""
        days = {self.since}
        for one in self.parameters.values():
            days |= {value["since"] for value in one["values"] if value["since"] >= self.since}
        return sorted(day for day in days if self.is_in_force(day))


@dataclass(frozen=True)
class Policy:
    """A rule set bound to a day: what each criterion means, and what decides."""

    rules: RuleSet
    day: date
    in_force: bool
    criteria: Mapping[str, Criterion | Scored]
    decision: State | None
    score: str
    amount: Ratio | None
    used: Mapping[str, frozenset[str]]

    @property
    def code(self) -> str:
        return self.rules.code


# --- reading ------------------------------------------------------------------------------


def load(folder: Path) -> RuleSet:
    """Read the rules of a folder; refuses what is not a rule set, naming the key."""
    path = folder / "rules.yaml"
    if not path.is_file():
        raise RuleRefused(str(folder), "这里没有 rules.yaml", "请给出规则集的目录。")
    try:
        return read(path.read_text("utf-8"), folder)
    except UnicodeDecodeError as error:
        raise RuleRefused(str(path), f"不是 YAML：{str(error)[:200]}") from error


def read(text: str, folder: Path) -> RuleSet:
    """The rules of a text; refusals name places as if it stood in the folder."""
    path = folder / "rules.yaml"
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RuleRefused(str(path), f"不是 YAML：{str(error)[:200]}") from error
    _check_shape(said, path)
    return RuleSet(folder, said)


def load_all(where: Path) -> list[RuleSet]:
    """The rule set of a folder, or those of its sub-folders; of a code, the shipped one."""
    if (
        not where.exists()
        and (SHIPPED / where.name / "rules.yaml").is_file()
        and where.name == str(where)
    ):
        where = SHIPPED / where.name
    if not where.is_dir():
        raise RuleRefused(str(where), "没有这个目录", "请给出规则集的目录，或其上一级目录。")
    if (where / "rules.yaml").is_file():
        return [load(where)]
    found = [load(each.parent) for each in sorted(where.glob("*/rules.yaml"))]
    if not found:
        raise RuleRefused(str(where), "目录里没有规则集（rules.yaml）")
    codes = [each.code for each in found]
    for code in codes:
        if codes.count(code) > 1:
            raise RuleRefused(str(where), f"代码 {code} 出现了两次")
    return found


def _check_shape(said: Any, path: Path) -> None:
    place = str(path)
    if not isinstance(said, dict):
        raise RuleRefused(place, "规则集要是一个映射")
    _check_keys(said, KEYS, place)
    for key in ("code", "title", "document", "sources", "valid", "criteria", "decision"):
        if not said.get(key):
            raise RuleRefused(place, f"缺少 {key}")
    for key in ("valid", "criteria", "title", "document"):
        if not isinstance(said[key], dict):
            raise RuleRefused(place, f"{key} 要是一个映射")
    _check_document(said, place)
    _check_days(said, place)
    _check_names(said, place)
    for code, one in said["criteria"].items():
        _check_keys(one, CRITERION_KEYS, f"{place} criteria.{code}")
        for key in ("zh", "clause", "quote", "rule"):
            if not one.get(key):
                raise RuleRefused(f"{place} criteria.{code}", f"缺少 {key}")
    for code, one in (said.get("parameters") or {}).items():
        _check_parameter(one, f"{place} parameters.{code}")


def _check_document(said: Mapping[str, Any], place: str) -> None:
    """The legal reference, and a code that a file name and an address can hold."""
    for key in ("number", "name", "issuer"):
        if not said["document"].get(key):
            raise RuleRefused(place, f"document 缺少 {key}")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", str(said["code"])):
        raise RuleRefused(place, f"code {said['code']} 要是小写英文、数字和连字符")


def _check_days(said: Mapping[str, Any], place: str) -> None:
    for bound in ("since", "until"):
        day = said["valid"].get(bound)
        if not isinstance(day, date) and not (day is None and bound == "until"):
            raise RuleRefused(place, f"valid.{bound} 要是日期，例如 2016-01-01")
    since, until = (said["valid"].get(bound) for bound in ("since", "until"))
    if until is not None and until <= since:
        raise RuleRefused(place, f"valid.until {until} 不晚于 since {since}")


def _check_names(said: Mapping[str, Any], place: str) -> None:
    """Names are lower-case words, none said twice, none that a column or a function has."""
    names = [
        *said["criteria"], *(said.get("parameters") or {}), *(said.get("facts") or {}),
    ]  # fmt: skip
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) or name in _taken():
            raise RuleRefused(place, f"{name} 不能作名称：已是一项数据或函数，或不是小写英文")
        if names.count(name) > 1:
            raise RuleRefused(place, f"名称 {name} 用了两次")
    if said.get("score") and said["score"] not in said["criteria"]:
        raise RuleRefused(place, f"score 要是一个评分项的代码：{said['score']}")


def _taken() -> set[str]:
    known = schema()
    return {*known.enterprise, *known.returns, *known.lists, *FUNCTIONS, "as_of", "y"}


def _check_parameter(one: Mapping[str, Any], place: str) -> None:
    _check_keys(one, PARAMETER_KEYS, place)
    for key in ("clause", "quote", "values"):
        if not one.get(key):
            raise RuleRefused(place, f"缺少 {key}")
    before = date.min
    for value in one["values"]:
        _check_keys(value, VALUE_KEYS, place)
        if not isinstance(value.get("since"), date) or value["since"] <= before:
            raise RuleRefused(place, "values 要按 since 由早到晚排，since 要是日期")
        before = value["since"]
        if sum(key in value for key in ("is", "bands", "words")) != 1:
            raise RuleRefused(place, "每个取值写 is、bands 或 words 之一")


def _check_keys(said: Any, keys: set[str], place: str) -> None:
    if not isinstance(said, dict):
        raise RuleRefused(place, "要是一个映射")
    for key in said:
        if key not in keys:
            raise RuleRefused(place, f"不认得的键 {key}", "可用：" + "、".join(sorted(keys)))


# --- binding ------------------------------------------------------------------------------


class _Names:
    """What the names of a rule set mean on a day; each is bound once."""

    def __init__(self, rules: RuleSet, day: date) -> None:
        self.rules, self.day = rules, day
        self.place = str(rules.folder / "rules.yaml")
        self.binder = Binder(schema(), day, self.find, FUNCTIONS, self.place)
        self.bound: dict[str, Meaning] = {}
        self.pending: set[str] = set()
        self.asked: set[str] = set()
        self.used: dict[str, frozenset[str]] = {}

    def find(self, name: str) -> Meaning | None:
        self.asked.add(name)
        if name not in self.bound:
            if name in self.pending:
                raise RuleRefused(self.place, f"{name} 用到了它自己")
            self.pending.add(name)
            rows, self.binder.rows = self.binder.rows, ""
            found = self._bind(name)
            self.binder.rows = rows
            self.pending.discard(name)
            if found is None:
                return None
            self.bound[name] = found
        self.binder.used |= self.used.get(name, frozenset())
        return self.bound[name]

    def _bind(self, name: str) -> Meaning | None:
        before, self.binder.used = self.binder.used, set()
        try:
            if name in self.rules.parameters:
                return self._parameter(name)
            facts = self.rules.said.get("facts") or {}
            if name in facts:
                return self.binder.bind(facts[name], f"{self.place} facts.{name}")
            if name in self.rules.criteria:
                return self._criterion(name)
            return None
        finally:
            self.used[name] = frozenset(self.binder.used)
            self.binder.used = before

    def _parameter(self, name: str) -> Meaning:
        place = f"{self.place} parameters.{name}"
        values = [one for one in self.rules.parameters[name]["values"] if one["since"] <= self.day]
        if not values:
            raise RuleRefused(place, f"在 {self.day} 没有取值")
        value = values[-1]
        if "bands" in value:
            return bands_of(value["bands"], self.binder, place)
        if "words" in value:
            return tuple(map(str, value["words"]))
        return self.binder.bind(str(value["is"]), place)

    def _criterion(self, name: str) -> Criterion | Scored:
        found = self.binder.bind(self.rules.criteria[name]["rule"], f"{self.place} criteria.{name}")
        if isinstance(found, Score):
            return Scored(name, found)
        return Criterion(name, self.binder.state(found))


def bind(rules: RuleSet, day: date) -> Policy:
    """Bind a rule set to a day; refuses names, types and units that do not hold together."""
    if not rules.is_in_force(day):
        return Policy(rules, day, False, {}, None, "", None, {})
    names = _Names(rules, day)
    criteria: dict[str, Criterion | Scored] = {}
    for code in rules.criteria:
        found = names.find(code)
        assert isinstance(found, Criterion | Scored)
        criteria[code] = found
    decision = names.binder.bind(rules.said["decision"], f"{names.place} decision")
    if not isinstance(decision, Truth | State):
        raise RuleRefused(f"{names.place} decision", "要是一个条件")
    score = rules.said.get("score", "")
    if score and not isinstance(criteria[score], Scored):
        raise RuleRefused(names.place, f"score 要是一个评分项：{score}")
    amount = _amount(rules, names)
    _check_all_used(rules, names)
    used = {code: names.used[code] for code in criteria}
    return Policy(rules, day, True, criteria, names.binder.state(decision), score, amount, used)


def _amount(rules: RuleSet, names: _Names) -> Ratio | None:
    if "amount" not in rules.said:
        return None
    place = f"{names.place} amount"
    found = names.binder.bind(rules.said["amount"], place)
    if not isinstance(found, Ratio) or found.unit != units.FEN or found.guards:
        raise RuleRefused(place, "要是一个金额（元），不能除以数据")
    return found


def _check_all_used(rules: RuleSet, names: _Names) -> None:
    """A parameter, fact or criterion that decides nothing is a slip of the pen."""
    idle = [
        name for name in (*rules.parameters, *(rules.said.get("facts") or {}))
        if name not in names.asked
    ]  # fmt: skip
    asked_for = {
        name for one in (
            rules.said["decision"], rules.said.get("amount", ""), rules.said.get("score", ""),
            *(criterion["rule"] for criterion in rules.criteria.values()),
        ) for name in re.findall(r"\w+", str(one))
    }  # fmt: skip
    idle += [
        code for code, criterion in rules.criteria.items()
        if code not in asked_for and not criterion.get("informs")
    ]  # fmt: skip
    if idle:
        raise RuleRefused(names.place, f"没有用到：{'、'.join(idle)}", "请删去，或写进 decision。")


def bind_all(rules: Sequence[RuleSet], day: date) -> list[Policy]:
    """Bind several rule sets to a day."""
    return [bind(each, day) for each in rules]
