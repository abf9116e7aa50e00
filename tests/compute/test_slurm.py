"""A real Slurm under the contract of every backend, and what holds of it alone.

Root on Debian starts it (`scripts/slurm-here`); elsewhere these tests are skipped and say why.
"""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from kechuang.compute import actions, jobs, queries
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.slurm import Connection, SlurmBackend, survey, what_lacks
from kechuang.compute.models import Bill
from tests.compute import desk
from tests.compute.contract import *  # noqa: F403
from tests.compute.contract import ended, order, until
from tests.compute.slurm_here import (
    SlurmHere,
    billed_by_accounting,
    connected,
    looked_after,
    why_no_slurm,
)

pytestmark = pytest.mark.system


class OfSlurm:
    """The cluster of 64 processors, with a spool of its own."""

    processors = 64

    def __init__(self, slurm, place):
        self.slurm, self.secret = slurm, place / "runs" / "other" / "secret.txt"
        self.secret.parent.mkdir(parents=True)
        connection = Connection(
            spool=str(place / "runs"), conf=slurm.conf("east"), cluster="east",
            timeout_seconds=10, absent_seconds=5, python=sys.executable,
        )  # fmt: skip
        connection.write(place)
        self.backend = SlurmBackend(place)

    @contextmanager
    def held(self):
        self.slurm.call("east", "scontrol", "update", "PartitionName=main", "State=DOWN")
        yield
        self.slurm.call("east", "scontrol", "update", "PartitionName=main", "State=UP")


@pytest.fixture(scope="module")
def slurm():
    lacking = why_no_slurm()
    if lacking:
        pytest.skip(lacking)
    with SlurmHere() as started:
        yield started


@pytest.fixture
def machine(slurm, tmp_path_factory):
    place = Path(tmp_path_factory.mktemp("slurm"))
    for folder in (place, place.parent, place.parent.parent):  # the script's own user must get in
        folder.chmod(0o711)
    yield OfSlurm(slurm, place)
    slurm.call("east", "scancel", "--user=root")


def test_a_run_that_is_begun_anew_is_told_with_every_stretch_that_it_held(machine):
    code = """
import os, time
again = os.path.exists('once')
open('once', 'w').close()
print('here', flush=True)
time.sleep(1 if again else 60)
"""
    machine.backend.submit(order("a", code, wall_seconds=60))
    until(machine, "a", lambda _: machine.backend.log("a")[0])  # not only Slurm's word for it
    time.sleep(2)
    machine.slurm.call("east", "scontrol", "requeue", machine.slurm.newest("east"))
    sight = ended(machine, "a")
    assert (sight.state, len(sight.held)) == ("DONE", 2)
    held = sum(until - since for since, until in sight.held)
    told = machine.slurm.call(
        "east", "sacct", "--noheader", "--parsable2", "--allocations", "--duplicates",
        "--format=ElapsedRaw", f"--jobs={machine.slurm.newest('east')}",
    ).split()  # fmt: skip
    assert held == sum(int(one) for one in told)


def test_a_centre_that_dies_loses_no_run(machine):
    slurm, backend = machine.slurm, machine.backend
    backend.submit(order("a", "import time; time.sleep(12); print('through')"))
    until(machine, "a", lambda sight: sight.state == "RUNNING")
    _until_written_down(slurm, slurm.newest("east"))
    slurm.do("kill", "east-ctld")
    slurm.do("kill", "slurmdbd")
    with pytest.raises(Unreachable, match="sacct"):
        backend.look(["a"])
    with pytest.raises(Unreachable, match="squeue|sbatch"):
        backend.submit(order("later", "pass"))
    slurm.do("up")
    backend.submit(order("later", "pass"))
    assert [ended(machine, key).state for key in ("a", "later")] == ["DONE", "DONE"]
    assert backend.log("a")[0] == "through\n"
    assert len([name for name in slurm.names("east") if name.startswith("later.")]) == 1


def _until_written_down(slurm, job):
    """Until Slurm has written down what it has started: some seconds after a change, as it can."""
    file, deadline = slurm.place / "east" / "state" / "job_state", time.monotonic() + 60
    changed = time.time()
    slurm.call("east", "scontrol", "update", f"JobId={job}", "TimeLimit=2")
    while not file.exists() or file.stat().st_mtime < changed:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_call_that_nobody_heard_back_from_is_not_made_twice(machine):
    machine.backend.submit(order("a", "open('n.txt', 'a').write('x')"))
    ended(machine, "a")
    spool = Path(machine.backend.connection.spool)
    batch = next((spool / ".batches").iterdir())
    (batch / "job").unlink()  # as if killed before it was written down
    machine.backend.submit(order("a", "open('n.txt', 'a').write('x')"))
    assert machine.backend.look(["a"])["a"].state == "DONE"
    assert machine.slurm.names("east").count(batch.name) == 1
    assert machine.backend.results("a")[0].read_text() == "x"


