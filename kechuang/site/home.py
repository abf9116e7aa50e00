"""The region at a glance: what the home page shows, gathered from the parts below."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor
from kechuang.parties.models import Region
from kechuang.record import queries as record


@dataclass(frozen=True, slots=True)
class Glance:
    """Each section of the home page; an empty one is left out of the page."""

    line: list[dict[str, Any]] = field(default_factory=list)
    tiles: list[dict[str, Any]] = field(default_factory=list)
    trend: dict[str, Any] | None = None
    districts: dict[str, Any] | None = None
    challenges: list[Any] = field(default_factory=list)
    notices: list[Any] = field(default_factory=list)
    checkpoint: Any = None


def glance(region: Region | None, actor: Actor, at: datetime) -> Glance:
    """Everything that the public sees of a region, a fixed number of statements."""
    return Glance(checkpoint=record.checkpoint())
