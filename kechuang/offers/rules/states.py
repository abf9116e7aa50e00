"""Where an offer stands and who may move it."""

from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused, require


class OfferRefused(Refused):
    """Something asked of an offer is not done."""


class State(StrEnum):
    DRAFT = "DRAFT"
    UNIT_CHECK = "UNIT_CHECK"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


STATE_NAMES = {
    State.DRAFT: N_("草稿"),
    State.UNIT_CHECK: N_("单位签发中"),
    State.PUBLISHED: N_("已发布"),
    State.WITHDRAWN: N_("已撤回"),
}
STATE_KINDS = {
    State.DRAFT: "now",
    State.UNIT_CHECK: "soon",
    State.PUBLISHED: "ok",
    State.WITHDRAWN: "none",
}
OWNERS = (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What the rules need to know of an offer."""

    number: str
    state: State
    organisation: str
    region_path: str
    filler: str = ""


def is_of_owner(actor: Actor, facts: OfferFacts, *roles: Role) -> bool:
    """True for somebody of the very unit that the offer belongs to."""
    return (
        actor.is_role(*(roles or OWNERS))
        and bool(actor.organisation)
        and actor.organisation == facts.organisation
    )


def may_post(actor: Actor) -> bool:
    return actor.is_role(*OWNERS) and bool(actor.organisation) and actor.is_signed_in


def may_edit(actor: Actor, facts: OfferFacts) -> bool:
    """The unit's people edit its drafts; a team member only their own."""
    if facts.state != State.DRAFT or not is_of_owner(actor, facts):
        return False
    return not actor.is_role(Role.MEMBER) or actor.person == facts.filler


def may_submit(actor: Actor, facts: OfferFacts) -> bool:
    return may_edit(actor, facts)


def may_sign(actor: Actor, facts: OfferFacts) -> bool:
    return facts.state == State.UNIT_CHECK and is_of_owner(actor, facts, Role.UNIT_ADMIN)


def may_return(actor: Actor, facts: OfferFacts) -> bool:
    return may_sign(actor, facts)


def may_withdraw(actor: Actor, facts: OfferFacts) -> bool:
    """The unit's administrator, and before the signature whoever filled it in."""
    if facts.state == State.PUBLISHED:
        return is_of_owner(actor, facts, Role.UNIT_ADMIN)
    if facts.state != State.UNIT_CHECK:
        return False
    own = is_of_owner(actor, facts) and actor.person == facts.filler
    return own or is_of_owner(actor, facts, Role.UNIT_ADMIN)


def may_import(actor: Actor, owner_code: str = "") -> bool:
    """Officers, the command line, and a unit's administrator for the own unit."""
    if actor.is_role(Role.UNIT_ADMIN):
        return bool(actor.organisation) and owner_code == actor.organisation
    return actor.is_role(Role.OFFICER) or actor.via == "command"


WHO_MAY = {
    "post": N_("由高校、院所或企业的填报人、团队成员或单位管理员发布。"),
    "edit": N_("草稿由填写它的人或本单位管理员修改；已发布的，请先撤回再发布新的一条。"),
    "submit": N_("草稿由填写它的人或本单位管理员提交。"),
    "sign": N_("须由本单位的单位管理员签发。"),
    "return": N_("须由本单位的单位管理员退回。"),
    "withdraw": N_("发布前由填写它的人撤回，发布后由本单位管理员撤回。"),
    "import": N_("由科技部门经办、安装者在命令行，或单位管理员为本单位导入。"),
}


def check_may(allowed: bool, verb: str, facts: OfferFacts | None = None) -> None:
    """Raise the refusal that says who may do this, unless it is allowed."""
    if facts is None:
        text, said = N_("您现在不能办这一步。"), {}
    else:
        text = N_("您现在不能办这一步。成果“{number}”的状态是“{state}”。")
        said = {"number": facts.number, "state": STATE_NAMES[facts.state]}
    require(allowed, NotPermitted(f"offer.may_not_{verb}", text, said, (), WHO_MAY[verb]))
