"""Bill a job, lock a month's statement and post it, adjust it by a second person."""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Sum

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.base.time import shanghai_date, start_of_day
from kechuang.compute.actions.allocations import locked_allocation
from kechuang.compute.models import (
    Adjustment,
    Allocation,
    Bill,
    Centre,
    Charge,
    Job,
    Statement,
    Usage,
)
from kechuang.compute.queries import bills_of, lines_for, statement_content, unbilled_jobs
from kechuang.compute.rules import billing as rules
from kechuang.compute.rules import rights
from kechuang.ledger import actions as ledger
from kechuang.ledger.models import Account, EntrySet
from kechuang.parties.queries import person_by_number
from kechuang.record.actions import append, take_number


def bill_job(*, job: Job, by: Actor, at: datetime) -> Bill | None:
    """Charge a locked job that has ended for what its runs held; the voucher first.

    Called in the transaction in which its last run is metered; the month is that of its end. None
    where it held nothing that is charged.
    """
    lines = lines_for(Usage.objects.filter(run__job=job, is_charged=True))
    if not lines:
        return None
    total = sum(line.amount_fen for line in lines)
    budget = locked_allocation(job.allocation)
    by_voucher = min(total, budget.voucher_fen - budget.voucher_used_fen)
    budget.voucher_used_fen += by_voucher
    budget.save(update_fields=["voucher_used_fen"])
    bill = Bill.objects.create(
        job=job, month=f"{shanghai_date(job.ended_at or at):%Y-%m}", total_fen=total,
        voucher_fen=by_voucher,
        payer_fen=total - by_voucher, billed_at=at,
    )  # fmt: skip
    Charge.objects.bulk_create([
        Charge(
            bill=bill, usage_id=line.run, place=place, kind=line.kind,
            since=datetime.fromtimestamp(line.since, tz=UTC),
            until=datetime.fromtimestamp(line.until, tz=UTC),
            processor_seconds=line.processor_seconds,
            milli_fen_per_core_hour=line.milli_fen_per_core_hour, amount_fen=line.amount_fen,
        )
        for place, line in enumerate(lines, 1)
    ])  # fmt: skip
    append(
        verb="compute.bill_job", object_number=job.number, by=by, at=at,
        payload={"total_fen": total, "voucher_fen": by_voucher, "lines": len(lines)},
    )  # fmt: skip
    return bill


@transaction.atomic
def lock_statement(
    *, allocation: Allocation, centre: Centre, month: str, by: Actor, at: datetime
) -> Statement:
    """Lock what an allocation came to at a centre in a month: hash it, post it to the ledger.

    Refuses (rules.StatementRefused) a month that is not over, twice, or with jobs unbilled.
    """
    require(rights.may_run_centre(by, centre.facts), rights.not_permitted(rights.CENTRE_MAY))
    row = locked_allocation(allocation)
    known = Statement.objects.filter(allocation=row, centre=centre, month=month).exists()
    today = shanghai_date(at)
    rules.check_lockable(
        month=month, month_now=f"{today:%Y-%m}", is_locked=known,
        live_jobs=unbilled_jobs(row, centre, start_of_day(today.replace(day=1))),
    )  # fmt: skip
    bills = list(bills_of(row, centre, month))
    sums = {
        name: sum(getattr(bill, name) for bill in bills)
        for name in ("total_fen", "voucher_fen", "payer_fen")
    }
    statement = Statement(
        number=take_number("DZ", at=at), allocation=row, centre=centre, month=month, **sums,
        locked_at=at, locked_by=person_by_number(by.person),
        **_accounts(row, centre, by, at),
    )  # fmt: skip
    statement.content_hash = rules.statement_hash(statement_content(statement, bills))
    statement.entry_set = _post(statement, sums["voucher_fen"], sums["payer_fen"], by, at)
    statement.save()
    Bill.objects.filter(pk__in=[bill.pk for bill in bills]).update(statement=statement)
    append(
        verb="compute.lock_statement", object_number=statement.number, by=by, at=at,
        payload={"allocation": row.number, "centre": centre.number, "month": month, **sums,
                 "content": statement.content_hash, "bills": len(bills)},
    )  # fmt: skip
    return statement


