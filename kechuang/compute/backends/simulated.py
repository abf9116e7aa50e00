"""A machine that is not there: its queue and its other users are played, orders run on this one.

For whoever tries a centre's settings, its prices or how the desk places jobs before a machine is
connected. Made up are the processors and the other users' jobs, which come from a trace or are
drawn, and so the waits: a clock of its own goes `speed` times as fast as this machine's, so that
at 60 a trace's hour passes in a minute. It stands still while nobody asks. Real is each order: when
its turn comes it runs on this very machine, under the same runner, limits and cell as on a machine
of our own, as many at once as there are cores here; what it printed and left, and how long it took,
are its own.

What is told of it is never charged and never counted: see `Job.is_simulated`.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

from kechuang.compute.backends import connections
from kechuang.compute.backends.local import LocalBackend, order_in
from kechuang.compute.backends.orders import QUEUED, RUNNING, Order, Unreachable
from kechuang.compute.backends.spool import write
from kechuang.engines.placement.standing import Standing, drawn_load
from kechuang.engines.placement.trace import Job, PlacementProblem, read_trace

STATE = ".machine.json"
STEP_SECONDS_MOST = 10.0  # of this machine's clock: what was longer unlooked at is not made up for
WARM_SECONDS = 6 * 3600.0  # of the trace, played before the first order comes
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "KECHUANG_PROCESSORS")


@dataclass(frozen=True)
class SimulatedConnection:
    """The machine that is played; kept in the state directory by the operator."""

    simulated: bool = True
    processors: int = 256
    trace: str = ""  # a file in the Standard Workload Format; empty: other users are drawn
    load: float = 0.7  # the share of the machine that drawn users ask for
    speed: float = 60.0
    seed: int = 1

    def write(self, place: Path) -> None:
        """Keep it, and begin with an empty past."""
        connections.keep(place, asdict(self))
        (place / STATE).unlink(missing_ok=True)

    def others(self, processors: int) -> tuple[Job, ...]:
        """The other users' jobs; Unreachable with the reason where the trace is none."""
        if not self.trace:
            return _drawn(processors, self.load, self.seed) if self.load else ()
        try:
            changed = Path(self.trace).stat().st_mtime
            return _read(self.trace, changed, max(processors, self.processors))
        except (OSError, UnicodeDecodeError, PlacementProblem) as error:
            raise Unreachable(f"{self.trace}: {error}") from error


_drawn = lru_cache(maxsize=4)(drawn_load)


@lru_cache(maxsize=4)
def _read(path: str, changed: float, processors: int) -> tuple[Job, ...]:
    """A trace, read once for each time that its file was changed."""
    return read_trace(Path(path).read_text(encoding="utf-8").splitlines(), processors).jobs


def simulated_connection_at(place: Path) -> SimulatedConnection:
    """The machine of a centre; Unreachable where none was made."""
    try:
        return SimulatedConnection(**connections.kept(place))
    except TypeError as error:
        raise Unreachable(f"kechuang compute connect: {error}") from error


class SimulatedBackend(LocalBackend):
    """Runs on this machine, each when the machine that is played would start it."""

    def __init__(self, spool: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(spool)
        self.clock, self.connection = clock, simulated_connection_at(spool)

    def submit(self, *orders: Order) -> None:
        """Keep each order; its threads are no more than this machine has cores."""
        cores = str(os.cpu_count() or 1)
        super().submit(*[
            replace(one, environment={**dict.fromkeys(THREADS, cores), **one.environment})
            if one.processors > int(cores) else one
            for one in orders
        ])  # fmt: skip

    def step(self, processors: int) -> None:
        """Play the machine on to now, and start whose turn has come; one at a time does it."""
        self.spool.mkdir(parents=True, exist_ok=True, mode=0o711)
        with open(self.spool / ".turn", "w") as turn:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            trace = self.connection.others(processors)
            machine, seen = self._machine(processors, trace)
            folders = {folder.name: folder for folder in self._folders()}
            self._hear(machine, folders)
            now = self.clock()
            gone = min(max(0.0, now - seen), STEP_SECONDS_MOST)
            machine.play(machine.now + gone * self.connection.speed, trace)
            write(self.spool / STATE, json.dumps({"seen": now, "machine": machine.kept()}))
            self._start_those(machine, folders)

    def _machine(self, processors: int, trace: tuple[Job, ...]) -> tuple[Standing, float]:
        """The machine as it was left and when; a new one is in full use already."""
        try:
            kept = json.loads((self.spool / STATE).read_text(encoding="utf-8"))
            return Standing.taken_up(kept["machine"], processors), float(kept["seen"])
        except FileNotFoundError:
            machine = Standing(processors)
            machine.play(WARM_SECONDS, trace)
            return machine, self.clock()

    def _hear(self, machine: Standing, folders: dict[str, Path]) -> None:
        """Tell the machine what became of the orders here, and of those that are new."""
        waiting, running = machine.names()
        for name in (waiting | running) - set(folders):
            machine.take_out(name)
        for name, folder in folders.items():
            sight = self._sight(folder)
            if sight.state not in (QUEUED, RUNNING):
                machine.take_out(name)
            elif name not in waiting | running:
                order = order_in(folder)
                seconds = int(order["wall_seconds"]) * self.connection.speed
                machine.give_in(name, int(order["processors"]), seconds)
            if sight.state == RUNNING:
                machine.put_in(name)

    def _start_those(self, machine: Standing, folders: dict[str, Path]) -> None:
        """Start here who runs there, first come first, as far as this machine's cores go."""
        _waiting, running = machine.names()
        mine = [(folder, self._sight(folder).state) for name, folder in folders.items()
                if name in running]  # fmt: skip
        free = (os.cpu_count() or 1) - sum(state == RUNNING for _folder, state in mine)
        for folder in [folder for folder, state in mine if state == QUEUED][: max(0, free)]:
            self._start(folder)
