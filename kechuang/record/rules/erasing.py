"""Erasing what an entry says: by two people, for a ground of the law; the proof stays.

Source: design/engines/fairness.md, "Log"
"""

from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused, require

REASON_LEAST, REASON_MAX = 10, 500
DAYS = 5  # working days within which somebody else decides
ASK, ERASE, REFUSE = "record.ask_erasure", "record.erase", "record.refuse_erasure"


class ErasureRefused(Refused):
    """The payload of an entry is not erased."""


class Ground(StrEnum):
    CONSENT = "CONSENT"
    PURPOSE = "PURPOSE"
    UNLAWFUL = "UNLAWFUL"
    ORDER = "ORDER"


GROUND_NAMES = {
    Ground.CONSENT: N_("个人撤回同意（个人信息保护法第四十七条）"),
    Ground.PURPOSE: N_("处理目的已实现或不再必要（个人信息保护法第四十七条）"),
    Ground.UNLAWFUL: N_("违反法律或约定处理了个人信息（个人信息保护法第四十七条）"),
    Ground.ORDER: N_("法院或监管机关的决定"),
}


class State(StrEnum):
    ASKED = "ASKED"
    ERASED = "ERASED"
    REFUSED = "REFUSED"


STATE_NAMES = {
    State.ASKED: N_("待另一人批准"),
    State.ERASED: N_("已删除"),
    State.REFUSED: N_("不予删除"),
}


def may_ask(actor: Actor) -> bool:
    """An officer or a head asks."""
    return actor.is_role(Role.OFFICER, Role.HEAD) and bool(actor.region)


def may_decide(actor: Actor, region_path: str, asked_by: str) -> bool:
    """A head of the region, who is not the one that asked, decides."""
    return (
        actor.is_role(Role.HEAD) and actor.covers(region_path) and actor.person != asked_by
    )


def require_asking(actor: Actor, entry_region: str) -> None:
    right = may_ask(actor) and (not entry_region or actor.covers(entry_region))
    require(right, NotPermitted(
        "record.may_not_ask_erasure", N_("只有本地区的经办或部门负责人能申请删除。")))


def require_deciding(actor: Actor, region_path: str, asked_by: str) -> None:
    require(actor.person != asked_by, ErasureRefused(
        "record.same_person", N_("申请的人不能自己批准。"), {}, (),
        N_("请另一位部门负责人办。")))
    require(may_decide(actor, region_path, asked_by), NotPermitted(
        "record.may_not_decide_erasure", N_("只有本地区的部门负责人能批准删除。")))


def check_reason(reason: str) -> None:
    require(REASON_LEAST <= len(reason.strip()) <= REASON_MAX, ErasureRefused(
        "record.no_reason", N_("理由须写 {least} 至 {most} 字。"),
        {"least": REASON_LEAST, "most": REASON_MAX}, ("reason",)))


def check_erasable(verb: str, is_there: bool, is_asked: bool) -> None:
    """Something is there to erase, nobody asked before, and it is not about an erasure itself."""
    require(verb not in (ASK, ERASE, REFUSE), ErasureRefused(
        "record.about_erasing", N_("关于删除的条目本身不能删除。"), {}, ("entry",)))
    require(is_there, ErasureRefused(
        "record.nothing_to_erase", N_("这一条没有内容，或内容已经删除。"), {}, ("entry",)))
    require(not is_asked, ErasureRefused(
        "record.asked_already", N_("这一条已有人申请删除，等另一人批准。"), {}, ("entry",)))


def check_waiting(state: str) -> None:
    require(state == State.ASKED, ErasureRefused(
        "record.decided_already", N_("这份申请已经办结。"), {}, ()))
