"""Slurm's daemons, the worker and the web are killed at random; each job is run and billed once.

`make test-systems` does it fifty times (KC_KILLS: how many, KC_SEED: which) and says what it saw.
"""

import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from kechuang.compute import jobs, queries
from kechuang.compute.models import Bill, Charge, Job, Run, Usage
from tests.compute import desk
from tests.compute.keeper import dies_with_parent
from tests.compute.slurm_here import (
    SlurmHere,
    billed_by_accounting,
    connected,
    looked_after,
    why_no_slurm,
)
from tests.world import build_world

pytestmark = pytest.mark.system
KILLS = int(os.environ.get("KC_KILLS", "50"))
SEED = int(os.environ.get("KC_SEED", "20261122"))
VICTIMS = ("east-ctld", "slurmdbd", "worker", "web")
SETTLED_WITHIN_SECONDS = 300
SCRIPT = "#!/bin/sh\nsleep $KECHUANG_TASK\nsleep 1\n"


@pytest.fixture
def slurm():
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("minutes of killing: make test-systems")
    if lacking := why_no_slurm():
        pytest.skip(lacking)
    with SlurmHere() as started:
        yield started


class Process:
    """A process of the desk that does the same over and over until it is killed."""

    def __init__(self, act) -> None:
        self.act, self.pid = act, 0

    def start(self) -> None:
        connections.close_all()  # the child must not share the parent's
        self.pid = os.fork()
        if self.pid:
            return
        dies_with_parent()
        try:
            while True:
                self.act()
                time.sleep(0.3)
        finally:
            os._exit(1)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.mark.django_db(transaction=True)
def test_whatever_is_killed_each_job_runs_once_and_is_billed_once(
    slurm, settings, tmp_path_factory
):
    now, place = timezone.now(), Path(tmp_path_factory.mktemp("desk"))
    place.parent.chmod(0o711)
    world = build_world(now)
    centre = connected(slurm, world, now - timedelta(days=1), settings, place, settle_seconds=10)
    by_the_second = [90_000_000] * 24
    desk.priced(world, centre, now, by_the_second, 30)
    allocation = desk.granted(world, now - timedelta(hours=1), core_hours=1000)
    chance = random.Random(SEED)

    def submit() -> None:
        desk.submitted(world, timezone.now(), allocation, centre, template="script",
                       parameters={"script": SCRIPT}, tasks=random.choice((1, 1, 3)))  # fmt: skip
        time.sleep(random.uniform(0.5, 2.5))

    def look() -> None:
        jobs.look_after(type(centre).objects.get(pk=centre.pk))

    processes, began = {"worker": Process(look), "web": Process(submit)}, time.time()
    killed = Counter()
    try:
        for one in processes.values():
            one.start()
        for _kill in range(KILLS):
            time.sleep(chance.uniform(0.2, 2.0))
            victim = chance.choice(VICTIMS)
            killed[victim] += 1
            if victim in processes:
                processes[victim].kill()
                processes[victim].start()
            else:
                slurm.do("kill", victim)
                time.sleep(chance.uniform(0.0, 1.0))
                slurm.do("up")
    finally:
        for one in processes.values():
            one.kill()
    connections.close_all()
    assert _settled(slurm, centre), _stuck(slurm)
    print(f"killed {dict(killed)}, {Job.objects.count()} jobs, {time.time() - began:.0f} s")
    _each_once(allocation, billed_by_accounting(slurm, centre))


def _settled(slurm, centre) -> bool:
    """Look after the centre to the end, as its operator does: a node that Slurm has drained is put
    in use again, and what accounting holds for alive and Slurm has forgotten is closed."""
    deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        slurm.do("up")
        if looked_after(centre, 30):
            return True
        runs = queries.live_runs(centre)
        if all(run.is_collected for run in runs):  # they wait for the accounts alone
            print(f"{len(runs)} runs wait for accounts; the operator closes what ran away:")
            print(slurm.call("east", "sacctmgr", "--immediate", "show", "runawayjobs"))
    return False


def _stuck(slurm) -> str:
    """The runs that have not ended, as Slurm and its accounting tell of theirs."""
    left = Run.objects.filter(is_metered=False)
    runs = [f"{run} {run.state} {run.is_collected}" for run in left]
    known = slurm.call("east", "squeue", "--noheader", "--array", "--states=all",
                       "--format=%i %j %T %S %r")  # fmt: skip
    told = slurm.call("east", "sacct", "-D", "-X", "--noheader", "--parsable2",
                      "--format=JobID,JobName,State,Start,End")  # fmt: skip
    names = [run.key for run in left]
    rows = [line for line in (known + told).splitlines() if any(one in line for one in names)]
    return "\n".join((*runs, *rows))


def _each_once(allocation, by_accounting) -> None:
    """Every task done once and billed once; bills are the charges, and what accounting says."""
    made = Job.objects.exclude(state="QUOTED")
    assert set(made.values_list("state", flat=True)) == {"DONE"}
    tasks = sum(made.values_list("tasks", flat=True))
    done = Run.objects.filter(state="DONE")
    assert (done.count(), done.values("job", "task").distinct().count()) == (tasks, tasks)
    charged = set(Usage.objects.filter(is_charged=True).values_list("run__job", flat=True))
    assert sorted(Bill.objects.values_list("job", flat=True)) == sorted(charged)
    bills = {bill.job.number: bill.total_fen for bill in Bill.objects.select_related("job")}
    assert sum(Charge.objects.values_list("amount_fen", flat=True)) == sum(bills.values())
    allocation.refresh_from_db()
    held = sum(Usage.objects.filter(is_charged=True).values_list("core_seconds", flat=True))
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (held, 0)
    total = by_accounting.pop("sum")
    other = {
        number: (fen, by_accounting.get(number, 0)) for number, fen in bills.items()
        if fen != by_accounting.get(number, 0)
    }  # fmt: skip
    print(
        f"{len(bills)} bills, {sum(bills.values())} fen; accounting {total} fen; differ: {other};"
        f" {made.count() - len(bills)} jobs that its accounting has nothing of, not charged"
    )
    charged_there = {number for number, fen in by_accounting.items() if fen}
    assert (other, charged_there - set(bills)) == ({}, set())
