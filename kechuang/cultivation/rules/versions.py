"""Who changes the rules: an officer of the city writes, another person approves, all may read."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, Refused
from kechuang.cultivation.rules.rights import WHO_MAY
from kechuang.engines.eligibility import RuleRefused, RuleSet, bind
from kechuang.engines.eligibility.editing import line_of
from kechuang.engines.eligibility.ruleset import read

RULE_READERS = (Role.OFFICER, Role.HEAD, Role.SUPERVISOR)
DEEPEST = 2  # province and city; what holds for all is not for one county to change
REVIEW_WORKING_DAYS = 5

WHO_MAY["edit_rules"] = N_("规则由省、市科技部门的经办起草。")
WHO_MAY["approve_rules"] = N_("由省、市科技部门的另一位经办或负责人审定。")


class RuleVersionRefused(Refused):
    """What cannot be done with a version of a rule set."""


def _is_of_the_city(actor: Actor) -> bool:
    return bool(actor.region) and len(actor.region.split("/")) <= DEEPEST


def may_edit_rules(actor: Actor) -> bool:
    """An officer of the province or the city."""
    return actor.is_role(Role.OFFICER) and _is_of_the_city(actor)


def may_approve_rules(actor: Actor, author: str) -> bool:
    """Another officer, or a head; never who wrote it."""
    return (
        actor.is_role(Role.OFFICER, Role.HEAD) and _is_of_the_city(actor)
        and bool(actor.person) and actor.person != author
    )  # fmt: skip


def may_read_drafts(actor: Actor) -> bool:
    """What is not yet public is read by the department and by who supervises it."""
    return actor.is_role(*RULE_READERS) and _is_of_the_city(actor)


def check_state(state: str, label: str, *wanted: str) -> None:
    if state not in wanted:
        raise RuleVersionRefused(
            "cultivation.rule_state", N_("这个版本的状态是“{state}”，不能办这一步。"),
            {"state": label}, (), N_("请回到版本页，看它现在到了哪一步。"),
        )  # fmt: skip


def check_date(in_force: date, today: date) -> None:
    """Rules hold from a day that has not passed: nobody could have known them before."""
    if in_force < today:
        raise RuleVersionRefused(
            "cultivation.rule_date", N_("施行日期 {day} 已过。"), {"day": in_force.isoformat()},
            ("in_force_date",), N_("请填今天或以后的日期。"),
        )  # fmt: skip


def check_seen(seen: str, content: str) -> None:
    """An edit is saved after its effect on all enterprises was looked at."""
    if seen != content:
        raise RuleVersionRefused(
            "cultivation.effect_unseen", N_("还没有看过这一改动对全部企业的影响。"), {}, (),
            N_("请先看影响，再保存。"),
        )  # fmt: skip


def check_changed(before: str, after: str) -> None:
    if before == after:
        raise RuleVersionRefused(
            "cultivation.rule_unchanged", N_("规则没有变化。"), {}, (),
            N_("请改一个数值、日期或条文，再看影响。"),
        )  # fmt: skip


def code_of(text: str) -> str:
    """The code that a text gives itself; RuleRefused where it is no rule set."""
    return read(text, Path("new")).code


def by_line(text: str, refused: RuleRefused, field: str) -> RuleVersionRefused:
    """What the engine refuses of a text, with the line at which a person mends it."""
    return RuleVersionRefused(
        "cultivation.rule_line", N_("第 {line} 行：{what}"),
        {"line": line_of(text, refused), "what": refused.facts["what"]}, (field,),
        refused.way_on,
    )  # fmt: skip


def of_the_tests(refused: RuleRefused) -> bool:
    """Whether the cause stands in the tests, not in the rules."""
    return "tests.yaml" in str(refused.facts["place"])


def check_code_free(code: str, taken: Collection[str]) -> None:
    """A new rule set has a code of its own; one that is there is edited where it stands."""
    if code in taken:
        raise RuleVersionRefused(
            "cultivation.rule_code_taken", N_("代码 {code} 已有规则集。"), {"code": code},
            ("text",),
            N_("要修订它，请到它的页面改；新的政策请另起代码。"),
        )  # fmt: skip


def checked_rules(text: str, code: str) -> RuleSet:
    """A text that holds together on every day from which something changes; RuleRefused else."""
    found = read(text, Path(code))
    if found.code != code:
        raise RuleVersionRefused(
            "cultivation.rule_code", N_("代码不能改：这里是 {code}，文中是 {said}。"),
            {"code": code, "said": found.code}, ("text",), N_("请把 code 改回来。"),
        )  # fmt: skip
    for day in found.days_of_change():
        bind(found, day)
    return found
