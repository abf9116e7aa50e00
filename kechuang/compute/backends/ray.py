"""A Ray cluster: driven by its Jobs API, plain HTTP; nothing of Ray is imported.

Ray keeps no accounts, no quotas and no users, and forgets its jobs when its head starts anew. So
the runs stand in a spool that this machine and Ray's nodes share, and what was held is what the
runner wrote down there: reserved processors from begin to end. A job's id at Ray is written down
before Ray hears of it: handed in twice it is one job.
"""

import base64
import json
import secrets
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from kechuang.compute.backends import connections
from kechuang.compute.backends.orders import (
    CANCELLED,
    LOST,
    QUEUED,
    RESULT_BYTES_MOST,
    RESULT_FILES_MOST,
    RUNNING,
    Order,
    Sight,
    Unreachable,
)
from kechuang.compute.backends.slurm import programs
from kechuang.compute.backends.spool import Spool

API = "/api/jobs/"
NOT_FOUND = 404
ALIVE = frozenset({"PENDING", "RUNNING"})
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class RayConnection:
    """How a Ray is reached; kept in the state directory by the operator."""

    spool: str  # a directory that this machine and Ray's nodes share
    address: str = "http://127.0.0.1:8265"
    token: str = ""  # where Ray asks for one (RAY_AUTH_MODE=token)
    python: str = sys.executable  # the full path: the nodes' PATH is not ours
    timeout_seconds: int = 20
    absent_seconds: int = 30
    programs: dict[str, str] = field(default_factory=dict)  # a template's own Python

    def write(self, place: Path) -> None:
        connections.keep(place, asdict(self))


def ray_connection_at(place: Path) -> RayConnection:
    """The connection of a centre; Unreachable where none was made."""
    try:
        return RayConnection(**connections.kept(place))
    except TypeError as error:
        raise Unreachable(f"kechuang compute connect: {error}") from error


