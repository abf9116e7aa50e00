"""What the clock writes down of runs: handed in, begun, ended, lost, fetched; and the bill."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import require
from kechuang.compute.actions.allocations import locked_allocation
from kechuang.compute.actions.billing import bill_job
from kechuang.compute.actions.jobs import locked_job, move_job, record_job
from kechuang.compute.models import Bill, Job, PriceList, Result, Run, Usage
from kechuang.compute.rules import jobs as rules
from kechuang.compute.rules import rights
from kechuang.compute.rules.billing import accounted_limit, held_seconds
from kechuang.compute.rules.jobs import Told
from kechuang.files.actions import keep_blob
from kechuang.files.rules import FileRefused
from kechuang.messages.actions import tell


@dataclass(frozen=True)
class Left:
    """What one run left: its files by name, and the end of what it printed."""

    run: Run
    files: Sequence[tuple[str, bytes]]
    log_tail: str


@transaction.atomic
def hand_in_runs(*, job: Job, runs: Iterable[Run], by: Actor, at: datetime) -> int:
    """Note that a centre has taken runs of a job; how many it had not been noted of before."""
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.CENTRE_MAY))
    row = locked_job(job)
    numbers = [run.pk for run in runs]
    staged = Run.objects.filter(job=row, pk__in=numbers, state=rules.STAGED)
    taken = staged.update(state=rules.SUBMITTED, submitted_at=at)
    if taken:
        _move_with_runs(row, by, at)
    return taken


@transaction.atomic
def see_runs(*, job: Job, told: Mapping[int, Told], by: Actor, at: datetime) -> int:
    """Write down what a centre tells of runs of a job, by their keys; how many changed.

    An end is metered in the same transaction, once; where the centre's accounts of the run are not
    closed yet it stands as ended and is metered when they are. A run that the centre lost is not
    charged, unless its accounts say so; its task is run again, with a word in the job's history,
    three times at most.
    """
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.CENTRE_MAY))
    row = locked_job(job)
    runs = Run.objects.select_for_update(no_key=True).filter(job=row, pk__in=told).order_by("pk")
    ended: list[Run] = []
    closed: list[Run] = []
    changed: list[Run] = []
    notes: list[str] = []
    for run in runs:
        word = told[run.pk]
        if run.state in rules.RUN_LIVE and rules.is_news(run.state, word.state):
            _put(run, word, at)
            changed.append(run)
            if run.state != rules.RUNNING:
                ended.append(run)
                notes += _note_of(run, word)
        elif rules.closes(word, is_metered=run.is_metered, is_live=run.state in rules.RUN_LIVE):
            closed.append(run)
            notes += [rules.REASONS[word.reason]] if word.reason == rules.UNACCOUNTED else []
    metered = closed + [run for run in ended if not told[run.pk].is_open]
    for run in metered:
        run.is_metered, run.accounts_since = True, None
    Run.objects.bulk_update({*changed, *metered}, CHANGES)
    again = [run for run in ended if run.state == rules.LOST and not row.is_cancelling]
    _run_again(row, again, by, at)
    _meter(row, [(run, told[run.pk]) for run in metered], at)
    if changed or notes:
        _move_with_runs(row, by, at, notes)
    if closed:
        _bill_when_metered(row, by, at)
    return len({*changed, *metered})


CHANGES = (
    "state", "started_at", "ended_at", "exit_code", "reason", "accounts_since", "is_metered",
)  # fmt: skip


def see_run(*, run: Run, told: Told, by: Actor, at: datetime) -> bool:
    """Write down what a centre tells of one run; True where something changed."""
    return bool(see_runs(job=run.job, told={run.pk: told}, by=by, at=at))


def _put(run: Run, told: Told, at: datetime) -> None:
    """Put a live run where its centre says that it is."""
    run.state, run.started_at = told.state, told.started_at
    run.exit_code, run.reason = told.exit_code, told.reason
    if told.state != rules.RUNNING:
        run.ended_at = told.ended_at or at
        run.accounts_since = at if told.is_open else None


def _note_of(run: Run, told: Told) -> list[str]:
    """What the job's history says of an end, where it says anything."""
    if told.state == rules.LOST:
        return [LOST_NOTE.format(task=run.task, attempt=run.attempt)]
    return [rules.REASONS[rules.UNACCOUNTED]] if told.reason == rules.UNACCOUNTED else []


def _run_again(job: Job, lost: list[Run], by: Actor, at: datetime) -> None:
    """Another attempt for each task that was lost, as long as it may have one."""
    for run in lost:
        if run.attempt < rules.ATTEMPTS_MOST:
            attempt = run.attempt + 1
            Run.objects.create(
                job=job, task=run.task, attempt=attempt, key=f"{job.number}-{run.task}-{attempt}",
                predicted_wait_seconds=run.predicted_wait_seconds,
            )  # fmt: skip
            record_job("rerun_task", job, by, at, task=run.task, attempt=attempt)


