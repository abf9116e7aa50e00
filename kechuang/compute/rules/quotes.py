"""What a job would cost at each centre, term by term, in fen; and what would change the choice."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kechuang.base.time import SHANGHAI

if TYPE_CHECKING:
    from kechuang.engines.placement.centres import Centre as EngineCentre
    from kechuang.engines.placement.foresight import Forecast

RATES = Path(__file__).parents[1] / "data" / "rates.toml"
FEN = 100
MILLI = 1000
LEAST_SECONDS = 1
NO_BANDWIDTH = 1e-9


@dataclass(frozen=True)
class Place:
    """A centre as quoting looks at it; prices by hour in thousandths of a fen."""

    number: str
    processors: int
    milli_fen: tuple[int, ...]
    minimum_fen: int
    carbon_g_per_kwh: tuple[float, ...]
    watts: float  # of a core, cooling included
    bandwidth_mb_s: float
    data_classes: frozenset[str]
    templates: frozenset[str]
    is_open: bool
    running: tuple[tuple[int, float, float], ...] = ()  # processors, seconds so far, and at most
    queued: tuple[tuple[int, float], ...] = ()  # processors, seconds at most; in order
    ended: tuple[tuple[float, float], ...] = ()  # seconds it took, and at most; the last jobs


@dataclass(frozen=True)
class Ask:
    """A job as quoting looks at it."""

    processors: int
    tasks: int
    seconds: int  # one task is likely to take
    data_mb: int
    data_class: str
    template: str
    value_fen_per_hour: int
    home: str  # the centre that its data lie at; "" where they lie with the unit
    voucher_left_fen: int
    at: datetime
    deadline: datetime | None = None


@dataclass(frozen=True)
class Terms:
    """One centre's quote: seconds, grams and fen; or the rule by which it cannot take the job."""

    refused_code: str = ""
    refused_facts: dict[str, Any] | None = None
    wait_seconds: int = 0  # as likely more as less
    wait_low_seconds: int = 0  # most are expected to wait between the two
    wait_high_seconds: int = 0
    transfer_seconds: int = 0
    run_seconds: int = 0
    emissions_g: int = 0
    wait_fen: int = 0
    transfer_fen: int = 0
    run_fen: int = 0
    price_fen: int = 0
    voucher_fen: int = 0
    carbon_fen: int = 0
    deadline_fen: int = 0

    @property
    def total_fen(self) -> int:
        return (
            self.wait_fen + self.transfer_fen + self.run_fen + self.price_fen - self.voucher_fen
            + self.carbon_fen + self.deadline_fen
        )  # fmt: skip


@cache
def rates() -> dict[str, Any]:
    """What the city sets for quotes, with its basis."""
    return tomllib.loads(RATES.read_text(encoding="utf-8"))


