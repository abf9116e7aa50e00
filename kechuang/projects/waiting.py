"""What waits on projects: which step, who holds it, since when, until when, where to act."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.matters import Matter
from kechuang.base.time import at_shanghai, shanghai_date
from kechuang.base.working_days import office_closes
from kechuang.ledger.models import ReleaseAcceptor
from kechuang.parties.models import Appointment, Person
from kechuang.parties.queries import in_force, named
from kechuang.projects import rules
from kechuang.projects.models import (
    Acceptance,
    Agreement,
    Instalment,
    Milestone,
    Project,
    ProjectMember,
)

MOST = 200
SILENT = [Project.State.LAPSED, Project.State.ARCHIVED]
OFFICE_ROLES = [Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER]
UNIT_ROLES = [Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER]


@dataclass(frozen=True)
class Waiting:
    """A step that waits: the verb, the capacity that holds it, since, until, address."""

    project: Project
    verb: str
    capacity: str
    since: datetime
    until: datetime | None
    path: str
    people: tuple[Person, ...] = ()
    barred: frozenset[str] = frozenset()
    subject: str = ""

    @property
    def url(self) -> str:
        return f"/projects/{self.project.number}/{self.path}"


@dataclass
class Gathered:
    """The rows behind the waiting steps of some projects, each kind read once."""

    drafts: dict[int, Agreement] = field(default_factory=dict)
    milestones: dict[int, list[Milestone]] = field(default_factory=lambda: defaultdict(list))
    acceptances: dict[int, list[Acceptance]] = field(default_factory=lambda: defaultdict(list))
    instalments: dict[int, list[Instalment]] = field(default_factory=lambda: defaultdict(list))
    accepted_by: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


def matters_for(actor: Actor, at: datetime) -> list[Matter]:
    """The rows of this person's work list; a fixed number of reads."""
    projects = _projects_of(actor)
    if projects is None:
        return []
    rows = list(projects.select_related("lead_organisation", "leader").order_by("-pk")[:MOST])
    steps = steps_of(rows, at)
    if actor.is_role(Role.EXPERT):
        steps = [one for one in steps if actor.person in {p.number for p in one.people}]
    return matters_from(steps, actor, at)[:MOST]


def _projects_of(actor: Actor) -> QuerySet[Project] | None:
    """The projects whose steps stand on an actor's list; None where there are none."""
    live = Project.objects.exclude(state__in=SILENT)
    if actor.role in OFFICE_ROLES and actor.region:
        return live.filter(region_path=actor.region)
    if actor.role in UNIT_ROLES and actor.organisation:
        mine = live.filter(lead_organisation__code=actor.organisation)
        return mine.filter(leader__number=actor.person) if actor.is_role(Role.MEMBER) else mine
    if actor.is_role(Role.EXPERT) and actor.person:
        return live.filter(
            pk__in=Acceptance.objects.filter(
                state=Acceptance.State.CHECKING,
                acceptors__person__number=actor.person,
                acceptors__signed_at__isnull=True,
            ).values("project")
        )
    return None


def matters_from(steps: Iterable[Waiting], actor: Actor, at: datetime) -> list[Matter]:
    """Steps as rows of a work list; one read for everybody's names."""
    found = list(steps)
    holders = _holders(found, at)
    units = _units(found)
    return [_matter(step, actor, holders, units) for step in found]


def _matter(
    step: Waiting,
    actor: Actor,
    holders: dict[tuple[str, object], list[Person]],
    units: dict[int, tuple[str, ...]],
) -> Matter:
    project = step.project
    people = [one for one in people_of(step, holders) if one.number not in step.barred]
    facts = rules.ProjectFacts(
        number=project.number,
        state=project.state,
        region_path=project.region_path,
        lead=project.lead_organisation.code,
        leader=project.leader.number,
        members=units.get(project.pk, ()),
        acceptors=tuple(one.number for one in step.people),
    )
    mine = rules.may_act(step.verb, actor, facts) and actor.person not in step.barred
    return Matter(
        number=project.number,
        title=" · ".join(filter(None, (project.title, step.subject))),
        task=rules.STEPS[step.verb].name,
        holder=named(people),
        mine=mine,
        since=step.since,
        until=step.until,
        url=step.url,
        button=rules.STEPS[step.verb].name,
        facts={"subject": step.subject},
    )


def people_of(step: Waiting, holders: dict[tuple[str, object], list[Person]]) -> list[Person]:
    """Who holds a step."""
    if step.people:
        return list(step.people)
    if step.capacity == "LEADER":
        return [step.project.leader]
    if step.capacity == "UNIT_ADMIN":
        return holders.get(("UNIT_ADMIN", step.project.lead_organisation_id), [])
    return holders.get((step.capacity, step.project.region_path), [])


