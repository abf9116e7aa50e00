"""The life of a bid: states, who may do what on its envelope, and who may read its content.

Source: design/procedures.md, "Bid (揭榜方案)"
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, Refused, require
from kechuang.base.states import StateTable, row
from kechuang.base.time import SHANGHAI
from kechuang.challenges.rules.refusals import BidRefused, event_name, not_yours
from kechuang.challenges.rules.table import (
    PANEL_ROLES,
    UNSEALED,
    ChallengeFacts,
    State,
    is_late,
)


class BidState(StrEnum):
    DRAFT = "DRAFT"
    SEALED = "SEALED"
    NEEDS_RECONFIRM = "NEEDS_RECONFIRM"
    WITHDRAWN = "WITHDRAWN"
    REPLACED = "REPLACED"
    RETURNED = "RETURNED"
    VOID = "VOID"
    OPENED = "OPENED"
    ADMISSIBLE = "ADMISSIBLE"
    CORRECTION = "CORRECTION"
    INADMISSIBLE = "INADMISSIBLE"
    IN_REVIEW = "IN_REVIEW"
    RANKED = "RANKED"
    PROPOSED = "PROPOSED"
    RESERVE = "RESERVE"
    NOT_PROPOSED = "NOT_PROPOSED"
    AWARDED = "AWARDED"
    CONTRACTED = "CONTRACTED"
    STOPPED = "STOPPED"
    MERGED = "MERGED"
    DECLINED = "DECLINED"


STATE_NAMES = {
    BidState.DRAFT: N_("草稿"),
    BidState.SEALED: N_("已密封"),
    BidState.NEEDS_RECONFIRM: N_("待重新确认"),
    BidState.WITHDRAWN: N_("已撤回"),
    BidState.REPLACED: N_("已被替换"),
    BidState.RETURNED: N_("未开封退回"),
    BidState.VOID: N_("作废"),
    BidState.OPENED: N_("已开封"),
    BidState.ADMISSIBLE: N_("形式合格"),
    BidState.CORRECTION: N_("待补正"),
    BidState.INADMISSIBLE: N_("形式不合格"),
    BidState.IN_REVIEW: N_("评审中"),
    BidState.RANKED: N_("已排名"),
    BidState.PROPOSED: N_("拟立项"),
    BidState.RESERVE: N_("备选"),
    BidState.NOT_PROPOSED: N_("未选定"),
    BidState.AWARDED: N_("已立项"),
    BidState.CONTRACTED: N_("已签约"),
    BidState.STOPPED: N_("止于赛段"),
    BidState.MERGED: N_("已并入另一队"),
    BidState.DECLINED: N_("立项失效"),
}
UNKNOWN_MEMBER = N_("没有代码为 {code} 的单位。")
ENDED = frozenset({
    BidState.WITHDRAWN, BidState.REPLACED, BidState.RETURNED, BidState.VOID,
})
# A sealed bid counts once for its unit and its lead; a draft beside it may replace it.
LIVE = frozenset(BidState) - ENDED - {BidState.DRAFT}
OPENED = LIVE - {BidState.SEALED, BidState.NEEDS_RECONFIRM}
TABLE = StateTable("bid", "揭榜方案", STATE_NAMES, (
    #    from                     event               to              who, guard
    row("-",                      "start",            "DRAFT",        "any unit but the poser's",
        "the call is open; where one unit is invited, that unit"),
    row("DRAFT",                  "save",             "same",         "the bidding unit"),
    row("DRAFT",                  "sign",             "same",         "its administrator",
        "the proposal is whole"),
    row("DRAFT",                  "confirm",          "same",         "a member's administrator"),
    row("DRAFT",                  "submit",           "SEALED",       "the bidding unit",
        "before the deadline; signed as it is, members confirmed, one live bid per unit and lead"),
    row("DRAFT",                  "discard",          "WITHDRAWN",    "the bidding unit"),
    row("SEALED NEEDS_RECONFIRM", "replace",          "REPLACED",     "the bidding unit",
        "a new one is sealed in the same act"),
    row("SEALED NEEDS_RECONFIRM", "withdraw",         "WITHDRAWN",    "its administrator",
        "before the deadline"),
    row("SEALED",                 "need_reconfirming", "NEEDS_RECONFIRM", "clock",
        "the call was amended in substance"),
    row("NEEDS_RECONFIRM",        "reconfirm",        "SEALED",       "its administrator",
        "before the deadline"),
    row("DRAFT SEALED NEEDS_RECONFIRM", "return_unopened", "RETURNED", "clock",
        "the call failed or was cancelled, or the bid was not reconfirmed"),
    row("SEALED",                 "open",             "OPENED",       "officer",
        "all bids at once, the supervisor present, k of n custodians where there are any"),
    row("SEALED",                 "void",             "VOID",         "officer",
        "an envelope that was dealt falsely"),
    row("OPENED CORRECTION",      "admit",            "ADMISSIBLE",   "secretary"),
    row("OPENED",                 "ask_correction",   "CORRECTION",   "secretary",
        "once, for the hours of the mode"),
    row("CORRECTION",             "correct",          "same",         "the bidding unit",
        "once, in time"),
    row("OPENED CORRECTION",      "refuse",           "INADMISSIBLE", "secretary", "with a reason"),
    row("ADMISSIBLE",             "review",           "IN_REVIEW",    "secretary"),
    row("IN_REVIEW",              "void_price",       "VOID",         "officer",
        "the price sealed apart was dealt falsely, or is none"),
    row("IN_REVIEW",              "rank",             "RANKED",       "clock or officer",
        "the minutes are signed"),
    row("RANKED",                 "propose",          "PROPOSED",     "last approver",
        "within the places of the mode and the money of the call"),
    row("RANKED",                 "keep_in_reserve",  "RESERVE",      "last approver"),
    row("RANKED",                 "pass_over",        "NOT_PROPOSED", "last approver"),
    row("PROPOSED RESERVE NOT_PROPOSED", "rank_again", "RANKED",      "clock or officer",
        "an objection was upheld against the only award"),
    row("PROPOSED",               "set_aside",        "NOT_PROPOSED", "clock or officer",
        "an objection was upheld against one of several awards"),
    row("PROPOSED",               "award",            "AWARDED",      "head",
        "its notice has run, no objection is open"),
    row("AWARDED",                "contract",         "CONTRACTED",   "clock",
        "the agreement is in force"),
    row("AWARDED",                "lapse",            "DECLINED",     "clock",
        "not signed in time, or declined"),
    row("RESERVE",                "promote",          "PROPOSED",     "clock",
        "an award fell away, and the money suffices"),
    row("CONTRACTED",             "stop",             "STOPPED",      "head",
        "at a gate of a race, with a reason"),
    row("CONTRACTED",             "merge",            "MERGED",       "head",
        "at a gate of a race, into a team that goes on"),
), "design/procedures.md, Bid (揭榜方案)")
EVENTS = {one.event: one for one in TABLE.rows}

# From the notice on a bidder is told what the reviews said, or why there was none.
FED_BACK = frozenset({State.ON_NOTICE, State.AWARDED, State.RUNNING, State.ENDED})
FED_BACK_BIDS = frozenset({
    BidState.VOID, BidState.INADMISSIBLE, BidState.PROPOSED, BidState.RESERVE,
    BidState.NOT_PROPOSED, BidState.AWARDED, BidState.CONTRACTED, BidState.DECLINED,
    BidState.STOPPED, BidState.MERGED,
})


@dataclass(frozen=True, slots=True)
class BidFacts:
    """What rights on a bid depend on: its state, its people and units, and its challenge."""

    state: BidState
    organisation: str
    lead: str
    drafter: str
    members: frozenset[str]
    challenge: ChallengeFacts
    may_read_as_expert: bool = False
    passed: bool = False


def check_bid_event(event: str, state: str) -> BidState:
    """The bid's state after the event; refuses any other starting state."""
    found = EVENTS[event]
    require(state in found.since, BidRefused(
        "bids.wrong_state", N_("现在不能{event}：方案的状态是“{state}”。"),
        {"event": event_name(event), "state": STATE_NAMES[BidState(state)]}, (),
        N_("请刷新页面，看方案现在的状态。"),
    ))
    return BidState(found.ends(state))


