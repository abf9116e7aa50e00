"""Where a need stands, who may move it, and where it goes next."""

from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused, require


class NeedRefused(Refused):
    """Something asked of a need is not done."""


class State(StrEnum):
    """Source: design/procedures.md, "Need"."""

    DRAFT = "DRAFT"
    UNIT_CHECK = "UNIT_CHECK"
    COUNTY_CHECK = "COUNTY_CHECK"
    CITY_CHECK = "CITY_CHECK"
    PROVINCE_CHECK = "PROVINCE_CHECK"
    ACCEPTED = "ACCEPTED"
    CONVERTED = "CONVERTED"
    SOLVED = "SOLVED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"


STATE_NAMES = {
    State.DRAFT: N_("草稿"),
    State.UNIT_CHECK: N_("单位签发中"),
    State.COUNTY_CHECK: N_("县级核实中"),
    State.CITY_CHECK: N_("市级筛选中"),
    State.PROVINCE_CHECK: N_("省级筛选中"),
    State.ACCEPTED: N_("已入库"),
    State.CONVERTED: N_("已转榜单"),
    State.SOLVED: N_("已解决"),
    State.EXPIRED: N_("已失效"),
    State.WITHDRAWN: N_("已撤回"),
    State.MERGED: N_("已并入"),
}
# The shape beside the word: going, waiting for somebody, done, over.
STATE_KINDS = {
    State.DRAFT: "now",
    State.UNIT_CHECK: "soon",
    State.COUNTY_CHECK: "soon",
    State.CITY_CHECK: "soon",
    State.PROVINCE_CHECK: "soon",
    State.ACCEPTED: "ok",
    State.CONVERTED: "ok",
    State.SOLVED: "ok",
    State.EXPIRED: "none",
    State.WITHDRAWN: "none",
    State.MERGED: "none",
}
# Who holds a need that waits, in words that need no look-up.
HOLDER_NAMES = {
    State.DRAFT: N_("单位填报人"),
    State.UNIT_CHECK: N_("单位管理员"),
    State.COUNTY_CHECK: N_("县级科技部门"),
    State.CITY_CHECK: N_("市级科技部门"),
    State.PROVINCE_CHECK: N_("省级科技部门"),
}

OFFICE_CHECKS = (State.COUNTY_CHECK, State.CITY_CHECK, State.PROVINCE_CHECK)
CHECKS = (State.UNIT_CHECK, *OFFICE_CHECKS)
LIVE = (*CHECKS, State.ACCEPTED)
ENDED = (State.CONVERTED, State.SOLVED, State.EXPIRED, State.WITHDRAWN, State.MERGED)
# What the public may come to see, as far as the owner agreed.
PUBLIC_STATES = (State.ACCEPTED, State.CONVERTED, State.SOLVED)
MERGE_TARGETS = (*OFFICE_CHECKS, State.ACCEPTED, State.CONVERTED)
OWNERS = (Role.FILLER, Role.UNIT_ADMIN)
ROOM_TO_LEAVE = (*LIVE, State.DRAFT)


class Level(StrEnum):
    COUNTY = "COUNTY"
    CITY = "CITY"
    PROVINCE = "PROVINCE"


CHECK_LEVELS = {
    State.COUNTY_CHECK: Level.COUNTY,
    State.CITY_CHECK: Level.CITY,
    State.PROVINCE_CHECK: Level.PROVINCE,
}


def level_of(region_path: str) -> Level:
    """The level of the last code on a path of administrative codes.

    >>> level_of("990000/990100/990104"), level_of("990000/990100"), level_of("990000")
    (<Level.COUNTY: 'COUNTY'>, <Level.CITY: 'CITY'>, <Level.PROVINCE: 'PROVINCE'>)
    """
    code = region_path.rsplit("/", 1)[-1]
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if code.endswith("00") else Level.COUNTY


def check_region(state: str, region_path: str) -> str:
    """The region whose office holds this check, as a path.

    >>> check_region("CITY_CHECK", "990000/990100/990104")
    '990000/990100'
    """
    level = CHECK_LEVELS[State(state)]
    parts = region_path.split("/")
    for size in range(len(parts), 0, -1):
        path = "/".join(parts[:size])
        if level_of(path) == level:
            return path
    return region_path


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What the rules need to know of a need."""

    number: str
    state: State
    organisation: str
    region_path: str
    publication: str = ""
    filler: str = ""
    returned_by: str = ""
    title: str = ""


def after_sign(facts: NeedFacts) -> State:
    """The step after the unit's signature: the one that returned it, else the lowest office.

    >>> after_sign(NeedFacts("", State.UNIT_CHECK, "", "990000/990100"))
    <State.CITY_CHECK: 'CITY_CHECK'>
    """
    if facts.returned_by in OFFICE_CHECKS:
        return State(facts.returned_by)
    level = level_of(facts.region_path)
    return {
        Level.COUNTY: State.COUNTY_CHECK,
        Level.CITY: State.CITY_CHECK,
        Level.PROVINCE: State.PROVINCE_CHECK,
    }[level]


def after_pass(state: State, upward: bool) -> State:
    """The step after an office passes a need; only the city chooses whether the province looks."""
    if state == State.COUNTY_CHECK:
        return State.CITY_CHECK
    return State.PROVINCE_CHECK if state == State.CITY_CHECK and upward else State.ACCEPTED


def _is_owner(actor: Actor, facts: NeedFacts, *roles: Role) -> bool:
    wanted = roles or OWNERS
    return (
        actor.is_role(*wanted)
        and bool(actor.organisation)
        and actor.organisation == facts.organisation
    )


def may_post(actor: Actor) -> bool:
    return actor.is_role(*OWNERS) and bool(actor.organisation) and actor.is_signed_in


def may_edit(actor: Actor, facts: NeedFacts) -> bool:
    return facts.state == State.DRAFT and _is_owner(actor, facts)


def may_submit(actor: Actor, facts: NeedFacts) -> bool:
    return may_edit(actor, facts)


def may_sign(actor: Actor, facts: NeedFacts) -> bool:
    return facts.state == State.UNIT_CHECK and _is_owner(actor, facts, Role.UNIT_ADMIN)


def holds_check(actor: Actor, facts: NeedFacts) -> bool:
    """True for an officer of the very level and region that the need waits at."""
    return (
        facts.state in OFFICE_CHECKS
        and actor.is_role(Role.OFFICER)
        and actor.region == check_region(facts.state, facts.region_path)
    )


def may_pass(actor: Actor, facts: NeedFacts) -> bool:
    return holds_check(actor, facts)


def may_return(actor: Actor, facts: NeedFacts) -> bool:
    return may_sign(actor, facts) or holds_check(actor, facts)


def may_merge(actor: Actor, facts: NeedFacts) -> bool:
    return holds_check(actor, facts)


def is_over(actor: Actor, facts: NeedFacts) -> bool:
    """Offices and liaisons over the need's region; a liaison of one unit, over its needs."""
    if actor.serves_one_unit:
        return actor.organisation == facts.organisation
    return actor.is_role(Role.OFFICER, Role.HEAD, Role.LIAISON) and actor.covers(facts.region_path)


