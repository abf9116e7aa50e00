"""What every API router shares: refusals as they are said, errors, versions, pages."""

from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from ninja import Field, Schema
from ninja.errors import HttpError

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, Refused
from kechuang.doors.words import message_of, way_on_of

Item = TypeVar("Item")


class Refusal(Schema):
    """One reason why something is not done, in the reader's language."""

    code: str
    message: str
    field: str | None = None
    way_on: str | None = None


class Refusals(Schema):
    """All reasons at once; the shape of every error answer."""

    refusals: list[Refusal]


class PageOf(Schema, Generic[Item]):
    """One keyset page: pass `next_after` as `after` to go on; empty at the end."""

    items: list[Item]
    next_after: str = ""


class ListQuery(Schema):
    """What every list takes."""

    after: str = Field("", max_length=40, description="the last number of the page before")
    limit: int = Field(50, ge=1, le=200)


ERRORS: dict[Any, Any] = {
    frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429}): Refusals,
}


def refusals_of(refused: Refused) -> dict[str, list[dict[str, str]]]:
    """A refusal as the API answers it."""
    said = []
    for one in refused.refusals:
        row = {"code": one.code, "message": message_of(one)}
        if one.fields:
            row["field"] = one.fields[0]
        if one.way_on:
            row["way_on"] = way_on_of(one)
        said.append(row)
    return {"refusals": said}


def api_actor(request: HttpRequest) -> Actor:
    """The signed-in actor, or 401."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_signed_in:
        raise HttpError(401, N_("这一项要凭令牌。请在“我的账户”里生成令牌。"))
    return actor


def expected_version(request: HttpRequest) -> int | None:
    """The version that an edit was begun on, from If-Match; None where the caller sent none."""
    text = request.headers.get("If-Match", "").strip().strip('W/"')
    if not text:
        return None
    if not text.isdigit() or len(text) > 9:
        raise Refused(
            "version.form", N_("If-Match 应为版本号，例如 \"3\"。"), {}, ("If-Match",)
        )
    return int(text)
