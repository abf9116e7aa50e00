"""Keyset pages: the next page begins behind the last number shown, however far in."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)
LIMIT = 50
LARGEST = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of a list, newest first, and the number behind which the next page begins."""

    rows: list[Row]
    next_after: str

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def limit_of(text: str | int | None) -> int:
    """The page size asked for: 50 unless told, at most 200.

    >>> limit_of("30"), limit_of("x"), limit_of(9000)
    (30, 50, 200)
    """
    try:
        wanted = int(text or LIMIT)
    except ValueError:
        return LIMIT
    return max(1, min(wanted, LARGEST))


def keyset(
    queryset: models.QuerySet[Row],
    *,
    after: str | None = "",
    limit: str | int | None = None,
    number: str = "number",
) -> Page[Row]:
    """The page behind the row with the number `after`, by primary key, newest first.

    A number that is not in the list begins at the first page.
    """
    size = limit_of(limit)
    rows = queryset.order_by("-pk")
    if after:
        known = queryset.model._default_manager.filter(**{number: after})
        last = known.values_list("pk", flat=True).first()
        if last is not None:
            rows = rows.filter(pk__lt=last)
    found_rows = list(rows[: size + 1])
    shown = found_rows[:size]
    more = len(found_rows) > size
    return Page(shown, getattr(shown[-1], number) if more else "")
