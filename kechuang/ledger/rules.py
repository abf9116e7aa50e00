"""What may be paid, by whom and in which order; the refusals of money."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kechuang.base.refusals import N_, Refused

REQUESTED, REVIEWED, PAID, CONFIRMED = "REQUESTED", "REVIEWED", "PAID", "CONFIRMED"
HELD, RETURNED = "HELD", "RETURNED"
RECLAIM_DUE, RECLAIMED = "RECLAIM_DUE", "RECLAIMED"

# Money has left the treasury in these states.
PAID_STATES = frozenset({PAID, CONFIRMED, RECLAIM_DUE, RECLAIMED})
# Somebody still has to act on these.
OPEN_STATES = frozenset({REQUESTED, REVIEWED, HELD})

# The whole life of a payment order: verb, from, to.
STEPS = {
    "review": (frozenset({REQUESTED}), REVIEWED),
    "pay": (frozenset({REVIEWED}), PAID),
    "confirm": (frozenset({PAID}), CONFIRMED),
    "hold": (frozenset({REQUESTED, REVIEWED}), HELD),
    "resume": (frozenset({HELD}), REQUESTED),
    "return": (frozenset({REQUESTED, REVIEWED, HELD}), RETURNED),
    "reclaim": (frozenset({PAID, CONFIRMED}), RECLAIM_DUE),
    "settle": (frozenset({RECLAIM_DUE}), RECLAIMED),
}


class EntriesRefused(Refused):
    """These entries cannot be posted."""


class PaymentRefused(Refused):
    """This payment cannot take this step, or not by this person."""


class ReclaimRefused(Refused):
    """This sum cannot be reclaimed."""


class GrantRefused(Refused):
    """The public funding of this project cannot be set, released or frozen so."""


@dataclass(frozen=True)
class OrderFacts:
    """What the rules of a payment look at; people are person numbers."""

    number: str
    state: str
    amount_fen: int
    requester: str = ""
    reviewer: str = ""
    payer: str = ""
    acceptors: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class GrantFacts:
    """What a project may be paid and was paid, in fen."""

    subject_number: str
    approved_fen: int
    released_fen: int
    paid_fen: int
    reclaimed_fen: int
    is_frozen: bool


def check_entries(amounts_fen: Sequence[int]) -> None:
    """Refuse entries that do not balance.

    >>> check_entries([600_000_000, -600_000_000])
    """
    if len(amounts_fen) < 2 or any(amount == 0 for amount in amounts_fen):
        raise EntriesRefused(
            "ledger.entries_too_few", N_("不能记账。一笔账至少有一借一贷，且都不为零。")
        )
    total = sum(amounts_fen)
    if total != 0:
        raise EntriesRefused(
            "ledger.entries_not_balanced",
            N_("不能记账。借贷相差 {difference_fen}，一笔账的分录之和须为零。"),
            {"difference_fen": total},
        )


def check_step(verb: str, order: OrderFacts) -> None:
    """Refuse a step that the order's state does not allow."""
    sources, _target = STEPS[verb]
    if order.state not in sources:
        raise PaymentRefused(
            "ledger.payment_state",
            N_("不能办这一步。拨付单 {number} 现在是“{state}”，别人可能刚刚办过。"),
            {"number": order.number, "state": STATE_NAMES[order.state]},
            (),
            N_("请刷新页面，看现在由谁办。"),
        )


def check_reviewer(order: OrderFacts, person: str) -> None:
    """Refuse a reviewer who requested the payment or accepted its milestone.

    >>> check_reviewer(OrderFacts("ZF-2026-000001", "REQUESTED", 1, requester="RY-1"), "RY-2")
    """
    if person == order.requester:
        raise PaymentRefused(
            "ledger.reviewer_requested",
            N_("您不能审核这笔拨付。申请、审核、拨付须由三个人办，这一笔是您申请的。"),
            way_on=N_("请由另一位财务审核人办。"),
        )
    if person in order.acceptors:
        raise PaymentRefused(
            "ledger.reviewer_accepted",
            N_("您不能审核这笔拨付。您签过这一期的验收意见，按规定不再审核同一笔。"),
            way_on=N_("请由另一位财务审核人办。"),
        )


