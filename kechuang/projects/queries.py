"""Reads of projects that have more than one caller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.base.periods import Period
from kechuang.base.time import shanghai_date, start_of_day
from kechuang.ledger.models import Grant, PaymentOrder
from kechuang.ledger.queries import grant_of
from kechuang.projects import rules
from kechuang.projects.models import (
    Acceptance,
    Acceptor,
    Agreement,
    Instalment,
    Milestone,
    Project,
    ProjectMember,
    ProjectStage,
)

# --- Who sees ----------------------------------------------------------------------------------


def visible_to(actor: Actor, at: datetime) -> QuerySet[Project]:
    """Awarded projects are public, as their notice was: title, units, sums, milestones, state.

    Money, evidence and agreements are read through `inside_of`.
    """
    return Project.objects.select_related("lead_organisation", "leader")


def inside_of(actor: Actor, at: datetime) -> QuerySet[Project]:
    """Projects of which the actor reads everything: the units', the region's, the acceptors'."""
    rows = visible_to(actor, at)
    if actor.is_role(Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER, Role.SUPERVISOR):
        return rows.filter(in_region(actor.region)) if actor.region else rows.none()
    if actor.is_role(Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER) and actor.organisation:
        mine = ProjectMember.objects.filter(organisation__code=actor.organisation)
        return rows.filter(pk__in=mine.values("project"))
    if actor.is_role(Role.EXPERT) and actor.person:
        named = Acceptor.objects.filter(person__number=actor.person)
        return rows.filter(pk__in=named.values("acceptance__project"))
    return rows.none()


def in_region(path: str) -> Q:
    """Projects of a region's subtree."""
    return Q(region_path=path) | Q(region_path__startswith=path + "/")


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


# --- The agreement -----------------------------------------------------------------------------


def agreement_in_force(project: Project) -> Agreement | None:
    """The edition that binds; None before the first is signed."""
    return Agreement.objects.filter(project=project, state=Agreement.State.IN_FORCE).first()


def agreement_in_hand(project: Project) -> Agreement | None:
    """The edition being drafted or signed; None where there is none."""
    states = [Agreement.State.DRAFT, Agreement.State.UNIT_SIGNED]
    return Agreement.objects.filter(project=project, state__in=states).first()


def parties_of(
    project: Project, tasks: Sequence[rules.PartyTerm] = ()
) -> tuple[rules.PartyTerm, ...]:
    """The units of a project as an agreement names them; what each does comes from `tasks`."""
    said = {one.code: one.task for one in tasks}
    rows = ProjectMember.objects.filter(project=project).select_related("organisation")
    return tuple(
        rules.PartyTerm(
            code=row.organisation.code,
            name=row.organisation.name,
            is_lead=row.is_lead,
            task=said.get(row.organisation.code, ""),
        )
        for row in rows
    )


def released_terms(project: Project) -> dict[int, rules.InstalmentTerm]:
    """The instalments that gates have released, as an amendment must keep them."""
    rows = Instalment.objects.filter(project=project, release__isnull=False)
    return {
        row.sequence: rules.InstalmentTerm(
            sequence=row.sequence,
            gate=row.gate,
            milestone=row.milestone.code if row.milestone else "",
            amount_fen=row.amount_fen,
            own_due_fen=row.own_due_fen,
        )
        for row in rows.select_related("milestone")
    }


def milestone_codes(project: Project, states: Iterable[str]) -> list[str]:
    """The codes of a project's milestones in these states."""
    rows = Milestone.objects.filter(project=project, state__in=list(states))
    return list(rows.values_list("code", flat=True))


def milestones_undone(project: Project) -> list[str]:
    """The codes of milestones that are neither passed nor waived."""
    done = [Milestone.State.PASSED, Milestone.State.WAIVED]
    rows = Milestone.objects.filter(project=project).exclude(state__in=done)
    return list(rows.values_list("code", flat=True))


# --- Money -------------------------------------------------------------------------------------


def payment_facts(
    project: Project, instalment: Instalment, grant: Grant | None = None
) -> rules.PaymentFacts:
    """What the four checks of a payment look at."""
    grant = grant or grant_of(project.number)
    return rules.PaymentFacts(
        gate_passed=instalment.release_id is not None,
        agreement_in_force=project.signed_at is not None
        and project.state != Project.State.AMENDING,
        own_due_fen=instalment.own_due_fen,
        own_received_fen=grant.own_received_fen if grant else 0,
        is_frozen=project.is_frozen,
        state=instalment.state,
    )


