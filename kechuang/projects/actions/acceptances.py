"""Reporting and judging: milestones and the whole project, by named people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_
from kechuang.files.models import Blob
from kechuang.parties.models import Person
from kechuang.projects import queries, rules
from kechuang.projects.actions.gates import release_open_gates
from kechuang.projects.actions.moves import (
    locked,
    move_milestone,
    move_project,
    note_act,
    person,
    tell_office,
    tell_people,
    tell_unit,
    touch_project,
)
from kechuang.projects.models import Acceptance, Acceptor, Evidence, Milestone, Project, Target

State = Acceptance.State


@dataclass(frozen=True)
class EvidenceItem:
    """One piece of evidence as it is handed in; at least one of figure, text and blob."""

    target_code: str = ""
    figure: Decimal | None = None
    text: str = ""
    blob: Blob | None = None
    filename: str = ""


@transaction.atomic
def submit_milestone(
    *,
    milestone: Milestone,
    report: str,
    evidence: Sequence[EvidenceItem],
    by: Actor,
    at: datetime,
) -> Acceptance:
    """Hand in a milestone with its report and evidence; a new round of judging begins.

    Refuses (rules.AcceptanceRefused) one without evidence, and evidence for unknown targets.
    """
    project = locked(milestone.project, "submit_milestone", by)
    milestone = _fresh(milestone, rules.MILESTONE_SUBMITTABLE)
    acceptance = _apply(project, milestone, report, evidence, by, at)
    move_milestone(milestone, Milestone.State.SUBMITTED, by=by, at=at)
    touch_project(project)
    note_act(
        "submit_milestone",
        project,
        by,
        at,
        {
            "milestone": milestone.code,
            "round": acceptance.round,
            "evidence": [one.blob.hash for one in evidence if one.blob],
        },
    )
    tell_office(project, Role.OFFICER, "open_check", by, at)
    return acceptance


def _apply(
    project: Project,
    milestone: Milestone | None,
    report: str,
    evidence: Sequence[EvidenceItem],
    by: Actor,
    at: datetime,
) -> Acceptance:
    targets = {row.code: row for row in Target.objects.filter(project=project)}
    _check_evidence(evidence, set(targets))
    last = Acceptance.objects.filter(project=project, milestone=milestone).count()
    acceptance = Acceptance.objects.create(
        project=project,
        milestone=milestone,
        round=last + 1,
        state=State.APPLIED,
        report=report,
        applied_at=at,
        applied_by=person(by),
        until=rules.due("OPEN_CHECK", project.region_path, at),
    )
    Evidence.objects.bulk_create(
        [
            Evidence(
                number=new_random_number(),
                acceptance=acceptance,
                target=targets.get(one.target_code),
                figure=one.figure,
                text=one.text,
                blob=one.blob,
                filename=one.filename,
            )
            for one in evidence
        ]
    )
    return acceptance


def _check_evidence(evidence: Sequence[EvidenceItem], known: set[str]) -> None:
    if not any(one.blob or one.figure is not None or one.text for one in evidence):
        raise rules.AcceptanceRefused(
            "projects.no_evidence",
            N_("不能报送。至少要有一项佐证：实测值、说明或文件。"),
            fields=("evidence",),
        )
    unknown = sorted({one.target_code for one in evidence if one.target_code} - known)
    if unknown:
        raise rules.AcceptanceRefused(
            "projects.target_unknown",
            N_("任务书里没有指标 {codes}。"),
            {"codes": unknown},
            ("evidence",),
        )


@transaction.atomic
def open_check(
    *, milestone: Milestone, acceptors: Sequence[Person], by: Actor, at: datetime
) -> Acceptance:
    """Take a reported milestone into judging and name who judges it."""
    project = locked(milestone.project, "open_check", by)
    milestone = _fresh(milestone, frozenset({Milestone.State.SUBMITTED}))
    acceptance = _named(project, milestone, acceptors, by, at)
    move_milestone(milestone, Milestone.State.CHECKING, by=by, at=at)
    touch_project(project)
    note_act(
        "open_check",
        project,
        by,
        at,
        {"milestone": milestone.code, "acceptors": [one.number for one in acceptors]},
    )
    return acceptance


def _named(
    project: Project,
    milestone: Milestone | None,
    acceptors: Sequence[Person],
    by: Actor,
    at: datetime,
) -> Acceptance:
    """Name the acceptors of the round in hand; none of the project's own units."""
    units = set(project.members.values_list("organisation", flat=True))
    conflicted = [one.name for one in acceptors if one.organisation_id in units]
    conflicted += [one.name for one in acceptors if one.number == by.person]
    rules.check_acceptors([one.number for one in acceptors], conflicted)
    acceptance = _in_hand(project, milestone, State.APPLIED)
    Acceptor.objects.bulk_create([Acceptor(acceptance=acceptance, person=p) for p in acceptors])
    acceptance.state, acceptance.opened_at = State.CHECKING, at
    acceptance.until = rules.due("OPINION", project.region_path, at)
    acceptance.save()
    tell_people([one.number for one in acceptors], project, "give_opinion", by, at)
    return acceptance


