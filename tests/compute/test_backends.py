"""This machine under the contract of every backend, and what holds of it alone. No database."""

import json
import os
import signal
import time
from contextlib import nullcontext

import pytest

from kechuang.compute.backends import backend_of
from tests.compute.contract import *  # noqa: F403
from tests.compute.contract import ended, order, until


class Local:
    """A spool of its own; nothing starts unless it is told to step."""

    processors = 2

    def __init__(self, place):
        self.secret = place / "state" / "secret-key"
        self.backend = backend_of("LOCAL", place / "state" / "compute" / "one")
        self.held = nullcontext


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "state").mkdir()
    made = Local(tmp_path)
    yield made
    for folder in made.backend.spool.glob("*") if made.backend.spool.exists() else ():
        made.backend.cancel(folder.name)


def test_a_run_whose_runner_is_killed_is_lost_and_its_command_ends_with_it(machine):
    backend = machine.backend
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    backend.submit(order("a", code))
    until(machine, "a", lambda _: backend.log("a")[0])
    command = int(backend.log("a")[0])
    runner = json.loads((backend.spool / "a" / "start.json").read_text())["pid"]
    os.kill(runner, signal.SIGKILL)
    sight = ended(machine, "a")
    assert (sight.state, sight.reason) == ("LOST", "lost")
    assert sight.ended >= sight.started
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{command}/cwd") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(command)
    backend.step(4)
    assert backend.look(["a"])["a"].state == "LOST"


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def test_there_is_no_backend_of_an_unknown_kind(tmp_path):
    with pytest.raises(ValueError, match="ABACUS"):
        backend_of("ABACUS", tmp_path)
