"""Whoever looks after the centres is killed at random; every run is metered and charged once."""

import os
import random
import signal
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from kechuang.compute import jobs
from kechuang.compute.models import Bill, Charge, Job, Run, Usage
from kechuang.compute.rules.billing import whole_seconds
from tests.compute import desk
from tests.world import build_world

KILLS = int(os.environ.get("KC_KILLS", "20"))
PATIENCE_SECONDS = 60


def _looker(centre) -> int:
    """A process that looks after the centre until it is killed."""
    connections.close_all()  # the child must not share the parent's
    child = os.fork()
    if child:
        return child
    try:
        while True:
            jobs.look_after(centre)
    finally:
        os._exit(1)


@pytest.mark.django_db(transaction=True)
def test_killed_at_random_no_job_is_lost_or_charged_twice(settings, tmp_path):
    settings.STATE = tmp_path / "state"
    now = timezone.now()
    world = build_world(now)
    centre = desk.centre(world, now - timedelta(days=1), processors=2)
    allocation = desk.granted(world, now - timedelta(hours=1))
    chance = random.Random(20261122)
    made = [desk.submitted(world, now, allocation, centre, tasks=2) for _ in range(4)]
    for _kill in range(KILLS):
        if not Run.objects.filter(is_collected=False).exists():
            made.append(desk.submitted(world, timezone.now(), allocation, centre))
        looker = _looker(centre)
        time.sleep(chance.uniform(0.02, 0.4))
        os.kill(looker, signal.SIGKILL)
        os.waitpid(looker, 0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Run.objects.filter(is_collected=False).exists():
        assert time.monotonic() < deadline, [job.state for job in Job.objects.all()]
        jobs.look_after(centre)
        time.sleep(0.05)
    _each_once(allocation, [job.pk for job in made])


def _each_once(allocation, made) -> None:
    """Every task done once and metered once; charges, bills and the allocation agree."""
    assert set(Job.objects.filter(pk__in=made).values_list("state", flat=True)) == {"DONE"}
    done = Run.objects.filter(state="DONE")
    tasks = sum(Job.objects.values_list("tasks", flat=True))
    assert (done.count(), Usage.objects.filter(is_charged=True).count()) == (tasks, tasks)
    assert Bill.objects.count() == len(made)
    expected = 0
    for run in done.select_related("job"):
        since, until = whole_seconds(
            run.started_at.timestamp(), run.ended_at.timestamp(), run.job.wall_seconds
        )
        expected += run.job.processors * (until - since)
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (expected, 0)
    charged = sum(Charge.objects.values_list("amount_fen", flat=True))
    assert charged == sum(Bill.objects.values_list("total_fen", flat=True)) >= 3 * len(made)
    assert [run.results.count() for run in done] == [1] * tasks
