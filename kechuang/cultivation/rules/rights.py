"""Who reads what is known of an enterprise, who enters it, who checks it."""

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused, require

READERS = (Role.OFFICER, Role.HEAD, Role.FINANCE, Role.SUPERVISOR)
UNIT_READERS = (Role.FILLER, Role.UNIT_ADMIN)
WHO_MAY = {
    "read": N_("企业数据由本企业的填报人、管理员和所在地区的科技部门查看。"),
    "import": N_("请由科技局经办导入本地区的数据。"),
    "declare": N_("年度数据由本单位的填报人或管理员填报。"),
    "check": N_("由企业所在地区的科技局经办核实。"),
    "visit": N_("由企业所在地区的科技局经办登记走访。"),
    "recompute": N_("由科技局经办重算，或等今晚自动重算。"),
}


class CultivationRefused(Refused):
    """What cannot be done with an enterprise's data or tiers."""


def may_list(actor: Actor) -> bool:
    """Officials read the enterprises of their region."""
    return actor.is_role(*READERS) and bool(actor.region)


def may_read(actor: Actor, organisation_code: str, region_path: str) -> bool:
    """The enterprise's own people, and officials of its region."""
    if actor.is_role(*UNIT_READERS):
        return bool(actor.organisation) and actor.organisation == organisation_code
    return may_list(actor) and actor.covers(region_path)


def may_import(actor: Actor) -> bool:
    """Officers for their region, and the command line of the installation."""
    return (actor.is_role(Role.OFFICER) and bool(actor.region)) or actor.via == "command"


def may_declare(actor: Actor, organisation_code: str) -> bool:
    return actor.is_role(*UNIT_READERS) and actor.organisation == organisation_code != ""


def may_check(actor: Actor, region_path: str) -> bool:
    return actor.is_role(Role.OFFICER) and actor.covers(region_path)


def may_visit(actor: Actor, region_path: str) -> bool:
    return actor.is_role(Role.OFFICER) and actor.covers(region_path)


def check_may(allowed: bool, verb: str) -> None:
    """Refuse an act on cultivation for want of right (NotPermitted)."""
    require(
        allowed,
        NotPermitted(f"cultivation.may_not_{verb}", N_("您不能办这一项。"), {}, (), WHO_MAY[verb]),
    )
