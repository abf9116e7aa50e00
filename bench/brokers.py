"""The bars of the broker: cost against each peer by load, waits foretold, time for a decision."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import Pool
from pathlib import Path
from statistics import fmean, median

from rich.table import Table

from bench.workloads import broker_jobs, made_trace
from kechuang.engines.placement.broker import Broker, Choice
from kechuang.engines.placement.centres import BrokerJob, Centre, read_centres, read_jobs
from kechuang.engines.placement.foresight import Forecast
from kechuang.engines.placement.grid import run_jobs, summary
from kechuang.engines.placement.hindsight import Told
from kechuang.engines.placement.orders import FIXED
from kechuang.engines.placement.trace import read_trace, with_estimates
from kechuang.engines.placement.waits import prediction_errors, simulate_foretold

LOADS = {0.30: (15, 25), 0.67: (15, 25), 0.97: (0, 10)}  # percent below the best peer: bar, aim
PEERS = ("home", "random", "least-load", "wait-transfer")
SEEDS = range(1, 1 + int(os.environ.get("KC_SEEDS", "5")))
ALONE = {"exact": (), "x U[1, 5]": (5, 7)}  # requests on one machine, and how they are drawn
FORETOLD_HEADS = (
    "jobs", "predicted", "mean of the day before", "ratio", "ratio, plain middle", "in range",
    "in plain range", "ms of processor, median, p95",
)  # fmt: skip
Cost = dict[str, float]
ForetoldTask = tuple[Path, str, float | str, int]


def cost_table(data: Path, made: str = "") -> Table:
    """Mean total cost of the seeds by load and policy; on DATA's trace, or on made ones (two)."""
    seeds = SEEDS[:2] if made else SEEDS
    table = Table(title=f"broker, yuan, mean of {len(seeds)} seeds: {made or 'Lublin-2'}")
    heads = (
        "load",
        *PEERS,
        "cost",
        "ours",
        "below best peer",
        "bar, aim",
        "ours / cost, worst seed",
    )
    for head in heads:
        table.add_column(head, justify="right")
    tasks = [(data, made, load, seed) for load in LOADS for seed in seeds]
    with Pool(min(2, os.cpu_count() or 1)) as pool:
        costs = dict(zip([task[2:] for task in tasks], pool.starmap(_costs, tasks), strict=True))
    for load, (bar, aim) in LOADS.items():
        here = [costs[load, seed] for seed in seeds]
        means = {policy: fmean(each[policy] for each in here) for policy in here[0]}
        below = 100 * (1 - means["ours"] / min(means[peer] for peer in PEERS))
        table.add_row(
            f"{load:.2f}",
            *(f"{yuan:,.0f}" for yuan in means.values()),
            f"{below:.1f} %",
            f"{bar}, {aim} %",
            f"{max(each['ours'] / each['cost'] for each in here):.3f}",
        )
    return table


def _costs(data: Path, made: str, load: float, seed: int) -> Cost:
    centres = _centres(data)
    jobs = _jobs(data, made, load, seed, centres)
    found = {}
    for policy in (*PEERS, "cost", "ours"):
        broker = Broker(centres, jobs, policy, seed=seed)
        found[policy] = float(summary(broker, run_jobs(broker))["total_yuan"])
    return found


def _centres(data: Path) -> tuple[Centre, ...]:
    return read_centres(json.loads((data / "broker" / "centres.json").read_text("utf-8")))


def _jobs(
    data: Path, made: str, load: float, seed: int, centres: Sequence[Centre]
) -> list[BrokerJob]:
    if made:
        return broker_jobs(made_trace(made, seed), load, seed, centres)
    maker = [data / "broker" / "make_jobs.py", data / "lublin-2.swf", load, seed]
    done = subprocess.run(
        [sys.executable, *map(str, maker)], check=True, capture_output=True, text=True
    )
    return read_jobs(enumerate(map(json.loads, done.stdout.splitlines()), 1), centres)


def foretold_table(data: Path) -> Table:
    """How far predictions at submission are from waits: on the broker's centres, on one machine."""
    table = Table(title="waits over a minute foretold: median absolute error, seconds")
    for head in ("where", "order", *FORETOLD_HEADS):
        table.add_column(head, justify="right")
    tasks = foretold_tasks(data)
    with Pool(min(2, os.cpu_count() or 1)) as pool:
        for row in pool.imap(_foretold, tasks):
            table.add_row(*row)
    return table