def _holders(steps: list[Waiting], at: datetime) -> dict[tuple[str, object], list[Person]]:
    """The holders of offices in the projects' regions, and the lead units' administrators."""
    paths = {one.project.region_path for one in steps}
    units = {one.project.lead_organisation_id for one in steps}
    rows = (
        Appointment.objects.filter(in_force(shanghai_date(at)))
        .filter(
            Q(role__in=OFFICE_ROLES, region__path__in=paths)
            | Q(role=Role.UNIT_ADMIN, organisation__in=units)
        )
        .select_related("person", "region")
        .order_by("id")
    )
    found: dict[tuple[str, object], list[Person]] = defaultdict(list)
    for row in rows:
        place: object = row.region.path if row.region else row.organisation_id
        found[(row.role, place)].append(row.person)
    return found


def _units(steps: list[Waiting]) -> dict[int, tuple[str, ...]]:
    rows = ProjectMember.objects.filter(project__in={one.project.pk for one in steps})
    found: dict[int, list[str]] = defaultdict(list)
    for project, code in rows.values_list("project", "organisation__code"):
        found[project].append(code)
    return {project: tuple(codes) for project, codes in found.items()}


# --- From rows to steps -------------------------------------------------------------------------


def steps_of(projects: list[Project], at: datetime) -> list[Waiting]:
    """Every step that waits on these projects; five reads."""
    rows = _gather(projects)
    return [step for project in projects for step in _steps(project, rows, at)]


def _gather(projects: list[Project]) -> Gathered:
    keys = [project.pk for project in projects]
    rows = Gathered()
    in_hand = [Agreement.State.DRAFT, Agreement.State.UNIT_SIGNED]
    for draft in Agreement.objects.filter(project__in=keys, state__in=in_hand):
        rows.drafts[draft.project_id] = draft
    for milestone in Milestone.objects.filter(project__in=keys):
        rows.milestones[milestone.project_id].append(milestone)
    for one in (
        Acceptance.objects.filter(project__in=keys)
        .select_related("milestone")
        .prefetch_related("acceptors__person")
    ):
        rows.acceptances[one.project_id].append(one)
    for part in Instalment.objects.filter(project__in=keys).select_related(
        "order__requested_by", "order__reviewed_by"
    ):
        rows.instalments[part.project_id].append(part)
    releases = ReleaseAcceptor.objects.filter(
        release__in=[p.release_id for found in rows.instalments.values() for p in found]
    )
    for release, number in releases.values_list("release", "person__number"):
        rows.accepted_by[release].add(number)
    return rows


def _steps(project: Project, rows: Gathered, at: datetime) -> Iterator[Waiting]:
    yield from _agreement_steps(project, rows.drafts.get(project.pk))
    if project.state == Project.State.ACTIVE:
        yield from _milestone_steps(project, rows, at)
    yield from _acceptance_steps(project, rows)
    for instalment in rows.instalments[project.pk]:
        yield from _payment_steps(project, instalment, rows)
    yield from _ending_steps(project, rows)


def _agreement_steps(project: Project, draft: Agreement | None) -> Iterator[Waiting]:
    State = Project.State
    if project.state not in (State.AWARDED, State.CONTRACTING, State.AMENDING):
        return
    until = None if project.state == State.AMENDING else project.sign_until
    if draft is None:
        yield Waiting(
            project, "draft_agreement", "LEADER", project.state_since, until, "draft-agreement/"
        )
    elif draft.state == Agreement.State.UNIT_SIGNED and draft.unit_signed_at:
        until = rules.due("HEAD_SIGN", project.region_path, draft.unit_signed_at)
        yield Waiting(
            project, "sign_for_department", "HEAD", draft.unit_signed_at, until,
            "sign-for-department/",
        )  # fmt: skip
    elif rules.problems_with_terms(rules.terms_from_json(draft.terms)) or draft.return_reason:
        yield Waiting(
            project, "draft_agreement", "LEADER", draft.drafted_at, until, "draft-agreement/"
        )
    else:
        yield Waiting(
            project, "sign_for_unit", "UNIT_ADMIN", draft.drafted_at, until, "sign-for-unit/"
        )


