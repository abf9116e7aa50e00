"""What a match is worth, what may be done with it and with an introduction, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - a field is called date
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, require
from kechuang.matching.rules.codes import (
    ANSWER_NAMES as ANSWER_NAMES,
)
from kechuang.matching.rules.codes import (
    ASKED_KINDS as ASKED_KINDS,
)
from kechuang.matching.rules.codes import (
    ASKED_NAMES as ASKED_NAMES,
)
from kechuang.matching.rules.codes import (
    AUDIENCE_NAMES as AUDIENCE_NAMES,
)
from kechuang.matching.rules.codes import (
    CHOICE_KINDS as CHOICE_KINDS,
)
from kechuang.matching.rules.codes import (
    CHOICE_NAMES as CHOICE_NAMES,
)
from kechuang.matching.rules.codes import (
    CONTACT_NAMES as CONTACT_NAMES,
)
from kechuang.matching.rules.codes import (
    END_REASON_NAMES as END_REASON_NAMES,
)
from kechuang.matching.rules.codes import (
    FIGURE_NAMES as FIGURE_NAMES,
)
from kechuang.matching.rules.codes import (
    OPEN as OPEN,
)
from kechuang.matching.rules.codes import (
    REASON_NAMES as REASON_NAMES,
)
from kechuang.matching.rules.codes import (
    REASONS_TO as REASONS_TO,
)
from kechuang.matching.rules.codes import (
    ROAD as ROAD,
)
from kechuang.matching.rules.codes import (
    STATE_KINDS as STATE_KINDS,
)
from kechuang.matching.rules.codes import (
    STATE_NAMES as STATE_NAMES,
)
from kechuang.matching.rules.codes import (
    Answer as Answer,
)
from kechuang.matching.rules.codes import (
    Asked as Asked,
)
from kechuang.matching.rules.codes import (
    Audience as Audience,
)
from kechuang.matching.rules.codes import (
    Choice as Choice,
)
from kechuang.matching.rules.codes import (
    ContactKind as ContactKind,
)
from kechuang.matching.rules.codes import (
    EndReason as EndReason,
)
from kechuang.matching.rules.codes import (
    Reason as Reason,
)
from kechuang.matching.rules.codes import (
    State as State,
)
from kechuang.matching.rules.liaisons import (
    LARGEST_CAPACITY as LARGEST_CAPACITY,
)
from kechuang.matching.rules.liaisons import (
    check_capacity as check_capacity,
)
from kechuang.matching.rules.liaisons import (
    check_load as check_load,
)
from kechuang.matching.rules.liaisons import (
    check_not_paused as check_not_paused,
)
from kechuang.matching.rules.liaisons import (
    check_pause as check_pause,
)
from kechuang.matching.rules.liaisons import (
    may_pause as may_pause,
)
from kechuang.matching.rules.liaisons import (
    may_set_capacity as may_set_capacity,
)
from kechuang.matching.rules.narrowing import (
    WIDE as WIDE,
)
from kechuang.matching.rules.narrowing import (
    Narrowing as Narrowing,
)
from kechuang.matching.rules.narrowing import (
    narrowing_from as narrowing_from,
)
from kechuang.matching.rules.points import (
    CANDIDATES as CANDIDATES,
)
from kechuang.matching.rules.points import (
    KEPT as KEPT,
)
from kechuang.matching.rules.points import (
    LACKING_KEPT as LACKING_KEPT,
)
from kechuang.matching.rules.points import (
    LEARNT_KEPT as LEARNT_KEPT,
)
from kechuang.matching.rules.points import (
    LEAST_SHARE as LEAST_SHARE,
)
from kechuang.matching.rules.points import (
    MUTUAL_DEPTH as MUTUAL_DEPTH,
)
from kechuang.matching.rules.points import (
    PAGE as PAGE,
)
from kechuang.matching.rules.points import (
    Points as Points,
)
from kechuang.matching.rules.points import (
    city_of as city_of,
)
from kechuang.matching.rules.points import (
    in_pages as in_pages,
)
from kechuang.matching.rules.points import (
    in_tenths as in_tenths,
)
from kechuang.matching.rules.points import (
    is_same_city as is_same_city,
)
from kechuang.matching.rules.points import (
    lacking_words as lacking_words,
)
from kechuang.matching.rules.points import (
    points_of as points_of,
)
from kechuang.matching.rules.points import (
    summed as summed,
)
from kechuang.matching.rules.points import (
    tenths_of as tenths_of,
)
from kechuang.matching.rules.refusals import EventRefused as EventRefused
from kechuang.matching.rules.refusals import IntroductionRefused as IntroductionRefused
from kechuang.matching.rules.refusals import MatchRefused as MatchRefused

REPLY_WORKING_DAYS = 5
VERDICT_WORKING_DAYS = 5
HAND_OVER_WORKING_DAYS = 3
USUAL_CAPACITY = 30  # introductions that a liaison can follow at a time, unless told otherwise
NOTE_LONGEST = 1000
WORDS_LONGEST = 2000
STEP_LONGEST = 120
WHOLE = 10_000  # shares of credit, in hundredths of a percent, sum to this


class Side(StrEnum):
    NEED = "NEED"
    OFFER = "OFFER"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of the log as it is noted: when, how, what was said, what comes next, who reads it
    beside the desk."""

    date: Day
    kind: str
    words: str
    next_step: str = ""
    next_date: Day | None = None
    audience: str = Audience.DESK


