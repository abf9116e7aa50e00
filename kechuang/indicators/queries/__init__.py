"""Reads of indicators that have more than one caller."""

from kechuang.indicators.queries.comparing import (
    comparable_indicators,
    compare,
    county_values,
)
from kechuang.indicators.queries.definitions import (
    indicator_by_code,
    indicator_named,
    indicators,
    indicators_by_group,
)
from kechuang.indicators.queries.observing import (
    best_of,
    current,
    earlier_of,
    figures,
    headline,
    known_on,
    latest_by_indicator,
    period_for,
    region_in_force,
    series,
    stated_together,
    subject_of_code,
    target_for,
    unpublished,
    vintages,
    visible_to,
)

__all__ = [
    "best_of",
    "comparable_indicators",
    "compare",
    "county_values",
    "current",
    "earlier_of",
    "figures",
    "headline",
    "indicator_by_code",
    "indicator_named",
    "indicators",
    "indicators_by_group",
    "known_on",
    "latest_by_indicator",
    "period_for",
    "region_in_force",
    "series",
    "stated_together",
    "subject_of_code",
    "target_for",
    "unpublished",
    "vintages",
    "visible_to",
]
