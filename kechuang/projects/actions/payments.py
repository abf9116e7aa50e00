"""Money of a project: own funds that arrive, and the payment of instalments by three people."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.numbers import new_random_number
from kechuang.base.refusals import N_, refuse_all
from kechuang.base.time import shanghai_date
from kechuang.files.models import Blob
from kechuang.ledger import actions as ledger
from kechuang.ledger.models import EntrySet, Grant, PaymentOrder
from kechuang.ledger.queries import grant_of
from kechuang.projects import queries, rules
from kechuang.projects.actions.moves import (
    locked,
    move_instalment,
    note_act,
    person,
    tell_office,
    tell_unit,
    touch_project,
)
from kechuang.projects.models import Instalment, OwnReceipt, Project

State = Instalment.State


@transaction.atomic
def receive_funds(  # noqa: PLR0913 - a receipt as the bank states it
    *,
    project: Project,
    source: str,
    amount_fen: int,
    received_date: date,
    text: str,
    blob: Blob,
    filename: str,
    by: Actor,
    at: datetime,
) -> OwnReceipt:
    """Enter own or other funds that arrived, with the bank's paper; one voucher.

    Refuses (rules.PaymentRefused) a sum that is not positive, a date to come, and more than the
    agreement plans from this source.
    """
    project = locked(project, "receive_funds", by)
    grant = _grant(project)
    _check_receipt(project, grant, source, amount_fen)
    if received_date > shanghai_date(at):
        raise rules.PaymentRefused(
            "projects.receipt_date", N_("到位日期不能晚于今天。"), fields=("received_date",)
        )
    number = new_random_number()
    entry_set = ledger.receive_funds(
        grant=grant, amount_fen=amount_fen, source=source, cause_number=number, by=by, at=at
    )
    receipt = OwnReceipt.objects.create(
        number=number,
        project=project,
        source=source,
        amount_fen=amount_fen,
        received_date=received_date,
        text=text,
        blob=blob,
        filename=filename,
        entry_set=entry_set,
        reported_by=person(by),
        at=at,
    )
    touch_project(project)
    note_act(
        "receive_funds",
        project,
        by,
        at,
        {
            "receipt": number,
            "voucher": entry_set.number,
            "source": source,
            "amount_fen": amount_fen,
            "file": blob.hash,
        },
    )
    return receipt


def _check_receipt(project: Project, grant: Grant, source: str, amount_fen: int) -> None:
    is_own = source == OwnReceipt.Source.OWN
    planned = project.own_fen if is_own else project.other_fen
    received = grant.own_received_fen if is_own else grant.other_received_fen
    if amount_fen <= 0 or received + amount_fen > planned:
        raise rules.PaymentRefused(
            "projects.receipt_over_plan",
            N_("不能登记 {amount_fen}。任务书约定 {planned_fen}，已到位 {received_fen}。"),
            {"amount_fen": amount_fen, "planned_fen": planned, "received_fen": received},
            ("amount",),
            N_("金额须大于零；要多投入，请先变更任务书。"),
        )


@transaction.atomic
def correct_receipt(
    *,
    project: Project,
    voucher: str,
    amount_fen: int,
    idempotency_key: str,
    by: Actor,
    at: datetime,
) -> EntrySet:
    """Take back what a receipt posted too much; the first entries stay, another voucher corrects.

    What was paid meanwhile stays paid; the next payment is checked against what is left.
    """
    project = locked(project, "correct_receipt", by)
    receipt = OwnReceipt.objects.filter(project=project, entry_set__number=voucher).first()
    if receipt is None:
        raise rules.PaymentRefused(
            "projects.receipt_unknown",
            N_("这个项目没有凭证 {voucher} 的到位资金。"),
            {"voucher": voucher},
            ("voucher",),
        )
    corrected = ledger.correct_receipt(
        grant=_grant(project),
        entry_set=receipt.entry_set,
        amount_fen=amount_fen,
        idempotency_key=idempotency_key,
        by=by,
        at=at,
    )
    touch_project(project)
    note_act(
        "correct_receipt",
        project,
        by,
        at,
        {"voucher": corrected.number, "corrects": voucher, "amount_fen": amount_fen},
    )
    tell_office(project, Role.FINANCE, "receipt_corrected", by, at)
    return corrected


@transaction.atomic
def request_payment(
    *, instalment: Instalment, idempotency_key: str, by: Actor, at: datetime
) -> PaymentOrder:
    """Request the payment of an eligible instalment: the first of three people.

    Refuses (rules.PaymentRefused) with each of the four checks that does not hold. The same key
    gives the same order back.
    """
    project, instalment = _locked(instalment, "request_payment", by)
    known = PaymentOrder.objects.filter(idempotency_key=idempotency_key).first()
    if known and known.release_id == instalment.release_id:
        return known
    refuse_all(rules.problems_with_payment(queries.payment_facts(project, instalment)))
    if known or instalment.release is None or instalment.state != State.ELIGIBLE:
        raise rules.PaymentRefused(
            "projects.already_requested",
            N_("不能再申请。第 {sequence} 期现在是“{state}”，一期只拨一次。"),
            {"sequence": instalment.sequence, "state": str(instalment.get_state_display())},
        )
    order = ledger.request_payment(
        release=instalment.release,
        idempotency_key=idempotency_key,
        until=rules.due("REVIEW", project.region_path, at),
        by=by,
        at=at,
    )
    instalment.order = order
    _moved(project, instalment, State.REQUESTED, by, at)
    _note(project, instalment, "request_payment", by, at, order)
    tell_office(project, Role.FINANCE, "review_payment", by, at)
    return order


@transaction.atomic
def review_payment(*, instalment: Instalment, by: Actor, at: datetime) -> PaymentOrder:
    """Review a requested payment: the second person, who did not accept the milestone."""
    project, instalment = _locked(instalment, "review_payment", by)
    order = _order(instalment)
    refuse_all(rules.problems_with_payment(queries.payment_facts(project, instalment)))
    order = ledger.review_payment(
        order=order, until=rules.due("PAY", project.region_path, at), by=by, at=at
    )
    _moved(project, instalment, State.REVIEWED, by, at)
    _note(project, instalment, "review_payment", by, at, order)
    tell_office(project, Role.PAYER, "pay_instalment", by, at)
    return order


@transaction.atomic
def pay_instalment(*, instalment: Instalment, by: Actor, at: datetime) -> PaymentOrder:
    """Pay the instalment of a passed gate, once: the third person.

    Refuses (rules.PaymentRefused, ledger.rules.PaymentRefused) when a check no longer holds, the
    instalment is paid, or `by` also requested or reviewed it. The project's row is locked: two
    payers at the same moment pay once.

    Source: design/procedures.md#money
    """
    project, instalment = _locked(instalment, "pay_instalment", by)
    order = _order(instalment)
    refuse_all(rules.problems_with_payment(queries.payment_facts(project, instalment)))
    order = ledger.pay(
        order=order, until=rules.due("CONFIRM", project.region_path, at), by=by, at=at
    )
    _moved(project, instalment, State.PAID, by, at)
    _note(project, instalment, "pay_instalment", by, at, order)
    tell_unit(project, "instalment_paid", by, at)
    return order


@transaction.atomic
def confirm_payment(*, instalment: Instalment, by: Actor, at: datetime) -> PaymentOrder:
    """Confirm that a payment has arrived."""
    return _step(instalment, "confirm_payment", State.CONFIRMED, ledger.confirm_payment, by, at)


@transaction.atomic
def hold_payment(*, instalment: Instalment, reason: str, by: Actor, at: datetime) -> PaymentOrder:
    """Hold a payment that is not paid yet."""
    return _step(instalment, "hold_payment", State.HELD, ledger.hold_payment, by, at, reason=reason)


@transaction.atomic
def resume_payment(*, instalment: Instalment, by: Actor, at: datetime) -> PaymentOrder:
    """Take a held payment up again; it is reviewed anew."""
    until = rules.due("REVIEW", instalment.project.region_path, at)
    return _step(
        instalment, "resume_payment", State.REQUESTED, ledger.resume_payment, by, at, until=until
    )


@transaction.atomic
def return_payment(*, instalment: Instalment, reason: str, by: Actor, at: datetime) -> PaymentOrder:
    """Return a request with a reason; the instalment may be requested again."""
    project, instalment = _locked(instalment, "return_payment", by)
    order = ledger.return_payment(order=_order(instalment), reason=reason, by=by, at=at)
    instalment.order = None
    _moved(project, instalment, State.ELIGIBLE, by, at, reason)
    _note(project, instalment, "return_payment", by, at, order)
    tell_unit(project, "payment_returned", by, at)
    return order


@transaction.atomic
def reclaim_payment(
    *, instalment: Instalment, amount_fen: int, reason: str, by: Actor, at: datetime
) -> PaymentOrder:
    """Demand paid money back, at most what was paid."""
    until = rules.due("RECLAIM", instalment.project.region_path, at)
    return _step(
        instalment,
        "reclaim_payment",
        State.RECLAIM_DUE,
        ledger.reclaim_payment,
        by,
        at,
        amount_fen=amount_fen,
        reason=reason,
        until=until,
    )


@transaction.atomic
def settle_reclaim(*, instalment: Instalment, by: Actor, at: datetime) -> PaymentOrder:
    """Note that reclaimed money is back in the treasury."""
    return _step(instalment, "settle_reclaim", State.RECLAIMED, ledger.settle_reclaim, by, at)


def _step(
    instalment: Instalment,
    verb: str,
    state: str,
    act: Callable[..., PaymentOrder],
    by: Actor,
    at: datetime,
    **facts: Any,
) -> PaymentOrder:
    """One step of a payment whose whole rule is the ledger's: lock, act, move, note, tell."""
    project, instalment = _locked(instalment, verb, by)
    order = act(order=_order(instalment), by=by, at=at, **facts)
    _moved(project, instalment, state, by, at, str(facts.get("reason", "")))
    _note(project, instalment, verb, by, at, order)
    tell_unit(project, verb, by, at)
    return order


