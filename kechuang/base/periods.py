"""Periods as published figures state them: 2023, 2023-H1, 2023-Q3, 2023-08, ranges, @dates."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from kechuang.base.refusals import N_, Refused

GRAMMAR = (
    ("YEAR", re.compile(r"(\d{4})")),
    ("HALF", re.compile(r"(\d{4})-H([12])")),
    ("QUARTER", re.compile(r"(\d{4})-Q([1-4])")),
    ("MONTH", re.compile(r"(\d{4})-(\d{2})")),
)
RANGE = re.compile(r"(\d{4}(?:-\d{2})?)--(\d{4}(?:-\d{2})?)")
INSTANT = re.compile(r"@(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
MONTHS = {"YEAR": 12, "HALF": 6, "QUARTER": 3, "MONTH": 1}


class PeriodRefused(Refused):
    """A text is not a period."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open span of days, or for a stock the day as of which it is stated.

    `kind` is YEAR, HALF, QUARTER, MONTH, RANGE or AS_OF; `text` is the form it is kept in.
    """

    since: date
    until: date
    text: str
    kind: str

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read a period.

        >>> Period.parse("2023-H1").until
        datetime.date(2023, 7, 1)
        >>> Period.parse("2023-01--2023-09").since
        datetime.date(2023, 1, 1)
        >>> Period.parse("@2023-08-29").kind
        'AS_OF'
        """
        try:
            return _parsed(text.strip())
        except ValueError as error:
            raise PeriodRefused(
                "period.form",
                N_("“{text}”不是时期。"),
                {"text": text[:40]},
                (),
                N_("请写成 2023、2023-H1、2023-Q3、2023-08、2023-01--2023-09 或 @2023-08-29。"),
            ) from error

    def previous_year(self) -> "Period":
        """The same period a year before.

        >>> Period.parse("2023-01--2023-09").previous_year().text
        '2022-01--2022-09'
        """
        year = re.compile(r"(?<!\d)(\d{4})(?=$|-)")
        earlier = year.sub(lambda m: str(int(m[1]) - 1), self.text)
        return Period.parse(earlier.replace("-02-29", "-02-28"))


def _parsed(text: str) -> Period:
    for kind, pattern in GRAMMAR:
        if match := pattern.fullmatch(text):
            year, place = int(match[1]), int(match[2]) if match.lastindex == 2 else 1
            months = MONTHS[kind]
            first = (place - 1) * months
            if not 0 <= first < 12:
                raise ValueError(text)
            return Period(_month(year, first), _month(year, first + months), text, kind)
    if match := RANGE.fullmatch(text):
        since, until = _parsed(match[1]), _parsed(match[2])
        if since.since >= until.until:
            raise ValueError(text)
        return Period(since.since, until.until, text, "RANGE")
    if match := INSTANT.fullmatch(text):
        day = _as_of(match)
        return Period(day, day + timedelta(days=1), text, "AS_OF")
    raise ValueError(text)


def _as_of(match: re.Match[str]) -> date:
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if day:
        return date(year, month, day)
    if month:
        return _month(year, month) - timedelta(days=1)
    return date(year, 12, 31)


def _month(year: int, months: int) -> date:
    return date(year + months // 12, months % 12 + 1, 1)


def year_of(day: date) -> Period:
    return Period.parse(f"{day.year:04d}")
