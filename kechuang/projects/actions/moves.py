"""What every act shares: the lock with the right, the change of state with its row, the word to
whoever is next.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.messages import actions as messages
from kechuang.parties.models import Person
from kechuang.parties.queries import holders, person_by_number
from kechuang.projects import queries, rules
from kechuang.projects.models import (
    Instalment,
    InstalmentStage,
    Milestone,
    MilestoneStage,
    Project,
    ProjectStage,
)
from kechuang.record import actions as record


def locked(project: Project, verb: str, by: Actor) -> Project:
    """Lock a project and refuse the step where the actor or the state does not allow it."""
    fresh = (
        Project.objects.select_for_update(of=("self",), no_key=True)
        .select_related("lead_organisation", "leader")
        .get(pk=project.pk)
    )
    rules.check_step(verb, by, queries.facts_of(fresh))
    return fresh


def person(by: Actor) -> Person:
    """The person who acts; the rights have made sure that there is one."""
    found = person_by_number(by.person)
    assert found is not None, by
    return found


def stage_facts(stage: str, by: Actor, at: datetime, note: str = "") -> dict[str, Any]:
    """The columns of a stage row."""
    return {
        "stage": stage,
        "since": at,
        "by_person": by.person,
        "by_role": by.role.value,
        "by_organisation": by.organisation,
        "note_private": note,
    }


def move_project(project: Project, state: str, *, by: Actor, at: datetime, note: str = "") -> None:
    """Set a project's state, with its row."""
    project.state, project.state_since = state, at
    if state in rules.ENDED:
        project.ended_as, project.ended_at = state, at
    touch_project(project)
    ProjectStage.objects.create(project=project, **stage_facts(state, by, at, note))


def touch_project(project: Project) -> None:
    """Save a project under its lock, as the next version."""
    project.version += 1
    project.save()


def move_milestone(
    milestone: Milestone, state: str, *, by: Actor, at: datetime, note: str = ""
) -> None:
    """Set a milestone's state, with its row."""
    milestone.state, milestone.state_since = state, at
    milestone.passed_at = at if state == Milestone.State.PASSED else None
    milestone.version += 1
    milestone.save()
    MilestoneStage.objects.create(milestone=milestone, **stage_facts(state, by, at, note))


def move_instalment(
    instalment: Instalment, state: str, *, by: Actor, at: datetime, note: str = ""
) -> None:
    """Set an instalment's state, with its row."""
    instalment.state, instalment.state_since = state, at
    instalment.save()
    InstalmentStage.objects.create(instalment=instalment, **stage_facts(state, by, at, note))


def note_act(
    verb: str, project: Project, by: Actor, at: datetime, payload: Mapping[str, Any] | None = None
) -> None:
    """Append an act to the record, on the project's number."""
    record.append(
        verb=f"projects.{verb}", object_number=project.number, by=by, at=at, payload=payload
    )


def tell_office(project: Project, role: Role, template: str, by: Actor, at: datetime) -> None:
    """Tell the holders of an office in the project's region that something waits."""
    people = holders(role, at=at, region_path=project.region_path)
    tell_people([one.number for one in people], project, template, by, at)


def tell_unit(project: Project, template: str, by: Actor, at: datetime) -> None:
    """Tell the project's leader and the lead unit's administrators."""
    admins = holders(Role.UNIT_ADMIN, at=at, organisation=project.lead_organisation)
    numbers = [project.leader.number, *(one.number for one in admins)]
    tell_people(numbers, project, template, by, at)


def tell_people(
    numbers: list[str], project: Project, template: str, by: Actor, at: datetime
) -> None:
    """Put word in the outbox: that something waits, and where."""
    messages.tell(
        people=numbers, template=f"projects.{template}", object_number=project.number, by=by, at=at
    )