def is_bidder(actor: Actor, facts: BidFacts) -> bool:
    """The bid's own people: drafter, lead, and the unit administrators of lead and member units.

    The drafter and the lead count while they act for the bidding unit.
    """
    if not actor.is_signed_in:
        return False
    at_home = actor.organisation == facts.organisation
    if at_home and actor.person in {facts.lead, facts.drafter}:
        return True
    return actor.role == Role.UNIT_ADMIN and actor.organisation in (
        facts.members | {facts.organisation}
    )


def may_edit_bid(actor: Actor, facts: BidFacts) -> bool:
    """The drafter, the lead and the unit administrator of the bidding unit write it."""
    return is_bidder(actor, facts) and actor.organisation == facts.organisation


def may_sign_bid(actor: Actor, facts: BidFacts) -> bool:
    """The unit administrator signs for the bidding unit."""
    return actor.role == Role.UNIT_ADMIN and actor.organisation == facts.organisation


def may_confirm_bid(actor: Actor, facts: BidFacts) -> bool:
    """The unit administrator of a consortium member confirms for that member."""
    return actor.role == Role.UNIT_ADMIN and actor.organisation in facts.members


def may_start_bid(actor: Actor, issuer: str, invited: str = "") -> bool:
    """Any unit's people but the poser's; where a unit is invited, its people alone."""
    of_a_unit = actor.is_role(Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)
    asked = actor.organisation == invited if invited else actor.organisation != issuer
    return of_a_unit and bool(actor.organisation) and asked


def is_unsealed(facts: BidFacts) -> bool:
    return facts.state in OPENED and facts.challenge.state in UNSEALED


