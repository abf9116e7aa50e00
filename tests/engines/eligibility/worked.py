"""What the tests of the engine share: one rule bound by itself, and a plain enterprise."""

from datetime import date
from typing import Any

from kechuang.engines.eligibility.functions import FUNCTIONS
from kechuang.engines.eligibility.language import Binder, bands_of
from kechuang.engines.eligibility.schema import schema

DAY = date(2023, 8, 29)


def bound(text: str, bands: dict[str, list[Any]] | None = None, day: date = DAY) -> Any:
    """The meaning of one expression, with tables of bands by name."""
    named: dict[str, Any] = {}
    binder = Binder(schema(), day, named.get, FUNCTIONS)
    for name, rows in (bands or {}).items():
        named[name] = bands_of(rows, binder, name)
    return binder.bind(text, "rule")


def told(text: str, row: dict[str, Any], bands: dict[str, list[Any]] | None = None) -> Any:
    """What an expression says of a row."""
    found = bound(text, bands)
    return getattr(found, "node", found).value(row)


def returns(year: int = 2022, **figures: int) -> dict[str, int]:
    return {f"returns.{year}.{name}": value for name, value in figures.items()}
