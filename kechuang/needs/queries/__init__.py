"""Reads of the needs: who finds which, how much of each, lists, and what higher parts ask."""

from kechuang.needs.queries.lists import (
    Filters,
    Row,
    merged_into,
    need_numbered,
    needs_accepted,
    needs_idle_since,
    needs_listed,
    needs_numbered,
    needs_to_expire,
    needs_to_match,
    needs_to_reconfirm,
    open_marks,
    places_on_the_line,
    similar_needs,
    snapshot_hash,
    snapshot_of,
    targets_of,
)
from kechuang.needs.queries.sight import (
    attachments_visible_to,
    disclosures_of,
    open_disclosures,
    public_needs,
    readable_to,
    sight_on,
    sights_on,
    visible_to,
    within,
)

__all__ = [
    "Filters", "Row", "attachments_visible_to", "disclosures_of", "merged_into", "need_numbered",
    "needs_accepted", "needs_idle_since", "needs_listed", "needs_numbered", "needs_to_expire",
    "needs_to_match", "needs_to_reconfirm", "open_disclosures", "open_marks",
    "places_on_the_line", "public_needs", "readable_to", "sight_on", "sights_on", "similar_needs",
    "snapshot_hash", "snapshot_of", "targets_of", "visible_to", "within",
]  # fmt: skip
