"""Draws by API: the record for anybody, and the steps of witnesses and the operator."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from kechuang.doors.api import ERRORS, api_actor
from kechuang.doors.requests import found_or_404
from kechuang.reviews import actions, queries
from kechuang.reviews.api.schemas import CommitmentIn, DrawOut, NonceIn, ReasonIn, ValueIn
from kechuang.reviews.models import Draw

draws = Router(tags=["reviews"])


def _draw(request: HttpRequest, number: str) -> tuple[Any, Draw]:
    actor = api_actor(request)
    return actor, found_or_404(queries.draws_visible_to(actor, request.at), number=number)


def _read(request: HttpRequest, number: str) -> Draw:
    """A draw as this reader may see it, signed in or not."""
    return found_or_404(queries.draws_visible_to(request.actor, request.at), number=number)


@draws.get("/{number}", response={200: DrawOut, **ERRORS}, operation_id="get_draw")
def get_draw(request: HttpRequest, number: str) -> Any:
    """One draw; of a published subject, for anybody."""
    return _read(request, number)


@draws.get(
    "/{number}/record", response={200: dict[str, Any], **ERRORS}, operation_id="get_draw_record"
)
def get_draw_record(request: HttpRequest, number: str) -> Any:
    """The record for `tools/verify_draw.py`; while the draw is open, what is fixed so far."""
    row = _read(request, number)
    if row.state == Draw.State.DRAWN:
        return queries.record_of(row)
    return queries.planned_record(row)


@draws.post("/{number}/commitments", response={200: DrawOut, **ERRORS}, operation_id="commit_nonce")
def commit_nonce(request: HttpRequest, number: str, body: CommitmentIn) -> Any:
    """Publish the own commitment as a witness."""
    actor, row = _draw(request, number)
    actions.commit_nonce(draw=row, commitment=body.commitment, by=actor, at=request.at)
    return _draw(request, number)[1]


@draws.post("/{number}/reveals", response={200: DrawOut, **ERRORS}, operation_id="reveal_nonce")
def reveal_nonce(request: HttpRequest, number: str, body: NonceIn) -> Any:
    """Reveal the own number as a witness."""
    actor, row = _draw(request, number)
    actions.reveal_nonce(draw=row, nonce=body.nonce, by=actor, at=request.at)
    return _draw(request, number)[1]


@draws.post("/{number}/value", response={200: DrawOut, **ERRORS}, operation_id="draw_experts")
def draw_experts(request: HttpRequest, number: str, body: ValueIn) -> Any:
    """Enter the public value and draw; the first of the order are invited."""
    actor, row = _draw(request, number)
    return actions.draw_experts(
        draw=row, value=body.value, used_fallback=body.used_fallback, by=actor, at=request.at
    )


@draws.post("/{number}/cancel", response={200: DrawOut, **ERRORS}, operation_id="cancel_draw")
def cancel_draw(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Give up a draw before its public value stands."""
    actor, row = _draw(request, number)
    return actions.cancel_draw(draw=row, reason=body.reason, by=actor, at=request.at)
