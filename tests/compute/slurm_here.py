"""A Slurm of two clusters on this machine for as long as tests need it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "slurm-here"
PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd")
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
        self.do("up")
        return self

    def __exit__(self, *_: object) -> None:
        self.do("down")
        shutil.rmtree(self.place, ignore_errors=True)

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

    def names(self, cluster: str) -> list[str]:
        """The names of the jobs that Slurm knows, one for each task."""
        return self.call(cluster, "squeue", "--noheader", "--states=all", "--array",
                         "--format=%j").split()  # fmt: skip
