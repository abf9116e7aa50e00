"""The clock of challenges as a job: how often it looks, and by which time."""

from datetime import datetime, timedelta

import croniter
import pytest

from kechuang.challenges import jobs
from kechuang.challenges.models import Challenge
from kechuang.doors import clock
from tests.challenges import stages


def test_the_clock_looks_every_fifteen_seconds():
    periodic = jobs.app.periodic_registry.periodic_tasks["challenges.tick", ""]
    after = croniter.croniter(periodic.cron, datetime(2026, 3, 1, 10, 46, 3))
    seen = [after.get_next(datetime).second for _ in range(4)]
    assert seen == [15, 30, 45, 0]


@pytest.mark.django_db
def test_the_job_opens_by_the_time_of_the_demonstration(world, at, settings, tmp_path):
    """Where the demonstration's clock was set forward, the worker goes by it too."""
    settings.KECHUANG_DEMO, settings.STATE = True, tmp_path
    line = stages.scheduled(world, at)
    number = line.challenge.number
    behind = line.fresh().opens_at - clock.now()
    clock.move_forward(max(behind, timedelta(0)) + timedelta(hours=1))
    jobs.step("open", number)
    assert Challenge.objects.get(number=number).state == "OPEN"
