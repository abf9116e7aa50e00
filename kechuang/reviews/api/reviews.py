"""Seats, conflicts, fences and reviews by API."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.reviews import actions, queries
from kechuang.reviews.api.schemas import (
    ConflictOut,
    DecideIn,
    DeclareIn,
    ExplainIn,
    FenceIn,
    FenceOut,
    ReasonIn,
    ReviewOut,
    ReviewQuery,
    SeatOut,
    SheetIn,
)
from kechuang.reviews.models import Conflict, Fence, Review, Score, Seat

seats = Router(tags=["reviews"])
conflicts = Router(tags=["reviews"])
fences = Router(tags=["reviews"])
reviews = Router(tags=["reviews"])


def _own_seat(request: HttpRequest, number: str) -> tuple[Any, Seat]:
    actor = api_actor(request)
    return actor, found_or_404(queries.seats_visible_to(actor, request.at), number=number)


@seats.get("", response={200: PageOf[SeatOut], **ERRORS}, operation_id="list_seats")
def list_seats(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """The own invitations and seats."""
    rows = queries.seats_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@seats.post("/{number}/accept", response={200: SeatOut, **ERRORS}, operation_id="accept_seat")
def accept_seat(request: HttpRequest, number: str) -> Any:
    """Accept an invitation."""
    actor, row = _own_seat(request, number)
    return actions.accept_seat(seat=row, by=actor, at=request.at)


@seats.post("/{number}/refuse", response={200: SeatOut, **ERRORS}, operation_id="refuse_seat")
def refuse_seat(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Decline an invitation with a reason."""
    actor, row = _own_seat(request, number)
    return actions.refuse_seat(seat=row, reason=body.reason, by=actor, at=request.at)


@seats.post("/{number}/release", response={200: SeatOut, **ERRORS}, operation_id="release_seat")
def release_seat(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Release an expert who does not deliver, as secretary."""
    actor = api_actor(request)
    led = queries.panels_visible_to(actor, request.at).values("pk")
    rows = Seat.objects.filter(panel__in=led).select_related("panel", "expert__person")
    row = found_or_404(rows, number=number)
    return actions.release_seat(seat=row, reason=body.reason, by=actor, at=request.at)


@conflicts.post(
    "/{number}/decide", response={200: ConflictOut, **ERRORS}, operation_id="decide_conflict"
)
def decide_conflict(request: HttpRequest, number: str, body: DecideIn) -> Any:
    """Decide a possible conflict, as secretary."""
    actor = api_actor(request)
    visible = queries.panels_visible_to(actor, request.at).values("pk")
    rows = Conflict.objects.filter(review__case__panel__in=visible)
    row = found_or_404(rows.select_related("review__case__panel"), number=number)
    return actions.decide_conflict(conflict=row, by=actor, at=request.at, **body.dict())


@fences.post("", response={200: FenceOut, **ERRORS}, operation_id="declare_officer_conflict")
def declare_officer_conflict(request: HttpRequest, body: FenceIn) -> Fence:
    """Declare the own conflict with a subject; it is out of one's sight from now on."""
    actor = api_actor(request)
    return actions.declare_officer_conflict(by=actor, at=request.at, **body.dict())


def _with_points(rows: list[Review]) -> list[Review]:
    """The reviews with their points, in one query."""
    found: dict[int, dict[str, int]] = {row.pk: {} for row in rows}
    points = Score.objects.filter(review__in=found).values_list(
        "review", "criterion__code", "points"
    )
    for review, code, value in points:
        found[review][code] = value
    for row in rows:
        row.points = found[row.pk]  # type: ignore[attr-defined]
    return rows


def _reviews(request: HttpRequest) -> QuerySet[Review]:
    return queries.reviews_visible_to(api_actor(request), request.at)


@reviews.get("", response={200: PageOf[ReviewOut], **ERRORS}, operation_id="list_reviews")
def list_reviews(request: HttpRequest, query: Query[ReviewQuery]) -> Any:
    """The own reviews, and those of the panels that one runs or watches."""
    rows = _reviews(request)
    if query.panel:
        rows = rows.filter(case__panel__number=query.panel)
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": _with_points(page.rows), "next_after": page.next_after}


@reviews.get("/{number}", response={200: ReviewOut, **ERRORS}, operation_id="get_review")
def get_review(request: HttpRequest, number: str) -> Any:
    """One review."""
    return _with_points([found_or_404(_reviews(request), number=number)])[0]


def _own(request: HttpRequest, number: str) -> tuple[Any, Review]:
    actor = api_actor(request)
    return actor, found_or_404(queries.own_reviews(actor, request.at), number=number)


@reviews.post("/{number}/declare", response={200: ReviewOut, **ERRORS}, operation_id="declare")
def declare(request: HttpRequest, number: str, body: DeclareIn) -> Any:
    """Declare whether there is a conflict; without one the case may be read.

    A conflict known later is declared until the minutes are signed; the points are void then.
    """
    actor, row = _own(request, number)
    return actions.declare(
        seat=row.seat, case_number=row.case.number, by=actor, at=request.at, **body.dict()
    )


@reviews.put("/{number}/score", response={200: ReviewOut, **ERRORS}, operation_id="save_score")
def save_score(request: HttpRequest, number: str, body: SheetIn) -> Any:
    """Save the score sheet as far as it is filled."""
    actor, row = _own(request, number)
    saved = actions.save_score(
        review=row, by=actor, at=request.at, version=expected_version(request), **body.dict()
    )
    return _with_points([saved])[0]


@reviews.post("/{number}/submit", response={200: ReviewOut, **ERRORS}, operation_id="submit_score")
def submit_score(request: HttpRequest, number: str, body: SheetIn) -> Any:
    """Hand in the complete score sheet; it is locked from then on."""
    actor, row = _own(request, number)
    saved = actions.submit_score(
        review=row, by=actor, at=request.at, version=expected_version(request), **body.dict()
    )
    return _with_points([saved])[0]


@reviews.post(
    "/{number}/explain", response={200: ReviewOut, **ERRORS}, operation_id="explain_deviation"
)
def explain_deviation(request: HttpRequest, number: str, body: ExplainIn) -> Any:
    """Say why the own total lies far off."""
    actor, row = _own(request, number)
    saved = actions.explain_deviation(review=row, by=actor, at=request.at, **body.dict())
    return _with_points([saved])[0]


@reviews.post("/{number}/recuse", response={200: ReviewOut, **ERRORS}, operation_id="recuse_late")
def recuse_late(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Take an expert off a case for a conflict that became known late, as secretary."""
    actor = api_actor(request)
    row = found_or_404(_reviews(request), number=number)
    saved = actions.recuse_late(review=row, reason=body.reason, by=actor, at=request.at)
    return _with_points([saved])[0]


@reviews.post("/{number}/reopen", response={200: ReviewOut, **ERRORS}, operation_id="reopen_review")
def reopen_review(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Give a review back with a reason, as chair."""
    actor = api_actor(request)
    row = found_or_404(_reviews(request), number=number)
    saved = actions.reopen_review(review=row, reason=body.reason, by=actor, at=request.at)
    return _with_points([saved])[0]
