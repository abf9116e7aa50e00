"""Resumable upload: announce, send pieces of 5 MB in any order, finish; then link by number."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from kechuang.doors.api import ERRORS, api_actor
from kechuang.doors.requests import found_or_404
from kechuang.files import actions, queries, rules
from kechuang.files.models import Upload

router = Router(tags=["files"])


class UploadIn(Schema):
    """The file that will come."""

    filename: str = Field(max_length=400)
    size: int = Field(ge=0, le=2**53)
    hash: str = Field("", max_length=64, description="SHA-256 in hexadecimal, checked at the end")


class BlobOut(Schema):
    """Bytes that are kept."""

    number: str
    hash: str
    size: int
    media_type: str


class UploadOut(Schema):
    """How far an upload is; pieces count from 0."""

    number: str
    filename: str
    size: int
    piece_bytes: int = rules.PIECE_BYTES
    received: list[int]
    missing: list[int]
    blob: BlobOut | None = None

    @staticmethod
    def resolve_received(upload: Upload) -> list[int]:
        return sorted(piece.index for piece in upload.pieces.all())

    @staticmethod
    def resolve_missing(upload: Upload) -> list[int]:
        if upload.blob_id is not None:
            return []
        return rules.missing_pieces(upload.size, set(UploadOut.resolve_received(upload)))


def _own(request: HttpRequest, number: str) -> Upload:
    return found_or_404(queries.uploads_of(api_actor(request)), number=number)


@router.post("", response={201: UploadOut, **ERRORS}, operation_id="begin_upload", by_alias=True)
def begin_upload(request: HttpRequest, body: UploadIn) -> Any:
    """Announce a file of up to 50 MB."""
    upload = actions.begin_upload(
        filename=body.filename, size=body.size, hash=body.hash, by=api_actor(request),
        at=request.at,
    )  # fmt: skip
    return Status(201, upload)


@router.get("/{number}", response={200: UploadOut, **ERRORS}, operation_id="show_upload")
def show_upload(request: HttpRequest, number: str) -> Upload:
    """Say which pieces are still missing, so that a broken transfer goes on where it stopped."""
    return _own(request, number)


@router.put(
    "/{number}/pieces/{index}",
    response={200: UploadOut, **ERRORS},
    operation_id="put_piece",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        }
    },
)
def put_piece(request: HttpRequest, number: str, index: int) -> Upload:
    """Send one piece as the raw body; every piece has 5 MB but the last."""
    upload = _own(request, number)
    actions.take_piece(
        upload=upload, index=index, content=request.body, by=api_actor(request), at=request.at
    )
    return upload


@router.post("/{number}/finish", response={200: UploadOut, **ERRORS}, operation_id="finish_upload")
def finish_upload(request: HttpRequest, number: str) -> Upload:
    """Put the pieces together; the answer names the blob."""
    upload = _own(request, number)
    return actions.finish_upload(upload=upload, by=api_actor(request), at=request.at)


@router.delete("/{number}", response={204: None, **ERRORS}, operation_id="drop_upload")
def drop_upload(request: HttpRequest, number: str) -> Any:
    """Give an upload up."""
    upload = _own(request, number)
    actions.drop_upload(upload=upload, by=api_actor(request), at=request.at)
    return Status(204, None)


routers = [("/uploads", router)]