def may_see_similar(actor: Actor, facts: NeedFacts) -> bool:
    return is_over(actor, facts)


def may_withdraw(actor: Actor, facts: NeedFacts) -> bool:
    """The unit's administrator always; the filler only before the unit signed."""
    if facts.state not in ROOM_TO_LEAVE:
        return False
    if _is_owner(actor, facts, Role.UNIT_ADMIN):
        return True
    return facts.state in (State.DRAFT, State.UNIT_CHECK) and _is_owner(actor, facts, Role.FILLER)


def may_reconfirm(actor: Actor, facts: NeedFacts) -> bool:
    return facts.state == State.ACCEPTED and _is_owner(actor, facts)


def may_solve(actor: Actor, facts: NeedFacts) -> bool:
    """Its owner, or an officer over its region, says that an accepted need is solved."""
    officer = actor.is_role(Role.OFFICER) and actor.covers(facts.region_path)
    return facts.state in (State.ACCEPTED, State.CONVERTED) and (
        officer or _is_owner(actor, facts) or actor.is_role(Role.CLOCK)
    )


def may_convert(actor: Actor, facts: NeedFacts) -> bool:
    """An officer over the need's region; a head authorises what an officer drafted."""
    return facts.state == State.ACCEPTED and (
        actor.is_role(Role.OFFICER) and actor.covers(facts.region_path)
    )


def may_disclose(actor: Actor, facts: NeedFacts) -> bool:
    """Those who introduce: liaisons and officers over the region, the owner, the clock."""
    return facts.state != State.DRAFT and (
        is_over(actor, facts) or _is_owner(actor, facts) or actor.is_role(Role.CLOCK)
    )


def may_import(actor: Actor) -> bool:
    """Officers for their region, and the command line of the installation."""
    return actor.is_role(Role.OFFICER) or actor.via == "command"


WHO_MAY = {
    "post": N_("由单位填报人或单位管理员发布。"),
    "edit": N_("草稿由本单位的填报人或管理员填写；已提交的，请先请办理人退回。"),
    "submit": N_("草稿由本单位的填报人或管理员提交。"),
    "sign": N_("须由本单位的单位管理员签发。"),
    "return": N_("只有正在办理的一方能退回：单位管理员，或该级科技部门的经办。"),
    "pass": N_("只有正在办理的那一级科技部门的经办能通过。"),
    "merge": N_("只有正在办理的那一级科技部门的经办能合并。"),
    "withdraw": N_("签发前由填报人或单位管理员撤回，签发后由单位管理员撤回。"),
    "reconfirm": N_("已入库的需求由本单位再确认。"),
    "solve": N_("已入库的需求由本单位或本地区科技部门办结。"),
    "convert": N_("已入库的需求由本地区科技部门转为榜单。"),
    "disclose": N_("由本地区的联络员、科技部门或本单位开放。"),
    "import": N_("由科技部门经办或安装者在命令行导入。"),
}


NOT_FOUND = N_("没有编号为“{number}”的需求，或您不能看。")
NO_UPLOAD = N_("没有这份已传完的文件。")


def check_may(allowed: bool, verb: str, facts: NeedFacts | None = None) -> None:
    """Raise the refusal that says who may do this, unless it is allowed."""
    state = STATE_NAMES[facts.state] if facts else ""
    text = N_("您现在不能办这一步。需求“{number}”的状态是“{state}”。")
    require(
        allowed,
        NotPermitted(
            f"need.may_not_{verb}",
            text if facts else N_("您现在不能办这一步。"),
            {"number": facts.number, "state": state} if facts else {},
            (),
            WHO_MAY[verb],
        ),
    )


def check_merge(facts: NeedFacts, into: NeedFacts) -> None:
    """Refuse a merge of a need into itself or into one that is over."""
    if facts.number == into.number:
        raise NeedRefused(
            "need.merge_into_itself",
            N_("不能合并。需求“{number}”不能并入自己。"),
            {"number": facts.number},
            ("into",),
            N_("请选另一条需求。"),
        )
    if into.state not in MERGE_TARGETS:
        raise NeedRefused(
            "need.merge_into_ended",
            N_("不能合并。“{number}”的状态是“{state}”，不再接收合并。"),
            {"number": into.number, "state": STATE_NAMES[into.state]},
            ("into",),
            N_("请选正在筛选、已入库或已转榜单的需求。"),
        )
