"""How long each step may take: dated rows of a data file, by code, region and day."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from kechuang.base.time import at_shanghai, shanghai_date, start_of_day
from kechuang.base.working_days import calendar

TERMS_FILE = Path(__file__).parent.parent / "terms.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """One row: so many working days, days or months, in a region, from a day on."""

    code: str
    amount: int
    unit: str
    region: str
    since: date
    basis: str
    confirmed: bool


@cache
def terms() -> tuple[Term, ...]:
    """Every row of the data file."""
    rows = tomllib.loads(TERMS_FILE.read_text(encoding="utf-8"))["term"]
    return tuple(Term(**row) for row in rows)


def term(code: str, region_path: str, day: date) -> Term:
    """The row in force: the nearest region first, then the latest day.

    >>> term("CITY_CHECK", "990000/990100", date(2026, 11, 21)).amount
    5
    """
    segments = region_path.split("/")
    fitting = [
        row
        for row in terms()
        if row.code == code and row.since <= day and (not row.region or row.region in segments)
    ]
    return max(fitting, key=lambda row: (_nearness(row.region, segments), row.since))


def _nearness(region: str, segments: list[str]) -> int:
    return segments.index(region) + 1 if region else 0


def due(code: str, region_path: str, at: datetime) -> datetime:
    """The instant at which a step that began now is late."""
    day = shanghai_date(at)
    row = term(code, region_path, day)
    if row.unit == "WORKING_DAY":
        return at_shanghai(calendar().add(day, row.amount))
    if row.unit == "MONTH":
        return start_of_day(months_later(day, row.amount))
    return start_of_day(day + timedelta(days=row.amount))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month.

    >>> months_later(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    place = day.month - 1 + months
    year, month = day.year + place // 12, place % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))
