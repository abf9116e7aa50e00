"""A Slurm of two clusters on this machine for as long as tests need it, and the desk at it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kechuang.compute import jobs, queries
from kechuang.compute.backends.slurm import Connection
from tests.compute import desk
from tests.compute.keeper import cleared_after

SCRIPT = Path(__file__).parents[2] / "scripts" / "slurm-here"
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd")
CLEAR = '"$0" down "$1"; rm -rf "$1"'
SYSTEM = "/usr/sbin:/sbin:/usr/bin:/bin"


def why_no_slurm() -> str:
    """Why no Slurm can be started here; empty where one can."""
    if os.geteuid():
        return "a real Slurm is started by root alone"
    missing = [name for name in PROGRAMS if shutil.which(name, path=SYSTEM) is None]
    return f"no real Slurm: {', '.join(missing)} (scripts/system-packages)" if missing else ""


class SlurmHere:
    """Started when entered, stopped and cleared away when left."""

    def __enter__(self) -> "SlurmHere":
        self.place = Path(tempfile.mkdtemp(prefix="kc-slurm-", dir="/tmp"))  # nosec: short sockets
        self.kept = cleared_after("bash", "-c", CLEAR, str(SCRIPT), str(self.place))
        self.kept.__enter__()
        self.do("up")
        return self

    def __exit__(self, *_: object) -> None:
        self.do("down")
        shutil.rmtree(self.place, ignore_errors=True)
        self.kept.__exit__(None, None, None)

    def do(self, verb: str, *words: str) -> str:
        """One verb of `scripts/slurm-here`."""
        done = subprocess.run(
            [str(SCRIPT), verb, str(self.place), *words], capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def conf(self, cluster: str) -> str:
        return str(self.place / cluster / "slurm.conf")

    def call(self, cluster: str, *command: str) -> str:
        """A command of Slurm's at a cluster."""
        return subprocess.run(
            command, env={**os.environ, "SLURM_CONF": self.conf(cluster)}, capture_output=True,
            text=True, timeout=30, check=True,
        ).stdout  # fmt: skip

    def newest(self, cluster: str) -> str:
        """The number of the job that was handed in last."""
        return self.call(cluster, "squeue", "--noheader", "--states=all", "--sort=-i",
                         "--format=%F").split()[0]  # fmt: skip

    def job_named(self, cluster: str, comment: str) -> str:
        """The number of the job that carries a comment."""
        text = self.call(cluster, "squeue", "--noheader", "--states=all", "--format=%F %k")
        return next(line.split()[0] for line in text.splitlines() if line.split()[1] == comment)

    def names(self, cluster: str) -> list[str]:
        """The names of the jobs that Slurm knows, one for each task."""
        return self.call(cluster, "squeue", "--noheader", "--states=all", "--array",
                         "--format=%j").split()  # fmt: skip


BILL = Path(__file__).parents[2] / "tools" / "slurm_bill.py"
ROWS = "JobID,JobName,Comment,State,Start,End,ReqCPUS,TimelimitRaw"


def connected(
    slurm, world, at, settings, place, *, cluster="east", programs=None, settle_seconds=3,
    python=sys.executable, **given,
):  # fmt: skip
    """A centre of the desk that is the cluster, its spool below `place`."""
    settings.STATE = place
    place.chmod(0o711)
    centre = desk.centre(world, at, backend="SLURM", processors=64, **given)
    Connection(
        spool=str(place / "runs"), conf=slurm.conf(cluster), cluster=cluster, timeout_seconds=10,
        absent_seconds=10, python=python, programs=programs or {},
        settle_seconds=settle_seconds,
    ).write(queries.place_of(centre))  # fmt: skip
    return centre


def looked_after(centre, seconds):
    """Look after a centre until nothing of it lives or waits for its accounts; False past so many
    seconds."""
    deadline = time.monotonic() + seconds
    while queries.live_runs(centre).exists():
        if time.monotonic() > deadline:
            return False
        jobs.look_after(type(centre).objects.get(pk=centre.pk))
        time.sleep(0.5)
    return True


def billed_by_accounting(slurm, centre, cluster="east"):
    """What each job comes to by Slurm's accounting and the price lists alone: {number: fen}."""
    told = slurm.call(cluster, "env", "SLURM_TIME_FORMAT=%s", "sacct", "-D", "-X", "--parsable2",
                      "--starttime=now-2days", f"--format={ROWS}")  # fmt: skip
    prices = slurm.place / "prices.json"
    prices.write_text(json.dumps([
        {"since": int(one.since.timestamp()), "milli_fen": one.milli_fen_per_core_hour,
         "minimum_fen": one.minimum_fen}
        for one in centre.prices.all()
    ]))  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-I", str(BILL), str(prices)], input=told, capture_output=True, text=True,
        check=True,
    ).stdout.split()  # fmt: skip
    return {name: int(fen) for name, fen in zip(said[::2], said[1::2], strict=True)}
