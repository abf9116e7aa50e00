"""Pure decisions of challenges and bids: the table of states, rights, checks, refusals."""

from kechuang.challenges.rules import (
    allocating,
    bids,
    custody,
    deciding,
    drafting,
    form,
    modes,
    proposal,
    racing,
    sealing,
    table,
)
from kechuang.challenges.rules.bids import BidFacts, BidState
from kechuang.challenges.rules.refusals import BidRefused, ChallengeRefused
from kechuang.challenges.rules.table import ChallengeFacts, State, may

__all__ = [
    "BidFacts", "BidRefused", "BidState", "ChallengeFacts", "ChallengeRefused", "State",
    "allocating", "bids", "custody", "deciding", "drafting", "form", "may", "modes", "proposal",
    "racing", "sealing", "table",
]
