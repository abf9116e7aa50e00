"""Match events: kinds, states, who runs one, who signs up, what is asked of both sides later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused, refuse_all, require
from kechuang.matching.rules.refusals import EventRefused

TITLE_LONGEST = 120
SUMMARY_LONGEST = 2000
PLACE_LONGEST = 120
WISH_LONGEST = 500
NOTE_LONGEST = 1000
LARGEST_CAPACITY = 5000
MOST_TABLES = 100
SHORTEST_SITTING, LONGEST_SITTING = 5, 240  # minutes
USUAL_SITTING = 20
LONGEST_HOURS = 24 * 7
INVITED_PER_NEED = 5
INVITED_PER_UNIT = 2
INVITATION_WORKING_DAYS = 3
OUTCOME_MONTHS = (3, 6, 12)
OUTCOME_DAYS = 14  # an outcome is asked for this many days before it is due


class EventKind(StrEnum):
    MATCHMAKING = "MATCHMAKING"
    ROADSHOW = "ROADSHOW"
    LECTURE = "LECTURE"
    VISIT = "VISIT"
    TRAINING = "TRAINING"


KIND_NAMES = {
    EventKind.MATCHMAKING: N_("供需对接会"),
    EventKind.ROADSHOW: N_("成果路演"),
    EventKind.LECTURE: N_("公益讲座"),
    EventKind.VISIT: N_("走进企业、走进院所"),
    EventKind.TRAINING: N_("培训"),
}


class EventState(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    HELD = "HELD"
    CANCELLED = "CANCELLED"


STATE_NAMES = {
    EventState.DRAFT: N_("筹备中"),
    EventState.OPEN: N_("报名中"),
    EventState.HELD: N_("已举办"),
    EventState.CANCELLED: N_("已取消"),
}
STATE_KINDS = {
    EventState.DRAFT: "none",
    EventState.OPEN: "now",
    EventState.HELD: "ok",
    EventState.CANCELLED: "bad",
}
PUBLIC_STATES = (EventState.OPEN, EventState.HELD, EventState.CANCELLED)


class SignUpState(StrEnum):
    SIGNED = "SIGNED"
    WITHDRAWN = "WITHDRAWN"
    ARRIVED = "ARRIVED"
    ABSENT = "ABSENT"


SIGN_UP_NAMES = {
    SignUpState.SIGNED: N_("已报名"),
    SignUpState.WITHDRAWN: N_("已退出"),
    SignUpState.ARRIVED: N_("已到场"),
    SignUpState.ABSENT: N_("未到场"),
}
SIGN_UP_KINDS = {
    SignUpState.SIGNED: "now",
    SignUpState.WITHDRAWN: "none",
    SignUpState.ARRIVED: "ok",
    SignUpState.ABSENT: "bad",
}


class SittingState(StrEnum):
    PLANNED = "PLANNED"
    HELD = "HELD"
    MISSED = "MISSED"


SITTING_NAMES = {
    SittingState.PLANNED: N_("已排"),
    SittingState.HELD: N_("已谈"),
    SittingState.MISSED: N_("未谈成"),
}


class OutcomeCode(StrEnum):
    """What has become of a talk at an event; each later one holds the ones before."""

    NOTHING = "NOTHING"
    TALKING = "TALKING"
    INTENT = "INTENT"
    SIGNED = "SIGNED"
    LANDED = "LANDED"


OUTCOME_NAMES = {
    OutcomeCode.NOTHING: N_("没有再联系"),
    OutcomeCode.TALKING: N_("还在谈"),
    OutcomeCode.INTENT: N_("有意向"),
    OutcomeCode.SIGNED: N_("已签约"),
    OutcomeCode.LANDED: N_("已落地"),
}

RUNNERS = (Role.LIAISON, Role.OFFICER)
DESK = (Role.LIAISON, Role.OFFICER, Role.HEAD, Role.SUPERVISOR)
PARTY_ROLES = (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What the rules need to know of an event."""

    number: str
    kind: EventKind
    state: EventState
    region_path: str
    since_at: datetime
    until_at: datetime
    sign_up_until: datetime


