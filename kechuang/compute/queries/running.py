"""What runs: its orders, its backend, what it printed and left; and what is still to be charged."""

import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum

from kechuang.base.periods import Period
from kechuang.base.time import rfc3339, shanghai_date, start_of_day
from kechuang.compute import backends
from kechuang.compute.backends import extras
from kechuang.compute.backends.orders import Backend, Order, Unreachable
from kechuang.compute.backends.ray import ray_connection_at
from kechuang.compute.backends.slurm import connection_at
from kechuang.compute.models import Allocation, Bill, Centre, Job, Result, Run, Statement, Usage
from kechuang.compute.rules.allocations import left_core_seconds
from kechuang.compute.rules.billing import Held, Line, lines_of
from kechuang.compute.rules.jobs import ACCOUNTS_USUAL, ENDED, LIVE, RUN_LIVE
from kechuang.compute.rules.templates import Template, template_coded

PROGRAMS = Path(backends.__file__).parent / "programs"
LOG_CHARACTERS_MOST = 20_000
UNFINISHED = Q(is_collected=False) | Q(is_metered=False)
MINUTE = 60


def place_of(centre: Centre) -> Path:
    """A centre's own directory of the state."""
    return Path(settings.STATE) / "compute" / centre.number


def backend_for(centre: Centre) -> Backend:
    """The backend that a centre is connected by."""
    return backends.backend_of(centre.backend, place_of(centre))


@dataclass(frozen=True)
class Lack:
    """What an application lacks on this machine, and the command that mends it."""

    module: str
    command: str


def what_lacks(centre: Centre, template: Template) -> Lack | None:
    """What an application still lacks at a centre of this machine; others say it themselves."""
    if not centre.is_here:
        return None
    if template.needs and find_spec(template.needs) is None:
        return Lack(template.needs, template.mend)
    if template.extra and not extras.is_there(template.extra, Path(settings.STATE)):
        found = extras.extras()[template.extra]
        return Lack(found.lacks, extras.command_for(template.extra))
    return None


def python_for(centre: Centre, template: Template) -> str:
    """The Python that runs a template's program at a centre."""
    if centre.backend == Centre.Backend.SLURM:
        connection = connection_at(place_of(centre))
        return connection.programs.get(template.code, connection.python)
    if centre.backend == Centre.Backend.RAY:
        ray = ray_connection_at(place_of(centre))
        return ray.programs.get(template.code, ray.python)
    return extras.python_of(template.extra, Path(settings.STATE))


def order_of(run: Run) -> Order:
    """What a run asks its centre for."""
    job = run.job
    template = template_coded(job.template)
    environment = {"KECHUANG_JOB": job.number, "KECHUANG_TASK": str(run.task)}
    if template.is_script:
        files = {"script": job.parameters["script"].replace("\r\n", "\n")}
        command: tuple[str, ...] = ("/bin/sh", "-c", "exec ./script")
    else:
        assert job.centre is not None
        files = {"parameters.json": json.dumps({**job.parameters, "task": run.task})}
        for name in (template.program, *template.files):
            files[name] = (PROGRAMS / name).read_text(encoding="utf-8")
        command = (python_for(job.centre, template), "-I", template.program, "parameters.json")
    return Order(
        key=run.key, command=command, processors=job.processors, wall_seconds=job.wall_seconds,
        memory_mb=job.memory_mb, files=files, environment=environment,
        is_foreign=template.is_script, job=job.number, account=account_of(job.allocation),
    )  # fmt: skip


def centres_with_work(at: datetime) -> list[Centre]:
    """Centres that have runs which have not ended, or whose results are not fetched; of those that
    gave no answer the ones whose time has come to be asked again."""
    busy = Run.objects.filter(UNFINISHED).values("job__centre")
    is_due = Q(ask_again_at__isnull=True) | Q(ask_again_at__lte=at)
    return list(Centre.objects.filter(is_due, pk__in=busy).order_by("pk"))


