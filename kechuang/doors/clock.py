"""What time it is, for doors: the machine's clock; in the demonstration it can be set forward.

A demonstration that waits thirty days for a deadline shows nothing. Under `up --demo`, and only
there, the time set forward stands in the state directory, so that web and worker agree.
"""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

FARTHEST_DAYS = 3660


def now() -> datetime:
    """The instant at which a door takes a request, a job or a command."""
    if settings.KECHUANG_DEMO and (ahead := set_forward()):
        return timezone.now() + ahead
    return timezone.now()


def set_forward() -> timedelta:
    """How far the demonstration's clock stands ahead."""
    try:
        seconds = int(_file().read_text())
    except (FileNotFoundError, ValueError):
        return timedelta(0)
    return timedelta(seconds=max(0, min(seconds, FARTHEST_DAYS * 86_400)))


def move_forward(by: timedelta) -> timedelta:
    """Set the demonstration's clock forward; it never goes back, as no clock does."""
    ahead = set_forward() + max(by, timedelta(0))
    fresh = _file().with_suffix(".new")
    fresh.write_text(str(int(ahead.total_seconds())))
    fresh.replace(_file())
    return ahead


def _file() -> Path:
    return Path(settings.STATE) / "demo-clock"
