"""Journeys run against the real thing: `kechuang up` on a fresh state, in a real Chromium."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY_WITHIN_SECONDS = 240


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped and say so; under CI that is a failure.

    They are the longest and keep to one core, sharing one city: they go first, so that the other
    cores are not done long before them.
    """
    missing = None if shutil.which(CHROMIUM) else f"{CHROMIUM} is not installed"
    for item in items:
        if Path(__file__).parent not in Path(item.path).parents:
            continue
        item.add_marker(pytest.mark.browser)
        if missing and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason=missing))
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demonstration city, with all its processes."""
    if running := os.environ.get("KECHUANG_JOURNEY_URL"):
        yield running
        return
    state = tmp_path_factory.mktemp("city")
    port = _free_port()
    environment = {**os.environ, "KECHUANG_STATE": str(state), "PORT": str(port)}
    for name in ("DATABASE_URL", "KECHUANG_POOL"):
        environment.pop(name, None)
    environment["KECHUANG_DURABLE"] = "0"
    log = (state / "up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "kechuang.site.command_line", "up", "--demo"],
        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_well(url, process, state / "up.log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_until_well(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < limit:
        if process.poll() is not None:
            pytest.fail(f"the city did not come up:\n{log.read_text()[-3000:]}")
        try:
            with urlopen(f"{url}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the city was not well in time:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """One browser for all journeys; gone with them, since its loop must not meet other tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
