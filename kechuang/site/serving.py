"""The web processes: the pages are loaded once, then shared by every process that serves them.

Run as `python -m kechuang.site.serving HOST PORT`. Loading takes seconds of processor time; done
before the processes divide it is done once, a process that died is replaced at once, and what was
loaded lies in memory once.
"""

import gc
import os
import sys
from importlib import import_module

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from kechuang.site.child import die_with_parent

TARGET = "kechuang.site.wsgi:application"
KILL_AFTER_SECONDS = 5


def load() -> None:
    """Load the application and its addresses, but ask nothing of the database: a connection must
    not be shared by processes."""
    gc.disable()  # nearly all of what is loaded stays
    from django.urls import get_resolver

    import_module(TARGET.partition(":")[0])
    get_resolver()._populate()
    gc.freeze()
    gc.enable()


def serve(host: str, port: int) -> None:
    """Serve until told to stop; what the processes cannot take at once waits in the backlog."""
    load()
    if os.environ.get("KECHUANG_CHILD") == "1":
        os.register_at_fork(after_in_child=die_with_parent)
    Server(
        TARGET, address=host, port=port, interface=Interfaces.WSGI, http=HTTPModes.http1,
        workers=int(os.environ.get("KECHUANG_WORKERS", "2")), websockets=False,
        blocking_threads=4, backpressure=32,
        respawn_failed_workers=True, respawn_interval=0.5,
        workers_kill_timeout=KILL_AFTER_SECONDS, log_level=LogLevels.error,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
