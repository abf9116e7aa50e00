"""What anybody can check through the API, without a token: the same as on the page."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from kechuang.doors.api import ERRORS
from kechuang.record.models import Checkpoint
from kechuang.record.queries import checkpoint
from kechuang.site.verifying import entries_naming

router = Router(tags=["record"])


class EntryOut(Schema):
    """One entry: what was done, when, in which role; `position` is null until its batch is out."""

    number: str
    object_number: str
    verb: str
    role: str
    at: datetime
    position: int | None
    leaf_hash: str


class CheckpointOut(Schema):
    """The root over the first `size` entries, to write down and compare later (RFC 6962)."""

    size: int
    root: str
    at: datetime


class VerifiedOut(Schema):
    """The entries that name a number, oldest first, at most 200."""

    entries: list[EntryOut]
    checkpoint: CheckpointOut | None


@router.get("", response={200: CheckpointOut, **ERRORS}, operation_id="get_checkpoint")
def get_checkpoint(request: HttpRequest) -> Checkpoint:
    """The latest checkpoint of the record."""
    latest = checkpoint()
    if latest is None:
        raise Http404
    return latest


@router.get("/{number}", response={200: VerifiedOut, **ERRORS}, operation_id="verify_number")
def verify_number(request: HttpRequest, number: str) -> dict[str, Any]:
    """Which entries of the record name this number; people and content are never told."""
    entries = [] if "\x00" in number else entries_naming(number)
    if not entries:
        raise Http404
    return {"entries": entries, "checkpoint": checkpoint()}
