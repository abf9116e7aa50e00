"""What a job may ask for, and the steps of its life."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kechuang.base.refusals import N_, Refused

QUOTED, STAGED, SUBMITTED, RUNNING, DONE, FAILED, CANCELLED = (
    "QUOTED", "STAGED", "SUBMITTED", "RUNNING", "DONE", "FAILED", "CANCELLED",
)  # fmt: skip
LOST = "LOST"
LIVE = (STAGED, SUBMITTED, RUNNING)
ENDED = (DONE, FAILED, CANCELLED)
# What one run (one attempt of one task) may become; a lost one is run again, twice at most.
RUN_LIVE = (STAGED, SUBMITTED, RUNNING)
ATTEMPTS_MOST = 3
# A centre's accounts follow an end by seconds; what they owe longer is its operator's to close.
ACCOUNTS_USUAL = timedelta(minutes=5)
ACCOUNTS_WITHIN = timedelta(days=3)
QUOTE_VALID = timedelta(minutes=30)
DATA_CLASSES = ("PUBLIC", "INTERNAL", "LOCAL_ONLY")
PROCESSORS_MOST = 100_000
WALL_SECONDS_MOST = 7 * 86_400
MEMORY_MB_MOST = 4_000_000
TASKS_MOST = 500
DATA_MB_MOST = 100_000_000
VALUE_FEN_MOST = 100_000_000


class JobRefused(Refused):
    """The job cannot be asked for, or cannot take this step."""


UNACCOUNTED = "unaccounted"
REASONS = {
    UNACCOUNTED: N_("中心的记账里没有这次运行，不计费"),
    "wall": N_("超过时限，已停止"),
    "signal": N_("被系统停止（内存或机时用尽）"),
    "lost": N_("中心多次丢失这个任务"),
    "unshut": N_("本机不能隔离运行自带脚本"),
    "cancelled": N_("已取消"),
}


@dataclass(frozen=True)
class Told:
    """What a centre tells of a run."""

    state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    # by the centre's accounts: each stretch; None: once, from begin to end
    held: tuple[tuple[datetime, datetime], ...] | None = None
    is_charged: bool | None = None  # by the centre's accounts; None: unless it was lost
    is_open: bool = False  # its centre's accounts are not closed yet: it is metered later

    @property
    def stretches(self) -> tuple[tuple[datetime, datetime], ...]:
        """From when to when it held its processors."""
        if self.held is not None:
            return self.held
        if self.started_at is None or self.ended_at is None:
            return ()
        return ((self.started_at, self.ended_at),)

    @property
    def counts(self) -> bool:
        """Whether what it held is charged.

        >>> Told("LOST").counts, Told("LOST", is_charged=True).counts, Told("DONE").counts
        (False, True, True)
        """
        if self.reason == UNACCOUNTED:
            return False
        return self.state != LOST if self.is_charged is None else self.is_charged


def is_news(state: str, told: str) -> bool:
    """Whether what a centre tells of a live run changes how it stands.

    >>> is_news("SUBMITTED", "RUNNING"), is_news("RUNNING", "RUNNING"), is_news("STAGED", "QUEUED")
    (True, False, False)
    """
    return told in (RUNNING, LOST, *ENDED) and told != state


def closes(told: Told, *, is_metered: bool, is_live: bool) -> bool:
    """Whether what a centre tells of a run that has ended closes its accounts."""
    return not (is_live or is_metered or told.is_open) and told.state in (LOST, *ENDED)


@dataclass(frozen=True)
class Wanted:
    """What a job asks of a centre."""

    processors: int
    wall_seconds: int
    memory_mb: int
    tasks: int
    data_mb: int
    value_fen_per_hour: int

    @property
    def core_seconds(self) -> int:
        """What it may hold at most."""
        return self.processors * self.wall_seconds * self.tasks


RANGES = {
    "processors": (1, PROCESSORS_MOST, N_("核数")),
    "wall_seconds": (1, WALL_SECONDS_MOST, N_("时限（秒）")),
    "memory_mb": (64, MEMORY_MB_MOST, N_("内存（MB）")),
    "tasks": (1, TASKS_MOST, N_("任务数")),
    "data_mb": (0, DATA_MB_MOST, N_("数据量（MB）")),
    "value_fen_per_hour": (0, VALUE_FEN_MOST, N_("每小时的时间价值（分）")),
}


def problems_with_wanted(
    wanted: Wanted, *, title: str, data_class: str, deadline: datetime | None, at: datetime
) -> Iterator[JobRefused]:
    """Every reason why a job cannot be asked for so."""
    if not title.strip():
        yield JobRefused("compute.title_missing", N_("请给作业起个名字。"), {}, ("title",))
    if data_class not in DATA_CLASSES:
        yield JobRefused("compute.data_class", N_("请选数据等级。"), {}, ("data_class",))
    if deadline is not None and deadline <= at:
        yield JobRefused("compute.deadline_past", N_("最迟时间已过。"), {}, ("deadline",))
    for name, (least, most, label) in RANGES.items():
        if not least <= getattr(wanted, name) <= most:
            yield JobRefused(
                "compute.wanted_range", N_("{label}须在 {least} 到 {most} 之间。"),
                {"label": label, "least": least, "most": most}, (name,),
            )  # fmt: skip


def stricter(one: str, other: str) -> str:
    """The stricter of two classes of data.

    >>> stricter("PUBLIC", "LOCAL_ONLY")
    'LOCAL_ONLY'
    """
    return max(one, other, key=DATA_CLASSES.index)


def check_step(number: str, state: str, *states: str) -> None:
    """Refuse a step that the job's state does not allow."""
    if state not in states:
        raise JobRefused(
            "compute.job_state", N_("不能办这一步。作业“{number}”已经往前走了。"),
            {"number": number}, (), N_("请刷新页面，看它现在怎样。"),
        )  # fmt: skip


def check_quote(*, is_quoted: bool, valid_until: datetime | None, at: datetime) -> None:
    """Refuse a centre that did not quote, or whose quote has run out."""
    if not is_quoted:
        raise JobRefused(
            "compute.not_quoted", N_("这个中心没有报价，不能选。"), {}, ("centre",),
            N_("请在有报价的中心里选。"),
        )  # fmt: skip
    if valid_until is None or at >= valid_until:
        raise JobRefused(
            "compute.quote_over", N_("报价已过期。价格和等待都可能变了。"), {}, ("centre",),
            N_("请重新报价，再提交。"),
        )  # fmt: skip


def state_of(runs: Iterable[str]) -> str:
    """The state of a job by the states of its tasks' last runs.

    >>> state_of(["DONE", "RUNNING"]), state_of(["DONE", "FAILED"]), state_of(["DONE", "DONE"])
    ('RUNNING', 'FAILED', 'DONE')
    >>> state_of(["DONE", "SUBMITTED"]), state_of(["SUBMITTED", "STAGED"])
    ('RUNNING', 'STAGED')
    """
    found = set(runs)
    if found & {RUNNING} or (found & set(RUN_LIVE) and found & {DONE, FAILED, CANCELLED, LOST}):
        return RUNNING
    for state in (STAGED, SUBMITTED):
        if state in found:
            return state
    if found & {FAILED, LOST}:
        return FAILED
    return CANCELLED if CANCELLED in found else DONE
