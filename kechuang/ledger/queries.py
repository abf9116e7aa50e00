"""Reads of money that have more than one caller. The caller has found the project first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.db.models.functions import Coalesce

from kechuang.ledger import rules
from kechuang.ledger.models import Account, Entry, EntrySet, Grant, PaymentOrder, Release


@dataclass(frozen=True)
class LedgerLine:
    """One voucher as the ledger shows it, with the running sums after it."""

    number: str
    at: datetime
    memo_code: str
    memo: str
    cause_number: str
    corrects: str
    debit: Account
    credit: Account
    amount_fen: int
    public_paid_fen: int
    own_received_fen: int


def grant_of(subject_number: str) -> Grant | None:
    """What a project may be paid, with its four accounts."""
    return Grant.objects.filter(subject_number=subject_number).first()


def grant_facts(grant: Grant) -> rules.GrantFacts:
    """The counters as the rules look at them."""
    return rules.GrantFacts(
        subject_number=grant.subject_number,
        approved_fen=grant.approved_fen,
        released_fen=grant.released_fen,
        paid_fen=grant.paid_fen,
        reclaimed_fen=grant.reclaimed_fen,
        is_frozen=grant.is_frozen,
    )


def order_facts(order: PaymentOrder) -> rules.OrderFacts:
    """The payment as the rules look at it; people as person numbers."""
    acceptors = order.release.acceptors.order_by("person__number")
    return rules.OrderFacts(
        number=order.number,
        state=order.state,
        amount_fen=order.amount_fen,
        requester=order.requested_by.number,
        reviewer=order.reviewed_by.number if order.reviewed_by else "",
        payer=order.paid_by.number if order.paid_by else "",
        acceptors=tuple(acceptors.values_list("person__number", flat=True)),
    )


def release_of(instalment_number: str) -> Release | None:
    """The release of an instalment; None before its gate is passed."""
    return Release.objects.filter(instalment_number=instalment_number).first()


def orders_of(subject_number: str) -> list[PaymentOrder]:
    """Every payment order of a project, oldest first, with its people."""
    return list(
        PaymentOrder.objects.filter(grant__subject_number=subject_number)
        .select_related("release", "requested_by", "reviewed_by", "paid_by", "entry_set")
        .order_by("id")
    )


def lines_of(owner_number: str) -> list[LedgerLine]:
    """The ledger of one project: each voucher with debit, credit and the running sums."""
    sets = (
        EntrySet.objects.filter(owner_number=owner_number)
        .select_related("corrects")
        .prefetch_related("entries__account__organisation")
        .order_by("id")
    )
    lines: list[LedgerLine] = []
    paid = own = 0
    for entry_set in sets:
        debit, credit = _two_sides(list(entry_set.entries.all()))
        for entry in (debit, credit):
            if entry.account.kind == Account.Kind.TREASURY:
                paid -= entry.amount_fen
            elif entry.account.kind == Account.Kind.OWN:
                own -= entry.amount_fen
        lines.append(_line(entry_set, debit, credit, paid, own))
    return lines


def _two_sides(entries: list[Entry]) -> tuple[Entry, Entry]:
    debit = max(entries, key=lambda entry: entry.amount_fen)
    credit = min(entries, key=lambda entry: entry.amount_fen)
    return debit, credit


def _line(entry_set: EntrySet, debit: Entry, credit: Entry, paid: int, own: int) -> LedgerLine:
    return LedgerLine(
        number=entry_set.number,
        at=entry_set.at,
        memo_code=entry_set.memo_code,
        memo=str(entry_set.get_memo_code_display()),
        cause_number=entry_set.cause_number,
        corrects=entry_set.corrects.number if entry_set.corrects else "",
        debit=debit.account,
        credit=credit.account,
        amount_fen=entry_set.debit_fen,
        public_paid_fen=paid,
        own_received_fen=own,
    )


def rebuilt_balances(owner_number: str) -> dict[str, int]:
    """The balances of a project's accounts, summed from the entries alone."""
    rows = (
        Account.objects.filter(owner_number=owner_number)
        .annotate(sum_fen=Coalesce(Sum("entries__amount_fen"), 0))
        .values_list("code", "sum_fen")
    )
    return {code: int(total) for code, total in rows}


def kept_balances(owner_number: str) -> dict[str, int]:
    """The balances of a project's accounts as they are kept."""
    rows = Account.objects.filter(owner_number=owner_number)
    return dict(rows.values_list("code", "balance_fen"))


def left_to_correct(entry_set: EntrySet) -> int:
    """How much of a voucher has not been corrected away, in fen."""
    taken = EntrySet.objects.filter(corrects=entry_set).aggregate(sum=Sum("debit_fen"))["sum"]
    return int(entry_set.debit_fen - (taken or 0))


def problems_with_books() -> list[str]:
    """Accounts and grants whose kept sums differ from their entries; empty when the books agree.

    The database's triggers keep this empty; `doctor` asks all the same.
    """
    accounts = Account.objects.annotate(sum_fen=Coalesce(Sum("entries__amount_fen"), 0))
    return [
        f"{account.code}: {account.balance_fen} kept, {account.sum_fen} in the entries"
        for account in accounts
        if account.balance_fen != account.sum_fen
    ]
