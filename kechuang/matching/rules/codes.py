"""The codes of matching, each with its Chinese name: verdicts, states, reasons, contacts."""

from enum import StrEnum

from kechuang.base.refusals import N_


class Choice(StrEnum):
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


CHOICE_NAMES = {Choice.ACCEPT: N_("推荐对接"), Choice.REJECT: N_("不合适")}
CHOICE_KINDS = {Choice.ACCEPT: "ok", Choice.REJECT: "bad"}


class Reason(StrEnum):
    """Why a match fits or does not; codes, so that they can be counted and learnt from."""

    TARGETS_MET = "TARGETS_MET"
    NEAR_ENOUGH = "NEAR_ENOUGH"
    SAME_USE = "SAME_USE"
    PROVEN_TEAM = "PROVEN_TEAM"
    TARGET_MISSED = "TARGET_MISSED"
    OTHER_FIELD = "OTHER_FIELD"
    TOO_EARLY = "TOO_EARLY"
    TOO_DEAR = "TOO_DEAR"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    PRICE_NOT_STATED = "PRICE_NOT_STATED"
    UNPROVEN = "UNPROVEN"
    UNCLEAR_TITLE = "UNCLEAR_TITLE"
    OTHER = "OTHER"


REASON_NAMES = {
    Reason.TARGETS_MET: N_("指标达到"),
    Reason.NEAR_ENOUGH: N_("指标接近，可联合攻关"),
    Reason.SAME_USE: N_("应用场景相同"),
    Reason.PROVEN_TEAM: N_("团队做过同类"),
    Reason.TARGET_MISSED: N_("指标达不到"),
    Reason.OTHER_FIELD: N_("不是一回事"),
    Reason.TOO_EARLY: N_("成熟度不够"),
    Reason.TOO_DEAR: N_("成本过高"),
    Reason.NOT_AVAILABLE: N_("成果已独占或团队无力承接"),
    Reason.PRICE_NOT_STATED: N_("价格或许可条件没有写明"),
    Reason.UNPROVEN: N_("没有第三方检测或应用证明"),
    Reason.UNCLEAR_TITLE: N_("权属没有写明"),
    Reason.OTHER: N_("其他"),
}
REASONS_TO = {
    Choice.ACCEPT: (
        Reason.TARGETS_MET,
        Reason.NEAR_ENOUGH,
        Reason.SAME_USE,
        Reason.PROVEN_TEAM,
        Reason.OTHER,
    ),
    Choice.REJECT: (
        Reason.TARGET_MISSED,
        Reason.OTHER_FIELD,
        Reason.TOO_EARLY,
        Reason.TOO_DEAR,
        Reason.NOT_AVAILABLE,
        Reason.PRICE_NOT_STATED,
        Reason.UNPROVEN,
        Reason.UNCLEAR_TITLE,
        Reason.OTHER,
    ),
}


class State(StrEnum):
    SUGGESTED = "SUGGESTED"
    CONTACTED = "CONTACTED"
    MEETING = "MEETING"
    INTENT = "INTENT"
    SIGNED = "SIGNED"
    LANDED = "LANDED"
    ENDED = "ENDED"


STATE_NAMES = {
    State.SUGGESTED: N_("已引荐"),
    State.CONTACTED: N_("已联系"),
    State.MEETING: N_("已见面"),
    State.INTENT: N_("有意向"),
    State.SIGNED: N_("已签约"),
    State.LANDED: N_("已落地"),
    State.ENDED: N_("已结束"),
}
STATE_KINDS = {
    State.SUGGESTED: "now",
    State.CONTACTED: "now",
    State.MEETING: "now",
    State.INTENT: "now",
    State.SIGNED: "ok",
    State.LANDED: "ok",
    State.ENDED: "none",
}
ROAD = (
    State.SUGGESTED,
    State.CONTACTED,
    State.MEETING,
    State.INTENT,
    State.SIGNED,
    State.LANDED,
)
OPEN = ROAD[:-1]  # still worked on; a signed one until it lands


class EndReason(StrEnum):
    NEED_DECLINED = "NEED_DECLINED"
    OFFER_DECLINED = "OFFER_DECLINED"
    NO_REPLY = "NO_REPLY"
    TERMS = "TERMS"
    TARGETS = "TARGETS"
    FOUND_ELSEWHERE = "FOUND_ELSEWHERE"
    PRICE_NOT_STATED = "PRICE_NOT_STATED"
    UNPROVEN = "UNPROVEN"
    UNCLEAR_TITLE = "UNCLEAR_TITLE"
    TOO_EARLY = "TOO_EARLY"
    OTHER = "OTHER"


END_REASON_NAMES = {
    EndReason.NEED_DECLINED: N_("需求方不继续"),
    EndReason.OFFER_DECLINED: N_("成果方不继续"),
    EndReason.NO_REPLY: N_("多次联系无答复"),
    EndReason.TERMS: N_("价格或条件谈不拢"),
    EndReason.TARGETS: N_("试验后指标达不到"),
    EndReason.FOUND_ELSEWHERE: N_("另有解决办法"),
    EndReason.PRICE_NOT_STATED: N_("价格或许可条件没有写明"),
    EndReason.UNPROVEN: N_("没有第三方检测或应用证明"),
    EndReason.UNCLEAR_TITLE: N_("权属没有写明"),
    EndReason.TOO_EARLY: N_("成熟度不够"),
    EndReason.OTHER: N_("其他"),
}


class ContactKind(StrEnum):
    PHONE = "PHONE"
    MESSAGE = "MESSAGE"
    VISIT = "VISIT"
    MEETING = "MEETING"
    EVENT = "EVENT"


CONTACT_NAMES = {
    ContactKind.PHONE: N_("电话"),
    ContactKind.MESSAGE: N_("书面"),
    ContactKind.VISIT: N_("走访"),
    ContactKind.MEETING: N_("三方见面"),
    ContactKind.EVENT: N_("供需对接会"),
}


class Answer(StrEnum):
    YES = "YES"
    NO = "NO"


ANSWER_NAMES = {Answer.YES: N_("愿意接触"), Answer.NO: N_("不接触")}


class Audience(StrEnum):
    """Who reads an entry of the log beside the desk."""

    DESK = "DESK"
    NEED = "NEED"
    OFFER = "OFFER"
    BOTH = "BOTH"


AUDIENCE_NAMES = {
    Audience.DESK: N_("只给联络员和科技部门"),
    Audience.NEED: N_("也给需求方"),
    Audience.OFFER: N_("也给成果方"),
    Audience.BOTH: N_("也给双方"),
}


class Asked(StrEnum):
    """How what was asked of somebody stands: a hand-over, an introduction, an invitation."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


ASKED_NAMES = {
    Asked.OPEN: N_("等答复"),
    Asked.ACCEPTED: N_("已同意"),
    Asked.DECLINED: N_("没有同意"),
    Asked.WITHDRAWN: N_("已撤回"),
}
ASKED_KINDS = {
    Asked.OPEN: "now", Asked.ACCEPTED: "ok", Asked.DECLINED: "bad", Asked.WITHDRAWN: "none",
}  # fmt: skip


# What the engine counts beside the words themselves, by the names of its figures.
FIGURE_NAMES = {
    "topic": N_("主题相近"),
    "topic_of_best": N_("与最相合的几条同一主题"),
    "length": N_("篇幅"),
    "coverage": N_("说到的词所占比例"),
    "title": N_("题名相合"),
    "embedded": N_("向量相近"),
    "precedents": N_("同类需求采纳过"),
}
