"""Pages of cultivation: each module lists its own addresses."""

from django.urls import URLPattern

from kechuang.cultivation.pages import (
    batches,
    declaring,
    enterprise,
    evaluations,
    granted,
    policies,
    rulesets,
    simulating,
)

urls: list[URLPattern] = [
    *simulating.urls, *rulesets.urls,  # before policies, whose numbers are no words
    *evaluations.urls, *declaring.urls, *enterprise.urls, *policies.urls, *batches.urls,
    *granted.urls,
]  # fmt: skip
