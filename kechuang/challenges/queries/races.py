"""Reads of a race: its gates, the teams that still run, and the money that is left for a stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from kechuang.challenges.models import Bid, Challenge, Gate, GateTeam, Proposal
from kechuang.challenges.queries.awards import live_proposals, projects_of
from kechuang.challenges.queries.facts import mode
from kechuang.challenges.rules.racing import TeamVerdict, Verdict
from kechuang.projects import queries as projects
from kechuang.projects.models import Project


@dataclass(frozen=True)
class Team:
    """A team that still runs: its bid, its award and its project."""

    bid: Bid
    award: Proposal
    project: Project


def gates_of(challenge: Challenge) -> list[Gate]:
    """The gates of a race in their order, each with what it said of the teams."""
    return list(
        Gate.objects.filter(challenge=challenge)
        .select_related("compared_by", "decided_by")
        .prefetch_related("teams__bid__organisation", "teams__into__organisation")
    )


def gate_in_hand(challenge: Challenge, lock: bool = False) -> Gate | None:
    """The gate that is not decided yet."""
    rows = Gate.objects.filter(challenge=challenge).exclude(state=Gate.State.DECIDED)
    if lock:
        rows = rows.select_for_update(of=("self",))
    return rows.select_related("compared_by").first()


def racing_teams(challenge: Challenge, lock: bool = False) -> list[Team]:
    """The teams whose agreements are in force and whose projects have not ended, best first."""
    found = {one.number: one for one in projects_of(challenge).filter(ended_at__isnull=True)}
    bids = Bid.objects.filter(challenge=challenge, state=Bid.State.CONTRACTED).select_related(
        "organisation", "lead", "drafter", "challenge"
    )
    if lock:
        bids = bids.select_for_update(of=("self",))
    by_number = {bid.number: bid for bid in bids}
    return [
        Team(by_number[award.bid_number], award, found[award.project_number])
        for award in live_proposals(challenge)
        if award.bid_number in by_number and award.project_number in found
    ]


def free_after(challenge: Challenge, verdicts: Sequence[TeamVerdict]) -> int:
    """The public money that the call has for the next stage, once who stops keeps what was paid."""
    ending = {one.team for one in verdicts if one.verdict != Verdict.CONTINUE}
    paid = {
        team.award.pk: projects.paid_fen(team.project)
        for team in racing_teams(challenge) if team.bid.number in ending
    }
    taken = sum(paid.get(one.pk, one.public_fen) for one in live_proposals(challenge))
    return challenge.public_fen - taken


def winners_of(challenge: Challenge) -> list[Bid]:
    """Who won a race: the team that goes on from its last gate; nobody before that."""
    last = len(mode(challenge).stages) - 1
    row = GateTeam.objects.filter(
        gate__challenge=challenge, gate__place=last, gate__state=Gate.State.DECIDED,
        verdict=Verdict.CONTINUE,
    ).select_related("bid__organisation")
    return [one.bid for one in row]