def test_accounts_are_made_held_and_held_again_after_somebody_changed_them(machine):
    backend, slurm = machine.backend, machine.slurm
    assert backend.keep_quotas({"sl-1": 100, "sl-2": 0}) == ["sl-1", "sl-2"]
    assert backend.keep_quotas({"sl-1": 100, "sl-2": 0}) == []
    slurm.call("east", "sacctmgr", "--immediate", "modify", "account", "where", "name=sl-1",
               "set", "GrpTRESMins=cpu=-1")  # fmt: skip
    slurm.call("east", "sacctmgr", "--immediate", "delete", "account", "sl-2")
    assert backend.keep_quotas({"sl-1": 100, "sl-2": 0}) == ["sl-1", "sl-2"]
    backend.submit(order("a", "pass", account="sl-1"), order("b", "pass", account="sl-2"))
    assert ended(machine, "a").state == "DONE"
    assert backend.look(["b"])["b"].state == "QUEUED"  # nothing is left of its account
    backend.cancel("b")
    assert ended(machine, "b").started is None


def test_it_says_what_it_is_and_what_it_lacks(machine):
    found = survey(machine.backend.connection)
    assert (found["cluster"], found["processors"], found["partitions"]) == ("east", 64, ["main"])
    assert what_lacks(found) == []
    bare = {**found, "enforces": "none", "keeps_comments": False}
    assert what_lacks(bare) == [
        "AccountingStorageEnforce=associations,limits,qos,safe",
        "AccountingStoreFlags=job_comment",
    ]


def test_who_is_not_root_is_told_so(tmp_path):
    if os.geteuid():
        pytest.skip("this test takes root's rights away from itself; it is not root")
    script = Path(__file__).parents[2] / "scripts" / "slurm-here"
    done = subprocess.run(
        ["bash", "-s", "up", str(tmp_path)], input=script.read_text(), text=True,
        capture_output=True, user=65534, check=False,
    )  # fmt: skip
    assert (done.returncode, "root" in done.stderr) == (1, True)


AGAIN = """#!/bin/sh
echo here
[ -e once ] && sleep 1 && exit
touch once
sleep 60
"""


def _until_it_prints(centre, job):
    """Until a job's command has begun: Slurm says so earlier, by long where the load is high."""
    backend, key, deadline = queries.backend_for(centre), job.runs.get().key, time.monotonic() + 60
    while not backend.log(key)[0]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.django_db
def test_the_desk_meters_by_accounting_and_both_come_to_the_same_fen(
    slurm, world, settings, tmp_path_factory
):
    now = timezone.now()
    place = Path(tmp_path_factory.mktemp("desk"))
    place.parent.chmod(0o711)
    centre = connected(slurm, world, now - timedelta(days=1), settings, place)
    dear = [90_000_000] * 24
    desk.priced(world, centre, now, dear, 30)
    allocation = desk.granted(world, now - timedelta(hours=1))
    script = "#!/bin/sh\nsleep $KECHUANG_TASK; echo $KECHUANG_JOB; [ $KECHUANG_TASK != 2 ]\n"
    array = desk.submitted(world, now, allocation, centre, template="script",
                           parameters={"script": script}, tasks=3, processors=2)  # fmt: skip
    again = desk.submitted(world, now, allocation, centre, template="script",
                           parameters={"script": AGAIN})  # fmt: skip
    stopped = desk.submitted(world, now, allocation, centre, template="script",
                             parameters={"script": "#!/bin/sh\necho here\nsleep 60\n"})  # fmt: skip
    jobs.look_after(centre)
    for job in (again, stopped):
        _until_it_prints(centre, job)
    time.sleep(2)
    slurm.call("east", "scontrol", "requeue", slurm.job_named("east", again.number))
    actions.cancel_job(job=stopped, by=world.member.actor, at=timezone.now())
    assert looked_after(centre, 90)
    for job in (array, again, stopped):
        job.refresh_from_db()
    assert [job.state for job in (array, again, stopped)] == ["FAILED", "DONE", "CANCELLED"]
    assert [run.exit_code for run in array.runs.order_by("task")] == [0, 0, 1]
    assert array.runs.first().log_tail == f"{array.number}\n"
    assert again.runs.get().usages.count() == 2
    bills = {bill.job.number: bill.total_fen for bill in Bill.objects.select_related("job")}
    assert billed_by_accounting(slurm, centre) == {**bills, "sum": sum(bills.values())}
    assert set(bills) == {array.number, again.number, stopped.number}
    held = slurm.call(
        "east", "sacctmgr", "--noheader", "--parsable2", "show", "associations",
        f"account={allocation.number.lower()}", "format=user,grptresmins",
    ).split()  # fmt: skip
    assert sorted(line.partition("=")[0] for line in held) == ["root|", "|cpu"]