def foretold_tasks(data: Path) -> list[ForetoldTask]:
    """Our order on every load and seed of the bar, the others once each."""
    centres = [("ours", load, seed) for load in (0.67, 0.97) for seed in SEEDS]
    centres += [("ours", 0.30, 1), ("cost", 0.67, 1), ("cost", 0.97, 1)]
    alone = [(order, said, 0) for said in ALONE for order in ("fcfs", "ours")]
    return [(data, *rest) for rest in (*centres, *alone)]


def _foretold(task: ForetoldTask) -> list[str]:
    """The cells of one run, which takes about 20 s of processor, one machine about 50 s."""
    data, order, where, seed = task
    if isinstance(where, float):
        centres = _centres(data)
        broker = _TimedBroker(centres, _jobs(data, "", where, seed, centres), order)
        done = run_jobs(broker, foretold=True)
        let_in = [each.choice.ready for each in done]
        waits = [each.start - ready for each, ready in zip(done, let_in, strict=True)]
        told = [each.told for each in done if each.told]
        named = {"cost": "first come, EASY"}.get(order, order)
        heads = [f"broker, {where:.2f}, seed {seed}", named]
        return [*heads, *_errors(let_in, waits, told), _spell(broker.foretelling)]
    with (data / "lublin-2.swf").open(encoding="utf-8") as lines:
        trace = read_trace(lines)
    tried = with_estimates(trace, *ALONE[where]) if ALONE[where] else trace
    starts, told = simulate_foretold(tried.jobs, tried.processors, FIXED[order])
    submits = [job.submit for job in tried.jobs]
    waits = [start - at for start, at in zip(starts, submits, strict=True)]
    return [f"alone, {where}", order, *_errors(submits, waits, told), "-"]


def _errors(submits: Sequence[float], waits: Sequence[float], told: Sequence[Told]) -> list[str]:
    """Cells: jobs, errors and their ratio, what hindsight did, how many lay in their range."""
    found = prediction_errors(submits, waits, [each.forecast.middle for each in told])
    plain = prediction_errors(submits, waits, [each.plain.middle for each in told])["ours_seconds"]
    ours, peer = found["ours_seconds"], found["mean_of_a_day_seconds"]
    return [
        f"{found['jobs']:,}",
        f"{ours:,.0f}",
        f"{peer:,.0f}",
        f"{ours / peer:.3f}",
        f"{plain / peer:.3f}",
        _inside([each.forecast for each in told], waits),
        _inside([each.plain for each in told], waits),
    ]


def _inside(forecasts: Sequence[Forecast], waits: Sequence[float]) -> str:
    """The share of waits not certain beforehand that lay in the range said, to a second."""
    inside = [
        each.low - 1 <= wait <= each.high + 1
        for each, wait in zip(forecasts, waits, strict=True)
        if each.high > each.low
    ]
    return f"{fmean(inside):.2f}" if inside else "-"


def _spell(seconds: Sequence[float]) -> str:
    taken = sorted(1000 * each for each in seconds)
    return f"{median(taken):.1f}, {taken[int(0.95 * len(taken))]:.1f}"


class _TimedBroker(Broker):
    """The broker with a stop-watch beside each decision and each prediction."""

    def __init__(self, centres: Sequence[Centre], jobs: Sequence[BrokerJob], policy: str) -> None:
        super().__init__(centres, jobs, policy)
        self.taken: list[float] = []
        self.foretelling: list[float] = []

    def choose(self, place: int, now: float) -> tuple[int, Choice]:
        began = time.perf_counter()
        chosen = super().choose(place, now)
        self.taken.append(time.perf_counter() - began)
        return chosen

    def forecast(self, place: int, number: int, choice: Choice, now: float) -> Told:
        began = time.process_time()
        told = super().forecast(place, number, choice, now)
        self.foretelling.append(time.process_time() - began)
        return told


def decision_times(data: Path) -> str:
    """Milliseconds for a decision at ten centres, at a load of .67 of them all."""
    three = _centres(data)
    ten = [replace(three[n % 3], id=three[n % 3].id if n < 3 else f"centre-{n}") for n in range(10)]
    processors = sum(centre.processors for centre in ten)
    load = 0.67 * processors / sum(centre.processors for centre in three)
    jobs = _jobs(data, "", load, 1, three)
    broker = _TimedBroker(ten, jobs, "ours")
    run_jobs(broker)
    taken = sorted(1000 * each for each in broker.taken)
    return (
        f"a decision at ten centres, load .67: median {median(taken):.2f} ms, mean"
        f" {fmean(taken):.2f}, p95 {taken[int(0.95 * len(taken))]:.2f}; at most 1 ms, aim .1"
    )