class RayBackend:
    """Runs as Ray's jobs; Ray holds them until their processors are free."""

    def __init__(self, place: Path) -> None:
        self._use(ray_connection_at(place))

    @classmethod
    def of(cls, connection: RayConnection) -> "RayBackend":
        """The backend of a connection that is not kept yet."""
        made = cls.__new__(cls)
        made._use(connection)
        return made

    def _use(self, connection: RayConnection) -> None:
        self.connection = connection
        self.spool = Spool(Path(connection.spool))

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that Ray knows; Unreachable where it gives no answer."""
        return list(self._call("GET") or [])

    def submit(self, *orders: Order) -> None:
        self.spool.spool.mkdir(parents=True, exist_ok=True, mode=0o711)
        where = self.spool.put_programs(programs())
        for order in orders:
            self.spool.keep(asdict(order))
            name = self._name(order.key) or self._named(order.key)
            folder = self.spool.spool / order.key
            if (folder / "handed").exists():
                continue
            runner = [self.connection.python, "-I", "-S", str(where / "runner.py"), str(folder)]
            asked = {
                "submission_id": name, "entrypoint": shlex.join([*runner, name]),
                "entrypoint_num_cpus": order.processors,
                "entrypoint_memory": order.memory_mb * MEGABYTE, "metadata": {"job": order.job},
            }  # fmt: skip
            if self._call("GET", quote(name)) is None:  # a call that nobody heard back from
                self._call("POST", given=asked)
            (folder / "handed").touch()

    def _name(self, key: str) -> str:
        with suppress(FileNotFoundError):
            return (self.spool.spool / key / "batch").read_text(encoding="utf-8")
        return ""

    def _named(self, key: str) -> str:
        """Give a run the id that it has at Ray for ever."""
        name = f"{key}.{secrets.token_hex(4)}"
        fresh = self.spool.spool / key / "batch.new"
        fresh.write_text(name, encoding="utf-8")
        fresh.replace(fresh.with_name("batch"))
        return name

    def step(self, processors: int) -> None:
        """Ray starts what waits by itself."""

    def look(self, keys: list[str]) -> dict[str, Sight]:
        known = {key: self._name(key) for key in keys if (self.spool.spool / key).is_dir()}
        told = {one["submission_id"]: one for one in self.jobs()} if known else {}
        return {key: self._sight(key, told.get(name)) for key, name in known.items()}

    def _sight(self, key: str, job: dict[str, Any] | None) -> Sight:
        """The runner's word where there is one, else Ray's."""
        folder, end = self.spool.spool / key, self.spool.end_of(key)
        progress = self.spool.progress_of(key)
        if end:
            if (folder / "cancel").exists() and end["state"] != "DONE":
                end = {**end, "state": CANCELLED, "reason": "cancelled"}
            return Sight(**end, progress=progress)
        if not (folder / "handed").exists():
            return Sight(QUEUED)
        started = self._started(folder)
        if job is not None and job["status"] in ALIVE:
            state = RUNNING if started is not None else QUEUED
            return Sight(state, started, progress=progress)
        if (folder / "cancel").exists():
            return Sight(CANCELLED, started, self._gone(folder), reason="cancelled")
        gone = self._gone(folder)
        if job is None and time.time() - gone < self.connection.absent_seconds:
            return Sight(RUNNING if started else QUEUED, started, progress=progress)
        return Sight(LOST, started, max(gone, started or gone), reason="lost")

    def _started(self, folder: Path) -> float | None:
        with suppress(OSError, ValueError):
            return float(json.loads((folder / "start.json").read_text(encoding="utf-8"))["started"])
        return None

    def _gone(self, folder: Path) -> float:
        """Since when Ray has not known a run, or has said that it is over, without an end."""
        mark = folder / "absent"
        if not mark.exists():
            mark.touch()
        return mark.stat().st_mtime

    def cancel(self, key: str) -> None:
        folder = self.spool.spool / key
        if not (folder / "handed").exists() or (folder / "end.json").exists():
            return
        (folder / "cancel").touch()  # a runner that has begun sees it and ends its command
        if self._started(folder) is None:
            self._call("POST", f"{quote(self._name(key))}/stop")

    def log(self, key: str, since: int = 0, most: int = 65_536) -> tuple[str, int]:
        content, place = self.spool.log(key, since, most)
        return base64.b64decode(content).decode("utf-8", "replace").replace("\x00", "�"), place

    def results(self, key: str) -> list[Path]:
        names = self.spool.results(key, RESULT_FILES_MOST, RESULT_BYTES_MOST)
        return [self.spool.spool / key / "work" / name for name in names]

    def forget(self, *keys: str) -> None:
        for key in keys:
            with suppress(Unreachable):  # Ray may not have heard yet that it ended; it forgets too
                self._call("DELETE", quote(self._name(key) or key))
            self.spool.put_away(key)
        self.spool.clear_away()

    def keep_quotas(
        self, minutes: Mapping[str, int], least: Mapping[str, int] | None = None
    ) -> list[str]:
        """Ray has none; the desk holds what it grants before it hands a job in."""
        return []

    def _call(self, method: str, path: str = "", given: dict[str, Any] | None = None) -> Any:
        """What the Jobs API answers; None where it does not know the job."""
        connection = self.connection
        asked = Request(
            connection.address.rstrip("/") + API + path, method=method,
            data=json.dumps(given).encode() if given is not None else None,
            headers={"content-type": "application/json"}
            | ({"authorization": f"Bearer {connection.token}"} if connection.token else {}),
        )  # fmt: skip
        if not asked.full_url.startswith(("http://", "https://")):
            raise Unreachable(f"{asked.full_url}: http or https")
        try:
            with urlopen(asked, timeout=connection.timeout_seconds) as answer:  # nosec: checked
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            if error.code == NOT_FOUND:
                return None
            raise Unreachable(f"{connection.address}: {error}") from error
        except (URLError, OSError, ValueError) as error:
            raise Unreachable(f"{connection.address}: {error}") from error
