"""What the tests of the modes share: agreements signed, milestones judged, refusals by code."""

from typing import Any

import pytest

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.challenges import actions
from kechuang.challenges.queries import due_by_clock, projects_of
from kechuang.projects import actions as projects
from kechuang.projects import queries as project_queries
from kechuang.projects.models import Milestone, Project
from kechuang.projects.rules import terms_from_json
from tests.challenges.stages import Line
from tests.world import Member


def refused(code: str, act: Any, **arguments: Any) -> None:
    with pytest.raises(Refused) as caught:
        act(**arguments)
    assert [one.code for one in caught.value.refusals] == [code]


def admin_of(line: Line, project: Project) -> Member:
    world = line.world
    return {
        world.university.pk: world.research_admin, world.institute.pk: world.institute_admin,
        world.rival.pk: world.rival_admin,
    }[project.lead_organisation_id]


def sign(line: Line, project: Project) -> Project:
    """The unit completes and signs the edition in hand, the head signs."""
    admin = admin_of(line, project)
    draft = project_queries.agreement_in_hand(project)
    projects.draft_agreement(
        project=project, terms=terms_from_json(draft.terms), by=admin.actor,
        at=line.after(hours=1), expected_version=draft.version,
    )
    projects.sign_for_unit(project=project, by=admin.actor, at=line.after(hours=1))
    projects.sign_for_department(project=project, by=line.world.head.actor,
                                 at=line.after(hours=1))
    project.refresh_from_db()
    return project


def sign_all(line: Line) -> list[Project]:
    """Every award's agreement is signed, and the clock takes them over."""
    found = list(projects_of(line.challenge))
    signed = [sign(line, project) for project in found]
    clock(line, "follow_project")
    return signed


def clock(line: Line, verb: str) -> None:
    """The clock finds this step due, and takes it."""
    assert (verb, line.challenge.number) in due_by_clock(line.at)
    actions.step_by_clock(verb=verb, challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    for bid in line.bids:
        bid.refresh_from_db()


def pass_milestones(line: Line, project: Project) -> None:
    """Every milestone of a project that is not judged yet is handed in, judged and passed."""
    world, admin = line.world, admin_of(line, project)
    for row in Milestone.objects.filter(project=project, state="PLANNED"):
        projects.submit_milestone(
            milestone=row, report="样件已交。", by=admin.actor, at=line.at,
            evidence=[projects.EvidenceItem(text="第三方报告第 7 页")],
        )
        experts = [world.expert1, world.expert2, world.expert3]
        acceptance = projects.open_check(
            milestone=row, acceptors=[one.person for one in experts],
            by=world.officer.actor, at=line.after(hours=1),
        )
        for one in experts:
            projects.give_opinion(acceptance=acceptance, verdict="PASSED", opinion="一致。",
                                  by=one.actor, at=line.after(minutes=5))
        projects.check_milestone(milestone=row, verdict="PASSED", opinion="通过。",
                                 by=world.officer.actor, at=line.after(hours=1))
    project.refresh_from_db()
