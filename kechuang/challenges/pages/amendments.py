"""What an amendment changed, in words: fields before and after, of lists the rows that differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.challenges.models import Challenge
from kechuang.challenges.pages.drafting import wan_words
from kechuang.challenges.rules.drafting import TargetFacts, requirement
from kechuang.challenges.rules.form import KIND_NAMES
from kechuang.doors.forms import moment_text

NAMES = {
    "summary": N_("要解决什么"), "deadline_at": N_("截止时间"), "expert_fields": N_("评审专家领域"),
    "total_fen": N_("总经费"), "public_fen": N_("其中财政"), "own_fen": N_("其中自筹"),
    "months": N_("期限（月）"), "conflict_rules": N_("回避条件"), "targets": N_("指标"),
    "criteria": N_("评审标准"), "form": N_("填报项"), "ask_most_fen": N_("每份方案最多申请"),
    "stages": N_("赛程"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: its name, and what stood there before and stands there now, by lines."""

    name: str
    before: list[str]
    after: list[str]


def amendments_of(challenge: Challenge) -> list[dict[str, Any]]:
    """The amendments of a call with what each changed."""
    return [
        {"row": one, "changes": changes_of(one.difference)} for one in challenge.amendments.all()
    ]


def changes_of(difference: list[Mapping[str, Any]]) -> list[Change]:
    """Each field that changed; of a list, the rows that went and the rows that came."""
    found = []
    for row in difference:
        before, after = (_lines(row["field"], row[side]) for side in ("before", "after"))
        found.append(Change(
            _(NAMES.get(row["field"], row["field"])),
            [line for line in before if line not in after],
            [line for line in after if line not in before],
        ))
    return found


def _lines(name: str, value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, list):
        words = ROWS.get(name, str)
        return [words(one) for one in value]
    if name == "deadline_at":
        return [moment_text(datetime.fromisoformat(value))]
    return [wan_words(value)] if name.endswith("_fen") else [str(value)]


def _target(told: Mapping[str, Any]) -> str:
    facts = TargetFacts(
        told["indicator"], told["comparison"], Decimal(told["value"]), told["unit"],
        told["test_method"], told["tester"],
        Decimal(told["value_to"]) if told["value_to"] is not None else None,
    )
    return _("{indicator} {required}（{method}，{tester}）").format(
        indicator=facts.indicator, required=requirement(facts), method=facts.test_method,
        tester=facts.tester)


def _criterion(told: Mapping[str, Any]) -> str:
    if told["threshold"] is None:
        return _("{name}，权重 {weight}").format(name=told["name"], weight=told["weight"])
    return _("{name}，权重 {weight}，单项分数线 {threshold}").format(
        name=told["name"], weight=told["weight"], threshold=told["threshold"])


def _field(told: Mapping[str, Any]) -> str:
    kind = _(KIND_NAMES[told["kind"]])
    words = _("{code} {label}（{kind}，必填）") if told.get("is_required") else _(
        "{code} {label}（{kind}）")
    whole = words.format(code=told["code"], label=told["label"], kind=kind)
    parts = [whole, *told.get("options", ()), told.get("help", "")]
    if told.get("when_code"):
        parts.append(_("仅当 {code} 答“{value}”").format(
            code=told["when_code"], value=told.get("when_value", "")))
    return _("；").join(filter(None, parts))


def _stage(told: Mapping[str, Any]) -> str:
    return _("{name}，到 {until}，最多 {teams} 队，每队 {money}").format(
        name=told["name"], until=told["until"], teams=told["teams_max"],
        money=wan_words(told["team_fen"]))


ROWS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "targets": _target, "criteria": _criterion, "form": _field, "stages": _stage,
}
