"""This very machine: each run a process of its own session, in a directory of its own.

No server: everything that must be known stands in the run's directory. Whoever looks reads it,
so a worker that is killed leaves nothing half known, and the runs go on.

    order.json   what to run (order.words: the same for the runner); appears whole or not at all
    claim        made once: by the runner that runs it, or by whoever cancelled it before
    alive        locked by the runner as long as it lives
    end.json     how it ended
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kechuang.compute.backends.orders import (
    CANCELLED,
    LOST,
    QUEUED,
    RESULT_BYTES_MOST,
    RESULT_FILES_MOST,
    RUNNING,
    Order,
    Sight,
)
from kechuang.compute.backends.spool import lay_out

GONE = ".gone-"
RUNNER = Path(__file__).with_name("runner.py")
RESULT_ENDINGS = frozenset({".png", ".csv", ".txt", ".jpg", ".pdf"})


class LocalBackend:
    """Runs on this machine, as many at once as the processors given to it."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool

    def submit(self, *orders: Order) -> None:
        """Keep each order: written aside, then put in its place in one step."""
        self.spool.mkdir(parents=True, exist_ok=True, mode=0o711)
        for order in orders:
            self._keep(order)

    def _keep(self, order: Order) -> None:
        if (self.spool / order.key).exists():
            return
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.spool))
        lay_out(fresh, {**asdict(order), "hidden": str(self.spool.parent.parent)})
        for name in ("order.json", "order.words"):
            _to_disk(fresh / name)
        with suppress(OSError):  # another has put it there in between
            os.rename(fresh, self.spool / order.key)
        shutil.rmtree(fresh, ignore_errors=True)
        _to_disk(self.spool)

    def step(self, processors: int) -> None:
        """Start who waits, first come first, as far as the processors go; one at a time does it."""
        if not self.spool.is_dir():
            return
        with open(self.spool / ".turn", "w") as turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            waiting, taken = [], 0
            for folder in self._folders():
                sight, order = self._sight(folder), _read(folder / "order.json")
                if order is not None and sight.state == RUNNING:
                    taken += order["processors"]
                elif order is not None and sight.state == QUEUED:
                    waiting.append(folder)
            for folder in waiting:
                wanted = order_in(folder)["processors"]
                if taken + wanted > processors:
                    break
                self._start(folder)
                taken += wanted

    def _start(self, folder: Path) -> None:
        """Start the runner in a session of its own and wait until it has claimed the run."""
        subprocess.run(
            [sys.executable, "-I", "-S", str(RUNNER), str(folder)], check=True,
            stdin=subprocess.DEVNULL, env={"PATH": os.environ.get("PATH", os.defpath)},
            timeout=30,
        )  # fmt: skip

    def look(self, keys: list[str]) -> dict[str, Sight]:
        folders = ((key, self.spool / key) for key in keys)
        return {key: self._sight(folder) for key, folder in folders if folder.is_dir()}

    def _sight(self, folder: Path) -> Sight:
        """Read how a run stands; a claim that nobody lives for is a lost one."""
        end = _read(folder / "end.json")
        if end:
            return Sight(**end, progress=_progress(folder))
        if not (folder / "claim").exists():
            return Sight(QUEUED)
        start = _read(folder / "start.json")
        started = start["started"] if start else None
        if _is_locked(folder / "alive"):
            return Sight(RUNNING, started, progress=_progress(folder))
        end = _read(folder / "end.json")  # it may have ended between the two looks
        if end:
            return Sight(**end, progress=_progress(folder))
        state = CANCELLED if (folder / "cancel").exists() else LOST
        seen = _last_sign(folder)
        return Sight(state, started, max(seen, started or seen), reason=state.lower())

    def cancel(self, key: str) -> None:
        folder = self.spool / key
        if not folder.is_dir() or (folder / "end.json").exists():
            return
        (folder / "cancel").touch()
        with suppress(FileExistsError):  # a runner has it: it sees the mark
            os.close(os.open(folder / "claim", os.O_CREAT | os.O_EXCL))

    def log(self, key: str, since: int = 0, most: int = 65_536) -> tuple[str, int]:
        try:
            with open(self.spool / key / "log.txt", "rb") as file:
                file.seek(since)
                content = file.read(most)
        except FileNotFoundError:
            return "", since
        return content.decode("utf-8", "replace").replace("\x00", "�"), since + len(content)

    def results(self, key: str) -> list[Path]:
        """Pictures, tables and texts that lie in the run's directory; links are not followed."""
        work = self.spool / key / "work"
        given = set(order_in(self.spool / key)["files"]) if work.is_dir() else set()
        found = [
            path for path in sorted(work.glob("*"))
            if path.suffix.lower() in RESULT_ENDINGS and path.name not in given
            and path.is_file() and not path.is_symlink()
            and 0 < path.stat().st_size <= RESULT_BYTES_MOST
        ]  # fmt: skip
        return found[:RESULT_FILES_MOST]

    def forget(self, *keys: str) -> None:
        """Out of sight at once, then removed: whoever is killed over it leaves no half of a run."""
        for key in keys:
            with suppress(OSError):  # another has taken it away
                os.rename(self.spool / key, self.spool / f"{GONE}{key}")
        for gone in self.spool.glob(f"{GONE}*"):
            shutil.rmtree(gone, ignore_errors=True)

    def keep_quotas(
        self, minutes: Mapping[str, int], least: Mapping[str, int] | None = None
    ) -> list[str]:
        """Nobody but the desk hands in here, and the desk holds what it grants: nothing to set."""
        return []

    def _folders(self) -> list[Path]:
        """The runs in the order in which they were handed in."""
        found = []
        for path in self.spool.iterdir():
            if not path.name.startswith("."):
                with suppress(FileNotFoundError, NotADirectoryError):  # forgotten in between
                    found.append(((path / "order.json").stat().st_mtime_ns, path.name, path))
        return [path for _since, _name, path in sorted(found)]


def order_in(folder: Path) -> dict[str, Any]:
    """The order of a run's directory."""
    return json.loads((folder / "order.json").read_text(encoding="utf-8"))


def _read(path: Path) -> dict[str, object] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _is_locked(path: Path) -> bool:
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _last_sign(folder: Path) -> float:
    """When a run that vanished was last heard of."""
    signs = [folder / name for name in ("beat", "start.json", "claim")]
    return max(path.stat().st_mtime for path in signs if path.exists())


def _progress(folder: Path) -> float | None:
    try:
        text = (folder / "work" / "progress").read_text(encoding="utf-8")[:32]
        return min(1.0, max(0.0, float(text)))
    except (OSError, ValueError):
        return None


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
