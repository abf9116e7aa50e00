"""The API of events: the same verbs as the pages."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.matching import actions
from kechuang.matching.models import Event, Invitation, Outcome, SignUp, Sitting
from kechuang.matching.queries import events as queries
from kechuang.matching.rules import events as rules
from kechuang.needs.models import Need
from kechuang.offers.models import Offer

router = Router(tags=["matching"])


class EventIn(Schema):
    """An event as its organiser types it."""

    kind: rules.EventKind
    title: str = Field(max_length=1000)
    summary: str = Field(max_length=10_000)
    place: str = Field(max_length=1000)
    since_at: datetime
    until_at: datetime
    sign_up_until: datetime
    capacity: int = Field(ge=-(10**6), le=10**6)
    tables: int = Field(0, ge=-(10**6), le=10**6)
    sitting_minutes: int = Field(rules.USUAL_SITTING, ge=-(10**6), le=10**6)


class EventOut(Schema):
    """An event as everybody may read it."""

    number: str
    kind: str
    title: str
    summary: str
    place: str
    state: str
    since_at: datetime
    until_at: datetime
    sign_up_until: datetime
    capacity: int
    tables: int
    sitting_minutes: int
    cancel_reason: str
    version: int


class SignUpIn(Schema):
    """What one brings: the number of a need or an offer of one's unit."""

    brings: str = Field("", max_length=20)
    wish: str = Field("", max_length=rules.WISH_LONGEST)


class SignUpOut(Schema):
    """A sign-up."""

    number: str
    person: str
    brings: str
    wish: str
    state: str

    @staticmethod
    def resolve_person(row: SignUp) -> str:
        return row.person.number

    @staticmethod
    def resolve_brings(row: SignUp) -> str:
        brought = row.need or row.offer
        return str(brought.number) if brought else ""


class InvitationOut(Schema):
    """An invitation drawn from the ranking."""

    number: str
    offer: str
    place: int
    state: str
    reply_until: datetime

    @staticmethod
    def resolve_offer(row: Invitation) -> str:
        return row.offer.number


class SittingOut(Schema):
    """Two sign-ups at a table."""

    number: str
    table: int
    since_at: datetime
    until_at: datetime
    need_sign_up: str
    offer_sign_up: str
    is_by_hand: bool
    state: str

    @staticmethod
    def resolve_table(row: Sitting) -> int:
        return row.table.place

    @staticmethod
    def resolve_need_sign_up(row: Sitting) -> str:
        return row.need_sign_up.number

    @staticmethod
    def resolve_offer_sign_up(row: Sitting) -> str:
        return row.offer_sign_up.number


class PlanOut(Schema):
    """The plan, and how many pairs found no time."""

    sittings: int
    left: int


class SeatIn(Schema):
    """Who talks to whom, at which table, in which slot (from 0)."""

    need_sign_up: str = Field(max_length=11)
    offer_sign_up: str = Field(max_length=11)
    table: int = Field(ge=0, le=10**6)
    slot: int = Field(ge=0, le=10**6)


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=1000)


class AnswerIn(Schema):
    """Why not."""

    answer: str = Field(max_length=1000)


class HoldIn(Schema):
    """The numbers of the sign-ups that came."""

    arrived: list[str] = Field(max_length=5000)


class OutcomeIn(Schema):
    """What came of a talk."""

    code: str = Field(max_length=8)
    amount_fen: int | None = Field(None, ge=1, le=10**15)
    note: str = Field("", max_length=rules.NOTE_LONGEST)


class OutcomeOut(Schema):
    """One question after a talk, and its answer."""

    number: str
    organisation: str
    months: int
    due_date: Any
    code: str
    amount_fen: int | None
    note: str

    @staticmethod
    def resolve_organisation(row: Outcome) -> str:
        return row.organisation.number


def _found(request: HttpRequest, number: str) -> Event:
    rows = queries.events_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)


