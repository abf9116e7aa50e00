"""Runs one order and writes down how it ended. Standard library alone, and little of it: every task
of an array pays for what is imported here, and `json`, `pathlib` and `signal` would take longer to
come in than all the rest.

Started as `runner.py DIRECTORY`, it claims the run, or leaves it to whoever claimed it before; then
it goes on in a session of its own, whatever becomes of the process that started it. The command
dies with the runner, so that nothing runs on that nobody knows of.

Started as `runner.py DIRECTORY JOB` it is the script of a machine's own job: it claims the run for
that job, stays in front and ends as the command ends. The same job begun anew goes on with the run;
one that has ended is not run again. `of_batch` does the same for a task by its place in a batch.
"""

import fcntl
import os
import resource
import select
import sys
import time

PAUSE_SECONDS = 0.05
BEAT_SECONDS = 5.0
GRACE_SECONDS = 2.0
FILE_BYTES_MOST = 200 * 1024 * 1024
FILES_OPEN_MOST = 256
UNSHUT, CANCELLED = 125, 130
TERM, KILL = 15, 9
DIES_WITH_PARENT, GAINS_NO_RIGHTS = 1, 38  # of prctl


def aside(folder: str) -> None:
    """Claim the run and go on with it alone; leave at once where it has been claimed."""
    alive = os.open(f"{folder}/alive", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(os.open(f"{folder}/claim", os.O_CREAT | os.O_EXCL, 0o600))
    except (BlockingIOError, FileExistsError):
        return
    if os.fork():
        os._exit(0)  # the lock goes on with the child, which shares it
    os.setsid()
    run(folder)


def of_batch(keys: str, place: str, job: str) -> int:
    """Run the task at a place of a batch: `keys` names the runs, one a line, below the spool."""
    with open(keys, encoding="utf-8") as file:
        key = file.read().split("\n")[int(place)]
    return in_front(f"{keys.rpartition('/.batches/')[0]}/{key}", job)


def in_front(folder: str, job: str) -> int:
    """Run for a machine's job, in front; the code that the job ends with."""
    claim = f"{folder}/claim"
    if os.path.exists(f"{folder}/cancel") and not os.path.exists(claim):
        return CANCELLED  # while it waited: the machine's word for that came too late
    try:
        handle = os.open(claim, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        with open(claim, encoding="utf-8") as file:
            if file.read() != job:
                return 0  # another job has it: this one came in by a call nobody heard back from
    else:
        os.write(handle, job.encode())
        os.close(handle)
    if not os.path.exists(f"{folder}/end.json"):
        return run(folder)
    import json

    with open(f"{folder}/end.json", encoding="utf-8") as file:
        return int(json.load(file)["exit_code"])


def order_of(folder: str) -> dict:
    """What to run, as `spool.words_of` wrote it."""
    with open(f"{folder}/order.words", encoding="utf-8") as file:
        hidden, foreign, wall, processors, memory, count, *words = file.read().split("\0")
    command, environment = words[: int(count)], words[int(count) :]
    return {
        "hidden": hidden, "is_foreign": bool(foreign), "wall_seconds": int(wall),
        "processors": int(processors), "memory_mb": int(memory), "command": command,
        "environment": dict(one.split("=", 1) for one in environment),
    }  # fmt: skip


def run(folder: str) -> int:
    """Run the command within its limits and write down how it ended; the code it ended with."""
    started, clock, order = time.time(), time.monotonic(), order_of(folder)
    write(f"{folder}/start.json", started=started, pid=os.getpid())
    log = os.open(f"{folder}/log.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
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
    reason = reason or ("signal" if code > 128 else "")
    write(
        f"{folder}/end.json", to_disk=True, state=state, started=started, ended=ended,
        exit_code=code, reason=reason,
    )  # fmt: skip
    return code


def watch(folder: str, child: int, until: float) -> tuple[int, str]:
    """Wait for the command; end it past its time or when somebody cancels it."""
    reason, beat, end = "", time.monotonic(), the_end_of(child)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return (code if code >= 0 else 128 - code), reason
        now = time.monotonic()
        if now - beat > BEAT_SECONDS:
            os.close(os.open(f"{folder}/beat", os.O_CREAT | os.O_WRONLY, 0o600))
            os.utime(f"{folder}/beat")
            beat = now
        if not reason and (now >= until or os.path.exists(f"{folder}/cancel")):
            reason = "wall" if now >= until else "cancelled"
            end_group(child, TERM)
            until = now + GRACE_SECONDS
        elif reason and now >= until:
            end_group(child, KILL)
        end.poll(PAUSE_SECONDS * 1000)


def the_end_of(child: int) -> select.poll:
    """What wakes up as soon as a child has ended; where the kernel cannot tell, in a while."""
    waking = select.poll()
    try:
        handle = os.pidfd_open(child)
    except (AttributeError, OSError):
        return waking  # a kernel before 5.3: the poll without a handle is a pause
    waking.register(handle, select.POLLIN)
    return waking


def end_group(child: int, how: int) -> None:
    try:
        os.killpg(child, how)
    except ProcessLookupError:
        return  # it has just ended


def within(folder: str, order: dict, log: int) -> None:
    """Become the command: own group, limits, shut in where it is somebody's own script."""
    dies_with(os.getppid())
    os.setpgid(0, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    work = f"{folder}/work"
    if order["is_foreign"]:
        import cell

        try:
            cell.shut_in(work, [order["hidden"]], [sys.prefix, sys.base_prefix])
        except OSError as error:
            os.write(2, f"cannot shut the script in: {error}\n".encode())
            os._exit(UNSHUT)
        dies_with(0)
        work = cell.OWN
    os.chdir(work)
    limit(order)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": work, "LANG": "C.UTF-8",
        "TMPDIR": work, "PYTHONDONTWRITEBYTECODE": "1",
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
    prctl(GAINS_NO_RIGHTS, 1, 0, 0, 0)


def dies_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent dies; leave at once where it already has."""
    prctl(DIES_WITH_PARENT, KILL)
    if parent and os.getppid() != parent:
        os._exit(1)


def prctl(*given: int) -> None:
    import cell  # beside this file, which a runner that is started as a program finds only then

    cell.call("prctl", *given)


def write(path: str, *, to_disk: bool = False, **said: object) -> None:
    """Write whole or not at all, as JSON of plain words and numbers; on the disk, where it must."""
    text = ", ".join(
        f'"{name}": "{one}"' if isinstance(one, str) else f'"{name}": {one!r}'
        for name, one in said.items()
    )
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(f"{{{text}}}")
        if to_disk:
            file.flush()
            os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    if len(sys.argv) > 2:  # noqa: PLR2004
        os._exit(in_front(sys.argv[1], sys.argv[2]))
    aside(sys.argv[1])
