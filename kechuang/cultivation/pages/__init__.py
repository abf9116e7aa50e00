"""Pages of cultivation: each module lists its own addresses."""

from django.urls import URLPattern

from kechuang.cultivation.pages import (
    batches,
    candidates,
    decisions,
    declaring,
    entering,
    enterprise,
    evaluations,
    granted,
    policies,
    rulesets,
    screenings,
    simulating,
)

urls: list[URLPattern] = [
    *entering.urls, *simulating.urls, *rulesets.urls,  # before policies, whose numbers are no words
    *evaluations.urls, *declaring.urls, *enterprise.urls, *policies.urls, *batches.urls,
    *granted.urls, *decisions.urls, *candidates.urls, *screenings.urls,
]  # fmt: skip
