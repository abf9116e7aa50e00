"""Reads of cultivation: who finds which enterprise, what is known of it, what the rules say."""

from kechuang.cultivation.queries.climbing import TierNow, ladder_now, newly_holding
from kechuang.cultivation.queries.decisions import places_on_the_line
from kechuang.cultivation.queries.effects import Effect, effect_of, effect_of_new, touched_by
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
from kechuang.cultivation.queries.rulesets import (
    policies_on,
    rule_codes,
    rule_set_of,
    rule_sets,
    rules_of,
)
from kechuang.cultivation.queries.sight import people_of_units, visible_to, within
from kechuang.cultivation.queries.standing import (
    Filters,
    Standing,
    evaluated,
    history_of,
    holding,
    meeting,
    near_kinds,
    near_of,
    one_thing_away,
    open_declarations,
    standings,
    technology_enterprises,
    tier_counts,
    visits_of,
    within_reach,
)
from kechuang.cultivation.queries.versions import (
    before,
    changes_between,
    in_force,
    rule_versions_visible_to,
    value_words,
)

__all__ = [
    "Explained", "Filters", "Relation", "Standing", "enterprise_facts", "evaluated", "explain",
    "flat_rows", "history_of", "holding", "last_year_of", "meeting", "one_thing_away",
    "open_declarations", "people_of_units", "policies_on", "reasons_json", "relation",
    "rule_codes", "rule_sets", "sources_of", "standings", "technology_enterprises", "tier_counts",
    "visible_to", "visits_of", "within",
    "TierNow", "near_kinds", "near_of", "within_reach", "ladder_now", "newly_holding",
    "Effect", "before", "changes_between", "effect_of", "effect_of_new", "in_force",
    "rule_versions_visible_to",
    "rule_set_of", "rules_of", "touched_by", "value_words", "places_on_the_line",
]  # fmt: skip