@transaction.atomic
def give_opinion(
    *, acceptance: Acceptance, verdict: str, opinion: str, by: Actor, at: datetime
) -> Acceptor:
    """Sign one's opinion on an acceptance, once."""
    project = locked(acceptance.project, "give_opinion", by)
    acceptance = _in_hand(project, acceptance.milestone, State.CHECKING)
    row = Acceptor.objects.filter(acceptance=acceptance, person__number=by.person).first()
    if row is None or row.signed_at:
        raise rules.AcceptanceRefused(
            "projects.opinion_not_asked",
            N_("不能签署。您不是这一轮的验收专家，或已经签过。"),
        )
    allowed = rules.MILESTONE_VERDICTS if acceptance.milestone else rules.PROJECT_VERDICTS
    if verdict not in allowed:
        raise rules.AcceptanceRefused(
            "projects.verdict_unknown", N_("请从列出的结论中选一项。"), fields=("verdict",)
        )
    row.verdict, row.opinion, row.signed_at = verdict, opinion, at
    row.save()
    note_act("give_opinion", project, by, at, {"acceptance": _code(acceptance), "verdict": verdict})
    if not Acceptor.objects.filter(acceptance=acceptance, signed_at__isnull=True).exists():
        decider = Role.OFFICER if acceptance.milestone else Role.HEAD
        tell_office(project, decider, "decide_acceptance", by, at)
    return row


@transaction.atomic
def check_milestone(
    *,
    milestone: Milestone,
    verdict: str,
    opinion: str,
    by: Actor,
    at: datetime,
    rectify_date: date | None = None,
) -> Acceptance:
    """Sign the verdict on a milestone; a pass releases the instalment behind it.

    Refuses (rules.AcceptanceRefused) before all acceptors have signed, and a pass that most of
    them did not find.
    """
    project = locked(milestone.project, "check_milestone", by)
    milestone = _fresh(milestone, frozenset({Milestone.State.CHECKING}))
    if verdict != "PASSED" and rectify_date is None:
        raise rules.AcceptanceRefused(
            "projects.rectify_date_missing",
            N_("未通过或有条件通过时，须写明整改到哪一天。"),
            fields=("rectify_date",),
        )
    acceptance = _decided(project, milestone, verdict, opinion, by, at)
    milestone.rectify_date = None if verdict == "PASSED" else rectify_date
    move_milestone(milestone, verdict, by=by, at=at, note=opinion)
    touch_project(project)
    note_act("check_milestone", project, by, at, {"milestone": milestone.code, "verdict": verdict})
    if verdict == "PASSED":
        cause = f"{project.number}/{milestone.code}"
        release_open_gates(project, cause=cause, by=by, at=at)
    tell_unit(project, "milestone_decided", by, at)
    return acceptance


def _decided(
    project: Project,
    milestone: Milestone | None,
    verdict: str,
    opinion: str,
    by: Actor,
    at: datetime,
) -> Acceptance:
    acceptance = _in_hand(project, milestone, State.CHECKING)
    allowed = rules.MILESTONE_VERDICTS if milestone else rules.PROJECT_VERDICTS
    opinions = list(acceptance.acceptors.values_list("verdict", flat=True))
    rules.check_verdict(verdict, allowed, opinions)
    acceptance.state, acceptance.verdict, acceptance.opinion = State.DECIDED, verdict, opinion
    acceptance.decided_by, acceptance.decided_at, acceptance.until = person(by), at, None
    acceptance.save()
    return acceptance


@transaction.atomic
def rectify_milestone(*, milestone: Milestone, plan: str, by: Actor, at: datetime) -> Milestone:
    """Say how a failed or conditional milestone will be mended; then it is handed in again."""
    project = locked(milestone.project, "rectify_milestone", by)
    milestone = _fresh(milestone, rules.MILESTONE_RECTIFIABLE)
    move_milestone(milestone, Milestone.State.RECTIFYING, by=by, at=at, note=plan)
    touch_project(project)
    note_act("rectify_milestone", project, by, at, {"milestone": milestone.code})
    tell_office(project, Role.OFFICER, "milestone_rectifying", by, at)
    return milestone


