"""What is known of enterprises, and what follows from it."""

from kechuang.cultivation.models.benefits import (
    Batch,
    BatchStage,
    CaseStage,
    Funding,
    Line,
    Policy,
    PolicyExclusion,
    PolicyStage,
    ReclaimCase,
    Stake,
)
from kechuang.cultivation.models.facts import (
    LISTS,
    Certificate,
    Contract,
    Conversion,
    Declaration,
    DeclarationStage,
    Financing,
    Incident,
    Keyed,
    Known,
    Listing,
    Profile,
    Property,
    Source,
    YearlyReturn,
)
from kechuang.cultivation.models.rulesets import RuleVersion, RuleVersionStage
from kechuang.cultivation.models.screenings import (
    Candidate,
    CandidateStage,
    Mark,
    Screening,
    ScreeningJudge,
)
from kechuang.cultivation.models.tiers import Recount, Reminder, Verdict, Visit

__all__ = [
    "Batch", "BatchStage", "CaseStage", "Funding", "Line", "Policy", "PolicyExclusion",
    "PolicyStage", "ReclaimCase", "Stake",
    "LISTS", "Certificate", "Contract", "Conversion", "Declaration", "DeclarationStage",
    "Financing", "Incident", "Keyed", "Known", "Listing", "Profile", "Property", "Recount",
    "Reminder", "Source", "Verdict", "Visit", "YearlyReturn",
    "RuleVersion", "RuleVersionStage",
    "Candidate", "CandidateStage", "Mark", "Screening", "ScreeningJudge",
]  # fmt: skip
