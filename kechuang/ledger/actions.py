"""Every write of money. Called by the parts above, which have checked whose project it is.

Locks are taken in one order: grant, payment order, accounts by key.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_
from kechuang.ledger import queries, rules
from kechuang.ledger.models import (
    Account,
    Entry,
    EntrySet,
    Grant,
    PaymentOrder,
    Release,
    ReleaseAcceptor,
)
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import person_by_number
from kechuang.record import actions as record

Memo = EntrySet.Memo


@transaction.atomic
def open_account(
    *,
    code: str,
    kind: str,
    owner_number: str,
    by: Actor,
    at: datetime,
    organisation: Organisation | None = None,
) -> Account:
    """Open an account of a project."""
    account = Account.objects.create(
        code=code, kind=kind, owner_number=owner_number, organisation=organisation, opened_at=at
    )
    record.append(
        verb="ledger.open_account",
        object_number=owner_number,
        by=by,
        at=at,
        payload={"account": code, "kind": str(kind)},
    )
    return account


@transaction.atomic
def open_grant(
    *,
    subject_number: str,
    region_path: str,
    approved_fen: int,
    organisation: Organisation,
    by: Actor,
    at: datetime,
) -> Grant:
    """Open the books of a project: its four accounts, and what it may be paid."""
    holders = {"TREASURY": None, "PROJECT": organisation, "OWN": organisation, "OTHER": None}
    accounts = {
        kind.lower(): open_account(
            code=f"{subject_number}/{kind}",
            kind=kind,
            owner_number=subject_number,
            organisation=holder,
            by=by,
            at=at,
        )
        for kind, holder in holders.items()
    }
    return Grant.objects.create(
        subject_number=subject_number,
        region_path=region_path,
        approved_fen=approved_fen,
        **accounts,
    )


@transaction.atomic
def approve_grant(*, grant: Grant, approved_fen: int, by: Actor, at: datetime) -> Grant:
    """Set what a project may be paid, as a signed amendment says; never below what is released."""
    grant = _locked(grant)
    rules.check_approved(queries.grant_facts(grant), approved_fen)
    grant.approved_fen = approved_fen
    grant.save(update_fields=["approved_fen"])
    return grant


@transaction.atomic
def freeze_grant(*, grant: Grant, is_frozen: bool, by: Actor, at: datetime) -> Grant:
    """Freeze or unfreeze a project's money; frozen pays nothing."""
    grant = _locked(grant)
    grant.is_frozen = is_frozen
    grant.save(update_fields=["is_frozen"])
    return grant


@transaction.atomic
def release_instalment(
    *,
    grant: Grant,
    instalment_number: str,
    amount_fen: int,
    cause_number: str,
    acceptors: list[Person],
    by: Actor,
    at: datetime,
) -> Release:
    """Note that a gate was passed, so that its instalment may be requested; once.

    The acceptors are kept: none of them may review the payment.
    """
    grant = _locked(grant)
    rules.check_release(queries.grant_facts(grant), amount_fen)
    release = Release.objects.create(
        grant=grant,
        instalment_number=instalment_number,
        amount_fen=amount_fen,
        cause_number=cause_number,
        at=at,
    )
    people = {person.pk: person for person in acceptors}
    ReleaseAcceptor.objects.bulk_create(
        [ReleaseAcceptor(release=release, person=person) for person in people.values()]
    )
    grant.released_fen += amount_fen
    grant.save(update_fields=["released_fen"])
    return release


@transaction.atomic
def post(
    *,
    entries: list[tuple[Account, int]],
    cause_number: str,
    memo_code: str,
    by: Actor,
    at: datetime,
    idempotency_key: str,
    corrects: EntrySet | None = None,
) -> EntrySet:
    """Post entries that sum to zero under one voucher; debit positive, credit negative.

    Refuses (rules.EntriesRefused) what does not balance. A key that was posted already gives the
    same voucher back and posts nothing.
    """
    rules.check_entries([amount for _account, amount in entries])
    known = EntrySet.objects.filter(idempotency_key=idempotency_key).first()
    if known:
        return known
    entry_set = EntrySet.objects.create(
        number=record.take_number("PZ", at=at),
        owner_number=entries[0][0].owner_number,
        cause_number=cause_number,
        memo_code=memo_code,
        corrects=corrects,
        debit_fen=sum(amount for _account, amount in entries if amount > 0),
        entry_count=len(entries),
        idempotency_key=idempotency_key,
        at=at,
        by_person=_person(by),
    )
    for account, amount in sorted(entries, key=lambda line: line[0].pk):
        Entry.objects.create(entry_set=entry_set, account=account, amount_fen=amount)
        Account.objects.filter(pk=account.pk).update(balance_fen=F("balance_fen") + amount)
    _record_post(entry_set, entries, by, at)
    return entry_set


