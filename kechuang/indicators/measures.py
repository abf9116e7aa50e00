"""The formulas: which rows a measured indicator counts or sums, and which of them a reader sees."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.base.time import rfc3339, start_of_day
from kechuang.indicators.rules import Indicator
from kechuang.parties import queries as party_queries
from kechuang.record.rules import canonical_json


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure: its number, what it adds to it, and its fingerprint as known."""

    number: str
    value: Decimal
    row_hash: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a formula is asked: of which indicator, over which period, where, as known when."""

    indicator: Indicator
    period: Period
    region_path: str
    known_at: datetime

    @property
    def since(self) -> datetime:
        return start_of_day(self.period.since)

    @property
    def until(self) -> datetime:
        return start_of_day(self.period.until)


@dataclass(frozen=True, slots=True)
class Formula:
    """The rows of a formula, and the objects a reader may see of them.

    `visible(actor, at)` finds the objects that the rows' numbers name; `titled(object)` and
    `url(object)` say what a reader sees of one.
    """

    rows: Callable[[Asked], Sequence[Row]]
    visible: Callable[[Actor, datetime], QuerySet[Any]]
    titled: Callable[[Any], str]
    url: Callable[[Any], str]
    key: str = "number"


def fingerprint(**fact: Any) -> str:
    """The hash of a row as it was known: its canonical JSON."""
    plain = {
        name: rfc3339(value) if isinstance(value, datetime) else str(value)
        for name, value in fact.items()
    }
    return hashlib.sha256(canonical_json(plain)).hexdigest()


def _organisations_by_kind(asked: Asked) -> list[Row]:
    rows = party_queries.organisations_of_kind(
        asked.indicator.formula_kind, asked.region_path, asked.until
    )
    columns = ("number", "code", "kind", "region_path")
    return [
        Row(number, Decimal(1), fingerprint(number=number, code=code, kind=kind, region=path))
        for number, code, kind, path in rows.order_by("number").values_list(*columns).iterator()
    ]


FORMULAS: dict[str, Formula] = {
    "organisations_by_kind": Formula(
        _organisations_by_kind,
        party_queries.organisations_visible_to,
        lambda one: one.name,
        lambda one: f"/organisations/{one.number}/",
    ),
}


def rows_of(asked: Asked) -> list[Row]:
    """The rows that an indicator is computed from; their values sum to it."""
    return list(FORMULAS[asked.indicator.formula].rows(asked))


def is_known(formula: str) -> bool:
    return formula in FORMULAS


def as_rows(rows: Iterable[Any]) -> list[Row]:
    """Rows of a lower part, which have the same three fields, as rows of ours."""
    return [Row(one.number, Decimal(one.value), one.row_hash) for one in rows]
