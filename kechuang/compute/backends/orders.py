"""What a centre is asked to run and what it tells of it: the interface that every backend keeps.

What must hold, whatever the machine (tests/compute/test_backends.py): the same key handed in twice
runs once; what was handed in is told of until it is forgotten; an end is told with its moment; a
run that vanished is told as LOST, never as running; cancelling what has ended changes nothing; a
centre that does not answer is `Unreachable`, and nothing is known anew. Where a centre keeps
accounts, what they say is metered, and only once they are closed (`is_open`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

QUEUED, RUNNING, DONE, FAILED, CANCELLED, LOST = (
    "QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED", "LOST",
)  # fmt: skip
ENDS = frozenset({DONE, FAILED, CANCELLED, LOST})
RESULT_FILES_MOST = 20
RESULT_BYTES_MOST = 20 * 1024 * 1024


@dataclass(frozen=True)
class Order:
    """One run: a command, what it may use, and the files it finds in its own directory."""

    key: str  # of this run for ever: handed in again it is the same run
    command: tuple[str, ...]
    processors: int
    wall_seconds: int
    memory_mb: int
    files: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    is_foreign: bool = False  # somebody's own script: only where it can be shut in
    job: str = ""  # what it is a task of; tasks of one job handed in together are one array
    account: str = ""  # what the centre books it under


@dataclass(frozen=True)
class Sight:
    """How a run stands: Unix seconds, None where it has not come to that."""

    state: str
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    reason: str = ""  # "", wall, signal, lost, cancelled, unshut
    progress: float | None = None  # 0 to 1, as the program says
    # each stretch that the centre's accounts say it was held; None: once, from begin to end
    held: tuple[tuple[float, float], ...] | None = None
    is_charged: bool | None = None  # by the centre's accounts; None: unless it was lost
    is_open: bool = False  # it has ended, but the centre's accounts of it are not closed yet


class Unreachable(Exception):
    """The centre gives no answer, or refuses to: what was known of it stands until it answers."""


class Backend(Protocol):
    """A machine that runs orders."""

    def submit(self, *orders: Order) -> None:
        """Take orders, each once for its key; they have been kept when this returns."""

    def step(self, processors: int) -> None:
        """Let what waits start, as far as so many processors go; machines of their own do it."""

    def look(self, keys: list[str]) -> dict[str, Sight]:
        """How these stand; a key that was never handed in is left out."""

    def cancel(self, key: str) -> None:
        """End it, or let it never begin; nothing where it has ended."""

    def log(self, key: str, since: int = 0, most: int = 65_536) -> tuple[str, int]:
        """What it printed from a byte on, and the byte to ask from next."""

    def results(self, key: str) -> list[Path]:
        """The files it left as results, by name."""

    def forget(self, *keys: str) -> None:
        """Clear away what these left; the results have been fetched."""

    def keep_quotas(
        self, minutes: Mapping[str, int], least: Mapping[str, int] | None = None
    ) -> list[str]:
        """Hold each account to so many core minutes in all; which had to be set, by name. With
        `least` nothing is asked where the desk itself set at least so much the last time."""
