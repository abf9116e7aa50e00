"""What the office and the poser read of a challenge's course, and nobody else."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Router, Schema

from kechuang.challenges import queries, rules
from kechuang.challenges.api.challenges import seen
from kechuang.challenges.models import (
    Approval,
    ArgumentSeat,
    Challenge,
    IssuerChoice,
    Opening,
    Proposal,
)
from kechuang.doors.api import ERRORS, api_actor

router = Router(tags=["challenges"])


class FitAnswerOut(Schema):
    question: str
    yes: bool
    reason: str
    at: datetime


class SeatOut(Schema):
    """One expert's seat in the argument; verdict and opinion are empty until signed."""

    round: int
    expert: str
    is_lead: bool
    until: datetime
    verdict: str
    opinion: str
    opinion_sha256: str
    signed_at: datetime | None

    @staticmethod
    def resolve_expert(row: ArgumentSeat) -> str:
        return row.expert.number


class PreparationOut(Schema):
    """How a challenge came to be published: the fit test, the poser's consent, the argument."""

    fit_answers: list[FitAnswerOut]
    consent_at: datetime | None
    consent_by: str
    seats: list[SeatOut]

    @staticmethod
    def resolve_consent_by(row: Challenge) -> str:
        return row.consent_by.number if row.consent_by else ""

    @staticmethod
    def resolve_fit_answers(row: Challenge) -> list[Any]:
        return list(row.fit_answers.all())

    @staticmethod
    def resolve_seats(row: Challenge) -> QuerySet[ArgumentSeat]:
        return row.seats.select_related("expert")


class SignedOut(Schema):
    """One step of approval, signed or returned."""

    step: str
    verdict: str
    note: str
    by: str
    at: datetime

    @staticmethod
    def resolve_by(row: Approval) -> str:
        return row.by.number


class ProposalOut(Schema):
    """One proposed award with its approvals; those of a round go together. A return ends them."""

    round: int
    place: int
    bid: str
    reserves: list[str]
    public_fen: int
    reason: str
    by: str
    at: datetime
    state: str
    notice: str
    project: str
    approvals: list[SignedOut]

    @staticmethod
    def resolve_bid(row: Proposal) -> str:
        return row.bid_number

    @staticmethod
    def resolve_notice(row: Proposal) -> str:
        return row.notice_number

    @staticmethod
    def resolve_project(row: Proposal) -> str:
        return row.project_number

    @staticmethod
    def resolve_by(row: Proposal) -> str:
        return row.by.number

    @staticmethod
    def resolve_approvals(row: Proposal) -> list[Approval]:
        return list(row.approvals.all())


class ChoiceOut(Schema):
    """Whom the poser chose; the last one stands."""

    bid: str
    reason: str
    by: str
    at: datetime

    @staticmethod
    def resolve_bid(row: IssuerChoice) -> str:
        return row.bid_number

    @staticmethod
    def resolve_by(row: IssuerChoice) -> str:
        return row.by.number


class DecisionOut(Schema):
    """The poser's choices, the proposals, and the step of approval that is awaited now."""

    choices: list[ChoiceOut]
    proposals: list[ProposalOut]
    awaited_step: str
    awaited_role: str


class OpeningRecordOut(Schema):
    """The minutes of the opening, byte for byte: their SHA-256 is the fingerprint."""

    at: datetime
    minutes: str
    sha256: str


class ProofsOut(Schema):
    """Entries of the record with the hashes that lead to the root, and the frozen texts."""

    format: str
    challenge: str
    size: int
    root: str
    checkpoint: str
    not_yet: int
    entries: list[dict[str, Any]]
    texts: list[dict[str, str]]


def _inside(request: HttpRequest, number: str) -> Challenge:
    """The challenge, for its office, its poser and its experts, none of them fenced; else 404."""
    actor = api_actor(request)
    challenge = seen(request, number)
    facts = queries.challenge_facts(challenge, actor)
    if facts.fenced or not rules.table.may_see_unpublished(actor, facts):
        raise Http404
    return challenge


@router.get("/{number}/preparation", response={200: PreparationOut, **ERRORS},
            operation_id="get_preparation")
def get_preparation(request: HttpRequest, number: str) -> Challenge:
    """The fit test, the poser's consent and the argument."""
    return _inside(request, number)


@router.get("/{number}/decision", response={200: DecisionOut, **ERRORS},
            operation_id="get_decision")
def get_decision(request: HttpRequest, number: str) -> dict[str, Any]:
    """The choice, the proposals and who has approved them; 404 before the opening."""
    challenge = _inside(request, number)
    if challenge.state not in rules.table.UNSEALED:
        raise Http404
    awaited = queries.awaited_approval(challenge)
    return {
        "choices": list(challenge.choices.select_related("by")),
        "proposals": list(
            challenge.proposals.select_related("by").prefetch_related("approvals__by")
        ),
        "awaited_step": awaited.code if awaited else "",
        "awaited_role": str(awaited.role) if awaited else "",
    }


@router.get("/{number}/opening", response={200: OpeningRecordOut, **ERRORS},
            operation_id="get_opening")
def get_opening(request: HttpRequest, number: str) -> Opening:
    """The minutes of the opening, for who sees the bids."""
    challenge = seen(request, number)
    opening = queries.opening_of(challenge)
    facts = queries.challenge_facts(challenge, request.actor)
    if opening is None or not queries.sees_bids(request.actor, challenge, facts):
        raise Http404
    return opening


@router.get("/{number}/proofs", response={200: ProofsOut, **ERRORS},
            operation_id="get_challenge_proofs")
def get_challenge_proofs(request: HttpRequest, number: str) -> dict[str, Any]:
    """What anybody checks of a published challenge with tools/verify_log.py, without a token."""
    found = queries.proofs_of_entries(seen(request, number))
    if found is None:
        raise Http404
    return found
