"""The desk's hand at a Slurm: what it does there, beside Slurm's own commands.

Runs in the worker's process where Slurm is on this machine, else on the login node, sent there
whole over ssh with `spool`; so both are of the standard library alone and know nothing of the desk.
Everything that must be known stands in the spool, a directory that login and compute nodes share:

    KEY/         one run: its order, work/, log.txt, end.json as on a machine of our own
    KEY/batch    which batch it went in, and at which place
    .batches/B/  keys (one a line, by place) and job: what Slurm calls it, once it has said so

A batch is written down before Slurm hears of it, and carries its name: a call that was cut off is
looked up by that name and never made twice. Should Slurm have it twice all the same, the first
claims the run and the second ends at once.
"""

from __future__ import annotations  # login nodes may have Python 3.9

import fcntl
import secrets
import shlex
import shutil
import time
import typing
from contextlib import suppress
from pathlib import Path

from kechuang.compute.backends.accounts import Accounts, Silent
from kechuang.compute.backends.spool import write

ENDS = {
    "COMPLETED": "DONE", "FAILED": "FAILED", "TIMEOUT": "FAILED", "OUT_OF_MEMORY": "FAILED",
    "DEADLINE": "FAILED", "CANCELLED": "CANCELLED", "NODE_FAIL": "LOST", "BOOT_FAIL": "LOST",
    "PREEMPTED": "LOST", "REVOKED": "LOST",
}  # fmt: skip
REASONS = {"TIMEOUT": "wall", "DEADLINE": "wall", "OUT_OF_MEMORY": "signal"}
ALIVE = {"QUEUED", "RUNNING"}
HELD = "launch failed requeued held"
NOT_CHARGED = {"NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED"}
NEVER_BEGUN = {"CANCELLED", "REQUEUED"}  # of no length: it waited
WAITS = {"PENDING", "RUNNING", "SUSPENDED", "CONFIGURING", "REQUEUE_HOLD", "REQUEUED"}
BEGUN = {"RUNNING", "COMPLETING", "SUSPENDED", "STAGE_OUT", "SIGNALING", "RESIZING"}
SIGNALLED = 128
# as a module the runner is compiled once for all tasks of a node, not by each
START = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); import runner;"
    " os._exit(runner.of_batch(*sys.argv[2:]))"
)
ALONE = -1  # the place of a task that is no array's


class Row(typing.NamedTuple):
    """One begin of a task, as accounting has it: Unix seconds, None where it is not known."""

    start: float | None
    end: float | None
    word: str
    code: str
    comment: str

    @property
    def counts(self) -> bool:
        """Whether it held processors. One of no length whose end Slurm never told (its comment
        comes with the end) was closed by hand."""
        if self.end > self.start:
            return True
        return self.word not in NEVER_BEGUN and bool(self.comment)


