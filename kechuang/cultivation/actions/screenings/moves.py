"""What every act on a candidate shares: the lock, the change of state with its row, word to whoever
is next. Locks are taken in one order: round, candidate, notice; then the ledger's.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.states import BEGIN
from kechuang.cultivation.models import Candidate, CandidateStage, Screening
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.candidates import TABLE
from kechuang.cultivation.rules.deadlines import due
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.parties.queries import holders
from kechuang.record import actions as record

State = Candidate.State


def note_act(verb: str, number: str, by: Actor, at: datetime, **payload: Any) -> None:
    record.append(
        verb=f"cultivation.{verb}", object_number=number, by=by, at=at, payload=payload or None
    )


def tell_people(people: Iterable[Person], what: str, number: str, by: Actor, at: datetime) -> None:
    numbers = [one.number for one in people]
    tell(people=numbers, template=f"cultivation.{what}", object_number=number, by=by, at=at)


def tell_office(candidate: Candidate, role: Role, what: str, by: Actor, at: datetime) -> None:
    people = holders(role, at=at, region_path=candidate.region_path)
    tell_people(people, what, candidate.number, by, at)


def move(candidate: Candidate, state: str, by: Actor, at: datetime, term: str = "") -> None:
    """Set a candidate's state and when the next step is due, with its row."""
    TABLE.check_move(candidate.state if candidate.pk else BEGIN, state)
    candidate.state, candidate.state_since = state, at
    candidate.until = due(term, candidate.region_path, at) if term else None
    candidate.version += 1
    candidate.save()
    CandidateStage.objects.create(
        candidate=candidate, stage=state, since=at, by_person=by.person, by_role=by.role.value,
        by_organisation=by.organisation,
    )  # fmt: skip


def locked_candidate(candidate: Candidate, verb: str, by: Actor, at: datetime) -> Candidate:
    """Lock the round, then the candidate, and refuse a step that cannot be taken now."""
    fresh = locked(candidate)
    rules.check_take(verb, by, queries.facts_of(fresh, at))
    return fresh


def locked(candidate: Candidate) -> Candidate:
    """Lock the round, then the candidate."""
    screening = Screening.objects.select_for_update(no_key=True).get(pk=candidate.screening_id)
    fresh = (
        Candidate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation__region", "leader", "proposed_by", "stake__order")
        .get(pk=candidate.pk)
    )
    fresh.screening = screening
    return fresh
