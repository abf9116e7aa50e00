"""The contract of every backend: what must hold whatever the machine. No database.

`test_backends.py` holds this machine to it, `test_slurm.py` a real Slurm: each takes these tests in
and says by its `machine` what they run on.
"""

import sys
import time
from contextlib import AbstractContextManager
from typing import Protocol

from kechuang.compute.backends.orders import ENDS, Backend, Order

PATIENCE_SECONDS = 30


class Machine(Protocol):
    """A backend under the contract, and what its tests must know of it."""

    backend: Backend
    processors: int

    def held(self) -> AbstractContextManager[None]:
        """As long as it lasts nothing that waits is started."""


def order(key, code, **given):
    fields = {"processors": 1, "wall_seconds": 20, "memory_mb": 2048} | given
    return Order(key=key, command=(sys.executable, "-I", "-c", code), **fields)


def until(machine, key, fits):
    """Let the backend go on until the sight fits; the sight."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        machine.backend.step(machine.processors)
        sight = machine.backend.look([key])[key]
        if fits(sight):
            return sight
        time.sleep(0.1)
    raise AssertionError(f"{sight} {machine.backend.log(key)[0]}")


def ended(machine, key):
    return until(machine, key, lambda sight: sight.state in ENDS)


def test_a_run_ends_and_leaves_its_words_and_its_results(machine):
    backend = machine.backend
    code = "print('hello'); open('r.txt', 'w').write('7')"
    backend.submit(order("a", code, files={"in.txt": "x"}))
    sight = ended(machine, "a")
    assert (sight.state, sight.exit_code, sight.reason) == ("DONE", 0, "")
    assert 0 <= sight.ended - sight.started < PATIENCE_SECONDS
    assert backend.log("a") == ("hello\n", 6)
    assert backend.log("a", since=6) == ("", 6)
    assert [(path.name, path.read_text()) for path in backend.results("a")] == [("r.txt", "7")]
    backend.forget("a")
    assert backend.look(["a"]) == {}


def test_the_same_key_handed_in_twice_runs_once(machine):
    code = "open('n.txt', 'a').write('x')"
    for _ in range(2):
        machine.backend.submit(order("a", code))
    ended(machine, "a")
    machine.backend.submit(order("a", code))
    machine.backend.step(machine.processors)
    time.sleep(0.2)
    assert machine.backend.results("a")[0].read_text() == "x"


def test_tasks_of_one_job_each_find_their_own_files_and_end_for_themselves(machine):
    code = "import sys; n = int(open('n').read()); open('r.txt', 'w').write(str(n)); sys.exit(n)"
    keys = [f"a{place}" for place in range(3)]
    machine.backend.submit(*[
        order(key, code, files={"n": str(place)}, job="ZY-2026-000001")
        for place, key in enumerate(keys)
    ])  # fmt: skip
    sights = {key: ended(machine, key) for key in keys}
    assert [sights[key].exit_code for key in keys] == [0, 1, 2]
    assert [machine.backend.results(key)[0].read_text() for key in keys] == ["0", "1", "2"]
    assert set(machine.backend.look(keys)) == set(keys)


def test_a_key_that_was_never_handed_in_is_left_out(machine):
    backend = machine.backend
    assert backend.look(["nobody"]) == {}
    backend.cancel("nobody")
    assert backend.log("nobody") == ("", 0)
    assert backend.results("nobody") == []


def test_a_failure_is_told_with_its_code(machine):
    machine.backend.submit(order("a", "import sys; sys.exit(3)"))
    sight = ended(machine, "a")
    assert (sight.state, sight.exit_code, sight.reason) == ("FAILED", 3, "")


def test_a_command_that_does_not_exist_fails(machine):
    machine.backend.submit(Order("a", ("/no/such/program",), 1, 5, 512))
    assert ended(machine, "a").exit_code == 127


def test_past_its_time_it_is_ended(machine):
    machine.backend.submit(order("a", "import time; time.sleep(60)", wall_seconds=1))
    sight = ended(machine, "a")
    assert (sight.state, sight.reason) == ("FAILED", "wall")
    assert 1 <= sight.ended - sight.started < 6


def test_beyond_its_memory_it_fails(machine):
    machine.backend.submit(order("a", "bytearray(900 * 1024 * 1024)", memory_mb=512))
    sight = ended(machine, "a")
    assert (sight.state, sight.exit_code) == ("FAILED", 1)
    assert "MemoryError" in machine.backend.log("a")[0]


def test_who_waits_starts_when_processors_are_free_in_the_order_of_coming(machine):
    backend, all_of_them = machine.backend, machine.processors
    backend.submit(order("a", "import time; time.sleep(2)", processors=all_of_them))
    backend.submit(order("b", "pass", processors=all_of_them))
    until(machine, "a", lambda sight: sight.state == "RUNNING")
    assert backend.look(["b"])["b"].state == "QUEUED"
    first, second = ended(machine, "a"), ended(machine, "b")
    assert (second.state, second.started >= first.ended) == ("DONE", True)


def test_cancelled_before_it_began_it_never_begins(machine):
    with machine.held():
        machine.backend.submit(order("a", "open('r.txt', 'w').write('7')"))
        machine.backend.cancel("a")
    sight = ended(machine, "a")
    assert (sight.state, sight.started) == ("CANCELLED", None)
    assert machine.backend.results("a") == []


def test_cancelled_while_it_runs_it_ends(machine):
    code = "import time; print('here', flush=True); time.sleep(60)"
    machine.backend.submit(order("a", code))
    until(machine, "a", lambda sight: sight.state == "RUNNING" and machine.backend.log("a")[0])
    machine.backend.cancel("a")
    sight = ended(machine, "a")
    assert (sight.state, sight.reason, sight.ended >= sight.started) == (
        "CANCELLED", "cancelled", True,
    )  # fmt: skip


def test_cancelling_what_has_ended_changes_nothing(machine):
    machine.backend.submit(order("a", "pass"))
    ended(machine, "a")
    machine.backend.cancel("a")
    assert machine.backend.look(["a"])["a"].state == "DONE"


def test_a_foreign_script_sees_neither_secrets_nor_network_nor_others(machine):
    machine.secret.write_text("9024")
    machine.secret.chmod(0o644)
    code = f"""
import os, socket
print(os.path.exists({str(machine.secret)!r}))
print(len([name for name in os.listdir('/proc') if name.isdigit()]))
print('DATABASE_URL' in os.environ, os.getcwd())
try:
    socket.create_connection(('127.0.0.1', 9), timeout=1)
except OSError as error:
    print(error.errno)
open('made.txt', 'w').write('own')
"""
    machine.backend.submit(order("a", code, is_foreign=True))
    sight = ended(machine, "a")
    assert (sight.state, machine.backend.log("a")[0]) == ("DONE", "False\n1\nFalse /tmp\n101\n")
    assert [path.read_text() for path in machine.backend.results("a")] == ["own"]


def test_a_link_to_another_file_is_no_result(machine):
    machine.backend.submit(order("a", "import os; os.symlink('/etc/hostname', 'r.txt')"))
    assert ended(machine, "a").state == "DONE"
    assert machine.backend.results("a") == []


def test_progress_is_told_while_it_runs(machine):
    code = "import time; open('progress', 'w').write('0.25'); time.sleep(60)"
    machine.backend.submit(order("a", code))
    assert until(machine, "a", lambda sight: sight.progress).progress == 0.25
    machine.backend.cancel("a")
    ended(machine, "a")
