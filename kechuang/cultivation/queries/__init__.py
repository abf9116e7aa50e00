"""Reads of cultivation: who finds which enterprise, what is known of it, what the rules say."""

from kechuang.cultivation.queries.facts import (
    Relation,
    enterprise_facts,
    flat_rows,
    relation,
)
from kechuang.cultivation.queries.rulesets import policies_on, rule_sets
from kechuang.cultivation.queries.sight import people_of_units, visible_to, within

__all__ = [
    "Relation", "enterprise_facts", "flat_rows", "people_of_units", "policies_on", "relation",
    "rule_sets", "visible_to", "within",
]  # fmt: skip
