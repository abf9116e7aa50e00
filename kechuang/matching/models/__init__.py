"""Tables of matching: ranked offers and verdicts, the ledger of introductions, events, outcomes."""

from kechuang.matching.models.events import (
    Event,
    EventStage,
    EventTable,
    Invitation,
    Outcome,
    Seat,
    SignUp,
    Sitting,
)
from kechuang.matching.models.introductions import (
    AskedIntroduction,
    ContactRow,
    Credit,
    HandOver,
    Impression,
    Introduction,
    IntroductionStage,
    Liaison,
    Match,
    Ranking,
    Verdict,
)
from kechuang.matching.models.learning import Lookup, ModelUse, RankingModel

__all__ = [
    "ContactRow",
    "Credit",
    "Event",
    "EventStage",
    "EventTable",
    "HandOver",
    "Impression",
    "Introduction",
    "AskedIntroduction",
    "IntroductionStage",
    "Invitation",
    "Liaison",
    "Lookup",
    "ModelUse",
    "Match",
    "Outcome",
    "Ranking",
    "RankingModel",
    "Seat",
    "SignUp",
    "Sitting",
    "Verdict",
]