def centres_with_accounts(at: datetime) -> list[Centre]:
    """Centres that keep accounts of their own, and that answer or are due to be asked again."""
    is_due = Q(ask_again_at__isnull=True) | Q(ask_again_at__lte=at)
    return list(Centre.objects.filter(is_due, backend=Centre.Backend.SLURM).order_by("pk"))


def quotas_at(centre: Centre, at: datetime, living_times: int = 2) -> dict[str, int]:
    """How many core minutes each allocation that has come to a centre may take there in all.

    One budget over several centres: what it took here, what lives here (twice: a node that fails
    may cost a run what it held once more), and what is left for any centre. With the living counted
    once it stays the same when a job is handed in: what a centre must let through at least.
    """
    came = Job.objects.filter(centre=centre).values("allocation")
    taken = dict(
        Usage.objects.filter(centre=centre).values_list("run__job__allocation")
        .annotate(sum=Sum("core_seconds")).order_by()
    )  # fmt: skip
    living: dict[int, int] = defaultdict(int)
    live = Run.objects.filter(job__centre=centre, state__in=RUN_LIVE).select_related("job")
    for run in live:
        wall = -(-run.job.wall_seconds // MINUTE)
        living[run.job.allocation_id] += living_times * run.job.processors * wall
    return {
        account_of(row): -(-taken.get(row.pk, 0) // MINUTE) + living[row.pk]
        + left_core_seconds(row.budget, shanghai_date(at)) // MINUTE
        for row in Allocation.objects.filter(pk__in=came)
    }  # fmt: skip


def account_of(allocation: Allocation) -> str:
    """What a centre books an allocation's runs under."""
    return allocation.number.lower()


def live_runs(centre: Centre) -> QuerySet[Run]:
    """The runs of a centre that have not ended, whose results are not kept, or whose accounts are
    not closed; first come first."""
    return (
        Run.objects.filter(UNFINISHED, job__centre=centre)
        .select_related("job__centre", "job__allocation", "job__organisation", "job__asked_by")
        .order_by("pk")
    )


def log_of(run: Run) -> str:
    """The end of what a run printed: from its centre while it lives, else as it was kept."""
    if run.state not in RUN_LIVE or run.job.centre is None:
        return run.log_tail
    text, place = "", 0
    try:
        while len(text) <= LOG_CHARACTERS_MOST:
            more, place = backend_for(run.job.centre).log(run.key, place)
            if not more:
                break
            text += more
    except Unreachable:
        return text  # the page says that the centre is silent
    return text[-LOG_CHARACTERS_MOST:]


def progress_of(job: Job, runs: list[Run]) -> int:
    """How far a job is, in percent: tasks that ended, and what running ones say of themselves."""
    last = {run.task: run for run in runs}
    ended = sum(run.state not in RUN_LIVE for run in last.values())
    running = [run.key for run in last.values() if run.state == Run.State.RUNNING]
    told = 0.0
    if running and job.centre is not None:
        with suppress(Unreachable):
            sights = backend_for(job.centre).look(running)
            told = sum(sight.progress or 0 for sight in sights.values())
    return int(100 * (ended + told) / job.tasks)


def results_of(job: Job) -> QuerySet[Result]:
    """The files that a job's runs left."""
    return (
        Result.objects.filter(run__job=job)
        .select_related("blob", "run")
        .order_by("run__task", "id")
    )


def bills_of(allocation: Allocation, centre: Centre, month: str) -> QuerySet[Bill]:
    """The bills of an allocation at a centre in a month."""
    return (
        Bill.objects.filter(job__allocation=allocation, job__centre=centre, month=month)
        .select_related("job")
        .order_by("pk")
    )


def lines_for(usages: QuerySet[Usage]) -> list[Line]:
    """What usages of one job come to, line by line."""
    return lines_of([
        Held(
            usage.pk, usage.processors, int(usage.since.timestamp()), int(usage.until.timestamp()),
            tuple(usage.price_list.milli_fen_per_core_hour), usage.price_list.minimum_fen,
        )
        for usage in usages.select_related("price_list", "run")
    ])  # fmt: skip


def would_cost(job: Job) -> int:
    """What a job at a machine that is only played would have come to at a real one, in fen."""
    usages = Usage.objects.filter(run__job=job, is_simulated=True).exclude(run__state="LOST")
    return sum(line.amount_fen for line in lines_for(usages))


def unbilled_jobs(allocation: Allocation, centre: Centre, before: datetime) -> int:
    """Jobs that were submitted before an instant and have not ended, or wait for accounts."""
    waits = Job.objects.filter(pk__in=Run.objects.filter(is_metered=False).values("job"))
    return Job.objects.filter(
        Q(state__in=LIVE) | Q(pk__in=waits), allocation=allocation, centre=centre,
        submitted_at__lt=before, is_simulated=False,
    ).count()  # fmt: skip


def uncharged_jobs(allocation: Allocation, centre: Centre, month: str) -> QuerySet[Job]:
    """Jobs that ended in a month and came to nothing: their centre's accounts have nothing of them
    that is charged. Those that still wait for accounts are not among them."""
    period = Period.parse(month)
    waits = Run.objects.filter(is_metered=False).values("job")
    return (
        Job.objects.filter(
            allocation=allocation, centre=centre, bill__isnull=True, submitted_at__isnull=False,
            ended_at__gte=start_of_day(period.since), ended_at__lt=start_of_day(period.until),
            is_simulated=False,
        )
        .exclude(pk__in=waits)
        .order_by("pk")
    )  # fmt: skip


def accounts_awaited(job: Job) -> datetime | None:
    """Since when an ended job waits for its centre's accounts; None where it does not."""
    waits = Run.objects.filter(job=job, is_metered=False).exclude(state__in=RUN_LIVE)
    found = waits.aggregate(since=Min("accounts_since"))["since"]
    return found if job.state in ENDED else None


def accounts_owed(centre: Centre, at: datetime) -> tuple[int, datetime | None]:
    """How many jobs of a centre have waited for its accounts longer than usual, and since when."""
    found = Run.objects.filter(
        job__centre=centre, is_metered=False, accounts_since__lt=at - ACCOUNTS_USUAL
    ).aggregate(jobs=Count("job", distinct=True), since=Min("accounts_since"))
    return found["jobs"], found["since"]


def centres_that_owe(at: datetime) -> QuerySet[Centre]:
    """Centres whose accounts of ended jobs have stood open longer than usual, `owed_since`."""
    owed = Q(is_metered=False, accounts_since__lt=at - ACCOUNTS_USUAL)
    since = (
        Run.objects.filter(owed, job__centre=OuterRef("pk")).order_by().values("job__centre")
        .annotate(since=Min("accounts_since")).values("since")
    )  # fmt: skip
    return (
        Centre.objects.annotate(owed_since=Subquery(since))
        .filter(owed_since__isnull=False)
        .select_related("organisation")
        .order_by("owed_since", "pk")
    )


def statement_content(statement: Statement, bills: list[Bill]) -> dict[str, Any]:
    """What the hash of a statement covers: anybody can write it again and compare.

    Jobs that came to nothing are named where there are any.
    """
    free = uncharged_jobs(statement.allocation, statement.centre, statement.month)
    numbers = list(free.values_list("number", flat=True))
    return {
        **({"uncharged": numbers} if numbers else {}),
        "number": statement.number,
        "allocation": statement.allocation.number,
        "centre": statement.centre.number,
        "month": statement.month,
        "bills": [
            [bill.job.number, bill.total_fen, bill.voucher_fen, bill.payer_fen,
             rfc3339(bill.billed_at)]
            for bill in bills
        ],
        "total_fen": statement.total_fen,
    }  # fmt: skip
