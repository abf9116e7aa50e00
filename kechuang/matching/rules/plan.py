"""The table plan of a match event: best pairs first, nobody twice at a time, no table twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kechuang.base.refusals import N_, Refused
from kechuang.matching.rules.refusals import EventRefused


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sign-ups that should talk: their keys, the persons who come, and what it is worth."""

    need: str
    offer: str
    need_person: str
    offer_person: str
    score_tenths: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A pair at a table, in a slot."""

    pair: Pair
    table: int
    slot: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What could be seated, and the pairs for which no time was left."""

    booked: tuple[Booked, ...]
    left: tuple[Pair, ...]


def slots_between(since: datetime, until: datetime, minutes: int) -> list[datetime]:
    """When the sittings of an event begin; the last one ends in time.

    >>> from datetime import UTC
    >>> start = datetime(2026, 12, 1, 9, tzinfo=UTC)
    >>> len(slots_between(start, start + timedelta(hours=1), 25))
    2
    """
    count = int((until - since) / timedelta(minutes=minutes))
    return [since + timedelta(minutes=minutes) * turn for turn in range(count)]


def plan_tables(
    pairs: Iterable[Pair],
    tables: int,
    slots: int,
    kept: Sequence[Booked] = (),
    busy: frozenset[tuple[str, int]] = frozenset(),
) -> Plan:
    """Seat the best pairs first, each at the earliest time at which both persons and a table are
    free; what was set by hand (`kept`) stays where it is, and a person who is elsewhere in a slot
    (`busy`) is not free in it.

    Where the two have no time in common left, one sitting in their way is moved to another time if
    that frees one. The same pairs in any order give the same plan; ties go by key.
    """
    hall = _Hall(tables, slots, busy)
    for one in kept:
        hall.put(one)
    known = {(one.pair.need, one.pair.offer) for one in kept}
    fitting = {p for p in pairs if p.need_person != p.offer_person}
    wanted = sorted(
        (p for p in fitting if (p.need, p.offer) not in known),
        key=lambda pair: (-pair.score_tenths, pair.need, pair.offer),
    )
    left = []
    for pair in wanted:
        if not hall.seat(pair) and not hall.make_room(pair, frozenset(known)):
            left.append(pair)
    order = sorted(hall.booked.values(), key=lambda one: (one.slot, one.table))
    return Plan(tuple(order), tuple(left))


class _Hall:
    """Who sits where and when, while a plan is made."""

    def __init__(self, tables: int, slots: int, busy: frozenset[tuple[str, int]]) -> None:
        self.tables, self.slots, self.busy = tables, slots, busy
        self.booked: dict[tuple[str, str], Booked] = {}
        self.at_table: dict[tuple[int, int], Pair] = {}
        self.of_person: dict[tuple[str, int], Pair] = {}

    def put(self, one: Booked) -> None:
        pair = one.pair
        self.booked[pair.need, pair.offer] = one
        self.at_table[one.table, one.slot] = pair
        for person in (pair.need_person, pair.offer_person):
            self.of_person[person, one.slot] = pair

    def take(self, one: Booked) -> None:
        pair = one.pair
        del self.booked[pair.need, pair.offer], self.at_table[one.table, one.slot]
        for person in (pair.need_person, pair.offer_person):
            del self.of_person[person, one.slot]

    def table_free(self, slot: int) -> int | None:
        free = (t for t in range(self.tables) if (t, slot) not in self.at_table)
        return next(free, None)

    def is_free(self, pair: Pair, slot: int) -> bool:
        persons = (pair.need_person, pair.offer_person)
        return not any((p, slot) in self.of_person or (p, slot) in self.busy for p in persons)

    def seat(self, pair: Pair, but: int = -1) -> bool:
        """At the earliest free time but one."""
        for slot in range(self.slots):
            table = self.table_free(slot)
            if slot != but and table is not None and self.is_free(pair, slot):
                self.put(Booked(pair, table, slot))
                return True
        return False

    def make_room(self, pair: Pair, fixed: frozenset[tuple[str, str]]) -> bool:
        """Move the one sitting that keeps two apart to another time, if that helps."""
        for slot in range(self.slots):
            persons = (pair.need_person, pair.offer_person)
            ways = {self.of_person[p, slot] for p in persons if (p, slot) in self.of_person}
            if len(ways) > 1 or any((p, slot) in self.busy for p in persons):
                continue
            if not ways and self.table_free(slot) is None:
                ways = {self.at_table[self.tables - 1, slot]} if self.tables else set()
            if len(ways) != 1:
                continue
            (way,) = ways
            if (way.need, way.offer) in fixed:
                continue
            old = self.booked[way.need, way.offer]
            self.take(old)
            if self.seat(way, but=slot):
                self.put(Booked(pair, old.table, slot))
                return True
            self.put(old)
        return False


def problems_with_seat(
    booked: Iterable[tuple[int, str, str, str]], table: int, persons: tuple[str, str]
) -> list[Refused]:
    """Why a table or a person is not free at a time.

    `booked` are the sittings of that time: table, the two persons, and what to call the sitting.
    """
    found: list[Refused] = []
    for place, one, other, name in booked:
        if place == table:
            found.append(
                EventRefused(
                    "plan.table_taken", N_("第 {table} 桌这个时间已有“{name}”。"),
                    {"table": table, "name": name}, ("table",), N_("请换一桌或换一个时间。"),
                )
            )  # fmt: skip
        if {one, other} & set(persons):
            found.append(
                EventRefused(
                    "plan.person_taken", N_("其中一位这个时间已在“{name}”。"), {"name": name},
                    ("slot",), N_("请换一个时间。"),
                )
            )  # fmt: skip
    return found
