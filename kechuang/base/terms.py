"""How long a step may take: dated rows of a data file, by code, region and day."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from kechuang.base.time import at_shanghai, shanghai_date, start_of_day
from kechuang.base.working_days import calendar


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


@dataclass(frozen=True, slots=True)
class Terms:
    """The rows of one data file."""

    rows: tuple[Term, ...]

    @classmethod
    def read(cls, path: Path) -> "Terms":
        """Read a file of `[[term]]` tables."""
        found = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
        return cls(tuple(Term(**row) for row in found))

    def term(self, code: str, region_path: str, day: date) -> Term:
        """The row in force: the nearest region first, then the latest day."""
        segments = region_path.split("/")
        fitting = [
            row
            for row in self.rows
            if row.code == code and row.since <= day
            and (not row.region or row.region in segments)
        ]
        return max(fitting, key=lambda row: (_nearness(row.region, segments), row.since))

    def word_at(self, region_path: str, changed_at: datetime) -> datetime:
        """When the owner of an idle draft gets a word, so long before it may be deleted."""
        notice = self.term("IDLE_DRAFT_NOTICE", region_path, shanghai_date(changed_at))
        return self.due("IDLE_DRAFT", region_path, changed_at) - timedelta(days=notice.amount)

    def fate_of_draft(
        self, region_path: str, changed_at: datetime, told_at: datetime | None, at: datetime
    ) -> str:
        """What becomes of a draft that was never handed in: KEEP, TELL or DELETE.

        What was touched after the word is told of again before it goes.
        """
        if at < self.word_at(region_path, changed_at):
            return "KEEP"
        if told_at is None or told_at < changed_at:
            return "TELL"
        idle = self.due("IDLE_DRAFT", region_path, changed_at)
        noticed = self.due("IDLE_DRAFT_NOTICE", region_path, told_at)
        return "KEEP" if at < max(idle, noticed) else "DELETE"

    def longest(self, code: str) -> int:
        """The largest amount of any row of a code: what a job looks ahead or back by."""
        return max(row.amount for row in self.rows if row.code == code)

    def shortest(self, code: str) -> int:
        """The smallest amount of any row of a code."""
        return min(row.amount for row in self.rows if row.code == code)

    def due(self, code: str, region_path: str, at: datetime) -> datetime:
        """The instant at which a step that began now is late: when the office closes on its last
        working day, or the start of the day after so many days or months."""
        day = shanghai_date(at)
        row = self.term(code, region_path, day)
        if row.unit == "WORKING_DAY":
            return at_shanghai(calendar().add(day, row.amount))
        if row.unit == "MONTH":
            return start_of_day(months_later(day, row.amount))
        return start_of_day(day + timedelta(days=row.amount))


def _nearness(region: str, segments: list[str]) -> int:
    return segments.index(region) + 1 if region else 0


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month.

    >>> months_later(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    place = day.month - 1 + months
    year, month = day.year + place // 12, place % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))
