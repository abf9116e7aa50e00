"""What ran at the desk in the weeks before the demonstration: jobs with their waits, what they held
and came to, the statements of the month before, data and a line between the centres."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kechuang.base.actor import Actor
from kechuang.compute import actions
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.models import Allocation, Bill, Centre, Job, Run, Statement
from kechuang.compute.rules.jobs import Told, Wanted
from kechuang.site.demo import texts
from kechuang.site.demo.cast import Cast

OPERATOR = "luyao"
SCRIPT = "#!/bin/sh\n./solve case.inp\n"
DATA = {
    "title": "陶瓷基板热循环试验数据", "size_mb": 48_000, "data_class": "INTERNAL",
    "audience": "EVERYBODY",
    "about": "四种基板各 2,000 次热循环的应变与翘曲，CSV，附测点图。引用时请注明单位。",
}  # fmt: skip


def run_before(cast: Cast, centres: dict[str, Centre], allocations: dict[str, Allocation]) -> None:
    """The jobs of the data file, each asked for by its own person and told of by the clock."""
    for row in texts.rows("jobs.jsonl"):
        _ran(cast, row, centres[row["centre"]], allocations[row["who"]])
    actions.register_data(
        centre=centres["Z1"], facts=DATA, named=[], by=cast.actor("shenzhiyuan"),
        at=cast.clock.at(-30),
    )  # fmt: skip
    actions.note_link(
        centre=centres["Z1"], other=centres["Z5"], bandwidth_mb_s=Decimal("36.5"),
        is_measured=True, source="iperf3，双向各十分钟取小，连测三日", by=cast.actor(OPERATOR),
        at=cast.clock.at(-28),
    )  # fmt: skip
    _lock(cast)


def _ran(cast: Cast, row: dict[str, Any], centre: Centre, allocation: Allocation) -> None:
    by, at = cast.actor(row["who"]), cast.clock.at(row["days"], row["hour"])
    wanted = Wanted(row["processors"], row["limit"], 4096, row["tasks"], row["data_mb"], 2000)
    asked = Asked(row["title"], "script", {"script": SCRIPT}, "INTERNAL", wanted)
    job = actions.quote_job(allocation=allocation, asked=asked, by=by, at=at)
    job = actions.submit_job(job=job, centre=centre, by=by, at=at + timedelta(minutes=3))
    _follow(job, row, at + timedelta(minutes=3))


def _follow(job: Job, row: dict[str, Any], at: datetime) -> None:
    """Handed in; then all its tasks at once, for which the centre has cores."""
    runs = list(Run.objects.filter(job=job).order_by("task"))
    actions.hand_in_runs(job=job, runs=runs, by=Actor.CLOCK, at=at)
    began = at + timedelta(seconds=row["waits"])
    ended, state = began + timedelta(seconds=row["seconds"]), row.get("ends", "DONE")
    for seen, told in (
        (began, Told("RUNNING", began)),
        (ended, Told(state, began, ended, exit_code=int(state == "FAILED"))),
    ):
        actions.see_runs(job=job, told={run.pk: told for run in runs}, by=Actor.CLOCK, at=seen)
    left = [actions.Left(run, [], "") for run in runs]
    actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=ended)


def _lock(cast: Cast) -> None:
    """Every month that is over, locked by the centre; an adjustment that waits for another."""
    operator, at = cast.actor(OPERATOR), cast.clock.at(-1, 17)
    month_now = f"{at:%Y-%m}"
    bills = Bill.objects.filter(month__lt=month_now).select_related("job")
    months = {(bill.month, bill.job.allocation_id, bill.job.centre_id) for bill in bills}
    for month, allocation, centre in sorted(months):
        actions.lock_statement(
            allocation=Allocation.objects.get(pk=allocation), month=month, by=operator, at=at,
            centre=Centre.objects.select_related("organisation").get(pk=centre),
        )  # fmt: skip
    newest = Statement.objects.select_related("centre__organisation").order_by("-pk").first()
    if newest is not None:
        actions.ask_adjustment(
            statement=newest, amount_fen=-min(20, newest.total_fen), by=operator, at=at,
            reason="当晚停电演练占用了二十分钟，按约定减收。",
        )  # fmt: skip