@transaction.atomic
def apply_for_acceptance(
    *, project: Project, report: str, evidence: Sequence[EvidenceItem], by: Actor, at: datetime
) -> Acceptance:
    """Apply for the acceptance of the project: every milestone passed or waived.

    After rectifying, the same acceptors judge a second round, and there is no third.
    """
    project = locked(project, "apply_for_acceptance", by)
    undone = queries.milestones_undone(project)
    if undone:
        raise rules.AcceptanceRefused(
            "projects.milestones_undone",
            N_("还不能申请验收。里程碑 {codes} 尚未通过。"),
            {"codes": undone},
        )
    before = Acceptance.objects.filter(project=project, milestone=None).last()
    acceptance = _apply(project, None, report, evidence, by, at)
    if before is None:
        move_project(project, Project.State.ACCEPTANCE_APPLIED, by=by, at=at)
        tell_office(project, Role.OFFICER, "open_acceptance", by, at)
    else:
        move_project(project, Project.State.ACCEPTING, by=by, at=at)
        _named(project, None, [row.person for row in before.acceptors.all()], by, at)
    note_act("apply_for_acceptance", project, by, at, {"round": acceptance.round})
    return acceptance


@transaction.atomic
def open_acceptance(
    *, project: Project, acceptors: Sequence[Person], by: Actor, at: datetime
) -> Acceptance:
    """Take the project into acceptance and name who judges it."""
    project = locked(project, "open_acceptance", by)
    acceptance = _named(project, None, acceptors, by, at)
    move_project(project, Project.State.ACCEPTING, by=by, at=at)
    note_act("open_acceptance", project, by, at, {"acceptors": [one.number for one in acceptors]})
    return acceptance


@transaction.atomic
def decide_acceptance(
    *, project: Project, verdict: str, opinion: str, by: Actor, at: datetime
) -> Acceptance:
    """Sign the verdict on the project: accepted, concluded, or failed.

    Accepted releases the instalment behind acceptance.
    """
    project = locked(project, "decide_acceptance", by)
    acceptance = _decided(project, None, verdict, opinion, by, at)
    state = rules.PROJECT_VERDICT_STATES[verdict]
    move_project(project, state, by=by, at=at, note=opinion)
    note_act("decide_acceptance", project, by, at, {"round": acceptance.round, "state": state})
    if state == Project.State.ACCEPTED:
        release_open_gates(project, cause=f"{project.number}/acceptance", by=by, at=at)
    tell_unit(project, "acceptance_decided", by, at)
    return acceptance


@transaction.atomic
def rectify_project(*, project: Project, plan: str, by: Actor, at: datetime) -> Project:
    """Say how a failed project will be mended; once."""
    project = locked(project, "rectify_project", by)
    if Acceptance.objects.filter(project=project, milestone=None).count() > 1:
        raise rules.AcceptanceRefused(
            "projects.rectified_once",
            N_("不能再整改。验收未通过后只能整改一次，这个项目已经整改过。"),
            way_on=N_("请科技局归档，或依程序提出异议。"),
        )
    project.ended_as, project.ended_at = "", None
    move_project(project, Project.State.RECTIFYING, by=by, at=at, note=plan)
    note_act("rectify_project", project, by, at)
    tell_office(project, Role.OFFICER, "project_rectifying", by, at)
    return project


def _fresh(milestone: Milestone, states: frozenset[str]) -> Milestone:
    fresh = Milestone.objects.get(pk=milestone.pk)
    if fresh.state not in states:
        raise rules.AcceptanceRefused(
            "projects.milestone_state",
            N_("现在不能办。里程碑 {code} 的状态是“{state}”。"),
            {"code": fresh.code, "state": str(fresh.get_state_display())},
            (),
            N_("请刷新页面，看现在由谁办。"),
        )
    return fresh


def _in_hand(project: Project, milestone: Milestone | None, state: str) -> Acceptance:
    found = Acceptance.objects.filter(project=project, milestone=milestone, state=state).last()
    if found is None:
        raise rules.AcceptanceRefused(
            "projects.no_acceptance_in_hand", N_("现在没有可办的验收：别人可能刚刚办过。")
        )
    return found


def _code(acceptance: Acceptance) -> str:
    return acceptance.milestone.code if acceptance.milestone else "ACCEPTANCE"
