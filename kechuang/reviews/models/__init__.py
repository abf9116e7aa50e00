"""Tables of the reviews: pool, panels, draws, seats, cases, reviews, conflicts, fences, minutes."""

from kechuang.reviews.models.dealing import Assignment
from kechuang.reviews.models.draws import Draw, DrawMember, DrawNonce, DrawStage
from kechuang.reviews.models.panels import (
    Case,
    Criterion,
    Expert,
    Panel,
    PanelStage,
    Seat,
    SeatStage,
)
from kechuang.reviews.models.scores import (
    Conflict,
    Fence,
    Minutes,
    Review,
    ReviewStage,
    Score,
    Submission,
)

__all__ = [
    "Assignment",
    "Case",
    "Conflict",
    "Criterion",
    "Draw",
    "DrawMember",
    "DrawNonce",
    "DrawStage",
    "Expert",
    "Fence",
    "Minutes",
    "Panel",
    "PanelStage",
    "Review",
    "ReviewStage",
    "Score",
    "Seat",
    "SeatStage",
    "Submission",
]
