"""The contract of every backend: what must hold whatever the machine. No database."""

import os
import signal
import sys
import time

import pytest

from kechuang.compute.backends import backend_of
from kechuang.compute.backends.orders import ENDS, Order

PATIENCE_SECONDS = 20


def order(key, code, **given):
    fields = {"processors": 1, "wall_seconds": 20, "memory_mb": 2048} | given
    return Order(key=key, command=(sys.executable, "-I", "-c", code), **fields)


@pytest.fixture(params=["LOCAL"])
def backend(request, tmp_path):
    made = backend_of(request.param, tmp_path / "state" / "compute" / "one")
    (tmp_path / "state").mkdir(exist_ok=True)
    yield made
    for folder in made.spool.glob("*") if made.spool.exists() else ():
        made.cancel(folder.name)


def until(backend, key, fits, processors=4):
    """Let the backend go on until the sight fits; the sight."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        backend.step(processors)
        sight = backend.look([key])[key]
        if fits(sight):
            return sight
        time.sleep(0.02)
    raise AssertionError(f"{sight} {backend.log(key)[0]}")


def ended(backend, key, processors=4):
    return until(backend, key, lambda sight: sight.state in ENDS, processors)


def test_a_run_ends_and_leaves_its_words_and_its_results(backend):
    code = "print('hello'); open('r.txt', 'w').write('7')"
    backend.submit(order("a", code, files={"in.txt": "x"}))
    sight = ended(backend, "a")
    assert (sight.state, sight.exit_code, sight.reason) == ("DONE", 0, "")
    assert 0 <= sight.ended - sight.started < PATIENCE_SECONDS
    assert backend.log("a") == ("hello\n", 6)
    assert backend.log("a", since=6) == ("", 6)
    assert [path.name for path in backend.results("a")] == ["r.txt"]
    backend.forget("a")
    assert backend.look(["a"]) == {}


def test_the_same_key_handed_in_twice_runs_once(backend):
    code = "open('n.txt', 'a').write('x')"
    for _ in range(2):
        backend.submit(order("a", code))
    ended(backend, "a")
    backend.submit(order("a", code))
    backend.step(4)
    time.sleep(0.2)
    assert backend.results("a")[0].read_text() == "x"


def test_a_key_that_was_never_handed_in_is_left_out(backend):
    assert backend.look(["nobody"]) == {}
    backend.cancel("nobody")
    assert backend.log("nobody") == ("", 0)
    assert backend.results("nobody") == []


def test_a_failure_is_told_with_its_code(backend):
    backend.submit(order("a", "import sys; sys.exit(3)"))
    sight = ended(backend, "a")
    assert (sight.state, sight.exit_code, sight.reason) == ("FAILED", 3, "")


def test_a_command_that_does_not_exist_fails(backend):
    backend.submit(Order("a", ("/no/such/program",), 1, 5, 512))
    assert ended(backend, "a").exit_code == 127


def test_past_its_time_it_is_ended(backend):
    backend.submit(order("a", "import time; time.sleep(60)", wall_seconds=1))
    sight = ended(backend, "a")
    assert (sight.state, sight.reason) == ("FAILED", "wall")
    assert 1 <= sight.ended - sight.started < 5


def test_beyond_its_memory_it_fails(backend):
    backend.submit(order("a", "bytearray(900 * 1024 * 1024)", memory_mb=512))
    sight = ended(backend, "a")
    assert (sight.state, sight.exit_code) == ("FAILED", 1)
    assert "MemoryError" in backend.log("a")[0]


def test_who_waits_starts_when_processors_are_free_in_the_order_of_coming(backend):
    backend.submit(order("a", "import time; time.sleep(0.4)", processors=2))
    backend.submit(order("b", "pass", processors=2))
    until(backend, "a", lambda sight: sight.state == "RUNNING", processors=2)
    assert backend.look(["b"])["b"].state == "QUEUED"
    ended(backend, "a", processors=2)
    assert ended(backend, "b", processors=2).state == "DONE"


def test_cancelled_before_it_began_it_never_begins(backend):
    backend.submit(order("a", "open('r.txt', 'w').write('7')"))
    backend.cancel("a")
    sight = ended(backend, "a")
    assert (sight.state, sight.started) == ("CANCELLED", None)
    assert backend.results("a") == []


def test_cancelled_while_it_runs_it_ends(backend):
    backend.submit(order("a", "import time; time.sleep(60)"))
    until(backend, "a", lambda sight: sight.state == "RUNNING" and sight.started)
    backend.cancel("a")
    assert ended(backend, "a").state == "CANCELLED"


def test_cancelling_what_has_ended_changes_nothing(backend):
    backend.submit(order("a", "pass"))
    ended(backend, "a")
    backend.cancel("a")
    assert backend.look(["a"])["a"].state == "DONE"


def test_a_run_whose_runner_is_killed_is_lost_and_its_command_ends_with_it(backend):
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    backend.submit(order("a", code))
    until(backend, "a", lambda _: backend.log("a")[0])
    command = int(backend.log("a")[0])
    os.kill(_runner(backend, "a"), signal.SIGKILL)
    sight = ended(backend, "a")
    assert (sight.state, sight.reason) == ("LOST", "lost")
    assert sight.ended >= sight.started
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{command}/cwd") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(command)
    backend.step(4)
    assert backend.look(["a"])["a"].state == "LOST"


def _runner(backend, key):
    import json

    return json.loads((backend.spool / key / "start.json").read_text())["pid"]


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_foreign_script_sees_neither_state_nor_network_nor_others(backend, tmp_path):
    (tmp_path / "state" / "secret-key").write_text("9024")
    (tmp_path / "state" / "secret-key").chmod(0o644)
    code = f"""
import os, socket
print(os.path.exists({str(tmp_path / 'state' / 'secret-key')!r}))
print(len([name for name in os.listdir('/proc') if name.isdigit()]))
print('DATABASE_URL' in os.environ, os.getcwd())
try:
    socket.create_connection(('127.0.0.1', 9), timeout=1)
except OSError as error:
    print(error.errno)
open('made.txt', 'w').write('own')
"""
    backend.submit(order("a", code, is_foreign=True))
    sight = ended(backend, "a")
    assert (sight.state, backend.log("a")[0]) == ("DONE", "False\n1\nFalse /tmp\n101\n")
    assert [path.read_text() for path in backend.results("a")] == ["own"]


def test_a_link_to_another_file_is_no_result(backend):
    backend.submit(order("a", "import os; os.symlink('/etc/hostname', 'r.txt')"))
    assert ended(backend, "a").state == "DONE"
    assert backend.results("a") == []


def test_progress_is_told_while_it_runs(backend):
    code = "import time; open('progress', 'w').write('0.25'); time.sleep(60)"
    backend.submit(order("a", code))
    assert until(backend, "a", lambda sight: sight.progress).progress == 0.25
    backend.cancel("a")
    ended(backend, "a")


def test_there_is_no_backend_of_an_unknown_kind(tmp_path):
    with pytest.raises(ValueError, match="ABACUS"):
        backend_of("ABACUS", tmp_path)
