"""The steps that the clock takes, by name: what the jobs call."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.challenges.actions.awarding import follow_project
from kechuang.challenges.actions.deciding import take_ranking
from kechuang.challenges.actions.opening import close_challenge, open_challenge
from kechuang.challenges.actions.racing import open_gate
from kechuang.challenges.actions.replacing import reopen_decision, replace_award
from kechuang.challenges.models import Challenge

CLOCK_STEPS = {
    "open": open_challenge,
    "close": close_challenge,
    "take_ranking": take_ranking,
    "reopen_decision": reopen_decision,
    "replace_award": replace_award,
    "follow_project": follow_project,
    "open_gate": open_gate,
}


def step_by_clock(*, verb: str, challenge: Challenge, by: Actor, at: datetime) -> None:
    """Take one step of the clock; the step itself locks, checks and refuses."""
    CLOCK_STEPS[verb](challenge=challenge, by=by, at=at)
