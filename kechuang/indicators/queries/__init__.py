"""Reads of indicators that have more than one caller."""

from kechuang.indicators.queries.comparing import (
    comparable_indicators,
    compare,
    county_values,
    subjects_with_figures,
)
from kechuang.indicators.queries.definitions import (
    indicator_by_code,
    indicator_named,
    indicators,
    indicators_by_group,
)
from kechuang.indicators.queries.figures import Figure, figures, headline
from kechuang.indicators.queries.ladder import Rung, ladder, ladder_below, tier_indicators
from kechuang.indicators.queries.observing import (
    best_of,
    current,
    earlier_of,
    known_on,
    latest_by_indicator,
    period_for,
    region_in_force,
    series,
    stated_together,
    subject_of_code,
    target_for,
    targets_of,
    unpublished,
    vintages,
    visible_to,
)
from kechuang.indicators.queries.words import chart_of, name_of, parts_of, period_words, signed

__all__ = [
    "Rung", "ladder", "ladder_below", "tier_indicators",
    "Figure", "best_of", "chart_of", "comparable_indicators", "compare", "county_values", "current",
    "earlier_of", "figures", "headline", "indicator_by_code", "indicator_named", "indicators",
    "indicators_by_group", "known_on", "latest_by_indicator", "name_of", "parts_of",
    "period_for", "period_words", "region_in_force", "series", "signed", "stated_together",
    "subject_of_code", "subjects_with_figures", "target_for", "targets_of", "unpublished",
    "vintages", "visible_to",
]  # fmt: skip
