"""The working-day clock of a public notice, who may object and handle, and the refusals."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused
from kechuang.base.states import StateTable, row
from kechuang.base.working_days import Calendar

# [G] terms of an objection in working days; the row keeps its own deadline, so a change of these
# figures changes nothing that runs.
ACCEPT_WORKING_DAYS = 3
ANSWER_WORKING_DAYS = 15
DECIDE_WORKING_DAYS = 5
EXECUTE_WORKING_DAYS = 10
WORKING_DAYS_MAX = 60
STATEMENT_LEAST = 20
FILES_MOST = 10
CLOCK_SEARCH_DAYS_MAX = 4000

OFFICE_ROLES = (Role.OFFICER, Role.HEAD)
OBJECTION_OPEN = ("FILED", "ACCEPTED", "ANSWERED")
NOTICE_RUNNING = ("OPEN", "PAUSED")
ONE_DAY = timedelta(days=1)


class NoticeRefused(Refused):
    """The notice cannot be opened, ended or cancelled now."""


class ObjectionRefused(Refused):
    """The objection cannot be filed or take this step."""


# The clock


@dataclass(frozen=True)
class Pause:
    """The days that one objection stopped the clock; `until` is None while it still does."""

    since: date
    until: date | None = None

    def touches(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


def is_counted(calendar: Calendar, opened: date, pauses: Iterable[Pause], day: date) -> bool:
    """Whether a day counts: a working day after the opening, wholly free of pauses."""
    return (
        day > opened
        and calendar.is_working(day)
        and not any(pause.touches(day) for pause in pauses)
    )


def last_day(
    calendar: Calendar, opened: date, working_days: int, pauses: Iterable[Pause] = ()
) -> date | None:
    """The day at whose end (24:00) the notice is over; None while the clock stands.

    The day of publication does not count, nor any day touched by a pause, so that a day on which
    the clock stood for an hour is given to the public whole.

    >>> from kechuang.base.working_days import calendar
    >>> last_day(calendar(), date(2026, 11, 20), 5)
    datetime.date(2026, 11, 27)
    >>> last_day(calendar(), date(2026, 11, 20), 5, [Pause(date(2026, 11, 24), date(2026, 11, 26))])
    datetime.date(2026, 12, 2)
    """
    spans = list(pauses)
    day, left = opened, working_days
    for _ in range(CLOCK_SEARCH_DAYS_MAX):
        if not left:
            return day
        day += ONE_DAY
        if any(span.until is None and span.since <= day for span in spans):
            return None
        left -= is_counted(calendar, opened, spans, day)
    raise ValueError("the clock does not come to an end")


def days_used(
    calendar: Calendar, opened: date, pauses: Iterable[Pause], until: date
) -> int:
    """How many counted days have passed wholly before `until`."""
    spans = list(pauses)
    span = (until - opened).days
    days = (opened + timedelta(days=n) for n in range(1, max(span, 1)))
    return sum(is_counted(calendar, opened, spans, day) for day in days)


def is_provisional(calendar: Calendar, opened: date, last: date) -> bool:
    """Whether a year that the clock runs through has no notice of the State Council yet."""
    return any(calendar.is_provisional(year) for year in range(opened.year, last.year + 1))


def content_hash(content: Mapping[str, object]) -> str:
    """SHA-256 over what a notice says, as RFC 8785 writes strings, integers and lists.

    >>> content_hash({"title": "公示", "facts": [["单位", "示例大学"]]})[:16]
    '184b160d4fe9b69f'
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


# Rights


@dataclass(frozen=True)
class NoticeFacts:
    """What the rights on a notice depend on."""

    region_path: str
    involved: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ObjectionFacts:
    """What the rights on an objection depend on."""

    region_path: str
    state: str
    objector: str
    handler: str = ""
    involved: frozenset[str] = frozenset()


def may_open_notice(actor: Actor, region_path: str) -> bool:
    """The region's office, or the clock on behalf of a decision that was taken."""
    return actor.is_role(Role.CLOCK) or (
        actor.is_role(*OFFICE_ROLES) and actor.covers(region_path)
    )


def may_close_notice(actor: Actor, region_path: str) -> bool:
    return may_open_notice(actor, region_path)


def may_object(actor: Actor) -> bool:
    """Anybody who signs in by name; the supervisor and the operator change nothing."""
    return actor.is_signed_in and not actor.is_role(Role.SUPERVISOR, Role.OPERATOR)


def is_involved(actor: Actor, facts: NoticeFacts | ObjectionFacts) -> bool:
    """Whether this person took part in what is objected to."""
    return actor.person in facts.involved


def may_handle(actor: Actor, facts: ObjectionFacts) -> bool:
    """An officer or head of the region who took no part in the matter and did not object."""
    return (
        actor.is_role(*OFFICE_ROLES)
        and actor.covers(facts.region_path)
        and not is_involved(actor, facts)
        and actor.person != facts.objector
    )


def may_answer(actor: Actor, facts: ObjectionFacts) -> bool:
    """The handling officer alone."""
    return may_handle(actor, facts) and actor.person == facts.handler


def may_decide(actor: Actor, facts: ObjectionFacts) -> bool:
    """A head of the region who took no part and did not write the answer."""
    return (
        actor.is_role(Role.HEAD) and may_handle(actor, facts) and actor.person != facts.handler
    )


def may_withdraw(actor: Actor, facts: ObjectionFacts) -> bool:
    """The objector alone."""
    return actor.is_signed_in and actor.person == facts.objector


def may_attach(actor: Actor, facts: ObjectionFacts) -> bool:
    """The objector alone, until the objection is decided."""
    return may_withdraw(actor, facts) and facts.state in OBJECTION_OPEN


