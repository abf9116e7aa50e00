"""Competitive allocation: several winners within the money of one call."""

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, Challenge, Proposal
from kechuang.challenges.waiting import matters_for
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.projects import actions as projects
from kechuang.projects.models import Project
from tests.challenges import stages
from tests.challenges.mode_stages import clock, refused, sign, sign_all
from tests.challenges.stages import WAN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def competitive(monkeypatch):
    monkeypatch.setattr(stages, "MODE", "COMPETITIVE")


def states(line):
    return [Bid.objects.get(pk=bid.pk).state for bid in line.bids]


def lapse(line, project):
    line.at = project.sign_until
    projects.lapse_unsigned(project=project, by=Actor.CLOCK, at=line.at)


def cancel(line, notice):
    """An objection against one award was upheld: its notice is cancelled."""
    notices.cancel_notice(notice=notice, reason="异议成立", by=line.world.head.actor, at=line.at)


def test_the_ranking_shows_the_line_and_the_money_so_far(world, at, client_as, client):
    line = stages.deciding(world, at)
    rows = queries.ranking_with_line(line.challenge)
    assert [(one.bid.number, one.sum_fen // WAN, one.why.value) for one in rows] == [
        (line.bids[0].number, 1500, "ABOVE"), (line.bids[1].number, 3000, "ABOVE"),
        (line.bids[2].number, 4500, "MONEY_SPENT"),
    ]
    path = f"/challenges/{line.challenge.number}/ranking/"
    page = client_as(world.officer).get(path).content.decode()
    assert all(words in page for words in ("入选线", "线下：预算已用完", world.rival.name, "4,500"))
    assert client.get(path).status_code == 404
    assert client_as(world.member).get(path).status_code == 404


def test_each_award_has_a_notice_an_agreement_and_a_project(world, at):
    line = stages.on_notice(world, at)
    found = stages.notices_of(line)
    assert [one.subject_number for one in found] == [
        f"{line.challenge.number}/1", f"{line.challenge.number}/2"]
    assert [dict(one.facts)["评审名次"] for one in found] == ["1", "2"]
    assert world.officer.person.number in found[1].involved
    head = [m.task for m in matters_for(world.head.actor, line.at)
            if m.number == line.challenge.number]
    assert head == ["期满确定立项"]
    line.at = found[0].ends_at
    actions.finalise(challenge=line.challenge, by=world.head.actor, at=line.at)
    first, second = queries.projects_of(line.fresh())
    assert (first.public_fen, second.public_fen) == (1500 * WAN, 1500 * WAN)
    assert (line.challenge.state, line.challenge.project_number) == ("AWARDED", first.number)
    assert states(line) == ["AWARDED", "AWARDED", "RESERVE"]
    sign(line, first)
    clock(line, "follow_project")
    assert (line.challenge.state, states(line)) == (
        "AWARDED", ["CONTRACTED", "AWARDED", "RESERVE"])
    sign(line, second)
    clock(line, "follow_project")
    assert (line.challenge.state, states(line)[:2]) == ("RUNNING", ["CONTRACTED", "CONTRACTED"])
    assert queries.due_by_clock(line.at) == []


def test_nobody_higher_is_passed_over_and_money_is_not_exceeded(world, at):
    line = stages.deciding(world, at)
    numbers = [bid.number for bid in line.bids]
    arguments = {"act": actions.propose, "challenge": line.challenge, "reason": "好",
                 "by": world.officer.actor, "at": line.at}
    refused("challenges.passed_over", bid_number=[numbers[0], numbers[2]], **arguments)
    refused("challenges.awards_exceed", bid_number=numbers, **arguments)
    refused("challenges.awards_unknown", bid_number=[numbers[0], numbers[0]], **arguments)
    refused("challenges.reserve_is_winner", bid_number=numbers[:2],
            reserve_number=[numbers[1]], **arguments)
    actions.propose(challenge=line.challenge, bid_number=numbers[:1], reason="线画高",
                    by=world.officer.actor, at=line.at)
    assert Proposal.objects.count() == 1


def test_the_database_holds_places_and_money(world, at):
    line = stages.on_notice(world, at)
    first = Proposal.objects.order_by("place").first()
    challenge = Challenge.objects.filter(pk=line.challenge.pk)
    with pytest.raises(IntegrityError, match="awards take"), transaction.atomic():
        Proposal.objects.filter(pk=first.pk).update(public_fen=1500 * WAN + 1)
    with pytest.raises(IntegrityError, match="awards take"), transaction.atomic():
        challenge.update(public_fen=2999 * WAN)
    with pytest.raises(IntegrityError, match="winners has 2"), transaction.atomic():
        challenge.update(winners_max=1)
    challenge.update(winners_max=2)
    with pytest.raises(IntegrityError, match="winners has 3"), transaction.atomic():
        Bid.objects.filter(challenge=line.challenge).update(state="AWARDED")


def test_a_lapsed_award_gives_its_place_to_the_reserve_and_the_other_stands(world, at):
    line = stages.awarded(world, at)
    first, second = queries.projects_of(line.challenge)
    sign(line, second)
    clock(line, "follow_project")
    lapse(line, first)
    clock(line, "replace_award")
    assert (line.challenge.state, line.challenge.project_number) == ("ON_NOTICE", second.number)
    assert states(line) == ["DECLINED", "CONTRACTED", "PROPOSED"]
    promoted = queries.awards_on_notice(line.challenge)
    assert [(one.bid_number, one.place) for one in promoted] == [(line.bids[2].number, 3)]
    line.at = Notice.objects.get(number=promoted[0].notice_number).ends_at
    actions.finalise(challenge=line.challenge, by=world.head.actor, at=line.at)
    sign(line, Project.objects.get(lead_organisation=world.rival))
    clock(line, "follow_project")
    assert (line.challenge.state, queries.taken_fen(line.challenge)) == ("RUNNING", 3000 * WAN)


def test_without_a_fitting_reserve_the_others_run_on(world, at):
    line = stages.awarded(world, at)
    Bid.objects.filter(pk=line.bids[2].pk).update(state="NOT_PROPOSED")
    first, second = queries.projects_of(line.challenge)
    sign(line, first)
    clock(line, "follow_project")
    lapse(line, second)
    clock(line, "replace_award")
    assert (line.challenge.state, states(line)[:2]) == ("AWARDED", ["CONTRACTED", "DECLINED"])
    clock(line, "follow_project")
    assert line.challenge.state == "RUNNING"


def test_an_upheld_objection_undoes_its_own_award_alone(world, at):
    line = stages.on_notice(world, at)
    first, second = stages.notices_of(line)
    cancel(line, first)
    clock(line, "reopen_decision")
    assert (line.challenge.state, states(line)) == (
        "ON_NOTICE", ["NOT_PROPOSED", "PROPOSED", "PROPOSED"])
    assert Notice.objects.get(pk=second.pk).state == "OPEN"
    cancel(line, Notice.objects.exclude(pk__in=[first.pk, second.pk]).get())
    clock(line, "reopen_decision")
    assert states(line) == ["NOT_PROPOSED", "PROPOSED", "NOT_PROPOSED"]
    line.at = second.ends_at
    actions.finalise(challenge=line.challenge, by=world.head.actor, at=line.at)
    assert (line.fresh().state, queries.projects_of(line.challenge).count()) == ("AWARDED", 1)


def test_who_is_ready_is_awarded_while_an_objection_holds_the_other(world, at):
    line = stages.notice_over(world, at)
    first, second = stages.notices_of(line)
    Notice.objects.filter(pk=second.pk).update(state="PAUSED", ends_at=None)
    actions.finalise(challenge=line.challenge, by=world.head.actor, at=line.at)
    assert (line.fresh().state, states(line)[:2]) == ("ON_NOTICE", ["AWARDED", "PROPOSED"])
    refused("challenges.notice_running", actions.finalise, challenge=line.challenge,
            by=world.head.actor, at=line.at)
    cancel(line, Notice.objects.get(pk=second.pk))
    Bid.objects.filter(pk=line.bids[2].pk).update(state="NOT_PROPOSED")
    clock(line, "reopen_decision")
    assert (line.challenge.state, states(line)[1]) == ("AWARDED", "NOT_PROPOSED")


def test_two_bids_are_too_few(world, at):
    line = stages.opened(world, at)
    stages.sealed_bid(line, world.member, world.research_admin)
    stages.sealed_bid(line, world.institute_member, world.institute_admin)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    assert line.fresh().state == "FAILED"


def test_one_bid_asks_for_half_of_the_call_at_most(world, at):
    line = stages.opened(world, at)
    assert queries.frame_of(line.challenge).public_fen == 1500 * WAN
    assert queries.publication_of(line.challenge)["ask_most_fen"] == 1500 * WAN


def test_the_officer_proposes_a_list_on_the_page(world, at, client_as):
    line = stages.deciding(world, at)
    officer = client_as(world.officer)
    path = f"/challenges/{line.challenge.number}/propose/"
    page = officer.get(path).content.decode()
    assert page.count('name="bids"') == 3
    numbers = [bid.number for bid in line.bids]
    assert officer.post(path, {"bids": numbers, "reason": "全要"}).status_code == 422
    answer = officer.post(
        path, {"bids": numbers[:2], "reserves": numbers[2:], "reason": "按名次，到预算用完"})
    assert answer.status_code == 302
    assert [one.reserves for one in Proposal.objects.all()] == [[numbers[2]]] * 2
    approve = client_as(world.finance).get(path.replace("propose", "approve")).content.decode()
    assert (world.university.name in approve, world.institute.name in approve) == (True, True)


def test_all_agreements_signed_the_call_ends_with_its_last_project(world, at):
    line = stages.awarded(world, at)
    sign_all(line)
    assert line.challenge.state == "RUNNING"
    first, second = queries.projects_of(line.challenge)
    for project in (first, second):
        assert queries.due_by_clock(line.at) == []
        projects.begin_termination(project=project, reason="停产", by=world.officer.actor,
                                   at=line.at)
        projects.terminate(project=project, reason="同意", by=world.head.actor, at=line.at)
    clock(line, "follow_project")
    assert line.challenge.state == "ENDED"
