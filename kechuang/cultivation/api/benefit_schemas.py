"""The shapes of policies, batches, lines and reclaim cases in the API."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Field, Schema

from kechuang.base.money import LARGEST_FEN
from kechuang.cultivation.rules.benefits import FundingTyped, PolicyTyped, StakeTyped


class ClauseIn(Schema):
    """One clause as the document words it."""

    article: str = Field("", max_length=60)
    text: str = Field(min_length=1, max_length=2000)


class PolicyIn(Schema):
    """A policy as its document says it."""

    title: str = Field(min_length=1, max_length=200)
    title_en: str = Field("", max_length=200)
    document_title: str = Field(min_length=1, max_length=300)
    document_number: str = Field("", max_length=120)
    issuer: str = Field("", max_length=120)
    clauses: list[ClauseIn] = Field(max_length=60)
    rule_set: str = Field(max_length=60)
    department: str = Field(min_length=1, max_length=120)
    payer: str = Field(min_length=1, max_length=200)
    instrument: Literal["GRANT", "EQUITY"]
    shortfall: Literal["PRO_RATA", "RANKING"] = "PRO_RATA"
    ranking_criterion: str = Field("", max_length=60)
    notice_days: int = Field(5, ge=1, le=60)
    excludes: list[str] = Field(default_factory=list, max_length=20)

    def typed(self) -> PolicyTyped:
        said = self.model_dump()
        said["clauses"] = tuple((one.article, one.text) for one in self.clauses)
        return PolicyTyped(**said | {"excludes": tuple(self.excludes)})


class FundingIn(Schema):
    """One period of a policy."""

    period: str = Field(min_length=1, max_length=20, pattern=r"^[0-9A-Za-z\-]+$")
    as_of_date: date
    since: date
    until: date
    budget_fen: int = Field(ge=1, le=LARGEST_FEN)

    def typed(self) -> FundingTyped:
        return FundingTyped(**self.model_dump())


class BudgetIn(Schema):
    """A period's money."""

    budget_fen: int = Field(ge=1, le=LARGEST_FEN)


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class NothingIn(Schema):
    """A step that takes nothing but its name."""


class TakeOutIn(Schema):
    """Which objection that held, and why."""

    objection: str = Field(max_length=20)
    reason: str = Field(min_length=1, max_length=500)


class StakeIn(Schema):
    """The terms of a share."""

    valuation_fen: int = Field(ge=1, le=LARGEST_FEN)
    holder: str = Field(max_length=200)
    exit_condition: str = Field(max_length=500)
    exit_date: date

    def typed(self) -> StakeTyped:
        return StakeTyped(**self.model_dump())


class AnswerIn(Schema):
    """What the enterprise says."""

    answer: str = Field(max_length=4000)


class DecideIn(Schema):
    """The decision of a case."""

    verdict: Literal["RECLAIM", "DROP"]
    decision: str = Field(min_length=1, max_length=2000)


class FundingOut(Schema):
    """A period's money: budget, reserved, paid, left."""

    number: str
    period: str
    as_of_date: date
    since: date
    until: date
    budget_fen: int
    reserved_fen: int
    paid_fen: int
    left_fen: int


class PolicyRow(Schema):
    """A policy in a list."""

    number: str
    title: str
    title_en: str
    document_title: str
    document_number: str
    rule_set: str
    department: str
    instrument: str
    state: str
    version: int


class PolicyOut(PolicyRow):
    """A policy with its clauses and periods."""

    issuer: str
    clauses: list[list[str]]
    payer: str
    shortfall: str
    ranking_criterion: str
    notice_days: int
    excludes: list[str]
    fundings: list[FundingOut]


class BatchOut(Schema):
    """A batch: its sums and its fingerprint."""

    number: str
    policy: str
    period: str
    state: str
    until: datetime | None
    rule_version: str
    computed_at: datetime
    total_fen: int
    line_count: int
    left_fen: int
    notice_number: str
    content_hash: str
    asked: list[dict[str, Any]]
    version: int


class StakeOut(Schema):
    """A share and its way out."""

    number: str
    state: str
    amount_fen: int
    valuation_fen: int
    holder: str
    exit_condition: str
    exit_date: date


class BenefitOut(Schema):
    """One enterprise in a batch: what, from what, and why."""

    number: str
    batch: str
    policy: str
    period: str
    organisation: str
    outcome: str
    reason: str
    facts: dict[str, Any]
    entitled_fen: int
    settled_fen: int
    amount_fen: int
    state: str
    paid_at: datetime | None
    stake: StakeOut | None


class CaseOut(Schema):
    """A reclaim case: how much, which data, the answer and the decision."""

    number: str
    benefit: str
    organisation: str
    state: str
    until: datetime | None
    entitled_then_fen: int
    entitled_now_fen: int
    amount_fen: int
    changes: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    answer: str
    decision: str
    version: int
