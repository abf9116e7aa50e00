"""A race: three start together, gates say who goes on, and the money follows them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.refusals import NotPermitted
from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, Gate, GateTeam
from kechuang.challenges.rules.racing import TeamVerdict
from kechuang.challenges.waiting import matters_for
from kechuang.messages.models import Message
from kechuang.projects.models import Agreement, Project
from tests.challenges import stages
from tests.challenges.mode_stages import clock, pass_milestones, refused, sign, sign_all
from tests.challenges.stages import WAN

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def race(monkeypatch):
    monkeypatch.setattr(stages, "MODE", "RACE")


def running(world, at):
    """Three teams whose agreements of the first stage are signed."""
    line = stages.awarded(world, at)
    sign_all(line)
    return line


def at_gate(world, at, passing=(0, 1)):
    """The first stage is over; some teams have passed their milestones."""
    line = running(world, at)
    found = list(queries.projects_of(line.challenge))
    for place in passing:
        pass_milestones(line, found[place])
    line.at = max(line.at, stages.datetime.combine(
        Gate.objects.get().due_date, line.at.timetz()) + timedelta(days=1))
    clock(line, "open_gate")
    return line


def verdicts(line, *said):
    return [
        TeamVerdict(bid.number, verdict, f"第 {place} 队：{verdict}", into, fen)
        for place, (bid, (verdict, into, fen)) in enumerate(
            zip(line.bids, said, strict=True), start=1)
    ]


def merged(line):
    """The first goes on with the second in its consortium, the third stops."""
    return verdicts(line, ("CONTINUE", "", 420 * WAN), ("MERGE", line.bids[0].number, 0),
                    ("STOP", "", 0))


def compare(line, said, opinion="同一台架比较，第一队领先。"):
    return actions.compare_teams(challenge=line.challenge, verdicts=said, opinion=opinion,
                                 by=line.world.expert4.actor, at=line.after(hours=1))


def decide(line):
    gate = actions.decide_gate(challenge=line.challenge, reason="同意比较意见。",
                               by=line.world.head.actor, at=line.after(hours=1))
    line.fresh()
    for bid in line.bids:
        bid.refresh_from_db()
    return gate


def test_three_start_with_the_money_of_the_first_stage(world, at, client):
    line = running(world, at)
    found = list(queries.projects_of(line.challenge))
    assert [one.public_fen // WAN for one in found] == [360, 360, 360]
    assert (line.challenge.state, queries.taken_fen(line.challenge)) == ("RUNNING", 1080 * WAN)
    gate = Gate.objects.get()
    plans = queries.stage_plans(line.challenge)
    assert (gate.place, gate.due_date, gate.next_teams_max) == (1, plans[0].until, 2)
    frozen = queries.publication_of(line.challenge)["stages"]
    assert [(one["teams_max"], one["team_fen"] // WAN) for one in frozen] == [
        (3, 360), (2, 420), (1, 1080)]
    page = client.get(f"/challenges/{line.challenge.number}/").content.decode()
    assert all(words in page for words in ("赛段", plans[0].until.isoformat(), world.rival.name))


def test_one_team_alone_is_no_race(world, at):
    line = stages.deciding(world, at)
    refused("challenges.awards_number", actions.propose, challenge=line.challenge,
            bid_number=[line.bids[0].number], reason="一家", by=world.officer.actor, at=line.at)


def test_a_gate_waits_for_its_day_or_for_every_team(world, at):
    line = running(world, at)
    assert ("open_gate", line.challenge.number) not in queries.due_by_clock(line.at)
    refused("challenges.gate_not_due", actions.open_gate, challenge=line.challenge,
            by=world.officer.actor, at=line.at)
    for project in queries.projects_of(line.challenge):
        pass_milestones(line, project)
    actions.open_gate(challenge=line.challenge, by=world.officer.actor, at=line.at)
    team = GateTeam.objects.first()
    assert [one["state"] for one in team.evidence["milestones"]] == ["PASSED", "PASSED"]
    assert len(team.evidence_sha256) == 64
    [mine] = [m for m in matters_for(world.expert4.actor, line.at)
              if m.number == line.challenge.number]
    assert (mine.task, mine.mine) == ("赛段比较", True)


def test_merge_and_stop_put_the_money_where_the_race_goes_on(world, at):
    line = at_gate(world, at)
    first, second, third = queries.projects_of(line.challenge)
    compare(line, merged(line))
    gate = decide(line)
    assert (gate.state, gate.opinion_sha256 != "") == ("DECIDED", True)
    assert [bid.state for bid in line.bids] == ["CONTRACTED", "MERGED", "STOPPED"]
    for project in (first, second, third):
        project.refresh_from_db()
    assert [one.state for one in (first, second, third)] == ["AMENDING", "CONCLUDED", "CONCLUDED"]
    assert queries.taken_fen(line.challenge) == 780 * WAN
    draft = Agreement.objects.get(project=first, edition=2)
    parties = [one["code"] for one in draft.terms["parties"]]
    assert (draft.public_fen, parties) == (
        780 * WAN, [world.university.code, world.institute.code])
    assert [row["gate"] for row in draft.terms["instalments"][-2:]] == ["MILESTONE", "MILESTONE"]
    told = {
        one.template: one.person_number for one in Message.objects.filter(
            template__startswith="challenges.team_")
    }
    assert told.keys() == {
        "challenges.team_continue", "challenges.team_merge", "challenges.team_stop"}
    sign(line, first)
    assert (first.state, first.public_fen) == ("ACTIVE", 780 * WAN)
    later = Gate.objects.get(place=2)
    assert (later.state, later.next_teams_max) == ("COLLECTING", 1)


def test_the_last_gate_leaves_one_team_with_what_is_left(world, at):
    line = at_gate(world, at)
    compare(line, verdicts(line, ("CONTINUE", "", 420 * WAN), ("CONTINUE", "", 420 * WAN),
                           ("STOP", "", 0)))
    decide(line)
    for project in queries.projects_of(line.challenge).filter(ended_at__isnull=True):
        pass_milestones(line, sign(line, project))
    clock_day = Gate.objects.get(place=2).due_date
    line.at = stages.datetime.combine(clock_day, line.at.timetz()) + timedelta(days=1)
    clock(line, "open_gate")
    teams = [bid for bid in line.bids if bid.state == "CONTRACTED"]
    winner, loser = teams
    said = [TeamVerdict(winner.number, "CONTINUE", "领先", "", 2220 * WAN),
            TeamVerdict(loser.number, "STOP", "落后")]
    compare(line, said)
    decide(line)
    assert [bid.state for bid in line.bids] == ["CONTRACTED", "STOPPED", "STOPPED"]
    assert queries.taken_fen(line.challenge) == 3000 * WAN
    assert Gate.objects.filter(place=3).count() == 0
    assert [one.number for one in queries.winners_of(line.challenge)] == [winner.number]


def test_what_a_comparison_must_say(world, at):
    line = at_gate(world, at)
    go, stop = ("CONTINUE", "", 420 * WAN), ("STOP", "", 0)
    cases = {
        "challenges.too_many_go_on": (go, go, go),
        "challenges.nobody_goes_on": (stop, stop, stop),
        "challenges.merged_into_none": (go, ("MERGE", line.bids[2].number, 0), stop),
        "challenges.stage_money": (("CONTINUE", "", 0), stop, stop),
        "challenges.stage_money_exceeds": (("CONTINUE", "", 2640 * WAN + 1), stop, stop),
    }
    for code, said in cases.items():
        refused(code, compare, line=line, said=verdicts(line, *said))
    refused("challenges.team_not_judged", compare, line=line,
            said=verdicts(line, go, stop, stop)[:2])
    refused("challenges.empty_opinion", compare, line=line, said=merged(line), opinion=" ")
    with pytest.raises(NotPermitted):
        actions.compare_teams(challenge=line.challenge, verdicts=merged(line), opinion="好",
                              by=world.officer.actor, at=line.at)


def test_the_head_returns_a_comparison_and_only_another_person_decides(world, at):
    line = at_gate(world, at)
    refused("challenges.no_gate", actions.decide_gate, challenge=line.challenge, reason="好",
            by=world.head.actor, at=line.at)
    compare(line, merged(line))
    actions.return_comparison(challenge=line.challenge, reason="写明台架条件",
                              by=world.head.actor, at=line.after(hours=1))
    gate = Gate.objects.get(place=1)
    assert (gate.state, gate.return_reason) == ("COMPARING", "写明台架条件")
    compare(line, merged(line))
    Gate.objects.filter(pk=gate.pk).update(compared_by=world.head.person)
    refused("challenges.same_approver", actions.decide_gate, challenge=line.challenge,
            reason="好", by=world.head.actor, at=line.at)


def test_the_database_holds_a_gate(world, at):
    line = at_gate(world, at)
    compare(line, merged(line))
    gate = Gate.objects.filter(place=1)
    with pytest.raises(IntegrityError, match="decided_gate_is_signed"), transaction.atomic():
        gate.update(state="DECIDED")
    signed = {"state": "DECIDED", "decided_by": world.head.person, "decided_at": line.at,
              "reason": "好"}
    GateTeam.objects.update(verdict="CONTINUE", into=None)
    with pytest.raises(IntegrityError, match="a gate for 2 teams lets 3"), transaction.atomic():
        gate.update(**signed)
    with pytest.raises(IntegrityError, match="judged_team_is_told"), transaction.atomic():
        GateTeam.objects.update(reason="")
    with pytest.raises(IntegrityError, match="merged_team_names"), transaction.atomic():
        GateTeam.objects.update(verdict="MERGE", added_fen=0)


def test_a_project_that_cannot_follow_stops_the_decision(world, at):
    line = at_gate(world, at)
    compare(line, merged(line))
    third = queries.projects_of(line.challenge)[2]
    Project.objects.filter(pk=third.pk).update(state="TERMINATING")
    refused("projects.state", actions.decide_gate, challenge=line.challenge, reason="好",
            by=world.head.actor, at=line.at)
    assert Bid.objects.filter(state="CONTRACTED").count() == 3


def test_chair_and_head_take_a_gate_through_its_pages(world, at, client_as, client):
    line = at_gate(world, at)
    path = f"/challenges/{line.challenge.number}/gates/1/"
    assert client.get(path).status_code == 404
    chair, head = client_as(world.expert4), client_as(world.head)
    page = chair.get(path).content.decode()
    assert (f"{path}compare/" in page, "已通过" in page) == (True, True)
    typed = {"opinion": "同一台架比较。"}
    for row in merged(line):
        typed |= {f"{row.team}-verdict": row.verdict, f"{row.team}-reason": row.reason,
                  f"{row.team}-into": row.into, f"{row.team}-added_fen": row.added_fen // WAN}
    assert chair.post(f"{path}compare/", typed | {"opinion": ""}).status_code == 422
    assert chair.post(f"{path}compare/", typed).status_code == 302
    assert client_as(world.officer).get(f"{path}decide/").status_code == 404
    assert head.get(f"{path}decide/").status_code == 200
    assert head.post(f"{path}decide/", {"reason": ""}).status_code == 422
    assert head.post(f"{path}decide/", {"reason": "同意。"}).status_code == 302
    told = client_as(world.institute_admin).get(f"/bids/{line.bids[1].number}/").content.decode()
    assert "第 2 队：MERGE" in told
    shown = client.get(f"/challenges/{line.challenge.number}/").content.decode()
    assert all(words in shown for words in ("继续", "已并入另一队", "止于本赛段", "止于赛段"))
    assert "第 3 队：STOP" not in shown


def test_the_api_takes_a_gate_from_day_to_decision(world, at, api_as):
    line = running(world, at)
    for project in queries.projects_of(line.challenge):
        pass_milestones(line, project)
    path = f"/api/v1/challenges/{line.challenge.number}/gates/1"
    post = {"content_type": "application/json"}
    assert api_as(world.officer).post(f"{path}/open", {}, **post).status_code == 200
    body = {"opinion": "同一台架。", "verdicts": [
        {"team": one.team, "verdict": one.verdict, "reason": one.reason, "into": one.into,
         "added_fen": one.added_fen} for one in merged(line)]}
    assert api_as(world.expert4).post(f"{path}/compare", body, **post).status_code == 200
    done = api_as(world.head).post(f"{path}/decide", {"reason": "同意"}, **post)
    assert (done.status_code, done.json()["state"]) == (200, "DECIDED")
    seen = api_as(world.officer).get(f"/api/v1/challenges/{line.challenge.number}/gates").json()
    assert [(one["place"], one["state"]) for one in seen] == [(1, "DECIDED"), (2, "COLLECTING")]
