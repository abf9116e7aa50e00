"""Set the dated phases of a panel: who sees what from when."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import rfc3339
from kechuang.messages.actions import tell
from kechuang.record.actions import append
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.steps import locked_panel, require_state, require_unfenced
from kechuang.reviews.models import Panel, Seat


@transaction.atomic
def set_phases(*, panel: Panel, phases: rules.Phases, by: Actor, at: datetime) -> Panel:
    """Date when scoring ends, when experts see one another's totals, and when consensus begins.

    Refuses (rules.PanelRefused), all reasons together, dates out of order or in the past, and the
    moving of what has begun. Chair and experts are told.
    """
    panel = locked_panel(panel)
    require(rules.may_set_phases(by, panel.facts), rules.not_permitted(rules.PHASES_MAY))
    require_unfenced(panel, by)
    require_state(panel.number, panel, *rules.PANEL_OPEN)
    require(panel.consensus_at is None, rules.phases_are_over())
    refuse_all(rules.problems_with_phases(phases, panel.phases, at))
    if phases == panel.phases:
        return panel
    panel.score_until = phases.score_until
    panel.others_from = phases.others_from
    panel.consensus_from = phases.consensus_from
    panel.version += 1
    panel.save()
    dated = {name: getattr(phases, name) for name in rules.PHASE_NAMES}
    append(
        verb="reviews.set_phases", object_number=panel.number, by=by, at=at,
        payload={name: rfc3339(when) if when else "" for name, when in dated.items()},
    )  # fmt: skip
    seated = [seat for seat in queries.seats_of(panel) if seat.state == Seat.State.ACCEPTED]
    people = [seat.expert.person.number for seat in seated]
    tell(
        people=[*people, *([panel.chair.number] if panel.chair else [])],
        template="reviews.phases_set", object_number=panel.number, by=by, at=at,
    )  # fmt: skip
    return panel
