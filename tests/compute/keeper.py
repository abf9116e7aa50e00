"""What a test starts goes with it, whatever way it ends: a time-out's SIGKILL too."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAITS = 'tail --pid="$0" -f /dev/null; "$@"'


def dies_with_parent() -> None:
    """Ask the kernel for SIGKILL when whoever started this process dies."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def cleared_after(*command: str) -> Iterator[None]:
    """Where this process dies within, another one that outlives it runs the command."""
    keeper = subprocess.Popen(
        ["bash", "-c", WAITS, str(os.getpid()), *command], start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait(10)


def belonging_to(place: str) -> Iterator[int]:
    """The processes that were started with this directory in their environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if place.encode() in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:
            continue


def end_all_of(place: str) -> None:
    for pid in belonging_to(place):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    end_all_of(sys.argv[1])
