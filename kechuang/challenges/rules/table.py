"""The life of a challenge as one table: from, event, to, who. Nothing else changes a state.

Source: design/procedures.md, "Challenge (榜单)"
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.base.states import StateTable, row
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
    prices_due: bool = False


BEFORE = " ".join(state for state in State if state in BEFORE_AWARD)
TABLE = StateTable("challenge", "榜单", STATE_NAMES, (
    #    from                  event               to           who, guard
    row("-",                  "create",            "DRAFTING",  "officer",
        "from an accepted need; mode and its version chosen"),
    row("DRAFTING",           "edit",              "same",      "officer"),
    row("DRAFTING",           "answer_fit_test",   "same",      "officer"),
    row("DRAFTING",           "name_custodians",   "same",      "officer", "the mode seals bids"),
    row("DRAFTING ARGUING APPROVED", "register_key", "same",    "custodian"),
    row("DRAFTING",           "consent",           "same",      "issuer"),
    row("DRAFTING",           "send_to_argument",  "ARGUING",   "officer",
        "the draft is whole, the fit test answered with yes, the poser agrees"),
    row("ARGUING",            "argue",             "same",      "named expert", "once each"),
    row("ARGUING",            "pass_argument",     "APPROVED",  "lead expert",
        "at least three have signed, more than half for it"),
    row("ARGUING",            "reject_argument",   "REJECTED",  "lead expert"),
    row("ARGUING",            "return_argument",   "DRAFTING",  "lead expert"),
    row("APPROVED",           "authorise",         "SCHEDULED", "head",
        "the budget line has the money, every custodian's key is registered"),
    row("SCHEDULED",          "open",              "OPEN",      "clock", "its time has come"),
    row("OPEN",               "ask",               "same",      "anyone signed in"),
    row("OPEN",               "answer",            "same",      "officer"),
    row("OPEN",               "amend_minor",       "same",      "officer"),
    row("OPEN",               "amend_substantial", "same",      "head",
        "the deadline leaves the mode's days; sealed bids need reconfirming"),
    row("OPEN",               "close",             "CLOSED",    "clock", "the deadline has passed"),
    row("CLOSED",             "fail",              "FAILED",    "clock",
        "fewer sealed bids than the mode's least"),
    row("CLOSED",             "attend",            "same",      "supervisor"),
    row("CLOSED REVIEWING",   "start_session",     "same",      "officer",
        "custodians keep the keys; for the prices, the panel's minutes are signed"),
    row("CLOSED REVIEWING",   "give_shares",       "same",      "custodian"),
    row("CLOSED",             "unseal",            "CHECKING",  "officer",
        "the supervisor is present where the mode seals, k of n shares where there are custodians"),
    row("CHECKING",           "check",             "same",      "secretary"),
    row("CHECKING",           "finish_check",      "REVIEWING", "secretary",
        "every bid is judged, enough are admissible"),
    row("CHECKING",           "fail_check",        "FAILED",    "secretary",
        "fewer admissible bids than the mode's least"),
    row("REVIEWING",          "open_prices",       "same",      "officer",
        "the price is sealed apart, the panel's minutes are signed, k of n shares"),
    row("REVIEWING",          "take_ranking",      "DECIDING",  "clock or officer",
        "the panel's minutes are signed, the prices opened where they were sealed apart"),
    row("DECIDING",           "choose",            "same",      "choosing issuer",
        "above the threshold; only where the mode lets the poser choose"),
    row("DECIDING",           "propose",           "same",      "officer",
        "within the places of the mode and the money of the call, nobody passed over"),
    row("DECIDING",           "approve",           "same",      "approver",
        "nobody signs two steps of a round"),
    row("DECIDING",           "return_proposal",   "same",      "approver", "with a reason"),
    row("DECIDING",           "approve_last",      "ON_NOTICE", "approver", "all steps signed"),
    row("ON_NOTICE",          "finalise",          "AWARDED",   "head",
        "every notice has run, no objection is open"),
    row("ON_NOTICE",          "finalise_some",     "same",      "head",
        "some notices have run, others still do"),
    row("ON_NOTICE",          "undo_award",        "same",      "clock or officer",
        "an objection was upheld against one of several awards"),
    row("ON_NOTICE",          "settle",            "AWARDED",   "clock or officer",
        "the last award still on notice fell away, others are final"),
    row("ON_NOTICE",          "reopen_decision",   "DECIDING",  "clock or officer",
        "an objection was upheld and no other award stands"),
    row("ON_NOTICE AWARDED",  "contract",          "same",      "clock",
        "one of several agreements is in force"),
    row("AWARDED",            "run",               "RUNNING",   "clock",
        "every agreement is in force"),
    row("AWARDED",            "promote_reserve",   "ON_NOTICE", "clock",
        "an award fell away, the reserve fits the money"),
    row("ON_NOTICE AWARDED",  "replace_some",      "same",      "clock",
        "an award fell away while others are on notice or stand"),
    row("AWARDED",            "fail_award",        "FAILED",    "clock",
        "the only award fell away, and there is no reserve"),
    row("RUNNING",            "open_gate",         "same",      "clock or officer",
        "the gate's day has come, or every team's stage is judged"),
    row("RUNNING",            "compare",           "same",      "chair",
        "every team has a verdict and a reason"),
    row("RUNNING",            "return_comparison", "same",      "head", "with a reason"),
    row("RUNNING",            "decide_gate",       "same",      "head",
        "another person than the chair; teams within the next stage, money within the call"),
    row("RUNNING",            "end",               "ENDED",     "clock", "every project has ended"),
    row("FAILED",             "relist",            "same",      "officer",
        "once, with a reason, in the same mode or another"),
    row(BEFORE,               "cancel",            "CANCELLED", "head", "with a public reason"),
), "design/procedures.md, Challenge (榜单)")
# Under these appointments a person acts as the panel's secretary or chair.
PANEL_ROLES = (
    Role.OFFICER, Role.HEAD, Role.LIAISON, Role.EXPERT, Role.MEMBER, Role.SECRETARY, Role.CHAIR,
)
EVENTS = {one.event: one for one in TABLE.rows}


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
    "chair": lambda actor, facts: (
        actor.is_role(*PANEL_ROLES) and actor.person == facts.chair and not facts.fenced
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
    found = EVENTS[event]
    return facts.state in found.since and WHO[found.who](actor, facts)


def check_event(event: str, actor: Actor, facts: ChallengeFacts) -> State:
    """The state after the event; refuses the wrong person first, then the wrong state."""
    found = EVENTS[event]
    require(WHO[found.who](actor, facts), not_yours(event))
    require(facts.state in found.since, ChallengeRefused(
        "challenges.wrong_state", N_("现在不能{event}：榜单的状态是“{state}”。"),
        {"event": event_name(event), "state": STATE_NAMES[facts.state]},
        way_on=N_("请刷新页面，看现在由谁办。"),
    ))
    return State(found.ends(facts.state))


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


def may_try(actor: Actor, facts: ChallengeFacts) -> bool:
    """Try form and sheet of a call that is drafted or open: its office and its secretary."""
    if facts.fenced or facts.state not in UNPUBLISHED | {State.OPEN}:
        return False
    office = actor.is_role(Role.OFFICER, Role.HEAD) and actor.covers(facts.region_path)
    return office or (actor.is_signed_in and actor.person == facts.secretary)


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
