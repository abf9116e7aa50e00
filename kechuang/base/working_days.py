"""Working days as the State Council's yearly notices lay them, one dated data file a year.

A year without a file is computed from its weekends: provisional (暂定) until its notice is loaded.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

from kechuang.base.time import SHANGHAI

OFFICE_CLOSES_HOUR = 17
SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Year:
    """The days off and the make-up working days of one year, with the notice that laid them."""

    year: int
    notice: str
    off: frozenset[date]
    working: frozenset[date]


class Calendar:
    """Working days over the years whose notices are known; other years by their weekends."""

    def __init__(self, years: Iterable[Year]) -> None:
        self._years = {year.year: year for year in years}
        self._off = frozenset(day for year in self._years.values() for day in year.off)
        self._working = frozenset(day for year in self._years.values() for day in year.working)

    def is_working(self, day: date) -> bool:
        """Say whether offices work on that day.

        >>> calendar().is_working(date(2026, 10, 10))   # a Saturday made up for 国庆节
        True
        """
        if day in self._working:
            return True
        return day not in self._off and day.weekday() < SATURDAY

    def add(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`; before it when n is negative, `day` for 0.

        >>> calendar().add(date(2026, 9, 30), 1)        # over 国庆节
        datetime.date(2026, 10, 8)
        """
        step = ONE_DAY if n > 0 else -ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def between(self, since: date, until: date) -> int:
        """Count the working days after `since`, up to and with `until`; negative backwards.

        >>> calendar().between(date(2026, 9, 30), date(2026, 10, 10))
        3
        """
        if until < since:
            return -self.between(until, since)
        return sum(self.is_working(day) for day in _days(since + ONE_DAY, until))

    def is_provisional(self, year: int) -> bool:
        """Say whether the year's notice is unknown, so that its days come from weekends only."""
        return year not in self._years

    def notice_of(self, year: int) -> str:
        """Return the number of the notice that laid the year's days; "" when provisional."""
        return self._years[year].notice if year in self._years else ""


@lru_cache(maxsize=1)
def calendar() -> Calendar:
    """Return the calendar of the data files that ship with this version."""
    folder = resources.files("kechuang.base") / "data" / "working_days"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=str)
    return Calendar(_year_of(tomllib.loads(file.read_text("utf-8"))) for file in files)


def is_provisional(year: int) -> bool:
    """Say whether that year's days are computed from weekends only (暂定)."""
    return calendar().is_provisional(year)


def office_closes(day: date, hour: int = OFFICE_CLOSES_HOUR) -> datetime:
    """Return the instant when a term ending on `day` is over: 17:00 in Shanghai, or 24 (midnight).

    >>> office_closes(date(2026, 11, 27)).isoformat()
    '2026-11-27T17:00:00+08:00'
    """
    midnight = datetime.combine(day, time.min, tzinfo=SHANGHAI)
    return midnight + timedelta(hours=hour)


def _year_of(data: dict[str, Any]) -> Year:
    off = frozenset(day for span in data["off"] for day in _days(span["since"], span["last"]))
    return Year(data["year"], data["notice"], off, frozenset(data["working"]))


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