def may_read_content(actor: Actor, facts: BidFacts) -> bool:
    """Before unsealing the bidder's own people and nobody else, whatever their role.

    After it: the office and the supervisor of the region unless fenced, the panel's secretary,
    whom the panel lets read the case (experts who have declared, a chair who holds no seat), and
    the poser once a bid has passed review.
    """
    if is_bidder(actor, facts):
        return True
    if not is_unsealed(facts) or facts.challenge.fenced:
        return False
    office = actor.is_role(Role.OFFICER, Role.HEAD, Role.FINANCE, Role.SUPERVISOR)
    if office and actor.covers(facts.challenge.region_path):
        return True
    if actor.is_role(*PANEL_ROLES) and actor.person == facts.challenge.secretary:
        return True
    if facts.may_read_as_expert:
        return True
    of_poser = actor.organisation == facts.challenge.issuer and bool(actor.organisation)
    return of_poser and facts.passed and facts.challenge.state not in {
        State.CHECKING, State.REVIEWING,
    }


def may_read_feedback(actor: Actor, facts: BidFacts) -> bool:
    """From the public notice on: the bidder's own people, and the office and supervisor who may
    read the bid. Never before, whoever asks."""
    if facts.challenge.state not in FED_BACK or facts.state not in FED_BACK_BIDS:
        return False
    if is_bidder(actor, facts):
        return True
    office = actor.is_role(Role.OFFICER, Role.HEAD, Role.SUPERVISOR)
    return office and may_read_content(actor, facts)


def may_see_envelope(actor: Actor, facts: BidFacts) -> bool:
    """Whoever may read the content sees the envelope; nobody sees more before opening."""
    return may_read_content(actor, facts)


def require_bid_right(right: bool, event: str) -> None:
    require(right, not_yours(event))


def check_open_for_bids(challenge: ChallengeFacts, at: datetime) -> None:
    """Bids move only while the challenge is open and before its deadline, to the microsecond."""
    if challenge.state == State.OPEN and challenge.deadline_at is not None:
        require(not is_late(at, challenge.deadline_at), late(challenge.deadline_at, at))
        return
    if challenge.state in UNSEALED | {State.CLOSED, State.FAILED} and challenge.deadline_at:
        raise late(challenge.deadline_at, at)
    raise BidRefused(
        "bids.not_open", N_("不能投方案。这个榜单现在不在揭榜期内。"), {}, (),
        N_("可在榜单列表看正在揭榜的题目。"),
    )


def late(deadline_at: datetime, at: datetime) -> BidRefused:
    return BidRefused(
        "bids.late",
        N_("不能再提交方案。这个榜单已在 {deadline} 截止，您的请求 {arrived} 到达，没有打开。"),
        {
            "deadline": f"{deadline_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            "arrived": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        },
        (), N_("可关注下一轮，或对截止时间提出异议。"),
    )


@dataclass(frozen=True, slots=True)
class SignOffs:
    """The envelope at submission. `content_version` is what is handed in; the signature names
    the version it was made on, zero for none."""

    content_version: int
    signed_version: int
    unconfirmed: tuple[str, ...]
    commitment_accepted: bool
    declared: bool


def problems_with_sign_offs(facts: SignOffs) -> list[Refused]:
    """All that is missing on the envelope, at once."""
    problems: list[Refused] = []
    if facts.content_version == 0:
        problems.append(BidRefused(
            "bids.empty", N_("方案还没有内容。"), {}, (), N_("请先填写方案。"),
        ))
    if facts.signed_version == 0 or facts.signed_version != facts.content_version:
        problems.append(BidRefused(
            "bids.not_signed", N_("单位管理员还没有签发这一版方案。"), {}, (),
            N_("请单位管理员核对后签发；签发后再改，须重新签发。"),
        ))
    problems += [BidRefused(
        "bids.member_not_confirmed", N_("联合体成员 {name} 还没有确认参加。"), {"name": name}, (),
        N_("请该单位的管理员在其工作台确认。"),
    ) for name in facts.unconfirmed]
    if not facts.commitment_accepted:
        problems.append(BidRefused(
            "bids.no_commitment", N_("还没有签军令状。"), {}, ("commitment",),
        ))
    if not facts.declared:
        problems.append(BidRefused(
            "bids.not_declared", N_("还没有申报是否另有财政资金支持。"), {}, ("other_public",),
        ))
    return problems


def check_one_live_bid(unit_has: bool, lead_has: bool) -> None:
    """A unit or a person leads at most one live bid of a challenge."""
    require(not unit_has, BidRefused(
        "bids.unit_leads_another",
        N_("一个单位在同一榜单只能有一份牵头方案，您单位已有一份。"), {}, (),
        N_("请在已有的方案上替换或撤回。"),
    ))
    require(not lead_has, BidRefused(
        "bids.person_leads_another", N_("这位负责人在同一榜单已牵头另一份方案。"), {}, ("lead",),
        N_("请换一位负责人。"),
    ))
