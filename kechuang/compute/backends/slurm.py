"""A Slurm: driven by its own commands, here or on its login node over ssh.

What is done there stands in `hand`; here it is sent and heard. Slurm's accounting (`sacct`) is what
counts for begin, end and what was held; the runner's own words say how the command ended.
"""

import base64
import hashlib
import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kechuang.compute.backends import connections, hand
from kechuang.compute.backends.orders import (
    RESULT_BYTES_MOST,
    RESULT_FILES_MOST,
    Order,
    Sight,
    Unreachable,
)

HERE = Path(__file__).parent
NAMES = tuple(f"kechuang.compute.backends.{name}" for name in ("spool", "accounts", "hand"))
SENT = """
import json, sys, types
given = json.load(sys.stdin)
for name, text in given["program"]:
    sys.modules[name] = types.ModuleType(name)
    exec(text, sys.modules[name].__dict__)
print(json.dumps(sys.modules[name].answer(given)))
"""
SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
ACCOUNTING = "accounting_storage/slurmdbd"
CALLS_MOST = 8  # commands of Slurm's that one call over ssh may wait for


@dataclass(frozen=True)
class Connection:
    """How a Slurm is reached; kept in the state directory by the operator, not in the database."""

    spool: str  # a directory that its login and compute nodes share
    cluster: str = ""
    host: str = ""  # for ssh; empty: its commands are on this machine
    ssh: tuple[str, ...] = ()  # further words for ssh: a port, a key, a file of settings
    conf: str = ""  # SLURM_CONF, where it is not the usual one
    partition: str = ""
    user: str = "root"  # whom the accounts are opened for
    python: str = "/usr/bin/python3"
    path: str = ""  # PATH of what runs on the nodes; empty: that of the session which hands it in
    timeout_seconds: int = 20
    absent_seconds: int = 30  # that Slurm may not know what its accounting holds for alive
    settle_seconds: int = 15  # after an end in which a Slurm that starts anew may still change it
    keeps_accounts: bool = True
    programs: dict[str, str] = field(default_factory=dict)  # a template's own Python

    def write(self, place: Path) -> None:
        connections.keep(place, asdict(self))


def connection_at(place: Path) -> Connection:
    """The connection of a centre; Unreachable where none was made."""
    given = connections.kept(place)
    return Connection(**{**given, "ssh": tuple(given.get("ssh", ()))})


class SlurmBackend:
    """Runs on a Slurm's nodes; the spool there is the truth, nothing is kept here but results."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.connection = connection_at(place)

    def submit(self, *orders: Order) -> None:
        self._ask("submit", orders=[asdict(order) for order in orders], programs=programs())

    def step(self, processors: int) -> None:
        """Slurm starts what waits by itself."""

    def look(self, keys: list[str]) -> dict[str, Sight]:
        found = self._ask("look", keys=keys) if keys else {}
        return {
            key: Sight(**{**one, "held": _stretches(one.get("held"))}) for key, one in found.items()
        }

    def cancel(self, key: str) -> None:
        self._ask("cancel", key=key)

    def log(self, key: str, since: int = 0, most: int = 65_536) -> tuple[str, int]:
        content, place = self._ask("log", key=key, since=since, most=most)
        text = base64.b64decode(content).decode("utf-8", "replace")
        return text.replace("\x00", "�"), place

    def results(self, key: str) -> list[Path]:
        """The files that a run left, brought here."""
        names = self._ask("results", key=key, most=RESULT_FILES_MOST, bytes_most=RESULT_BYTES_MOST)
        folder = self.place / "results" / key
        found = []
        for name in names:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / Path(name).name
            path.write_bytes(base64.b64decode(self._ask("fetch", key=key, name=name)))
            found.append(path)
        return found

    def forget(self, *keys: str) -> None:
        self._ask("forget", keys=list(keys))
        for key in keys:
            shutil.rmtree(self.place / "results" / key, ignore_errors=True)

    def keep_quotas(
        self, minutes: Mapping[str, int], least: Mapping[str, int] | None = None
    ) -> list[str]:
        if not self.connection.keeps_accounts or not minutes:
            return []
        enough = None if least is None else dict(least)
        return list(self._ask("keep_quotas", minutes=dict(minutes), least=enough))

    def _ask(self, verb: str, **given: Any) -> Any:
        return ask(self.connection, verb, **given)


def _stretches(told: list[list[float]] | None) -> tuple[tuple[float, float], ...] | None:
    return None if told is None else tuple((since, until) for since, until in told)


def survey(connection: Connection) -> dict[str, Any]:
    """What a Slurm says of itself; makes the spool. Unreachable where it gives no answer."""
    return dict(ask(connection, "survey"))


def what_lacks(found: Mapping[str, Any]) -> list[str]:
    """What a Slurm should be set to and is not, as lines of its slurm.conf."""
    lacks = []
    if found["accounting"] != ACCOUNTING:
        lacks.append(f"AccountingStorageType={ACCOUNTING}")
    if not {"associations", "limits", "safe"} <= set(str(found["enforces"]).lower().split(",")):
        lacks.append("AccountingStorageEnforce=associations,limits,qos,safe")
    if not found["keeps_comments"]:
        lacks.append("AccountingStoreFlags=job_comment")
    return lacks


def ask(connection: Connection, verb: str, **given: Any) -> Any:
    """Have the hand do something there; Unreachable where it, or Slurm, gives no answer."""
    asked = {"verb": verb, "with": given, "settings": asdict(connection)}
    said = hand.answer(asked) if not connection.host else _send(connection, asked)
    if "silent" in said:
        raise Unreachable(said["silent"])
    return said["answer"]


def _send(connection: Connection, asked: dict[str, Any]) -> dict[str, Any]:
    there = shlex.join([connection.python, "-I", "-c", SENT])
    program = [
        (name, (HERE / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8"))
        for name in NAMES
    ]  # fmt: skip
    try:
        done = subprocess.run(
            [*SSH, *connection.ssh, "--", connection.host, there], text=True, check=True,
            input=json.dumps({**asked, "program": program}), capture_output=True,
            timeout=connection.timeout_seconds * CALLS_MOST,
        )  # fmt: skip
        return dict(json.loads(done.stdout))
    except subprocess.CalledProcessError as error:
        raise Unreachable(f"ssh {connection.host}: {error.stderr.strip()[-500:]}") from error
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise Unreachable(f"ssh {connection.host}: {error}") from error


def programs() -> dict[str, Any]:
    """What runs orders on the nodes, with its version."""
    files = {name: (HERE / name).read_text(encoding="utf-8") for name in ("runner.py", "cell.py")}
    version = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:16]
    return {"version": version, "files": files}
