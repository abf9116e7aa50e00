"""The record through the API, for the supervisor: read, never written."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router

from kechuang.base.actor import Role
from kechuang.base.refusals import N_, NotPermitted, require
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.record import queries
from kechuang.site.api.proofs import EntryOut

router = Router(tags=["record"])


class RecordQuery(ListQuery):
    """Which entries: on an object, of a verb or a part, in a span of time."""

    object: str = Field("", max_length=40)
    verb: str = Field("", max_length=60, description="a verb, or its beginning: needs.")
    since: datetime | None = None
    until: datetime | None = None


class RecordEntryOut(EntryOut):
    """An entry as the supervisor reads it, with who did it."""

    person: str
    organisation: str
    region: str
    via: str


@router.get("", response={200: PageOf[RecordEntryOut], **ERRORS}, operation_id="list_record")
def list_record(request: HttpRequest, query: Query[RecordQuery]) -> Any:
    """The entries, newest first; what was done with bids before they are opened is left out."""
    by = api_actor(request)
    require(by.is_role(Role.SUPERVISOR), NotPermitted(
        "record.may_not_read", N_("完整的记录只有监督能看。"), {}, (),
        N_("对象的经过请看该对象的页面。")))  # fmt: skip
    rows = queries.visible_to(by, request.at)
    if query.object:
        rows = rows.filter(object_number=query.object.replace("\x00", ""))
    if query.verb:
        rows = rows.filter(verb__startswith=query.verb.replace("\x00", ""))
    if query.since:
        rows = rows.filter(at__gte=query.since)
    if query.until:
        rows = rows.filter(at__lt=query.until)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}
