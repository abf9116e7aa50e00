"""What the desk adds to a bare Slurm: from our receipt to the start, and to an array of 500 tasks.

`make bench-slurm`, on a machine with nothing else to do. The worker is a process of its own, as in
an installation, and the job comes in by the API. A start is the moment that the job's first command
reads from the clock, so that our runner's own start counts as ours. Slurm looks at what came in
once a second: a call comes at a drawn moment of it, else all pairs would be locked to its beat.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kechuang.compute.backends.slurm import Connection
from kechuang.compute.models import Job
from kechuang.parties.actions import create_token
from tests.compute import desk
from tests.compute.slurm_here import SlurmHere, connected, why_no_slurm
from tests.world import build_world

pytestmark = pytest.mark.system
PAIRS = int(os.environ.get("KC_PAIRS", "50"))
TASKS = int(os.environ.get("KC_TASKS", "500"))
SEED = int(os.environ.get("KC_SEED", "20261122"))
PYTHON = Connection(spool="").python  # as an operator who says nothing of it has it
PATIENCE_SECONDS = 200
OVERHEAD_SECONDS_MOST = 0.5
ARRAY_TIMES_MOST = 1.3
CLOCK = "#!/bin/sh\ndate +%s.%N\n"
NOTHING = "#!/bin/sh\n:\n"


@pytest.fixture
def slurm():
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("wants a quiet machine: make bench-slurm")
    if lacking := why_no_slurm():
        pytest.skip(lacking)
    with SlurmHere() as started:
        yield started


class Desk:
    """A centre at the Slurm, a worker that looks after it, and a unit's client of the API."""

    def __init__(self, slurm, settings, place):
        now = timezone.now()
        world = build_world(now)
        self.place, self.slurm = place, slurm
        self.centre = connected(
            slurm, world, now - timedelta(days=1), settings, place, python=PYTHON
        )
        self.allocation = desk.granted(world, now - timedelta(hours=1), core_hours=100_000)
        _, token = create_token(
            appointment=world.member.appointment, label="bench", days=1, by=world.member.actor,
            at=now,
        )  # fmt: skip
        self.client = Client(headers={"authorization": f"Bearer {token}"})
        self.worker = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "django", "procrastinate",
             "--skip-checks", "worker",
             "--concurrency", "3", "--delete-jobs", "successful"],
            env={**os.environ, "DATABASE_URL": _url(), "KECHUANG_STATE": str(place),
                 "DJANGO_SETTINGS_MODULE": "kechuang.site.settings"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(5)

    def submit(self, script, tasks=1):
        """Quote a script, then submit it; the job's number and the moment of our receipt."""
        body = {"title": "b", "allocation": self.allocation.number, "template": "script",
                "parameters": {"script": script}, "wall_seconds": 60, "memory_mb": 512,
                "tasks": tasks}  # fmt: skip
        quoted = self.client.post("/api/v1/jobs", body, content_type="application/json").json()
        received = time.time()
        made = self.client.post(
            f"/api/v1/jobs/{quoted['number']}/submit", {"centre": self.centre.number},
            content_type="application/json",
        ).json()  # fmt: skip
        return made["number"], received

    def first_words(self, number):
        """What the only run printed, once it has ended at Slurm."""
        folder = self.place / "runs" / f"{number}-0-1"
        _until(lambda: (folder / "end.json").exists() or _collected(number))
        if (folder / "log.txt").exists():
            return (folder / "log.txt").read_text()
        return Job.objects.get(number=number).runs.get().log_tail

    def stop(self):
        self.worker.terminate()
        self.worker.wait(30)


def _url():
    at = connection.settings_dict
    host = f"?host={at['HOST']}" if at["HOST"].startswith("/") else ""
    where = "" if host else f"{at['HOST'] or 'localhost'}:{at['PORT'] or 5432}"
    user = at["USER"] + (f":{at['PASSWORD']}" if at["PASSWORD"] else "")
    return f"postgresql://{user}@{where}/{at['NAME']}{host}"


def _collected(number):
    return not Job.objects.get(number=number).runs.filter(is_collected=False).exists()


def _until(is_so):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _bare(slurm, place, script, *words):
    """Hand a script in by `sbatch` alone; the moment of the call."""
    path = place / "bare.sh"
    path.write_text(script)
    called = time.time()
    slurm.call("east", "sbatch", "--parsable", "--mem=512M", "--time=1", *words, str(path))
    return called


def _last_end(slurm, name):
    """When the last task of a name ended, by accounting, once all have."""
    rows = []

    def have_all():
        told = slurm.call("east", "env", "SLURM_TIME_FORMAT=%s", "sacct", "-X", "--noheader",
                          "--parsable2", f"--name={name}", "--starttime=now-1days",
                          "--format=End,State")  # fmt: skip
        rows[:] = [line.split("|") for line in told.splitlines()]
        time.sleep(0.5)
        return len(rows) == TASKS and all(end.isdigit() for end, _state in rows)

    _until(have_all)
    assert {state for _end, state in rows} == {"COMPLETED"}
    return max(int(end) for end, _state in rows)


@pytest.mark.django_db(transaction=True)
def test_the_desk_adds_little_to_a_bare_slurm(slurm, settings, tmp_path_factory):
    place = Path(tmp_path_factory.mktemp("desk"))
    place.parent.chmod(0o711)
    at_desk = Desk(slurm, settings, place)
    try:
        added, bare = _pairs(at_desk, slurm, place)
        print(
            f"\n{PAIRS} pairs on an idle Slurm: ours - bare, median"
            f" {statistics.median(added):.3f} s (p95 {sorted(added)[int(0.95 * len(added))]:.3f});"
            f" bare, median"
            f" {statistics.median(bare):.3f} s; at most {OVERHEAD_SECONDS_MOST} s"
        )
        times = _arrays(at_desk, slurm, place)
    finally:
        at_desk.stop()
    assert statistics.median(added) <= OVERHEAD_SECONDS_MOST
    assert times <= ARRAY_TIMES_MOST


def _pairs(at_desk, slurm, place):
    added, bare, out, chance = [], [], place / "bare.out", random.Random(SEED)
    at_desk.first_words(at_desk.submit(CLOCK)[0])  # the account of the allocation is made
    for _pair in range(PAIRS):
        out.unlink(missing_ok=True)
        time.sleep(chance.uniform(0.3, 1.3))
        called = _bare(slurm, place, CLOCK, f"--output={out}")
        _until(lambda: out.exists() and out.read_text().endswith("\n"))
        bare.append(float(out.read_text()) - called)
        time.sleep(chance.uniform(0.3, 1.3))
        number, received = at_desk.submit(CLOCK)
        added.append(float(at_desk.first_words(number)) - received - bare[-1])
    return added, bare


def _arrays(at_desk, slurm, place):
    name = f"--array=0-{TASKS - 1}"
    called = _bare(slurm, place, NOTHING, name, "--job-name=bare", "--output=/dev/null")
    bare = _last_end(slurm, "bare") - called
    number, received = at_desk.submit(NOTHING, tasks=TASKS)
    batches = place / "runs" / ".batches"
    _until(lambda: list(batches.glob(f"{number}-*/job")))
    ours = _last_end(slurm, next(batches.glob(f"{number}-*")).name) - received
    known = time.time()
    _until(lambda: Job.objects.get(number=number).state == "DONE")
    print(
        f"an array of {TASKS}: bare {bare:.1f} s, ours {ours:.1f} s, {ours / bare:.2f} x, at most"
        f" {ARRAY_TIMES_MOST} x; written down {time.time() - known:.1f} s later"
    )
    return ours / bare
