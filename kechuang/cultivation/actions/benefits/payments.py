"""Pay a batch by three people through the ledger; hold shares where the grant became equity."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions.benefits.moves import (
    locked_batch,
    move_batch,
    note_act,
    person,
    tell_office,
    tell_unit,
)
from kechuang.cultivation.models import Batch, Line, Policy, Stake
from kechuang.cultivation.queries import benefits as queries
from kechuang.cultivation.rules import benefits as rules
from kechuang.cultivation.rules.deadlines import due
from kechuang.ledger import actions as ledger
from kechuang.ledger.models import PaymentOrder, Release
from kechuang.ledger.queries import grant_of, release_of
from kechuang.record.actions import take_number

State = Batch.State


@transaction.atomic
def agree_stake(
    *, line: Line, typed: rules.StakeTyped, by: Actor, at: datetime
) -> Stake:
    """Keep the terms on which a line's sum becomes a share; may be written anew until it is paid.

    Refuses (rules.StakeRefused) a sum over the cap, a valuation under it, a missing holder or way
    out.
    """
    batch = Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=line.batch_id)
    line = Line.objects.select_related("funding__policy", "organisation").get(pk=line.pk)
    may = by.is_role(*rules.OFFICE) and by.covers(batch.region_path)
    require(may, rules.not_permitted(line.number))
    policy = line.funding.policy
    is_open = line.is_live and line.state in (Line.State.DRAFTED, Line.State.RESERVED)
    require(is_open and policy.instrument == Policy.Instrument.EQUITY,
            rules.line_not_live(line.number))  # fmt: skip
    refuse_all(rules.problems_with_stake(typed, line.amount_fen, shanghai_date(at)))
    kept = Stake.objects.filter(line=line).first()
    stake = kept or Stake(number=take_number("GQ", at=at), line=line, amount_fen=line.amount_fen)
    stake.valuation_fen, stake.holder = typed.valuation_fen, typed.holder
    stake.exit_condition, stake.exit_date = typed.exit_condition, typed.exit_date
    stake.agreed_by, stake.agreed_at = person(by), at
    stake.save()
    note_act(
        "agree_stake", stake.number, by, at,
        {"line": line.number, "amount_fen": stake.amount_fen,
         "valuation_fen": stake.valuation_fen, "exit": stake.exit_date.isoformat()},
    )  # fmt: skip
    return stake


@transaction.atomic
def request_payments(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Request the payment of every line of a batch whose notice is over: the first of three.

    Refuses (rules.StakeRefused) an equity batch with lines whose terms are not agreed.
    """
    batch = locked_batch(batch, "request_payments", by)
    lines = list(queries.live_lines(batch))
    if batch.funding.policy.instrument == Policy.Instrument.EQUITY:
        lacking = [line.organisation.name for line in lines if not hasattr(line, "stake")]
        require(not lacking, rules.terms_missing("、".join(lacking)))
    until = due("REVIEW", batch.region_path, at)
    for line in lines:
        line.order = ledger.request_payment(
            release=_release(batch, line, by, at),
            idempotency_key=f"benefit:{line.number}:{batch.version}",
            until=until,
            by=by,
            at=at,
        )
        line.state = Line.State.REQUESTED
    Line.objects.bulk_update(lines, ["order", "state"])
    _step(batch, State.REQUESTED, "request_payments", by, at, term="REVIEW")
    tell_office(batch.region_path, Role.FINANCE, "batch_to_review", batch.number, by, at)
    return batch


