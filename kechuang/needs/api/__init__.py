"""The needs' API: the same verbs as the pages."""

from typing import Any

from django.http import FileResponse, HttpRequest
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from kechuang.doors.api import ERRORS, PageOf, api_actor, expected_version
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.doors.sheets import read_sheet
from kechuang.files.queries import open_blob, uploaded_blob
from kechuang.needs import actions, queries, rules
from kechuang.needs.api.schemas import (
    AttachIn,
    AttachmentOut,
    DraftIn,
    ImportedOut,
    MergeIn,
    NeedOut,
    NeedQuery,
    PassIn,
    ReasonIn,
    ReturnIn,
    SignIn,
    SimilarOut,
    SolveIn,
    StageOut,
    need_out,
    one_need,
    stage_out,
)
from kechuang.needs.models import Attachment, Need, NeedStage
from kechuang.needs.rules.rows import ALIASES, COLUMNS

router = Router(tags=["needs"])
routers = [("/needs", router)]
NEED = {200: NeedOut, **ERRORS}


def _found(request: HttpRequest, number: str) -> Need:
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def _answer(request: HttpRequest, need: Need) -> dict[str, Any]:
    return one_need(need, request.actor, request.at)


@router.get("", response={200: PageOf[NeedOut], **ERRORS}, operation_id="list_needs")
def list_needs(request: HttpRequest, query: Query[NeedQuery]) -> Any:
    """The needs that the caller may read, newest first, each as far as they may see it."""
    filters = queries.Filters(query.region, query.state, query.chain, query.q, query.mine)
    rows = queries.needs_listed(request.actor, request.at, filters)
    rows = rows.select_related("organisation", "filler", "contact", "merged_into")
    page = keyset(rows.prefetch_related("targets"), after=query.after, limit=query.limit)
    sights = queries.sights_on(page.rows, request.actor, request.at)
    return {
        "items": [need_out(need, sights[need.pk], [], request.at) for need in page.rows],
        "next_after": page.next_after,
    }


@router.post("", response={201: NeedOut, **ERRORS}, operation_id="post_need")
def post_need(request: HttpRequest, data: DraftIn) -> Any:
    """Begin a draft; it has a random number until it is submitted."""
    by = api_actor(request)
    need = actions.save_draft(typed=data.typed(), by=by, at=request.at)
    return Status(201, _answer(request, need))


@router.post("/import", response={200: ImportedOut, **ERRORS}, operation_id="import_needs")
def import_needs(request: HttpRequest, file: UploadedFile = File(...)) -> Any:  # noqa: B008
    """Put a sheet of needs into the register: all or nothing, every problem by row and column."""
    by = api_actor(request)
    rules.check_may(rules.may_import(by), "import")
    sheet = read_sheet(file.name or "", file.read(), COLUMNS, ALIASES)
    return actions.import_sheet(sheet=sheet, by=by, at=request.at)


@router.get("/{number}", response=NEED, operation_id="read_need")
def read_need(request: HttpRequest, number: str) -> Any:
    """One need, as far as the caller may see it."""
    return _answer(request, _found(request, number))


