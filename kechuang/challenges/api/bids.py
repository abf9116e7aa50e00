"""Every verb of a bid through the API. What is sealed is found by its own people alone."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from kechuang.base.refusals import N_
from kechuang.challenges import actions, queries, rules
from kechuang.challenges.api import schemas as s
from kechuang.challenges.api.challenges import people, seen
from kechuang.challenges.models import Bid, Receipt
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.parties.queries import organisations_coded
from kechuang.reviews.queries import feedback_of

router = Router(tags=["bids"])
FILE_TEXT_MAX = 28_000_000


class BidNew(Schema):
    challenge: s.Number


class FileIn(Schema):
    """A file of a bid: its name, and its bytes in base64."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(max_length=FILE_TEXT_MAX)]


class FileOut(Schema):
    number: str
    sha256: str


def _bid(request: HttpRequest, number: str) -> Bid:
    bid = queries.find_bid(request.actor, request.at, number)
    if bid is None:
        raise Http404
    return bid


def _answer(request: HttpRequest, bid: Bid) -> Bid:
    return Bid.objects.select_related("challenge", "organisation", "lead").get(pk=bid.pk)


def _act(request: HttpRequest, number: str, act: Callable[..., Any], **arguments: Any) -> Bid:
    actor = api_actor(request)
    bid = _bid(request, number)
    act(bid=bid, **arguments, by=actor, at=request.at)
    return _answer(request, bid)


def _mine(request: HttpRequest) -> QuerySet[Bid]:
    return queries.bids_visible_to(api_actor(request), request.at)


@router.get("/", response={200: PageOf[s.BidOut], **ERRORS}, operation_id="list_bids")
def list_bids(request: HttpRequest, page: Query[ListQuery]) -> Any:
    """One's own bids, and opened ones that one may see."""
    found = keyset(_mine(request), after=page.after, limit=page.limit)
    return {"items": found.rows, "next_after": found.next_after}


@router.post("/", response={201: s.BidOut, **ERRORS}, operation_id="start_bid")
def start_bid(request: HttpRequest, body: BidNew) -> Any:
    """Begin a draft for one's unit."""
    actor = api_actor(request)
    challenge = seen(request, body.challenge)
    made = actions.start_bid(challenge=challenge, by=actor, at=request.at)
    return Status(201, _answer(request, made))


@router.get("/{number}", response={200: s.BidOut, **ERRORS}, operation_id="get_bid")
def get_bid(request: HttpRequest, number: str) -> Any:
    api_actor(request)
    return _bid(request, number)


@router.get("/{number}/content", response={200: s.ContentOut, **ERRORS},
            operation_id="get_bid_content")
def get_content(request: HttpRequest, number: str) -> Any:
    """The content, for who may read it now."""
    actor = api_actor(request)
    bid = _bid(request, number)
    return {"bid": bid.number, "content": queries.proposal_of(bid, actor, request.at)}


def _envelope(body: s.BidIn) -> actions.Envelope:
    members = None
    if body.members is not None:
        found = organisations_coded(body.members)
        unknown = [code for code in body.members if code not in found]
        if unknown:
            raise rules.BidRefused("bids.member_unknown", rules.bids.UNKNOWN_MEMBER,
                                   {"code": unknown[0]}, ("members",))
        members = [found[code] for code in dict.fromkeys(body.members)]
    return actions.Envelope(
        lead=people([body.lead], "lead")[0] if body.lead else None, members=members,
        people=people(list(dict.fromkeys(body.people)), "people") if body.people else None,
        other_public=body.other_public, other_public_note=body.other_public_note,
    )


@router.patch("/{number}", response={200: s.BidOut, **ERRORS}, operation_id="save_bid")
def save_bid(request: HttpRequest, number: str, body: s.BidIn) -> Any:
    """Keep a draft as written so far, encrypted; the answer repeats nothing of the content."""
    content = body.content.plain() if body.content is not None else None
    return _act(request, number, actions.save_bid, content=content, envelope=_envelope(body),
                version=expected_version(request))


