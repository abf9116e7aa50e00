"""How long each step of a benefit may take: the rows of data/benefit-terms.toml."""

from datetime import datetime
from functools import cache
from pathlib import Path

from kechuang.base.terms import Terms

TERMS_FILE = Path(__file__).parent.parent / "data" / "benefit-terms.toml"


@cache
def _read() -> Terms:
    return Terms.read(TERMS_FILE)


def due(code: str, region_path: str, at: datetime) -> datetime:
    """The instant at which a step that began now is late."""
    return _read().due(code, region_path, at)
