"""`python -m bench.compute [DATA]`: the bars of the placement engine, one table each.

DATA is a folder with `lublin-2.swf` and `broker/`; without it the generated traces alone are shown.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import brokers
from bench.workloads import KINDS, made_trace, with_usual_limits
from kechuang.engines.placement.evaluation import Rule, evaluate
from kechuang.engines.placement.orders import FIXED
from kechuang.engines.placement.simulator import Backfill, simulate
from kechuang.engines.placement.trace import (
    Trace,
    drawn_starts,
    read_trace,
    window,
    with_estimates,
    with_users,
)

STARTS = (1981, 2756, 4299, 8850, 3316, 2714, 5228, 7762, 4022, 7085)
LENGTH = 1024
PUBLISHED = {  # Zhang et al. (SC'20), Lublin-2: slowdown and utilisation without, then with
    "fcfs": ("7842.47", "0.404", "247.61", "0.587"),
    "wfp3": ("9523.18", "0.543", "318.35", "0.583"),
    "unicep": ("11265.31", "0.510", "379.59", "0.587"),
    "sjf": ("787.89", "0.562", "91.99", "0.593"),
    "f1": ("698.34", "0.478", "148.25", "0.552"),
}
LEARNT = {"none": 724.51, "simple": 118.79}
PEERS = ("fcfs", "sjf", "f1", "f2", "area", "wfp3", "unicep")
OURS = Rule("ours", "ours")
ESTIMATES, USERS = (5, 7), (40, 7)

console = Console(width=110)


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if data is not None:
        with (data / "lublin-2.swf").open(encoding="utf-8") as lines:
            trace = read_trace(lines)
        published_cells(trace)
        corrections(trace)
        speed(trace)
    against_peers(trace if data else None)
    if data is None:
        console.print("without DATA: neither the published table nor the broker's centres")
        return
    for made in ("", "lublin"):
        console.print(brokers.cost_table(data, made))
    console.print(brokers.foretold_table(data), brokers.decision_times(data))


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    return table


def published_cells(trace: Trace) -> None:
    """The 20 cells of the published table, as it prints them."""
    table = _table("the published table, Lublin-2", "order", "slowdown", "util", "with bf", "util")
    equal = 0
    for order, cells in PUBLISHED.items():
        ours: list[str] = []
        for backfill in ("none", "simple"):
            found = evaluate(trace, Rule(order, backfill), STARTS, LENGTH)
            ours += [f"{found['bounded_slowdown']:.2f}", f"{found['utilisation']:.3f}"]
        equal += sum(one == other for one, other in zip(ours, cells, strict=True))
        table.add_row(order, *ours)
    console.print(table, f"cells equal to the last printed digit: {equal} of 20\n")


def corrections(trace: Trace) -> None:
    """The reference's three faults mended: the wait, the last end, EASY's other processors."""
    heads = ("order", "none", "simple", "easy", "util to last end, simple", "easy")
    table = _table("the same, corrected", *heads)
    for order in PUBLISHED:
        found = [evaluate(trace, Rule(order, str(b), True), STARTS, LENGTH) for b in Backfill]
        table.add_row(
            order,
            *(f"{each['bounded_slowdown']:.2f}" for each in found),
            *(f"{each['utilisation_to_last_end']:.3f}" for each in found[1:]),
        )
    console.print(table)


def speed(trace: Trace) -> None:
    """Jobs a second over the 20 cells in this process; the best of five, and the median."""
    windows = [window(trace, start, LENGTH) for start in STARTS]
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        for order in PUBLISHED:
            for backfill in (Backfill.NONE, Backfill.SIMPLE):
                for jobs in windows:
                    simulate(jobs, trace.processors, backfill, FIXED[order])
        taken.append(time.perf_counter() - began)
    jobs_done = len(PUBLISHED) * 2 * len(STARTS) * LENGTH
    rates = sorted(jobs_done / each for each in taken)
    console.print(
        f"simulator, the 20 cells: {rates[2]:,.0f} jobs/s (median of 5; best {rates[-1]:,.0f});"
        " at least 100,000, aim 300,000\n"
    )


def against_peers(lublin: Trace | None) -> None:
    """Ours against the best of the listed orders and backfillings on each trace."""
    heads = ("trace", "requests", "best peer", "its slowdown", "ours", "ratio")
    table = _table(
        "bounded slowdown, ten windows of 1,024", *heads, "wait / peer's", "Jain / peer's"
    )
    for name, trace, starts in _traces(lublin):
        known = with_users(trace, *USERS)
        requests = {
            "exact": known,
            "x U[1, 5]": with_estimates(known, *ESTIMATES),
            "usual limits": with_usual_limits(known, ESTIMATES[1]),
        }
        for said, tried in requests.items():
            peers = _peers(tried, starts)
            best = min(peers, key=lambda peer: peers[peer]["bounded_slowdown"])
            ours = evaluate(tried, OURS, starts, LENGTH)
            table.add_row(name, said, best, *_against(ours, peers[best]))
    console.print(table)


def _traces(lublin: Trace | None) -> Iterable[tuple[str, Trace, Iterable[int]]]:
    if lublin is not None:
        yield "Lublin-2", lublin, STARTS
    for kind in KINDS:
        made = made_trace(kind, seed=101)
        yield f"made: {kind}", made, drawn_starts(made, 10, LENGTH, 101)


def _peers(trace: Trace, starts: Iterable[int]) -> dict[str, dict[str, Any]]:
    at = list(starts)
    return {
        f"{order} {backfill}": evaluate(trace, Rule(order, str(backfill), True), at, LENGTH)
        for order in PEERS
        for backfill in Backfill
    }


def _against(ours: dict[str, Any], peer: dict[str, Any]) -> list[str]:
    slowdown, theirs = ours["bounded_slowdown"], peer["bounded_slowdown"]
    fair = [each["fairness"]["jain_index"] for each in (ours, peer)]
    return [
        f"{theirs:.2f}",
        f"{slowdown:.2f}",
        f"{slowdown / theirs:.2f}",
        f"{ours['mean_wait_seconds']:,.0f} / {peer['mean_wait_seconds']:,.0f}",
        f"{fair[0]:.2f} / {fair[1]:.2f}",
    ]


if __name__ == "__main__":
    main()