def paid_fen(project: Project) -> int:
    """The public money that a project was paid, less what was taken back."""
    grant = grant_of(project.number)
    return grant.paid_fen - grant.reclaimed_fen if grant else 0


def stage_report(project: Project) -> dict[str, Any]:
    """What a project has shown so far, in numbers, codes and days: what a race compares.

    Every milestone with its state and day, the verdicts of its rounds, and the money paid.
    """
    rounds = Acceptance.objects.filter(project=project, state=Acceptance.State.DECIDED)
    verdicts: dict[int | None, list[str]] = {}
    for of_milestone, verdict in rounds.order_by("round").values_list("milestone", "verdict"):
        verdicts.setdefault(of_milestone, []).append(verdict)
    return {
        "project": project.number,
        "state": str(project.state),
        "public_fen": project.public_fen,
        "paid_fen": paid_fen(project),
        "milestones": [
            {
                "code": row.code, "title": row.title, "due_date": row.due_date.isoformat(),
                "state": str(row.state), "since": shanghai_date(row.state_since).isoformat(),
                "verdicts": verdicts.get(row.pk, []),
            }
            for row in Milestone.objects.filter(project=project)
        ],
    }


# --- Rows for indicators -----------------------------------------------------------------------


@dataclass(frozen=True)
class MeasuredRow:
    """A row behind a figure: number, value, date, and the region as of the act."""

    number: str
    value: int
    date: date
    region_path: str


def public_funding_committed(period: Period, region_path: str) -> list[MeasuredRow]:
    """Public funding of the agreements first signed in the period: project, fen, day of signing.

    The sum is that of the edition in force: an amendment counts where its project does.
    """
    rows = _signed(period, region_path)
    return [
        MeasuredRow(row.number, row.public_fen, shanghai_date(row.signed_at), row.region_path)
        for row in rows
        if row.signed_at
    ]


def public_funding_paid(period: Period, region_path: str) -> list[MeasuredRow]:
    """Payments made to projects in the period: payment order, fen, day of payment.

    Each order counts as it was paid; what was reclaimed later is a figure of its own. Benefits and
    stakes are paid through the same ledger and are not counted here.
    """
    rows = (
        PaymentOrder.objects.filter(
            paid_at__gte=start_of_day(period.since), paid_at__lt=start_of_day(period.until),
            grant__subject_number__in=Project.objects.values("number"),
        )
        .filter(
            Q(grant__region_path=region_path) | Q(grant__region_path__startswith=region_path + "/")
        )
        .select_related("grant")
        .order_by("number")
    )
    return [
        MeasuredRow(row.number, row.amount_fen, shanghai_date(row.paid_at), row.grant.region_path)
        for row in rows
        if row.paid_at
    ]


def projects_accepted(period: Period, region_path: str) -> list[MeasuredRow]:
    """Projects accepted in the period: project, 1, day of acceptance."""
    stages = (
        ProjectStage.objects.filter(
            stage=Project.State.ACCEPTED,
            since__gte=start_of_day(period.since),
            since__lt=start_of_day(period.until),
        )
        .filter(
            Q(project__region_path=region_path)
            | Q(project__region_path__startswith=region_path + "/")
        )
        .select_related("project")
        .order_by("project__number")
    )
    return [
        MeasuredRow(row.project.number, 1, shanghai_date(row.since), row.project.region_path)
        for row in stages
    ]


def _signed(period: Period, region_path: str) -> QuerySet[Project]:
    return Project.objects.filter(
        in_region(region_path),
        signed_at__gte=start_of_day(period.since),
        signed_at__lt=start_of_day(period.until),
    ).order_by("number")


# --- The line ----------------------------------------------------------------------------------


def places_on_the_line(numbers: Iterable[str], actor: Actor, at: datetime) -> list[Place]:
    """Where the projects stand that are, or come from, one of these numbers; one read."""
    wanted = list(numbers)
    rows = visible_to(actor, at).filter(Q(number__in=wanted) | Q(origin_number__in=wanted))
    return [
        Place(
            step=Step.PROJECT,
            number=row.number,
            title=row.title,
            state=str(row.get_state_display()),
            at=row.state_since,
            url=f"/projects/{row.number}/",
            linked=(row.origin_number,),
        )
        for row in rows.order_by("number")
    ]
