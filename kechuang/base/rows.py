"""Rows that people bring: where a problem is in their file, a row's key, what an import did."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kechuang.base.refusals import N_, Refused, RefusedTogether

KEY_LONGEST = 60
# The row as the person's program numbers it, the column by its code, and what is wrong.
Placed = tuple[int, str, Refused]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    created: int
    updated: int
    unchanged: int = 0


class Keyed(Protocol):
    """A row with its place in the file, its owner and its key."""

    @property
    def place(self) -> int: ...

    @property
    def owner_code(self) -> str: ...

    @property
    def key(self) -> str: ...


class ImportRefused(RefusedTogether):
    """A sheet is not imported: every problem, with its row and column. Nothing was written."""

    def __init__(self, problems: Sequence[Placed]) -> None:
        super().__init__([located(*problem) for problem in problems])
        self.problems = list(problems)


def located(row: int, column: str, refused: Refused) -> Refused:
    """A refusal that says where in the sheet it is, for answers that have no table."""
    facts = refused.facts | {"row": row, "column": column or N_("整行"), "said": refused}
    text = N_("第 {row} 行“{column}”：{said}")
    return Refused(refused.code, text, facts, (f"{row}.{column}",), refused.way_on)


def key_of(cell: str, *said: str) -> str:
    """The key of a row: the number its source gave it, else a fingerprint of what it says.

    >>> key_of("A-001"), len(key_of("", "名称", "正文"))
    ('A-001', 25)
    """
    if cell:
        return cell[:KEY_LONGEST]
    return "#" + hashlib.sha256("\n".join(said).encode()).hexdigest()[:24]


def rows_twice(rows: Iterable[Keyed]) -> list[tuple[int, int]]:
    """Rows whose owner and key occurred before, each with the row where they did.

    Which of them would win is nobody's guess.
    """
    first: dict[tuple[Any, ...], int] = {}
    return [
        (row.place, known)
        for row in rows
        if (known := first.setdefault((row.owner_code, row.key), row.place)) != row.place
    ]
