"""The API of the desk: hand-overs, requests for an introduction, what to mend, the funnel."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.base.periods import Period
from kechuang.base.time import shanghai_date
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.matching import actions, queries, rules
from kechuang.matching.models import AskedIntroduction, HandOver, Introduction
from kechuang.matching.queries import desk
from kechuang.matching.queries import funnel as funnels
from kechuang.needs import queries as needs
from kechuang.offers import queries as offers
from kechuang.parties.queries import person_by_number, region_by_code

hand_overs = Router(tags=["matching"])
asked_requests = Router(tags=["matching"])
mends = Router(tags=["matching"])


class HandOverIn(Schema):
    """The number of the liaison who is asked to take over, and what to know."""

    to_person: str = Field(max_length=20)
    note: str = Field("", max_length=rules.NOTE_LONGEST)


class HandOverOut(Schema):
    """A request to take an introduction over; it moves when it is accepted."""

    introduction: str
    from_person: str
    to_person: str
    note: str
    state: str
    asked_at: datetime
    reply_until: datetime
    answered_at: datetime | None
    answer: str

    @staticmethod
    def resolve_introduction(row: HandOver) -> str:
        return row.introduction.number

    @staticmethod
    def resolve_from_person(row: HandOver) -> str:
        return row.from_person.number

    @staticmethod
    def resolve_to_person(row: HandOver) -> str:
        return row.to_person.number


class SaidIn(Schema):
    """A word why not."""

    answer: str = Field(max_length=rules.NOTE_LONGEST)


class RequestIn(Schema):
    """Which offer of one's unit answers which need, and why."""

    need: str = Field(max_length=20)
    offer: str = Field(max_length=20)
    note: str = Field(max_length=rules.NOTE_LONGEST)


class DeclineIn(Schema):
    """Why a team is not introduced."""

    reason_code: str = Field(max_length=16)
    answer: str = Field(max_length=rules.NOTE_LONGEST)


class RequestOut(Schema):
    """A request for an introduction."""

    number: str
    need: str
    offer: str
    organisation: str
    note: str
    state: str
    asked_at: datetime
    reply_until: datetime
    reason_code: str
    answer: str

    @staticmethod
    def resolve_need(row: AskedIntroduction) -> str:
        return row.need.number

    @staticmethod
    def resolve_offer(row: AskedIntroduction) -> str:
        return row.offer.number

    @staticmethod
    def resolve_organisation(row: AskedIntroduction) -> str:
        return row.organisation.number


class MendOut(Schema):
    """How often an offer was refused for one reason."""

    code: str
    count: int


class MendsOut(Schema):
    """What refusals say to an offer's owner; needs are named where the caller may read them."""

    offer: str
    total: int
    mends: list[MendOut]
    needs: list[str]


class FunnelQuery(Schema):
    """Over which period and region."""

    period: str = Field("", max_length=20)
    region: str = Field("", max_length=6)


class FunnelOut(Schema):
    """Served, intent, signed, money, and what keeps them from being whole."""

    period: str
    served: int
    intent: int
    signed: int
    money_fen: int
    reported_fen: int
    without_amount: int
    unanswered: int
    overdue_steps: int
    outcomes_due: int
    events_open: int


def _introduction(request: HttpRequest, number: str) -> Introduction:
    return found_or_404(queries.visible_to(api_actor(request), request.at), number=number)


@hand_overs.get(
    "/funnel", response={200: FunnelOut, **ERRORS}, operation_id="read_funnel"
)
def read_funnel(request: HttpRequest, query: Query[FunnelQuery]) -> dict[str, Any]:
    """The funnel of a period and a region, of what the caller may see."""
    by = api_actor(request)
    if not by.is_role(*rules.DESK) or not by.region or by.serves_one_unit:
        return found_or_404(Introduction.objects.none())
    today = shanghai_date(request.at)
    period = Period.parse(query.period or str(today.year))
    region = region_by_code(query.region.replace("\x00", ""), today)
    path = region.path if region and by.covers(region.path) else by.region
    found = funnels.funnel(funnels.Scope(period, path, by, request.at))
    return {"period": period.text} | {name: getattr(found, name) for name in found.__slots__}


