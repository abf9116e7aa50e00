"""What a job costs at a centre: its user's time, the price, the carbon, the deadline. Yuan.

`C = value x (wait + transfer + run) + price + carbon price x emissions + deadline penalty`, every
term kept apart. Price and carbon follow the hours of the day that the job runs through.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kechuang.engines.placement.centres import HOURS, BrokerJob, Centre

HOUR = 3600
DAY = HOURS * HOUR
FEN = 100  # in a yuan


@dataclass(frozen=True)
class Rates:
    """What the city sets. Assumed until it does: the carbon market's level, and that an hour past
    a deadline costs as much again as an hour of waiting."""

    carbon_yuan_per_tonne: float = 100.0
    late_factor: float = 1.0


@dataclass(frozen=True)
class Terms:
    """The cost of a job at a centre, in yuan, term by term."""

    wait: float
    transfer: float
    run: float
    price: float
    carbon: float
    deadline: float

    @property
    def total(self) -> float:
        return self.wait + self.transfer + self.run + self.price + self.carbon + self.deadline


class HourlySums:
    """The integral of a daily series: what a second costs, summed from midnight of day one."""

    __slots__ = ("at_hour", "day", "series")

    def __init__(self, series: Sequence[float]) -> None:
        self.series = series
        self.at_hour = [0.0]
        for value in series:
            self.at_hour.append(self.at_hour[-1] + value)
        self.day = self.at_hour[-1]

    def until(self, moment: float) -> float:
        """Value x hours from the first midnight until `moment` (seconds)."""
        hours = moment / HOUR
        days, hour = divmod(hours, HOURS)
        whole = int(hour)
        return days * self.day + self.at_hour[whole] + (hour - whole) * self.series[whole]

    def between(self, start: float, end: float) -> float:
        """Value x hours between two moments (seconds)."""
        return self.until(end) - self.until(start)


class Tariff:
    """Yuan for each processor of a centre between two moments: price and carbon."""

    __slots__ = ("carbon", "falls", "price", "rises")

    def __init__(self, centre: Centre, rates: Rates) -> None:
        self.price = HourlySums([fen / FEN for fen in centre.price_fen_per_core_hour])
        tonnes = centre.watts_per_core / 1000 / 1e6  # of CO2 for each g/kWh and hour
        self.carbon = HourlySums(
            [grams * tonnes * rates.carbon_yuan_per_tonne for grams in centre.carbon_g_per_kwh]
        )
        by_hour = list(enumerate(centre.price_fen_per_core_hour))
        self.falls = [hour for hour, fen in by_hour if fen < by_hour[hour - 1][1]]
        self.rises = [hour for hour, fen in by_hour if fen > by_hour[hour - 1][1]]

    def better_starts(self, after: float, until: float, length: float) -> list[float]:
        """Moments where starting later may cost less: at a fall of the price, or to end at a rise.

        Between them the cost of a later start changes evenly, so no other need be looked at.
        """
        found = []
        for offset, hours in ((0.0, self.falls), (length, self.rises)):
            for hour in hours:
                moment = hour * HOUR - offset
                moment += -(-(after - moment) // DAY) * DAY
                if after < moment <= until:
                    found.append(moment)
        return found


def terms_of(
    job: BrokerJob, tariff: Tariff, rates: Rates, start: float, transfer: float, run: float
) -> Terms:
    """The terms of a job that starts at `start` and runs for `run` seconds after `transfer`."""
    value, end = job.value_yuan_per_hour / HOUR, start + run
    late = max(0.0, end - job.deadline) if job.deadline is not None else 0.0
    return Terms(
        wait=value * (start - job.submit - transfer),
        transfer=value * transfer,
        run=value * run,
        price=job.processors * tariff.price.between(start, end),
        carbon=job.processors * tariff.carbon.between(start, end),
        deadline=rates.late_factor * value * late,
    )