def _bill_when_metered(job: Job, by: Actor, at: datetime) -> None:
    """Bill a job that has ended, once every run of it is metered."""
    is_open = Run.objects.filter(job=job, is_metered=False).exists()
    if job.state in rules.ENDED and not is_open and not Bill.objects.filter(job=job).exists():
        bill_job(job=job, by=by, at=at)


def _meter(job: Job, metered: list[tuple[Run, Told]], at: datetime) -> None:
    """Keep what runs held, once, and give back what was held for them in the allocation.

    Each time that its centre began one is a stretch at the prices of its own beginning. What was
    held stays so where the task is run again.
    """
    if not metered:
        return
    assert job.centre is not None
    budget, lists = locked_allocation(job.allocation), list(job.centre.prices.order_by("since"))
    attempts = set(Run.objects.filter(job=job).values_list("task", "attempt"))
    usages = []
    for run, told in metered:
        if (run.task, run.attempt + 1) not in attempts:
            budget.held_core_seconds -= job.processors * job.wall_seconds
        mine = _usages_of(job, run, told, lists, at)
        usages += mine
        budget.used_core_seconds += sum(one.core_seconds for one in mine if one.is_charged)
        # a centre may hold a task longer than was asked, or begin it anew: it is charged, and the
        # allocation is used up, never beyond what was granted
        most = budget.core_hours * 3600 - budget.held_core_seconds
        budget.used_core_seconds = min(budget.used_core_seconds, most)
    Usage.objects.bulk_create(usages)
    budget.save(update_fields=["held_core_seconds", "used_core_seconds"])


def _usages_of(job: Job, run: Run, told: Told, lists: list[PriceList], at: datetime) -> list[Usage]:
    """What one run held: a row for each stretch, at the list in force when it began."""
    stretches = [(a.timestamp(), b.timestamp()) for a, b in told.stretches]
    limit = job.wall_seconds if told.held is None else accounted_limit(job.wall_seconds)
    found = []
    for place, (since, until) in enumerate(held_seconds(stretches, limit), 1):
        began = datetime.fromtimestamp(since, tz=UTC)
        fitting = [one for one in lists if one.since <= began] or lists[:1]
        found.append(Usage(
            run=run, place=place, centre=job.centre, processors=job.processors, since=began,
            price_list=fitting[-1], until=datetime.fromtimestamp(until, tz=UTC), metered_at=at,
            core_seconds=job.processors * (until - since),
            is_charged=told.counts and not job.is_simulated, is_simulated=job.is_simulated,
        ))  # fmt: skip
    return found


def _move_with_runs(job: Job, by: Actor, at: datetime, notes: Sequence[str] = ()) -> None:
    """Put the job where its runs are, with a word of each that has one; at its end bill it and tell
    who asked."""
    last = dict(
        Run.objects.filter(job=job).order_by("task", "attempt").values_list("task", "state")
    )
    state = rules.state_of(last.values())
    is_moved = state != job.state
    for note in notes[:-1] if is_moved else notes:
        move_job(job, job.state, by, at, note)
    if not is_moved:
        return
    if state in rules.ENDED:
        job.reason = _reason(job)
    move_job(job, state, by, at, notes[-1] if notes else job.reason)
    record_job("see_job", job, by, at, runs=len(last))
    if state in rules.ENDED:
        _bill_when_metered(job, by, at)
        tell(people=[job.asked_by.number], template="compute.job_ended",
             object_number=job.number, by=by, at=at)  # fmt: skip


LOST_NOTE = "任务 {task} 第 {attempt} 次运行在中心丢失，不计费。"


def _reason(job: Job) -> str:
    """Why the first task that failed did."""
    failed = Run.objects.filter(job=job, state__in=(rules.FAILED, rules.LOST)).order_by("task")
    run = failed.last()
    if run is None or job.is_cancelling:
        return ""
    return rules.REASONS.get(run.reason, "") or f"exit {run.exit_code}"


@transaction.atomic
def keep_leavings(*, job: Job, left: Sequence[Left], by: Actor, at: datetime) -> int:
    """Keep the results and the logs of runs of a job that have ended, once; how many files.

    A file of a type that is not kept is left out, and the log says so.
    """
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.CENTRE_MAY))
    row, kept, found = locked_job(job), 0, {one.run.pk: one for one in left}
    runs = Run.objects.select_for_update(no_key=True).filter(
        job=row, pk__in=found, is_collected=False
    )
    ended = list(runs.exclude(state__in=rules.RUN_LIVE).order_by("pk"))
    for run in ended:
        run.is_collected, run.log_tail = True, found[run.pk].log_tail
        for name, content in found[run.pk].files:
            try:
                with transaction.atomic():
                    blob = keep_blob(content=content, filename=name, by=by, at=at)
            except FileRefused:
                run.log_tail += f"\n[{name}: not kept]\n"
                continue
            Result.objects.create(run=run, name=name[:200], blob=blob, fetched_at=at)
            kept += 1
    Run.objects.bulk_update(ended, ("is_collected", "log_tail"))
    return kept
