"""The life of a version of a rule set: load, draft, test, publish, return, withdraw."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, worded
from kechuang.base.time import midnight_after, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.cultivation import queries, rules
from kechuang.cultivation.models import RuleVersion, RuleVersionStage
from kechuang.engines.eligibility import SHIPPED
from kechuang.engines.eligibility.boundaries import boundary_outcomes
from kechuang.engines.eligibility.ruleset import read
from kechuang.engines.eligibility.testing import Outcome, outcomes
from kechuang.messages.actions import tell
from kechuang.parties.queries import holders
from kechuang.record.actions import append, defer

State = RuleVersion.State
SHOWN = 5  # failing tests that a refusal names
OURS = Path(__file__).parent.parent / "data" / "rulesets"


def _locked(row: RuleVersion) -> RuleVersion:
    return RuleVersion.objects.select_for_update(no_key=True).get(pk=row.pk)


def _move(row: RuleVersion, state: str, by: Actor, at: datetime, note: str = "") -> None:
    row.state, row.since = state, at
    row.version += 1
    row.save()
    RuleVersionStage.objects.create(
        rule_version=row, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_private=note,
    )  # fmt: skip


def _record(verb: str, row: RuleVersion, by: Actor, at: datetime, **payload: Any) -> None:
    append(
        verb=f"cultivation.{verb}", object_number=row.number, by=by, at=at,
        payload={"code": row.code, "content": row.content, **payload},
    )  # fmt: skip


# --- what ships ---------------------------------------------------------------------------


@transaction.atomic
def load_shipped(*, by: Actor, at: datetime) -> int:
    """Keep the rule sets that ship as versions; those that are kept already stay as they are.

    A code that is new here is public from the first day of its validity. Where this installation
    has versions of its own, another shipped text waits for a person to approve it.
    """
    count = 0
    for where, subject in ((SHIPPED, "ENTERPRISE"), (OURS, "CANDIDATE")):
        for folder in sorted(one.parent for one in where.glob("*/rules.yaml")):
            count += _load(folder, subject, by, at)
    return count


def _load(folder: Path, subject: str, by: Actor, at: datetime) -> bool:
    text = (folder / "rules.yaml").read_text("utf-8")
    tests = (folder / "tests.yaml").read_text("utf-8")
    rows = RuleVersion.objects.filter(code=folder.name)
    if rows.filter(text=text, tests_text=tests).exists():
        return False
    found = read(text, folder)
    is_first = not rows.exists()
    row = RuleVersion(
        code=found.code, title=found.said["title"]["zh"],
        title_en=found.said["title"].get("en", ""), subject=subject,
        origin=RuleVersion.Origin.SHIPPED, text=text, tests_text=tests, content=found.version,
        in_force_date=found.since if is_first else None,
        base=rows.filter(state=State.PUBLIC).order_by("-in_force_date").first(),
    )  # fmt: skip
    _move(row, State.PUBLIC if is_first else State.DRAFT, by, at)
    _record("load_rules", row, by, at)
    return True


# --- by people ----------------------------------------------------------------------------


@transaction.atomic
def draft_rules(
    *, base: RuleVersion, text: str, tests_text: str, reason: str, seen: str, by: Actor,
    at: datetime, version: int | None = None,
) -> RuleVersion:  # fmt: skip
    """Keep an edit: of a draft in its place, of anything else as a new draft made from it.

    `seen` is the content whose effect on all enterprises was looked at; refuses another one, a
    text that does not hold together, and an edit that changes nothing.
    """
    rules.check_may(rules.may_edit_rules(by), "edit_rules")
    base = _locked(base)
    check_version(base.number, version, base.version)
    found = rules.checked_rules(text, base.code)
    if tests_text == base.tests_text:
        rules.check_changed(base.text, text)
    rules.check_seen(seen, found.version)
    row = base
    if base.state not in (State.DRAFT, State.TESTED) or (
        base.author != by.person and base.origin != RuleVersion.Origin.SHIPPED
    ):
        row = RuleVersion(
            code=base.code, subject=base.subject, origin=RuleVersion.Origin.EDITED, base=base
        )
    row.title, row.title_en = found.said["title"]["zh"], found.said["title"].get("en", "")
    row.text, row.tests_text, row.content = text, tests_text, found.version
    row.reason, row.author, row.region_path = reason, by.person, by.region
    row.origin = RuleVersion.Origin.EDITED
    row.tests_passed = row.boundaries_passed = 0
    row.reviewer, row.until = "", None
    _move(row, State.DRAFT, by, at)
    _record("draft_rules", row, by, at, base=base.number)
    return row


@transaction.atomic
def enter_rules(
    *, text: str, tests_text: str, subject: str, reason: str, seen: str, by: Actor, at: datetime
) -> RuleVersion:
    """Keep a rule set under a code that is new here as a draft, tested and approved like any other.

    Refuses a text that does not hold together, a code that is taken, one without tests, and one
    whose effect on all enterprises was not looked at.
    """
    rules.check_may(rules.may_edit_rules(by), "edit_rules")
    found = rules.checked_rules(text, rules.code_of(text))
    rules.check_code_free(found.code, queries.rule_codes())
    list(outcomes(found, tests_text))  # refuses tests that cannot be read
    rules.check_seen(seen, found.version)
    row = RuleVersion(
        code=found.code, title=found.said["title"]["zh"],
        title_en=found.said["title"].get("en", ""), subject=subject,
        origin=RuleVersion.Origin.EDITED, text=text, tests_text=tests_text,
        content=found.version, reason=reason, author=by.person, region_path=by.region,
    )  # fmt: skip
    _move(row, State.DRAFT, by, at)
    _record("enter_rules", row, by, at)
    return row


def results_of(row: RuleVersion) -> tuple[list[Outcome], list[Outcome]]:
    """What came of a version's own tests and of those on its boundaries."""
    found = rules.checked_rules(row.text, row.code)
    return list(outcomes(found, row.tests_text)), list(boundary_outcomes(found))