def check_payer(order: OrderFacts, person: str) -> None:
    """Refuse a payer who requested or reviewed the payment."""
    if person == order.requester:
        raise PaymentRefused(
            "ledger.payer_requested",
            N_("您不能拨付这一笔。申请、审核、拨付须由三个人办，这一笔是您申请的。"),
            way_on=N_("请由另一位拨付人办。"),
        )
    if person == order.reviewer:
        raise PaymentRefused(
            "ledger.payer_reviewed",
            N_("您不能拨付这一笔。申请、审核、拨付须由三个人办，这一笔是您审核的。"),
            way_on=N_("请由另一位拨付人办。"),
        )


def check_payable(order: OrderFacts, grant: GrantFacts) -> None:
    """Refuse to pay more than was approved or released, or to pay a frozen project."""
    if grant.is_frozen:
        raise PaymentRefused(
            "ledger.frozen",
            N_("不能拨付。项目 {number} 的资金已冻结，冻结期间一分不拨。"),
            {"number": grant.subject_number},
            (),
            N_("解冻后再办；冻结的理由见项目页。"),
        )
    after = grant.paid_fen + order.amount_fen
    if after > grant.approved_fen:
        raise PaymentRefused(
            "ledger.over_approved",
            N_("不能拨付。付后累计 {after_fen}，超过批准的 {approved_fen}。"),
            {"after_fen": after, "approved_fen": grant.approved_fen},
        )
    if after > grant.released_fen:
        raise PaymentRefused(
            "ledger.over_released",
            N_("不能拨付。付后累计 {after_fen}，超过已过关口放行的 {released_fen}。"),
            {"after_fen": after, "released_fen": grant.released_fen},
        )


def check_reclaim(order: OrderFacts, amount_fen: int) -> None:
    """Refuse to reclaim nothing, or more than was paid.

    >>> check_reclaim(OrderFacts("ZF-2026-000001", "PAID", 600_000_000), 600_000_000)
    """
    if not 0 < amount_fen <= order.amount_fen:
        raise ReclaimRefused(
            "ledger.reclaim_over_paid",
            N_("不能追回 {amount_fen}。追回额须大于零，且不超过这一笔拨付的 {paid_fen}。"),
            {"amount_fen": amount_fen, "paid_fen": order.amount_fen},
            ("amount_fen",),
        )


def check_release(grant: GrantFacts, amount_fen: int) -> None:
    """Refuse to release nothing, or beyond what was approved."""
    if amount_fen <= 0 or grant.released_fen + amount_fen > grant.approved_fen:
        raise GrantRefused(
            "ledger.release_over_approved",
            N_("不能放行。放行累计不得超过批准的 {approved_fen}。"),
            {"approved_fen": grant.approved_fen},
        )


def check_approved(grant: GrantFacts, approved_fen: int) -> None:
    """Refuse to lower the approved sum below what gates have released."""
    if approved_fen < grant.released_fen:
        raise GrantRefused(
            "ledger.approved_under_released",
            N_("财政资助不能低于已放行的 {released_fen}。"),
            {"released_fen": grant.released_fen},
            ("public_fen",),
        )


def check_correction(left_fen: int, amount_fen: int) -> None:
    """Refuse a correction that takes back more than the entry set still holds."""
    if not 0 < amount_fen <= left_fen:
        raise EntriesRefused(
            "ledger.correction_over_entry",
            N_("不能更正 {amount_fen}。这张凭证还剩 {left_fen} 可更正。"),
            {"amount_fen": amount_fen, "left_fen": left_fen},
            ("amount_fen",),
        )


STATE_NAMES = {
    REQUESTED: N_("已申请"),
    REVIEWED: N_("已审核"),
    PAID: N_("已拨付"),
    CONFIRMED: N_("已到账"),
    HELD: N_("暂缓"),
    RETURNED: N_("已退回"),
    RECLAIM_DUE: N_("待追回"),
    RECLAIMED: N_("已追回"),
}