def _record_post(
    entry_set: EntrySet, entries: list[tuple[Account, int]], by: Actor, at: datetime
) -> None:
    record.append(
        verb="ledger.post",
        object_number=entry_set.owner_number,
        by=by,
        at=at,
        payload={
            "voucher": entry_set.number,
            "memo": str(entry_set.memo_code),
            "cause": entry_set.cause_number,
            "entries": [[account.code, amount] for account, amount in entries],
        },
    )


@transaction.atomic
def request_payment(
    *,
    release: Release,
    idempotency_key: str,
    until: datetime | None,
    by: Actor,
    at: datetime,
) -> PaymentOrder:
    """Request the payment of a released instalment, once.

    The key is made by the client; the same key gives the same order back.
    """
    grant = _locked(release.grant)
    known = PaymentOrder.objects.filter(idempotency_key=idempotency_key).first()
    if known:
        return known
    live = PaymentOrder.objects.filter(release=release).exclude(state=rules.RETURNED).first()
    if live:
        raise rules.PaymentRefused(
            "ledger.already_requested",
            N_("不能再申请。这一期已有拨付单 {number}，一期只拨一次。"),
            {"number": live.number},
        )
    return PaymentOrder.objects.create(
        number=record.take_number("ZF", at=at),
        grant=grant,
        release=release,
        amount_fen=release.amount_fen,
        idempotency_key=idempotency_key,
        requested_by=_person(by),
        requested_at=at,
        since=at,
        until=until,
    )


@transaction.atomic
def review_payment(
    *, order: PaymentOrder, until: datetime | None, by: Actor, at: datetime
) -> PaymentOrder:
    """Review a requested payment; never the requester, never who accepted the milestone."""
    order = _locked_order(order)
    facts = queries.order_facts(order)
    rules.check_step("review", facts)
    rules.check_reviewer(facts, by.person)
    order.reviewed_by, order.reviewed_at = _person(by), at
    return _moved(order, rules.REVIEWED, at, until)


@transaction.atomic
def pay(*, order: PaymentOrder, until: datetime | None, by: Actor, at: datetime) -> PaymentOrder:
    """Pay a reviewed payment, once: one voucher, treasury to project.

    The grant's row is locked: sixty-four payers at the same moment pay once.

    Source: design/procedures.md#money
    """
    grant = _locked(order.grant)
    order = _locked_order(order)
    facts = queries.order_facts(order)
    rules.check_step("pay", facts)
    rules.check_payer(facts, by.person)
    rules.check_payable(facts, queries.grant_facts(grant))
    order.entry_set = post(
        entries=[(grant.project, order.amount_fen), (grant.treasury, -order.amount_fen)],
        cause_number=order.number,
        memo_code=Memo.PAYMENT,
        by=by,
        at=at,
        idempotency_key=f"pay:{order.number}",
    )
    order.paid_by, order.paid_at = _person(by), at
    _moved(order, rules.PAID, at, until)
    grant.paid_fen += order.amount_fen
    grant.save(update_fields=["paid_fen"])
    return order


@transaction.atomic
def confirm_payment(*, order: PaymentOrder, by: Actor, at: datetime) -> PaymentOrder:
    """Confirm that a payment has arrived."""
    order = _locked_order(order)
    rules.check_step("confirm", queries.order_facts(order))
    order.confirmed_at = at
    return _moved(order, rules.CONFIRMED, at, None)


@transaction.atomic
def hold_payment(*, order: PaymentOrder, reason: str, by: Actor, at: datetime) -> PaymentOrder:
    """Hold a payment that is not paid yet, with a reason."""
    order = _locked_order(order)
    rules.check_step("hold", queries.order_facts(order))
    order.note = reason
    return _moved(order, rules.HELD, at, None)


@transaction.atomic
def resume_payment(
    *, order: PaymentOrder, until: datetime | None, by: Actor, at: datetime
) -> PaymentOrder:
    """Take a held payment up again; it is reviewed anew."""
    order = _locked_order(order)
    rules.check_step("resume", queries.order_facts(order))
    order.reviewed_by = order.reviewed_at = None
    order.note = ""
    return _moved(order, rules.REQUESTED, at, until)


@transaction.atomic
def return_payment(*, order: PaymentOrder, reason: str, by: Actor, at: datetime) -> PaymentOrder:
    """Return a payment that is not paid; its instalment may be requested again."""
    order = _locked_order(order)
    rules.check_step("return", queries.order_facts(order))
    order.note = reason
    return _moved(order, rules.RETURNED, at, None)


