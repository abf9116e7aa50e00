"""Regions, organisations, people: who the demonstration is played by."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import credit_code_with_check
from kechuang.parties import actions
from kechuang.parties.models import Appointment, Organisation, Person, Region
from kechuang.site.demo import texts
from kechuang.site.demo.texts import Clock

PASSWORD = "kechuang-demo"
OPERATOR = Actor(role=Role.OPERATOR, via="command")
CITY = "990100"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
GIVEN = "安博晨丹恩芳歌涵嘉凯岚敏宁沛琪睿思彤薇欣妍哲卓远航宇轩铭泽川岳松柏云帆"
KINDS = (
    ("ENTERPRISE", 92), ("UNIVERSITY", 1), ("INSTITUTE", 3), ("NEW_RND", 2), ("SERVICE", 2),
)  # fmt: skip
FORMS = {"UNIVERSITY": "学院", "INSTITUTE": "研究所", "NEW_RND": "产业技术研究院",
         "SERVICE": "技术服务中心"}  # fmt: skip


RESEARCH = (Role.UNIT_ADMIN, Role.MEMBER)
ACTING = {
    "ENTERPRISE": (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER), "UNIVERSITY": RESEARCH,
    "INSTITUTE": RESEARCH, "NEW_RND": RESEARCH, "HOSPITAL": RESEARCH,
}  # fmt: skip


@dataclass
class Cast:
    """Everybody by name; actors by sign-in name or by unit and role."""

    clock: Clock
    random: random.Random
    regions: dict[str, Region] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    everyone: list[Organisation] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    seats: dict[str, Appointment] = field(default_factory=dict)
    by_unit: dict[tuple[str, str], Appointment] = field(default_factory=dict)
    names: Iterator[str] = field(default_factory=lambda: iter(()))

    @property
    def city(self) -> Region:
        return self.regions[CITY]

    def actor(self, username: str) -> Actor:
        return self.seats[username].actor("command")

    def person(self, username: str) -> Person:
        return self.seats[username].person

    def username_of(self, person: Person) -> str:
        return next(name for name, seat in self.seats.items() if seat.person_id == person.pk)

    def unit_actor(self, name: str, role: Role) -> Actor:
        return self.by_unit[name, role].actor("command")

    def unit_person(self, name: str, role: Role) -> Person:
        return self.by_unit[name, role].person

    def owners(self, *kinds: str) -> list[Organisation]:
        return [one for one in self.everyone if one.kind in kinds]


def gather(clock: Clock, seed: random.Random, count: int) -> Cast:
    """Enter regions, `count` organisations and the cast."""
    cast = Cast(clock, seed)
    cast.names = _names(seed)
    _regions(cast)
    _organisations(cast, count)
    _people(cast)
    return cast


def _names(seed: random.Random) -> Iterator[str]:
    given = ["".join(pair) for pair in itertools.permutations(GIVEN, 2)]
    while True:
        yield seed.choice(SURNAMES) + seed.choice(given)


def _regions(cast: Cast) -> None:
    demo = [
        {"code": row["code"], "name": row["name"], "name_en": row["name_en"],
         "level": row["level"], "parent": row["parent"], "is_demo": True,
         "tile_x": int(row["tile_x"]) if row["tile_x"] else None,
         "tile_y": int(row["tile_y"]) if row["tile_y"] else None}
        for row in texts.rows("regions.csv")
    ]  # fmt: skip
    areas = sorted(texts.rows("areas.csv"), key=lambda row: LEVELS.index(row["level"]))
    cast.regions = actions.enter_regions(
        rows=[*demo, *areas], by=OPERATOR, at=cast.clock.at(-900)
    )


LEVELS = ("PROVINCE", "CITY", "COUNTY")


def _organisations(cast: Cast, count: int) -> None:
    named = [row for row in texts.rows("organisations.csv") if row["part"] == "named"]
    rows = [
        {"name": row["text"], "kind": row["kind"], "region": cast.regions[row["region"]],
         "chain": row["chain"]}
        for row in named
    ]  # fmt: skip
    rows += itertools.islice(further(cast, cast.random), max(count - len(rows), 0))
    for serial, row in enumerate(rows, 1):
        row["code"] = credit_code_with_check(f"91990100MA{serial:07d}")
        row["is_demo"] = True
        row["sort_key"] = f"{serial:06d}"
        row["above_designated_size"] = row["kind"] == "ENTERPRISE" and serial % 4 == 0
        row["registered_at"] = cast.clock.at(-(30 + serial % 700))
    cast.everyone = actions.register_organisations(
        rows=rows, by=OPERATOR, at=cast.clock.at(-899)
    )
    cast.organisations = {one.name: one for one in cast.everyone}


def further(cast: Cast, seed: random.Random) -> Iterator[dict[str, Any]]:
    """Distinct names made of stem, field and form, each begun with 示例, in a fixed order."""
    parts: dict[str, list[dict[str, str]]] = {}
    for row in texts.rows("organisations.csv"):
        parts.setdefault(row["part"], []).append(row)
    counties = [one for one in cast.regions.values() if one.level == "COUNTY" and one.is_demo]
    counties.sort(key=lambda one: one.code)
    weights = [3, 5, 2, 7, 2, 2, 3, 3, 2, 1, 1, 1]
    kinds, shares = [kind for kind, _ in KINDS], [share for _, share in KINDS]
    for form, stem, field_ in itertools.product(
        parts["form"], parts["stem"], _turned(parts["field"])
    ):
        kind = seed.choices(kinds, shares)[0]
        ending = form["text"] if kind == "ENTERPRISE" else FORMS[kind]
        yield {
            "name": f"示例{stem['text']}{field_['text']}{ending}"
            + ("" if kind == "ENTERPRISE" or form is parts["form"][0] else form["text"][:2]),
            "kind": kind, "chain": field_["chain"],
            "region": seed.choices(counties, weights)[0],
        }  # fmt: skip


def _turned(fields: list[dict[str, str]]) -> list[dict[str, str]]:
    """Fields so ordered that all chains come early, not one chain after another."""
    return [one for start in range(7) for one in fields[start::7]]


def _people(cast: Cast) -> None:
    """Enter the cast, and for every acting unit and county somebody to act, all at once."""
    rows = [*_cast_rows(cast), *_unit_rows(cast), *_county_rows(cast)]
    seats = actions.register_people(
        rows=rows, since=cast.clock.day - timedelta(days=880), by=OPERATOR,
        at=cast.clock.at(-880),
    )  # fmt: skip
    for row, seat in zip(rows, seats, strict=True):
        cast.seats[row["username"]] = seat
        cast.people[seat.person.name] = seat.person
        if seat.organisation is not None:
            cast.by_unit.setdefault((seat.organisation.name, Role(seat.role)), seat)


def _cast_rows(cast: Cast) -> list[dict[str, Any]]:
    encoded = make_password(PASSWORD)
    return [
        {
            "name": row["name"], "name_en": row["name_en"], "title": row["title"],
            "organisation": cast.organisations[row["organisation"]], "role": Role(row["role"]),
            "region": cast.regions.get(row["region"]), "username": row["username"],
            "fields_of_work": [one for one in row["fields"].split(";") if one],
            "encoded": encoded, "is_demo": True,
        }
        for row in texts.rows("people.csv")
    ]  # fmt: skip


def _unit_rows(cast: Cast) -> Iterator[dict[str, Any]]:
    """Every named unit that asks or offers has somebody to sign and to lead, enterprises also one
    to fill in. They have no password: one comes to them by the switch of the demonstration.
    """
    held = {(row["organisation"], row["role"]) for row in texts.rows("people.csv")}
    named = [row for row in texts.rows("organisations.csv") if row["part"] == "named"]
    for place, row in enumerate(named):
        for role in ACTING.get(row["kind"], ()):
            if (row["text"], role.value) not in held:
                username = f"unit{place:02d}-{role.value.lower().replace('_', '-')}"
                yield {
                    "name": next(cast.names), "organisation": cast.organisations[row["text"]],
                    "role": role, "username": username, "is_demo": True,
                }  # fmt: skip


def _county_rows(cast: Cast) -> Iterator[dict[str, Any]]:
    office = cast.organisations["示例市科学技术局"]
    held = {row["region"] for row in texts.rows("people.csv")}
    for code, region in sorted(cast.regions.items()):
        if region.is_demo and region.level == "COUNTY" and code not in held:
            yield {
                "name": next(cast.names), "organisation": office, "role": Role.OFFICER,
                "region": region, "username": f"county{code}", "is_demo": True,
            }  # fmt: skip
