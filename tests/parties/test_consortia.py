"""Consortia: one lead at a time, dated members, joined by invitation; the database holds it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.refusals import NotPermitted
from kechuang.parties import actions, queries
from kechuang.parties.models import ConsortiumMember
from kechuang.parties.rules import ConsortiumRefused

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(world, at):
    return actions.found_consortium(name="轴承联合体", purpose="一起解决主轴轴承",
                                    by=world.unit_admin.actor, at=at)  # fmt: skip


@pytest.fixture
def joined(world, row, at):
    """The university, a member from the day."""
    asked = actions.invite_member(consortium=row, organisation=world.university, task="台架",
                                  by=world.unit_admin.actor, at=at)  # fmt: skip
    return actions.answer_membership(member=asked, accept=True, by=world.research_admin.actor,
                                     at=at)  # fmt: skip


def code_of(act, **said):
    with pytest.raises(ConsortiumRefused) as refused:
        act(**said)
    return refused.value.code


def who(row, day):
    return [(m.organisation.name, m.role) for m in queries.members_on(row, day)]


def test_who_founds_leads(world, row, at):
    assert row.number == "LH-2026-000001"
    assert who(row, at.date()) == [("示例轴承股份有限公司", "LEAD")]
    for member in (world.filler, world.officer, world.liaison):
        with pytest.raises(NotPermitted):
            actions.found_consortium(name="x", purpose="y", by=member.actor, at=at)


@pytest.mark.parametrize(("name", "purpose", "code"), [
    ("一", "目标", "consortium.name"), ("联合体", "", "consortium.purpose"),
    ("x" * 121, "目标", "consortium.name"), ("联合体", "x" * 2001, "consortium.purpose"),
])  # fmt: skip
def test_a_consortium_says_what_it_is_for(world, at, name, purpose, code):
    said = {"name": name, "purpose": purpose, "by": world.unit_admin.actor, "at": at}
    assert code_of(actions.found_consortium, **said) == code


def test_a_member_belongs_once_it_accepts(world, row, at):
    asked = actions.invite_member(consortium=row, organisation=world.university,
                                  by=world.unit_admin.actor, at=at)  # fmt: skip
    assert len(who(row, at.date())) == 1
    assert queries.memberships_asked(world.research_admin.actor).get() == asked
    with pytest.raises(NotPermitted):
        actions.answer_membership(member=asked, accept=True, by=world.unit_admin.actor, at=at)
    said = {"consortium": row, "organisation": world.university, "by": world.unit_admin.actor}
    assert code_of(actions.invite_member, **said, at=at) == "consortium.inside"
    assert code_of(actions.invite_member, **said, task="x" * 301, at=at) == "consortium.task"
    done = actions.answer_membership(member=asked, accept=False, by=world.research_admin.actor,
                                     at=at)  # fmt: skip
    assert (done.state, done.since) == ("DECLINED", None)
    said = {"member": asked, "accept": True, "by": world.research_admin.actor, "at": at}
    assert code_of(actions.answer_membership, **said) == "consortium.answered"


def test_the_lead_passes_on_when_the_taker_accepts(world, row, joined, at):
    later = at + timedelta(days=30)
    said = {"consortium": row, "by": world.unit_admin.actor, "at": later}
    assert code_of(actions.pass_lead, **said, organisation=world.institute) == (
        "consortium.lead_not_member"
    )
    asked = actions.pass_lead(**said, organisation=world.university)
    assert code_of(actions.pass_lead, **said, organisation=world.university) == (
        "consortium.lead_asked"
    )
    assert who(row, later.date())[0] == ("示例轴承股份有限公司", "LEAD")
    actions.answer_membership(member=asked, accept=True, by=world.research_admin.actor, at=later)
    assert who(row, later.date()) == [("示例大学", "LEAD"), ("示例轴承股份有限公司", "MEMBER")]
    assert who(row, at.date()) == [("示例轴承股份有限公司", "LEAD"), ("示例大学", "MEMBER")]
    with pytest.raises(NotPermitted):
        actions.end_consortium(consortium=row, by=world.unit_admin.actor, at=later)


def test_the_lead_may_pass_on_the_day_it_was_founded(world, row, joined, at):
    asked = actions.pass_lead(consortium=row, organisation=world.university,
                              by=world.unit_admin.actor, at=at)  # fmt: skip
    actions.answer_membership(member=asked, accept=True, by=world.research_admin.actor, at=at)
    assert who(row, at.date())[0] == ("示例大学", "LEAD")


def test_a_member_leaves_and_the_lead_does_not(world, row, joined, at):
    later = at + timedelta(days=9)
    lead = row.members.get(role="LEAD")
    said = {"member": lead, "by": world.unit_admin.actor, "at": later}
    assert code_of(actions.end_membership, **said) == "consortium.lead_leaves"
    with pytest.raises(NotPermitted):
        actions.end_membership(member=joined, by=world.institute_admin.actor, at=later)
    actions.end_membership(member=joined, by=world.research_admin.actor, at=later)
    assert who(row, later.date()) == [("示例轴承股份有限公司", "LEAD")]
    assert len(who(row, later.date() - timedelta(days=1))) == 2


def test_an_end_closes_what_was_asked(world, row, joined, at):
    actions.invite_member(consortium=row, organisation=world.institute, by=world.unit_admin.actor,
                          at=at)  # fmt: skip
    later = at + timedelta(days=2)
    actions.end_consortium(consortium=row, by=world.unit_admin.actor, at=later)
    assert who(row, later.date()) == []
    assert set(row.members.values_list("state", flat=True)) == {"ACCEPTED", "DECLINED"}
    with pytest.raises(NotPermitted):
        actions.invite_member(consortium=row, organisation=world.rival,
                              by=world.unit_admin.actor, at=later)  # fmt: skip


@pytest.mark.parametrize(("since", "until"), [
    (date(2026, 11, 21), None), (date(2027, 5, 1), None),
    (date(2026, 1, 1), date(2026, 11, 22)), (date(2026, 11, 30), date(2026, 12, 1)),
])  # fmt: skip
def test_the_database_refuses_a_second_lead(world, row, at, since, until):
    with pytest.raises(IntegrityError, match="one_lead_at_a_time"), transaction.atomic():
        ConsortiumMember.objects.create(
            consortium=row, organisation=world.rival, role="LEAD", state="ACCEPTED",
            invited_at=at, answered_at=at, since=since, until=until,
        )  # fmt: skip


def test_a_lead_before_and_another_consortiums_lead_are_apart(world, row, at):
    ConsortiumMember.objects.create(
        consortium=row, organisation=world.rival, role="LEAD", state="ACCEPTED", invited_at=at,
        answered_at=at, since=date(2026, 1, 1), until=date(2026, 11, 21),
    )  # fmt: skip
    other = actions.found_consortium(name="另一个", purpose="另一件事",
                                     by=world.unit_admin.actor, at=at)  # fmt: skip
    assert who(other, at.date()) == [("示例轴承股份有限公司", "LEAD")]


def test_who_sees_a_consortium(world, row, joined, at):
    seen = {
        name for name in ("filler", "member", "officer", "officer_county", "liaison", "head",
                          "institute_member", "rival_admin", "officer_other_county", "operator",
                          "expert1")
        if queries.consortia_visible_to(getattr(world, name).actor, at).exists()
    }  # fmt: skip
    assert seen == {"filler", "member", "officer", "officer_county", "liaison", "head"}
