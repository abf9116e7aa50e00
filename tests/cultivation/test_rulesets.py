"""Versions of rule sets: their life, who does what, and the effect of a change."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused, Stale
from kechuang.cultivation import actions, queries
from kechuang.cultivation.models import RuleVersion, Verdict
from kechuang.cultivation.waiting import matters_for
from kechuang.engines.eligibility import RuleRefused, bind
from kechuang.engines.eligibility.editing import with_value
from tests.cultivation.builders import NONE, SME, known

pytestmark = pytest.mark.django_db
CODE = "sme-2017-115"
STATE = RuleVersion.State


@pytest.fixture
def shipped(world, at):
    actions.load_shipped(by=Actor.CLOCK, at=at)
    return queries.in_force(CODE, at.date())


def edited(row, day, most="300人"):
    return with_value(row.text, "staff_most", day, f"is: {most}")


def drafted(row, world, at, text=None, by=None, **given):
    text = text or edited(row, at.date())
    said = {"tests_text": row.tests_text, "reason": "人数上限调整", **given}
    seen = said.pop("seen", None) or queries.rules_of(RuleVersion(code=CODE, text=text)).version
    return actions.draft_rules(
        base=row, text=text, seen=seen, by=(by or world.officer).actor, at=at, **said
    )


def published(row, world, at, day=None, **given):
    row = actions.test_rules(row=drafted(row, world, at, **given), by=world.officer.actor, at=at)
    return actions.publish_rules(
        row=row, in_force_date=day or at.date(), by=world.officer2.actor, at=at
    )


def test_what_ships_is_loaded_once(world, at):
    count = actions.load_shipped(by=Actor.CLOCK, at=at)
    assert count == RuleVersion.objects.filter(state=STATE.PUBLIC).count() >= 10
    assert actions.load_shipped(by=Actor.CLOCK, at=at) == 0
    row = queries.in_force(CODE, at.date())
    assert (row.origin, row.in_force_date) == ("SHIPPED", date(2017, 5, 3))


def test_another_shipped_text_waits_for_a_person(shipped, at):
    RuleVersion.objects.filter(pk=shipped.pk).update(text=shipped.text + "\n# 旧\n")
    assert actions.load_shipped(by=Actor.CLOCK, at=at) == 1
    assert RuleVersion.objects.get(code=CODE, base=shipped).state == STATE.DRAFT
    assert queries.in_force(CODE, at.date()) == shipped


def test_from_draft_to_force_and_the_verdicts_follow(shipped, world, at):
    ip = {"ip_class": "I", "kind": "发明专利", "count": 1, "own": True,
          "granted_date": date(2020, 5, 1)}  # fmt: skip
    known(world.enterprise, {2025: SME | {"staff": 400, "staff_rd": 120}}, **NONE | {"ip": [ip]})
    actions.recompute(by=Actor.CLOCK, at=at)
    row = drafted(shipped, world, at)
    assert (row.state, row.origin, row.base) == (STATE.DRAFT, "EDITED", shipped)
    row = actions.test_rules(row=row, by=world.officer.actor, at=at)
    assert (row.state, row.tests_passed > 5, row.boundaries_passed > 50) == ("TESTED", True, True)
    row = actions.publish_rules(
        row=row, in_force_date=at.date(), by=world.officer2.actor, at=at
    )
    assert queries.in_force(CODE, at.date()) == row
    assert queries.in_force(CODE, at.date() - timedelta(days=1)) == shipped
    actions.recompute(by=Actor.CLOCK, at=at + timedelta(hours=1))
    rows = Verdict.objects.filter(policy=CODE).order_by("pk").values_list("state", "version")
    assert list(rows) == [(3, shipped.content), (0, row.content)]


def test_the_stages_and_the_record_say_who(shipped, world, at):
    row = published(shipped, world, at)
    assert [(s.stage, s.by_person) for s in row.stages.all()] == [
        ("DRAFT", world.officer.person.number), ("TESTED", world.officer.person.number),
        ("PUBLIC", world.officer2.person.number),
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["officer_county", "head", "filler", "operator", "supervisor"])
def test_who_may_not_edit(shipped, world, at, who):
    with pytest.raises(NotPermitted):
        drafted(shipped, world, at, by=getattr(world, who))


@pytest.mark.parametrize("who", ["officer", "officer_county", "finance", "unit_admin"])
def test_the_author_and_others_do_not_approve(shipped, world, at, who):
    row = actions.test_rules(row=drafted(shipped, world, at), by=world.officer.actor, at=at)
    with pytest.raises(NotPermitted):
        actions.publish_rules(
            row=row, in_force_date=at.date(), by=getattr(world, who).actor, at=at
        )


def test_the_database_refuses_an_author_who_approves(shipped, world, at):
    row = drafted(shipped, world, at)
    with pytest.raises(IntegrityError, match="rule_author_is_not_reviewer"), transaction.atomic():
        RuleVersion.objects.filter(pk=row.pk).update(reviewer=row.author)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"seen": "0" * 16}, "cultivation.effect_unseen"), ({"version": 99}, "stale_version")],
)
def test_an_edit_is_refused(shipped, world, at, given, code):
    with pytest.raises(Refused) as refused:
        drafted(shipped, world, at, **given)
    assert refused.value.code == code
    assert isinstance(refused.value, Stale) == (code == "stale_version")


def test_an_edit_that_changes_nothing_is_refused(shipped, world, at):
    with pytest.raises(Refused) as refused:
        drafted(shipped, world, at, text=shipped.text)
    assert refused.value.code == "cultivation.rule_unchanged"


def test_a_text_that_does_not_hold_together_is_refused(shipped, world, at):
    with pytest.raises(RuleRefused):
        drafted(shipped, world, at, text=edited(shipped, at.date(), "300元"), seen="x")


def test_another_code_is_refused(shipped, world, at):
    text = shipped.text.replace(f"code: {CODE}", "code: other")
    with pytest.raises(Refused) as refused:
        drafted(shipped, world, at, text=text, seen="x")
    assert refused.value.code == "cultivation.rule_code"


def test_a_failing_test_keeps_a_draft_a_draft(shipped, world, at):
    row = drafted(shipped, world, at, text=edited(shipped, date(2017, 5, 3)))
    with pytest.raises(Refused) as refused:
        actions.test_rules(row=row, by=world.officer.actor, at=at)
    assert refused.value.code == "cultivation.rule_tests"
    row.refresh_from_db()
    assert row.state == STATE.DRAFT


def test_a_date_that_has_passed_is_refused(shipped, world, at):
    with pytest.raises(Refused) as refused:
        published(shipped, world, at, day=at.date() - timedelta(days=1))
    assert refused.value.code == "cultivation.rule_date"


def test_two_versions_do_not_begin_on_one_day(shipped, world, at):
    first = published(shipped, world, at)
    text = edited(first, at.date(), "200人")
    with pytest.raises(Refused) as refused:
        published(first, world, at, text=text)
    assert refused.value.code == "cultivation.rule_same_date"


def test_what_is_returned_is_mended_in_its_place(shipped, world, at):
    row = actions.test_rules(row=drafted(shipped, world, at), by=world.officer.actor, at=at)
    row = actions.return_rules(row=row, reason="缺依据", by=world.head.actor, at=at)
    assert (row.state, row.until) == (STATE.DRAFT, None)
    again = drafted(row, world, at, text=edited(row, at.date(), "250人"))
    assert again.pk == row.pk
    done = actions.withdraw_rules(row=again, by=world.officer.actor, at=at)
    assert done.state == STATE.WITHDRAWN
    with pytest.raises(Refused) as refused:
        actions.test_rules(row=done, by=world.officer.actor, at=at)
    assert refused.value.code == "cultivation.rule_state"


def test_who_reads_a_draft(shipped, world, at):
    row = drafted(shipped, world, at)
    readers = [
        who for who in ("officer", "head", "supervisor", "officer_county", "filler", "expert1")
        if queries.rule_versions_visible_to(getattr(world, who).actor, at).filter(pk=row.pk)
    ]  # fmt: skip
    assert readers == ["officer", "head", "supervisor"]
    assert not queries.rule_versions_visible_to(Actor.PUBLIC, at).filter(pk=row.pk).exists()


def test_the_effect_counts_who_loses_and_where(shipped, world, at):
    ip = {"ip_class": "I", "kind": "发明专利", "count": 1, "own": True,
          "granted_date": date(2020, 5, 1)}  # fmt: skip
    figures = {"staff": 400, "staff_rd": 120}
    known(world.enterprise, {2025: SME | figures}, **NONE | {"ip": [ip]})
    known(world.rival, {2025: SME}, **NONE | {"ip": [ip]})
    old = queries.rules_of(shipped)
    new = queries.rules_of(RuleVersion(code=CODE, text=edited(shipped, at.date())))
    policies = bind(old, at.date()), bind(new, at.date())
    found = queries.effect_of(*policies, world.city.path)
    assert (found.count, found.whole.before, found.whole.after) == (2, 2, 1)
    assert found.moves == {(3, 0): 1, (3, 3): 1}
    assert [(one.name, one.gained, one.lost) for one in found.lines("region")] == [
        (world.enterprise.region.code, 0, 1)
    ]
    assert [one.name for one in found.lines("size")] == ["2"]
    assert [one.name for one in found.lines("industry")] == ["C"]
    assert found.touched == [world.enterprise.pk]
    assert list(queries.touched_by(*policies, world.city.path)) == [
        (world.enterprise.code, world.enterprise.name, 3, 0, 0, 0)
    ]
    assert queries.effect_of(*policies, "990000/990199").count == 0


def test_a_change_in_words(shipped, at):
    new = queries.rules_of(RuleVersion(code=CODE, text=edited(shipped, date(2027, 1, 1))))
    ((text, facts),) = queries.changes_between(queries.rules_of(shipped), new)
    said = text.format(**facts)
    assert said == "第六条（二）（staff_most）：自 2027-01-01 起由 500人 改为 300人。"


def test_what_waits_and_for_whom(shipped, world, at):
    row = drafted(shipped, world, at)
    (mine,) = matters_for(world.officer.actor, at)
    assert (mine.task, mine.mine, mine.until) == ("测试规则草稿并送审", True, None)
    row = actions.test_rules(row=row, by=world.officer.actor, at=at)
    (theirs,) = matters_for(world.officer2.actor, at)
    assert (theirs.task, theirs.mine, theirs.until) == ("审定规则版本", True, row.until)
    assert world.officer.person.name not in theirs.holder
    (own,) = matters_for(world.officer.actor, at)
    assert (own.mine, own.button) == (False, "查看")
    assert matters_for(world.officer_county.actor, at) == []


def test_verdicts_and_benefits_are_bound_to_the_version_of_their_day(shipped, world, at):
    row = published(shipped, world, at)
    assert queries.rule_set_of(CODE, at.date()).version == row.content
    assert queries.rule_set_of(CODE, at.date() - timedelta(days=1)).version == shipped.content
    assert queries.rule_set_of(CODE, at.date(), shipped.content).version == shipped.content
