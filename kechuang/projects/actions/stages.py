"""What a race decides at a gate: a project goes on with more money and perhaps more units, or ends.

Called by the decision of the gate in its transaction; a project that goes on signs an amendment.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.parties.queries import organisations_coded
from kechuang.projects import queries, rules
from kechuang.projects.actions.agreements import begin_edition
from kechuang.projects.actions.endings import end_without_blame
from kechuang.projects.actions.moves import locked, move_project, note_act, tell_unit
from kechuang.projects.models import Agreement, Milestone, Project, ProjectMember


@transaction.atomic
def extend_stage(  # noqa: PLR0913 - what the next stage is
    *, project: Project, added_fen: int, milestone: rules.MilestoneTerm,
    members: Sequence[str] = (), reason: str, by: Actor, at: datetime,
) -> Agreement:
    """Draft the amendment of the next stage: its milestone, its public money, and units that join.

    Half of the money goes with the last milestone that was passed, and is released when the
    amendment is signed; the rest, or all where none was passed, with the new one. The unit and
    the department sign as every amendment.
    """
    project = locked(project, "extend_stage", by)
    _join(project, members)
    current = queries.agreement_in_force(project)
    assert current is not None, project.number
    terms = rules.with_stage(
        rules.terms_from_json(current.terms), milestone, added_fen, _last_passed(project)
    )
    terms = replace(terms, parties=queries.parties_of(project, terms.parties))
    draft = begin_edition(project, terms, reason, at)
    move_project(project, Project.State.AMENDING, by=by, at=at, note=reason)
    note_act("extend_stage", project, by, at, {
        "edition": draft.edition, "added_fen": added_fen, "milestone": milestone.code,
        "joined": sorted(members),
    })  # fmt: skip
    tell_unit(project, "draft_agreement", by, at)
    return draft


def _join(project: Project, codes: Sequence[str]) -> None:
    known = set(
        ProjectMember.objects.filter(project=project).values_list("organisation__code", flat=True)
    )
    found = organisations_coded([code for code in codes if code not in known])
    ProjectMember.objects.bulk_create(
        ProjectMember(project=project, organisation=unit, is_lead=False)
        for unit in found.values()
    )


def _last_passed(project: Project) -> str:
    row = Milestone.objects.filter(project=project, state=Milestone.State.PASSED).order_by(
        "-passed_at", "-due_date"
    ).first()
    return row.code if row else ""


@transaction.atomic
def conclude_stage(*, project: Project, reason: str, by: Actor, at: datetime) -> Project:
    """End a project at a gate without blame: nothing more is paid, nothing is demanded back."""
    project = locked(project, "conclude_stage", by)
    end_without_blame(project, reason, by, at)
    note_act("conclude_stage", project, by, at)
    tell_unit(project, "concluded_at_gate", by, at)
    return project
