"""Pages of matching: ranked offers, verdicts, the ledger, requests, events and plans, consortia."""

from kechuang.matching.pages import (
    consortia,
    events,
    explaining,
    funnel,
    handing,
    introductions,
    liaisons,
    makers,
    matches,
    models,
    plan,
    requests,
    words,
)

urls = [
    *matches.urls, *explaining.urls, *makers.urls, *liaisons.urls, *models.urls, *words.urls,
    *funnel.urls, *requests.urls, *introductions.urls, *handing.urls, *events.urls, *plan.urls,
    *consortia.urls,
]  # fmt: skip
