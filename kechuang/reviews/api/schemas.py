"""What the API of the reviews takes and answers."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from kechuang.doors.api import ListQuery
from kechuang.reviews import rules
from kechuang.reviews.models import Assignment, Conflict, Draw, Minutes, Panel, Review, Seat

Number = Annotated[str, Field(max_length=40)]
Points = Annotated[int, Field(ge=0, le=rules.POINTS_MAX)]


class CriterionIn(Schema):
    """One weighted criterion; the weights of a panel sum to 100."""

    code: str = Field(max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")
    name: str = Field(min_length=1, max_length=80)
    description: str = Field("", max_length=300)
    weight: int = Field(ge=1, le=100)
    threshold: Points | None = None


class PanelIn(Schema):
    """What planning a panel takes."""

    subject_number: Number
    subject_title: str = Field(min_length=1, max_length=200)
    region: str = Field(max_length=6)
    criteria: list[CriterionIn] = Field(max_length=30)
    pass_mark: Points = rules.PASS_MARK
    trim: int = Field(0, ge=0, le=5)
    conflict_years: int = Field(rules.CONFLICT_YEARS, ge=0, le=10)


class PanelOut(Schema):
    """One panel."""

    number: str
    subject_number: str
    subject_title: str
    region_path: str
    state: str
    state_since: datetime
    secretary: str | None
    chair: str | None
    pass_mark: int
    invite_until: datetime | None
    score_until: datetime | None
    others_from: datetime | None
    consensus_from: datetime | None
    consensus_at: datetime | None
    version: int

    @staticmethod
    def resolve_secretary(row: Panel) -> str | None:
        return row.secretary.number if row.secretary else None

    @staticmethod
    def resolve_chair(row: Panel) -> str | None:
        return row.chair.number if row.chair else None


class PhasesIn(Schema):
    """The dates of a panel; null: not dated."""

    score_until: AwareDatetime | None = None
    others_from: AwareDatetime | None = None
    consensus_from: AwareDatetime | None = None


class OfficersIn(Schema):
    secretary: Number
    chair: Number


class CaseIn(Schema):
    """A case: what an expert may see before declaring, and where its content is."""

    number: Number
    title: str = Field(min_length=1, max_length=200)
    organisation_codes: list[str] = Field(default_factory=list, max_length=50)
    person_numbers: list[str] = Field(default_factory=list, max_length=200)
    url: str = Field("", max_length=200)


class CasesIn(Schema):
    cases: list[CaseIn] = Field(min_length=1, max_length=500)


class ExpertsIn(Schema):
    experts: list[Number] = Field(min_length=1, max_length=100)


class RemarkIn(Schema):
    remark: str = Field("", max_length=5000)


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=300)


class RankedOut(Schema):
    """One row of the ranking; `mean` in points with two decimals."""

    case: str
    title: str
    rank: int
    mean: str
    counted: int
    passed: bool
    below: list[str]
    tie: str


class MinutesOut(Schema):
    """The signed minutes and the hash over their canonical JSON."""

    content: dict[str, Any]
    content_hash: str
    remark: str
    signed_by: str
    signed_at: datetime

    @staticmethod
    def resolve_signed_by(row: Minutes) -> str:
        return row.signed_by.number


class SeatOut(Schema):
    """One expert's seat."""

    number: str
    panel: str
    expert: str
    order: int
    state: str
    state_since: datetime

    @staticmethod
    def resolve_panel(row: Seat) -> str:
        return row.panel.number

    @staticmethod
    def resolve_expert(row: Seat) -> str:
        return row.expert.person.number


class ConflictOut(Schema):
    """One conflict with its evidence."""

    number: str
    review: str
    kind: str
    verdict: str
    evidence: dict[str, str]
    reason: str

    @staticmethod
    def resolve_review(row: Conflict) -> str:
        return row.review.number


class DecideIn(Schema):
    is_conflict: bool
    reason: str = Field(min_length=1, max_length=500)


class FenceIn(Schema):
    """The subject from which the actor asks to be fenced."""

    subject_number: Number
    ground: str = Field("", max_length=500)


class FenceOut(Schema):
    subject_number: str
    kind: str
    since: datetime


