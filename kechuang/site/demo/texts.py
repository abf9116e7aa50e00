"""The data files of the demonstration, read."""

import csv
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from kechuang.base.time import at_shanghai
from kechuang.base.working_days import calendar

FOLDER = Path(__file__).resolve().parent / "data"
OPENING = time(9, 0)


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a csv or jsonl file of the data folder."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


@dataclass(frozen=True, slots=True)
class Clock:
    """The day of the demonstration, and days before and after it."""

    day: date

    def at(self, days: int = 0, hour: int = 9, minute: int = 0) -> datetime:
        """An instant some days from the day, negative before it."""
        return at_shanghai(self.day + timedelta(days=days), time(hour, minute))

    @property
    def now(self) -> datetime:
        return at_shanghai(self.day, OPENING)

    def working(self, days: int) -> int:
        """How many days away the n-th working day from the day is."""
        return (calendar().add(self.day, days) - self.day).days
