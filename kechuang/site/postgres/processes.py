"""Who holds the data and who uses the server: asked of the kernel, never of a file alone."""

import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

ENCRYPTION_REQUEST = 80877103  # PostgreSQL protocol, "SSLRequest"
ANSWER_SECONDS_MAX = 5


def _working_directory(pid: int | str) -> str | None:
    """None for a process that is gone, is a zombie, or is not ours to see."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def holder(data: Path) -> int | None:
    """The server of these data. A pid in a file proves nothing: its working directory does."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _working_directory(pid) == str(data) else None


def orphans_of(data: Path) -> list[int]:
    """Server processes that outlived their server and still hold its memory."""
    return [
        int(entry)
        for entry in os.listdir("/proc")
        if entry.isdigit()
        and _working_directory(entry) == str(data)
        and Path(f"/proc/{entry}/comm").read_text().strip() == "postgres"
    ]


def is_ready(data: Path) -> bool:
    if holder(data) is None:
        return False
    with suppress(OSError):
        lines = (data / "postmaster.pid").read_text().split("\n")
        return len(lines) > 7 and lines[7].strip() == "ready"
    return False


def answers(socket_file: Path) -> bool:
    """True where a server takes the connection: one that was just killed is ready on paper only.

    The question is whether it would encrypt; every server answers it with one byte.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_SECONDS_MAX)
        try:
            connection.connect(str(socket_file))
            connection.sendall(struct.pack("!ii", 8, ENCRYPTION_REQUEST))
            return connection.recv(1) in (b"N", b"S")
        except TimeoutError:
            return True  # busy, not gone
        except OSError:
            return False


def others_use(home: Path) -> bool:
    """True where somebody shares the server; the keeper's own lock is exclusive."""
    with open(home / "users") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return True
    return False
