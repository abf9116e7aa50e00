"""The API of notices and objections: the same verbs as the pages."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.http import FileResponse, HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.files.queries import open_blob, uploaded_blob
from kechuang.notices import actions, queries, rules
from kechuang.notices.models import Notice, Objection, ObjectionFile
from kechuang.parties.queries import region_by_code

notices = Router(tags=["notices"])
objections = Router(tags=["objections"])
routers = [("/notices", notices), ("/objections", objections)]


class NoticeOut(Schema):
    """A public notice; `ends_at` is null while an objection stops the clock."""

    number: str
    subject_number: str
    kind: str
    title: str
    facts: list[list[str]]
    region_path: str
    opened_at: datetime
    working_days: int
    ends_at: datetime | None
    last_day: date | None
    is_provisional: bool
    state: str
    state_since: datetime
    content_hash: str
    evidence_path: str
    version: int


class NoticeIn(Schema):
    """What publishing a general notice takes."""

    subject_number: str = Field(max_length=40)
    kind: Notice.Kind = Notice.Kind.GENERAL
    title: str = Field(min_length=1, max_length=200)
    facts: list[tuple[str, str]] = Field(default_factory=list, max_length=100)
    region: str = Field(max_length=6, description="the code of the region")
    working_days: int = Field(ge=1, le=rules.WORKING_DAYS_MAX)


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class ObjectionOut(Schema):
    """An objection as its handlers, the supervisor and the objector see it."""

    number: str
    notice: str
    objector: str
    ground: str
    statement: str
    request: str
    state: str
    state_since: datetime
    due_at: datetime | None
    filed_at: datetime | None
    handler: str | None
    answer: str
    verdict: str
    decision: str
    execution: str
    version: int

    @staticmethod
    def resolve_notice(row: Objection) -> str:
        return row.notice.number

    @staticmethod
    def resolve_objector(row: Objection) -> str:
        return row.objector.number

    @staticmethod
    def resolve_handler(row: Objection) -> str | None:
        return row.handler.number if row.handler else None


class FileIn(Schema):
    """The number of one's own finished upload."""

    upload: str = Field(min_length=1, max_length=40)


class FileOut(Schema):
    """A file of an objection."""

    number: str
    name: str
    size: int
    added_at: datetime

    @staticmethod
    def resolve_size(row: ObjectionFile) -> int:
        return row.blob.size


class ObjectionIn(Schema):
    """What an objection says; `phone` or `email` unless a contact is known."""

    ground: Objection.Ground
    statement: str = Field(max_length=5000)
    request: str = Field(max_length=1000)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")


class DraftIn(Schema):
    """A draft, as far as it is filled."""

    ground: Objection.Ground | None = None
    statement: str = Field("", max_length=5000)
    request: str = Field("", max_length=1000)


class AnswerIn(Schema):
    answer: str = Field(min_length=1, max_length=5000)


class DecideIn(Schema):
    verdict: Objection.Verdict
    decision: str = Field(min_length=1, max_length=5000)


class ExecuteIn(Schema):
    execution: str = Field(min_length=1, max_length=5000)


class NoticeQuery(ListQuery):
    """How the list of notices is narrowed."""

    region: str = Field("", max_length=6)
    state: str = Field("", max_length=9)
    subject: str = Field("", max_length=40)


class ObjectionQuery(ListQuery):
    state: str = Field("", max_length=9)


@notices.get(
    "", response={200: PageOf[NoticeOut], **ERRORS}, operation_id="list_notices", by_alias=True
)
def list_notices(request: HttpRequest, query: Query[NoticeQuery]) -> Any:
    """Notices, newest first; public."""
    rows = queries.visible_to(request.actor, request.at)
    if query.region:
        region = region_by_code(query.region, shanghai_date(request.at))
        rows = rows.filter(queries.within(region.path)) if region else rows.none()
    if query.state:
        rows = rows.filter(state=query.state)
    if query.subject:
        rows = rows.filter(subject_number=query.subject)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@notices.post(
    "", response={200: NoticeOut, **ERRORS}, operation_id="open_notice", by_alias=True
)
def open_notice(request: HttpRequest, body: NoticeIn) -> Any:
    """Publish a notice and start its clock."""
    actor = api_actor(request)
    region = region_by_code(body.region, shanghai_date(request.at))
    facts = body.dict(exclude={"region"})
    path = region.path if region else ""
    with transaction.atomic():
        return actions.open_notice(region_path=path, by=actor, at=request.at, **facts)


@notices.get(
    "/{number}", response={200: NoticeOut, **ERRORS}, operation_id="get_notice", by_alias=True
)
def get_notice(request: HttpRequest, number: str) -> Any:
    """One notice; public."""
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


@notices.post(
    "/{number}/close", response={200: NoticeOut, **ERRORS}, operation_id="close_notice",
    by_alias=True,
)
def close_notice(request: HttpRequest, number: str) -> Any:
    """End a notice whose whole term has run."""
    actor = api_actor(request)
    row = found_or_404(queries.visible_to(actor, request.at), number=number)
    return actions.close_notice(notice=row, by=actor, at=request.at)


