"""The gates of a race through the API: read, open, compare, return, decide."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from kechuang.challenges import actions, queries
from kechuang.challenges.api.challenges import seen
from kechuang.challenges.api.schemas import FEN_MAX, Number, ReasonIn, Words
from kechuang.challenges.models import Gate
from kechuang.challenges.rules.racing import TeamVerdict, Verdict
from kechuang.doors.api import ERRORS, api_actor

router = Router(tags=["challenges"])


class TeamVerdictIn(Schema):
    """What is said of one team: by its bid's number; `into` where it joins another."""

    team: Number
    verdict: Verdict
    reason: Words
    into: Annotated[str, Field(max_length=20)] = ""
    added_fen: Annotated[int, Field(ge=0, le=FEN_MAX)] = 0


class ComparisonIn(Schema):
    opinion: Annotated[str, Field(max_length=4000)]
    verdicts: Annotated[list[TeamVerdictIn], Field(max_length=20)]


class GateTeamOut(Schema):
    """A team at a decided gate. Reasons are told to the team and read on the gate's page."""

    organisation: str
    project: str
    verdict: str
    into: str
    added_fen: int
    evidence_sha256: str


class GateOut(Schema):
    place: int
    due_date: date
    next_teams_max: int
    state: str
    since: datetime
    opinion_sha256: str
    decided_at: datetime | None
    teams: list[GateTeamOut]

    @staticmethod
    def resolve_teams(row: Gate) -> list[dict[str, Any]]:
        if row.state != Gate.State.DECIDED:
            return []
        return [
            {
                "organisation": one.bid.organisation.code, "project": one.project_number,
                "verdict": one.verdict, "added_fen": one.added_fen,
                "into": one.into.organisation.code if one.into else "",
                "evidence_sha256": one.evidence_sha256,
            }
            for one in row.teams.select_related("bid__organisation", "into__organisation")
        ]


@router.get("/{number}/gates", response={200: list[GateOut], **ERRORS}, operation_id="list_gates")
def gates(request: HttpRequest, number: str) -> Any:
    """The gates of a race: dates, states, and once decided what was said of every team."""
    return queries.gates_of(seen(request, number))


def _gate(request: HttpRequest, number: str, place: int, act: Callable[..., Any],
          **arguments: Any) -> Any:
    """One step of the gate in hand; another gate's address finds nothing."""
    challenge = seen(request, number)
    actor = api_actor(request)
    now = queries.gate_in_hand(challenge)
    if now is None or now.place != place:
        raise Http404
    return act(challenge=challenge, **arguments, by=actor, at=request.at)


@router.post("/{number}/gates/{place}/open", response={200: GateOut, **ERRORS},
             operation_id="open_gate")
def open_gate(request: HttpRequest, number: str, place: int) -> Any:
    """Begin the comparison: what every team has shown is frozen."""
    return _gate(request, number, place, actions.open_gate)


@router.post("/{number}/gates/{place}/compare", response={200: GateOut, **ERRORS},
             operation_id="compare_teams")
def compare(request: HttpRequest, number: str, place: int, body: ComparisonIn) -> Any:
    """The chair's comparison; nothing happens to a team until the head decides."""
    said = [TeamVerdict(**{**one.model_dump(), "verdict": one.verdict.value})
            for one in body.verdicts]
    return _gate(request, number, place, actions.compare_teams, verdicts=said,
                 opinion=body.opinion)


@router.post("/{number}/gates/{place}/return", response={200: GateOut, **ERRORS},
             operation_id="return_comparison")
def return_comparison(request: HttpRequest, number: str, place: int, body: ReasonIn) -> Any:
    return _gate(request, number, place, actions.return_comparison, reason=body.reason)


@router.post("/{number}/gates/{place}/decide", response={200: GateOut, **ERRORS},
             operation_id="decide_gate")
def decide_gate(request: HttpRequest, number: str, place: int, body: ReasonIn) -> Any:
    """The head decides: who goes on, joins, stops; projects and money follow in the same act."""
    return _gate(request, number, place, actions.decide_gate, reason=body.reason)