def _locked(instalment: Instalment, verb: str, by: Actor) -> tuple[Project, Instalment]:
    """Lock the project, then read the instalment anew under its lock."""
    project = locked(instalment.project, verb, by)
    fresh = Instalment.objects.select_related("release", "order", "milestone").get(pk=instalment.pk)
    return project, fresh


def _order(instalment: Instalment) -> PaymentOrder:
    if instalment.order is None:
        raise rules.PaymentRefused(
            "projects.not_requested",
            N_("不能办。第 {sequence} 期还没有拨付申请，或已被退回。"),
            {"sequence": instalment.sequence},
            (),
            N_("请刷新页面，看现在由谁办。"),
        )
    return instalment.order


def _grant(project: Project) -> Grant:
    grant = grant_of(project.number)
    assert grant is not None, project.number
    return grant


def _moved(
    project: Project, instalment: Instalment, state: str, by: Actor, at: datetime, note: str = ""
) -> None:
    move_instalment(instalment, state, by=by, at=at, note=note)
    touch_project(project)


def _note(
    project: Project,
    instalment: Instalment,
    verb: str,
    by: Actor,
    at: datetime,
    order: PaymentOrder,
) -> None:
    payload = {
        "instalment": instalment.sequence,
        "order": order.number,
        "amount_fen": order.amount_fen,
        "state": order.state,
    }
    if order.reclaim_fen:
        payload["reclaim_fen"] = order.reclaim_fen
    note_act(verb, project, by, at, payload)
