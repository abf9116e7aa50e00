"""The processes of an installation: tied to their parent, started again, stopped without trace."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kechuang.site import running

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
QUIT = [sys.executable, "-c", "pass"]
WITH_A_CHILD = [
    sys.executable, "-c",
    "import subprocess, sys, time;"
    "print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)",
]  # fmt: skip
PARENT = """
import sys, time
from kechuang.site.running import Child
child = Child("child", [sys.executable, "-c", "import time; time.sleep(600)"])
child.start()
time.sleep(0.5)
print(child.process.pid, flush=True)
time.sleep(600)
"""


def is_gone(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not os.path.exists(f"/proc/{pid}/cwd"):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def child():
    made = running.Child("child", SLEEP)
    yield made
    made.kill()


def test_a_killed_child_is_started_again(child):
    child.start()
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    child.process.wait()
    assert not child.is_alive()
    child.start_again()
    assert child.is_alive()
    assert child.process.pid != first


def test_a_child_that_keeps_dying_is_given_up():
    child = running.Child("web", QUIT)
    child.start()
    with pytest.raises(running.StartRefused) as caught:
        for _ in range(running.DEATHS_MAX):
            child.start_again()
    assert caught.value.code == "up.keeps_dying"
    assert caught.value.facts == {"name": "web"}
    child.kill()


def test_a_child_goes_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert os.path.exists(f"/proc/{pid}/cwd")
    parent.kill()
    parent.wait()
    assert is_gone(pid)


def test_stopping_leaves_no_process(child, monkeypatch):
    monkeypatch.setattr(running, "STOP_WAIT_SECONDS", 1)
    stubborn = running.Child(
        "stubborn",
        [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN);"
         "time.sleep(600)"],
    )  # fmt: skip
    whole = running.Running("127.0.0.1", 1, None, [child, stubborn])
    whole.start()
    time.sleep(0.5)
    pids = [one.process.pid for one in whole.children]
    whole.stop()
    assert all(is_gone(pid, 1) for pid in pids)


def test_a_childs_own_children_go_with_it():
    child = running.Child("web", WITH_A_CHILD)
    child.process = subprocess.Popen(
        child.command, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    pid = int(child.process.stdout.readline())
    child.kill()
    assert is_gone(pid, 2)


def test_a_port_that_is_taken_is_refused_after_a_while(monkeypatch):
    monkeypatch.setattr(running, "PORT_WAIT_SECONDS", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(running.StartRefused) as caught:
            running.check_port("127.0.0.1", port)
    assert caught.value.code == "up.port"
    running.check_port("127.0.0.1", port)


def test_one_state_directory_runs_once(monkeypatch, tmp_path):
    monkeypatch.setenv("KECHUANG_STATE", str(tmp_path))
    monkeypatch.setattr(running, "PORT_WAIT_SECONDS", 0.2)
    lock = running.check_alone()
    with pytest.raises(running.StartRefused) as caught:
        running.check_alone()
    assert caught.value.code == "up.already"
    lock.close()
    running.check_alone().close()


def test_the_demo_is_never_offered_to_the_network():
    done = subprocess.run(
        [sys.executable, "-m", "kechuang.site.command_line", "up", "--demo", "--host", "0.0.0.0"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    assert "127.0.0.1" in done.stderr