class ReviewOut(Schema):
    """One review; points by criterion, total in points with two decimals once handed in."""

    number: str
    panel: str
    case: str
    title: str
    organisation_codes: list[str]
    person_numbers: list[str]
    content_url: str
    state: str
    state_since: datetime
    points: dict[str, int]
    total: str
    opinion: str
    is_deviating: bool
    explanation: str
    version: int

    @staticmethod
    def resolve_panel(row: Review) -> str:
        return row.case.panel.number

    @staticmethod
    def resolve_case(row: Review) -> str:
        return row.case.number

    @staticmethod
    def resolve_title(row: Review) -> str:
        return row.case.title

    @staticmethod
    def resolve_organisation_codes(row: Review) -> list[str]:
        return row.case.organisation_codes

    @staticmethod
    def resolve_person_numbers(row: Review) -> list[str]:
        return row.case.person_numbers

    @staticmethod
    def resolve_content_url(row: Review) -> str:
        return row.case.content_url

    @staticmethod
    def resolve_total(row: Review) -> str:
        return row.total_text

    @staticmethod
    def resolve_points(row: Review) -> dict[str, int]:
        return getattr(row, "points", {})


class DeclareIn(Schema):
    conflict: bool
    ground: str = Field("", max_length=500)


class SheetIn(Schema):
    """A score sheet, as far as it is filled."""

    points: dict[str, Points | None] = Field(default_factory=dict)
    opinion: str = Field("", max_length=5000)


class ExplainIn(Schema):
    explanation: str = Field(min_length=1, max_length=2000)


class ReviewQuery(ListQuery):
    panel: str = Field("", max_length=20)
    state: str = Field("", max_length=10)


class PanelQuery(ListQuery):
    state: str = Field("", max_length=10)
    subject: str = Field("", max_length=40)


class OperatorIn(Schema):
    """Who draws the experts of a panel."""

    operator: Number


class DrawIn(Schema):
    """What is fixed before a draw; people by number, times with their offset."""

    seats: int = Field(ge=rules.REVIEWS_MIN, le=rules.SEATS_MAX)
    fields: list[Annotated[str, Field(max_length=60)]] = Field([], max_length=50)
    witnesses: list[Number] = Field(max_length=rules.WITNESSES_MAX)
    commit_until: AwareDatetime
    reveals_until: AwareDatetime
    public_at: AwareDatetime
    source: str = Field(min_length=1, max_length=200)
    fallback: str = Field(min_length=1, max_length=200)
    suite: Literal["intl", "gm"] = "intl"


class CommitmentIn(Schema):
    commitment: str = Field(max_length=80)


class NonceIn(Schema):
    nonce: str = Field(max_length=80)


class ValueIn(Schema):
    """The public value as it was published."""

    value: str = Field(min_length=1, max_length=200)
    used_fallback: bool = False


class DrawOut(Schema):
    """One draw: state, what was fixed, when what follows is due, the value and seed once drawn."""

    number: str
    panel: str
    subject_number: str
    state: str
    seats: int
    suite: str
    pool_hash: str
    cases_root: str
    pool_at: datetime
    commit_until: datetime
    reveals_until: datetime
    public_at: datetime
    source: str
    fallback: str
    used_fallback: bool
    public_value: str
    seed: str
    drawn_at: datetime | None

    @staticmethod
    def resolve_panel(row: Draw) -> str:
        return row.panel.number

    @staticmethod
    def resolve_subject_number(row: Draw) -> str:
        return row.panel.subject_number


class DealingIn(Schema):
    """So many experts for each case, so many cases for each expert; both or neither."""

    reviews_per_case: int | None = Field(None, ge=rules.REVIEWS_MIN, le=rules.SEATS_MAX)
    load_max: int | None = Field(None, ge=1, le=500)


class DealIn(Schema):
    objective: Literal["total", "fair"] = "fair"


class AssignmentOut(Schema):
    """One dealing: seats and cases by place in `problem` and `result`."""

    number: str
    objective: str
    seats: list[str]
    cases: list[str]
    problem: dict[str, Any]
    result: dict[str, Any]
    problem_hash: str
    made_at: datetime

    @staticmethod
    def resolve_problem(row: Assignment) -> dict[str, Any]:
        return dict(json.loads(row.problem))

    @staticmethod
    def resolve_result(row: Assignment) -> dict[str, Any]:
        return dict(json.loads(row.result))
