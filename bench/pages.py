"""p50 and p95 of the pages people open most, and requests a second, at three sizes of a region.

For each size a fresh installation is started (two web workers, a worker), the demonstration of that
size is loaded, and when the worker has caught up the pages are asked for in turn: an officer's all,
and the work list as those who have most on it. The column "× first" compares p95 with the first
size's in the same run; the last one says how many requests a second eight visitors are answered.

KC_BENCH_DATABASE may be an address of databases on one's own server, with {size} in it: they are
filled where they are empty and kept, so that a second run loads nothing.
"""

import http.client
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from rich.console import Console
from rich.table import Table

from kechuang.site.postgres import ensure

ROOT = Path(__file__).resolve().parents[1]
WARM_UP, ROUNDS, AT_ONCE = 5, 60, 8
UP_WITHIN_SECONDS = 3600
QUIET_WITHIN_SECONDS = 600
DATABASE = os.environ.get("KC_BENCH_DATABASE", "")
OTHERS = ("HEAD", "LIAISON")  # whose work lists are long too


@dataclass(frozen=True)
class Timing:
    """What one page took, in milliseconds."""

    p50: float
    p95: float


@contextmanager
def installation(size: str) -> Iterator[int]:
    """A fresh installation with the demonstration of a size; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="kechuang-bench-") as state:
        environment = {**os.environ, "KECHUANG_STATE": state, "PORT": str(port)}
        environment.pop("DATABASE_URL", None)
        if DATABASE:
            environment["DATABASE_URL"] = DATABASE.format(size=size)
        command = [sys.executable, "-m", "kechuang.site.command_line"]
        up = [*command, "up", "--demo", "--size", size]
        process = subprocess.Popen(up, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait(port, process)
            _wait_until_quiet(environment.get("DATABASE_URL") or ensure(Path(state)).url)
            yield port
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    limit = time.monotonic() + UP_WITHIN_SECONDS
    while time.monotonic() < limit and process.poll() is None:
        try:
            if Visit(port).get("/healthz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the installation did not come up")


def _wait_until_quiet(address: str) -> None:
    """Wait until the worker has taken in what the demonstration left for it."""
    limit = time.monotonic() + QUIET_WITHIN_SECONDS
    with psycopg.connect(address, autocommit=True) as connection:
        while time.monotonic() < limit:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM record_entry), (SELECT max(position) + 1 FROM"
                " record_entry), (SELECT max(position) + 1 FROM record_cursor)"
            ).fetchone()
            if row and row[0] == row[1] == row[2]:
                return
            time.sleep(1)
    raise RuntimeError("the worker did not catch up")


class Visit:
    """One connection of one visitor, with its cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}

    def get(self, address: str) -> tuple[int, str, float]:
        return self._ask("GET", address)

    def post(self, address: str, body: str) -> tuple[int, str, float]:
        return self._ask("POST", address, body)

    def _ask(self, verb: str, address: str, body: str | None = None) -> tuple[int, str, float]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self.connection.request(verb, address, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        took = (time.perf_counter() - begun) * 1000
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer.status, text, took

    def become(self, role: str) -> None:
        """Take the first seat of a role by the demonstration's switcher."""
        _, page, _ = self.get("/demo/switch/")
        seats = re.compile(rf'id="r-{role}".*?name="appointment" value="([^"]+)"', re.S)
        form = seats.search(page)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if form is None or token is None:
            raise RuntimeError(f"the role switcher offers no {role}")
        fields = {"appointment": form[1], "csrfmiddlewaretoken": token[1]}
        status, _, _ = self.post("/demo/switch/", urlencode(fields))
        if status not in (302, 303):
            raise RuntimeError(f"the role switcher answered {status}")


def timings(port: int) -> tuple[dict[str, Timing], float]:
    """The timing of each page, and requests a second of the needs list, eight at once."""
    officer = Visit(port)
    officer.become("OFFICER")
    _, listing, _ = officer.get("/needs/")
    need = re.search(r'href="(/needs/XQ-[^"/]+/)"', listing)
    if need is None:
        raise RuntimeError("the list of needs is empty")
    pages = {"home": "/", "needs list": "/needs/", "need page": need[1],
             "search": "/search/?q=%E8%BD%B4%E6%89%BF", "work list": "/work/"}  # fmt: skip
    found = {name: _timing(officer, address) for name, address in pages.items()}
    for role in OTHERS:
        visit = Visit(port)  # a connection that waited would be closed by now
        visit.become(role)
        found[f"work list, {role.lower()}"] = _timing(visit, "/work/")
    return found, _rate(port, officer.cookies)


def _timing(visit: Visit, address: str) -> Timing:
    for _ in range(WARM_UP):
        visit.get(address)
    took = []
    for _ in range(ROUNDS):
        status, _, milliseconds = visit.get(address)
        if status != 200:
            raise RuntimeError(f"{address} answered {status}")
        took.append(milliseconds)
    return Timing(statistics.median(took), statistics.quantiles(took, n=20)[-1])


def _rate(port: int, cookies: dict[str, str]) -> float:
    def run(_: int) -> int:
        visit = Visit(port)
        visit.cookies = dict(cookies)
        return sum(1 for _ in range(ROUNDS) if visit.get("/needs/")[0] == 200)

    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = sum(pool.map(run, range(AT_ONCE)))
    return done / (time.perf_counter() - begun)


def run(sizes: list[str]) -> None:
    """Measure each size and print the table."""
    table = Table(title="pages, two web workers; milliseconds")
    for column in ("size", "page", "p50", "p95", "p95 × first", "requests/s (needs list)"):
        table.add_column(column, justify="left" if column in ("size", "page") else "right")
    first: dict[str, Timing] = {}
    for size in sizes:
        with installation(size) as port:
            found, rate = timings(port)
        print(size, {name: one.p95 for name, one in found.items()}, file=sys.stderr)
        first = first or found
        for place, (name, timing) in enumerate(found.items()):
            table.add_row(
                size,
                name,
                f"{timing.p50:.1f}",
                f"{timing.p95:.1f}",
                f"{timing.p95 / first[name].p95:.2f}",
                f"{rate:.0f}" if not place else "",
            )
    Console(width=110).print(machine())
    Console(width=110).print(table)


def machine() -> str:
    """What the figures were taken on, and how busy it was with other things."""
    models = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(models)} × {models[0] if models else 'CPU'}, {memory:.0f} GB; Python"
        f" {sys.version.split()[0]}; load {os.getloadavg()[1]:.1f} over five minutes"
    )
