"""An award that lapses or is declined: the reserve takes its place, or the challenge fails."""

import pytest

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, BudgetLine
from kechuang.challenges.waiting import matters_for
from kechuang.messages.models import Message
from kechuang.needs.models import Need
from kechuang.notices import queries as notice_queries
from kechuang.notices.models import Notice
from kechuang.projects import actions as projects
from kechuang.projects.models import Project
from kechuang.record.models import Entry
from tests.challenges import stages

pytestmark = pytest.mark.django_db


def lapsed(world, at):
    """An award whose agreement nobody signed in time."""
    line = stages.awarded(world, at)
    project = Project.objects.get(number=line.challenge.project_number)
    line.at = project.sign_until
    projects.lapse_unsigned(project=project, by=Actor.CLOCK, at=line.at)
    return line, project


def replaced(line):
    """The clock finds that the award lapsed, and acts."""
    assert ("replace_award", line.challenge.number) in queries.due_by_clock(line.at)
    actions.step_by_clock(
        verb="replace_award", challenge=line.challenge, by=Actor.CLOCK, at=line.at
    )
    for bid in line.bids:
        bid.refresh_from_db()
    return line.fresh()


def test_the_reserve_takes_the_place_of_a_lapsed_award_with_a_new_notice(world, at):
    line, gone = lapsed(world, at)
    challenge = replaced(line)
    first, second = line.bids
    assert (challenge.state, challenge.project_number) == ("ON_NOTICE", "")
    assert (first.state, second.state) == ("DECLINED", "PROPOSED")
    assert [(p.bid_number, p.state, p.project_number) for p in challenge.proposals.all()] == [
        (first.number, "LAPSED", gone.number), (second.number, "APPROVED", ""),
    ]
    notice = notice_queries.notice_for(challenge.number)
    assert (notice.state, Notice.objects.count()) == ("OPEN", 2)
    assert ["拟立项单位", world.institute.name] in notice.facts
    assert queries.due_by_clock(line.at) == []
    told = set(Message.objects.filter(template="challenges.bid_promoted").values_list(
        "person_number", flat=True))
    assert world.institute_member.person.number in told
    verbs = Entry.objects.filter(object_number=challenge.number).values_list("verb", flat=True)
    assert "challenges.promote_reserve" in verbs


def test_the_promoted_bid_is_awarded_when_its_notice_has_run(world, at):
    line, gone = lapsed(world, at)
    challenge = replaced(line)
    head = [(m.task, m.mine) for m in matters_for(world.head.actor, line.at)]
    assert head == [("期满确定立项", True)]
    with pytest.raises(Refused) as early:
        actions.finalise(challenge=challenge, by=world.head.actor, at=line.at)
    assert early.value.code == "challenges.notice_running"
    line.at = notice_queries.ends_at(notice_queries.notice_for(challenge.number))
    project = actions.finalise(challenge=challenge, by=world.head.actor, at=line.at)
    assert project.number != gone.number
    assert (project.lead_organisation, project.leader) == (
        world.institute, world.institute_member.person)
    assert [bid.state for bid in Bid.objects.order_by("id")] == ["DECLINED", "AWARDED"]


def test_a_second_lapse_finds_no_reserve_and_the_challenge_fails(world, at):
    line, _gone = lapsed(world, at)
    challenge = replaced(line)
    line.at = notice_queries.ends_at(notice_queries.notice_for(challenge.number))
    project = actions.finalise(challenge=challenge, by=world.head.actor, at=line.at)
    projects.decline_award(project=project, reason="团队已解散，不能承担。",
                           by=world.institute_admin.actor, at=line.after(days=1))
    challenge = replaced(line)
    assert (challenge.state, challenge.project_number) == ("FAILED", "")
    assert [bid.state for bid in line.bids] == ["DECLINED", "DECLINED"]
    assert BudgetLine.objects.get().reserved_fen == 0
    new = actions.relist_challenge(challenge=challenge, reason="再发一轮", by=world.officer.actor,
                                   at=line.after(days=1))
    assert new.round == 2
    assert Need.objects.get(pk=new.need_id).challenge_number == new.number


def test_an_award_that_stands_is_not_replaced(world, at):
    line = stages.awarded(world, at)
    assert ("replace_award", line.challenge.number) not in queries.due_by_clock(line.at)
    with pytest.raises(Refused) as caught:
        actions.replace_award(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert caught.value.code == "challenges.award_stands"
    assert line.fresh().state == "AWARDED"


def test_nobody_but_the_clock_replaces(world, at):
    line, _gone = lapsed(world, at)
    with pytest.raises(NotPermitted):
        actions.replace_award(challenge=line.challenge, by=world.head.actor, at=line.at)
    assert line.fresh().state == "AWARDED"


def test_a_lapsed_award_is_not_chosen_again(world, at):
    line, _gone = lapsed(world, at)
    challenge = replaced(line)
    from kechuang.notices import actions as notices

    notice = notice_queries.notice_for(challenge.number)
    notices.cancel_notice(notice=notice, reason="异议成立", by=world.head.actor, at=line.at)
    actions.reopen_decision(challenge=challenge, by=Actor.CLOCK, at=line.at)
    with pytest.raises(Refused) as caught:
        actions.choose(challenge=challenge, bid_number=line.bids[0].number, reason="再选",
                       by=world.unit_admin.actor, at=line.at)
    assert caught.value.code == "challenges.not_ranked"


def test_the_unit_declines_an_award_from_the_projects_page(world, at, client_as, api_as):
    line = stages.awarded(world, at)
    number = line.challenge.project_number
    path = f"/projects/{number}/decline-award/"
    admin = client_as(world.research_admin)
    assert path in admin.get(f"/projects/{number}/").content.decode()
    assert path not in client_as(world.head).get(f"/projects/{number}/").content.decode()
    assert admin.get(path).status_code == 200
    assert admin.post(path, {"reason": ""}).status_code == 422
    assert admin.post(path, {"reason": "设备没有落实。"}).status_code == 302
    assert Project.objects.get(number=number).state == "LAPSED"
    told = Message.objects.filter(template="projects.declined").values_list(
        "person_number", flat=True)
    assert world.officer.person.number in set(told)
    again = api_as(world.research_admin).post(
        f"/api/v1/projects/{number}/decline-award", {"reason": "再说一次"},
        content_type="application/json")
    assert again.status_code == 422


def test_the_pages_say_that_a_reserve_was_promoted(world, at, client, client_as):
    line, gone = lapsed(world, at)
    challenge = replaced(line)
    page = client.get(f"/challenges/{challenge.number}/").content.decode()
    assert "备选方案已递补" in page
    assert gone.number not in page
    assert gone.number in client_as(world.officer).get(
        f"/challenges/{challenge.number}/").content.decode()
