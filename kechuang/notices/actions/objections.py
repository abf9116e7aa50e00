"""File, take up, answer, decide, execute and withdraw an objection."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import check_version, refuse_all, require
from kechuang.base.time import midnight_after, shanghai_date
from kechuang.base.working_days import calendar
from kechuang.messages.actions import tell
from kechuang.notices import rules
from kechuang.notices.actions.clock import cancel_locked, locked_notice, run_clock, stop_clock
from kechuang.notices.models import Notice, Objection, ObjectionStage
from kechuang.parties.actions import keep_contact
from kechuang.parties.models import Person
from kechuang.parties.queries import contact_of
from kechuang.record.actions import append, take_number


def _due(at: datetime, working_days: int) -> datetime:
    """The end of the last of so many working days."""
    return midnight_after(calendar().add(shanghai_date(at), working_days))


def _move(objection: Objection, state: str, by: Actor, at: datetime, note: str = "") -> None:
    rules.OBJECTION_TABLE.check_move(objection.state, state)
    objection.state = state
    objection.state_since = at
    objection.version += 1
    objection.save()
    ObjectionStage.objects.create(
        objection=objection, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_private=note,
    )  # fmt: skip


def _locked(objection: Objection) -> tuple[Notice, Objection]:
    """The notice first, then its objection: one order for all."""
    notice = locked_notice(objection.notice)
    row = Objection.objects.select_related("notice", "objector", "handler").get(pk=objection.pk)
    return notice, row


def _require_state(objection: Objection, *states: str) -> None:
    if objection.state not in states:
        raise rules.refused_in_state(objection.number, objection.get_state_display())


def _record(verb: str, objection: Objection, by: Actor, at: datetime, **payload: str) -> None:
    append(
        verb=f"notices.{verb}", object_number=objection.number, by=by, at=at,
        payload={"notice": objection.notice.number, **payload},
    )  # fmt: skip


@transaction.atomic
def save_objection(
    *,
    notice: Notice,
    by: Actor,
    at: datetime,
    ground: str = "",
    statement: str = "",
    request: str = "",
    version: int | None = None,
) -> Objection:
    """Save the objector's own draft, as far as it is filled; it stops no clock. Not recorded."""
    require(rules.may_object(by), rules.not_permitted(rules.OBJECTOR_MAY))
    notice = locked_notice(notice)
    _check_running(notice, at)
    person = Person.objects.get(number=by.person)
    draft = Objection.objects.filter(
        notice=notice, objector=person, state=Objection.State.DRAFT
    ).first()
    if draft is None:
        draft = Objection(notice=notice, objector=person, state_since=at)
    else:
        check_version(draft.number, version, draft.version)
        draft.version += 1
    draft.ground, draft.statement, draft.request = ground, statement, request
    draft.save()
    return draft


def _check_running(notice: Notice, at: datetime) -> None:
    """Refuse once the notice is over or was taken back; late is `at` >= the end."""
    late = notice.ends_at is not None and at >= notice.ends_at
    if notice.state not in rules.NOTICE_RUNNING or late:
        state = Notice.State.ENDED.label if late else notice.get_state_display()
        raise rules.notice_is_over(notice.number, str(state))


@transaction.atomic
def object_to(
    *,
    notice: Notice,
    ground: str,
    statement: str,
    request: str,
    by: Actor,
    at: datetime,
    phone: str = "",
    email: str = "",
    version: int | None = None,
) -> Objection:
    """File an objection by name; the clock of the notice stops at once.

    Refuses, all reasons together, a missing ground, facts, request or contact, and a notice that
    is over. Phone and email go to the person's contact, which handlers alone read.
    """
    draft = save_objection(
        notice=notice, ground=ground, statement=statement, request=request, version=version,
        by=by, at=at,
    )  # fmt: skip
    notice, objection = _locked(draft)
    known = contact_of(objection.objector)
    has_contact = bool(phone or email or (known and (known.phone or known.email)))
    refuse_all(rules.problems_with_objection(
        ground=ground, statement=statement, request=request, has_contact=has_contact
    ))  # fmt: skip
    if phone or email:
        keep_contact(person=objection.objector, phone=phone, email=email, by=by, at=at)
    objection.number = take_number("YY", at=at)
    objection.filed_at = at
    objection.due_at = _due(at, rules.ACCEPT_WORKING_DAYS)
    _move(objection, Objection.State.FILED, by, at)
    stop_clock(notice, objection, by, at)
    _record("object_to", objection, by, at, ground=ground)
    return objection


@transaction.atomic
def accept_objection(*, objection: Objection, by: Actor, at: datetime) -> Objection:
    """Take an objection up; whoever does handles it from now on, and took no part before."""
    notice, objection = _locked(objection)
    require(rules.may_handle(by, objection.facts), rules.not_permitted(rules.HANDLER_MAY))
    _require_state(objection, Objection.State.FILED)
    objection.handler = Person.objects.get(number=by.person)
    objection.due_at = _due(at, rules.ANSWER_WORKING_DAYS)
    _move(objection, Objection.State.ACCEPTED, by, at)
    _record("accept_objection", objection, by, at)
    _tell_objector(objection, "notices.objection_accepted", by, at)
    return objection


