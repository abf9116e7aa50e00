"""Reads of projects that have more than one caller."""

from datetime import datetime

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.projects import rules
from kechuang.projects.models import Acceptor, Project, ProjectMember


def visible_to(actor: Actor, at: datetime) -> QuerySet[Project]:
    """Awarded projects are public, as their notice was: title, units, sums, milestones, state.

    Money, evidence and agreements are read through `inside_of`.
    """
    return Project.objects.select_related("lead_organisation", "leader")


def inside_of(actor: Actor, at: datetime) -> QuerySet[Project]:
    """Projects of which the actor reads everything: the units', the region's, the acceptors'."""
    rows = visible_to(actor, at)
    if actor.is_role(Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER, Role.SUPERVISOR):
        if not actor.region:
            return rows.none()
        return rows.filter(
            Q(region_path=actor.region) | Q(region_path__startswith=actor.region + "/")
        )
    if actor.is_role(Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER) and actor.organisation:
        mine = ProjectMember.objects.filter(organisation__code=actor.organisation)
        return rows.filter(pk__in=mine.values("project"))
    if actor.is_role(Role.EXPERT) and actor.person:
        named = Acceptor.objects.filter(person__number=actor.person)
        return rows.filter(pk__in=named.values("acceptance__project"))
    return rows.none()


def facts_of(project: Project) -> rules.ProjectFacts:
    """The project as the rights look at it; two reads."""
    members = ProjectMember.objects.filter(project=project)
    acceptors = Acceptor.objects.filter(acceptance__project=project)
    return rules.ProjectFacts(
        number=project.number,
        state=project.state,
        region_path=project.region_path,
        lead=project.lead_organisation.code,
        leader=project.leader.number,
        members=tuple(members.values_list("organisation__code", flat=True)),
        acceptors=tuple(acceptors.values_list("person__number", flat=True).distinct()),
        is_frozen=project.is_frozen,
    )