@transaction.atomic
def test_rules(*, row: RuleVersion, by: Actor, at: datetime) -> RuleVersion:
    """Run a draft's tests and its boundaries; where all pass it waits for approval.

    Refuses where one fails, naming the first few.
    """
    rules.check_may(rules.may_edit_rules(by), "edit_rules")
    row = _locked(row)
    rules.check_state(row.state, str(row.get_state_display()), State.DRAFT)
    own, made = results_of(row)
    wrong = [
        worded(N_("{test}：{problem}"), test=one.name, problem=one.problems[0])
        for one in own + made if one.problems
    ]  # fmt: skip
    if wrong or not own:
        raise rules.RuleVersionRefused(
            "cultivation.rule_tests", N_("{count} 项测试没有通过：{first}"),
            {"count": len(wrong), "first": wrong[:SHOWN] or "—"}, (),
            N_("请改正规则；规则本来就该变的，改正测试里手算的结果。"),
        )  # fmt: skip
    row.tests_passed, row.boundaries_passed = len(own), len(made)
    last = calendar().add(shanghai_date(at), rules.REVIEW_WORKING_DAYS)
    row.until = midnight_after(last)
    if not row.author:
        row.author, row.region_path = by.person, by.region
    _move(row, State.TESTED, by, at)
    _record("test_rules", row, by, at, tests=len(own), boundaries=len(made))
    people = {
        one.number for role in (Role.HEAD, Role.OFFICER)
        for one in holders(role, at=at, region_path=row.region_path)
    }  # fmt: skip
    tell(people=people, template="cultivation.rules_to_approve", object_number=row.number,
         by=by, at=at)  # fmt: skip
    return row


@transaction.atomic
def publish_rules(
    *, row: RuleVersion, in_force_date: date, by: Actor, at: datetime
) -> RuleVersion:
    """Approve a tested version and publish it, with the day from which it holds.

    By another person than its author; from today or later. One that holds today sets off a
    recomputation of all enterprises.
    """
    row = _locked(row)
    rules.check_may(rules.may_approve_rules(by, row.author), "approve_rules")
    rules.check_state(row.state, str(row.get_state_display()), State.TESTED)
    today = shanghai_date(at)
    rules.check_date(in_force_date, today)
    same = RuleVersion.objects.filter(
        code=row.code, state=State.PUBLIC, in_force_date=in_force_date
    )
    if same.exists():
        raise rules.RuleVersionRefused(
            "cultivation.rule_same_date", N_("已有一个版本自 {day} 起施行。"),
            {"day": in_force_date.isoformat()}, ("in_force_date",), N_("请另定施行日期。"),
        )  # fmt: skip
    row.in_force_date, row.reviewer, row.until = in_force_date, by.person, None
    _move(row, State.PUBLIC, by, at)
    _record("publish_rules", row, by, at, since=in_force_date.isoformat())
    tell(people=[row.author], template="cultivation.rules_published", object_number=row.number,
         by=by, at=at)  # fmt: skip
    if in_force_date <= today and row.subject == RuleVersion.Subject.ENTERPRISE:
        defer("cultivation.recompute", numbers=[])
    return row


@transaction.atomic
def return_rules(*, row: RuleVersion, reason: str, by: Actor, at: datetime) -> RuleVersion:
    """Give a tested version back to its author, with the reason."""
    row = _locked(row)
    rules.check_may(rules.may_approve_rules(by, row.author), "approve_rules")
    rules.check_state(row.state, str(row.get_state_display()), State.TESTED)
    row.until = None
    _move(row, State.DRAFT, by, at, reason)
    _record("return_rules", row, by, at)
    tell(people=[row.author], template="cultivation.rules_returned", object_number=row.number,
         by=by, at=at)  # fmt: skip
    return row


@transaction.atomic
def withdraw_rules(*, row: RuleVersion, by: Actor, at: datetime) -> RuleVersion:
    """Give up a version that is not public."""
    rules.check_may(rules.may_edit_rules(by), "edit_rules")
    row = _locked(row)
    rules.check_state(row.state, str(row.get_state_display()), State.DRAFT, State.TESTED)
    row.until = None
    _move(row, State.WITHDRAWN, by, at)
    _record("withdraw_rules", row, by, at)
    return row
