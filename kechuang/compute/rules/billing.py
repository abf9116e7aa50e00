"""From what runs held to what a job costs, and what a statement says, to the fen."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kechuang.base.refusals import N_, Refused

MILLI = 1000


class StatementRefused(Refused):
    """The statement cannot be locked or adjusted so."""


@dataclass(frozen=True)
class Held:
    """What one run held: processors from one whole Unix second to another, at a price list."""

    run: int
    processors: int
    since: int
    until: int
    milli_fen: tuple[int, ...]
    minimum_fen: int


@dataclass(frozen=True)
class Line:
    """One line of a job's bill; `run` is None for the top-up to the minimum."""

    run: int | None
    kind: str
    since: int
    until: int
    processor_seconds: int
    milli_fen_per_core_hour: int
    amount_fen: int


def whole_seconds(started: float, ended: float, wall_seconds: int) -> tuple[int, int]:
    """The seconds that a run is charged for: begun ones count not, and none beyond its limit.

    >>> whole_seconds(10.9, 14.95, 60), whole_seconds(10.0, 99.0, 60)
    ((10, 14), (10, 70))
    """
    since = int(started)
    return since, since + min(max(0, int(ended - started)), wall_seconds)


def accounted_limit(wall_seconds: int) -> int:
    """A task's limit as its centre's accounts know it: whole minutes.

    >>> accounted_limit(61)
    120
    """
    return -(-wall_seconds // 60) * 60


def held_seconds(
    stretches: Sequence[tuple[float, float]], wall_seconds: int
) -> list[tuple[int, int]]:
    """What a run that was begun more than once is charged for: each stretch, and all of them
    together never beyond its limit.

    >>> held_seconds([(10.0, 30.0), (50.0, 90.0)], 60), held_seconds([(1.0, 9.0), (9.0, 90.0)], 60)
    ([(10, 30), (50, 90)], [(1, 9), (9, 61)])
    """
    found, left = [], wall_seconds
    for started, ended in stretches:
        since, until = whole_seconds(started, ended, left)
        found.append((since, until))
        left -= until - since
    return found


def lines_of(runs: Sequence[Held]) -> list[Line]:
    """The bill of one job: every tariff segment of every run; the minimum once for the job.

    The minimum is that of the list in force when its first run started. A job that held nothing at
    all is charged nothing.
    """
    from kechuang.engines.placement.metering import PriceList, charges

    found = [
        Line(held.run, "SEGMENT", charge.since, charge.until, charge.processor_seconds,
             int(charge.fen_per_core_hour * MILLI), charge.amount_fen)
        for held in runs
        for charge in charges(
            held.processors, held.since, held.until,
            PriceList(tuple(Fraction(one, MILLI) for one in held.milli_fen)),
        )
    ]  # fmt: skip
    if not runs:
        return []
    first = min(runs, key=lambda held: (held.since, held.run))
    missing = first.minimum_fen - sum(line.amount_fen for line in found)
    if missing > 0:
        last = max(held.until for held in runs)
        found.append(Line(None, "MINIMUM", first.since, last, 0, 0, missing))
    return found


def statement_hash(content: dict[str, Any]) -> str:
    """SHA-256 over what a statement says, as RFC 8785 writes strings, integers and lists."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_lockable(*, month: str, month_now: str, is_locked: bool, live_jobs: int) -> None:
    """Refuse to lock a month that is not over, twice, or while jobs of it still run."""
    if is_locked:
        raise StatementRefused("compute.locked", N_("这个月的对账单已经锁定。"))
    if month >= month_now:
        raise StatementRefused(
            "compute.month_not_over", N_("{month} 还没有过完，不能锁定。"), {"month": month}, (),
            N_("请在下月 1 日以后办。"),
        )  # fmt: skip
    if live_jobs:
        raise StatementRefused(
            "compute.jobs_unbilled", N_("还有 {count} 个作业没有结算。"), {"count": live_jobs}, (),
            N_("等作业结束、结算后再锁定。"),
        )  # fmt: skip


def check_adjustment(*, amount_fen: int, total_fen: int, asked_by: str, by: str) -> None:
    """Refuse an adjustment of nothing, below zero in sum, or by the one who asked for it."""
    if asked_by == by:
        raise StatementRefused(
            "compute.adjusts_alone", N_("您不能批准自己提出的调整。调整须由第二个人批准。"), {}, (),
            N_("请由另一位经办人或负责人办。"),
        )  # fmt: skip
    if amount_fen == 0 or total_fen + amount_fen < 0:
        raise StatementRefused(
            "compute.adjustment_range", N_("调整额不能为零，调整后的总额不能为负。"), {},
            ("amount",),
        )  # fmt: skip
