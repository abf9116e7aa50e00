"""The life of a thing as one readable table: event, from, to, who, guard.

Every part writes its tables in this form; what moves a row asks the table, and the documents are
drawn from it (`python -m kechuang.site.diagrams`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BEGIN = ""  # before there is a row


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: what happens, from which states, to which (None: the state stays), whose step it
    is, and what must hold besides."""

    event: str
    since: frozenset[str]
    to: str | None
    who: str
    guard: str = ""

    def ends(self, state: str) -> str:
        """The state after the event, from one of its starting states."""
        return state if self.to is None else self.to


@dataclass(frozen=True)
class StateTable:
    """All rows of one thing. `names` are its states in the order of a usual life, with their
    names in Chinese; `source` says where the rows come from."""

    code: str
    title: str
    names: Mapping[Any, str]
    rows: tuple[Transition, ...]
    source: str = ""
    _moves: frozenset[tuple[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {str(state) for state in self.names} | {BEGIN}
        for row in self.rows:
            unknown = ({*row.since} | ({row.to} if row.to is not None else set())) - known
            assert not unknown, (self.code, row.event, unknown)
        object.__setattr__(self, "_moves", frozenset(self._pairs()))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for row in self.rows:
            for state in row.since:
                yield str(state), str(row.ends(state))

    def check_move(self, since: str, to: str) -> None:
        """A move that no row names is a bug of ours, never a refusal: it says which."""
        assert (str(since), str(to)) in self._moves, f"{self.code}: {since} → {to} is in no row"


def row(since: str, event: str, to: str, who: str, guard: str = "") -> Transition:
    """A row as the tables write it: states apart by spaces, `-` before there is anything, `same`
    where the state stays.

    >>> row("OPEN PAUSED", "cancel", "CANCELLED", "head").to
    'CANCELLED'
    """
    states = frozenset("" if one == "-" else one for one in since.split())
    return Transition(event, states, None if to == "same" else to, who, guard)
