"""`kechuang up`: the database, the web process and the worker, kept alive until told to stop."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

from kechuang.base.refusals import N_, Refused
from kechuang.site import postgres
from kechuang.site.child import die_with_parent

PORT_WAIT_SECONDS = 15
READY_WAIT_SECONDS = 90
STOP_WAIT_SECONDS = 10
DEATHS_MAX = 5
DEATHS_WITHIN_SECONDS = 60


class StartRefused(Refused):
    """Kechuang cannot be started as asked."""


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, or our own parent is gone."""


@dataclass
class Child:
    """One process that is started again when it dies, but not for ever."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_MAX))

    def start(self) -> None:
        tied = [sys.executable, "-m", "kechuang.site.child", str(os.getpid()), *self.command]
        environment = {**os.environ, "KECHUANG_CHILD": "1", **self.environment}
        self.process = subprocess.Popen(
            tied, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start_again(self) -> None:
        """Clear what is left of it and start it; refuses after five deaths in a minute."""
        self.kill()
        now = time.monotonic()
        self.deaths.append(now)
        if len(self.deaths) == DEATHS_MAX and now - self.deaths[0] < DEATHS_WITHIN_SECONDS:
            raise StartRefused(
                "up.keeps_dying",
                N_("{name} 反复退出。"),
                {"name": self.name},
                way_on=N_("请看上面的输出，或运行 kechuang doctor。"),
            )
        self.start()

    def ask_to_stop(self) -> None:
        if self.is_alive() and self.process:
            self.process.terminate()

    def kill(self) -> None:
        """Kill it and its own children, which share its session."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Running:
    """The whole of one installation while it runs."""

    host: str
    port: int
    server: postgres.Server | None
    children: list[Child]

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def start(self) -> None:
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Start again what dies. A database that went away takes both others along: they would
        hold on to connections that nobody answers."""
        while True:
            time.sleep(0.5)
            if self.server is not None and self.server.pid is None:
                self.server.release()
                self.server = postgres.ensure()
                for child in self.children:
                    child.start_again()
            for child in self.children:
                if not child.is_alive():
                    child.start_again()

    def wait_until_well(self) -> None:
        """Refuse when /healthz does not say 200 in time, with what it says instead."""
        deadline = time.monotonic() + READY_WAIT_SECONDS
        why = ""
        while time.monotonic() < deadline:
            for child in self.children:
                if not child.is_alive():
                    child.start_again()
            status, why = self._ask_health()
            if status == 200:
                return
            time.sleep(0.1)
        raise StartRefused("up.not_well", N_("没有就绪：{why}"), {"why": why})

    def _ask_health(self) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")[:300]
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()

    def stop(self) -> None:
        """Leave no process: ask, wait, kill; the database goes last."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_WAIT_SECONDS
        while time.monotonic() < deadline and any(child.is_alive() for child in self.children):
            time.sleep(0.02)
        for child in self.children:
            child.kill()
        if self.server is not None:
            self.server.release()


def web_command(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "kechuang.site.serving", host, str(port)]


def worker_command() -> list[str]:
    """Finished jobs are deleted: what was done stands in the record, not in the queue. Of three
    places ranking takes two at most, so that the record's sequencer always finds one."""
    return [
        sys.executable, "-m", "django", "procrastinate", "--skip-checks", "worker",
        "--concurrency", "3",
        "--shutdown-graceful-timeout", "5", "--delete-jobs", "successful",
    ]  # fmt: skip


@contextmanager
def signals_as_stop() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP end the block once; later ones do not disturb the clearing up."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def on_signal(*_: object) -> None:
        for kind in kinds:
            signal.signal(kind, signal.SIG_IGN)
        raise Stopped

    for kind in kinds:
        signal.signal(kind, on_signal)
    if os.environ.get("KECHUANG_DIES_WITH_PARENT") == "1":
        die_with_parent()
    yield


def check_alone() -> IO[str]:
    """Refuse a second `up` on the same state directory; the lock goes with the process."""
    state = postgres.state_directory()
    state.mkdir(parents=True, exist_ok=True)
    lock = open(state / "up.lock", "w")  # noqa: SIM115 - held as long as the process runs
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StartRefused(
                    "up.already",
                    N_("已经在运行（{state}）。"),
                    {"state": str(state)},
                    way_on=N_("请先停止它；要同时运行两套，请用 KECHUANG_STATE 分开。"),
                ) from None
            time.sleep(0.1)
            continue
        return lock


def check_port(host: str, port: int) -> None:
    """Wait a little for a port that a killed predecessor still holds, then refuse."""
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise StartRefused(
                        "up.port",
                        N_("端口 {port} 不能用：{why}"),
                        {"port": port, "why": str(error)},
                        way_on=N_("请另选端口，例如 PORT={other} make run。"),
                    ) from error
            else:
                return
        time.sleep(0.1)
