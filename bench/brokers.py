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
from kechuang.engines.placement.orders import FIXED
from kechuang.engines.placement.trace import read_trace, with_estimates
from kechuang.engines.placement.waits import prediction_errors, simulate_foretold

LOADS = {0.30: (15, 25), 0.67: (15, 25), 0.97: (0, 10)}  # percent below the best peer: bar, aim
PEERS = ("home", "random", "least-load", "wait-transfer")
SEEDS = range(1, 1 + int(os.environ.get("KC_SEEDS", "5")))
Cost = dict[str, float]


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
    heads = ("where", "order", "jobs", "predicted", "mean of the day before", "ratio", "in range")
    for head in heads:
        table.add_column(head, justify="right")
    centres = _centres(data)
    for load in LOADS:
        jobs = _jobs(data, "", load, 1, centres)
        for policy, order in (("cost", "first come, EASY"), ("ours", "ours")):
            done = run_jobs(Broker(centres, jobs, policy), foretold=True)
            let_in = [each.choice.ready for each in done]
            waits = [each.start - ready for each, ready in zip(done, let_in, strict=True)]
            forecasts = [each.forecast for each in done if each.forecast]
            table.add_row(f"broker, {load:.2f}", order, *_errors(let_in, waits, forecasts))
    with (data / "lublin-2.swf").open(encoding="utf-8") as lines:
        trace = read_trace(lines)
    tried = {"exact": trace, "x U[1, 5]": with_estimates(trace, 5, 7)}
    for said, each in tried.items():
        for order in ("fcfs", "ours"):
            starts, forecasts = simulate_foretold(each.jobs, each.processors, FIXED[order])
            submits = [job.submit for job in each.jobs]
            waits = [start - at for start, at in zip(starts, submits, strict=True)]
            table.add_row(f"alone, {said}", order, *_errors(submits, waits, forecasts))
    return table


def _errors(
    submits: Sequence[float], waits: Sequence[float], forecasts: Sequence[Forecast]
) -> list[str]:
    """Cells: jobs, errors and their ratio, and how many of the uncertain lay in their range."""
    found = prediction_errors(submits, waits, [each.middle for each in forecasts])
    ours, peer = found["ours_seconds"], found["mean_of_a_day_seconds"]
    inside = [
        each.low - 1 <= wait <= each.high + 1
        for each, wait in zip(forecasts, waits, strict=True)
        if each.high > each.low
    ]
    share = f"{fmean(inside):.2f}" if inside else "-"
    return [f"{found['jobs']:,}", f"{ours:,.0f}", f"{peer:,.0f}", f"{ours / peer:.2f}", share]


class _TimedBroker(Broker):
    """The broker with a stop-watch beside each decision."""

    def choose(self, place: int, now: float) -> tuple[int, Choice]:
        began = time.perf_counter()
        chosen = super().choose(place, now)
        self.taken.append(time.perf_counter() - began)
        return chosen

    taken: list[float]


def decision_times(data: Path) -> str:
    """Milliseconds for a decision at ten centres, at a load of .67 of them all."""
    three = _centres(data)
    ten = [replace(three[n % 3], id=three[n % 3].id if n < 3 else f"centre-{n}") for n in range(10)]
    processors = sum(centre.processors for centre in ten)
    load = 0.67 * processors / sum(centre.processors for centre in three)
    jobs = _jobs(data, "", load, 1, three)
    broker = _TimedBroker(ten, jobs, "ours")
    broker.taken = []
    run_jobs(broker)
    taken = sorted(1000 * each for each in broker.taken)
    return (
        f"a decision at ten centres, load .67: median {median(taken):.2f} ms, mean"
        f" {fmean(taken):.2f}, p95 {taken[int(0.95 * len(taken))]:.2f}; at most 1 ms, aim .1"
    )
