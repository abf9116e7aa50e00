"""What the clock writes down of runs: handed in, begun, ended, lost, fetched; and the bill."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import require
from kechuang.compute.actions.allocations import locked_allocation
from kechuang.compute.actions.billing import bill_job
from kechuang.compute.actions.jobs import locked_job, move_job, record_job
from kechuang.compute.models import Bill, Job, Result, Run, Usage
from kechuang.compute.queries import price_list_at
from kechuang.compute.rules import jobs as rules
from kechuang.compute.rules import rights
from kechuang.compute.rules.billing import accounted_limit, held_seconds
from kechuang.compute.rules.jobs import Told
from kechuang.files.actions import keep_blob
from kechuang.files.rules import FileRefused
from kechuang.messages.actions import tell


@transaction.atomic
def hand_in_run(*, run: Run, by: Actor, at: datetime) -> None:
    """Note that a centre has taken a run; the second time nothing changes."""
    job, row = _locked(run, by)
    if row.state != rules.STAGED:
        return
    row.state, row.submitted_at = rules.SUBMITTED, at
    row.save(update_fields=["state", "submitted_at"])
    _move_with_runs(job, by, at)


@transaction.atomic
def see_run(*, run: Run, told: Told, by: Actor, at: datetime) -> bool:
    """Write down what a centre tells of a run; True where something changed.

    An end is metered in the same transaction, once; where the centre's accounts of the run are not
    closed yet it stands as ended and is metered when they are. A run that the centre lost is not
    charged, unless its accounts say so; its task is run again, with a word in the job's history,
    three times at most.
    """
    job, row = _locked(run, by)
    if told.state not in (rules.RUNNING, rules.LOST, *rules.ENDED):
        return False
    if row.state not in rules.RUN_LIVE:
        return _close_accounts(job, row, told, by, at)
    if told.state == row.state:
        return False
    row.state, row.started_at = told.state, told.started_at
    row.exit_code, row.reason = told.exit_code, told.reason
    if told.state == rules.RUNNING:
        row.save(update_fields=["state", "started_at", "exit_code", "reason"])
        _move_with_runs(job, by, at)
        return True
    row.ended_at = told.ended_at or at
    row.accounts_since = at if told.is_open else None
    row.save()
    again = told.state == rules.LOST and not job.is_cancelling
    if again and row.attempt < rules.ATTEMPTS_MOST:
        attempt = row.attempt + 1
        Run.objects.create(
            job=job, task=row.task, attempt=attempt, key=f"{job.number}-{row.task}-{attempt}",
            predicted_wait_seconds=row.predicted_wait_seconds,
        )  # fmt: skip
        record_job("rerun_task", job, by, at, task=row.task, attempt=attempt)
    if not told.is_open:
        _meter(job, row, told, at)
    note = ""
    if told.state == rules.LOST:
        note = LOST_NOTE.format(task=row.task, attempt=row.attempt)
    elif told.reason == rules.UNACCOUNTED:
        note = rules.REASONS[rules.UNACCOUNTED]
    _move_with_runs(job, by, at, note)
    return True


def _locked(run: Run, by: Actor) -> tuple[Job, Run]:
    require(by.is_role(Role.CLOCK), rights.not_permitted(rights.CENTRE_MAY))
    job = locked_job(run.job)
    return job, Run.objects.select_for_update(no_key=True).get(pk=run.pk)


def _close_accounts(job: Job, row: Run, told: Told, by: Actor, at: datetime) -> bool:
    """Meter a run that has ended, now that its centre's accounts are closed; bill its job with the
    last of its runs."""
    if row.is_metered or told.is_open or told.state not in (rules.LOST, *rules.ENDED):
        return False
    _meter(job, row, told, at)
    if told.reason == rules.UNACCOUNTED:
        move_job(job, job.state, by, at, rules.REASONS[rules.UNACCOUNTED])
    _bill_when_metered(job, by, at)
    return True


def _bill_when_metered(job: Job, by: Actor, at: datetime) -> None:
    """Bill a job that has ended, once every run of it is metered."""
    is_open = Run.objects.filter(job=job, is_metered=False).exists()
    if job.state in rules.ENDED and not is_open and not Bill.objects.filter(job=job).exists():
        bill_job(job=job, by=by, at=at)


def _meter(job: Job, run: Run, told: Told, at: datetime) -> None:
    """Keep what a run held, once, and give back what was held for it in the allocation.

    Each time that its centre began it is a stretch at the prices of its own beginning. What was
    held stays so where the task is run again.
    """
    budget = locked_allocation(job.allocation)
    if not Run.objects.filter(job=job, task=run.task, attempt=run.attempt + 1).exists():
        budget.held_core_seconds -= job.processors * job.wall_seconds
    is_charged = told.counts
    stretches = [(a.timestamp(), b.timestamp()) for a, b in told.stretches]
    limit = job.wall_seconds if told.held is None else accounted_limit(job.wall_seconds)
    for place, (since, until) in enumerate(held_seconds(stretches, limit), 1):
        assert job.centre is not None
        began = datetime.fromtimestamp(since, tz=UTC)
        usage = Usage.objects.create(
            run=run, place=place, centre=job.centre, processors=job.processors, since=began,
            price_list=price_list_at(job.centre, began) or job.centre.prices.first(),
            until=datetime.fromtimestamp(until, tz=UTC), metered_at=at,
            core_seconds=job.processors * (until - since), is_charged=is_charged,
        )  # fmt: skip
        if usage.is_charged:
            budget.used_core_seconds += usage.core_seconds
    # a centre may hold a task longer than was asked, or begin it anew: it is charged, and the
    # allocation is used up, never beyond what was granted
    most = budget.core_hours * 3600 - budget.held_core_seconds
    budget.used_core_seconds = min(budget.used_core_seconds, most)
    budget.save(update_fields=["held_core_seconds", "used_core_seconds"])
    run.is_metered, run.accounts_since = True, None
    run.save(update_fields=["is_metered", "accounts_since"])


def _move_with_runs(job: Job, by: Actor, at: datetime, note: str = "") -> None:
    """Put the job where its runs are; at its end bill it and tell who asked."""
    last = dict(
        Run.objects.filter(job=job).order_by("task", "attempt").values_list("task", "state")
    )
    state = rules.state_of(last.values())
    if state == job.state:
        if note:
            move_job(job, state, by, at, note)
        return
    if state in rules.ENDED:
        job.reason = _reason(job)
    move_job(job, state, by, at, note or job.reason)
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
def keep_leavings(
    *, run: Run, files: Iterable[tuple[str, bytes]], log_tail: str, by: Actor, at: datetime
) -> int:
    """Keep the results and the log of a run that has ended, once; how many files were kept.

    A file of a type that is not kept is left out, and the log says so.
    """
    _job, row = _locked(run, by)
    if row.is_collected or row.state in rules.RUN_LIVE:
        return 0
    kept = 0
    for name, content in files:
        try:
            with transaction.atomic():
                blob = keep_blob(content=content, filename=name, by=by, at=at)
        except FileRefused:
            log_tail += f"\n[{name}: not kept]\n"
            continue
        Result.objects.create(run=row, name=name[:200], blob=blob, fetched_at=at)
        kept += 1
    row.is_collected, row.log_tail = True, log_tail
    row.save(update_fields=["is_collected", "log_tail"])
    return kept