@router.put("/{number}", response=NEED, operation_id="edit_need")
def edit_need(request: HttpRequest, number: str, data: DraftIn) -> Any:
    """Replace what a draft says; If-Match carries the version it was begun on."""
    by = api_actor(request)
    need = actions.save_draft(
        need=_found(request, number), typed=data.typed(), version=expected_version(request),
        by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/discard", response={204: None, **ERRORS}, operation_id="discard_need")
def discard_need(request: HttpRequest, number: str) -> Any:
    """Delete a draft that was never submitted."""
    by = api_actor(request)
    actions.discard_draft(need=_found(request, number), by=by, at=request.at)
    return Status(204, None)


@router.post("/{number}/submit", response=NEED, operation_id="submit_need")
def submit_need(request: HttpRequest, number: str) -> Any:
    """Hand a draft in; the answer carries its number of the register."""
    by = api_actor(request)
    need = actions.submit_need(
        need=_found(request, number), version=expected_version(request), by=by, at=request.at
    )
    return _answer(request, need)


@router.post("/{number}/sign", response=NEED, operation_id="sign_need")
def sign_need(request: HttpRequest, number: str, data: SignIn) -> Any:
    """The unit's administrator signs and agrees to the publication level."""
    by = api_actor(request)
    need = actions.sign_need(
        need=_found(request, number), consent=data.consent, publication=data.publication,
        version=expected_version(request), by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/return", response=NEED, operation_id="return_need")
def return_need(request: HttpRequest, number: str, data: ReturnIn) -> Any:
    """Give a need back with fields marked."""
    by = api_actor(request)
    need = actions.return_need(
        need=_found(request, number), marks={one.field: one.words for one in data.marks},
        note=data.note, version=expected_version(request), by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/pass", response=NEED, operation_id="pass_need")
def pass_need(request: HttpRequest, number: str, data: PassIn) -> Any:
    """The office that holds the need passes it on, or into the register."""
    by = api_actor(request)
    need = actions.pass_check(
        need=_found(request, number), upward=data.upward, note=data.note,
        version=expected_version(request), by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/merge", response=NEED, operation_id="merge_need")
def merge_need(request: HttpRequest, number: str, data: MergeIn) -> Any:
    """Merge a need into another that says the same."""
    by = api_actor(request)
    need = actions.merge_need(
        need=_found(request, number), into=_found(request, data.into), note=data.note,
        version=expected_version(request), by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/withdraw", response=NEED, operation_id="withdraw_need")
def withdraw_need(request: HttpRequest, number: str, data: ReasonIn) -> Any:
    by = api_actor(request)
    need = actions.withdraw_need(
        need=_found(request, number), reason=data.reason, version=expected_version(request),
        by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.post("/{number}/reconfirm", response=NEED, operation_id="reconfirm_need")
def reconfirm_need(request: HttpRequest, number: str) -> Any:
    """Say that an accepted need still stands."""
    by = api_actor(request)
    need = actions.reconfirm_need(
        need=_found(request, number), version=expected_version(request), by=by, at=request.at
    )
    return _answer(request, need)


@router.post("/{number}/solve", response=NEED, operation_id="solve_need")
def solve_need(request: HttpRequest, number: str, data: SolveIn) -> Any:
    """Say that a need is solved, and how."""
    by = api_actor(request)
    need = actions.solve_need(
        need=_found(request, number), reason=data.reason, cause_number=data.cause_number,
        version=expected_version(request), by=by, at=request.at,
    )  # fmt: skip
    return _answer(request, need)


@router.get("/{number}/history", response={200: list[StageOut], **ERRORS},
            operation_id="read_need_history")  # fmt: skip
def read_need_history(request: HttpRequest, number: str) -> Any:
    """The stages of a need, oldest first."""
    need = _found(request, number)
    sight = queries.sight_on(need, request.actor, request.at)
    return [stage_out(stage, sight) for stage in NeedStage.objects.filter(need=need)]


@router.get("/{number}/similar", response={200: list[SimilarOut], **ERRORS},
            operation_id="list_similar_needs")  # fmt: skip
def list_similar_needs(request: HttpRequest, number: str) -> Any:
    """Needs that say nearly the same; for officers and liaisons of the region."""
    by = api_actor(request)
    need = _found(request, number)
    if not rules.may_see_similar(by, need.facts):
        return []
    return [
        {"number": other.number, "title": other.title, "state": other.state,
         "likeness_percent": share}
        for other, share in queries.similar_needs(need, by, request.at)
    ]  # fmt: skip


@router.get("/{number}/attachments", response={200: list[AttachmentOut], **ERRORS},
            operation_id="list_need_attachments")  # fmt: skip
def list_need_attachments(request: HttpRequest, number: str) -> Any:
    need = _found(request, number)
    return list(queries.attachments_visible_to(request.actor, request.at, need.number))


@router.post("/{number}/attachments", response={201: AttachmentOut, **ERRORS},
             operation_id="attach_to_need")  # fmt: skip
def attach_to_need(request: HttpRequest, number: str, data: AttachIn) -> Any:
    """Link one's own finished upload to a draft."""
    by = api_actor(request)
    need = _found(request, number)
    found = uploaded_blob(by, data.upload.replace("\x00", ""))
    if found is None:
        raise rules.NeedRefused("need.no_upload", rules.NO_UPLOAD, {}, ("upload",))
    blob, name = found
    row = actions.attach_blob(need=need, blob=blob, name=name, by=by, at=request.at)
    return Status(201, row)


def _attachment(request: HttpRequest, number: str, attachment: str) -> Attachment:
    rows = queries.attachments_visible_to(request.actor, request.at, number.replace("\x00", ""))
    return found_or_404(rows, number=attachment)


@router.get("/{number}/attachments/{attachment}", operation_id="download_need_attachment",
            response=ERRORS)  # fmt: skip
def download_need_attachment(request: HttpRequest, number: str, attachment: str) -> Any:
    row = _attachment(request, number, attachment)
    return FileResponse(open_blob(row.blob), as_attachment=True, filename=row.name)


@router.post("/{number}/attachments/{attachment}/remove", response={204: None, **ERRORS},
             operation_id="remove_need_attachment")  # fmt: skip
def remove_need_attachment(request: HttpRequest, number: str, attachment: str) -> Any:
    by = api_actor(request)
    row = _attachment(request, number, attachment)
    actions.remove_attachment(attachment=row, by=by, at=request.at)
    return Status(204, None)
