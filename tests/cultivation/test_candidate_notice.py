"""No support before the public notice: every way out of it, and what the database holds of it."""

from datetime import timedelta

import pytest
from django.db import connection

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted
from kechuang.cultivation import jobs, waiting
from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.actions import stakes
from kechuang.cultivation.models import Candidate, Screening, Stake
from kechuang.cultivation.queries import places_on_the_line
from kechuang.messages.models import Message
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice, Objection
from kechuang.projects.models import Project
from kechuang.record.models import Entry
from tests.cultivation import screened
from tests.cultivation.holding import database_refuses_to, refused
from tests.cultivation.screened import AFTER, WAN

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(world, at):
    return screened.round_of(world, at)


@pytest.fixture
def shown(world, at, round_):
    """A candidate on notice: 3,000,000 yuan as a project."""
    return screened.noticed(world, at, round_)


def establish(candidate, world, at):
    return actions.establish_candidate(candidate=candidate, by=world.head.actor, at=at)


def give_back(candidate, world, at):
    return actions.return_candidate(
        candidate=candidate, reason="重新核分。", by=world.head.actor, at=at
    )


def objected(world, notice, at, verdict=""):
    """An objection that was filed, or decided so by who took no part."""
    row = notices.object_to(
        notice=notice, ground="FACTS", request="请核实。",
        statement="该团队的良率数据与公开报告不一致，请核对原始记录。",
        phone="13900000000", by=world.rival_admin.actor, at=at,
    )  # fmt: skip
    if not verdict:
        return row
    row = notices.accept_objection(objection=row, by=world.officer2.actor, at=at)
    row = notices.answer_objection(
        objection=row, answer="已调阅原始记录。", by=world.officer2.actor, at=at
    )
    return notices.decide_objection(
        objection=row, verdict=verdict, decision="见答复。", by=world.head2.actor, at=at
    )


def held():
    return Screening.objects.get().committed_fen


# --- onto the notice -----------------------------------------------------------------------------


def test_what_a_head_accepts_holds_its_money_and_is_shown_to_everybody(world, at, shown):
    assert (shown.state, shown.project_number, Project.objects.count(), held()) == (
        "ON_NOTICE", "", 0, 300 * WAN
    )  # fmt: skip
    notice = screened.notice_of(shown)
    assert (notice.kind, notice.working_days, notice.evidence_path) == (
        "AWARD", 5, f"/screenings/candidates/{shown.number}/decision/"
    )  # fmt: skip
    said = dict(notice.facts)
    names = ("落地单位", "拟支持方式", "拟支持金额（元）", "得分", "市场")
    assert [said[name] for name in names] == [
        world.enterprise.name, "立项支持", "3,000,000.00", "70 分，3 位评分人的平均分",
        "20 分，满分 30",
    ]  # fmt: skip
    took_part = {world.officer, world.head, *screened.judges_of(world)}
    assert {one.person.number for one in took_part} <= set(notice.involved)


def test_the_notice_of_a_stake_says_its_terms(world, at, round_):
    candidate = screened.noticed(world, at, round_, outcome="STAKE", terms=screened.TERMS)
    notice = screened.notice_of(candidate)
    assert (notice.kind, notice.title) == ("GENERAL", "氮化镓功率器件团队（拟共同持股）")
    said = dict(notice.facts)
    assert (said["投后估值（元）"], said["持股人"], said["退出日期"]) == (
        "30,000,000.00", "示例市科创投资有限公司", "2032-01-01"
    )  # fmt: skip
    assert Stake.objects.count() == 0


def test_a_notice_runs_as_long_as_its_round_says(world, at):
    refused(lambda: screened.round_of(world, at, notice_days=61), "screening.notice_days")
    refused(lambda: screened.round_of(world, at, notice_days=0), "screening.notice_days")
    candidate = screened.noticed(world, at, screened.round_of(world, at, notice_days=7))
    refused(lambda: establish(candidate, world, at + AFTER), "screening.notice_running")
    assert screened.notice_of(candidate).working_days == 7


# --- off it --------------------------------------------------------------------------------------


