"""Runs one order and writes down how it ended. Standard library alone.

Started as `runner.py DIRECTORY`, it claims the run, or leaves it to whoever claimed it before; then
it goes on in a session of its own, whatever becomes of the process that started it. The command
dies with the runner, so that nothing runs on that nobody knows of.

Started as `runner.py DIRECTORY JOB` it is the script of a machine's own job: it claims the run for
that job, stays in front and ends as the command ends. The same job begun anew goes on with the run;
one that has ended is not run again.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import cell

LOOK_SECONDS = 0.05
BEAT_SECONDS = 5.0
GRACE_SECONDS = 2.0
FILE_BYTES_MOST = 200 * 1024 * 1024
FILES_OPEN_MOST = 256
UNSHUT = 125


def main(folder: Path) -> None:
    """Claim the run and go on with it alone; leave at once where it has been claimed."""
    alive = os.open(folder / "alive", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(os.open(folder / "claim", os.O_CREAT | os.O_EXCL, 0o600))
    except (BlockingIOError, FileExistsError):
        return
    if os.fork():
        os._exit(0)  # the lock goes on with the child, which shares it
    os.setsid()
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    run(folder, order)


def in_front(folder: Path, job: str) -> int:
    """Run for a machine's job, in front; the code that the job ends with."""
    claim = folder / "claim"
    try:
        handle = os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if claim.read_text(encoding="utf-8") != job:
            return 0  # another job has it: this one was handed in by a call that nobody heard back
    else:
        os.write(handle, job.encode())
        os.close(handle)
    if not (folder / "end.json").exists():
        run(folder, json.loads((folder / "order.json").read_text(encoding="utf-8")))
    return json.loads((folder / "end.json").read_text(encoding="utf-8"))["exit_code"]


def run(folder: Path, order: dict) -> None:
    """Run the command within its limits and write down how it ended."""
    started, clock = time.time(), time.monotonic()
    write(folder / "start.json", {"started": started, "pid": os.getpid()})
    log = os.open(folder / "log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    child = os.fork()
    if not child:
        within(folder, order, log)
    code, reason = watch(folder, child, clock + order["wall_seconds"])
    ended = started + time.monotonic() - clock
    state = "DONE" if code == 0 and not reason else "FAILED"
    if reason == "cancelled":
        state = "CANCELLED"
    if code == UNSHUT and not reason:
        reason = "unshut"
    write(folder / "end.json", {
        "state": state, "started": started, "ended": ended, "exit_code": code,
        "reason": reason or ("signal" if code > 128 else ""),
    })  # fmt: skip


def watch(folder: Path, child: int, until: float) -> tuple[int, str]:
    """Wait for the command; end it past its time or when somebody cancels it."""
    reason, beat = "", 0.0
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return (code if code >= 0 else 128 - code), reason
        now = time.monotonic()
        if now - beat > BEAT_SECONDS:
            (folder / "beat").touch()
            beat = now
        if not reason and (now >= until or (folder / "cancel").exists()):
            reason = "wall" if now >= until else "cancelled"
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGTERM)
            until = now + GRACE_SECONDS
        elif reason and now >= until:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


def within(folder: Path, order: dict, log: int) -> None:
    """Become the command: own group, limits, shut in where it is somebody's own script."""
    dies_with(os.getppid())
    os.setpgid(0, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    work = folder / "work"
    if order["is_foreign"]:
        try:
            cell.shut_in(work, [order["hidden"]], [sys.prefix, sys.base_prefix])
        except OSError as error:
            os.write(2, f"cannot shut the script in: {error}\n".encode())
            os._exit(UNSHUT)
        dies_with(0)
        work = Path(cell.OWN)
    os.chdir(work)
    limit(order)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": str(work), "LANG": "C.UTF-8",
        "TMPDIR": str(work), "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
            str(order["processors"]),
        ),
        "KECHUANG_PROCESSORS": str(order["processors"]), **order["environment"],
    }  # fmt: skip
    try:
        os.execvpe(order["command"][0], order["command"], environment)
    except OSError as error:
        os.write(2, f"{order['command'][0]}: {error}\n".encode())
        os._exit(127)


def limit(order: dict) -> None:
    """Memory, processor time, files: what is beyond is refused by the kernel."""
    memory = order["memory_mb"] * 1024 * 1024
    seconds = order["wall_seconds"] * order["processors"] + 5
    for kind, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE_BYTES_MOST), (resource.RLIMIT_NOFILE, FILES_OPEN_MOST),
    ):  # fmt: skip
        resource.setrlimit(kind, (most, most))
    os.nice(10)
    nobody_gains_rights()


def nobody_gains_rights() -> None:
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS


def dies_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies; leave at once where it already has."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if parent and os.getppid() != parent:
        os._exit(1)


def write(path: Path, content: dict) -> None:
    """Write whole or not at all, and on the disk when this returns."""
    fresh = path.with_suffix(".new")
    with open(fresh, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


if __name__ == "__main__":
    if len(sys.argv) > 2:  # noqa: PLR2004
        sys.exit(in_front(Path(sys.argv[1]), sys.argv[2]))
    main(Path(sys.argv[1]))
