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

from kechuang.base.refusals import N_
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.functions import FUNCTIONS
from kechuang.engines.eligibility.language import Binder, Meaning, Truth, bands_of
from kechuang.engines.eligibility.nodes import Ratio
from kechuang.engines.eligibility.refusals import RuleRefused
from kechuang.engines.eligibility.schema import HERE, schema
from kechuang.engines.eligibility.scores import Score
from kechuang.engines.eligibility.shape import check_shape
from kechuang.engines.eligibility.states import Criterion, Scored, State
from kechuang.engines.eligibility.texts import read_yaml

SHIPPED = HERE / "rulesets"
PARTS = ("parameters", "facts", "criteria")


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
        return self._assumed

    @cached_property
    def _assumed(self) -> list[str]:
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
        raise RuleRefused(str(folder), N_("这里没有 rules.yaml"), N_("请给出规则集的目录。"))
    try:
        return read(path.read_text("utf-8"), folder)
    except UnicodeDecodeError as error:
        raise RuleRefused(
            str(path), N_("不是 UTF-8 编码（{reason}）"), N_("请另存为 UTF-8。"),
            reason=error.reason,
        ) from error  # fmt: skip


def read(text: str, folder: Path) -> RuleSet:
    """The rules of a text; refusals name places as if it stood in the folder."""
    place = str(folder / "rules.yaml")
    said = read_yaml(text, place)
    check_shape(said, place)
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
        raise RuleRefused(
            str(where), N_("没有这个目录"), N_("请给出规则集的目录，或其上一级目录。"),
        )  # fmt: skip
    if (where / "rules.yaml").is_file():
        return [load(where)]
    found = [load(each.parent) for each in sorted(where.glob("*/rules.yaml"))]
    if not found:
        raise RuleRefused(
            str(where), N_("目录里没有规则集（rules.yaml）"),
            N_("请给出规则集的目录，或其上一级目录。"),
        )  # fmt: skip
    first: dict[str, RuleSet] = {}
    for each in found:
        other = first.setdefault(each.code, each)
        if other is not each:
            raise RuleRefused(
                f"{each.folder / 'rules.yaml'} code", N_("代码 {code} 出现了两次"),
                N_("{folder} 已经用了；请给其中一个换代码。"), code=each.code,
                folder=other.folder / "rules.yaml",
            )  # fmt: skip
    return found


# --- binding ------------------------------------------------------------------------------


class _Names:
    """What the names of a rule set mean on a day; each is bound once."""

    def __init__(self, rules: RuleSet, day: date) -> None:
        self.rules, self.day = rules, day
        self.place = str(rules.folder / "rules.yaml")
        own = tuple(name for key in PARTS for name in rules.said.get(key) or {})
        self.binder = Binder(schema(), day, self.find, FUNCTIONS, self.place, own=own)
        self.bound: dict[str, Meaning] = {}
        self.pending: dict[str, None] = {}
        self.asked: set[str] = set()
        self.used: dict[str, frozenset[str]] = {}

    def find(self, name: str) -> Meaning | None:
        self.asked.add(name)
        if name not in self.bound:
            if name in self.pending:
                raise RuleRefused(
                    f"{self.place} {_part_of(self.rules, name)}.{name}",
                    N_("{called} 用到了它自己"),
                    N_("请改写，使它只用到别的名称：{chain}"), called=name,
                    chain=" → ".join([*self.pending, name]),
                )  # fmt: skip
            self.pending[name] = None
            rows, self.binder.rows = self.binder.rows, ""
            found = self._bind(name)
            self.binder.rows = rows
            del self.pending[name]
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
            raise RuleRefused(
                place, N_("在 {day} 没有取值"), N_("请加一个不晚于这一天的 since。"), day=self.day,
            )  # fmt: skip
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
        raise RuleRefused(
            f"{names.place} decision", N_("要是一个条件"), N_("例如 in_region and contracts_over")
        )
    score = rules.said.get("score", "")
    if score and not isinstance(criteria[score], Scored):
        raise RuleRefused(
            f"{names.place} score",
            N_("score 要是一个评分项：{score}"),
            N_("评分项由 steps、judged 等给分。"), score=score,
        )
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
        raise RuleRefused(
            place, N_("要是一个金额（元），不能除以数据"), N_("例如 min(20万元, 0.4% * turnover)")
        )
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
        raise RuleRefused(
            f"{names.place} {_part_of(rules, idle[0])}.{idle[0]}", N_("没有用到：{names}"),
            N_("请删去，或写进 decision；只供参考的条件写 informs: true。"), names=idle,
        )  # fmt: skip


def _part_of(rules: RuleSet, name: str) -> str:
    """Which part of the text a name stands in."""
    return next(key for key in PARTS if name in (rules.said.get(key) or {}))


def bind_all(rules: Sequence[RuleSet], day: date) -> list[Policy]:
    """Bind several rule sets to a day."""
    return [bind(each, day) for each in rules]
