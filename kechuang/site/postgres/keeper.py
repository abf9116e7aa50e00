"""The process between users and server: it stops the server when the last user is gone."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from kechuang.site.postgres.places import Identity, run_as

PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def keep(home: Path, identity: Identity, command: list[str]) -> int:
    """Run the server until its last user is gone; its own death is the server's fast stop."""
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread so far
        **run_as(identity),
    )
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))

    def stop_when_unused() -> None:
        users = os.open(home / "users", os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(users, fcntl.LOCK_EX)
        server.send_signal(signal.SIGINT)

    threading.Thread(target=stop_when_unused, daemon=True).start()
    return int(server.wait())


if __name__ == "__main__":
    uid, gid = int(sys.argv[2]), int(sys.argv[3])
    sys.exit(keep(Path(sys.argv[1]), None if uid < 0 else (uid, gid), sys.argv[4:]))
