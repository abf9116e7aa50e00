"""Reads of cultivation: who finds which enterprise, what is known of it, what the rules say."""

from kechuang.cultivation.queries.facts import (
    Relation,
    enterprise_facts,
    flat_rows,
    relation,
)
from kechuang.cultivation.queries.reasons import (
    Explained,
    explain,
    last_year_of,
    reasons_json,
    sources_of,
)
from kechuang.cultivation.queries.rulesets import policies_on, rule_sets
from kechuang.cultivation.queries.sight import people_of_units, visible_to, within
from kechuang.cultivation.queries.standing import (
    Filters,
    Standing,
    evaluated,
    history_of,
    meeting,
    one_thing_away,
    open_declarations,
    standings,
    technology_enterprises,
    tier_counts,
    visits_of,
)

__all__ = [
    "Explained", "Filters", "Relation", "Standing", "enterprise_facts", "evaluated", "explain",
    "flat_rows", "history_of", "last_year_of", "meeting", "one_thing_away",
    "open_declarations", "people_of_units", "policies_on", "reasons_json", "relation",
    "rule_sets", "sources_of", "standings", "technology_enterprises", "tier_counts",
    "visible_to", "visits_of", "within",
]  # fmt: skip
