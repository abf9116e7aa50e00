"""A real Ray under the contract of every backend: `make test-systems` installs and starts one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from kechuang.compute.backends import extras
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.ray import RayBackend, RayConnection
from tests.compute.contract import *  # noqa: F403
from tests.compute.contract import ended, order, until

pytestmark = pytest.mark.system


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def ray():
    """The address of a Ray of four processors, alone in a session of its own."""
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("Ray is a large extra: make test-systems")
    state = Path(os.environ["KECHUANG_STATE"])
    if not extras.is_there("ray", state):
        extras.install("ray", state)
    program = Path(extras.python_of("ray", state)).with_name("ray")
    place, port = Path(tempfile.mkdtemp(prefix="kc-ray-", dir="/tmp")), free_port()
    process = subprocess.Popen(
        [str(program), "start", "--head", "--block", "--num-cpus=4", f"--port={free_port()}",
         "--dashboard-host=127.0.0.1", f"--dashboard-port={port}", "--node-ip-address=127.0.0.1",
         "--min-worker-port=31000", "--max-worker-port=31100", f"--temp-dir={place}",
         "--disable-usage-stats"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "RAY_TMPDIR": str(place), "RAY_AUTH_MODE": "disabled"},
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        for pid in _belonging_to(str(place)):
            os.kill(pid, signal.SIGKILL)
        process.wait(30)
        shutil.rmtree(place, ignore_errors=True)


def _belonging_to(place):
    """The processes that were started with this directory: Ray's own and what it started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if place.encode() in (folder / "environ").read_bytes() and folder.name != "self":
                yield int(folder.name)
        except OSError:
            continue


class OfRay:
    processors = 4

    def __init__(self, address, place):
        self.secret = place / "runs" / "other" / "secret.txt"
        self.secret.parent.mkdir(parents=True)
        RayConnection(
            spool=str(place / "runs"), address=address, python=sys.executable, absent_seconds=5
        ).write(place)
        self.backend = RayBackend(place)

    @contextmanager
    def held(self):
        self.backend.submit(order("all", "import time; time.sleep(60)", processors=4))
        until(self, "all", lambda sight: sight.state == "RUNNING")
        yield
        self.backend.cancel("all")


@pytest.fixture
def machine(ray, tmp_path_factory):
    import time

    place = Path(tmp_path_factory.mktemp("ray"))
    for folder in (place, place.parent, place.parent.parent):
        folder.chmod(0o711)
    made = OfRay(ray, place)
    deadline = time.monotonic() + 90
    while True:
        try:
            made.backend.jobs()
            break
        except Unreachable:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    yield made
    for folder in (place / "runs").iterdir():
        made.backend.cancel(folder.name)


def test_a_model_is_trained_and_its_loss_falls(machine):
    code = """
import random
random.seed(1)
points = [(x / 50, 3 * x / 50 - 1 + random.gauss(0, .1)) for x in range(100)]
slope = shift = 0.0
for epoch in range(200):
    wrong = [(slope * x + shift - y, x) for x, y in points]
    loss = sum(one * one for one, _ in wrong) / len(wrong)
    slope -= .1 * 2 * sum(one * x for one, x in wrong) / len(wrong)
    shift -= .1 * 2 * sum(one for one, _ in wrong) / len(wrong)
    if epoch in (0, 199):
        print(f"{loss:.3f}")
open('model.txt', 'w').write(f"{slope:.1f} {shift:.1f}")
"""
    machine.backend.submit(order("a", code, processors=2))
    assert ended(machine, "a").state == "DONE"
    first, last = machine.backend.log("a")[0].split()
    print(f"training on Ray: loss {first} to {last}")
    assert float(last) < 0.02 < float(first)
    assert machine.backend.results("a")[0].read_text() == "3.0 -1.0"
