"""Background doors of the desk: hand runs to their centres, look after them, end allocations.

A centre is asked outside of any transaction; what it tells is then written down, the runs of a job
in one. Whatever is killed here, the next look makes it up: handing in the same run twice runs it
once, and what has ended is told again until it is written down.
"""

import fcntl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.compute import actions, queries
from kechuang.compute.backends.orders import ENDS, LOST, Backend, Sight, Unreachable
from kechuang.compute.models import Allocation, Centre, Run
from kechuang.compute.rules.jobs import RUN_LIVE, STAGED, Told, closes, is_news
from kechuang.doors import clock

LOG_CHARACTERS_MOST = 20_000
REST_TIMES, REST_SECONDS_MOST = 4.0, 30.0
_rests_until: dict[int, float] = {}  # of this process: centres, and the clock until when
KEPT_RUNS_MOST, KEPT_BYTES_MOST = 100, 20 * 1024 * 1024  # of what is left, at once


@app.periodic(cron="* * * * * */2")
@app.task(name="compute.tick", queue="compute", pass_context=False, queueing_lock="compute.tick")
def tick(timestamp: int) -> None:
    """Look after every centre that has something to run; one whose look takes long is let alone for
    some times as long, so that looking at a large array does not take the machine it runs on."""
    for centre in queries.centres_with_work(clock.now()):
        began = time.monotonic()
        if began >= _rests_until.get(centre.pk, 0.0):
            look_after(centre)
            took = time.monotonic() - began
            _rests_until[centre.pk] = began + took + min(REST_TIMES * took, REST_SECONDS_MOST)


@app.task(name="compute.run_centre", queue="compute", pass_context=False)
def run_centre(number: str, timestamp: int) -> None:
    """Tell one centre at once: something was submitted or cancelled there."""
    centre = Centre.objects.get(number=number)
    with _heard(centre):
        _tell(centre, queries.backend_for(centre))


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

    A centre that gives no answer is noted as silent; everything stands until it answers. While one
    writes down, another hands in all the same, and leaves the looking to it.
    """
    with _heard(centre):
        backend = queries.backend_for(centre)
        _tell(centre, backend)
        with _alone(centre) as is_alone:
            if is_alone:
                _look(centre, backend)


def _tell(centre: Centre, backend: Backend) -> None:
    """Hand in what is staged, cancel what is to be cancelled, let start what waits."""
    asked = Q(state=STAGED) | Q(job__is_cancelling=True, state__in=RUN_LIVE)
    runs = list(queries.live_runs(centre).filter(asked))
    _hand_in(centre, [run for run in runs if run.state == STAGED], backend)
    for run in runs:
        if run.job.is_cancelling:
            backend.cancel(run.key)
    backend.step(centre.processors)


@contextmanager
def _alone(centre: Centre) -> Iterator[bool]:
    """Whether nobody else on this machine looks at the centre; nobody does meanwhile."""
    place = queries.place_of(centre)
    place.mkdir(parents=True, exist_ok=True, mode=0o711)
    with open(place / ".looking", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _look(centre: Centre, backend: Backend) -> None:
    """Ask how the runs stand, and write it down job by job."""
    runs = [run for run in queries.live_runs(centre) if run.state != STAGED]
    sights = backend.look([run.key for run in runs])
    gone, ahead = Sight(LOST, ended=timezone.now().timestamp(), reason="lost"), _ahead()
    for _job, together in groupby(runs, key=lambda run: run.job_id):
        seen = [(run, sights.get(run.key, gone)) for run in together]
        _write_down(seen, backend, ahead)


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
        actions.hand_in_runs(job=runs[0].job, runs=runs, by=Actor.CLOCK, at=clock.now())


def _ahead() -> timedelta:
    """How far this installation's clock is ahead of the machine's."""
    return clock.now() - timezone.now()


def _write_down(seen: list[tuple[Run, Sight]], backend: Backend, ahead: timedelta) -> None:
    """What was seen of a job's runs, then what they left; a run is looked after until its results
    are kept and its centre's accounts of it are closed."""
    job = seen[0][0].job
    told = {run.pk: (run, _told(sight, ahead)) for run, sight in seen}
    news = {number: word for number, (run, word) in told.items() if _is_news(run, word)}
    if news:
        actions.see_runs(job=job, told=news, by=Actor.CLOCK, at=clock.now())
    ended = [(run, sight) for run, sight in seen if sight.state in ENDS]
    for left in _leavings([run for run, _ in ended if not run.is_collected], backend):
        actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=clock.now())
    closed = [run.key for run, sight in ended if not sight.is_open]
    if closed:
        backend.forget(*closed)


def _is_news(run: Run, told: Told) -> bool:
    """Whether it says more of a run than was known when its row was read; under the lock it is
    asked once more."""
    is_live = run.state in RUN_LIVE
    return (
        is_live
        and is_news(run.state, told.state)
        or closes(told, is_metered=run.is_metered, is_live=is_live)
    )


def _leavings(runs: Iterable[Run], backend: Backend) -> Iterator[list[actions.Left]]:
    """What runs left, as many together as go into memory."""
    found: list[actions.Left] = []
    size = 0
    for run in runs:
        files = [(path.name, path.read_bytes()) for path in backend.results(run.key)]
        found.append(actions.Left(run, files, _whole_log(backend, run.key)))
        size += sum(len(content) for _name, content in files)
        if len(found) == KEPT_RUNS_MOST or size > KEPT_BYTES_MOST:
            yield found
            found, size = [], 0
    if found:
        yield found


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