@notices.post(
    "/{number}/cancel", response={200: NoticeOut, **ERRORS}, operation_id="cancel_notice",
    by_alias=True,
)
def cancel_notice(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Take a running notice back, with a public reason."""
    actor = api_actor(request)
    row = found_or_404(queries.visible_to(actor, request.at), number=number)
    return actions.cancel_notice(notice=row, by=actor, at=request.at, **body.dict())


@notices.put(
    "/{number}/objection", response={200: ObjectionOut, **ERRORS},
    operation_id="save_objection", by_alias=True,
)
def save_objection(request: HttpRequest, number: str, body: DraftIn) -> Any:
    """Keep the own draft; If-Match carries the version it was begun on."""
    actor = api_actor(request)
    row = found_or_404(queries.visible_to(actor, request.at), number=number)
    given = {**body.dict(), "ground": body.ground or ""}
    return actions.save_objection(
        notice=row, by=actor, at=request.at, version=expected_version(request), **given
    )


@notices.post(
    "/{number}/object", response={200: ObjectionOut, **ERRORS}, operation_id="object_to_notice",
    by_alias=True,
)
def object_to(request: HttpRequest, number: str, body: ObjectionIn) -> Any:
    """File an objection by name; the clock stops at once."""
    actor = api_actor(request)
    row = found_or_404(queries.visible_to(actor, request.at), number=number)
    return actions.object_to(notice=row, by=actor, at=request.at, **body.dict())


@objections.get(
    "", response={200: PageOf[ObjectionOut], **ERRORS}, operation_id="list_objections",
    by_alias=True,
)
def list_objections(request: HttpRequest, query: Query[ObjectionQuery]) -> Any:
    """The own objections, and those that one may handle or supervises."""
    actor = api_actor(request)
    rows = queries.objections_visible_to(actor, request.at)
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@objections.get(
    "/{number}", response={200: ObjectionOut, **ERRORS}, operation_id="get_objection",
    by_alias=True,
)
def get_objection(request: HttpRequest, number: str) -> Any:
    """One objection."""
    actor = api_actor(request)
    return found_or_404(queries.objections_visible_to(actor, request.at), number=number)


def _step(request: HttpRequest, number: str, act: Callable[..., Objection], **given: Any) -> Any:
    """One step of an objection that the actor may see."""
    actor = api_actor(request)
    row = found_or_404(queries.objections_visible_to(actor, request.at), number=number)
    return act(objection=row, by=actor, at=request.at, **given)


@objections.post(
    "/{number}/accept", response={200: ObjectionOut, **ERRORS}, operation_id="accept_objection",
    by_alias=True,
)
def accept_objection(request: HttpRequest, number: str) -> Any:
    """Take an objection up and handle it from now on."""
    return _step(request, number, actions.accept_objection)


@objections.post(
    "/{number}/refuse", response={200: ObjectionOut, **ERRORS}, operation_id="refuse_objection",
    by_alias=True,
)
def refuse_objection(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Do not take an objection up; the clock runs on."""
    return _step(request, number, actions.refuse_objection, **body.dict())


@objections.post(
    "/{number}/answer", response={200: ObjectionOut, **ERRORS}, operation_id="answer_objection",
    by_alias=True,
)
def answer_objection(request: HttpRequest, number: str, body: AnswerIn) -> Any:
    """Answer as its handling officer."""
    return _step(request, number, actions.answer_objection, **body.dict())


@objections.post(
    "/{number}/decide", response={200: ObjectionOut, **ERRORS}, operation_id="decide_objection",
    by_alias=True,
)
def decide_objection(request: HttpRequest, number: str, body: DecideIn) -> Any:
    """Decide: UPHELD, PARTLY or DISMISSED."""
    return _step(request, number, actions.decide_objection, **body.dict())


@objections.post(
    "/{number}/execute", response={200: ObjectionOut, **ERRORS}, operation_id="execute_objection",
    by_alias=True,
)
def execute_objection(request: HttpRequest, number: str, body: ExecuteIn) -> Any:
    """State what was corrected."""
    return _step(request, number, actions.execute_objection, **body.dict())


@objections.post(
    "/{number}/files", response={201: FileOut, **ERRORS}, operation_id="attach_to_objection",
    by_alias=True,
)
def attach_to_objection(request: HttpRequest, number: str, body: FileIn) -> Any:
    """Add one's own finished upload to one's own open objection."""
    actor = api_actor(request)
    row = found_or_404(queries.objections_visible_to(actor, request.at), number=number)
    found = uploaded_blob(actor, body.upload.replace("\x00", ""))
    if found is None:
        raise rules.ObjectionRefused(
            "notices.no_upload", N_("没有这份上传好的文件。"), {}, ("upload",),
            N_("请先传完再加。"),
        )  # fmt: skip
    blob, name = found
    made = actions.attach_to_objection(
        objection=row, blob=blob, name=name, by=actor, at=request.at
    )
    return Status(201, made)


@objections.get(
    "/{number}/files", response={200: list[FileOut], **ERRORS}, operation_id="list_objection_files",
    by_alias=True,
)
def list_objection_files(request: HttpRequest, number: str) -> Any:
    """The files of an objection that the caller may see."""
    actor = api_actor(request)
    row = found_or_404(queries.objections_visible_to(actor, request.at), number=number)
    return list(queries.files_of(row))


@objections.get(
    "/{number}/files/{file}", response=ERRORS, operation_id="download_objection_file"
)
def download_objection_file(request: HttpRequest, number: str, file: str) -> FileResponse:
    """The bytes of a file of an objection."""
    actor = api_actor(request)
    row = found_or_404(queries.objections_visible_to(actor, request.at), number=number)
    kept = found_or_404(queries.files_of(row), number=file)
    return FileResponse(open_blob(kept.blob), as_attachment=True, filename=kept.name)


@objections.post(
    "/{number}/withdraw", response={200: ObjectionOut, **ERRORS},
    operation_id="withdraw_objection", by_alias=True,
)
def withdraw_objection(request: HttpRequest, number: str) -> Any:
    """Take the own objection back."""
    return _step(request, number, actions.withdraw_objection)
