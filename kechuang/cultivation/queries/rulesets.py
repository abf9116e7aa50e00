"""The rule sets that hold on a day, and what each means on it."""

from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from kechuang.cultivation.models import RuleVersion
from kechuang.engines.eligibility import SHIPPED, Policy, RuleSet, bind, load_all
from kechuang.engines.eligibility.ruleset import read


@cache
def _shipped() -> dict[str, RuleSet]:
    return {each.code: each for each in load_all(SHIPPED)}


@lru_cache(maxsize=256)
def _kept(number: str, content: str) -> RuleSet:
    return rules_of(RuleVersion.objects.get(number=number, content=content))


def rule_codes() -> set[str]:
    """Every code that a rule set has here, or that one ships with."""
    return {*_shipped(), *RuleVersion.objects.values_list("code", flat=True)}


def rules_of(row: RuleVersion) -> RuleSet:
    """The rules of a version; refusals name its code."""
    return read(row.text, Path(row.code))


def rule_sets(day: date | None = None, subject: str = "ENTERPRISE") -> list[RuleSet]:
    """The rule sets as they stand on a day, or as they were published last.

    A code without any published version is as it ships.
    """
    rows = RuleVersion.objects.filter(state=RuleVersion.State.PUBLIC).order_by("in_force_date")
    found = dict(_shipped()) if subject == "ENTERPRISE" else {}
    of_ours = {}
    for row in rows.values("number", "code", "content", "in_force_date", "subject"):
        if row["subject"] == subject and (day is None or (row["in_force_date"] or day) <= day):
            of_ours[row["code"]] = row
    for code, row in of_ours.items():
        shipped = found.get(code)
        if shipped is None or shipped.version != row["content"]:
            found[code] = _kept(row["number"], row["content"])
    return [found[code] for code in sorted(found)]


def rule_set_of(code: str, day: date, version: str = "") -> RuleSet:
    """One rule set: the version asked for where it is at hand, else that in force on the day."""
    kept = RuleVersion.objects.filter(code=code, content=version).first() if version else None
    if kept is not None:
        return _kept(kept.number, kept.content)
    found = {each.code: each for each in rule_sets(day)}
    return found.get(code) or next(each for each in rule_sets() if each.code == code)


@lru_cache(maxsize=256)
def _bound(rules: "_Keyed", day: date) -> Policy:
    return bind(rules.rules, day)


class _Keyed:
    """A rule set that is known by its code and what it says."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.key = (rules.code, rules.version)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self.key == other.key


def policies_on(day: date) -> list[Policy]:
    """The rule sets in force on a day, bound to it."""
    return [_bound(_Keyed(each), day) for each in rule_sets(day) if each.is_in_force(day)]