def quote(ask: Ask, place: Place, home_bandwidth_mb_s: float | None) -> Terms:
    """What a job would cost at a centre, by the placement engine: every term, or why not.

    The wait is foretold from the centre's queue, with how sure that is. An array runs in waves
    where the centre cannot take all its tasks at once; it is charged for what its tasks hold.
    """
    from kechuang.engines.placement import centres, costs

    now = _seconds_of_day(ask.at)
    centre = _engine_centre(place)
    wide = max(1, min(ask.tasks, place.processors // max(ask.processors, 1)))
    seconds = ask.seconds * ceil(ask.tasks / wide)
    job = centres.BrokerJob(
        id="", submit=now, processors=ask.processors * wide, requested=seconds, run=seconds,
        home=ask.home, data_mb=ask.data_mb, data_class=ask.data_class,
        value_yuan_per_hour=ask.value_fen_per_hour / FEN, template=ask.template,
        deadline=now + (ask.deadline - ask.at).total_seconds() if ask.deadline else None,
    )  # fmt: skip
    unfit = centres.why_not(centre, job)
    if unfit:
        return Terms(unfit.code, dict(unfit.facts))
    transfer = 0.0
    if ask.data_mb and ask.home != place.number:
        transfer = ask.data_mb / min(place.bandwidth_mb_s, home_bandwidth_mb_s or 1e12)
    forecast = _forecast(place, job.processors, seconds, transfer)
    start = now + transfer + forecast.middle
    city = costs.Rates(rates()["carbon_yuan_per_tonne"], rates()["late_factor"])
    terms = costs.terms_of(job, costs.Tariff(centre, city), city, start, transfer, seconds)
    share = ask.tasks * ask.seconds / (wide * seconds)
    price = max(_fen(terms.price * share), place.minimum_fen)
    carbon = terms.carbon * share
    return Terms(
        wait_seconds=round(forecast.middle), wait_low_seconds=round(forecast.low),
        wait_high_seconds=round(forecast.high), transfer_seconds=round(transfer),
        run_seconds=seconds, emissions_g=round(carbon / city.carbon_yuan_per_tonne * 1e6),
        wait_fen=_fen(terms.wait), transfer_fen=_fen(terms.transfer), run_fen=_fen(terms.run),
        price_fen=price, voucher_fen=min(price, ask.voucher_left_fen), carbon_fen=_fen(carbon),
        deadline_fen=_fen(terms.deadline),
    )  # fmt: skip


def _forecast(place: Place, processors: int, seconds: int, transfer: float) -> "Forecast":
    """The wait from when the data are there: the queue played forward, first come first served.

    What the last jobs took of their limits says how long the others may take.
    """
    from kechuang.engines.placement.experience import Experience
    from kechuang.engines.placement.foresight import Present, Queued, foresee

    seen = Experience()
    for took, limit in place.ended:
        seen.learn(took, limit)
    running = [(gone, size, limit) for size, gone, limit in place.running]
    free = max(0, place.processors - sum(size for size, _, _ in place.running))
    queue = [Queued(min(size, place.processors), limit) for size, limit in place.queued]
    own = Queued(processors, max(LEAST_SECONDS, seconds), transfer)
    return foresee(Present(free, running, [*queue, own], 1), len(queue), seen, place.number)


def _engine_centre(place: Place) -> "EngineCentre":
    from kechuang.engines.placement.centres import Centre

    return Centre(
        id=place.number, processors=place.processors,
        price_fen_per_core_hour=tuple(one / MILLI for one in place.milli_fen),
        carbon_g_per_kwh=place.carbon_g_per_kwh, watts_per_core=place.watts,
        bandwidth_mb_s=max(place.bandwidth_mb_s, NO_BANDWIDTH), data_rules=place.data_classes,
        templates=place.templates, is_open=place.is_open,
    )  # fmt: skip


def _seconds_of_day(at: datetime) -> float:
    local = at.astimezone(SHANGHAI)
    return local.hour * 3600 + local.minute * 60 + local.second


def _fen(yuan: float) -> int:
    """Whole fen, half a fen up; a quote is told to the fen as it will be charged."""
    return int(yuan * FEN + 0.5)


@dataclass(frozen=True)
class Reason:
    """Why the cheapest is the cheapest, and at which wait it no longer is."""

    saves_fen: int
    largest: str  # the term in which it saves most
    turning_wait_seconds: int | None


def reason_for(best: Any, second: Any, value_fen_per_hour: int) -> Reason:
    """Compare the two cheapest quotes, term by term."""
    saves = second.total_fen - best.total_fen
    names = ("wait_fen", "transfer_fen", "run_fen", "price_fen", "carbon_fen", "deadline_fen")
    gains = {name: getattr(second, name) - getattr(best, name) for name in names}
    gains["voucher_fen"] = best.voucher_fen - second.voucher_fen
    largest = max(gains, key=lambda name: gains[name])
    turning = None
    if value_fen_per_hour:
        turning = best.wait_seconds + saves * 3600 // value_fen_per_hour
    return Reason(saves, largest if gains[largest] > 0 else "", turning)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that this share of them does not exceed; None of nothing.

    >>> percentile([5, 1, 3], 0.5), percentile([], 0.5)
    (3, None)
    """
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