def _release(batch: Batch, line: Line, by: Actor, at: datetime) -> Release:
    """The books of a line, opened once: its grant, and the gate that the notice was."""
    known = release_of(line.number)
    if known:
        return known
    grant = grant_of(line.number) or ledger.open_grant(
        subject_number=line.number, region_path=batch.region_path, approved_fen=line.amount_fen,
        organisation=line.organisation, by=by, at=at,
    )  # fmt: skip
    assert batch.approved_by is not None
    return ledger.release_instalment(
        grant=grant, instalment_number=line.number, amount_fen=line.amount_fen,
        cause_number=batch.notice_number, acceptors=[batch.approved_by], by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def review_payments(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Review the requested payments: the second person, who did not approve the batch."""
    batch = locked_batch(batch, "review_payments", by)
    until = due("PAY", batch.region_path, at)
    _each(batch, Line.State.REVIEWED,
          lambda order: ledger.review_payment(order=order, until=until, by=by, at=at))  # fmt: skip
    _step(batch, State.REVIEWED, "review_payments", by, at, term="PAY")
    tell_office(batch.region_path, Role.PAYER, "batch_to_pay", batch.number, by, at)
    return batch


@transaction.atomic
def return_payments(*, batch: Batch, reason: str, by: Actor, at: datetime) -> Batch:
    """Return the requested payments with a reason; they may be requested again."""
    batch = locked_batch(batch, "return_payments", by)
    lines = list(queries.live_lines(batch))
    for line in lines:
        assert line.order is not None
        ledger.return_payment(order=line.order, reason=reason[:500], by=by, at=at)
        line.order, line.state = None, Line.State.RESERVED
    Line.objects.bulk_update(lines, ["order", "state"])
    _step(batch, State.PAYABLE, "return_payments", by, at, term="REQUEST", note=reason)
    tell_office(batch.region_path, Role.OFFICER, "batch_payable", batch.number, by, at)
    return batch


@transaction.atomic
def pay_batch(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Pay every line of a reviewed batch, once, all or none: the third person.

    A grant that became equity opens its share in the same transaction. The funding's row is
    locked: sixty-four payers at the same moment pay once.
    """
    batch = locked_batch(batch, "pay_batch", by)
    until = due("CONFIRM", batch.region_path, at)
    lines = _each(batch, Line.State.PAID,
                  lambda order: ledger.pay(order=order, until=until, by=by, at=at))  # fmt: skip
    Stake.objects.filter(line__in=lines).update(state=Stake.State.HELD, opened_at=at)
    _step(batch, State.PAID, "pay_batch", by, at, term="CONFIRM")
    for line in lines:
        tell_unit(line.organisation, "benefit_paid", line.number, by, at)
    return batch


@transaction.atomic
def confirm_payments(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Confirm that the money has arrived; those that are being taken back stay as they are."""
    batch = locked_batch(batch, "confirm_payments", by)
    _each(batch, Line.State.CONFIRMED,
          lambda order: ledger.confirm_payment(order=order, by=by, at=at))  # fmt: skip
    _step(batch, State.DONE, "confirm_payments", by, at)
    return batch


def _each(batch: Batch, state: str, act: Callable[[PaymentOrder], PaymentOrder]) -> list[Line]:
    """Take a step of the ledger for every line; the line follows its order."""
    moving = (Line.State.REQUESTED, Line.State.REVIEWED, Line.State.PAID)
    lines = list(queries.live_lines(batch).filter(state__in=moving))
    for line in lines:
        assert line.order is not None
        line.order = act(line.order)
        line.state = state
    Line.objects.bulk_update(lines, ["state"])
    return lines


def _step(
    batch: Batch, state: str, verb: str, by: Actor, at: datetime, *, term: str = "", note: str = ""
) -> None:
    move_batch(batch, state, by, at, term=term, note=note)
    note_act(verb, batch.number, by, at, {"content": batch.content_hash})


@transaction.atomic
def exit_stake(*, stake: Stake, note: str, by: Actor, at: datetime) -> Stake:
    """Note that a share was given up as its terms say; what came in is another matter's money."""
    row = (
        Stake.objects.select_for_update(of=("self",), no_key=True)
        .select_related("line__batch", "candidate")
        .get(pk=stake.pk)
    )
    may = by.is_role(Role.HEAD) and by.covers(queries.region_of_stake(row))
    require(may, rules.not_permitted(row.number))
    require(row.state == Stake.State.HELD, rules.stake_not_held(row.number))
    row.state, row.exited_at, row.exit_note = Stake.State.EXITED, at, note[:500]
    row.save(update_fields=["state", "exited_at", "exit_note"])
    note_act("exit_stake", row.number, by, at, {"of": queries.source_of_stake(row)})
    return row
