"""Every write of screenings but money."""

from kechuang.cultivation.actions.screenings.deciding import (
    decide_candidate,
    establish_candidate,
    follow_candidate,
    propose_candidate,
    return_candidate,
    withdraw_candidate,
)
from kechuang.cultivation.actions.screenings.rounds import (
    close_screening,
    enter_candidate,
    open_screening,
    score_candidate,
)

__all__ = [
    "close_screening", "decide_candidate", "enter_candidate", "establish_candidate",
    "follow_candidate", "open_screening", "propose_candidate", "return_candidate",
    "score_candidate", "withdraw_candidate",
]  # fmt: skip