@router.get("", response={200: PageOf[EventOut], **ERRORS}, operation_id="list_events")
def list_events(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Events, newest first."""
    rows = queries.events_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after.replace("\x00", ""), limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@router.post("", response={201: EventOut, **ERRORS}, operation_id="prepare_event")
def prepare_event(request: HttpRequest, data: EventIn) -> Any:
    """Prepare an event; the desk alone sees it until it is opened."""
    by = api_actor(request)
    return Status(201, actions.save_event(event=None, typed=data.dict(), by=by, at=request.at))


@router.get("/outcomes", response={200: PageOf[OutcomeOut], **ERRORS}, operation_id="list_outcomes")
def list_outcomes(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Questions after talks, and their answers."""
    rows = queries.outcomes_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after.replace("\x00", ""), limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@router.post(
    "/outcomes/{number}/answer", response={200: OutcomeOut, **ERRORS},
    operation_id="answer_outcome",
)
def answer_outcome(request: HttpRequest, number: str, data: OutcomeIn) -> Outcome:
    """Say what came of a talk."""
    rows = queries.outcomes_visible_to(api_actor(request), request.at)
    row = found_or_404(rows, number=number)
    return actions.answer_outcome(outcome=row, by=request.actor, at=request.at, **data.dict())


@router.get("/{number}", response={200: EventOut, **ERRORS}, operation_id="read_event")
def read_event(request: HttpRequest, number: str) -> Event:
    """One event."""
    return _found(request, number)


@router.put("/{number}", response={200: EventOut, **ERRORS}, operation_id="change_event")
def change_event(request: HttpRequest, number: str, data: EventIn) -> Event:
    """Change an event that is not over; send If-Match with the version."""
    return actions.save_event(
        event=_found(request, number), typed=data.dict(), version=expected_version(request),
        by=request.actor, at=request.at,
    )  # fmt: skip


@router.post("/{number}/open", response={200: EventOut, **ERRORS}, operation_id="open_event")
def open_event(request: HttpRequest, number: str) -> Event:
    """Announce an event."""
    return actions.open_event(event=_found(request, number), by=request.actor, at=request.at)


@router.post("/{number}/cancel", response={200: EventOut, **ERRORS}, operation_id="cancel_event")
def cancel_event(request: HttpRequest, number: str, data: ReasonIn) -> Event:
    """Cancel an event with a reason."""
    return actions.cancel_event(
        event=_found(request, number), reason=data.reason, by=request.actor, at=request.at
    )


@router.get(
    "/{number}/sign-ups", response={200: list[SignUpOut], **ERRORS}, operation_id="list_sign_ups"
)
def list_sign_ups(request: HttpRequest, number: str) -> Any:
    """Who comes, as far as the caller may see."""
    row = _found(request, number)
    return list(queries.sign_ups_visible_to(request.actor, request.at).filter(event=row))


@router.post("/{number}/sign-ups", response={201: SignUpOut, **ERRORS}, operation_id="sign_up")
def sign_up(request: HttpRequest, number: str, data: SignUpIn) -> Any:
    """Come to an event; to a match event with a need or an offer of one's unit."""
    row = _found(request, number)
    asks, gives = queries.brought_by(request.actor, request.at)
    brought = next((one for one in [*asks, *gives] if one.number == data.brings), None)
    return Status(201, actions.sign_up(
        event=row, need=brought if isinstance(brought, Need) else None,
        offer=brought if isinstance(brought, Offer) else None, wish=data.wish,
        by=request.actor, at=request.at,
    ))  # fmt: skip


@router.post(
    "/{number}/sign-ups/{sign_number}/withdraw", response={200: SignUpOut, **ERRORS},
    operation_id="withdraw_sign_up",
)
def withdraw_sign_up(request: HttpRequest, number: str, sign_number: str) -> SignUp:
    """Take a sign-up back."""
    row = _found(request, number)
    rows = queries.sign_ups_visible_to(request.actor, request.at).filter(event=row)
    sign = found_or_404(rows, number=sign_number)
    return actions.withdraw_sign_up(sign_up=sign, by=request.actor, at=request.at)


@router.get(
    "/{number}/invitations", response={200: list[InvitationOut], **ERRORS},
    operation_id="list_invitations",
)
def list_invitations(request: HttpRequest, number: str) -> Any:
    """Who was asked, as far as the caller may see."""
    row = _found(request, number)
    return list(queries.invitations_visible_to(request.actor, request.at).filter(event=row))


@router.post(
    "/{number}/invite", response={200: list[InvitationOut], **ERRORS}, operation_id="invite"
)
def invite(request: HttpRequest, number: str) -> Any:
    """Ask the units of the best offers for the needs that signed up."""
    return actions.invite(event=_found(request, number), by=request.actor, at=request.at)


@router.post(
    "/{number}/invitations/{invitation_number}/decline",
    response={200: InvitationOut, **ERRORS}, operation_id="decline_invitation",
)
def decline_invitation(
    request: HttpRequest, number: str, invitation_number: str, data: AnswerIn
) -> Invitation:
    """Do not come, and say why; to come, sign up with the offer."""
    row = _found(request, number)
    rows = queries.invitations_visible_to(request.actor, request.at).filter(event=row)
    one = found_or_404(rows, number=invitation_number)
    return actions.decline_invitation(
        invitation=one, answer=data.answer, by=request.actor, at=request.at
    )


@router.get(
    "/{number}/plan", response={200: list[SittingOut], **ERRORS}, operation_id="list_sittings"
)
def list_sittings(request: HttpRequest, number: str) -> Any:
    """The plan, as far as the caller may see: the desk all of it, a unit its own sittings."""
    row = _found(request, number)
    return list(queries.sittings_visible_to(request.actor, request.at).filter(event=row))


@router.post("/{number}/plan", response={200: PlanOut, **ERRORS}, operation_id="plan_event")
def plan_event(request: HttpRequest, number: str) -> dict[str, int]:
    """Make the plan anew around what was set by hand."""
    made = actions.plan_event(event=_found(request, number), by=request.actor, at=request.at)
    return {"sittings": len(made.booked), "left": len(made.left)}


@router.post(
    "/{number}/plan/seat", response={200: SittingOut, **ERRORS}, operation_id="seat_pair"
)
def seat_pair(request: HttpRequest, number: str, data: SeatIn) -> Sitting:
    """Put a pair at a table and a time by hand, or move it there."""
    row = _found(request, number)
    signs = queries.sign_ups_visible_to(request.actor, request.at).filter(event=row)
    return actions.seat_pair(
        event=row, need_sign_up=found_or_404(signs, number=data.need_sign_up),
        offer_sign_up=found_or_404(signs, number=data.offer_sign_up), table=data.table,
        slot=data.slot, by=request.actor, at=request.at,
    )  # fmt: skip


@router.delete(
    "/{number}/plan/{sitting_number}", response={204: None, **ERRORS}, operation_id="drop_sitting"
)
def drop_sitting(request: HttpRequest, number: str, sitting_number: str) -> Any:
    """Take a pair off the plan."""
    row = _found(request, number)
    rows = queries.sittings_visible_to(request.actor, request.at).filter(event=row)
    one = found_or_404(rows, number=sitting_number)
    actions.drop_sitting(sitting=one, by=request.actor, at=request.at)
    return Status(204, None)


@router.post("/{number}/hold", response={200: EventOut, **ERRORS}, operation_id="hold_event")
def hold_event(request: HttpRequest, number: str, data: HoldIn) -> Event:
    """Note who came, and close the event."""
    return actions.hold_event(
        event=_found(request, number), arrived=data.arrived, by=request.actor, at=request.at
    )
