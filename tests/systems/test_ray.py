"""A real Ray under the contract of every backend, and a training at it from quote to bill.

`make test-systems` installs and starts it.
"""

import csv
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from kechuang.compute import jobs, queries
from kechuang.compute.backends import extras
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.ray import RayBackend, RayConnection
from kechuang.compute.models import Bill, Job, Usage
from kechuang.files.queries import open_blob
from tests.compute import desk, keeper
from tests.compute.contract import *  # noqa: F403
from tests.compute.contract import ended, order, until
from tests.compute.keeper import cleared_after

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
        with cleared_after(sys.executable, keeper.__file__, str(place)):
            yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        keeper.end_all_of(str(place))  # Ray's own and what it started
        process.wait(30)
        shutil.rmtree(place, ignore_errors=True)


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
    place = Path(tmp_path_factory.mktemp("ray"))
    for folder in (place, place.parent, place.parent.parent):
        folder.chmod(0o711)
    made = OfRay(ray, place)
    _answers(made.backend)
    yield made
    for folder in (place / "runs").iterdir():
        made.backend.cancel(folder.name)


def _answers(backend):
    deadline = time.monotonic() + 90
    while True:
        try:
            return backend.jobs()
        except Unreachable:
            assert time.monotonic() < deadline
            time.sleep(0.5)


TRAINING = {"samples": 2000, "epochs": 30, "width": 32, "seed": 1}
MILLI_FEN = 90_000_000  # of a core hour: 25 fen a core second


@pytest.mark.django_db
def test_a_training_goes_through_the_desk_and_comes_to_a_bill(
    ray, world, settings, tmp_path_factory
):
    state = Path(os.environ["KECHUANG_STATE"])
    if not extras.is_there("training", state):
        extras.install("training", state)
    now, place = timezone.now(), Path(tmp_path_factory.mktemp("desk"))
    place.chmod(0o711)
    settings.STATE = place
    centre = desk.centre(
        world, now - timedelta(days=1), backend="RAY", processors=4, templates=["training"]
    )
    RayConnection(
        spool=str(place / "runs"), address=ray,
        programs={"training": extras.python_of("training", state)},
    ).write(queries.place_of(centre))  # fmt: skip
    _answers(queries.backend_for(centre))
    desk.priced(world, centre, now - timedelta(hours=1), [MILLI_FEN] * 24)
    allocation = desk.granted(world, now - timedelta(hours=1), voucher_fen=100)
    job = desk.submitted(
        world, now, allocation, centre, template="training", parameters=TRAINING, processors=2,
        wall_seconds=600, memory_mb=8192, data_class="INTERNAL",
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while queries.live_runs(centre).exists():
        assert time.monotonic() < deadline, Job.objects.get(pk=job.pk).state
        jobs.look_after(type(centre).objects.get(pk=centre.pk))
        time.sleep(0.5)
    job.refresh_from_db()
    run, bill = job.runs.get(), Bill.objects.get(job=job)
    assert (job.state, run.exit_code) == ("DONE", 0), run.log_tail
    kept = {one.name: one for one in queries.results_of(job)}
    assert set(kept) == {"loss.csv", "loss.png", "model.txt"}
    with open_blob(kept["loss.csv"].blob) as file:
        rows = csv.DictReader(io.StringIO(file.read().decode()))
        losses = [float(row["held back"]) for row in rows]
    assert losses[-1] < 0.5 * losses[0]
    seconds = int((run.ended_at - run.started_at).total_seconds())
    assert list(Usage.objects.values_list("core_seconds", "is_charged")) == [(2 * seconds, True)]
    assert (bill.total_fen, bill.voucher_fen) == (2 * seconds * 25, min(100, 2 * seconds * 25))
    allocation.refresh_from_db()
    assert (allocation.used_core_seconds, allocation.held_core_seconds) == (2 * seconds, 0)
    print(
        f"{job.number} on Ray: {job.state}, {run.log_tail.strip()}; bill {bill.total_fen} fen for"
        f" {2 * seconds} core seconds (voucher {bill.voucher_fen}, payer {bill.payer_fen})"
    )


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