def test_support_waits_for_the_last_instant_of_the_term(world, at, shown):
    ends = screened.notice_of(shown).ends_at
    early = ends - timedelta(seconds=1)
    refused(lambda: establish(shown, world, early), "screening.notice_running")
    candidate = establish(shown, world, ends)
    assert (candidate.state, screened.notice_of(candidate).state) == ("ACCEPTED", "ENDED")
    project = Project.objects.get()
    assert (project.origin_number, project.public_fen) == (candidate.number, 300 * WAN)
    refused(lambda: establish(candidate, world, ends), "screening.wrong_state")
    assert (Project.objects.count(), held()) == (1, 300 * WAN)


def test_only_a_head_who_took_no_part_before_the_decision_settles_it(world, at):
    judges = tuple(one.person.number for one in (*screened.judges_of(world), world.head))
    candidate = screened.entered(world, at, screened.round_of(world, at, judges=judges))
    for judge in (*screened.judges_of(world), world.head):
        screened.score(candidate, judge, at)
    candidate = screened.proposed(world, at, candidate)
    candidate = actions.decide_candidate(
        candidate=candidate, verdict="ACCEPT", reason="同意。", by=world.head2.actor, at=at
    )
    for by in (world.head, world.officer, world.unit_admin, world.supervisor):
        with pytest.raises(NotPermitted):
            actions.establish_candidate(candidate=candidate, by=by.actor, at=at + AFTER)
    done = actions.establish_candidate(candidate=candidate, by=world.head2.actor, at=at + AFTER)
    assert done.state == "ACCEPTED"


def test_an_open_objection_stops_it_and_a_dismissed_one_lets_it_run_on(world, at, shown):
    day = at + timedelta(days=3)
    objected(world, screened.notice_of(shown), day)
    refused(lambda: establish(shown, world, at + AFTER), "screening.objection_open")
    refused(lambda: give_back(shown, world, day), "screening.notice_stands")
    objection = Objection.objects.get()
    notices.withdraw_objection(
        objection=objection, by=world.rival_admin.actor, at=day + timedelta(days=1)
    )
    refused(lambda: establish(shown, world, at + AFTER), "screening.notice_running")
    assert establish(shown, world, at + AFTER + AFTER).state == "ACCEPTED"


def test_an_upheld_objection_sends_it_back_and_releases_the_money(world, at, shown):
    objected(world, screened.notice_of(shown), at, verdict="UPHELD")
    refused(lambda: establish(shown, world, at + AFTER), "screening.notice_cancelled")
    candidate = give_back(shown, world, at)
    assert (candidate.state, candidate.decided_by, candidate.notice_number, held()) == (
        "SCORING", None, "", 0
    )  # fmt: skip
    again = screened.proposed(world, at, candidate, wan=200)
    again = actions.decide_candidate(
        candidate=again, verdict="ACCEPT", reason="核减后同意。", by=world.head.actor, at=at
    )
    assert (Notice.objects.count(), held()) == (2, 200 * WAN)
    assert establish(again, world, at + AFTER).state == "ACCEPTED"


def test_what_still_stands_on_notice_is_not_returned_but_a_cancelled_one_is(world, at, shown):
    refused(lambda: give_back(shown, world, at), "screening.notice_stands")
    refused(lambda: give_back(shown, world, at + AFTER), "screening.notice_stands")
    notices.cancel_notice(
        notice=screened.notice_of(shown), reason="金额写错。", by=world.officer.actor, at=at
    )
    assert (give_back(shown, world, at).state, held()) == ("SCORING", 0)


def test_a_team_that_no_longer_comes_takes_its_notice_with_it(world, at, shown):
    notice = screened.notice_of(shown)
    candidate = actions.withdraw_candidate(
        candidate=shown, reason="团队不来了。", by=world.officer.actor, at=at + AFTER
    )
    notice.refresh_from_db()
    assert (candidate.state, notice.state, notice.reason, held()) == (
        "WITHDRAWN", "CANCELLED", "团队或项目已撤回，不再支持。", 0
    )  # fmt: skip
    refused(lambda: establish(candidate, world, at + AFTER), "screening.wrong_state")