def _accounts(row: Allocation, centre: Centre, by: Actor, at: datetime) -> dict[str, Account]:
    """The three accounts of an allocation at a centre; opened with its first statement."""
    found = {}
    holders = {"CENTRE": centre.organisation, "VOUCHER": None, "PAYER": row.organisation}
    for kind, holder in holders.items():
        code = f"{row.number}/{centre.number}/{kind}"
        account = Account.objects.filter(code=code).first() or ledger.open_account(
            code=code, kind=kind, owner_number=row.number, organisation=holder, by=by, at=at
        )
        found[f"{kind.lower()}_account"] = account
    return found


def _post(
    statement: Statement, voucher_fen: int, payer_fen: int, by: Actor, at: datetime
) -> EntrySet | None:
    """One voucher: the centre receives, the voucher's side and the payer give."""
    sides = (
        (statement.centre_account, voucher_fen + payer_fen),
        (statement.voucher_account, -voucher_fen),
        (statement.payer_account, -payer_fen),
    )
    entries = [(account, amount) for account, amount in sides if amount]
    if not entries:
        return None
    return ledger.post(
        entries=entries, cause_number=statement.number, memo_code=EntrySet.Memo.COMPUTE,
        by=by, at=at, idempotency_key=f"statement:{statement.number}",
    )  # fmt: skip


@transaction.atomic
def ask_adjustment(
    *, statement: Statement, amount_fen: int, reason: str, by: Actor, at: datetime
) -> Adjustment:
    """Ask for a change of a locked statement; the centre or the office may, another approves."""
    require(
        rights.may_run_centre(by, statement.centre.facts), rights.not_permitted(rights.CENTRE_MAY)
    )
    total = _total_with_adjustments(statement)
    rules.check_adjustment(amount_fen=amount_fen, total_fen=total, asked_by="", by=by.person)
    made = Adjustment.objects.create(
        statement=statement, amount_fen=amount_fen, reason=reason,
        asked_by=person_by_number(by.person), asked_at=at,
    )  # fmt: skip
    append(
        verb="compute.ask_adjustment", object_number=statement.number, by=by, at=at,
        payload={"amount_fen": amount_fen},
    )  # fmt: skip
    return made


@transaction.atomic
def approve_adjustment(*, adjustment: Adjustment, by: Actor, at: datetime) -> Adjustment:
    """Approve and post an adjustment, as a second person; the locked statement stays as it is."""
    statement = (
        Statement.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "allocation__organisation",
            "centre__organisation",
            "locked_by",
            "entry_set",
            "centre_account",
            "payer_account",
        )
        .get(pk=adjustment.statement_id)
    )
    row = Adjustment.objects.select_related("asked_by").get(pk=adjustment.pk)
    require(
        rights.may_adjust(by, statement.facts, row.asked_by.number),
        rights.not_permitted(rights.SECOND_MAY),
    )
    rules.check_adjustment(
        amount_fen=row.amount_fen, total_fen=_total_with_adjustments(statement),
        asked_by=row.asked_by.number, by=by.person,
    )  # fmt: skip
    if row.state == Adjustment.State.APPROVED:
        return row
    correction = {"memo_code": EntrySet.Memo.COMPUTE, "corrects": None}
    if statement.entry_set is not None:
        correction = {"memo_code": EntrySet.Memo.CORRECTION, "corrects": statement.entry_set}
    row.entry_set = ledger.post(
        entries=[(statement.centre_account, row.amount_fen),
                 (statement.payer_account, -row.amount_fen)],
        cause_number=statement.number, by=by, at=at, idempotency_key=f"adjustment:{row.number}",
        **correction,
    )  # fmt: skip
    row.state, row.approved_by, row.approved_at = (
        Adjustment.State.APPROVED, person_by_number(by.person), at,
    )  # fmt: skip
    row.save()
    append(
        verb="compute.approve_adjustment", object_number=statement.number, by=by, at=at,
        payload={"amount_fen": row.amount_fen, "voucher": row.entry_set.number},
    )  # fmt: skip
    return row


def _total_with_adjustments(statement: Statement) -> int:
    """What a statement comes to with what was approved since."""
    rows = Adjustment.objects.filter(statement=statement, state=Adjustment.State.APPROVED)
    return int(statement.total_fen + (rows.aggregate(sum=Sum("amount_fen"))["sum"] or 0))
