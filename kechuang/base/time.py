"""Days and hours of the city: stored in UTC, counted in Asia/Shanghai."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
CLOSE_OF_BUSINESS = time(17, 0)


def shanghai_date(at: datetime) -> date:
    """The day on which an instant falls in the city."""
    return at.astimezone(SHANGHAI).date()


def at_shanghai(day: date, clock: time = CLOSE_OF_BUSINESS) -> datetime:
    """The instant of a clock time on a day in the city; 17:00 unless told."""
    return datetime.combine(day, clock, tzinfo=SHANGHAI)


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=SHANGHAI)


def midnight_after(day: date) -> datetime:
    """The first instant after the day: periods are half-open."""
    return start_of_day(day + timedelta(days=1))


def rfc3339(at: datetime) -> str:
    """An instant as the API and the record write it, with +08:00.

    >>> from datetime import UTC
    >>> rfc3339(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    '2026-11-21T17:00:00+08:00'
    """
    return at.astimezone(SHANGHAI).isoformat(timespec="auto")
