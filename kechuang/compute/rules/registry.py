"""What a centre must be registered with, who may use data, and the steps of prices and phases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, Refused
from kechuang.compute.rules.rights import UNIT_ROLES, CentreFacts, may_run_centre

HOURS = 24
PUE_MOST = Decimal(5)
PRICES_WORKING_DAYS = 5
NAMED_MOST = 100
# A phase goes on, or is dropped; what serves goes on serving.
PHASE_STEPS = {
    "PLANNED": ("BUILDING", "SERVING", "DROPPED"), "BUILDING": ("SERVING", "DROPPED"),
    "SERVING": (), "DROPPED": (),
}  # fmt: skip
SECOND_PRICES = N_("由本中心或本地区科技、财务部门的另一人核定，提出的人不能自己核定。")
OWNER_MAY = N_("由数据所属单位的填报人、管理员或团队成员办理。")


class RegistryRefused(Refused):
    """It cannot be registered so, or does not take this step."""


@dataclass(frozen=True)
class DataFacts:
    """What the rights on a data set depend on."""

    organisation: str
    audience: str
    named: frozenset[str]
    is_offered: bool


def may_set_prices(actor: Actor, facts: CentreFacts, asked_by: str) -> bool:
    """A second person: of the centre, or of the offices or the treasury of its region."""
    treasury = actor.is_role(Role.FINANCE) and actor.covers(facts.region_path)
    return (may_run_centre(actor, facts) or treasury) and actor.person != asked_by


def may_keep_links(actor: Actor, one: CentreFacts, other: CentreFacts) -> bool:
    """Whoever runs either end."""
    return may_run_centre(actor, one) or may_run_centre(actor, other)


def may_change_data(actor: Actor, facts: DataFacts) -> bool:
    """Whoever acts for the unit that the data belong to."""
    return actor.is_role(*UNIT_ROLES) and actor.organisation == facts.organisation


def may_use_data(organisation: str, facts: DataFacts) -> bool:
    """Whether a unit's jobs may use a data set.

    >>> named = DataFacts("A", "NAMED", frozenset({"B"}), True)
    >>> may_use_data("B", named), may_use_data("C", named)
    (True, False)
    """
    if not facts.is_offered:
        return False
    if organisation == facts.organisation or facts.audience == "EVERYBODY":
        return True
    return facts.audience == "NAMED" and organisation in facts.named


def problems_with_centre(facts: Mapping[str, Any]) -> Iterator[RegistryRefused]:
    """Every reason why a centre cannot be registered so; `facts` by field."""
    if facts["processors"] <= 0:
        yield RegistryRefused("compute.no_processors", N_("核数须大于零。"), {}, ("processors",))
    if not 1 <= facts["pue"] <= PUE_MOST:
        yield RegistryRefused("compute.pue_range", N_("PUE 须在 1 到 5 之间。"), {}, ("pue",))
    if facts["watts_per_core"] < 0:
        yield RegistryRefused(
            "compute.watts_negative", N_("每核功率不能为负。"), {}, ("watts_per_core",)
        )
    if facts["bandwidth_mb_s"] <= 0:
        yield RegistryRefused(
            "compute.no_bandwidth", N_("带宽须大于零。"), {}, ("bandwidth_mb_s",)
        )
    carbon = facts["carbon_g_per_kwh"]
    if len(carbon) != HOURS or any(one < 0 for one in carbon):
        yield RegistryRefused(
            "compute.carbon_by_hour", N_("碳排须是 1 个或 24 个不为负的数，逐时。"), {},
            ("carbon_g_per_kwh",),
        )  # fmt: skip
    for name in ("capacity_pflops_fp64", "capacity_pflops_fp16"):
        if facts[name] is not None and facts[name] < 0:
            yield RegistryRefused("compute.power_negative", N_("算力不能为负。"), {}, (name,))


def check_unit(is_known: bool) -> None:
    """Refuse a centre that nobody known runs."""
    if not is_known:
        raise RegistryRefused(
            "compute.no_unit", N_("没有这个单位。请先登记单位。"), {}, ("organisation",)
        )


def check_phase_step(state: str, other: str) -> None:
    """Refuse a step back, and one from the end."""
    if other not in PHASE_STEPS[state]:
        raise RegistryRefused(
            "compute.phase_step", N_("这一期不能改成这个状态。"), {}, ("state",),
            N_("投用和取消以后不再改；要改请登记新的一期。"),
        )  # fmt: skip


def check_none_asked(is_asked: bool) -> None:
    """Refuse a second request while one waits."""
    if is_asked:
        raise RegistryRefused(
            "compute.prices_wait", N_("已有一份定价等第二人核定。"), {}, (),
            N_("请先核定或退回那一份。"),
        )  # fmt: skip


def check_prices_wait(state: str) -> None:
    """Refuse to decide on prices twice."""
    if state != "ASKED":
        raise RegistryRefused("compute.prices_decided", N_("这份定价已经办过。"))


def check_link(first: str, second: str) -> None:
    """Refuse a link of a centre with itself."""
    if first == second:
        raise RegistryRefused(
            "compute.link_itself", N_("链路的两端不能是同一个中心。"), {}, ("other",)
        )


def problems_with_data(
    *, size_mb: int, audience: str, named: frozenset[str], unknown: list[str]
) -> Iterator[RegistryRefused]:
    """Every reason why a data set cannot be registered so."""
    if size_mb <= 0:
        yield RegistryRefused("compute.data_size", N_("大小须大于零。"), {}, ("size_mb",))
    if audience == "NAMED" and not named:
        yield RegistryRefused("compute.data_nobody", N_("请写指定的单位。"), {}, ("named",))
    if unknown or len(named) > NAMED_MOST:
        yield RegistryRefused(
            "compute.data_unknown_unit", N_("没有这个单位：{codes}"),
            {"codes": ", ".join(unknown[:5])}, ("named",), N_("请写统一社会信用代码，一行一个。"),
        )  # fmt: skip


def check_data_usable(is_usable: bool) -> None:
    """Refuse a job that names data which its unit may not use."""
    if not is_usable:
        raise RegistryRefused(
            "compute.data_not_yours", N_("没有这个数据集，或本单位不能用。"), {}, ("data_set",)
        )


def begins(since: datetime | None, at: datetime) -> datetime:
    """From when prices that are set at an instant count: never backwards."""
    return at if since is None or since < at else since
