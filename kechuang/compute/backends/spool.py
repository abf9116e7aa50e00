"""The directory of the runs at a centre, and what anybody who reaches it may know of them.

Of the standard library alone: it is sent to login nodes with `hand`.
"""

from __future__ import annotations  # login nodes may have Python 3.9

import base64
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

RESULT_ENDINGS = {".png", ".csv", ".txt", ".jpg", ".pdf"}
GONE = ".gone-"


class Spool:
    """Orders, and what became of them."""

    def __init__(self, spool: Path) -> None:
        self.spool = spool

    def put_programs(self, programs: dict) -> Path:
        """The programs that run orders, in a directory of their own version."""
        where = self.spool / ".programs" / programs["version"]
        if not where.exists():
            where.parent.mkdir(exist_ok=True, mode=0o711)
            fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=where.parent))
            fresh.chmod(0o711)
            for name, text in programs["files"].items():
                (fresh / name).write_text(text, encoding="utf-8")
            with suppress(OSError):
                os.rename(fresh, where)
        return where

    def keep(self, order: dict) -> None:
        """Write an order aside, then put it in its place in one step."""
        folder = self.spool / order["key"]
        if folder.exists():
            return
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.spool))
        lay_out(fresh, {**order, "hidden": str(self.spool)})
        os.rename(fresh, folder)

    def end_of(self, key: str) -> dict:
        with suppress(OSError, ValueError):
            return json.loads((self.spool / key / "end.json").read_text(encoding="utf-8"))
        return {}

    def progress_of(self, key: str) -> float | None:
        with suppress(OSError, ValueError):
            text = (self.spool / key / "work" / "progress").read_text(encoding="utf-8")[:32]
            return min(1.0, max(0.0, float(text)))
        return None

    def log(self, key: str, since: int, most: int) -> tuple:
        try:
            with open(self.spool / key / "log.txt", "rb") as file:
                file.seek(since)
                content = file.read(most)
        except FileNotFoundError:
            return "", since
        return base64.b64encode(content).decode(), since + len(content)

    def results(self, key: str, most: int, bytes_most: int) -> list:
        """Names and sizes of what lies in the run's directory; links are not followed."""
        work = self.spool / key / "work"
        if not work.is_dir():
            return []
        order = json.loads((self.spool / key / "order.json").read_text(encoding="utf-8"))
        return [
            path.name for path in sorted(work.glob("*"))
            if path.suffix.lower() in RESULT_ENDINGS and path.name not in order["files"]
            and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= bytes_most
        ][:most]  # fmt: skip

    def fetch(self, key: str, name: str) -> str:
        """One result's content."""
        path = self.spool / key / "work" / os.path.basename(name)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            return base64.b64encode(file.read()).decode()

    def put_away(self, key: str) -> None:
        """Out of sight at once; `clear_away` removes it."""
        with suppress(OSError):
            os.rename(self.spool / key, self.spool / f"{GONE}{key}")

    def clear_away(self) -> None:
        for gone in self.spool.glob(f"{GONE}*"):
            shutil.rmtree(gone, ignore_errors=True)


def lay_out(folder: Path, order: dict) -> None:
    """What a run finds in its directory: its files, which it may execute, and the order, once for
    who looks and once as the runner reads it."""
    (folder / "work").mkdir()
    for name, text in order["files"].items():
        (folder / "work" / name).write_text(text, encoding="utf-8")
        (folder / "work" / name).chmod(0o700)
    (folder / "order.words").write_text(words_of(order), encoding="utf-8")
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")


def words_of(order: dict) -> str:
    """What the runner must know of an order, as words with a NUL between: none can hold one.

    >>> words_of({"hidden": "/s", "is_foreign": True, "wall_seconds": 60, "processors": 2,
    ...           "memory_mb": 512, "command": ["sh", "a b"], "environment": {"A": "1"}})
    '/s\\x001\\x0060\\x002\\x00512\\x002\\x00sh\\x00a b\\x00A=1'
    """
    numbers = [order[name] for name in ("wall_seconds", "processors", "memory_mb")]
    words = [
        order["hidden"], "1" if order["is_foreign"] else "", *numbers, len(order["command"]),
        *order["command"], *(f"{name}={value}" for name, value in order["environment"].items()),
    ]  # fmt: skip
    return "\0".join(str(one) for one in words)


def write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
