"""Heavy applications through the desk on a real Slurm: `make test-systems`.

It installs what they need (Blender as a module, OpenFOAM, ROSS, scanpy, PyTorch: some three
gigabytes, kept from run to run), runs a render array, a wind tunnel, a bearing, a map of cells and
a training, meters them, and holds the statement against Slurm's accounting.
"""

import csv
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from kechuang.compute import actions
from kechuang.compute.backends import extras
from kechuang.compute.models import Allocation, Bill
from kechuang.compute.queries import results_of
from kechuang.files.queries import open_blob
from tests.compute import desk
from tests.compute.slurm_here import (
    SlurmHere,
    billed_by_accounting,
    connected,
    looked_after,
    why_no_slurm,
)

pytestmark = pytest.mark.system
SECONDS_MOST = 900
RENDER = {"width": 160, "height": 90, "samples": 4, "balls": 9, "first_frame": 1}
WIND = {"reynolds": 20, "step": 20, "cells": 8, "iterations": 300}
BEARING = {
    "journal_mm": 50, "clearance_um": 75, "viscosity_mpa_s": 30, "speed_rpm": 3000, "step": 500,
    "unbalance_g_mm": 500,
}  # fmt: skip
CELLS = {"cells": 800, "genes": 400, "kinds": 4, "neighbours": 15, "seed": 1}
TRAINING = {"samples": 2000, "epochs": 30, "width": 32, "seed": 1}


@pytest.fixture(scope="module")
def installed():
    """The Python of each extra; installed where it is missing."""
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("two gigabytes of applications: make test-systems")
    if lacking := why_no_slurm():
        pytest.skip(lacking)
    state = Path(os.environ["KECHUANG_STATE"])
    for code in extras.extras():
        if not extras.is_there(code, state):
            extras.install(code, state)
    return {code: extras.python_of(code, state) for code in extras.extras()}


def text_of(job, name):
    kept = results_of(job).filter(name=name).first()
    with open_blob(kept.blob) as file:
        return file.read().decode()


@pytest.mark.django_db
def test_a_render_array_a_wind_tunnel_and_a_bearing_are_run_and_metered(
    world, installed, settings, tmp_path_factory
):
    now, place = timezone.now(), Path(tmp_path_factory.mktemp("desk"))
    with SlurmHere() as slurm:
        centre = connected(
            slurm, world, now - timedelta(days=1), settings, place, cluster="west",
            programs=installed, templates=["render", "wind", "bearing", "cells", "training"],
        )  # fmt: skip
        dear = [2_000_000] * 12 + [3_000_000] * 12
        desk.priced(world, centre, now, dear, 5)
        allocation = desk.granted(world, now - timedelta(hours=1))
        given = {"wall_seconds": 600, "memory_mb": 8192, "data_class": "INTERNAL"}
        asked = (
            ("render", RENDER, 3), ("wind", WIND, 2), ("bearing", BEARING, 1), ("cells", CELLS, 1),
            ("training", TRAINING, 1),
        )  # fmt: skip
        made = [
            desk.submitted(world, now, allocation, centre, template=template,
                           parameters=parameters, tasks=tasks, **given)
            for template, parameters, tasks in asked
        ]  # fmt: skip
        assert looked_after(centre, SECONDS_MOST)
        for job in made:
            job.refresh_from_db()
        said = [run.log_tail for job in made for run in job.runs.all()]
        assert [job.state for job in made] == ["DONE"] * 5, said
        by_accounting = billed_by_accounting(slurm, centre, "west")
    render, wind, bearing, cells, training = made
    assert [one.name for one in results_of(render)] == [f"frame-{n:04}.png" for n in (1, 2, 3)]
    rows = list(csv.DictReader(io.StringIO(text_of(wind, "forces.csv"))))
    assert 1.8 < float(rows[-1]["drag"]) < 2.8  # of a square bar at Re 20 between near walls
    assert abs(float(rows[-1]["lift"])) < 0.05
    assert "rpm" in bearing.runs.get().log_tail
    assert {one.name for one in results_of(bearing)} == {
        "speeds.csv", "response.csv", "response.png"
    }
    assert float(text_of(cells, "agreement.txt").split()[-1]) > 0.9
    assert {one.name for one in results_of(cells)} == {
        "agreement.txt", "markers.csv", "umap.png"
    }
    losses = list(csv.DictReader(io.StringIO(text_of(training, "loss.csv"))))
    assert float(losses[-1]["held back"]) < 0.5 * float(losses[0]["held back"])
    assert "loss.png" in {one.name for one in results_of(training)}
    _statement_equals(allocation, centre, world, now, by_accounting)


def _statement_equals(allocation, centre, world, now, by_accounting):
    """The month's statement, locked when it is over, is what accounting alone comes to."""
    bills = {bill.job.number: bill.total_fen for bill in Bill.objects.select_related("job")}
    assert by_accounting == {**bills, "sum": sum(bills.values())}
    month = Bill.objects.first().month
    statement = actions.lock_statement(
        allocation=Allocation.objects.get(pk=allocation.pk), centre=centre, month=month,
        by=world.officer_province.actor, at=now + timedelta(days=32),
    )  # fmt: skip
    print(f"statement {statement.total_fen} fen, accounting {by_accounting['sum']} fen: {bills}")
    assert statement.total_fen == by_accounting["sum"]