class Hand(Accounts):
    """One Slurm, as this machine's commands reach it."""

    def __init__(self, settings: dict) -> None:
        super().__init__(settings)
        self.batches = self.spool / ".batches"

    # handing in

    def submit(self, orders: list, programs: dict) -> None:
        """Keep the orders in the spool and have Slurm take them, an array for each job."""
        self.batches.mkdir(parents=True, exist_ok=True, mode=0o711)
        with open(self.spool / ".turn", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            where = self.put_programs(programs)
            for order in orders:
                self.keep(order)
            for alike in _alike(orders):
                for name in self._batched([order["key"] for order in alike]):
                    self._hand_in(name, alike[0], where)

    def _batched(self, keys: list) -> list:
        """The batches of these keys; those that are in none go in one together."""
        names: dict = {}
        free = []
        for key in keys:
            place = self._place(key)
            if place:
                names[place[0]] = True
            else:
                free.append(key)
        if free:
            # a name that no other desk gives at this Slurm, and this one never again
            name = f"{free[0]}.{secrets.token_hex(4)}"
            together = self.batches / name / "keys"
            together.parent.mkdir(mode=0o711)
            write(together, "\n".join(free))
            for number, key in enumerate(free):
                write(self.spool / key / "batch", f"{name} {number if len(free) > 1 else ALONE}")
            names[name] = True
        return list(names)

    def _place(self, key: str) -> tuple | None:
        """The batch of a key and its place in it."""
        with suppress(FileNotFoundError):
            name, number = (self.spool / key / "batch").read_text(encoding="utf-8").split()
            return name, int(number)
        return None

    def _hand_in(self, name: str, order: dict, where: Path) -> None:
        """Have Slurm take a batch, unless it has."""
        if self._job(name):
            return
        job = self._job_named(name)
        if not job:
            keys = (self.batches / name / "keys").read_text(encoding="utf-8").split("\n")
            (self.batches / name / "asked").touch()
            said = self.call(
                "sbatch", *self._asks(name, order, len(keys)), given=self._script(name, where)
            )
            job = said.strip().split(";")[0]
        write(self.batches / name / "job", job)

    def _job(self, name: str) -> str:
        with suppress(FileNotFoundError):
            return (self.batches / name / "job").read_text(encoding="utf-8")
        return ""

    def _called(self, name: str, number: int) -> str:
        """What Slurm calls a task: of an array by its place, alone by the job."""
        return _task(self._job(name), number)

    def _job_named(self, name: str) -> str:
        """What Slurm calls a batch that it was asked to take by a call nobody heard back from."""
        if not (self.batches / name / "asked").exists():
            return ""
        here = self.call("squeue", "--noheader", "--states=all", "--format=%F", f"--name={name}")
        found = here.split() or self.call(
            "sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID", "--duplicates",
            f"--name={name}", "--starttime=now-30days",
        ).split()  # fmt: skip
        return found[0].partition("_")[0] if found else ""

    def _asks(self, name: str, order: dict, tasks: int) -> list:
        partition, account = self.settings.get("partition"), order["account"]
        path = self.settings.get("path")
        return [
            "--parsable", f"--job-name={name}", f"--comment={order['job'] or name}", "--ntasks=1",
            f"--cpus-per-task={order['processors']}", f"--mem={order['memory_mb']}M",
            f"--time={-(-order['wall_seconds'] // 60)}", "--requeue", "--output=/dev/null",
            f"--chdir={self.spool}",
            # what `environment` holds and no more; by a list without ALL slurmd would have the user
            # log in anew for every task (`su - USER`), which takes longer than the task
            f"--export=ALL,PATH={path}" if path else "--export=ALL",
            # an array is not looked at before the next round of the scheduler, a single job at once
            *([f"--array=0-{tasks - 1}"] if tasks > 1 else []),
            *([f"--partition={partition}"] if partition else []),
            *([f"--account={account}"] if account and self.settings["keeps_accounts"] else []),
        ]  # fmt: skip

    def _script(self, name: str, where: Path) -> str:
        words = [
            self.settings["python"], "-I", "-S", "-c", START, str(where),
            str(self.batches / name / "keys"),
        ]  # fmt: skip
        return (
            f"#!/bin/sh\nexec {shlex.join(words)}"
            ' "${SLURM_ARRAY_TASK_ID:-0}" "${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}"\n'
        )

    # looking

    def look(self, keys: list) -> dict:
        """How these stand; a key that was never handed in is left out."""
        places: dict = {}
        found: dict = {}
        jobs: dict = {}
        batches: dict = {}
        for key in keys:
            place = self._place(key)
            if place and place[0] not in batches:
                batches[place[0]] = self._job(place[0])
            if place and batches[place[0]]:
                job = batches[place[0]]
                # the name too: a Slurm that lost its state gives its numbers once more
                places[key] = (place[0], _task(job, place[1]))
                jobs[job] = True
            elif (self.spool / key).is_dir():
                found[key] = {"state": "QUEUED"}
        if not jobs:
            return found
        # in this order: what Slurm no longer holds for alive, and has told its accounting of, must
        # stand there when that is read
        known = self._known()
        is_told = known is not None and self._has_told()
        rows = self._accounted(list(jobs))
        for key, mark in places.items():
            mine = rows.get(mark, [])
            sight = self._sight(key, mine)
            if known is not None:
                sight = self._revived(key, sight, known.get(mark))
            if known is not None and sight["state"] in ALIVE:
                sight = self._refreshed(key, sight, known.get(mark))
            if sight["state"] not in ALIVE:
                is_alive = known is None or _is_alive(known.get(mark))
                sight = self._accounts(sight, mine, is_told and not is_alive)
            found[key] = sight
        return found

    def _has_told(self) -> bool:
        """Whether Slurm has told its accounting all that it knows of."""
        try:
            text = self.call("sdiag")
        except Silent:
            return False
        sizes = [line.split(":")[1] for line in text.splitlines() if "DBD Agent queue" in line]
        return all(int(size) == 0 for size in sizes)

    def _accounts(self, sight: dict, rows: list, is_told: bool) -> dict:
        """A run that has ended, with what accounting says it held; open while that may change:
        Slurm is silent, holds it for alive or has not told all, or a begin has no end yet, or the
        last end is so young that a Slurm that starts anew may not know of it."""
        begun = [row for row in rows if row.start is not None]
        ends = [row.end for row in begun if row.end is not None]
        young = time.time() - max([*ends, sight["ended"]]) < self.settings["settle_seconds"]
        is_open = not is_told or young or len(ends) < len(begun)
        if not begun and sight["state"] != "CANCELLED":
            return {**sight, "is_open": is_open}
        held = [[row.start, row.end] for row in begun if row.end is not None and row.counts]
        is_charged = not begun or begun[-1].word not in NOT_CHARGED
        reason = "" if sight["reason"] == "unaccounted" else sight["reason"]
        return {
            **sight, "held": held, "is_charged": is_charged, "is_open": is_open, "reason": reason,
        }  # fmt: skip

    def _accounted(self, jobs: list) -> dict:
        """What accounting says of these jobs' tasks: a row for each time that one was begun."""
        fields = "JobID,State,ExitCode,Start,End,JobName,Comment"
        text = self.call(
            "sacct", "--noheader", "--parsable2", "--allocations", "--duplicates",
            f"--format={fields}", f"--jobs={','.join(jobs)}", "--starttime=now-90days",
        )  # fmt: skip
        rows: dict = {}
        for line in text.splitlines():
            job, state, code, start, end, name, comment = line.split("|", 6)
            row = Row(_seconds(start), _seconds(end), state.split()[0], code, comment)
            for task in _tasks(job):
                rows.setdefault((name, task), []).append(row)
        for each in rows.values():
            each.sort(key=lambda row: row.start if row.start is not None else float("inf"))
        return rows

    def _sight(self, key: str, rows: list) -> dict:
        """One task's rows as a sight: the last says how it stands, all of them what it held."""
        if not rows:
            return {"state": "QUEUED"}
        start, end, word, code, _comment = rows[-1]
        # what was cancelled while it waited is told as begun and ended at once
        is_claimed = (self.spool / key / "claim").exists()
        begun = [row for row in rows if row.start is not None]
        began = [row for row in begun if row.start != row.end or is_claimed]
        sight = {"state": "QUEUED", "started": began[0].start if began else None}
        if word in BEGUN and start is not None:
            return {**sight, "state": "RUNNING", "progress": self.progress_of(key)}
        if word not in ENDS or end is None:
            return {**sight, "started": None}
        state, reason, number = ENDS[word], REASONS.get(word, ""), _exit_code(code)
        told = self.end_of(key)
        if told and state in ("DONE", "FAILED"):
            state, reason, number = told["state"], told["reason"], told["exit_code"]
        if (self.spool / key / "cancel").exists() and state != "DONE":
            state, reason = "CANCELLED", "cancelled"
        return {
            **sight, "state": state, "ended": end, "exit_code": number,
            "reason": reason or ("lost" if state == "LOST" else ""),
            "progress": self.progress_of(key),
        }  # fmt: skip

    def _known(self) -> dict | None:
        """What Slurm itself knows of the user's tasks: state and start; None where it is silent."""
        try:
            text = self.call(
                "squeue", "--noheader", "--array", "--states=all", "--format=%i|%T|%S|%r|%j",
                f"--user={self.settings['user']}",
            )  # fmt: skip
        except Silent:
            return None  # accounting answers alone: what it says stands
        rows = (line.split("|", 4) for line in text.splitlines())
        return {(name, job): (state, _seconds(start), why) for job, state, start, why, name in rows}

    def _revived(self, key: str, sight: dict, known: tuple | None) -> dict:
        """What accounting holds for ended while a Slurm that started anew goes on with it: alive,
        unless the runner has said how it ended."""
        if known is None or known[0] not in WAITS or sight["state"] in ALIVE or self.end_of(key):
            return sight
        state = "RUNNING" if known[0] == "RUNNING" else "QUEUED"
        return {"state": state, "started": known[1] if state == "RUNNING" else None}

    def _refreshed(self, key: str, sight: dict, known: tuple | None) -> dict:
        """What accounting holds for alive, as Slurm itself knows it; accounting hears of a start
        some seconds later, and of an end never where one of the two was killed over it."""
        mark = self.spool / key / "absent"
        if known is not None:
            with suppress(FileNotFoundError):
                mark.unlink()
            state, start, why = known
            if HELD in why:  # by Slurm itself, after a start that it did not survive
                place = self._place(key)
                self.call("scontrol", "release", self._called(*place), may_fail=True)
            if state in BEGUN or (state in ENDS and start is not None):
                began = sight.get("started") or start
                told = self.progress_of(key)
                return {**sight, "state": "RUNNING", "started": began, "progress": told}
            return sight
        cancelled = self.spool / key / "cancel"
        if sight["state"] == "QUEUED" and cancelled.exists():
            # a task that never began leaves no trace in either when its array waited whole
            ended = cancelled.stat().st_mtime
            return {**sight, "state": "CANCELLED", "ended": ended, "reason": "cancelled"}
        if time.time() - self._absent_since(key) > self.settings["absent_seconds"]:
            return self._last_sight(key)
        return sight

    def _absent_since(self, key: str) -> float:
        """Since when Slurm has not known a run that accounting has not ended."""
        mark = self.spool / key / "absent"
        if not mark.exists():
            mark.touch()
        return mark.stat().st_mtime

    def _last_sight(self, key: str) -> dict:
        """A run that Slurm has forgotten: as its runner wrote down, else lost. What it held is told
        by accounting once that is closed; where accounting has nothing it is not charged."""
        told = self.end_of(key)
        if told:
            return {**told, "reason": "unaccounted"}
        return {"state": "LOST", "ended": self._absent_since(key), "reason": "lost"}

    # ending, fetching, forgetting

    def cancel(self, key: str) -> None:
        """End a run, or let it never begin; nothing where it has ended."""
        place = self._place(key)
        if not place or (self.spool / key / "end.json").exists():
            return
        (self.spool / key / "cancel").touch()
        job = self._job(place[0])
        if job:
            self.call("scancel", "--quiet", self._called(*place), may_fail=True)

    def forget(self, keys: list) -> None:
        """Out of sight at once, then removed; a batch goes with the last of its runs."""
        batches = {place[0] for place in map(self._place, keys) if place}
        for key in keys:
            self.put_away(key)
        self.clear_away()
        for name in batches:
            with suppress(FileNotFoundError):
                left = (self.batches / name / "keys").read_text(encoding="utf-8").split("\n")
                if not any((self.spool / one).exists() for one in left):
                    shutil.rmtree(self.batches / name, ignore_errors=True)


def _is_alive(known: tuple | None) -> bool:
    return known is not None and known[0] not in ENDS


def _alike(orders: list) -> list:
    """Orders that may be one array: of one job and with the same wants."""
    groups: dict = {}
    for order in orders:
        wants = ("job", "account", "processors", "memory_mb", "wall_seconds")
        mark = tuple(order[name] for name in wants) + ((order["key"],) if not order["job"] else ())
        groups.setdefault(mark, []).append(order)
    return list(groups.values())


def _task(job: str, number: int) -> str:
    return job if number == ALONE else f"{job}_{number}"


def _tasks(job: str) -> list:
    """The tasks that one name of Slurm's means: `7_3`, or `7_[0-2,5%4]` while they wait together.

    >>> _tasks("7_[0-2,5%4]"), _tasks("7_3")
    (['7_0', '7_1', '7_2', '7_5'], ['7_3'])
    """
    whole, _, places = job.partition("_")
    if not places.startswith("["):
        return [job]
    found = []
    for part in places.strip("[]").partition("%")[0].split(","):
        first, _, last = part.partition("-")
        found += [f"{whole}_{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def _seconds(text: str) -> float | None:
    return float(text) if text.isdigit() and int(text) else None


def _exit_code(text: str) -> int:
    """Slurm's `code:signal` as a shell tells it."""
    code, _, number = text.partition(":")
    return SIGNALLED + int(number) if number.isdigit() and int(number) else int(code or 0)


def answer(given: dict) -> dict:
    """Do what is asked; what came of it, or why Slurm was silent."""
    try:
        hand = Hand(given["settings"])
        return {"answer": getattr(hand, given["verb"])(**given["with"])}
    except Silent as silence:
        return {"silent": str(silence)}
