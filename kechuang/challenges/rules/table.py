"""The life of a challenge as one table: from, event, to, who. Nothing else changes a state.

Source: design/procedures.md, "Challenge (榜单)"
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.challenges.rules.refusals import ChallengeRefused, event_name, not_yours


class State(StrEnum):
    DRAFTING = "DRAFTING"
    ARGUING = "ARGUING"
    REJECTED = "REJECTED"
    APPROVED = "APPROVED"
    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    FAILED = "FAILED"
    CHECKING = "CHECKING"
    REVIEWING = "REVIEWING"
    DECIDING = "DECIDING"
    ON_NOTICE = "ON_NOTICE"
    AWARDED = "AWARDED"
    RUNNING = "RUNNING"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"


STATE_NAMES = {
    State.DRAFTING: N_("起草中"),
    State.ARGUING: N_("论证中"),
    State.REJECTED: N_("论证未通过"),
    State.APPROVED: N_("论证通过，待审定"),
    State.SCHEDULED: N_("已审定，待发榜"),
    State.OPEN: N_("揭榜中"),
    State.CLOSED: N_("已截止，待开标"),
    State.FAILED: N_("流榜"),
    State.CHECKING: N_("形式审查中"),
    State.REVIEWING: N_("评审中"),
    State.DECIDING: N_("评定中"),
    State.ON_NOTICE: N_("公示中"),
    State.AWARDED: N_("已立项"),
    State.RUNNING: N_("实施中"),
    State.ENDED: N_("已结束"),
    State.CANCELLED: N_("已取消"),
}
# Before these nobody outside the office, the poser and the named experts sees a challenge.
UNPUBLISHED = frozenset({
    State.DRAFTING, State.ARGUING, State.REJECTED, State.APPROVED, State.SCHEDULED,
})
BEFORE_OPENING = UNPUBLISHED | {State.OPEN, State.CLOSED}
# In these the bids have been opened; a failed or cancelled challenge may never have been.
UNSEALED = frozenset({
    State.CHECKING, State.REVIEWING, State.DECIDING, State.ON_NOTICE, State.AWARDED,
    State.RUNNING, State.ENDED,
})
BEFORE_AWARD = frozenset({
    State.DRAFTING, State.ARGUING, State.APPROVED, State.SCHEDULED, State.OPEN, State.CLOSED,
    State.CHECKING, State.REVIEWING, State.DECIDING, State.ON_NOTICE,
})


@dataclass(frozen=True, slots=True)
class ChallengeFacts:
    """What rights depend on. People are numbers; `approver` is the role whose approval is awaited;
    `fenced` says that this reader is in conflict with a bid of this challenge."""

    state: State
    region_path: str
    issuer: str = ""
    secretary: str = ""
    chair: str = ""
    experts: frozenset[str] = frozenset()
    custodians: frozenset[str] = frozenset()
    lead_expert: str = ""
    approver: str = ""
    fenced: bool = False
    issuer_chooses: bool = True
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    event: str
    since: frozenset[State]
    to: State | None
    who: str


def _row(since: str, event: str, to: str, who: str) -> Transition:
    states = BEFORE_AWARD if since == "any before AWARDED" else {State(s) for s in since.split()}
    return Transition(event, frozenset(states), State(to) if to != "same" else None, who)


TABLE = (
    #    from                  event               to           who
    _row("DRAFTING",           "edit",             "same",      "officer"),
    _row("DRAFTING",           "answer_fit_test",  "same",      "officer"),
    _row("DRAFTING",           "name_custodians",  "same",      "officer"),
    _row("DRAFTING ARGUING APPROVED", "register_key", "same",   "custodian"),
    _row("DRAFTING",           "consent",          "same",      "issuer"),
    _row("DRAFTING",           "send_to_argument", "ARGUING",   "officer"),
    _row("ARGUING",            "argue",            "same",      "named expert"),
    _row("ARGUING",            "pass_argument",    "APPROVED",  "lead expert"),
    _row("ARGUING",            "reject_argument",  "REJECTED",  "lead expert"),
    _row("ARGUING",            "return_argument",  "DRAFTING",  "lead expert"),
    _row("APPROVED",           "authorise",        "SCHEDULED", "head"),
    _row("SCHEDULED",          "open",             "OPEN",      "clock"),
    _row("OPEN",               "ask",              "same",      "anyone signed in"),
    _row("OPEN",               "answer",           "same",      "officer"),
    _row("OPEN",               "amend_minor",      "same",      "officer"),
    _row("OPEN",               "amend_substantial", "same",     "head"),
    _row("OPEN",               "close",            "CLOSED",    "clock"),
    _row("CLOSED",             "fail",             "FAILED",    "clock"),
    _row("CLOSED",             "attend",           "same",      "supervisor"),
    _row("CLOSED",             "start_session",    "same",      "officer"),
    _row("CLOSED",             "give_shares",      "same",      "custodian"),
    _row("CLOSED",             "unseal",           "CHECKING",  "officer"),
    _row("CHECKING",           "check",            "same",      "secretary"),
    _row("CHECKING",           "finish_check",     "REVIEWING", "secretary"),
    _row("CHECKING",           "fail_check",       "FAILED",    "secretary"),
    _row("REVIEWING",          "take_ranking",     "DECIDING",  "clock or officer"),
    _row("DECIDING",           "choose",           "same",      "choosing issuer"),
    _row("DECIDING",           "propose",          "same",      "officer"),
    _row("DECIDING",           "approve",          "same",      "approver"),
    _row("DECIDING",           "return_proposal",  "same",      "approver"),
    _row("DECIDING",           "approve_last",     "ON_NOTICE", "approver"),
    _row("ON_NOTICE",          "finalise",         "AWARDED",   "head"),
    _row("ON_NOTICE",          "reopen_decision",  "DECIDING",  "clock or officer"),
    _row("AWARDED",            "run",              "RUNNING",   "clock"),
    _row("AWARDED",            "promote_reserve",  "ON_NOTICE", "clock"),
    _row("AWARDED",            "fail_award",       "FAILED",    "clock"),
    _row("RUNNING",            "end",              "ENDED",     "clock"),
    _row("FAILED",             "relist",           "same",      "officer"),
    _row("any before AWARDED", "cancel",           "CANCELLED", "head"),
)
# Under these appointments a person acts as the panel's secretary or chair.
PANEL_ROLES = (
    Role.OFFICER, Role.HEAD, Role.LIAISON, Role.EXPERT, Role.MEMBER, Role.SECRETARY, Role.CHAIR,
)
EVENTS = {row.event: row for row in TABLE}


def _in_office(actor: Actor, facts: ChallengeFacts, role: str) -> bool:
    return actor.role == role and actor.covers(facts.region_path) and not facts.fenced


WHO: dict[str, Callable[[Actor, ChallengeFacts], bool]] = {
    "officer": lambda actor, facts: _in_office(actor, facts, Role.OFFICER),
    "head": lambda actor, facts: _in_office(actor, facts, Role.HEAD),
    "supervisor": lambda actor, facts: _in_office(actor, facts, Role.SUPERVISOR),
    "approver": lambda actor, facts: (
        bool(facts.approver) and _in_office(actor, facts, facts.approver)
    ),
    "clock": lambda actor, facts: actor.role == Role.CLOCK,
    "clock or officer": lambda actor, facts: (
        actor.role == Role.CLOCK or _in_office(actor, facts, Role.OFFICER)
    ),
    "named expert": lambda actor, facts: (
        actor.role == Role.EXPERT and actor.person in facts.experts
    ),
    "lead expert": lambda actor, facts: (
        actor.role == Role.EXPERT and actor.person == facts.lead_expert
    ),
    "custodian": lambda actor, facts: actor.is_signed_in and actor.person in facts.custodians,
    "secretary": lambda actor, facts: (
        actor.is_role(*PANEL_ROLES) and actor.person == facts.secretary and not facts.fenced
    ),
    "issuer": lambda actor, facts: (
        actor.role == Role.UNIT_ADMIN and bool(facts.issuer) and actor.organisation == facts.issuer
    ),
    "choosing issuer": lambda actor, facts: (
        facts.issuer_chooses and actor.role == Role.UNIT_ADMIN and bool(facts.issuer)
        and actor.organisation == facts.issuer
    ),
    "anyone signed in": lambda actor, facts: actor.is_signed_in,
}


def may(event: str, actor: Actor, facts: ChallengeFacts) -> bool:
    """True where the event can happen now and it is this actor's to do: the page's question."""
    row = EVENTS[event]
    return facts.state in row.since and WHO[row.who](actor, facts)


def check_event(event: str, actor: Actor, facts: ChallengeFacts) -> State:
    """The state after the event; refuses the wrong person first, then the wrong state."""
    row = EVENTS[event]
    require(WHO[row.who](actor, facts), not_yours(event))
    require(facts.state in row.since, ChallengeRefused(
        "challenges.wrong_state", N_("现在不能{event}：榜单的状态是“{state}”。"),
        {"event": event_name(event), "state": STATE_NAMES[facts.state]},
        way_on=N_("请刷新页面，看现在由谁办。"),
    ))
    return row.to or facts.state


OFFICES = (Role.OFFICER, Role.HEAD, Role.FINANCE)


def may_declare_conflict(actor: Actor, facts: ChallengeFacts) -> bool:
    """Whoever of the office may have a step, once, until the award; nobody undoes it."""
    return (
        actor.is_role(*OFFICES) and actor.covers(facts.region_path) and not facts.fenced
        and facts.state in BEFORE_AWARD
    )


def may_create(actor: Actor, region_path: str) -> bool:
    """An officer drafts from needs of the own region's subtree."""
    return actor.is_role(Role.OFFICER) and actor.covers(region_path)


def may_see_unpublished(actor: Actor, facts: ChallengeFacts) -> bool:
    """Before publication: the office, the poser's people and the named experts."""
    office = actor.is_role(Role.OFFICER, Role.HEAD, Role.FINANCE, Role.SUPERVISOR)
    return (
        (office and actor.covers(facts.region_path))
        or (bool(facts.issuer) and actor.organisation == facts.issuer)
        or (actor.is_signed_in
            and actor.person in facts.experts | facts.custodians | {facts.secretary, facts.chair})
    )


def is_late(at: datetime, deadline_at: datetime) -> bool:
    """Late is at the deadline or after it; there is no grace.

    >>> from datetime import datetime, UTC
    >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    >>> is_late(noon, noon)
    True
    """
    return at >= deadline_at
