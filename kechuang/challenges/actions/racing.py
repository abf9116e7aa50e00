"""A race from gate to gate: what the teams have shown, the jury's comparison, the decision."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.challenges import rules
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    move,
    move_bid,
    person_of,
    record_bid,
    record_step,
    tell,
    tell_role,
)
from kechuang.challenges.models import Bid, Challenge, Gate, GateTeam, Proposal
from kechuang.challenges.queries import (
    Team,
    free_after,
    gate_in_hand,
    racing_teams,
    stage_plans,
)
from kechuang.challenges.rules.freezing import canonical, sha256_of
from kechuang.challenges.rules.racing import GATE_TABLE, GateState, TeamVerdict, Verdict
from kechuang.projects import actions as projects
from kechuang.projects import queries as project_queries
from kechuang.projects.rules import MilestoneTerm

# Kept as written: what the milestone of the next stage asks.
STAGE_CONTENT = "按榜单指标交本赛段成果，接受同一办法的检验和赛段比较。"


def plan_gate(challenge: Challenge, place: int, *, by: Actor, at: datetime) -> None:
    """Date the gate that ends a stage; after the last stage there is none."""
    plans = stage_plans(challenge)
    if place >= len(plans):
        return
    Gate.objects.create(
        challenge=challenge, place=place, due_date=plans[place - 1].until,
        next_teams_max=plans[place].teams_max, since=at,
    )
    record_step(challenge, "plan_gate", by=by, at=at, gate=place,
                due=plans[place - 1].until.isoformat())


def _gate(challenge: Challenge, *states: GateState) -> Gate:
    """The gate in hand, locked, in one of these states."""
    gate = gate_in_hand(challenge, lock=True)
    require(gate is not None and gate.state in states, rules.ChallengeRefused(
        "challenges.no_gate", N_("现在没有可办的赛段比较。"), {}, (),
        N_("请刷新页面，看赛段到哪一步、由谁办。")))
    return gate


def _move_gate(gate: Gate, to: GateState, at: datetime) -> None:
    GATE_TABLE.check_move(gate.state, to)
    gate.state, gate.since = to, at
    gate.save()


@transaction.atomic
def open_gate(*, challenge: Challenge, by: Actor, at: datetime) -> Gate:
    """Begin the comparison: on the gate's day, or sooner when every team's stage is judged.

    What each team's project has shown is frozen, and its hash recorded.
    """
    challenge, to = begin(challenge, "open_gate", by=by)
    gate = _gate(challenge, GateState.COLLECTING)
    teams = racing_teams(challenge)
    settled = all(
        not project_queries.milestones_undone(one.project) for one in teams
    )
    require(settled or shanghai_date(at) >= gate.due_date, rules.ChallengeRefused(
        "challenges.gate_not_due",
        N_("赛段要到 {day} 才比较；还有队伍的里程碑没有考核。"),
        {"day": gate.due_date.isoformat()}, (), N_("各队里程碑都考核完，可以提前比较。")))
    for team in teams:
        report = project_queries.stage_report(team.project)
        GateTeam.objects.create(
            gate=gate, bid=team.bid, project_number=team.project.number, evidence=report,
            evidence_sha256=sha256_of(canonical(report)),
        )
    _move_gate(gate, GateState.COMPARING, at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "open_gate", by=by, at=at, gate=gate.place, evidence={
        row.project_number: row.evidence_sha256 for row in gate.teams.all()})
    tell([challenge.chair, challenge.officer], "to_compare", challenge.number, by=by, at=at)
    return gate


@transaction.atomic
def compare_teams(
    *, challenge: Challenge, verdicts: Sequence[TeamVerdict], opinion: str, by: Actor,
    at: datetime,
) -> Gate:
    """The jury's chair compares: who goes on with how much, who joins whom, who stops, and why.

    Nothing happens to a team until the head decides.
    """
    challenge, to = begin(challenge, "compare", by=by)
    gate = _gate(challenge, GateState.COMPARING)
    rows = {row.bid.number: row for row in gate.teams.select_related("bid")}
    refuse_all(rules.racing.problems_with_verdicts(
        list(rows), verdicts, gate.next_teams_max, free_after(challenge, verdicts)))
    require(bool(opinion.strip()), rules.ChallengeRefused(
        "challenges.empty_opinion", N_("意见还没有写。"), {}, ("opinion",)))
    for one in verdicts:
        row = rows[one.team]
        row.verdict, row.reason, row.added_fen = one.verdict, one.reason, one.added_fen
        row.into = rows[one.into].bid if one.into else None
        row.save()
    gate.opinion, gate.opinion_sha256 = opinion, sha256_of(opinion)
    gate.compared_by, gate.compared_at, gate.return_reason = person_of(by), at, ""
    _move_gate(gate, GateState.COMPARED, at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "compare", by=by, at=at, gate=gate.place,
                opinion_sha256=gate.opinion_sha256,
                verdicts={one.team: one.verdict for one in verdicts})
    tell_role(Role.HEAD, "to_decide_gate", challenge, by=by, at=at)
    return gate


@transaction.atomic
def return_comparison(
    *, challenge: Challenge, reason: str, by: Actor, at: datetime
) -> Gate:
    """The head gives the comparison back to the chair, with a reason."""
    challenge, to = begin(challenge, "return_comparison", by=by)
    gate = _gate(challenge, GateState.COMPARED)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明退回的理由。"), {}, ("reason",)))
    gate.return_reason = reason
    _move_gate(gate, GateState.COMPARING, at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "return_comparison", by=by, at=at, gate=gate.place)
    tell([challenge.chair], "to_compare", challenge.number, by=by, at=at)
    return gate


@transaction.atomic
def decide_gate(*, challenge: Challenge, reason: str, by: Actor, at: datetime) -> Gate:
    """The head decides as compared: who goes on signs an amendment with the stage's money, who
    joins another team becomes a member of its consortium, who stops ends without blame.

    What stopped and joined teams were not paid goes back to the call first, so that those who go
    on can have it. All in one transaction: a project that cannot follow stops the decision.
    """
    challenge, to = begin(challenge, "decide_gate", by=by)
    gate = _gate(challenge, GateState.COMPARED)
    require(gate.compared_by.number != by.person, rules.ChallengeRefused(
        "challenges.same_approver", N_("您已办过本轮的前一步，这一步须由另一个人办。"), {}, (),
        N_("请本处室其他有权的人办理。")))
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明决定的理由。"), {}, ("reason",)))
    teams = {one.bid.number: one for one in racing_teams(challenge, lock=True)}
    rows = list(gate.teams.select_related("bid__organisation", "into__organisation"))
    for row in rows:
        if row.verdict != Verdict.CONTINUE:
            _end_team(teams[row.bid.number], row, by=by, at=at)
    for row in rows:
        if row.verdict == Verdict.CONTINUE:
            joining = [one.bid for one in rows if one.into_id == row.bid_id]
            _go_on(challenge, gate, teams[row.bid.number], row, joining, by=by, at=at)
    gate.decided_by, gate.decided_at, gate.reason = person_of(by), at, reason
    _move_gate(gate, GateState.DECIDED, at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "decide_gate", by=by, at=at, gate=gate.place, teams={
        row.project_number: [row.verdict, row.added_fen] for row in rows})
    plan_gate(challenge, gate.place + 1, by=by, at=at)
    for row in rows:
        tell(bidders(row.bid, at), f"team_{row.verdict.lower()}", row.bid.number, by=by, at=at)
    return gate


def _end_team(team: Team, row: GateTeam, *, by: Actor, at: datetime) -> None:
    """A team that stops or joins another: its project ends, its money goes back to the call."""
    ended = projects.conclude_stage(project=team.project, reason=row.reason, by=by, at=at)
    event = "merge" if row.verdict == Verdict.MERGE else "stop"
    move_bid(team.bid, event, by=by, at=at, note=row.reason)
    record_bid(team.bid, event, by=by, at=at, project=ended.number)
    _take(team.award, project_queries.paid_fen(ended))


def _go_on(  # noqa: PLR0913 - a team, what it gets, and who joins it
    challenge: Challenge, gate: Gate, team: Team, row: GateTeam, joining: Sequence[Bid], *,
    by: Actor, at: datetime,
) -> None:
    """A team that goes on: the amendment of its next stage, with the units that join it."""
    plan = stage_plans(challenge)[gate.place]
    codes = [bid.organisation.code for bid in joining]
    for bid in joining:
        codes += bid.members.values_list("organisation__code", flat=True)
    _take(team.award, team.award.public_fen + row.added_fen)
    projects.extend_stage(
        project=team.project, added_fen=row.added_fen, reason=row.reason, by=by, at=at,
        members=sorted({*codes}), milestone=MilestoneTerm(
            code=f"G{plan.place}", title=plan.name, content=STAGE_CONTENT,
            due_date=plan.until.isoformat(),
        ),
    )


def _take(award: Proposal, public_fen: int) -> None:
    """What an award takes of the call from now on; the database holds the sum (see migrations)."""
    award.public_fen = public_fen
    award.save(update_fields=["public_fen"])
