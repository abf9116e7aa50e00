"""Start the server or join it, recover after a crash, leave it."""

import atexit
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from kechuang.base.refusals import N_
from kechuang.site.postgres.places import (
    CHECKOUT,
    Identity,
    PostgresRefused,
    home_of,
    identity_of_server,
    make_state_directory,
    owner_of,
    reachable_binaries,
    run_as,
    socket_directory,
    state_directory,
)
from kechuang.site.postgres.processes import answers, holder, is_ready, orphans_of, others_use
from kechuang.site.postgres.providers import Provider, provider_for

SOCKET = ".s.PGSQL.5432"
START_SECONDS_MAX = 300
STOP_SECONDS_MAX = 60
ORPHAN_SECONDS_MAX = 5
LOG_BYTES_MAX = 10_000_000
FIRST_STATEMENTS = (
    b"CREATE ROLE kechuang LOGIN CREATEDB;\nCREATE DATABASE kechuang OWNER kechuang;\n"
)


@dataclass
class Server:
    """A running server that this process uses until it releases it."""

    home: Path
    socket: Path
    provider: Provider
    users: int = field(repr=False)
    keeper: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return self.url_of("kechuang")

    def url_of(self, database: str, role: str = "kechuang") -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket), safe='')}&port=5432"

    @property
    def pid(self) -> int | None:
        """The server's process, None when it is gone."""
        return holder(self.home / "data")

    def release(self) -> None:
        """Stop using the server; the last user's release stops it, and this waits for that."""
        if self.users >= 0:
            os.close(self.users)
            self.users = -1
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while self.keeper is not None and self.keeper.poll() is None:
            if time.monotonic() > deadline or others_use(self.home):
                return
            time.sleep(0.01)


def ensure(state: Path | None = None, *, durable: bool | None = None) -> Server:
    """Start the server, or join the one that runs; a crash is recovered from first.

    `durable=False`, or KECHUANG_DURABLE=0 where nothing is said, is for tests: commits are not
    forced to the disk, and the data lie apart.
    Refuses where the data are of a major version that no provider here has.
    """
    state = (state or state_directory()).resolve()
    if durable is None:
        durable = os.environ.get("KECHUANG_DURABLE") != "0"
    make_state_directory(state)
    with _locked(state / "postgres.lock"):
        identity = identity_of_server()
        home = home_of(state, "postgres" if durable else "postgres-test", identity)
        identity = owner_of(home / "data", identity)
        provider = provider_for(home / "data")
        users = os.open(home / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is stopping the server
        server = Server(home, socket_directory(home, identity), provider, users)
        if not (is_ready(home / "data") and answers(server.socket / SOCKET)):
            _start(server, identity, durable)
    atexit.register(server.release)
    return server


def _clear_stale(server: Server) -> None:
    """Take away what a killed server left, once nobody holds the data."""
    data = server.home / "data"
    began = time.monotonic()
    while orphans := orphans_of(data):
        waited = time.monotonic() - began
        if waited > STOP_SECONDS_MAX:
            raise _did_not_start(server)
        for pid in orphans if waited > ORPHAN_SECONDS_MAX else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        time.sleep(0.02)
    for path in (data / "postmaster.pid", server.socket / SOCKET, server.socket / f"{SOCKET}.lock"):
        path.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _initialise(data: Path, binaries: Path, identity: Identity) -> None:
    """Make data, role and database whole or not at all; the role is no superuser.

    Nothing is forced to the disk file by file: one sync at the end does it in a tenth of the time.
    """
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if identity:
        os.chown(new, *identity)
    initdb = [str(binaries / "initdb"), "--pgdata", str(new), "--username", "postgres"]
    initdb += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "trust", "--no-sync"]
    single = [str(binaries / "postgres"), "--single", "-F", "-D", str(new), "postgres"]
    for command, given in ((initdb, b""), (single, FIRST_STATEMENTS)):
        done = subprocess.run(
            command, input=given, check=False, capture_output=True, **run_as(identity)
        )
        if done.returncode != 0 or b"ERROR" in done.stderr:
            raise PostgresRefused(
                "postgres_initdb",
                N_("建立数据目录失败：{why}"),
                {"why": done.stderr.decode(errors="replace").strip()[-400:]},
                way_on=N_("请检查磁盘空间和目录权限。"),
            )
    os.sync()
    new.rename(data)


def _start(server: Server, identity: Identity, durable: bool) -> None:
    """Start a keeper and wait until its server takes connections."""
    data = server.home / "data"
    binaries = reachable_binaries(server.provider.binaries, server.home, identity)
    _clear_stale(server)
    if not (data / "PG_VERSION").exists():
        _initialise(data, binaries, identity)
    log = server.home / "log"
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_name("log.1"))
    command = [str(binaries / "postgres"), "-D", str(data), "-k", str(server.socket)]
    settings = {"listen_addresses": "", "unix_socket_permissions": "0700", "port": "5432"}
    if not durable:
        settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    user, group = identity or (-1, -1)
    keeper = [sys.executable, "-m", "kechuang.site.postgres.keeper", str(server.home), str(user)]
    with open(log, "ab") as output:
        server.keeper = subprocess.Popen(
            [*keeper, str(group), *command],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS_MAX
    while not is_ready(data):
        if server.keeper.poll() is not None or time.monotonic() > deadline:
            raise _did_not_start(server)
        time.sleep(0.005)


def _did_not_start(server: Server) -> PostgresRefused:
    log = server.home / "log"
    tail = log.read_text(errors="replace").strip()[-400:] if log.exists() else ""
    return PostgresRefused(
        "postgres_start",
        N_("数据库没有启动：{why}"),
        {"why": re.sub(r"\s+", " ", tail), "log": str(log)},
        way_on=N_("请看 {log}。"),
    )