def test_a_withdrawal_after_the_term_leaves_the_notice_ended(world, at, shown):
    actions.follow_candidate(candidate=shown, by=Actor.CLOCK, at=at + AFTER)
    actions.withdraw_candidate(
        candidate=shown, reason="团队不来了。", by=world.officer.actor, at=at + AFTER
    )
    assert (Notice.objects.get().state, held()) == ("ENDED", 0)


# --- who holds it --------------------------------------------------------------------------------


def test_the_clock_tells_the_head_once(world, at, shown):
    with pytest.raises(NotPermitted):
        actions.follow_candidate(candidate=shown, by=world.head.actor, at=at)
    told = [actions.follow_candidate(candidate=shown, by=Actor.CLOCK, at=when)
            for when in (at, at + AFTER, at + AFTER)]  # fmt: skip
    assert told == [False, True, False]
    found = Message.objects.filter(template="cultivation.candidate_to_establish")
    assert set(found.values_list("person_number", flat=True)) == {
        world.head.person.number, world.head2.person.number
    }  # fmt: skip
    assert Entry.objects.filter(verb="cultivation.follow_candidate").count() == 1
    assert Candidate.objects.get().until is not None


def test_the_clock_tells_the_head_of_a_cancelled_notice(world, at, shown):
    notices.cancel_notice(
        notice=screened.notice_of(shown), reason="金额写错。", by=world.officer.actor, at=at
    )
    jobs.follow_candidate(shown.number)
    jobs.follow_candidate(shown.number)
    found = Message.objects.filter(template="cultivation.candidate_to_return")
    assert found.count() == 2


def test_each_state_of_the_notice_waits_with_who_holds_it(world, at, shown):
    def row(member, when):
        return next((one.task, one.holder, one.mine, one.until)
                    for one in waiting.matters_for(member.actor, when)
                    if one.number == shown.number)  # fmt: skip

    notice = screened.notice_of(shown)
    assert row(world.head, at) == (
        "等公示期满", "公众（公示期内可提异议）", False, notice.ends_at
    )  # fmt: skip
    task, _holder, mine, _until = row(world.head, at + AFTER)
    assert (task, mine, row(world.officer, at + AFTER)[2]) == ("确定支持", True, False)
    objection = objected(world, notice, at)
    assert row(world.head, at) == (
        "等异议办结", "科技部门（未参与该事项的人员）", False, objection.due_at
    )  # fmt: skip
    notices.refuse_objection(
        objection=objection, reason="不涉及公示内容。", by=world.officer2.actor, at=at
    )
    notices.cancel_notice(notice=notice, reason="金额写错。", by=world.officer.actor, at=at)
    assert row(world.head, at)[::2] == ("退回经办", True)


def test_the_line_goes_from_the_points_over_the_notice_to_the_project(world, at, shown):
    number = shown.number
    public = places_on_the_line([number], Actor.PUBLIC, at)
    assert [(one.number, one.url, one.linked) for one in public] == [
        (number, f"/screenings/candidates/{number}/decision/", (shown.notice_number,))
    ]  # fmt: skip
    candidate = establish(shown, world, at + AFTER)
    place = places_on_the_line([number, "JB-2026-000001"], Actor.PUBLIC, at)[0]
    assert place.linked == (candidate.notice_number, candidate.project_number)


# --- what the database holds ---------------------------------------------------------------------


def test_no_row_is_supported_before_its_notice_ended(world, at, shown):
    def accept(**given):
        Candidate.objects.update(state="ACCEPTED", **given)

    name = "support_follows_its_notice"
    assert database_refuses_to(accept) == name
    later = at + AFTER
    assert database_refuses_to(lambda: accept(state_since=later)) == name
    Notice.objects.update(state="ENDED")
    early = screened.notice_of(shown).ends_at - timedelta(seconds=1)
    assert database_refuses_to(lambda: accept(state_since=early)) == name
    Notice.objects.update(subject_number="HX-0000-000000")
    assert database_refuses_to(lambda: accept(state_since=later)) == name


def test_no_row_is_supported_over_an_open_objection(world, at, shown):
    objected(world, screened.notice_of(shown), at)
    Notice.objects.update(state="ENDED", ends_at=at)
    assert database_refuses_to(
        lambda: Candidate.objects.update(state="ACCEPTED", state_since=at + AFTER)
    ) == "support_follows_its_notice"  # fmt: skip