@dataclass(frozen=True, slots=True)
class NeedPlace:
    """What the rights on a need's matches look at."""

    number: str
    organisation: str
    region_path: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class IntroductionFacts:
    """What the rules need to know of an introduction."""

    number: str
    state: State
    liaison: str
    region_path: str
    need_organisation: str
    offer_organisation: str
    need_answer: str = ""
    offer_answer: str = ""


DESK = (Role.LIAISON, Role.OFFICER, Role.HEAD, Role.SUPERVISOR)
WORKERS = (Role.LIAISON, Role.OFFICER)
PARTY_ROLES = (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)


def is_over(actor: Actor, need: NeedPlace) -> bool:
    """Whether the need lies in the actor's region; for a liaison of one unit, whether it is the
    unit's own (decision 010)."""
    if actor.serves_one_unit:
        return actor.organisation == need.organisation
    return actor.covers(need.region_path)


def may_read_matches(actor: Actor, need: NeedPlace) -> bool:
    """The offices and liaisons over the need's region, and the unit that asks."""
    if actor.is_role(*DESK):
        return is_over(actor, need)
    return actor.is_role(*PARTY_ROLES) and bool(actor.organisation) and (
        actor.organisation == need.organisation
    )


def may_read_needs_of(actor: Actor, offer_organisation: str) -> bool:
    """Who is told which needs an offer may answer: the desks, and the unit that offers."""
    if actor.is_role(*DESK) and actor.region and not actor.serves_one_unit:
        return True
    return actor.is_role(*PARTY_ROLES, Role.LIAISON) and bool(actor.organisation) and (
        actor.organisation == offer_organisation
    )


def may_judge(actor: Actor, need: NeedPlace) -> bool:
    """A liaison or an officer over the need's region, while the need is live."""
    return need.is_live and actor.is_role(*WORKERS) and is_over(actor, need)


def may_work(actor: Actor, facts: IntroductionFacts) -> bool:
    """The liaison whose introduction it is, or an officer over its region; not after its end."""
    if facts.state not in OPEN:
        return False
    if actor.is_role(Role.LIAISON):
        return actor.person == facts.liaison
    return actor.is_role(Role.OFFICER) and actor.covers(facts.region_path)


def may_hand_over(actor: Actor, facts: IntroductionFacts) -> bool:
    return may_work(actor, facts)


def may_take_over(actor: Actor, to_person: str) -> bool:
    """The liaison who was asked."""
    return actor.is_role(Role.LIAISON) and actor.person == to_person


def may_ask_introduction(actor: Actor, offer_organisation: str) -> bool:
    """The offer's own people ask to be introduced to a need."""
    return actor.is_role(*PARTY_ROLES) and bool(offer_organisation) and (
        actor.organisation == offer_organisation
    )


def may_read_entry(actor: Actor, facts: IntroductionFacts, audience: str) -> bool:
    """An entry of the log: the desk reads all, a side what was written for it."""
    if may_read_log(actor, facts):
        return True
    side = side_of(actor, facts)
    return side is not None and audience in (side.value, Audience.BOTH.value)


def may_share_credit(actor: Actor, facts: IntroductionFacts) -> bool:
    """Whoever works it, and the officer still after it landed."""
    if facts.state == State.LANDED:
        return actor.is_role(Role.OFFICER) and actor.covers(facts.region_path)
    return may_work(actor, facts)


def may_read_log(actor: Actor, facts: IntroductionFacts) -> bool:
    """The liaison's own notes: for the desk and the liaison, not for the two sides."""
    if actor.serves_one_unit:
        return actor.person == facts.liaison
    return actor.is_role(*DESK) and actor.covers(facts.region_path)


def side_of(actor: Actor, facts: IntroductionFacts) -> Side | None:
    """Which of the two sides an actor speaks for."""
    if not actor.organisation or not actor.is_role(*PARTY_ROLES):
        return None
    if actor.organisation == facts.need_organisation:
        return Side.NEED
    return Side.OFFER if actor.organisation == facts.offer_organisation else None


def may_answer(actor: Actor, facts: IntroductionFacts) -> bool:
    """One of the two sides, once, while the introduction is open."""
    side = side_of(actor, facts)
    given = facts.need_answer if side == Side.NEED else facts.offer_answer
    return side is not None and facts.state in OPEN and not given


def check_judgement(choice: str, reason_code: str, note: str) -> None:
    """Refuse a verdict without a reason that belongs to it and words that both sides can read."""
    if choice not in set(Choice):
        raise MatchRefused(
            "match.choice_unknown", N_("请选“推荐对接”或“不合适”。"), {}, ("choice",)
        )
    if reason_code not in REASONS_TO[Choice(choice)]:
        raise MatchRefused(
            "match.reason_unfit",
            N_("这个理由不能用于“{choice}”。"),
            {"choice": CHOICE_NAMES[Choice(choice)]},
            ("reason_code",),
            N_("请从所列的理由中选一条。"),
        )
    if not note.strip():
        raise MatchRefused(
            "match.note_missing", N_("请写明理由，例如哪一项指标达到、差多少。"), {}, ("note",)
        )
    _check_length(note, NOTE_LONGEST, "note")


