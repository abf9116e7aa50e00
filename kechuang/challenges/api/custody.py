"""The API of bids that only custodians open: call, keys, envelopes, session, shares."""

import base64
import binascii
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from kechuang.base.refusals import N_
from kechuang.challenges import actions, queries, rules
from kechuang.challenges.api import schemas as s
from kechuang.challenges.api.challenges import people, seen
from kechuang.doors.api import ERRORS, api_actor

challenges = Router(tags=["custody"])
bids = Router(tags=["custody"])
ENVELOPE_TEXT_MAX = 96_000_000
Hex = Annotated[str, Field(max_length=200)]


class KeyOfCall(Schema):
    """A custodian of a call: the name on envelopes, and the public key."""

    name: str
    public: str


class CallOut(Schema):
    """What the command line seals by; the same as CALL.json."""

    challenge: str
    k: int
    profile: str
    criteria_hash: str
    custodians: list[KeyOfCall]
    deadline: str
    parts: list[str] = ["technical"]
    form: list[dict[str, Any]] = []


class CustodiansIn(Schema):
    """Who keeps the keys, by number, and how many must come; nobody ends custody."""

    people: Annotated[list[s.Number], Field(max_length=20)]
    needed: Annotated[int, Field(ge=0, le=9)]
    two_envelopes: bool = False
    seal_profile: Literal["intl", "gm"] = "intl"


class KeyIn(Schema):
    public: Hex


class EnvelopeIn(Schema):
    """What `kechuang seal` wrote, in base64."""

    content: Annotated[str, Field(max_length=ENVELOPE_TEXT_MAX)]
    price: Annotated[str, Field(max_length=ENVELOPE_TEXT_MAX)] | None = Field(
        None, description="the price's envelope, where the call keeps it apart"
    )


class SharesIn(Schema):
    """Shares as `kechuang custodian share` writes them."""

    shares: Annotated[list[dict[str, Any]], Field(max_length=1000)]


class SessionOut(Schema):
    number: str
    public: str


class Taken(Schema):
    """How many were taken."""

    taken: int


@challenges.get("/{number}/call", response={200: CallOut, **ERRORS}, operation_id="get_call",
                exclude_unset=True)
def get_call(request: HttpRequest, number: str) -> dict[str, Any]:
    """The published call of a challenge with custodians."""
    told = queries.published_call(seen(request, number))
    if told is None:
        raise Http404
    return told


@challenges.put("/{number}/custodians", response={200: s.ChallengeOut, **ERRORS},
                operation_id="name_custodians")
def name_custodians(request: HttpRequest, number: str, body: CustodiansIn) -> Any:
    """Name who keeps the keys; the officer, in the draft."""
    actor = api_actor(request)
    named = people(list(dict.fromkeys(body.people)), "people")
    actions.name_custodians(challenge=seen(request, number), needed=body.needed, people=named,
                            two_envelopes=body.two_envelopes, seal_profile=body.seal_profile,
                            by=actor, at=request.at)
    return seen(request, number)


@challenges.post("/{number}/key", response={200: KeyOfCall, **ERRORS},
                 operation_id="register_key")
def register_key(request: HttpRequest, number: str, body: KeyIn) -> Any:
    """Register the own public key; a custodian."""
    return actions.register_key(challenge=seen(request, number), public=body.public,
                                by=api_actor(request), at=request.at)


@challenges.post("/{number}/session", response={201: SessionOut, **ERRORS},
                 operation_id="start_session")
def start_session(request: HttpRequest, number: str, body: KeyIn) -> Any:
    """Begin the opening session with its public key; the officer."""
    return Status(201, actions.start_session(
        challenge=seen(request, number), public=body.public, by=api_actor(request),
        at=request.at))


@challenges.get("/{number}/session", response={200: dict[str, Any], **ERRORS},
                operation_id="get_session")
def get_session(request: HttpRequest, number: str) -> dict[str, Any]:
    """What stands to be opened, the session's key, and the shares that came; 404 for everybody
    who does not attend the opening."""
    actor = api_actor(request)
    challenge = seen(request, number)
    if not rules.custody.may_attend(actor, queries.challenge_facts(challenge, actor)):
        raise Http404
    live = queries.live_session(challenge)
    posted = [row.posted for row in queries.posted_shares(live)] if live else []
    return {**queries.opening_facts(challenge), "posted": posted}


@challenges.post("/{number}/shares", response={200: Taken, **ERRORS}, operation_id="give_shares")
def give_shares(request: HttpRequest, number: str, body: SharesIn) -> dict[str, int]:
    """Give the own shares of the envelopes that stand; a custodian."""
    rows = actions.give_shares(challenge=seen(request, number), shares=body.shares,
                               by=api_actor(request), at=request.at)
    return {"taken": len(rows)}


def _own_bid(request: HttpRequest, number: str) -> Any:
    bid = queries.find_bid(request.actor, request.at, number)
    if bid is None:
        raise Http404
    return bid


def _bytes(told: str, field: str) -> bytes:
    try:
        return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError) as error:
        raise rules.BidRefused(
            "bids.not_base64", N_("附件内容不是 base64。"), {}, (field,)) from error


@bids.put("/{number}/envelope", response={200: s.BidOut, **ERRORS}, operation_id="put_envelope")
def put_envelope(request: HttpRequest, number: str, body: EnvelopeIn) -> Any:
    """Hand in what was sealed on the own machine; it is to be signed anew."""
    actor = api_actor(request)
    price = _bytes(body.price, "price") if body.price is not None else None
    actions.put_envelope(bid=_own_bid(request, number), file=_bytes(body.content, "content"),
                         price=price, by=actor, at=request.at)
    return _own_bid(request, number)


@bids.get("/{number}/envelope", response={200: bytes, **ERRORS}, operation_id="get_envelope")
def get_envelope(request: HttpRequest, number: str, part: str = "technical") -> HttpResponse:
    """The envelope as it came: to its bidder, and to who attends its opening while it stands;
    `part` is technical or price."""
    actor = api_actor(request)
    found = queries.envelope_to(actor, request.at, number, part)
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.file), content_type="application/octet-stream")
