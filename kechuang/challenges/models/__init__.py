"""Tables of challenges and bids."""

from kechuang.challenges.models.bid import (
    Attachment,
    Bid,
    BidCheck,
    BidMember,
    BidPerson,
    BidStage,
    Receipt,
    SealedContent,
)
from kechuang.challenges.models.challenge import (
    Challenge,
    ChallengeStage,
    Criterion,
    FitAnswer,
    Ruleset,
    Target,
)
from kechuang.challenges.models.course import (
    Amendment,
    Approval,
    ArgumentSeat,
    IssuerChoice,
    Opening,
    Presence,
    Proposal,
    Question,
)
from kechuang.challenges.models.custody import (
    Custodian,
    LockedDraft,
    OpeningSession,
    PostedShare,
    PriceOpening,
    SealedEnvelope,
)
from kechuang.challenges.models.form import FormField
from kechuang.challenges.models.money import BudgetLine, Reservation
from kechuang.challenges.models.race import Gate, GateTeam

__all__ = [
    "Amendment", "Approval", "ArgumentSeat", "Attachment", "Bid", "BidCheck", "BidMember",
    "BidPerson", "BidStage", "BudgetLine", "Challenge", "ChallengeStage", "Criterion", "Custodian",
    "FitAnswer", "FormField", "Gate", "GateTeam", "IssuerChoice", "LockedDraft", "Opening",
    "OpeningSession", "PostedShare", "Presence", "PriceOpening", "Proposal", "Question", "Receipt",
    "Reservation", "Ruleset", "SealedContent", "SealedEnvelope", "Target",
]
