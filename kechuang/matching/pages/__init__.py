"""Pages of matching: ranked offers, verdicts, the ledger, requests, events and plans, consortia."""

from kechuang.matching.pages import (
    consortia,
    events,
    funnel,
    handing,
    introductions,
    liaisons,
    matches,
    models,
    plan,
    requests,
)

urls = [
    *matches.urls, *liaisons.urls, *models.urls, *funnel.urls, *requests.urls, *introductions.urls,
    *handing.urls, *events.urls, *plan.urls, *consortia.urls,
]  # fmt: skip
