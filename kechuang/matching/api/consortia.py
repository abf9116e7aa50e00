"""The API of consortia: the same verbs as the pages."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.parties import actions, queries, rules
from kechuang.parties.models import Consortium, ConsortiumMember, Organisation

router = Router(tags=["matching"])


class FoundIn(Schema):
    """A consortium as its lead founds it."""

    name: str = Field(max_length=1000)
    purpose: str = Field(max_length=10_000)


class MemberOut(Schema):
    """A unit in a consortium, from when to when."""

    number: str
    organisation: str
    role: str
    state: str
    task: str
    since: date | None
    until: date | None

    @staticmethod
    def resolve_organisation(row: ConsortiumMember) -> str:
        return row.organisation.number


class ConsortiumOut(Schema):
    """A consortium with everybody who was asked."""

    number: str
    name: str
    purpose: str
    founded_at: datetime
    ended_at: datetime | None
    members: list[MemberOut]

    @staticmethod
    def resolve_members(row: Consortium) -> list[ConsortiumMember]:
        return list(queries.members_of(row))


class InviteIn(Schema):
    """Which unit, by its number, for what."""

    organisation: str = Field(max_length=20)
    task: str = Field("", max_length=rules.TASK_LONGEST)


class LeadIn(Schema):
    """Which member, by the unit's number."""

    organisation: str = Field(max_length=20)


class AnswerIn(Schema):
    """Whether the unit joins."""

    accept: bool


def _found(request: HttpRequest, number: str) -> Consortium:
    rows = queries.consortia_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)


def _member(request: HttpRequest, number: str, member_number: str) -> ConsortiumMember:
    row = _found(request, number)
    return found_or_404(queries.members_of(row), number=member_number)


@router.get("", response={200: PageOf[ConsortiumOut], **ERRORS}, operation_id="list_consortia")
def list_consortia(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """The consortia that the caller may see, newest first."""
    rows = queries.consortia_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after.replace("\x00", ""), limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@router.post("", response={201: ConsortiumOut, **ERRORS}, operation_id="found_consortium")
def found_consortium(request: HttpRequest, data: FoundIn) -> Any:
    """Found a consortium that one's own unit leads."""
    by = api_actor(request)
    return Status(201, actions.found_consortium(by=by, at=request.at, **data.dict()))


@router.get("/{number}", response={200: ConsortiumOut, **ERRORS}, operation_id="read_consortium")
def read_consortium(request: HttpRequest, number: str) -> Consortium:
    """One consortium."""
    return _found(request, number)


@router.post("/{number}/invite", response={201: MemberOut, **ERRORS}, operation_id="invite_member")
def invite_member(request: HttpRequest, number: str, data: InviteIn) -> Any:
    """Ask a unit to join."""
    row = _found(request, number)
    unit = found_or_404(Organisation.objects.all(), number=data.organisation)
    return Status(201, actions.invite_member(
        consortium=row, organisation=unit, task=data.task, by=request.actor, at=request.at
    ))  # fmt: skip


@router.post("/{number}/lead", response={201: MemberOut, **ERRORS}, operation_id="pass_lead")
def pass_lead(request: HttpRequest, number: str, data: LeadIn) -> Any:
    """Ask a member to take the lead."""
    row = _found(request, number)
    unit = found_or_404(Organisation.objects.all(), number=data.organisation)
    return Status(201, actions.pass_lead(
        consortium=row, organisation=unit, by=request.actor, at=request.at
    ))  # fmt: skip


@router.post("/{number}/end", response={200: ConsortiumOut, **ERRORS},
             operation_id="end_consortium")  # fmt: skip
def end_consortium(request: HttpRequest, number: str) -> Consortium:
    """End a consortium."""
    row = _found(request, number)
    return actions.end_consortium(consortium=row, by=request.actor, at=request.at)


@router.post("/{number}/members/{member_number}/answer", response={200: MemberOut, **ERRORS},
             operation_id="answer_membership")  # fmt: skip
def answer_membership(
    request: HttpRequest, number: str, member_number: str, data: AnswerIn
) -> ConsortiumMember:
    """Join, or do not."""
    member = _member(request, number, member_number)
    return actions.answer_membership(
        member=member, accept=data.accept, by=request.actor, at=request.at
    )


@router.post("/{number}/members/{member_number}/leave", response={200: MemberOut, **ERRORS},
             operation_id="end_membership")  # fmt: skip
def end_membership(request: HttpRequest, number: str, member_number: str) -> ConsortiumMember:
    """Leave, or end a membership or an invitation."""
    member = _member(request, number, member_number)
    return actions.end_membership(member=member, by=request.actor, at=request.at)
