"""What the API of projects answers and takes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ninja import Field, Schema

from kechuang.doors.api import ListQuery
from kechuang.projects.models import Instalment, OwnReceipt

FEN_MAX = 10**17


class MilestoneOut(Schema):
    """A milestone as it stands."""

    code: str
    title: str
    content: str
    due_date: date
    state: str
    passed_at: datetime | None
    rectify_date: date | None


class InstalmentOut(Schema):
    """An instalment as it stands; the order is empty before it is requested."""

    sequence: int
    gate: str
    milestone: str
    amount_fen: int
    own_due_fen: int
    state: str
    order: str


class LedgerLineOut(Schema):
    """One voucher of the ledger, with the running sums after it."""

    number: str
    at: datetime
    memo_code: str
    cause_number: str
    corrects: str
    debit: str
    credit: str
    amount_fen: int
    public_paid_fen: int
    own_received_fen: int


class ProjectOut(Schema):
    """A project; `inside` is empty for who reads only what the public notice said."""

    number: str
    title: str
    origin_number: str
    state: str
    ended_as: str
    lead_organisation: str
    leader: str
    members: list[str]
    region_path: str
    total_fen: int
    public_fen: int
    own_fen: int
    other_fen: int
    is_frozen: bool
    awarded_at: datetime
    signed_at: datetime | None
    version: int
    milestones: list[MilestoneOut]
    inside: "InsideOut | None"


class InsideOut(Schema):
    """Money of a project: what gates released, what was paid, reclaimed and brought in."""

    approved_fen: int
    released_fen: int
    paid_fen: int
    reclaimed_fen: int
    own_received_fen: int
    other_received_fen: int
    instalments: list[InstalmentOut]
    ledger: list[LedgerLineOut]


class ProjectRow(Schema):
    """A project in a list."""

    number: str
    title: str
    state: str
    lead_organisation: str
    total_fen: int
    public_fen: int
    awarded_at: datetime


class AgreementOut(Schema):
    """One edition of the agreement, with its terms as they are signed."""

    edition: int
    state: str
    total_fen: int
    public_fen: int
    own_fen: int
    other_fen: int
    terms: dict[str, Any]
    terms_hash: str
    reason: str
    return_reason: str
    unit_signed_at: datetime | None
    head_signed_at: datetime | None
    version: int


# --- What is handed in --------------------------------------------------------------------------


class NothingIn(Schema):
    """A verb that needs nothing more."""


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class PlanIn(Schema):
    plan: str = Field(min_length=1, max_length=4000)


class OpinionIn(Schema):
    verdict: str = Field(max_length=12)
    opinion: str = Field(min_length=1, max_length=4000)


class VerdictIn(OpinionIn):
    rectify_date: date | None = None


class AcceptorsIn(Schema):
    acceptors: list[str] = Field(max_length=30, description="person numbers")


class EvidenceIn(Schema):
    """At least one of figure, text and upload (the number of a finished upload)."""

    target_code: str = Field("", max_length=12)
    figure: Decimal | None = Field(None, max_digits=20, decimal_places=6)
    text: str = Field("", max_length=1000)
    upload: str = Field("", max_length=11)


class ReportIn(Schema):
    report: str = Field(min_length=1, max_length=8000)
    evidence: list[EvidenceIn] = Field(max_length=30)


class ReceiptIn(Schema):
    source: OwnReceipt.Source
    amount_fen: int = Field(gt=0, le=FEN_MAX)
    received_date: date
    text: str = Field(min_length=1, max_length=300)
    upload: str = Field(max_length=11, description="the number of a finished upload")


class CorrectionIn(Schema):
    voucher: str = Field(max_length=20)
    amount_fen: int = Field(gt=0, le=FEN_MAX)


class ReclaimIn(Schema):
    amount_fen: int = Field(gt=0, le=FEN_MAX)
    reason: str = Field(min_length=1, max_length=500)


class TargetIn(Schema):
    code: str = Field(min_length=1, max_length=12)
    indicator: str = Field(max_length=120)
    comparator: str = Field(max_length=8)
    value: str = Field(max_length=24)
    unit: str = Field("", max_length=40)
    test_method: str = Field(max_length=300)


class MilestoneIn(Schema):
    code: str = Field(pattern=r"^[A-Z0-9]{1,12}$")
    title: str = Field(max_length=120)
    content: str = Field(max_length=500)
    due_date: date


class InstalmentIn(Schema):
    gate: Instalment.Gate
    milestone: str = Field("", max_length=12)
    amount_fen: int = Field(gt=0, le=FEN_MAX)
    own_due_fen: int = Field(0, ge=0, le=FEN_MAX)


class AgreementIn(Schema):
    """The terms of the next edition; the parties are those of the register."""

    public_fen: int = Field(ge=0, le=FEN_MAX)
    own_fen: int = Field(ge=0, le=FEN_MAX)
    other_fen: int = Field(0, ge=0, le=FEN_MAX)
    since: date
    until: date
    summary: str = Field(max_length=4000)
    reason: str = Field("", max_length=1000)
    targets: list[TargetIn] = Field(max_length=30)
    milestones: list[MilestoneIn] = Field(max_length=30)
    instalments: list[InstalmentIn] = Field(max_length=30)


class ProjectsQuery(ListQuery):
    state: str = Field("", max_length=20)
