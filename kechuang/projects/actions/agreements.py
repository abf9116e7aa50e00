"""The agreement: drafted by the unit, signed by its administrator and the department head;
amended as a new version.
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all
from kechuang.ledger import actions as ledger
from kechuang.ledger.queries import grant_of
from kechuang.projects import queries, rules
from kechuang.projects.actions.gates import release_open_gates
from kechuang.projects.actions.moves import (
    locked,
    move_instalment,
    move_milestone,
    move_project,
    note_act,
    person,
    tell_office,
    tell_unit,
    touch_project,
)
from kechuang.projects.models import Agreement, Instalment, Milestone, Project, Target

State = Agreement.State
IN_HAND = (State.DRAFT, State.UNIT_SIGNED)


@transaction.atomic
def draft_agreement(
    *,
    project: Project,
    terms: rules.Terms,
    by: Actor,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Agreement:
    """Write or rewrite the draft of the next edition; the parties are those of the register.

    The draft may be incomplete, but its money must add up. Refuses (rules.AgreementRefused) a
    version that the unit has already signed: it must be returned first.
    """
    project = locked(project, "draft_agreement", by)
    refuse_all(rules.money_problems(terms))
    terms = replace(terms, parties=queries.parties_of(project, terms.parties))
    draft = queries.agreement_in_hand(project)
    if draft is None:
        draft = _new_draft(project, at)
    elif draft.state == State.UNIT_SIGNED:
        raise rules.AgreementRefused(
            "projects.agreement_signed",
            N_("不能再改。单位已签署第 {edition} 版任务书。"),
            {"edition": draft.edition},
            (),
            N_("请先由科技局退回，再修改。"),
        )
    else:
        check_version(project.number, expected_version, draft.version)
        draft.version += 1
    _write(draft, terms, reason)
    if project.state == Project.State.AWARDED:
        move_project(project, Project.State.CONTRACTING, by=by, at=at)
    note_act(
        "draft_agreement", project, by, at, {"edition": draft.edition, "version": draft.version}
    )
    return draft


def _new_draft(project: Project, at: datetime) -> Agreement:
    last = Agreement.objects.filter(project=project).order_by("-edition").first()
    return Agreement(project=project, edition=last.edition + 1 if last else 1, drafted_at=at)


def _write(draft: Agreement, terms: rules.Terms, reason: str) -> None:
    draft.total_fen, draft.public_fen = terms.total_fen, terms.public_fen
    draft.own_fen, draft.other_fen = terms.own_fen, terms.other_fen
    draft.terms = rules.terms_to_json(terms)
    draft.reason = reason or draft.reason
    draft.save()


@transaction.atomic
def sign_for_unit(*, project: Project, by: Actor, at: datetime) -> Agreement:
    """Sign the draft for the lead unit; from here on its terms and their fingerprint stay.

    Refuses (rules.AgreementRefused) with every reason why it cannot be signed.
    """
    project = locked(project, "sign_for_unit", by)
    agreement = _in_hand(project, State.DRAFT)
    refuse_all(problems_with(project, agreement))
    agreement.terms_hash = rules.fingerprint_of(agreement.terms)
    agreement.unit_signed_by, agreement.unit_signed_at = person(by), at
    agreement.state, agreement.return_reason = State.UNIT_SIGNED, ""
    agreement.save()
    touch_project(project)
    note_act(
        "sign_for_unit",
        project,
        by,
        at,
        {"edition": agreement.edition, "terms": agreement.terms_hash},
    )
    tell_office(project, Role.HEAD, "sign_for_department", by, at)
    return agreement


def problems_with(project: Project, agreement: Agreement) -> list[Exception]:
    """Every reason why an agreement cannot be signed, as terms, as award and as amendment."""
    terms = rules.terms_from_json(agreement.terms)
    problems = rules.problems_with_terms(terms)
    if agreement.edition == 1 and terms.public_fen > project.public_fen:
        problems.append(
            rules.AgreementRefused(
                "projects.public_over_award",
                N_("财政资助 {public_fen} 超过立项的 {award_fen}。"),
                {"public_fen": terms.public_fen, "award_fen": project.public_fen},
                ("public_fen",),
            )
        )
    released = queries.released_terms(project)
    passed = queries.milestone_codes(project, [Milestone.State.PASSED])
    checking = [Milestone.State.SUBMITTED, Milestone.State.CHECKING]
    in_hand = queries.milestone_codes(project, checking)
    return [*problems, *rules.problems_with_amendment(terms, released, passed, in_hand)]


@transaction.atomic
def return_agreement(*, project: Project, reason: str, by: Actor, at: datetime) -> Agreement:
    """Return what the unit signed, with a reason; it becomes a draft again."""
    project = locked(project, "return_agreement", by)
    agreement = _in_hand(project, State.UNIT_SIGNED)
    agreement.state, agreement.return_reason = State.DRAFT, reason
    agreement.unit_signed_by = agreement.unit_signed_at = None
    agreement.terms_hash = ""
    agreement.version += 1
    agreement.save()
    touch_project(project)
    note_act("return_agreement", project, by, at, {"edition": agreement.edition})
    tell_unit(project, "draft_agreement", by, at)
    return agreement


@transaction.atomic
def sign_for_department(*, project: Project, by: Actor, at: datetime) -> Agreement:
    """Sign for the department: the agreement is in force, the project runs, open gates release.

    An earlier edition is superseded; milestones and instalments are laid out anew but for what
    was released, passed or is being judged.

    Source: design/procedures.md#money, rule 3
    """
    project = locked(project, "sign_for_department", by)
    agreement = _in_hand(project, State.UNIT_SIGNED)
    refuse_all(problems_with(project, agreement))
    before = queries.agreement_in_force(project)
    if before is not None:
        before.state = State.SUPERSEDED
        before.save(update_fields=["state"])
    agreement.head_signed_by, agreement.head_signed_at = person(by), at
    agreement.state = State.IN_FORCE
    agreement.save()
    _take_over(project, agreement, by, at)
    terms = rules.terms_from_json(agreement.terms)
    _lay_out_targets(project, terms)
    _lay_out_milestones(project, terms, by, at)
    _lay_out_instalments(project, terms, by, at)
    release_open_gates(project, cause=f"{project.number}/{agreement.edition}", by=by, at=at)
    note_act(
        "sign_for_department",
        project,
        by,
        at,
        {
            "edition": agreement.edition,
            "terms": agreement.terms_hash,
            "total_fen": agreement.total_fen,
            "public_fen": agreement.public_fen,
        },
    )
    tell_unit(project, "agreement_in_force", by, at)
    return agreement


def _take_over(project: Project, agreement: Agreement, by: Actor, at: datetime) -> None:
    """The project and its books follow the agreement in force."""
    project.total_fen, project.public_fen = agreement.total_fen, agreement.public_fen
    project.own_fen, project.other_fen = agreement.own_fen, agreement.other_fen
    project.signed_at = project.signed_at or at
    move_project(project, Project.State.ACTIVE, by=by, at=at)
    grant = grant_of(project.number)
    if grant is None:
        ledger.open_grant(
            subject_number=project.number,
            region_path=project.region_path,
            approved_fen=agreement.public_fen,
            organisation=project.lead_organisation,
            by=by,
            at=at,
        )
    else:
        ledger.approve_grant(grant=grant, approved_fen=agreement.public_fen, by=by, at=at)


def _lay_out_targets(project: Project, terms: rules.Terms) -> None:
    codes = [row.code for row in terms.targets]
    Target.objects.filter(project=project).exclude(code__in=codes).update(is_dropped=True)
    for row in terms.targets:
        Target.objects.update_or_create(
            project=project,
            code=row.code,
            defaults={
                "indicator": row.indicator,
                "comparator": row.comparator,
                "value": row.value,
                "unit": row.unit,
                "test_method": row.test_method,
                "is_dropped": False,
            },
        )


def _lay_out_milestones(project: Project, terms: rules.Terms, by: Actor, at: datetime) -> None:
    known = {row.code: row for row in Milestone.objects.filter(project=project)}
    settled = (Milestone.State.PASSED, Milestone.State.SUBMITTED, Milestone.State.CHECKING)
    for term in terms.milestones:
        row = known.pop(term.code, None) or Milestone(
            project=project, code=term.code, state_since=at
        )
        if row.state in settled:
            continue
        row.title, row.content, row.due_date = term.title, term.content, term.due_date
        if row.pk is None or row.state == Milestone.State.WAIVED:
            move_milestone(row, Milestone.State.PLANNED, by=by, at=at)
        else:
            row.version += 1
            row.save()
    for row in known.values():
        if row.state not in (*settled, Milestone.State.WAIVED):
            move_milestone(row, Milestone.State.WAIVED, by=by, at=at)


def _lay_out_instalments(project: Project, terms: rules.Terms, by: Actor, at: datetime) -> None:
    known = {row.sequence: row for row in Instalment.objects.filter(project=project)}
    milestones = {row.code: row for row in Milestone.objects.filter(project=project)}
    for term in terms.instalments:
        row = known.pop(term.sequence, None) or Instalment(project=project, sequence=term.sequence)
        if row.release_id:
            continue
        row.gate, row.milestone = term.gate, milestones.get(term.milestone)
        row.amount_fen, row.own_due_fen = term.amount_fen, term.own_due_fen
        move_instalment(row, Instalment.State.PLANNED, by=by, at=at)
    for row in known.values():
        if row.state == Instalment.State.PLANNED:
            move_instalment(row, Instalment.State.DROPPED, by=by, at=at)


@transaction.atomic
def begin_amendment(*, project: Project, reason: str, by: Actor, at: datetime) -> Agreement:
    """Open an amendment: a draft of the next edition that begins as the one in force."""
    project = locked(project, "begin_amendment", by)
    current = queries.agreement_in_force(project)
    assert current is not None, project.number
    draft = begin_edition(project, rules.terms_from_json(current.terms), reason, at)
    move_project(project, Project.State.AMENDING, by=by, at=at, note=reason)
    note_act("begin_amendment", project, by, at, {"edition": draft.edition})
    tell_unit(project, "draft_agreement", by, at)
    return draft


def begin_edition(
    project: Project, terms: rules.Terms, reason: str, at: datetime
) -> Agreement:
    """Write the draft of the next edition under these terms; the project is locked."""
    draft = _new_draft(project, at)
    _write(draft, terms, reason)
    return draft


@transaction.atomic
def withdraw_amendment(*, project: Project, by: Actor, at: datetime) -> Agreement:
    """Give up an amendment; the edition in force stays."""
    project = locked(project, "withdraw_amendment", by)
    agreement = _in_hand(project, *IN_HAND)
    agreement.state = State.WITHDRAWN
    agreement.save(update_fields=["state"])
    move_project(project, Project.State.ACTIVE, by=by, at=at)
    note_act("withdraw_amendment", project, by, at, {"edition": agreement.edition})
    tell_unit(project, "amendment_withdrawn", by, at)
    return agreement


def _in_hand(project: Project, *states: str) -> Agreement:
    agreement = queries.agreement_in_hand(project)
    if agreement is None or agreement.state not in states:
        raise rules.AgreementRefused(
            "projects.no_agreement_in_hand",
            N_("现在没有可办的任务书版本：还没有起草，或别人刚刚办过。"),
            way_on=N_("请刷新页面，看任务书现在到哪一步。"),
        )
    return agreement