def _check_length(text: str, longest: int, field: str) -> None:
    require(
        len(text) <= longest,
        IntroductionRefused(
            "introduction.text_too_long",
            N_("最多 {longest} 字，现在 {length} 字。"),
            {"longest": longest, "length": len(text)},
            (field,),
        ),
    )


def check_note(note: str) -> None:
    _check_length(note, NOTE_LONGEST, "note")


def check_said(text: str, field: str) -> None:
    """Refuse an answer that says nothing, or too much."""
    require(
        bool(text.strip()),
        IntroductionRefused("introduction.note_missing", N_("请写明原因。"), {}, (field,)),
    )
    _check_length(text, NOTE_LONGEST, field)


def check_words(words: str, next_step: str = "") -> None:
    """Refuse an entry of the log that says nothing, or too much."""
    require(
        bool(words.strip()),
        IntroductionRefused(
            "introduction.words_missing", N_("请写明谈了什么、结果如何。"), {}, ("words",)
        ),
    )
    _check_length(words, WORDS_LONGEST, "words")
    _check_length(next_step, STEP_LONGEST, "next_step")


def check_advance(facts: IntroductionFacts, to: str) -> None:
    """Only forward on the road; steps may be skipped, because talks do not go by our stages.

    >>> check_advance(IntroductionFacts("", State.MEETING, "", "", "", ""), "INTENT")
    """
    forward = ROAD[ROAD.index(facts.state) + 1 :] if facts.state in ROAD else ()
    if to not in forward:
        raise IntroductionRefused(
            "introduction.not_forward",
            N_("不能改到这一步。引荐“{number}”现在是“{state}”，只能向前走。"),
            {"number": facts.number, "state": STATE_NAMES[facts.state]},
            ("to",),
            N_("谈不下去的，请选“结束引荐”并写明原因。"),
        )


def check_end(reason_code: str, note: str) -> None:
    """An end names its reason, so that the next introduction can be better."""
    if reason_code not in set(EndReason):
        raise IntroductionRefused(
            "introduction.end_reason_unknown", N_("请从所列的原因中选一条。"), {}, ("reason_code",)
        )
    require(
        bool(note.strip()),
        IntroductionRefused("introduction.note_missing", N_("请写明原因。"), {}, ("note",)),
    )
    _check_length(note, NOTE_LONGEST, "note")


def check_shares(shares: Mapping[str, int]) -> None:
    """Shares of credit are whole hundredths of a percent above 0 that sum to 10,000.

    >>> check_shares({"RY-2026-000001": 6667, "RY-2026-000002": 3333})
    """
    if any(share <= 0 for share in shares.values()):
        raise IntroductionRefused(
            "introduction.share_not_positive", N_("每人的份额须大于 0。"), {}, ("shares",)
        )
    total = sum(shares.values())
    if total != WHOLE:
        raise IntroductionRefused(
            "introduction.shares_not_whole",
            N_("各人份额合计须为 100%，现在是 {total}%。"),
            {"total": percent_text(total)},
            ("shares",),
        )


def percent_text(share_bp: int) -> str:
    """Hundredths of a percent as one reads them.

    >>> percent_text(6667), percent_text(4000), percent_text(50)
    ('66.67', '40', '0.5')
    """
    whole, rest = divmod(share_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def unknown_person(number: str) -> IntroductionRefused:
    return IntroductionRefused(
        "introduction.person_unknown",
        N_("没有编号为“{number}”的人员。"),
        {"number": number[:20]},
        ("to_person",),
    )


def check_amount(amount_fen: int | None) -> None:
    require(
        amount_fen is None or amount_fen > 0,
        IntroductionRefused(
            "introduction.amount_not_positive", N_("金额须大于 0。"), {}, ("amount_fen",)
        ),
    )


WHO_MAY = {
    "judge": N_("由需求所在地区的联络员或科技部门经办判断；需求结束后不再判断。"),
    "work": N_("由这件引荐的联络员或本地区科技部门经办办理；结束后不再改。"),
    "take": N_("由被请接手的联络员本人答复。"),
    "ask": N_("由成果所属单位的填报人、管理员或团队成员请求。"),
    "answer": N_("由需求方或成果方各答复一次。"),
    "share": N_("由这件引荐的联络员或本地区科技部门经办填写。"),
    "capacity": N_("由本地区科技部门设定。"),
    "pause": N_("由联络员本人或本地区科技部门办理。"),
}


def not_permitted(verb: str, number: str) -> NotPermitted:
    """The refusal that says who may do this."""
    return NotPermitted(
        f"matching.may_not_{verb}",
        N_("您现在不能办“{number}”的这一步。"),
        {"number": number},
        (),
        WHO_MAY[verb],
    )