def may_start(actor: Actor) -> bool:
    """Liaisons and officers of a region make events there."""
    return actor.is_role(*RUNNERS) and bool(actor.region) and not actor.serves_one_unit


def may_run(actor: Actor, facts: EventFacts) -> bool:
    """Those of the event's region run it: edit, invite, plan, note who came."""
    return may_start(actor) and actor.covers(facts.region_path)


def may_look_inside(actor: Actor, region_path: str) -> bool:
    """Who reads sign-ups, invitations and the whole plan."""
    return actor.is_role(*DESK) and not actor.serves_one_unit and actor.covers(region_path)


def may_sign_up(actor: Actor, facts: EventFacts, at: datetime) -> bool:
    """Members of units at a match event; anybody who is signed in at the other kinds."""
    if facts.state != EventState.OPEN or at >= facts.sign_up_until or not actor.is_signed_in:
        return False
    if facts.kind == EventKind.MATCHMAKING:
        return actor.is_role(*PARTY_ROLES) and bool(actor.organisation)
    return True


def may_withdraw(actor: Actor, person: str, organisation: str, facts: EventFacts) -> bool:
    """Whoever signed up, or the unit's administrator, until the event begins; or who runs it."""
    if facts.state != EventState.OPEN:
        return False
    own = bool(person) and actor.person == person
    unit = actor.is_role(Role.UNIT_ADMIN) and bool(organisation) and (
        actor.organisation == organisation
    )
    return own or unit or may_run(actor, facts)


def may_answer_for(actor: Actor, organisation: str) -> bool:
    """Who answers an invitation or an outcome: the unit's own people."""
    return actor.is_role(*PARTY_ROLES) and bool(organisation) and (
        actor.organisation == organisation
    )


