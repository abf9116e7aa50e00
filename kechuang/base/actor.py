"""Who acts: a frozen value taken by the door, carried by every action and every read."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from kechuang.base.refusals import N_


class Role(StrEnum):
    """The one list of roles; codes go into tokens, the rights matrix and the record.

    Source: design/procedures.md, "Roles, one list"
    """

    PUBLIC = "PUBLIC"
    FILLER = "FILLER"
    UNIT_ADMIN = "UNIT_ADMIN"
    MEMBER = "MEMBER"
    EXPERT = "EXPERT"
    LIAISON = "LIAISON"
    OFFICER = "OFFICER"
    HEAD = "HEAD"
    FINANCE = "FINANCE"
    PAYER = "PAYER"
    SUPERVISOR = "SUPERVISOR"
    OPERATOR = "OPERATOR"
    CENTRE = "CENTRE"
    SECRETARY = "SECRETARY"
    CHAIR = "CHAIR"
    CUSTODIAN = "CUSTODIAN"
    DRAW_OPERATOR = "DRAW_OPERATOR"
    ISSUER = "ISSUER"
    CLOCK = "CLOCK"


ROLE_NAMES = {
    Role.PUBLIC: N_("公众"),
    Role.FILLER: N_("单位填报人"),
    Role.UNIT_ADMIN: N_("单位管理员"),
    Role.MEMBER: N_("团队成员"),
    Role.EXPERT: N_("专家"),
    Role.LIAISON: N_("联络员"),
    Role.OFFICER: N_("科技局经办"),
    Role.HEAD: N_("部门负责人"),
    Role.FINANCE: N_("财务审核人"),
    Role.PAYER: N_("拨付人"),
    Role.SUPERVISOR: N_("监督"),
    Role.OPERATOR: N_("平台管理员"),
    Role.CENTRE: N_("中心管理员"),
    Role.SECRETARY: N_("秘书"),
    Role.CHAIR: N_("组长"),
    Role.CUSTODIAN: N_("保管人"),
    Role.DRAW_OPERATOR: N_("抽取人"),
    Role.ISSUER: N_("出题方"),
    Role.CLOCK: N_("时钟"),
}

# Held as a dated appointment; the other roles are given per challenge or panel, or to nobody.
ORGANISATION_ROLES = frozenset({Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER, Role.CENTRE})
REGION_ROLES = frozenset({Role.OFFICER, Role.HEAD, Role.FINANCE, Role.PAYER, Role.SUPERVISOR})
PERSON_ROLES = frozenset({Role.EXPERT, Role.LIAISON, Role.OPERATOR})
APPOINTED_ROLES = ORGANISATION_ROLES | REGION_ROLES | PERSON_ROLES
# Sign-in of these roles needs a second factor.
SECOND_FACTOR_ROLES = REGION_ROLES | {Role.OPERATOR}


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in one appointment, at one door.

    `person` and `appointment` are numbers, `organisation` is the credit code of the organisation
    that the appointment is in, `region` is a path of region codes from the top
    ("990000/990100/990104"); each is empty where there is none. `via` is page, api, job or command.
    """

    person: str = ""
    appointment: str = ""
    role: Role = Role.PUBLIC
    organisation: str = ""
    region: str = ""
    via: str = "page"

    PUBLIC: ClassVar["Actor"]
    CLOCK: ClassVar["Actor"]

    @property
    def is_signed_in(self) -> bool:
        return bool(self.person)

    def is_role(self, *roles: Role) -> bool:
        return self.role in roles

    @property
    def serves_one_unit(self) -> bool:
        """A liaison appointed by an organisation, not by a region (decision 010)."""
        return self.role == Role.LIAISON and bool(self.organisation)

    def covers(self, region_path: str) -> bool:
        """True where the region lies in this actor's subtree: whole segments, never a prefix.

        >>> Actor(region="990000/990100").covers("990000/990100/990104")
        True
        >>> Actor(region="990000/9901").covers("990000/990100")
        False
        >>> Actor().covers("990000")
        False
        """
        if not self.region:
            return False
        return region_path == self.region or region_path.startswith(self.region + "/")

    def replace_via(self, via: str) -> "Actor":
        return replace(self, via=via)


Actor.PUBLIC = Actor()
Actor.CLOCK = Actor(role=Role.CLOCK, via="job")