@transaction.atomic
def refuse_objection(
    *, objection: Objection, reason: str, by: Actor, at: datetime
) -> Objection:
    """Do not take an objection up, with a reason; the clock runs on with the days left."""
    notice, objection = _locked(objection)
    require(rules.may_handle(by, objection.facts), rules.not_permitted(rules.HANDLER_MAY))
    _require_state(objection, Objection.State.FILED)
    objection.handler = Person.objects.get(number=by.person)
    objection.decision, objection.due_at = reason, None
    _move(objection, Objection.State.REFUSED, by, at, reason)
    run_clock(notice, objection, by, at)
    _record("refuse_objection", objection, by, at)
    _tell_objector(objection, "notices.objection_refused", by, at)
    return objection


@transaction.atomic
def answer_objection(
    *, objection: Objection, answer: str, by: Actor, at: datetime
) -> Objection:
    """The handling officer answers after looking into it; a head decides next."""
    notice, objection = _locked(objection)
    require(rules.may_answer(by, objection.facts), rules.not_permitted(rules.HANDLER_MAY))
    _require_state(objection, Objection.State.ACCEPTED)
    objection.answer = answer
    objection.due_at = _due(at, rules.DECIDE_WORKING_DAYS)
    _move(objection, Objection.State.ANSWERED, by, at)
    _record("answer_objection", objection, by, at)
    _tell_objector(objection, "notices.objection_answered", by, at)
    return objection


@transaction.atomic
def decide_objection(
    *, objection: Objection, verdict: str, by: Actor, at: datetime, decision: str = ""
) -> Objection:
    """Decide an answered objection: upheld, partly, dismissed.

    Dismissed: the clock runs on with the days left. Partly: it stands until the correction is
    executed. Upheld: the notice is cancelled, and its subject goes back to whoever decided it.
    """
    notice, objection = _locked(objection)
    require(rules.may_decide(by, objection.facts), rules.not_permitted(rules.HEAD_MAY))
    _require_state(objection, Objection.State.ANSWERED)
    verdict = Objection.Verdict(verdict)
    objection.verdict, objection.decision = verdict, decision
    is_done = verdict == Objection.Verdict.DISMISSED
    objection.due_at = None if is_done else _due(at, rules.EXECUTE_WORKING_DAYS)
    _move(objection, Objection.State.DECIDED, by, at, decision)
    if verdict == Objection.Verdict.DISMISSED:
        run_clock(notice, objection, by, at)
    elif verdict == Objection.Verdict.UPHELD and notice.state in rules.NOTICE_RUNNING:
        cancel_locked(notice, str(Objection.Verdict.UPHELD.label), by, at)
    _record(
        "decide_objection", objection, by, at, verdict=verdict, subject=notice.subject_number
    )
    _tell_objector(objection, "notices.objection_decided", by, at)
    return objection


@transaction.atomic
def execute_objection(
    *, objection: Objection, execution: str, by: Actor, at: datetime
) -> Objection:
    """State what was corrected after an objection held; a clock still standing runs on."""
    notice, objection = _locked(objection)
    require(rules.may_handle(by, objection.facts), rules.not_permitted(rules.HANDLER_MAY))
    _require_state(objection, Objection.State.DECIDED)
    if objection.verdict == Objection.Verdict.DISMISSED:
        raise rules.refused_in_state(objection.number, objection.get_verdict_display())
    objection.execution, objection.due_at = execution, None
    _move(objection, Objection.State.EXECUTED, by, at)
    if objection.verdict == Objection.Verdict.PARTLY:
        run_clock(notice, objection, by, at)
    _record("execute_objection", objection, by, at)
    _tell_objector(objection, "notices.objection_executed", by, at)
    return objection


@transaction.atomic
def withdraw_objection(*, objection: Objection, by: Actor, at: datetime) -> Objection:
    """The objector takes it back before the decision; the clock runs on with the days left."""
    notice, objection = _locked(objection)
    require(rules.may_withdraw(by, objection.facts), rules.not_permitted(rules.OBJECTOR_MAY))
    _require_state(objection, *rules.OBJECTION_OPEN)
    objection.due_at = None
    _move(objection, Objection.State.WITHDRAWN, by, at)
    run_clock(notice, objection, by, at)
    _record("withdraw_objection", objection, by, at)
    return objection


def _tell_objector(objection: Objection, template: str, by: Actor, at: datetime) -> None:
    tell(
        people=[objection.objector.number], template=template, object_number=objection.number,
        by=by, at=at,
    )  # fmt: skip
