"""Background doors of the desk: hand runs to their centres, look after them, end allocations.

A centre is asked outside of any transaction; what it tells is then written down, each run in a
transaction of its own. Whatever is killed here, the next look makes it up: handing in the same run
twice runs it once, and what has ended is told again until it is written down.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.utils import timezone
from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.compute import actions, queries
from kechuang.compute.backends.orders import ENDS, LOST, Backend, Sight, Unreachable
from kechuang.compute.models import Allocation, Centre, Run
from kechuang.compute.rules.jobs import RUN_LIVE, STAGED, Told
from kechuang.doors import clock

LOG_CHARACTERS_MOST = 20_000


@app.periodic(cron="* * * * * */2")
@app.task(name="compute.tick", queue="compute", pass_context=False)
def tick(timestamp: int) -> None:
    """Look after every centre that has something to run."""
    for centre in queries.centres_with_work(clock.now()):
        look_after(centre)


@app.task(name="compute.run_centre", queue="compute", pass_context=False)
def run_centre(number: str, timestamp: int) -> None:
    """Look after one centre at once: something was submitted or cancelled there."""
    look_after(Centre.objects.get(number=number))


@app.periodic(cron="7 0 * * *")
@app.task(name="compute.end_allocations", queue="compute", pass_context=False)
def end_allocations(timestamp: int) -> None:
    """End the allocations whose period is over."""
    at = clock.now()
    over = Allocation.objects.filter(
        state=Allocation.State.GRANTED, until_date__lte=shanghai_date(at)
    )
    for allocation in over:
        actions.end_allocation(allocation=allocation, by=Actor.CLOCK, at=at)


@app.periodic(cron="* * * * *")
@app.task(name="compute.keep_quotas", queue="compute", pass_context=False)
def keep_quotas(timestamp: int) -> None:
    """Hold the centres' accounts to what is granted: a centre that starts anew may have lost it."""
    at = clock.now()
    for centre in queries.centres_with_accounts(at):
        with _heard(centre):
            queries.backend_for(centre).keep_quotas(queries.quotas_at(centre, at))


def look_after(centre: Centre) -> None:
    """Hand in what is staged, cancel what is to be cancelled, write down what the centre tells.

    A centre that gives no answer is noted as silent; everything stands until it answers.
    """
    with _heard(centre):
        backend = queries.backend_for(centre)
        runs = list(queries.live_runs(centre))
        _hand_in(centre, [run for run in runs if run.state == STAGED], backend)
        for run in runs:
            if run.job.is_cancelling and run.state in RUN_LIVE:
                backend.cancel(run.key)
        backend.step(centre.processors)
        sights = backend.look([run.key for run in runs])
        gone, ahead = Sight(LOST, ended=timezone.now().timestamp(), reason="lost"), _ahead()
        for run in runs:
            _write_down(run, sights.get(run.key, gone), backend, ahead)


@contextmanager
def _heard(centre: Centre) -> Iterator[None]:
    """Note whether a centre answered, where that has changed or it must be asked again."""
    is_silent = False
    try:
        yield
    except Unreachable:
        is_silent = True
    if is_silent or centre.silent_since is not None:
        actions.note_answer(centre=centre, is_silent=is_silent, by=Actor.CLOCK, at=clock.now())


def _hand_in(centre: Centre, staged: list[Run], backend: Backend) -> None:
    """Hand in the runs of each job together, its account held to what is granted."""
    if staged:
        at = clock.now()
        backend.keep_quotas(queries.quotas_at(centre, at), queries.quotas_at(centre, at, 1))
    for _job, together in groupby(staged, key=lambda run: run.job_id):
        runs = list(together)
        backend.submit(*[queries.order_of(run) for run in runs])
        for run in runs:
            actions.hand_in_run(run=run, by=Actor.CLOCK, at=clock.now())


def _ahead() -> timedelta:
    """How far this installation's clock is ahead of the machine's."""
    return clock.now() - timezone.now()


def _write_down(run: Run, sight: Sight, backend: Backend, ahead: timedelta) -> None:
    """One run's sight, then what it left; a run is looked after until its results are kept and
    its centre's accounts of it are closed."""
    actions.see_run(run=run, told=_told(sight, ahead), by=Actor.CLOCK, at=clock.now())
    if sight.state not in ENDS:
        return
    if not run.is_collected:
        files = [(path.name, path.read_bytes()) for path in backend.results(run.key)]
        actions.keep_leavings(
            run=run, files=files, log_tail=_whole_log(backend, run.key), by=Actor.CLOCK,
            at=clock.now(),
        )  # fmt: skip
    if not sight.is_open:
        backend.forget(run.key)


def _told(sight: Sight, ahead: timedelta) -> Told:
    """A sight in this installation's clock."""
    held = None
    if sight.held is not None:
        held = tuple((_at(a) + ahead, _at(b) + ahead) for a, b in sight.held)
    return Told(
        sight.state, _moment(sight.started, ahead), _moment(sight.ended, ahead), sight.exit_code,
        sight.reason, held, sight.is_charged, sight.is_open,
    )  # fmt: skip


def _whole_log(backend: Backend, key: str) -> str:
    """The end of what a run printed."""
    text, place = "", 0
    while True:
        more, place = backend.log(key, place)
        if not more:
            return text[-LOG_CHARACTERS_MOST:]
        text = (text + more)[-LOG_CHARACTERS_MOST:]


def _moment(seconds: float | None, ahead: timedelta) -> datetime | None:
    """A centre's Unix seconds as a moment of this installation's clock."""
    return None if seconds is None else _at(seconds) + ahead


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
