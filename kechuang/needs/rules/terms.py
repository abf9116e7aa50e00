"""How long each step of a need may take: the rows of terms.toml."""

from datetime import date, datetime
from functools import cache
from pathlib import Path

from kechuang.base.terms import Term, Terms, months_later

__all__ = [
    "Term", "due", "fate_of_draft", "idle_days_least", "months_later", "remind_days", "term",
    "terms",
]  # fmt: skip

TERMS_FILE = Path(__file__).parent.parent / "terms.toml"


@cache
def _read() -> Terms:
    return Terms.read(TERMS_FILE)


def terms() -> tuple[Term, ...]:
    """Every row of the data file."""
    return _read().rows


def term(code: str, region_path: str, day: date) -> Term:
    """The row in force: the nearest region first, then the latest day.

    >>> term("CITY_CHECK", "990000/990100", date(2026, 11, 21)).amount
    5
    """
    return _read().term(code, region_path, day)


def due(code: str, region_path: str, at: datetime) -> datetime:
    """The instant at which a step that began now is late."""
    return _read().due(code, region_path, at)


def fate_of_draft(
    region_path: str, changed_at: datetime, told_at: datetime | None, at: datetime
) -> str:
    """What becomes of a need that stays a draft: KEEP, TELL or DELETE."""
    return _read().fate_of_draft(region_path, changed_at, told_at, at)


def idle_days_least() -> int:
    """After how many idle days a draft may have to be looked at."""
    return _read().shortest("IDLE_DRAFT") - _read().longest("IDLE_DRAFT_NOTICE")


def remind_days() -> int:
    """How many days ahead owners are asked to confirm."""
    return _read().longest("RECONFIRM_NOTICE")
