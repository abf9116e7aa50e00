"""Reads of matching: ranked offers with reasons, introductions, and the ledger."""

from kechuang.matching.queries.answered import AnsweredNeed, needs_answered_by
from kechuang.matching.queries.candidates import index_for, suggestions_for
from kechuang.matching.queries.introductions import (
    Filters,
    Hands,
    Row,
    capacity_of,
    hands_of,
    introductions_listed,
    introductions_made,
    ledger_page,
    liaisons_for,
    liaisons_under,
    load_of,
    paused_until,
    places_on_the_line,
    visible_to,
)
from kechuang.matching.queries.matches import (
    RankedOffer,
    live_needs,
    needs_without_verdict,
    place_of,
    ranked_offers_for,
    ranking_of,
)

__all__ = [
    "AnsweredNeed",
    "Filters",
    "Hands",
    "RankedOffer",
    "Row",
    "capacity_of",
    "hands_of",
    "index_for",
    "introductions_listed",
    "introductions_made",
    "ledger_page",
    "liaisons_for",
    "liaisons_under",
    "live_needs",
    "load_of",
    "needs_answered_by",
    "needs_without_verdict",
    "paused_until",
    "place_of",
    "places_on_the_line",
    "ranked_offers_for",
    "ranking_of",
    "suggestions_for",
    "visible_to",
]
