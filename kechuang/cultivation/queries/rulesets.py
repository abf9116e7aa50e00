"""The rule sets that hold, and what each means on a day."""

from datetime import date
from functools import cache

from kechuang.engines.eligibility import SHIPPED, Policy, RuleSet, bind, load_all


@cache
def _shipped() -> tuple[RuleSet, ...]:
    return tuple(load_all(SHIPPED))


def rule_sets() -> list[RuleSet]:
    """Every rule set that this installation holds enterprises against."""
    return list(_shipped())


@cache
def _bound(version: str, day: date, code: str) -> Policy:
    known = {each.code: each for each in rule_sets()}
    return bind(known[code], day)


def policies_on(day: date) -> list[Policy]:
    """The rule sets in force on a day, bound to it."""
    return [
        _bound(each.version, day, each.code) for each in rule_sets() if each.is_in_force(day)
    ]
