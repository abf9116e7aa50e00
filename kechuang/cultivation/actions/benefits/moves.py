"""What every act on benefits shares: the lock, the change of state with its row, word to whoever
is next. Locks are taken in one order: funding, batch, lines, case; then the ledger's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.cultivation.models import (
    Batch,
    BatchStage,
    CaseStage,
    Funding,
    Policy,
    PolicyStage,
    ReclaimCase,
)
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.rules import benefits as rules
from kechuang.cultivation.rules.deadlines import due
from kechuang.messages import actions as messages
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import holders, person_by_number
from kechuang.record import actions as record


def person(by: Actor) -> Person:
    """The person who acts; the rights have made sure that there is one."""
    found = person_by_number(by.person)
    assert found is not None, by
    return found


def locked_policy(policy: Policy, verb: str, by: Actor) -> Policy:
    """Lock a policy and refuse a step that this actor may not take now."""
    fresh = (
        Policy.objects.select_for_update(of=("self",), no_key=True)
        .select_related("drafted_by", "checked_by")
        .get(pk=policy.pk)
    )
    rules.check_take(verb, by, queries.office_of_policy(fresh))
    return fresh


def locked_funding(funding: Funding) -> Funding:
    """Lock a year's money: whatever computes, approves or pays under it waits here."""
    return (
        Funding.objects.select_for_update(of=("self",), no_key=True)
        .select_related("policy")
        .get(pk=funding.pk)
    )


def locked_batch(batch: Batch, verb: str, by: Actor) -> Batch:
    """Lock a batch behind its funding and refuse a step that this actor may not take now."""
    funding = locked_funding(Funding(pk=batch.funding_id))
    fresh = (
        Batch.objects.select_for_update(of=("self",), no_key=True)
        .select_related("drafted_by", "approved_by")
        .get(pk=batch.pk)
    )
    fresh.funding = funding
    rules.check_take(verb, by, queries.office_of_batch(fresh))
    return fresh


def locked_case(case: ReclaimCase, verb: str, by: Actor) -> ReclaimCase:
    """Lock a case behind its funding and refuse a step that this actor may not take now."""
    locked_funding(Funding(pk=case.line.funding_id))
    fresh = (
        ReclaimCase.objects.select_for_update(of=("self",), no_key=True)
        .select_related("line__organisation", "line__order", "line__funding__policy")
        .get(pk=case.pk)
    )
    rules.check_take(verb, by, queries.office_of_case(fresh))
    return fresh


def _stage(stage: str, by: Actor, at: datetime, note: str, is_public: bool) -> dict[str, Any]:
    return {
        "stage": stage,
        "since": at,
        "by_person": by.person,
        "by_role": by.role.value,
        "by_organisation": by.organisation,
        "note_public" if is_public else "note_private": note,
    }


def move_policy(policy: Policy, state: str, by: Actor, at: datetime, note: str = "") -> None:
    """Set a policy's state, with its row."""
    policy.state, policy.state_since = state, at
    policy.version += 1
    policy.save()
    PolicyStage.objects.create(policy=policy, **_stage(state, by, at, note, False))


def move_batch(
    batch: Batch, state: str, by: Actor, at: datetime, *, note: str = "", term: str = ""
) -> None:
    """Set a batch's state and when the next step is due, with its row."""
    batch.state, batch.state_since = state, at
    batch.until = _due(term, batch.region_path, at)
    batch.version += 1
    batch.save()
    BatchStage.objects.create(batch=batch, **_stage(state, by, at, note, False))


def move_case(
    case: ReclaimCase, state: str, by: Actor, at: datetime, *, note: str = "", term: str = ""
) -> None:
    """Set a case's state and when the next step is due, with its row."""
    case.state, case.state_since = state, at
    case.until = _due(term, case.region_path, at)
    case.version += 1
    case.save()
    CaseStage.objects.create(case=case, **_stage(state, by, at, note, False))


def _due(term: str, region_path: str, at: datetime) -> datetime | None:
    return due(term, region_path, at) if term else None


def note_act(
    verb: str, number: str, by: Actor, at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Append an act to the record."""
    record.append(verb=f"cultivation.{verb}", object_number=number, by=by, at=at, payload=payload)


def tell_office(
    region_path: str, role: Role, template: str, number: str, by: Actor, at: datetime
) -> None:
    """Tell the holders of an office in the region that something waits."""
    people = holders(role, at=at, region_path=region_path)
    _tell([one.number for one in people], template, number, by, at)


def tell_unit(
    organisation: Organisation, template: str, number: str, by: Actor, at: datetime
) -> None:
    """Tell an enterprise's administrators and fillers that something waits."""
    people = [
        one.number
        for role in (Role.UNIT_ADMIN, Role.FILLER)
        for one in holders(role, at=at, organisation=organisation)
    ]
    _tell(people, template, number, by, at)


def _tell(people: Iterable[str], template: str, number: str, by: Actor, at: datetime) -> None:
    messages.tell(
        people=people, template=f"cultivation.{template}", object_number=number, by=by, at=at
    )
