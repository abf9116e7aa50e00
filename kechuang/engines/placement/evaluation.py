"""An order and a backfilling tried on windows of a trace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kechuang.engines.placement import orders
from kechuang.engines.placement.measures import fairness, mean_measures, window_measures
from kechuang.engines.placement.planning import simulate_planned
from kechuang.engines.placement.simulator import Backfill, simulate
from kechuang.engines.placement.trace import Job, PlacementProblem, Trace, window

ORDERS = tuple(orders.FIXED)
PLANNED = "ours"
BACKFILLS = (*(str(each) for each in Backfill), PLANNED)


@dataclass(frozen=True)
class Rule:
    """Who is next, and who may start before. `corrected`: the wait is now - submit."""

    order: str
    backfill: str
    corrected: bool = False

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise PlacementProblem(f"--order {self.order}: choose one of {', '.join(ORDERS)}")
        if self.backfill not in BACKFILLS:
            raise PlacementProblem(f"--backfill {self.backfill}: one of {', '.join(BACKFILLS)}")

    def starts(self, jobs: Sequence[Job], processors: int) -> list[float]:
        """When each job of a window starts, in seconds of the trace's clock."""
        fixed = orders.FIXED[self.order]
        moving = orders.MOVING.get(self.order) if self.corrected else None
        if self.backfill == PLANNED:
            return simulate_planned(jobs, processors, fixed, moving)
        return simulate(jobs, processors, Backfill(self.backfill), fixed, moving)


def evaluate(trace: Trace, rule: Rule, starts: Sequence[int], length: int) -> dict[str, Any]:
    """Unrounded means over the windows, and each window's own; fairness where users are known.

    `starts` are 0-based indices of the windows' first jobs. Each window has an empty machine.
    """
    windows, fair = [], []
    for start in starts:
        jobs = window(trace, start, length)
        begun = rule.starts(jobs, trace.processors)
        windows.append(window_measures(jobs, begun, trace.processors))
        if any(job.user >= 0 for job in jobs):
            fair.append(fairness(jobs, begun))
    found: dict[str, Any] = mean_measures(windows)
    if fair:
        found["fairness"] = mean_measures(fair)
    shown = [{"start": at, **each} for at, each in zip(starts, windows, strict=True)]
    return {**found, "windows": shown}
