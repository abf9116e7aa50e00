"""What of cultivation waits for a person."""

from collections.abc import Callable
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.matters import Matter
from kechuang.cultivation.waiting import benefits, facts, rulesets, screenings

MOST = 200
COLLECTORS: tuple[Callable[[Actor, datetime], list[Matter]], ...] = (
    facts.matters_for, benefits.matters_for, rulesets.rules_matters, screenings.matters_for,
)


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this actor's work list that cultivation gives."""
    return [matter for collect in COLLECTORS for matter in collect(actor, at)][:MOST]
