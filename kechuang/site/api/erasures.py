"""Erasing payloads of the record through the API: the same two people, the same refusals."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.record import actions, queries
from kechuang.record.models import Entry, Erasure
from kechuang.record.rules.erasing import REASON_MAX, Ground

router = Router(tags=["record"])
Reason = Annotated[str, Field(min_length=1, max_length=REASON_MAX)]


class ErasureIn(Schema):
    """The entry, by its number, the ground of the law, and why."""

    entry: Annotated[str, Field(max_length=11)]
    ground: Ground
    reason: Reason


class RefusalIn(Schema):
    reason: Reason


class ErasureOut(Schema):
    """What was asked, and what became of it; people by number."""

    number: str
    entry: str
    ground: str
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    answer: str

    @staticmethod
    def resolve_entry(row: Erasure) -> str:
        return row.entry.number


def _seen(request: HttpRequest, number: str) -> Erasure:
    rows = queries.erasures_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)


@router.get("", response={200: PageOf[ErasureOut], **ERRORS}, operation_id="list_erasures")
def list_erasures(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """What was asked in the region, newest first."""
    rows = queries.erasures_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@router.post("", response={201: ErasureOut, **ERRORS}, operation_id="ask_erasure")
def ask(request: HttpRequest, body: ErasureIn) -> Any:
    """Ask that an entry's payload be erased."""
    by = api_actor(request)
    entry = found_or_404(Entry.objects.all(), number=body.entry)
    return Status(201, actions.ask_erasure(
        entry=entry, ground=body.ground, reason=body.reason, by=by, at=request.at))  # fmt: skip


@router.get("/{number}", response={200: ErasureOut, **ERRORS}, operation_id="get_erasure")
def get_erasure(request: HttpRequest, number: str) -> Any:
    return _seen(request, number)


@router.post("/{number}/approve", response={200: ErasureOut, **ERRORS},
             operation_id="approve_erasure")  # fmt: skip
def approve(request: HttpRequest, number: str) -> Any:
    """Erase it: another head than the one who asked."""
    row = _seen(request, number)
    return actions.approve_erasure(erasure=row, by=api_actor(request), at=request.at)


@router.post("/{number}/refuse", response={200: ErasureOut, **ERRORS},
             operation_id="refuse_erasure")  # fmt: skip
def refuse(request: HttpRequest, number: str, body: RefusalIn) -> Any:
    """Leave it, with a reason."""
    row = _seen(request, number)
    return actions.refuse_erasure(
        erasure=row, reason=body.reason, by=api_actor(request), at=request.at)
