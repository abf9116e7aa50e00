"""Versions of rule sets: who reads which, which one holds, and a change in words."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.cultivation import rules
from kechuang.cultivation.models import RuleVersion
from kechuang.engines.eligibility import RuleSet

State = RuleVersion.State
Said = tuple[str, dict[str, Any]]


def rule_versions_visible_to(actor: Actor, at: datetime) -> QuerySet[RuleVersion]:
    """What is public is everybody's; drafts are the department's."""
    if rules.may_read_drafts(actor):
        return RuleVersion.objects.all()
    return RuleVersion.objects.filter(state=State.PUBLIC)


def in_force(code: str, day: date) -> RuleVersion | None:
    """The version of a rule set that holds on a day."""
    rows = RuleVersion.objects.filter(code=code, state=State.PUBLIC, in_force_date__lte=day)
    return rows.order_by("-in_force_date").first()


def before(row: RuleVersion) -> RuleVersion | None:
    """The version that one takes the place of: what it was made from, or what held before."""
    if row.base_id is not None:
        return row.base
    rows = RuleVersion.objects.filter(code=row.code, state=State.PUBLIC).exclude(pk=row.pk)
    if row.in_force_date:
        rows = rows.filter(in_force_date__lt=row.in_force_date)
    return rows.order_by("-in_force_date").first()


def changes_between(old: RuleSet, new: RuleSet) -> list[Said]:
    """What another version says otherwise, in marked sentences with their facts."""
    found: list[Said] = []
    for code in _codes(old.parameters, new.parameters):
        found += _parameter(code, old.parameters.get(code), new.parameters.get(code))
    for code in _codes(old.criteria, new.criteria):
        found += _criterion(code, old.criteria.get(code), new.criteria.get(code))
    for key, text in _WHOLE.items():
        if old.said.get(key) != new.said.get(key):
            facts = {"old": _plain(old.said.get(key)), "new": _plain(new.said.get(key))}
            found.append((text, facts))
    return found


_WHOLE = {
    "decision": N_("符合的条件由“{old}”改为“{new}”。"),
    "amount": N_("金额由“{old}”改为“{new}”。"),
    "valid": N_("有效期由“{old}”改为“{new}”。"),
    "facts": N_("中间量由“{old}”改为“{new}”。"),
    "score": N_("总分项由“{old}”改为“{new}”。"),
    "title": N_("名称由“{old}”改为“{new}”。"),
    "document": N_("文件由“{old}”改为“{new}”。"),
    "sources": N_("来源由“{old}”改为“{new}”。"),
    "assumed": N_("假定由“{old}”改为“{new}”。"),
    "notes": N_("说明由“{old}”改为“{new}”。"),
    "instrument": N_("支持方式由“{old}”改为“{new}”。"),
}


def _codes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [*old, *(code for code in new if code not in old)]


def _plain(said: Any) -> str:
    """A value as a person reads it."""
    if said is None:
        return "—"
    if isinstance(said, Mapping):
        return "；".join(f"{key}：{_plain(value)}" for key, value in said.items())
    if isinstance(said, list):
        return "、".join(_plain(one) for one in said)
    return str(said)


def value_words(value: Mapping[str, Any]) -> str:
    """The value of a parameter: a figure, words, or a table of bands."""
    if "is" in value:
        return str(value["is"])
    if "words" in value:
        return _plain(value["words"])
    return "；".join(
        " → ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value["bands"]
    )


def _parameter(code: str, old: Any, new: Any) -> Iterator[Said]:
    if old is None or new is None:
        added, gone = N_("增加参数 {code}（{clause}）。"), N_("删去参数 {code}（{clause}）。")
        yield added if old is None else gone, {"code": code, "clause": (new or old)["clause"]}
        return
    facts = {"code": code, "clause": new["clause"]}
    were = {one["since"]: value_words(one) for one in old["values"]}
    are = {one["since"]: value_words(one) for one in new["values"]}
    for day in sorted(were.keys() | are.keys()):
        said = {"day": day.isoformat(), "old": were.get(day, ""), "new": are.get(day, "")}
        if day not in were:
            held = [value for since, value in sorted(were.items()) if since < day]
            said["old"] = held[-1] if held else "—"
            yield N_("{clause}（{code}）：自 {day} 起由 {old} 改为 {new}。"), facts | said
        elif day not in are:
            yield N_("{clause}（{code}）：删去自 {day} 起的 {old}。"), facts | said
        elif were[day] != are[day]:
            yield N_("{clause}（{code}）：自 {day} 起的取值由 {old} 更正为 {new}。"), facts | said
    for key, text in (("clause", N_("{code}：条款由“{old}”改为“{new}”。")),
                      ("quote", N_("{code}：引文由“{old}”改为“{new}”。")),
                      ("assumed", N_("{code}：假定由“{old}”改为“{new}”。"))):  # fmt: skip
        if old.get(key) != new.get(key):
            yield text, facts | {"old": _plain(old.get(key)), "new": _plain(new.get(key))}


def _criterion(code: str, old: Any, new: Any) -> Iterator[Said]:
    if old is None or new is None:
        text = N_("增加条件“{name}”：{rule}。") if old is None else N_("删去条件“{name}”：{rule}。")
        yield text, {"name": (new or old)["zh"], "rule": (new or old)["rule"]}
        return
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield N_("条件“{name}”的 {key} 由“{old}”改为“{new}”。"), {
                "name": new["zh"], "key": key, "old": _plain(old.get(key)),
                "new": _plain(new.get(key)),
            }  # fmt: skip