@hand_overs.post(
    "/{number}/hand-over", response={201: HandOverOut, **ERRORS},
    operation_id="hand_over_introduction",
)
def hand_over(request: HttpRequest, number: str, data: HandOverIn) -> Any:
    """Ask another liaison of the region to take an introduction over."""
    row = _introduction(request, number)
    person = person_by_number(data.to_person.replace("\x00", ""))
    if person is None:
        raise rules.unknown_person(data.to_person)
    return Status(201, actions.hand_over(
        introduction=row, to_person=person, note=data.note, by=request.actor, at=request.at
    ))  # fmt: skip


@hand_overs.post(
    "/{number}/hand-over/accept", response={200: HandOverOut, **ERRORS},
    operation_id="accept_hand_over",
)
def accept_hand_over(request: HttpRequest, number: str) -> HandOver:
    """Take an introduction over."""
    row = _introduction(request, number)
    return actions.accept_hand_over(introduction=row, by=request.actor, at=request.at)


@hand_overs.post(
    "/{number}/hand-over/decline", response={200: HandOverOut, **ERRORS},
    operation_id="decline_hand_over",
)
def decline_hand_over(request: HttpRequest, number: str, data: SaidIn) -> HandOver:
    """Do not take an introduction over, and say why."""
    row = _introduction(request, number)
    return actions.decline_hand_over(
        introduction=row, answer=data.answer, by=request.actor, at=request.at
    )


@hand_overs.post(
    "/{number}/hand-over/withdraw", response={200: HandOverOut, **ERRORS},
    operation_id="withdraw_hand_over",
)
def withdraw_hand_over(request: HttpRequest, number: str) -> HandOver:
    """Take back the request to hand over."""
    row = _introduction(request, number)
    return actions.withdraw_hand_over(introduction=row, by=request.actor, at=request.at)


@asked_requests.get(
    "", response={200: PageOf[RequestOut], **ERRORS}, operation_id="list_introduction_requests"
)
def list_requests(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Requests for an introduction, newest first."""
    rows = desk.requests_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after.replace("\x00", ""), limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@asked_requests.post(
    "", response={201: RequestOut, **ERRORS}, operation_id="ask_introduction"
)
def ask_introduction(request: HttpRequest, data: RequestIn) -> Any:
    """Ask to be introduced to a need that one's offer may answer."""
    by = api_actor(request)
    need = found_or_404(needs.readable_to(by, request.at), number=data.need)
    offer = found_or_404(offers.visible_to(by, request.at), number=data.offer)
    return Status(201, actions.ask_introduction(
        need=need, offer=offer, note=data.note, by=by, at=request.at
    ))  # fmt: skip


@asked_requests.get(
    "/{number}", response={200: RequestOut, **ERRORS}, operation_id="read_introduction_request"
)
def read_request(request: HttpRequest, number: str) -> AskedIntroduction:
    """One request."""
    rows = desk.requests_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)


@asked_requests.post(
    "/{number}/decline", response={200: RequestOut, **ERRORS},
    operation_id="decline_introduction_request",
)
def decline_request(request: HttpRequest, number: str, data: DeclineIn) -> AskedIntroduction:
    """Do not introduce, with a coded reason; to introduce, use the need's match."""
    rows = desk.requests_visible_to(api_actor(request), request.at)
    row = found_or_404(rows, number=number)
    return actions.decline_request(
        asked=row, by=request.actor, at=request.at, **data.dict()
    )


@mends.get("/{number}/mends", response={200: MendsOut, **ERRORS}, operation_id="list_mends")
def list_mends(request: HttpRequest, number: str) -> dict[str, Any]:
    """What refusals say to the owner of an offer, counted by reason."""
    by = api_actor(request)
    rows = offers.visible_to(by, request.at).select_related("organisation")
    offer = found_or_404(rows, number=number)
    if not rules.may_ask_introduction(by, offer.organisation.code if offer.organisation else ""):
        return found_or_404(rows.none())
    found = desk.refusals_of(offer, by, request.at)
    return {
        "offer": offer.number, "total": found.total,
        "mends": [{"code": one.code, "count": one.count} for one in found.mends],
        "needs": sorted({number for number, _title, _reason in found.named}),
    }  # fmt: skip
