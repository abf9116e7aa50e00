"""What waits, for whom, and until when; in the same number of statements however much."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kechuang.matching import actions, waiting

pytestmark = pytest.mark.django_db


def rows(member, at):
    return [
        (row.task, row.mine, row.holder, row.until.date().isoformat() if row.until else "")
        for row in waiting.matters_for(member.actor, at)
    ]


def test_new_matches_wait_for_the_liaison(world, need, offer, at):
    actions.rank_need(need=need, at=at)
    assert rows(world.liaison, at) == [("推荐待判断", True, "", "2026-11-27")]
    assert rows(world.officer, at) == []
    actions.judge_match(need=need, offer=offer, choice="REJECT", reason_code="OTHER", note="x",
                        by=world.liaison.actor, at=at)  # fmt: skip
    assert rows(world.liaison, at) == []


def test_an_introduction_waits_for_both_sides_and_the_liaison(world, introduction, at):
    assert rows(world.liaison, at) == [("引荐跟进", True, "", "2026-11-27")]
    assert rows(world.member, at) == [("答复引荐", True, "", "2026-11-27")]
    actions.answer_introduction(introduction=introduction, answer="YES", by=world.member.actor,
                                at=at)  # fmt: skip
    assert rows(world.member, at) == [("答复引荐", False, "示例轴承股份有限公司", "2026-11-27")]
    actions.answer_introduction(introduction=introduction, answer="YES", by=world.filler.actor,
                                at=at)  # fmt: skip
    assert rows(world.member, at) == [
        ("引荐跟进", False, "liaison-人（联络员）", "2026-11-27")
    ]


def test_officers_see_what_is_late(world, introduction, at):
    assert rows(world.officer, at) == []
    late = at.replace(month=12)
    assert rows(world.officer, late) == [
        ("引荐跟进", False, "liaison-人（联络员）", "2026-11-27")
    ]
    assert rows(world.officer_other_county, late) == []
    assert rows(world.expert1, late) == []


def test_statements_do_not_grow(world, need, make_need, make_offer, offer, at):
    def count():
        with CaptureQueriesContext(connection) as captured:
            waiting.matters_for(world.liaison.actor, at)
        return len(captured)

    actions.rank_need(need=need, at=at)
    actions.introduce(need=need, offer=offer, reason_code="OTHER", note="x",
                      by=world.liaison.actor, at=at)  # fmt: skip
    actions.rank_need(need=make_need("XQ-2026-000100"), at=at)
    one = count()
    for serial in range(1, 11):
        actions.rank_need(need=make_need(f"XQ-2026-0001{serial:02}"), at=at)
    assert len(waiting.matters_for(world.liaison.actor, at)) == 12
    assert count() == one
