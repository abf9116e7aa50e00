"""A small world: a province, a city, a county, four organisations, one person per role."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import credit_code_with_check
from kechuang.parties.models import (
    Account,
    Appointment,
    Contact,
    Organisation,
    Person,
    Region,
)

SINCE = date(2024, 1, 1)


@dataclass(frozen=True)
class Member:
    """A person with an account and one appointment."""

    person: Person
    account: Account
    appointment: Appointment

    @property
    def actor(self) -> Actor:
        return self.appointment.actor("page")


@dataclass
class World:
    """What the tests stand in; every member is an attribute."""

    province: Region
    city: Region
    county: Region
    other_county: Region
    enterprise: Organisation
    rival: Organisation
    university: Organisation
    institute: Organisation
    members: dict[str, Member] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        members = self.__dict__.get("members", {})
        if name in members:
            return members[name]
        raise AttributeError(name)

    def add(
        self, name: str, role: Role, organisation: Organisation | None = None,
        region: Region | None = None,
    ) -> Member:  # fmt: skip
        """Add a member of the world by role and place."""
        serial = Person.objects.count() + 1
        person = Person.objects.create(
            number=f"RY-2024-{serial:06d}", name=f"{name}-人", organisation=organisation,
            is_demo=True,
        )  # fmt: skip
        Contact.objects.create(person=person, phone="13800000000", email=f"{name}@example.org")
        account = Account.objects.create(username=name, person=person, password="!")
        appointment = Appointment.objects.create(
            person=person, role=role, organisation=organisation, region=region, since=SINCE
        )
        member = Member(person, account, appointment)
        self.members[name] = member
        return member


def region(code: str, name: str, level: str, parent: Region | None = None) -> Region:
    path = f"{parent.path}/{code}" if parent else code
    return Region.objects.create(
        code=code, name=name, level=level, parent=parent, path=path, since=SINCE, is_demo=True
    )


def organisation(serial: int, name: str, kind: str, place: Region, at: datetime) -> Organisation:
    return Organisation.objects.create(
        number=f"DW-2024-{serial:06d}", code=credit_code_with_check(f"91990100MA{serial:07d}"),
        name=name, kind=kind, region=place, region_path=place.path, registered_at=at, is_demo=True,
    )  # fmt: skip


def build_world(at: datetime) -> World:
    """Build the world in the test's transaction."""
    province = region("990000", "示例省", "PROVINCE")
    city = region("990100", "示例市", "CITY", province)
    county = region("990104", "明湖区", "COUNTY", city)
    other = region("990105", "星桥区", "COUNTY", city)
    world = World(
        province, city, county, other,
        enterprise=organisation(1, "示例轴承股份有限公司", "ENTERPRISE", county, at),
        rival=organisation(2, "示例机床有限公司", "ENTERPRISE", other, at),
        university=organisation(3, "示例大学", "UNIVERSITY", city, at),
        institute=organisation(4, "示例材料研究所", "INSTITUTE", city, at),
    )  # fmt: skip
    _people(world)
    return world


def _people(world: World) -> None:
    units = (
        ("filler", Role.FILLER, world.enterprise),
        ("unit_admin", Role.UNIT_ADMIN, world.enterprise),
        ("rival_filler", Role.FILLER, world.rival),
        ("rival_admin", Role.UNIT_ADMIN, world.rival),
        ("member", Role.MEMBER, world.university),
        ("research_admin", Role.UNIT_ADMIN, world.university),
        ("institute_member", Role.MEMBER, world.institute),
        ("institute_admin", Role.UNIT_ADMIN, world.institute),
    )
    for name, role, unit in units:
        world.add(name, role, organisation=unit)
    offices = (
        ("officer_county", Role.OFFICER, world.county),
        ("officer_other_county", Role.OFFICER, world.other_county),
        ("officer", Role.OFFICER, world.city),
        ("officer2", Role.OFFICER, world.city),
        ("officer_province", Role.OFFICER, world.province),
        ("head", Role.HEAD, world.city),
        ("head2", Role.HEAD, world.city),
        ("finance", Role.FINANCE, world.city),
        ("finance2", Role.FINANCE, world.city),
        ("payer", Role.PAYER, world.city),
        ("supervisor", Role.SUPERVISOR, world.city),
    )
    for name, role, place in offices:
        world.add(name, role, region=place)
    world.add("liaison", Role.LIAISON, region=world.city)
    for serial in range(1, 6):
        world.add(f"expert{serial}", Role.EXPERT)
    world.add("operator", Role.OPERATOR)