def _milestone_steps(project: Project, rows: Gathered, at: datetime) -> Iterator[Waiting]:
    today = shanghai_date(at)
    for one in rows.milestones[project.pk]:
        path = f"milestones/{one.code}/"
        ahead = timedelta(days=rules.term("DUE_SOON", project.region_path, today).amount)
        soon = today + ahead
        if one.state == Milestone.State.PLANNED and one.due_date <= soon:
            begun = at_shanghai(one.due_date - ahead)
            since = max(one.state_since, begun)
            yield Waiting(
                project, "submit_milestone", "LEADER", min(since, at), office_closes(one.due_date),
                path + "submit/", subject=one.code,
            )  # fmt: skip
        elif one.state in (Milestone.State.RECTIFYING, *rules.MILESTONE_RECTIFIABLE):
            rectifying = one.state == Milestone.State.RECTIFYING
            yield Waiting(
                project,
                "submit_milestone" if rectifying else "rectify_milestone",
                "LEADER",
                one.state_since,
                office_closes(one.rectify_date) if one.rectify_date else None,
                path + ("submit/" if rectifying else "rectify/"),
                subject=one.code,
            )


def _acceptance_steps(project: Project, rows: Gathered) -> Iterator[Waiting]:
    for one in rows.acceptances[project.pk]:
        code = one.milestone.code if one.milestone else ""
        path = f"milestones/{code}/" if code else ""
        if one.state == Acceptance.State.APPLIED and project.state != Project.State.RECTIFYING:
            verb = "open_check" if code else "open_acceptance"
            yield Waiting(
                project, verb, "OFFICER", one.applied_at, one.until,
                path + verb.replace("_", "-") + "/", subject=code,
            )  # fmt: skip
        elif one.state == Acceptance.State.CHECKING and one.opened_at:
            yield _judging(project, one, path, code)


def _judging(project: Project, one: Acceptance, path: str, code: str) -> Waiting:
    acceptors = list(one.acceptors.all())
    unsigned = tuple(row.person for row in acceptors if not row.signed_at)
    if unsigned:
        since = one.opened_at or one.applied_at
        return Waiting(
            project, "give_opinion", "ACCEPTOR", since, one.until, path + "give-opinion/",
            people=unsigned, subject=code,
        )  # fmt: skip
    since = max(row.signed_at for row in acceptors if row.signed_at)
    verb, capacity = ("check_milestone", "OFFICER") if code else ("decide_acceptance", "HEAD")
    slug = "check/" if code else "decide-acceptance/"
    return Waiting(project, verb, capacity, since, one.until, path + slug, subject=code)


PAYMENT_STEPS = {
    "ELIGIBLE": ("request_payment", "LEADER", "request"),
    "REQUESTED": ("review_payment", "FINANCE", "review"),
    "REVIEWED": ("pay_instalment", "PAYER", "pay"),
    "PAID": ("confirm_payment", "PAYER", "confirm"),
    "HELD": ("resume_payment", "FINANCE", "resume"),
    "RECLAIM_DUE": ("settle_reclaim", "PAYER", "settle"),
}


def _payment_steps(project: Project, part: Instalment, rows: Gathered) -> Iterator[Waiting]:
    if part.state not in PAYMENT_STEPS:
        return
    verb, capacity, slug = PAYMENT_STEPS[part.state]
    if project.state not in rules.STEPS[verb].sources:
        return
    order = part.order
    barred: set[str] = set()
    if order and verb in ("review_payment", "pay_instalment"):
        barred = {order.requested_by.number}
        if verb == "review_payment":
            barred |= rows.accepted_by[part.release_id or 0]
        elif order.reviewed_by:
            barred.add(order.reviewed_by.number)
    yield Waiting(
        project, verb, capacity, order.since if order else part.state_since,
        order.until if order else None, f"instalments/{part.sequence}/{slug}/",
        barred=frozenset(barred), subject=gettext("第 {n} 期").format(n=part.sequence),
    )  # fmt: skip


def _ending_steps(project: Project, rows: Gathered) -> Iterator[Waiting]:
    State = Project.State
    rounds = [one for one in rows.acceptances[project.pk] if one.milestone_id is None]
    milestones = rows.milestones[project.pk]
    done = (Milestone.State.PASSED, Milestone.State.WAIVED)
    all_done = milestones and all(one.state in done for one in milestones)
    if project.state == State.ACTIVE and all_done or project.state == State.RECTIFYING:
        since = max([project.state_since, *(one.state_since for one in milestones)])
        yield Waiting(
            project, "apply_for_acceptance", "LEADER", since, None, "apply-for-acceptance/"
        )
    elif project.state == State.TERMINATING:
        yield Waiting(project, "terminate", "HEAD", project.state_since, None, "terminate/")
    elif project.state == State.FAILED and len(rounds) == 1:
        yield Waiting(
            project, "rectify_project", "LEADER", project.state_since, None, "rectify-project/"
        )
    elif project.state in rules.ENDED and _is_settled(rows.instalments[project.pk]):
        yield Waiting(project, "archive", "OFFICER", project.state_since, None, "archive/")


def _is_settled(instalments: list[Instalment]) -> bool:
    return not any(part.state in PAYMENT_STEPS for part in instalments)
