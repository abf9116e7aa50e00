"""What an allocation must say, and what it may still be used for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kechuang.base.refusals import N_, Refused

REQUESTED, GRANTED, RETURNED, REVOKED, ENDED = (
    "REQUESTED", "GRANTED", "RETURNED", "REVOKED", "ENDED",
)  # fmt: skip
CORE_HOURS_MOST = 50_000_000
DAYS_MOST = 731
REVIEW_WORKING_DAYS = 5
PURPOSE_LEAST = 10


class AllocationRefused(Refused):
    """The allocation cannot be asked for, granted or used so."""


@dataclass(frozen=True)
class Budget:
    """What an allocation has: core seconds granted, used and held for live jobs; the voucher."""

    number: str
    state: str
    since: date | None
    until: date | None
    granted: int = 0
    used: int = 0
    held: int = 0
    voucher_left_fen: int = 0

    @property
    def left(self) -> int:
        """Core seconds that new jobs may ask for."""
        return max(0, self.granted - self.used - self.held)


def left_core_seconds(budget: Budget, today: date) -> int:
    """What new jobs may still ask for on a day: nothing where it is not in force."""
    is_in_force = budget.state == GRANTED and (
        budget.since is not None and budget.until is not None
        and budget.since <= today < budget.until
    )  # fmt: skip
    return budget.left if is_in_force else 0


def problems_with_request(
    *, purpose: str, core_hours: int, since: date, until: date, today: date
) -> Iterator[AllocationRefused]:
    """Every reason why an allocation cannot be asked for."""
    if len(purpose.strip()) < PURPOSE_LEAST:
        yield AllocationRefused(
            "compute.purpose_short", N_("用途写得太少，至少 {least} 字。"),
            {"least": PURPOSE_LEAST}, ("purpose",), N_("请写明算什么、为哪个项目。"),
        )  # fmt: skip
    yield from problems_with_amount(core_hours=core_hours, since=since, until=until, today=today)


def problems_with_amount(
    *, core_hours: int, since: date, until: date, today: date
) -> Iterator[AllocationRefused]:
    """Every reason why so much cannot be given for such a period."""
    if not 0 < core_hours <= CORE_HOURS_MOST:
        yield AllocationRefused(
            "compute.core_hours_range", N_("核时须在 1 到 {most} 之间。"),
            {"most": CORE_HOURS_MOST}, ("core_hours",),
        )  # fmt: skip
    if until <= since or until <= today:
        yield AllocationRefused(
            "compute.period_over", N_("截止日须晚于起始日和今天。"), {}, ("until",)
        )
    elif (until - since).days > DAYS_MOST:
        yield AllocationRefused(
            "compute.period_long", N_("一次最多给两年。"), {}, ("until",), N_("到期可以续期。")
        )


def check_state(budget: Budget, *states: str) -> None:
    """Refuse a step that the allocation's state does not allow."""
    if budget.state not in states:
        raise AllocationRefused(
            "compute.allocation_state", N_("不能办这一步。“{number}”已经办过，或不再有效。"),
            {"number": budget.number}, (), N_("请刷新页面，看现在等谁办。"),
        )  # fmt: skip


def check_usable(budget: Budget, core_seconds: int, today: date) -> None:
    """Refuse a job that its allocation does not cover now.

    >>> day = date(2026, 11, 22)
    >>> check_usable(Budget("SL-1", "GRANTED", day, date(2027, 1, 1), 3600), 3600, day)
    """
    in_period = budget.since is not None and budget.since <= today
    if budget.state != GRANTED or not in_period or (budget.until and today >= budget.until):
        raise AllocationRefused(
            "compute.allocation_not_in_force",
            N_("额度 {number} 现在不能用：未批准、未到期或已停用。"),
            {"number": budget.number}, ("allocation",), N_("请换一个有效的额度，或先申请。"),
        )  # fmt: skip
    if core_seconds > budget.left:
        raise AllocationRefused(
            "compute.allocation_exhausted",
            N_("额度 {number} 还剩 {left} 核时，这个作业最多要 {needs} 核时。"),
            {"number": budget.number, "left": budget.left // 3600,
             "needs": -(-core_seconds // 3600)},
            ("allocation",), N_("请减少核数或时限，或申请追加。"),
        )  # fmt: skip
