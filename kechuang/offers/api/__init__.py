"""The offers' API: the same verbs as the pages."""

from typing import Any

from django.http import HttpRequest
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from kechuang.doors.api import ERRORS, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.doors.sheets import read_sheet
from kechuang.offers import actions, queries, rules
from kechuang.offers.api.schemas import (
    DraftIn,
    ImportedOut,
    OfferOut,
    OfferQuery,
    ReasonIn,
    StageOut,
    offer_out,
)
from kechuang.offers.models import Offer, OfferStage
from kechuang.offers.rules.rows import ALIASES, COLUMNS

router = Router(tags=["offers"])
routers = [("/offers", router)]
OFFER = {200: OfferOut, **ERRORS}


def _found(request: HttpRequest, number: str) -> Offer:
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


@router.get("", response={200: PageOf[OfferOut], **ERRORS}, operation_id="list_offers")
def list_offers(request: HttpRequest, query: Query[OfferQuery]) -> Any:
    """Published offers and those of one's own unit, newest first."""
    filters = queries.Filters(
        query.kind, query.state, query.chain, query.region, query.q, query.mine
    )
    rows = queries.offers_listed(request.actor, request.at, filters).prefetch_related("figures")
    page = keyset(rows, after=query.after, limit=query.limit)
    items = [offer_out(offer, request.at) for offer in page.rows]
    return {"items": items, "next_after": page.next_after}


@router.post("", response={201: OfferOut, **ERRORS}, operation_id="post_offer")
def post_offer(request: HttpRequest, data: DraftIn) -> Any:
    """Begin a draft; it has a random number until it is submitted."""
    by = api_actor(request)
    made = actions.save_draft(typed=data.typed(), by=by, at=request.at)
    return Status(201, offer_out(made, request.at))


@router.post("/import", response={200: ImportedOut, **ERRORS}, operation_id="import_offers")
def import_offers(request: HttpRequest, file: UploadedFile = File(...)) -> Any:  # noqa: B008
    """Publish a sheet of offers: all or nothing, every problem by row and column."""
    by = api_actor(request)
    rules.check_may(rules.may_import(by, by.organisation), "import")
    sheet = read_sheet(file.name or "", file.read(), COLUMNS, ALIASES)
    return actions.import_sheet(sheet=sheet, by=by, at=request.at)


@router.get("/{number}", response=OFFER, operation_id="read_offer")
def read_offer(request: HttpRequest, number: str) -> Any:
    return offer_out(_found(request, number), request.at)


@router.put("/{number}", response=OFFER, operation_id="edit_offer")
def edit_offer(request: HttpRequest, number: str, data: DraftIn) -> Any:
    """Replace what a draft says; If-Match carries the version it was begun on."""
    by = api_actor(request)
    offer = actions.save_draft(
        offer=_found(request, number), typed=data.typed(), version=expected_version(request),
        by=by, at=request.at,
    )  # fmt: skip
    return offer_out(offer, request.at)


@router.post("/{number}/discard", response={204: None, **ERRORS}, operation_id="discard_offer")
def discard_offer(request: HttpRequest, number: str) -> Any:
    """Delete a draft that was never submitted."""
    by = api_actor(request)
    actions.discard_draft(offer=_found(request, number), by=by, at=request.at)
    return Status(204, None)


@router.post("/{number}/submit", response=OFFER, operation_id="submit_offer")
def submit_offer(request: HttpRequest, number: str) -> Any:
    """Hand a draft in; the answer carries its number of the register."""
    by = api_actor(request)
    offer = actions.submit_offer(
        offer=_found(request, number), version=expected_version(request), by=by, at=request.at
    )
    return offer_out(offer, request.at)


@router.post("/{number}/sign", response=OFFER, operation_id="sign_offer")
def sign_offer(request: HttpRequest, number: str) -> Any:
    """The unit's administrator signs; the offer is published."""
    by = api_actor(request)
    offer = actions.sign_offer(
        offer=_found(request, number), version=expected_version(request), by=by, at=request.at
    )
    return offer_out(offer, request.at)


@router.post("/{number}/return", response=OFFER, operation_id="return_offer")
def return_offer(request: HttpRequest, number: str, data: ReasonIn) -> Any:
    """The unit's administrator gives an offer back with words."""
    by = api_actor(request)
    offer = actions.return_offer(
        offer=_found(request, number), reason=data.reason, version=expected_version(request),
        by=by, at=request.at,
    )  # fmt: skip
    return offer_out(offer, request.at)


@router.post("/{number}/withdraw", response=OFFER, operation_id="withdraw_offer")
def withdraw_offer(request: HttpRequest, number: str, data: ReasonIn) -> Any:
    """Its unit takes an offer back, with a reason."""
    by = api_actor(request)
    offer = actions.withdraw_offer(
        offer=_found(request, number), reason=data.reason, version=expected_version(request),
        by=by, at=request.at,
    )  # fmt: skip
    return offer_out(offer, request.at)


@router.get("/{number}/history", response={200: list[StageOut], **ERRORS},
            operation_id="read_offer_history")  # fmt: skip
def read_offer_history(request: HttpRequest, number: str) -> Any:
    """The stages of an offer, oldest first."""
    return list(OfferStage.objects.filter(offer=_found(request, number)))