def test_no_project_and_no_stake_before_the_notice_ended(world, at, shown):
    def project():
        Project.objects.create(
            number="XM-2026-999999", title="x", origin_number=shown.number,
            lead_organisation=world.enterprise, leader=shown.leader, region_path="990000",
            state_since=at, total_fen=2, public_fen=1, own_fen=1, other_fen=0,
            awarded_targets=[], awarded_at=at, sign_until=at,
        )  # fmt: skip

    def stake():
        Stake.objects.create(
            number="GQ-2026-999999", candidate=shown, amount_fen=shown.amount_fen,
            valuation_fen=3000 * WAN, holder="x", exit_condition="x", exit_date="2032-01-01",
            agreed_by=world.officer.person, agreed_at=at,
        )  # fmt: skip

    assert database_refuses_to(project) == "support_follows_its_notice"
    assert database_refuses_to(stake) == "stake_is_what_was_accepted"


def test_what_everybody_was_shown_does_not_change(world, at, shown):
    for given in ({"amount_fen": 1}, {"answer": {}}, {"notice_number": "GS-0000-000000"}):
        assert database_refuses_to(
            lambda given=given: Candidate.objects.update(**given)
        ) == "what_is_on_notice_stays", given  # fmt: skip


def test_a_candidate_takes_its_steps_and_names_its_notice(world, at, shown):
    assert database_refuses_to(
        lambda: Candidate.objects.update(state="PROPOSED")
    ) == "candidate_takes_its_steps"  # fmt: skip
    other = screened.scored(world, at, screened.round_of(world, at, title="第二轮"))
    screened.proposed(world, at, other)
    assert database_refuses_to(
        lambda: Candidate.objects.filter(pk=other.pk).update(
            state="ON_NOTICE", decided_by=world.head.person, reason="x"
        )
    ) == "candidate_on_notice_names_its_notice"  # fmt: skip
    assert database_refuses_to(
        lambda: Candidate.objects.bulk_create([Candidate(
            number="HX-0000-000000", screening=other.screening, organisation=other.organisation,
            leader=other.leader, title="x", origin="x", summary="x", total_fen=1, asked_fen=1,
            region_path="x", state="PROPOSED", state_since=at, entered_by=world.officer.person,
        )])
    ) == "candidate_takes_its_steps"  # fmt: skip


def test_a_round_has_committed_what_it_decided(world, at, shown):
    for fen in (0, 300 * WAN - 1, 300 * WAN + 1):
        assert database_refuses_to(
            lambda fen=fen: Screening.objects.update(committed_fen=fen)
        ) == "committed_is_what_was_decided", fen  # fmt: skip
    assert database_refuses_to(
        lambda: Candidate.objects.update(state="WITHDRAWN")
    ) == "committed_is_what_was_decided"  # fmt: skip


def test_what_was_accepted_before_notices_goes_on_as_it_was(world, at, round_, client_as):
    candidate = screened.proposed(
        world, at, screened.scored(world, at, round_), "STAKE", terms=screened.TERMS
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cultivation_candidate DISABLE TRIGGER USER")
        Candidate.objects.update(
            state="ACCEPTED", decided_by=world.head.person, decided_at=at, reason="同意。"
        )
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        Screening.objects.update(committed_fen=300 * WAN)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cultivation_candidate ENABLE TRIGGER USER")
    Stake.objects.create(
        number="GQ-2026-999999", candidate=candidate, amount_fen=300 * WAN,
        valuation_fen=3000 * WAN, holder="x", exit_condition="x", exit_date="2032-01-01",
        agreed_by=world.officer.person, agreed_at=at,
    )  # fmt: skip
    connection.check_constraints()
    page = client_as(world.officer).get(f"/screenings/candidates/{candidate.number}/")
    assert "这一决定作出时还没有公示" in page.content.decode()
    candidate = stakes.request_stake(candidate=candidate, by=world.officer.actor, at=at)
    candidate = stakes.review_stake(candidate=candidate, by=world.finance.actor, at=at)
    stakes.pay_stake(candidate=candidate, by=world.payer.actor, at=at)
    connection.check_constraints()
    assert Stake.objects.get().state == "HELD"