@router.post("/{number}/files", response={201: FileOut, **ERRORS}, operation_id="attach_file")
def attach(request: HttpRequest, number: str, body: FileIn) -> Any:
    """Add a file, encrypted as it arrives."""
    actor = api_actor(request)
    try:
        content = base64.b64decode(body.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise rules.BidRefused(
            "bids.not_base64", N_("附件内容不是 base64。"), {}, ("content",)) from error
    return Status(201, actions.attach_file(
        bid=_bid(request, number), name=body.name, content=content, by=actor, at=request.at))


@router.delete("/{number}/files/{file}", response={200: s.BidOut, **ERRORS},
               operation_id="drop_file")
def drop_file(request: HttpRequest, number: str, file: str) -> Any:
    """Take a file out of a draft."""
    actor = api_actor(request)
    bid = _bid(request, number)
    actions.drop_file(bid=bid, number=file, by=actor, at=request.at)
    return _answer(request, bid)


def _plain(verb: str, name: str, act: Callable[..., Any]) -> None:
    """A verb that takes nothing but its object."""

    def view(request: HttpRequest, number: str) -> Any:
        return _act(request, number, act)

    view.__name__ = name
    view.__doc__ = act.__doc__.splitlines()[0]
    router.post(f"/{{number}}/{verb}", response={200: s.BidOut, **ERRORS},
                operation_id=name)(view)


_plain("ask-signature", "ask_signature", actions.ask_signature)
_plain("sign", "sign_bid", actions.sign_bid)
_plain("confirm", "confirm_membership", actions.confirm_membership)
_plain("withdraw", "withdraw_bid", actions.withdraw_bid)


def _receipted(verb: str, name: str, act: Callable[..., Any]) -> None:
    """A verb that gives a receipt."""

    def view(request: HttpRequest, number: str) -> Any:
        actor = api_actor(request)
        return act(bid=_bid(request, number), by=actor, at=request.at)

    view.__name__ = name
    view.__doc__ = act.__doc__.splitlines()[0]
    router.post(f"/{{number}}/{verb}", response={200: s.ReceiptOut, **ERRORS},
                operation_id=name)(view)


_receipted("submit", "submit_bid", actions.submit_bid)
_receipted("reconfirm", "reconfirm_bid", actions.reconfirm_bid)


@router.post("/{number}/return", response={200: s.BidOut, **ERRORS}, operation_id="return_bid")
def return_bid(request: HttpRequest, number: str, body: s.ReasonIn) -> Any:
    """The unit administrator gives a draft back to its writer."""
    return _act(request, number, actions.return_bid, reason=body.reason)


@router.get("/{number}/receipts", response={200: list[s.ReceiptOut], **ERRORS},
            operation_id="list_receipts")
def receipts(request: HttpRequest, number: str) -> Any:
    """The receipts of a bid, for its own people alone."""
    actor = api_actor(request)
    bid = _bid(request, number)
    if not rules.bids.is_bidder(actor, queries.bid_facts(bid, actor, request.at)):
        raise Http404
    return list(Receipt.objects.filter(bid=bid)[:200])


@router.get("/{number}/feedback", response={200: s.FeedbackOut, **ERRORS},
            operation_id="get_feedback")
def feedback(request: HttpRequest, number: str) -> Any:
    """What the locked reviews say of a bid, from the public notice on; for its own people."""
    actor = api_actor(request)
    bid = _bid(request, number)
    if not rules.bids.may_read_feedback(actor, queries.bid_facts(bid, actor, request.at)):
        raise Http404
    return {
        "bid": bid.number, "state": bid.state, "checks": [one.reason for one in bid.checks.all()],
        "review": feedback_of(bid.challenge.number, bid.number),
    }


@router.post("/{number}/check", response={200: s.BidOut, **ERRORS}, operation_id="check_bid")
def check(request: HttpRequest, number: str, body: s.CheckIn) -> Any:
    """The secretary's formal check."""
    return _act(request, number, actions.check_bid, verdict=body.verdict.value,
                reason=body.reason)


@router.post("/{number}/correct", response={200: s.BidOut, **ERRORS}, operation_id="correct_bid")
def correct(request: HttpRequest, number: str, body: s.CorrectionIn) -> Any:
    """The bidder mends what the formal check asked for."""
    return _act(request, number, actions.correct_bid, text=body.text)