def may_see_objector(actor: Actor, facts: ObjectionFacts) -> bool:
    """Handling officers, the supervisor of the region, and the objector."""
    return (
        may_handle(actor, facts)
        or may_withdraw(actor, facts)
        or (actor.is_role(Role.SUPERVISOR) and actor.covers(facts.region_path))
    )


OFFICE_MAY = N_("由本地区科技部门的经办人或负责人办理。")
HANDLER_MAY = N_("由未参与该事项的科技部门人员办理；参与过的人须回避。")
HEAD_MAY = N_("由未参与该事项、也未承办答复的部门负责人决定。")
OBJECTOR_MAY = N_("由提出异议的本人办理。")


def not_permitted(way_on: str) -> NotPermitted:
    return NotPermitted(
        "notices.not_permitted",
        N_("不能办理。以您现在的身份无权办这一步。"), way_on=way_on,
    )


# Refusals


def check_working_days(working_days: int) -> None:
    if not 1 <= working_days <= WORKING_DAYS_MAX:
        raise NoticeRefused(
            "notices.working_days_out_of_range",
            N_("不能公示。公示期须为 1 到 {most} 个工作日，现为 {days} 个。"),
            {"most": WORKING_DAYS_MAX, "days": working_days}, ("working_days",),
            N_("请改公示期。"),
        )


def problems_with_objection(
    *, ground: str, statement: str, request: str, has_contact: bool
) -> list[ObjectionRefused]:
    """Every reason why an objection cannot be filed: ground, facts, request, contact."""
    problems = []
    if not ground:
        problems.append(_missing("ground", N_("不能提交。还没有选异议的理由。"), N_("请选一项。")))
    if len(statement.strip()) < STATEMENT_LEAST:
        problems.append(_missing(
            "statement", N_("不能提交。事实写得太少，至少 {least} 字。"),
            N_("请写明何时、何人、何事，以及依据。"),
        ))
    if not request.strip():
        problems.append(_missing(
            "request", N_("不能提交。还没有写您的请求。"), N_("请写明希望怎样处理。")
        ))
    if not has_contact:
        problems.append(_missing(
            "phone", N_("不能提交。异议须实名，还没有联系方式。"),
            N_("请留电话或邮箱，只有承办人和监督能看到。"),
        ))
    return problems


def _missing(field: str, text: str, way_on: str) -> ObjectionRefused:
    return ObjectionRefused(
        f"notices.{field}_missing", text, {"least": STATEMENT_LEAST}, (field,), way_on
    )


def notice_is_over(number: str, state: str) -> NoticeRefused:
    return NoticeRefused(
        "notices.notice_is_over",
        N_("不能再提异议。公示“{number}”的状态是 {state}。"), {"number": number, "state": state},
        way_on=N_("公示期外的问题，请向监督部门反映。"),
    )


def notice_not_over(number: str) -> NoticeRefused:
    return NoticeRefused(
        "notices.notice_not_over",
        N_("不能结束公示。“{number}”的公示期未满，或还有异议未办结。"), {"number": number},
        way_on=N_("期满且异议办结后，由系统自动结束。"),
    )


def refused_in_state(number: str, state: str) -> ObjectionRefused:
    return ObjectionRefused(
        "notices.wrong_state",
        N_("不能办理。“{number}”现在的状态是 {state}，不适用这一步。"),
        {"number": number, "state": state}, way_on=N_("请刷新页面，看现在等谁办。"),
    )

# The lives of a notice and an objection: every move is a row.

NOTICE_NAMES = {
    "OPEN": N_("公示中"), "PAUSED": N_("计时暂停"), "ENDED": N_("公示期满"),
    "CANCELLED": N_("已撤销"),
}
OBJECTION_NAMES = {
    "DRAFT": N_("草稿"), "FILED": N_("待受理"), "ACCEPTED": N_("已受理"),
    "REFUSED": N_("不予受理"), "ANSWERED": N_("已答复，待决定"), "DECIDED": N_("已决定"),
    "EXECUTED": N_("已执行"), "WITHDRAWN": N_("已撤回"),
}
NOTICE_TABLE = StateTable("notice", "公示", NOTICE_NAMES, (
    #    from         event               to           who, guard
    row("-",         "open_notice",       "OPEN",      "officer, head or clock",
        "the day of publication does not count"),
    row("OPEN",      "stop_clock",        "PAUSED",    "anyone signed in", "an objection is filed"),
    row("PAUSED",    "run_clock",         "OPEN",      "officer or head",
        "no objection is open any more"),
    row("OPEN",      "close_notice",      "ENDED",     "officer, head or clock",
        "the whole term has run, no objection is open"),
    row("OPEN PAUSED", "cancel_notice",   "CANCELLED", "officer or head",
        "with a public reason, or because an objection was upheld"),
), "design/procedures.md, Objection; the clock")
OBJECTION_TABLE = StateTable("objection", "异议", OBJECTION_NAMES, (
    row("-",         "save_objection",    "DRAFT",     "anyone signed in",
        "the notice runs; supervisor and operator excepted"),
    row("DRAFT",     "file_objection",    "FILED",     "objector",
        "ground, facts, request and a contact"),
    row("FILED",     "accept_objection",  "ACCEPTED",  "officer or head", "took no part"),
    row("FILED",     "refuse_objection",  "REFUSED",   "officer or head",
        "took no part, with a reason"),
    row("ACCEPTED",  "answer_objection",  "ANSWERED",  "handler"),
    row("ANSWERED",  "decide_objection",  "DECIDED",   "head", "took no part, did not answer"),
    row("DECIDED",   "execute_objection", "EXECUTED",  "officer or head",
        "took no part; upheld, wholly or in part"),
    row("FILED ACCEPTED ANSWERED", "withdraw_objection", "WITHDRAWN", "objector"),
), "design/procedures.md, Objection")
