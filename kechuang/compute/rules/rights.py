"""Who may do what with centres, allocations, jobs and statements."""

from dataclasses import dataclass

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted

UNIT_ROLES = (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)
OFFICE_ROLES = (Role.OFFICER, Role.HEAD)
UNIT_MAY = N_("由使用单位的填报人、管理员或团队成员办理。")
OFFICE_MAY = N_("由本地区科技部门的经办人或负责人办理，且不是申请人本人。")
CENTRE_MAY = N_("由这个中心的管理员办理。")
SECOND_MAY = N_("由本地区科技部门的另一人办理，提出的人不能自己批准。")


@dataclass(frozen=True)
class CentreFacts:
    """What the rights on a centre depend on: its organisation's code and its region."""

    organisation: str
    region_path: str


@dataclass(frozen=True)
class Facts:
    """What the rights on an allocation, a job or a statement depend on."""

    organisation: str
    region_path: str
    asked_by: str = ""
    centre_organisation: str = ""


def may_register_centre(actor: Actor, region_path: str) -> bool:
    """The office of the region that the centre lies in."""
    return actor.is_role(*OFFICE_ROLES) and actor.covers(region_path)


def may_run_centre(actor: Actor, facts: CentreFacts) -> bool:
    """The centre's own operator, or the office of its region."""
    is_own = actor.is_role(Role.CENTRE) and actor.organisation == facts.organisation
    return is_own or may_register_centre(actor, facts.region_path)


def may_ask(actor: Actor) -> bool:
    """Whoever acts for a unit asks for an allocation of it, or for a job."""
    return actor.is_role(*UNIT_ROLES) and bool(actor.organisation)


def may_review(actor: Actor, facts: Facts) -> bool:
    """The region's office; never who asked."""
    return (
        actor.is_role(*OFFICE_ROLES)
        and actor.covers(facts.region_path)
        and actor.person != facts.asked_by
    )


def may_use(actor: Actor, facts: Facts) -> bool:
    """Whoever acts for the unit that an allocation or a job belongs to."""
    return may_ask(actor) and actor.organisation == facts.organisation


def may_see_allocation(actor: Actor, facts: Facts) -> bool:
    """The unit, and the region's offices and supervisor; not the centre that runs its jobs."""
    offices = (*OFFICE_ROLES, Role.FINANCE, Role.SUPERVISOR)
    return may_use(actor, facts) or (actor.is_role(*offices) and actor.covers(facts.region_path))


def may_see(actor: Actor, facts: Facts) -> bool:
    """The unit, the centre that runs it, the region's offices and supervisor."""
    if not actor.is_signed_in:
        return False
    is_own_centre = actor.organisation == facts.centre_organisation != ""
    return is_own_centre or may_see_allocation(actor, facts)


def may_read_content(actor: Actor, facts: Facts) -> bool:
    """Scripts, logs and results are the unit's own business."""
    return may_use(actor, facts)


def may_adjust(actor: Actor, facts: Facts, asked_by: str) -> bool:
    """A second person of the region's offices."""
    return (
        actor.is_role(*OFFICE_ROLES, Role.FINANCE)
        and actor.covers(facts.region_path)
        and actor.person != asked_by
    )


def not_permitted(way_on: str) -> NotPermitted:
    return NotPermitted(
        "compute.not_permitted", N_("不能办理。以您现在的身份无权办这一步。"), way_on=way_on
    )
