"""A Slurm that is reached over ssh, as docs/how-to/connect-slurm.md connects one.

The test starts an sshd of its own on this machine with a key of its own; root and an installed sshd
are needed, else it is skipped and says why.
"""

import os
import shutil
import socket
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from kechuang.compute import queries
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.slurm import SlurmBackend, connection_at
from kechuang.compute.commands import app
from kechuang.compute.models import Bill, Centre
from kechuang.parties.actions import create_token
from tests.compute import desk
from tests.compute.slurm_here import SYSTEM, SlurmHere, billed_by_accounting, looked_after
from tests.compute.slurm_here import why_no_slurm as lacking_slurm

pytestmark = pytest.mark.system


@pytest.fixture
def slurm():
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("starts an sshd of its own: make test-systems")
    lacking = lacking_slurm() or ("" if shutil.which("sshd", path=SYSTEM) else "no sshd here")
    if lacking:
        pytest.skip(lacking)
    with SlurmHere() as started:
        yield started


@pytest.fixture
def login(tmp_path_factory):
    """The words for ssh by which this machine's own sshd is entered."""
    place = Path(tmp_path_factory.mktemp("ssh"))
    for folder in (place.parent, place):
        folder.chmod(0o755)
    for name in ("host", "own"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)]
        subprocess.run(made, check=True)
    shutil.copy(place / "own.pub", place / "authorized")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True)
    settings = {
        "ListenAddress": f"127.0.0.1:{port}", "HostKey": place / "host", "UsePAM": "no",
        "AuthorizedKeysFile": place / "authorized", "PidFile": place / "pid", "StrictModes": "no",
        "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password",
    }  # fmt: skip
    words = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    sshd = shutil.which("sshd", path=SYSTEM)
    process = subprocess.Popen([sshd, "-D", "-f", "/dev/null", *words])
    yield [
        "-p", str(port), "-i", str(place / "own"), "-o", f"UserKnownHostsFile={place / 'known'}",
        "-o", "StrictHostKeyChecking=accept-new",
    ]  # fmt: skip
    process.terminate()
    process.wait(10)


@pytest.mark.django_db
def test_a_slurm_is_connected_over_ssh_and_a_job_goes_there_and_back(
    slurm, login, world, settings, tmp_path_factory
):
    now, place = timezone.now(), Path(tmp_path_factory.mktemp("desk"))
    for folder in (place.parent, place):
        folder.chmod(0o711)
    settings.STATE = place
    centre = desk.centre(world, now - timedelta(days=1), backend="NONE")
    desk.priced(world, centre, now, [90_000_000] * 24, 30)
    words = ", ".join(f'"{word}"' for word in login)
    file = place / "slurm.toml"
    file.write_text(
        f'spool = "{place}/runs"\nhost = "root@127.0.0.1"\nssh = [{words}]\npartition = "main"\n'
        f'conf = "{slurm.conf("east")}"\nsettle_seconds = 3\nabsent_seconds = 10\n'
    )
    time.sleep(1)
    _, token = create_token(
        appointment=world.officer_province.appointment, label="cli", days=1,
        by=world.officer_province.actor, at=now,
    )  # fmt: skip
    said = CliRunner().invoke(app, ["connect", centre.number, str(file), "--token", token])
    assert said.exit_code == 0, said.exception
    assert "east" in said.stdout and "slurm.conf" not in said.stdout
    centre = Centre.objects.get(pk=centre.pk)
    assert (centre.backend, centre.processors) == ("SLURM", 64)
    job = desk.submitted(
        world, timezone.now(), desk.granted(world, now - timedelta(hours=1)), centre,
        template="script", parameters={"script": "#!/bin/sh\necho over ssh; echo 7 > r.txt\n"},
        tasks=2,
    )  # fmt: skip
    assert looked_after(centre, 120)
    job.refresh_from_db()
    assert (job.state, job.runs.first().log_tail) == ("DONE", "over ssh\n")
    assert [one.name for one in queries.results_of(job)] == ["r.txt", "r.txt"]
    total = Bill.objects.get(job=job).total_fen
    assert billed_by_accounting(slurm, centre) == {job.number: total, "sum": total}
    way = connection_at(queries.place_of(centre))
    lost = SlurmBackend(queries.place_of(centre))
    lost.connection = type(way)(**{**vars(way), "host": "nobody@127.0.0.1"})
    with pytest.raises(Unreachable, match="ssh nobody@127.0.0.1"):
        lost.look(["ZY-1"])
