"""What the API of challenges and bids takes and answers. Money in fen, instants with offset."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from kechuang.challenges.api.form import Answers, FieldIn
from kechuang.challenges.models import (
    ArgumentSeat,
    Bid,
    BidCheck,
    Challenge,
    Receipt,
    Target,
)
from kechuang.challenges.queries import form_of, live_proposals
from kechuang.challenges.rules.form import FIELDS_MAX, as_told

FEN_MAX = 10**15
Fen = Annotated[int, Field(ge=0, le=FEN_MAX)]
Number = Annotated[str, Field(max_length=20)]
Short = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class NothingIn(Schema):
    """A verb that takes nothing but its object."""


class ReasonIn(Schema):
    reason: Words


class RelistIn(ReasonIn):
    """Why there is a new round, and in which mode, if not in the same."""

    mode: Annotated[str, Field(max_length=30)] = ""


class GroundIn(Schema):
    """With whom and how one is tied."""

    ground: Annotated[str, Field(min_length=1, max_length=500)]


class TargetIn(Schema):
    """One target: indicator, comparison, value with unit, how and by whom it is tested."""

    indicator: Annotated[str, Field(min_length=1, max_length=60)]
    comparison: Target.Comparison
    value: Annotated[Decimal, Field(max_digits=20, decimal_places=6)]
    value_to: Annotated[Decimal, Field(max_digits=20, decimal_places=6)] | None = None
    unit: Annotated[str, Field(min_length=1, max_length=30)]
    test_method: Short
    tester: Annotated[str, Field(min_length=1, max_length=100)]


class CriterionIn(Schema):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    weight: Annotated[int, Field(ge=1, le=100)]
    threshold: Annotated[int, Field(ge=0, le=100)] | None = None


class ChallengeNew(Schema):
    """The need that a challenge is made from, and the organising mode."""

    need: Number
    mode: Annotated[str, Field(max_length=30)] = "OPEN"


class ChallengeIn(Schema):
    """A draft or an amendment: what is left out stays as it is."""

    title: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    summary: Annotated[str, Field(max_length=4000)] | None = None
    expert_fields: Annotated[str, Field(max_length=200)] | None = None
    conflict_rules: Annotated[str, Field(max_length=4000)] | None = None
    total_fen: Fen | None = None
    public_fen: Fen | None = None
    own_fen: Fen | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    opens_at: AwareDatetime | None = None
    deadline_at: AwareDatetime | None = None
    secretary: Number | None = Field(None, description="a person's number")
    chair: Number | None = Field(None, description="a person's number")
    invited: Annotated[str, Field(max_length=18)] | None = Field(
        None, description="the credit code of the unit that a direct commission names"
    )
    invited_reason: Annotated[str, Field(max_length=2000)] | None = None
    targets: Annotated[list[TargetIn], Field(max_length=30)] | None = None
    criteria: Annotated[list[CriterionIn], Field(max_length=20)] | None = None
    form: Annotated[list[FieldIn], Field(max_length=FIELDS_MAX)] | None = None


class AmendmentIn(ChallengeIn):
    reason: Words


class FitAnswerIn(Schema):
    question: Annotated[str, Field(max_length=30)]
    yes: bool
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class FitIn(Schema):
    answers: Annotated[list[FitAnswerIn], Field(max_length=10)]


class ArgumentIn(Schema):
    """The experts of an argument and their lead, by person number."""

    experts: Annotated[list[Number], Field(min_length=1, max_length=30)]
    lead: Number


class OpinionIn(Schema):
    verdict: ArgumentSeat.Verdict
    opinion: Annotated[str, Field(min_length=1, max_length=4000)]


class AuthoriseIn(Schema):
    budget_line: Number


class BudgetLineIn(Schema):
    code: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    year: Annotated[int, Field(ge=2000, le=2100)]
    amount_fen: Annotated[int, Field(ge=1, le=FEN_MAX)]


class BudgetLineOut(Schema):
    number: str
    code: str
    name: str
    year: int
    region_path: str
    amount_fen: int
    reserved_fen: int


class QuestionIn(Schema):
    text: Annotated[str, Field(min_length=1, max_length=1000)]


class AnswerIn(Schema):
    answer: Annotated[str, Field(min_length=1, max_length=4000)]


class QuestionOut(Schema):
    """A question and its answer; who asked is in no answer of the API."""

    number: str
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


class ChoiceIn(Schema):
    bid: Number
    reason: Words


class ProposalIn(Schema):
    """Who is awarded: one bid, or in a mode with several a list; and the reserve in its order."""

    bid: Annotated[str, Field(max_length=20)] = ""
    bids: Annotated[list[Number], Field(max_length=50)] = []
    reserve: Annotated[str, Field(max_length=20)] = ""
    reserves: Annotated[list[Number], Field(max_length=50)] = []
    reason: Words


class NoteIn(Schema):
    note: Annotated[str, Field(max_length=2000)] = ""


class TargetOut(Schema):
    place: int
    indicator: str
    comparison: str
    value: Decimal
    value_to: Decimal | None
    unit: str
    test_method: str
    tester: str


class CriterionOut(Schema):
    code: str
    name: str
    weight: int
    threshold: int | None


class RulesetOut(Schema):
    version: int
    sha256: str
    published_at: datetime


class ChallengeRow(Schema):
    """A challenge in a list. How many bids there are stands nowhere."""

    number: str
    mode: str
    state: str
    since: datetime
    round: int
    title: str
    issuer: str
    need: str
    region_path: str
    total_fen: int
    public_fen: int
    own_fen: int
    months: int
    opens_at: datetime | None
    deadline_at: datetime | None
    project_number: str
    version: int

    @staticmethod
    def resolve_issuer(row: Challenge) -> str:
        return row.issuer.code

    @staticmethod
    def resolve_need(row: Challenge) -> str:
        return row.need.number


class AwardOut(Schema):
    """An award on public notice, or final with its project."""

    notice: str
    project: str
    public_fen: int


class ChallengeOut(ChallengeRow):
    """A whole challenge as this reader may see it."""

    summary: str
    expert_fields: str
    conflict_rules: str
    mode_version: int
    winners_max: int
    invited: str
    invited_reason: str
    awards: list[AwardOut]
    targets: list[TargetOut]
    criteria: list[CriterionOut]
    form: list[dict[str, Any]]
    rulesets: list[RulesetOut]

    @staticmethod
    def resolve_invited(row: Challenge) -> str:
        return row.invited.code if row.invited else ""

    @staticmethod
    def resolve_awards(row: Challenge) -> list[dict[str, Any]]:
        return [
            {"notice": one.notice_number, "project": one.project_number,
             "public_fen": one.public_fen}
            for one in live_proposals(row) if one.notice_number
        ]

    @staticmethod
    def resolve_targets(row: Challenge) -> list[Target]:
        return list(row.targets.all())

    @staticmethod
    def resolve_criteria(row: Challenge) -> list[Any]:
        return list(row.criteria.all())

    @staticmethod
    def resolve_form(row: Challenge) -> list[dict[str, Any]]:
        return [as_told(one) for one in form_of(row)]

    @staticmethod
    def resolve_rulesets(row: Challenge) -> list[Any]:
        return list(row.rulesets.all())


class CommitmentIn(Schema):
    target: Annotated[str, Field(max_length=10, description="the target's place")]
    value: Annotated[str, Field(max_length=200)] = ""
    how: Annotated[str, Field(max_length=500)] = ""


class TeamIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    role: Annotated[str, Field(max_length=60)] = ""
    organisation: Annotated[str, Field(max_length=120)] = ""
    task: Annotated[str, Field(max_length=300)] = ""


class MilestoneIn(Schema):
    title: Annotated[str, Field(min_length=1, max_length=120)]
    due: date
    evidence: Annotated[str, Field(max_length=500)] = ""
    public_fen: Fen = 0


class BudgetIn(Schema):
    total_fen: Fen = 0
    public_fen: Fen = 0
    own_fen: Fen = 0
    other_fen: Fen = 0
    signing_fen: Fen = 0


class ProposalContent(Schema):
    """The content of a bid: encrypted as it arrives."""

    title: Annotated[str, Field(max_length=120)] = ""
    summary: Annotated[str, Field(max_length=2000)] = ""
    route: Annotated[str, Field(max_length=20_000)] = ""
    basis: Annotated[str, Field(max_length=8000)] = ""
    commitments: Annotated[list[CommitmentIn], Field(max_length=30)] = []
    team: Annotated[list[TeamIn], Field(max_length=100)] = []
    milestones: Annotated[list[MilestoneIn], Field(max_length=24)] = []
    budget: BudgetIn = BudgetIn()
    answers: Answers = {}

    def plain(self) -> dict[str, Any]:
        """The content as it is kept: texts, integers, ISO dates."""
        return self.model_dump(mode="json")


class BidIn(Schema):
    """A draft as written so far; what is left out stays as it is."""

    content: ProposalContent | None = None
    lead: Number | None = Field(None, description="a person's number")
    members: Annotated[list[Annotated[str, Field(max_length=18)]], Field(max_length=30)] | None = (
        Field(None, description="credit codes")
    )
    people: Annotated[list[Number], Field(max_length=100)] | None = None
    other_public: bool | None = None
    other_public_note: Annotated[str, Field(max_length=300)] | None = None


class MemberOut(Schema):
    organisation: str
    confirmed_at: datetime | None


class BidOut(Schema):
    """The envelope of a bid. Its content is read by its own address, never repeated here."""

    number: str
    challenge: str
    organisation: str
    lead: str
    state: str
    since: datetime
    form_version: str
    content_version: int
    signed_version: int
    signed_at: datetime | None
    sealed_at: datetime | None
    other_public: bool | None
    members: list[MemberOut]
    rank: int | None
    score_hundredths: int | None
    passed: bool
    version: int

    @staticmethod
    def resolve_challenge(row: Bid) -> str:
        return row.challenge.number

    @staticmethod
    def resolve_organisation(row: Bid) -> str:
        return row.organisation.code

    @staticmethod
    def resolve_lead(row: Bid) -> str:
        return row.lead.number

    @staticmethod
    def resolve_members(row: Bid) -> list[dict[str, Any]]:
        return [
            {"organisation": one.organisation.code, "confirmed_at": one.confirmed_at}
            for one in row.members.select_related("organisation")
        ]


class ContentOut(Schema):
    """The content of a bid, for who may read it now."""

    bid: str
    content: dict[str, Any]


class ReceiptOut(Schema):
    number: str
    kind: str
    at: datetime
    content_version: int
    hash: str = Field(description="the hash of the fingerprint in `sha256`: sha256, or sm3")
    sha256: str
    rules_sha256: str
    record_entry: str

    @staticmethod
    def resolve_hash(row: Receipt) -> str:
        return row.bid.challenge.seal_hash

    @staticmethod
    def resolve_rules_sha256(row: Receipt) -> str:
        return row.ruleset_sha256

    @staticmethod
    def resolve_record_entry(row: Receipt) -> str:
        return row.entry_number


class CheckIn(Schema):
    verdict: BidCheck.Verdict
    reason: Annotated[str, Field(max_length=2000)] = ""


class CorrectionIn(Schema):
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class UnsealIn(Schema):
    """Shares in hexadecimal, by the envelope's fingerprint and the custodian's place."""

    shares: Annotated[dict[str, dict[str, str]], Field(max_length=1000)] = {}


class OpeningOut(Schema):
    at: datetime
    sha256: str


def challenge_answer(challenge: Challenge) -> Challenge:
    """The challenge as it is after an act, with what its schema names."""
    return Challenge.objects.select_related("issuer", "need", "invited").get(pk=challenge.pk)


class CriterionFeedbackOut(Schema):
    """One criterion of a feedback: the mean of all counted points, in points with two decimals."""

    name: str
    weight: int
    threshold: int | None
    mean: str
    below: bool

    @staticmethod
    def resolve_mean(row: Any) -> str:
        return str(row.mean_text)

    @staticmethod
    def resolve_below(row: Any) -> bool:
        return bool(row.is_below)


class ReviewFeedbackOut(Schema):
    """What the signed minutes say of a bid; opinions without names, in no order of seats."""

    rank: int
    of: int
    mean: str
    pass_mark: int
    passed: bool
    counted: int
    trim: int
    criteria: list[CriterionFeedbackOut]
    opinions: list[str]
    minutes_hash: str
    signed_at: datetime

    @staticmethod
    def resolve_mean(row: Any) -> str:
        return str(row.mean_text)

    @staticmethod
    def resolve_passed(row: Any) -> bool:
        return bool(row.is_passed)


class FeedbackOut(Schema):
    """The feedback of a bid; `review` is missing where it was not reviewed, `checks` says why."""

    bid: str
    state: str
    checks: list[str]
    review: ReviewFeedbackOut | None