@transaction.atomic
def reclaim_payment(
    *,
    order: PaymentOrder,
    amount_fen: int,
    reason: str,
    until: datetime | None,
    by: Actor,
    at: datetime,
) -> PaymentOrder:
    """Demand money back, at most what was paid."""
    order = _locked_order(order)
    facts = queries.order_facts(order)
    rules.check_step("reclaim", facts)
    rules.check_reclaim(facts, amount_fen)
    order.reclaim_fen = amount_fen
    order.note = reason
    return _moved(order, rules.RECLAIM_DUE, at, until)


@transaction.atomic
def settle_reclaim(*, order: PaymentOrder, by: Actor, at: datetime) -> PaymentOrder:
    """Note that the reclaimed money is back: one voucher, project to treasury."""
    grant = _locked(order.grant)
    order = _locked_order(order)
    rules.check_step("settle", queries.order_facts(order))
    amount = order.reclaim_fen
    order.reclaim_entry_set = post(
        entries=[(grant.treasury, amount), (grant.project, -amount)],
        cause_number=order.number,
        memo_code=Memo.RECLAIM,
        by=by,
        at=at,
        idempotency_key=f"reclaim:{order.number}",
    )
    order.reclaimed_fen = amount
    _moved(order, rules.RECLAIMED, at, None)
    grant.reclaimed_fen += amount
    grant.save(update_fields=["reclaimed_fen"])
    return order


@transaction.atomic
def receive_funds(
    *,
    grant: Grant,
    amount_fen: int,
    source: str,
    cause_number: str,
    by: Actor,
    at: datetime,
) -> EntrySet:
    """Post money that the unit (OWN) or another side (OTHER) brought in; `cause_number` once."""
    grant = _locked(grant)
    key = f"receipt:{cause_number}"
    known = EntrySet.objects.filter(idempotency_key=key).first()
    if known:
        return known
    is_own = source == Account.Kind.OWN
    entry_set = post(
        entries=[(grant.project, amount_fen), (grant.own if is_own else grant.other, -amount_fen)],
        cause_number=cause_number,
        memo_code=Memo.OWN_FUNDS if is_own else Memo.OTHER_FUNDS,
        by=by,
        at=at,
        idempotency_key=key,
    )
    counter = "own_received_fen" if is_own else "other_received_fen"
    setattr(grant, counter, getattr(grant, counter) + amount_fen)
    grant.save(update_fields=[counter])
    return entry_set


@transaction.atomic
def correct_receipt(
    *,
    grant: Grant,
    entry_set: EntrySet,
    amount_fen: int,
    idempotency_key: str,
    by: Actor,
    at: datetime,
) -> EntrySet:
    """Take back what was posted too much of own or other funds; the first entries stay.

    Refuses (rules.EntriesRefused) more than the voucher still holds, and vouchers of payments.
    """
    grant = _locked(grant)
    known = EntrySet.objects.filter(idempotency_key=idempotency_key).first()
    if known:
        return known
    if entry_set.memo_code not in (Memo.OWN_FUNDS, Memo.OTHER_FUNDS):
        raise rules.EntriesRefused(
            "ledger.not_a_receipt",
            N_("不能更正凭证 {number}。只有到位资金的凭证可这样更正，拨付用追回。"),
            {"number": entry_set.number},
        )
    rules.check_correction(queries.left_to_correct(entry_set), amount_fen)
    is_own = entry_set.memo_code == Memo.OWN_FUNDS
    corrected = post(
        entries=[(grant.own if is_own else grant.other, amount_fen), (grant.project, -amount_fen)],
        cause_number=entry_set.cause_number,
        memo_code=Memo.CORRECTION,
        by=by,
        at=at,
        idempotency_key=idempotency_key,
        corrects=entry_set,
    )
    counter = "own_received_fen" if is_own else "other_received_fen"
    setattr(grant, counter, getattr(grant, counter) - amount_fen)
    grant.save(update_fields=[counter])
    return corrected


def _locked(grant: Grant) -> Grant:
    return (
        Grant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("treasury", "project", "own", "other")
        .get(pk=grant.pk)
    )


def _locked_order(order: PaymentOrder) -> PaymentOrder:
    return (
        PaymentOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("release", "requested_by", "reviewed_by", "paid_by")
        .get(pk=order.pk)
    )


def _moved(order: PaymentOrder, state: str, at: datetime, until: datetime | None) -> PaymentOrder:
    order.state, order.since, order.until = state, at, until
    order.save()
    return order


def _person(by: Actor) -> Person:
    return person_by_number(by.person)
