"""What every centre would take for a job, from what runs and waits there now."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kechuang.compute.models import Allocation, Centre, Job, Link, PriceList, Quote, Run
from kechuang.compute.queries.desk import of_its_kind, price_lists_at
from kechuang.compute.queries.registry import bandwidth_between, links_now
from kechuang.compute.queries.running import what_lacks
from kechuang.compute.rules import quotes
from kechuang.compute.rules.jobs import RUN_LIVE
from kechuang.compute.rules.templates import template_coded

CENTRES_MOST = 50
RUNS_MOST = 2000
REMEMBERED = 200


def quotes_for(job: Job, at: datetime) -> list[Quote]:
    """A quote of every centre, not kept yet: its terms, or why it cannot take the job."""
    centres = list(Centre.objects.select_related("organisation").order_by("pk")[:CENTRES_MOST])
    places = {one.centre.number: one for one in _places(centres, job, at)}
    near = next((one for one in centres if _is_near(one, job.allocation)), None)
    home = near
    if job.data_set is not None:
        home = next((one for one in centres if one.pk == job.data_set.centre_id), near)
    ask, links = _ask(job, home.number if home else "", at), links_now()
    found = []
    for centre in centres:
        seen = places[centre.number]
        terms = (
            quotes.Terms(seen.refused, seen.facts)
            if seen.refused
            else quotes.quote(ask, seen.place, _bandwidth(links, home, centre))
        )
        found.append(_quote(job, centre, terms))
    return found


def _bandwidth(
    links: dict[tuple[int, int], Link], home: Centre | None, centre: Centre
) -> float | None:
    return float(bandwidth_between(links, home, centre)) if home else None


def _ask(job: Job, home: str, at: datetime) -> quotes.Ask:
    template = template_coded(job.template)
    work = template.core_seconds(job.parameters)
    likely = -(-work // job.processors) if work else job.wall_seconds
    budget = job.allocation.budget
    pays = job.allocation.pays == Allocation.Pays.VOUCHER
    return quotes.Ask(
        processors=job.processors, tasks=job.tasks, seconds=min(likely, job.wall_seconds),
        data_mb=job.data_mb, data_class=job.data_class, template=job.template,
        value_fen_per_hour=job.value_fen_per_hour, home=home,
        voucher_left_fen=budget.voucher_left_fen if pays else 0, at=at, deadline=job.deadline_at,
    )  # fmt: skip


def _quote(job: Job, centre: Centre, terms: quotes.Terms) -> Quote:
    if terms.refused_code:
        return Quote(
            job=job, centre=centre, refused_code=terms.refused_code,
            refused_facts=terms.refused_facts or {},
        )  # fmt: skip
    names = ("wait", "transfer", "run")
    return Quote(
        job=job, centre=centre, emissions_g=terms.emissions_g, total_fen=terms.total_fen,
        wait_low_seconds=terms.wait_low_seconds, wait_high_seconds=terms.wait_high_seconds,
        **{f"{name}_seconds": getattr(terms, f"{name}_seconds") for name in names},
        **{
            f"{name}_fen": getattr(terms, f"{name}_fen")
            for name in (*names, "price", "voucher", "carbon", "deadline")
        },
    )  # fmt: skip


Facts = dict[str, Any]
Ended = tuple[tuple[float, float], ...]  # seconds runs took, and at most could take


class _Seen:
    """A centre as it stands now, or why nobody may be sent there."""

    def __init__(
        self, centre: Centre, refused: str, place: quotes.Place | None, facts: Facts | None = None
    ) -> None:
        self.centre, self.refused, self.facts = centre, refused, facts or {}
        self.place = place or quotes.Place(
            centre.number, 1, (0,) * 24, 0, (0.0,) * 24, 0, 1, frozenset(), frozenset(), False
        )


def _places(centres: list[Centre], job: Job, at: datetime) -> Iterable[_Seen]:
    numbers = [centre.pk for centre in centres]
    prices = price_lists_at(centres, at)
    runs = _live_by_centre(numbers)
    ended, template = _ended(numbers), template_coded(job.template)
    for centre in centres:
        refused, lack = "", what_lacks(centre, template)
        if centre.backend == Centre.Backend.NONE:
            refused = "not_connected"
        elif centre.pk not in prices:
            refused = "no_prices"
        elif job.template not in centre.templates:
            refused = "template_not_installed"
        elif lack:
            refused = "module_missing"
        if refused:
            facts = vars(lack) if lack and refused == "module_missing" else None
            yield _Seen(centre, refused, None, facts)
            continue
        seen = (tuple(ended[centre.pk]), job, at)
        yield _Seen(centre, "", _place(centre, prices[centre.pk], runs[centre.pk], seen))


def _place(
    centre: Centre, prices: PriceList, runs: list[Run], seen: tuple[Ended, Job, datetime]
) -> quotes.Place:
    ended, job, at = seen
    running, queued = [], []
    for run in runs:
        limit = float(run.job.wall_seconds)
        if run.state == Run.State.RUNNING and run.started_at:
            gone = max(0.0, (at - run.started_at).total_seconds())
            running.append((run.job.processors, gone, limit))
        else:
            queued.append((run.job.processors, limit))
    classes = set(centre.data_classes)
    if not _is_near(centre, job.allocation):
        classes.discard("LOCAL_ONLY")
    return quotes.Place(
        number=centre.number, processors=centre.processors,
        milli_fen=tuple(prices.milli_fen_per_core_hour), minimum_fen=prices.minimum_fen,
        carbon_g_per_kwh=tuple(float(one) for one in centre.carbon_g_per_kwh),
        watts=float(centre.watts_per_core * centre.pue),
        bandwidth_mb_s=float(centre.bandwidth_mb_s), data_classes=frozenset(classes),
        templates=frozenset(centre.templates), is_open=centre.state == Centre.State.OPEN,
        running=tuple(running), queued=tuple(queued), ended=ended,
    )  # fmt: skip


def _live_by_centre(centres: list[int]) -> dict[int, list[Run]]:
    rows = Run.objects.filter(job__centre__in=centres, state__in=RUN_LIVE).select_related("job")
    found: dict[int, list[Run]] = defaultdict(list)
    for run in rows.order_by("pk")[:RUNS_MOST]:
        found[run.job.centre_id or 0].append(run)
    return found


def _ended(centres: list[int]) -> dict[int, list[tuple[float, float]]]:
    """What the last runs took of their limits, by centre, the earliest first."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    rows = Run.objects.filter(
        of_its_kind("job__centre", "job__"), job__centre__in=centres, state=Run.State.DONE,
        started_at__isnull=False,
    ).select_related("job")  # fmt: skip
    for run in reversed(rows.order_by("-pk")[:REMEMBERED]):
        if run.ended_at and run.started_at:
            took = (run.ended_at - run.started_at).total_seconds()
            found[run.job.centre_id or 0].append((took, float(run.job.wall_seconds)))
    return found


def _is_near(centre: Centre, allocation: Allocation) -> bool:
    """Whether centre and unit lie in one city: the first two steps of their paths."""
    here = centre.region_path.split("/")[:2]
    return here == allocation.organisation.region_path.split("/")[:2]