def problems_with_event(typed: Mapping[str, object], at: datetime) -> list[Refused]:
    """What is wrong with an event as typed; all of it at once."""
    since, until, closes = typed["since_at"], typed["until_at"], typed["sign_up_until"]
    assert isinstance(since, datetime) and isinstance(until, datetime)
    assert isinstance(closes, datetime)
    found: list[Refused] = []
    found += _text_problems(typed)
    if until <= since:
        found.append(EventRefused("event.ends_before", N_("结束须晚于开始。"), {}, ("until_at",)))
    elif until - since > timedelta(hours=LONGEST_HOURS):
        found.append(
            EventRefused(
                "event.too_long", N_("一场活动最多 {days} 天。"), {"days": LONGEST_HOURS // 24},
                ("until_at",), N_("更长的请分成几场。"),
            )
        )  # fmt: skip
    if closes > since:
        found.append(
            EventRefused(
                "event.sign_up_after_start", N_("报名截止不能晚于开始。"), {}, ("sign_up_until",)
            )
        )
    if since <= at:
        found.append(
            EventRefused("event.begins_past", N_("开始时间须在现在之后。"), {}, ("since_at",))
        )
    return found + _range_problems(typed)


def _text_problems(typed: Mapping[str, object]) -> list[Refused]:
    limits = (
        ("title", TITLE_LONGEST), ("summary", SUMMARY_LONGEST), ("place", PLACE_LONGEST),
    )  # fmt: skip
    found: list[Refused] = []
    for name, longest in limits:
        text = str(typed[name]).strip()
        if not text:
            found.append(EventRefused("event.text_missing", N_("请填写。"), {}, (name,)))
        elif len(text) > longest:
            found.append(
                EventRefused(
                    "event.text_too_long", N_("最多 {longest} 字，现在 {length} 字。"),
                    {"longest": longest, "length": len(text)}, (name,),
                )
            )  # fmt: skip
    return found


def _range_problems(typed: Mapping[str, object]) -> list[Refused]:
    ranges = (
        ("capacity", 1, LARGEST_CAPACITY), ("tables", 0, MOST_TABLES),
        ("sitting_minutes", SHORTEST_SITTING, LONGEST_SITTING),
    )  # fmt: skip
    return [
        EventRefused(
            "event.out_of_range", N_("须在 {least} 到 {most} 之间。"),
            {"least": least, "most": most}, (name,),
        )
        for name, least, most in ranges
        if not least <= int(str(typed[name])) <= most
    ]  # fmt: skip


def check_event(typed: Mapping[str, object], at: datetime) -> None:
    refuse_all(problems_with_event(typed, at))


def check_room(taken: int, capacity: int) -> None:
    """Refuse a sign-up where every seat is taken."""
    require(
        taken < capacity,
        EventRefused(
            "event.full",
            N_("不能报名。名额 {capacity} 个已满。"),
            {"capacity": capacity},
            (),
            N_("有人退出时会空出来；也可请本地区联络员单独引荐。"),
        ),
    )


def check_brought(facts: EventFacts, need: bool, offer: bool) -> None:
    """At a match event one brings a need or an offer, not both; elsewhere neither."""
    if facts.kind != EventKind.MATCHMAKING:
        require(
            not need and not offer,
            EventRefused(
                "event.nothing_to_bring", N_("这种活动不用带需求或成果。"), {}, ("brings",)
            ),
        )
        return
    require(
        need != offer,
        EventRefused(
            "event.bring_one", N_("请选一条本单位的需求或成果，带到会上谈。"), {}, ("brings",),
            N_("几条都要谈的，请分别报名，每条由一位同事来谈。"),
        ),
    )  # fmt: skip


def check_state(facts: EventFacts, *wanted: EventState) -> None:
    """Refuse what does not fit the event's state."""
    require(
        facts.state in wanted,
        EventRefused(
            "event.wrong_state",
            N_("不能办。活动“{number}”现在是“{state}”。"),
            {"number": facts.number, "state": STATE_NAMES[facts.state]},
        ),
    )


def check_over(facts: EventFacts, at: datetime) -> None:
    """An event is closed after it began, not before."""
    require(
        at >= facts.since_at,
        EventRefused(
            "event.not_yet", N_("活动还没有开始，不能登记到场。"), {}, (),
            N_("开始以后再登记；不办了的请取消。"),
        ),
    )  # fmt: skip


def check_outcome(code: str, amount_fen: int | None, note: str) -> None:
    """An outcome is one of the list; money belongs to a contract."""
    if code not in set(OutcomeCode):
        raise EventRefused("outcome.unknown", N_("请从所列的结果中选一条。"), {}, ("code",))
    require(
        amount_fen is None or amount_fen > 0,
        EventRefused("outcome.amount", N_("金额须大于 0。"), {}, ("amount",)),
    )
    require(
        amount_fen is None or code in (OutcomeCode.INTENT, OutcomeCode.SIGNED, OutcomeCode.LANDED),
        EventRefused(
            "outcome.amount_without_contract", N_("没有意向或合同的，不填金额。"), {}, ("amount",)
        ),
    )
    require(
        len(note) <= NOTE_LONGEST,
        EventRefused(
            "event.text_too_long", N_("最多 {longest} 字，现在 {length} 字。"),
            {"longest": NOTE_LONGEST, "length": len(note)}, ("note",),
        ),
    )  # fmt: skip


def months_after(day: date, months: int) -> date:
    """The same day some months later; the last of the month where it has no such day.

    >>> months_after(date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    return date(day.year + year, month + 1, day.day)


WHO_MAY = {
    "start": N_("由地区的联络员或科技部门经办发起。"),
    "run": N_("由活动所在地区的联络员或科技部门经办办理。"),
    "sign_up": N_("报名须在截止之前；对接会由单位的填报人、管理员或团队成员报名。"),
    "withdraw": N_("由报名人、本单位管理员或活动经办在举办前退出。"),
    "answer": N_("由受邀或被问到的单位答复。"),
}


def not_permitted(verb: str, number: str) -> NotPermitted:
    """The refusal that says who may do this."""
    return NotPermitted(
        f"event.may_not_{verb}",
        N_("您现在不能办“{number}”的这一步。"),
        {"number": number},
        (),
        WHO_MAY[verb],
    )
