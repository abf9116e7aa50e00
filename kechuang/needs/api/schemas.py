"""Shapes of the needs' API."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from kechuang.base.actor import Actor
from kechuang.base.money import FEN_PER_WAN
from kechuang.base.time import shanghai_date
from kechuang.doors.api import ListQuery
from kechuang.needs import queries, rules
from kechuang.needs.models import Attachment, Mark, Need, NeedStage
from kechuang.needs.rules import Sight


class TargetIO(Schema):
    """One thing that can be tested. Numbers are texts, so that none is rounded on the way."""

    name: str = ""
    comparison: str = Field("", description="AT_LEAST, AT_MOST, EQUAL or RANGE")
    value: str = ""
    value_high: str = ""
    unit: str = ""
    test_method: str = ""


class DraftIn(Schema):
    """What a draft holds; anything may be missing until it is submitted."""

    title: str = ""
    body: str = ""
    chain: str = ""
    keywords: list[str] = []
    budget_fen: int | None = Field(None, ge=0, le=10**17)
    budget_is_right: bool = Field(False, description="keeps an unusual budget as it is")
    due_date: date | None = None
    publication: str = Field("", description="PUBLIC, REDACTED or CLOSED")
    contact: str = Field("", description="the number of a person of the unit")
    targets: list[TargetIO] = Field([], max_length=40)

    def typed(self) -> dict[str, Any]:
        """The draft as one would have typed it."""
        budget = ""
        if self.budget_fen is not None:
            budget = rules.wan_text(self.budget_fen).replace(",", "")
            if self.budget_fen % FEN_PER_WAN and "." not in budget:
                budget = f"{self.budget_fen / FEN_PER_WAN:.6f}"
        return {
            "title": self.title,
            "body": self.body,
            "chain": self.chain,
            "keywords": "、".join(self.keywords),
            "budget": budget,
            "budget_is_right": budget if self.budget_is_right else "",
            "due": self.due_date.isoformat() if self.due_date else "",
            "publication": self.publication,
            "contact": self.contact,
            "targets": [target.dict() for target in self.targets],
        }


class SignIn(Schema):
    """The unit's signature: consent to the publication level, which may be changed here."""

    consent: bool
    publication: str = ""


class MarkIO(Schema):
    """A field to mend, with words."""

    field: str
    words: str


class ReturnIn(Schema):
    marks: list[MarkIO]
    note: str = ""


class PassIn(Schema):
    upward: bool = Field(False, description="the city asks the province to look too")
    note: str = ""


class MergeIn(Schema):
    into: str = Field(description="the number of the need that goes on")
    note: str = ""


class ReasonIn(Schema):
    reason: str


class SolveIn(ReasonIn):
    cause_number: str = Field("", max_length=40)


class AttachIn(Schema):
    upload: str = Field(description="the number of one's own finished upload")


class AttachmentOut(Schema):
    number: str
    name: str
    size: int
    media_type: str
    added_at: datetime

    @staticmethod
    def resolve_size(row: Attachment) -> int:
        return row.blob.size

    @staticmethod
    def resolve_media_type(row: Attachment) -> str:
        return row.blob.media_type


class StageOut(Schema):
    """One stage; who acted is told to those inside only."""

    stage: str
    since: datetime
    by_person: str
    by_role: str
    note: str


class SimilarOut(Schema):
    number: str
    title: str
    state: str
    likeness_percent: int


class NeedOut(Schema):
    """A need as far as this reader sees it: what `extent` does not open is null."""

    number: str
    version: int
    state: str
    extent: str
    title: str | None
    body: str | None
    chain: str | None
    keywords: list[str] | None
    budget_fen: int | None
    due_date: date | None
    publication: str
    region: str
    organisation: str | None
    organisation_name: str | None
    targets: list[TargetIO] | None
    since: datetime
    until: datetime | None
    submitted_at: datetime | None
    accepted_at: datetime | None
    confirmed_at: datetime | None
    reconfirm_at: datetime | None
    expires_at: datetime | None
    merged_into: str | None
    challenge_number: str
    marks: list[MarkIO]


class NeedQuery(ListQuery):
    """How the list is narrowed."""

    region: str = Field("", max_length=6)
    state: str = Field("", max_length=20)
    chain: str = Field("", max_length=30)
    q: str = Field("", max_length=100)
    mine: bool = False


class ImportedOut(Schema):
    created: int
    updated: int
    unchanged: int


def need_out(need: Need, sight: Sight, marks: list[Mark], at: datetime) -> dict[str, Any]:
    """A need as this reader sees it; a draft as it was typed, as far as it can be read."""
    said = need.typed if need.typed and sight.is_inside else {}
    written: Need | rules.Content = need
    if said:
        written, _problems = rules.read_typed(said, shanghai_date(at))
    owner = (need.organisation.name,)
    inside = sight.organisation
    body = need.body if inside else rules.without_names(need.body, owner)
    return {
        "number": need.number,
        "version": need.version,
        "state": need.state,
        "extent": sight.extent.value,
        "title": need.title if sight.summary else None,
        "body": (said.get("body", body) if said else body) if sight.summary else None,
        "chain": (said.get("chain") or need.chain) if sight.summary else None,
        "keywords": list(rules.keywords_of(said.get("keywords")) if said else need.keywords)
        if sight.summary else None,
        "budget_fen": written.budget_fen if sight.summary else None,
        "due_date": written.due_date if sight.summary else None,
        "publication": said.get("publication") or need.publication,
        "region": need.region_path.rsplit("/", 1)[-1],
        "organisation": need.organisation.code if inside else None,
        "organisation_name": need.organisation.name if inside else None,
        "targets": (said.get("targets") or queries.targets_of(need)) if sight.targets else None,
        "since": need.since,
        "until": need.until if sight.is_inside else None,
        "submitted_at": need.submitted_at,
        "accepted_at": need.accepted_at,
        "confirmed_at": need.confirmed_at,
        "reconfirm_at": need.reconfirm_at if sight.is_inside else None,
        "expires_at": need.expires_at,
        "merged_into": need.merged_into.number if need.merged_into and sight.is_inside else None,
        "challenge_number": need.challenge_number,
        "marks": [{"field": mark.field, "words": mark.words} for mark in marks],
    }  # fmt: skip


def stage_out(stage: NeedStage, sight: Sight) -> dict[str, Any]:
    return {
        "stage": stage.stage,
        "since": stage.since,
        "by_person": stage.by_person if sight.is_inside else "",
        "by_role": stage.by_role,
        "note": stage.note_public if sight.is_inside else "",
    }


def one_need(need: Need, actor: Actor, at: datetime) -> dict[str, Any]:
    """A need and its open marks, for an answer."""
    sight = queries.sight_on(need, actor, at)
    marks = list(queries.open_marks(need)) if sight.is_inside else []
    return need_out(need, sight, marks, at)
