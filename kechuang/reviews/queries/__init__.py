"""Reads of the reviews: who sees what, panels and their parts, candidates, scores."""

from kechuang.reviews.queries.candidates import (
    candidates,
    chains_of,
)
from kechuang.reviews.queries.panels import (
    case_facts,
    cases_of,
    criteria_of,
    panel_for,
    pool,
    review_for,
    seat_of,
    seats_of,
)
from kechuang.reviews.queries.scores import (
    open_conflicts,
    progress_of,
    ranking_of,
    score_sheet,
)
from kechuang.reviews.queries.visible import (
    fenced_subjects,
    is_fenced,
    led_panels,
    may_read_case,
    own_reviews,
    panels_visible_to,
    places_on_the_line,
    reviews_visible_to,
    seats_visible_to,
    within,
)

__all__ = [
    "candidates",
    "case_facts",
    "cases_of",
    "chains_of",
    "criteria_of",
    "fenced_subjects",
    "is_fenced",
    "led_panels",
    "may_read_case",
    "open_conflicts",
    "own_reviews",
    "panel_for",
    "panels_visible_to",
    "places_on_the_line",
    "pool",
    "progress_of",
    "ranking_of",
    "review_for",
    "reviews_visible_to",
    "score_sheet",
    "seat_of",
    "seats_of",
    "seats_visible_to",
    "within",
]
