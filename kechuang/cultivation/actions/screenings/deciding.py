"""Propose, decide, show to everybody, support; return or withdraw on the way."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, check_version, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions.benefits.moves import person
from kechuang.cultivation.actions.screenings.moves import (
    State,
    locked,
    locked_candidate,
    move,
    note_act,
    tell_office,
    tell_people,
)
from kechuang.cultivation.models import Candidate, Stake
from kechuang.cultivation.queries import decisions
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import candidates
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.benefits import StakeTyped, not_permitted
from kechuang.cultivation.rules.deadlines import due
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.projects.actions import open_project
from kechuang.record import actions as record

WITHDRAWN = N_("团队或项目已撤回，不再支持。")
RUNNING = (Notice.State.OPEN, Notice.State.PAUSED)
KINDS = {"PROJECT": Notice.Kind.AWARD, "STAKE": Notice.Kind.GENERAL}


@transaction.atomic
def propose_candidate(
    *, candidate: Candidate, typed: rules.ProposalTyped, by: Actor, at: datetime
) -> Candidate:
    """Hold the judges' points against the rules, and propose a support or none.

    Refuses (rules.ScreeningRefused) while judges are wanting, a support for who did not pass, and
    an amount above the rules', the asked one or what is left of the round.
    """
    candidate = locked_candidate(candidate, "propose_candidate", by, at)
    facts = queries.facts_of(candidate, at)
    rules.check_scored(facts.judges, facts.scored, at >= candidate.screening.until)
    found = queries.judged(candidate)
    most = min(found.amount_fen, candidate.asked_fen)
    refuse_all(rules.problems_with_proposal(
        typed, found.is_met, most, candidate.screening.left_fen, shanghai_date(at)
    ))  # fmt: skip
    candidate.answer = found.said
    candidate.outcome, candidate.amount_fen = typed.outcome, typed.amount_fen
    candidate.terms = _terms(typed.terms) if typed.outcome == "STAKE" else {}
    candidate.proposed_by = person(by)
    move(candidate, State.PROPOSED, by, at, term="DECIDE")
    note_act("propose_candidate", candidate.number, by, at, state=found.state,
             outcome=candidate.outcome, amount_fen=candidate.amount_fen, means=found.means,
             rules=candidate.screening.content)  # fmt: skip
    tell_office(candidate, Role.HEAD, "candidate_to_decide", by, at)
    return candidate


def _terms(terms: StakeTyped | None) -> dict[str, Any]:
    if terms is None:
        return {}
    return {
        "valuation_fen": terms.valuation_fen, "holder": terms.holder,
        "exit_condition": terms.exit_condition, "exit_date": terms.exit_date.isoformat(),
    }  # fmt: skip


@transaction.atomic
def decide_candidate(
    *, candidate: Candidate, verdict: str, reason: str, by: Actor, at: datetime,
    version: int | None = None,
) -> Candidate:  # fmt: skip
    """Decide, as a second person; an acceptance holds the money and goes on public notice.

    Refuses (rules.ScreeningRefused) to accept whom the rules did not pass, and beyond the round's
    money.
    """
    candidate = locked_candidate(candidate, "decide_candidate", by, at)
    check_version(candidate.number, version, candidate.version)
    candidate.decided_by, candidate.decided_at = person(by), at
    candidate.reason = reason.strip()[:1000]
    if verdict == "ACCEPT":
        _publish(candidate, by, at)
    else:
        move(candidate, State.DECLINED, by, at)
    note_act("decide_candidate", candidate.number, by, at, verdict=str(candidate.state),
             amount_fen=candidate.amount_fen, notice=candidate.notice_number)  # fmt: skip
    tell_people([candidate.leader], "candidate_decided", candidate.number, by, at)
    return candidate


def _publish(candidate: Candidate, by: Actor, at: datetime) -> None:
    """Hold the money, and put what was decided before everybody."""
    screening = candidate.screening
    require(candidate.answer.get("state") == "met" and candidate.amount_fen > 0,
            rules.not_accepted(candidate.number))  # fmt: skip
    require(candidate.amount_fen <= screening.left_fen, rules.over_the_round(screening.left_fen))
    decided = decisions.decided_of(candidate)
    people = (candidate.entered_by, candidate.proposed_by, candidate.decided_by)
    notice = notices.open_notice(
        subject_number=candidate.number, kind=KINDS[candidate.outcome],
        title=candidates.notice_title(decided), facts=candidates.notice_facts(decided),
        region_path=candidate.region_path, working_days=screening.notice_days,
        involved=[*(one.number for one in people if one), *queries.judges_of(candidate)],
        by=by, at=at,
    )  # fmt: skip
    grounds = candidates.grounds_path(candidate.number)
    notices.name_evidence(notice=notice, path=grounds, by=by, at=at)
    candidate.notice_number = notice.number
    _commit(candidate, candidate.amount_fen)
    move(candidate, State.ON_NOTICE, by, at)


def _commit(candidate: Candidate, fen: int) -> None:
    screening = candidate.screening
    screening.committed_fen += fen
    screening.save(update_fields=["committed_fen"])


# --- after the notice ---------------------------------------------------------------------------


@transaction.atomic
def follow_candidate(*, candidate: Candidate, by: Actor, at: datetime) -> bool:
    """Tell the head once its notice is over or cancelled, and from when the next step is late.

    True where something was told; a notice that still runs, and a second call, change nothing.
    """
    require(by.is_role(Role.CLOCK), not_permitted(candidate.number))
    candidate = locked(candidate)
    if candidate.state != State.ON_NOTICE or candidate.until is not None:
        return False
    noticed = queries.noticed_of(candidate, at)
    if noticed.stands not in (candidates.OVER, candidates.CANCELLED):
        return False
    if noticed.stands == candidates.OVER:
        notices.close_notice(notice=_notice(candidate), by=by, at=at)
    candidate.until = due("DECIDE", candidate.region_path, at)
    candidate.save(update_fields=["until"])
    note_act("follow_candidate", candidate.number, by, at, notice=noticed.stands)
    what = "to_establish" if noticed.stands == candidates.OVER else "to_return"
    tell_office(candidate, Role.HEAD, f"candidate_{what}", by, at)
    return True


def _notice(candidate: Candidate) -> Notice:
    return Notice.objects.get(number=candidate.notice_number)


@transaction.atomic
def establish_candidate(*, candidate: Candidate, by: Actor, at: datetime) -> Candidate:
    """Support a candidate whose notice is over: the project or the stake opens in the same act.

    Refuses (candidates.CandidateRefused) before the whole term has run, under an open objection,
    and after a notice that was cancelled.
    """
    candidate = locked_candidate(candidate, "establish_candidate", by, at)
    notices.close_notice(notice=_notice(candidate), by=by, at=at)
    move(candidate, State.ACCEPTED, by, at)
    _open(candidate, by, at)
    note_act("establish_candidate", candidate.number, by, at, notice=candidate.notice_number,
             amount_fen=candidate.amount_fen, project=candidate.project_number)  # fmt: skip
    tell_people([candidate.leader], "candidate_established", candidate.number, by, at)
    return candidate


def _open(candidate: Candidate, by: Actor, at: datetime) -> None:
    if candidate.outcome == Candidate.Outcome.STAKE:
        _open_stake(candidate, by, at)
        return
    project = open_project(
        origin_number=candidate.number, title=candidate.title,
        lead_organisation=candidate.organisation, leader=candidate.leader, members=[],
        region_path=candidate.region_path, total_fen=candidate.total_fen,
        public_fen=candidate.amount_fen, own_fen=candidate.total_fen - candidate.amount_fen,
        other_fen=0, targets=[], by=by, at=at,
    )  # fmt: skip
    candidate.project_number = project.number
    candidate.save(update_fields=["project_number"])


def _open_stake(candidate: Candidate, by: Actor, at: datetime) -> None:
    terms = candidate.terms
    assert candidate.proposed_by is not None
    stake = Stake.objects.create(
        number=record.take_number("GQ", at=at), candidate=candidate,
        amount_fen=candidate.amount_fen, valuation_fen=terms["valuation_fen"],
        holder=terms["holder"], exit_condition=terms["exit_condition"],
        exit_date=date.fromisoformat(terms["exit_date"]), agreed_by=candidate.proposed_by,
        agreed_at=at,
    )  # fmt: skip
    note_act("agree_stake", stake.number, by, at, candidate=candidate.number,
             amount_fen=stake.amount_fen, valuation_fen=stake.valuation_fen,
             exit=terms["exit_date"])  # fmt: skip
    candidate.until = due("REQUEST", candidate.region_path, at)
    candidate.save(update_fields=["until"])
    tell_office(candidate, Role.OFFICER, "candidate_payable", by, at)


@transaction.atomic
def return_candidate(*, candidate: Candidate, reason: str, by: Actor, at: datetime) -> Candidate:
    """Give a proposal back to the officer, with what is to be changed; the marks stand.

    One that was on notice comes back only after its notice was cancelled or an objection upheld:
    its money is released, and it is decided anew.
    """
    candidate = locked_candidate(candidate, "return_candidate", by, at)
    released = _released(candidate)
    candidate.reason = reason.strip()[:1000]
    candidate.decided_by = candidate.decided_at = None
    candidate.notice_number = ""
    move(candidate, State.SCORING, by, at, term="APPROVE")
    note_act("return_candidate", candidate.number, by, at, released_fen=released)
    tell_office(candidate, Role.OFFICER, "candidate_scored", by, at)
    return candidate


def _released(candidate: Candidate) -> int:
    """Give back what a candidate on notice held of the round's money."""
    if candidate.state != State.ON_NOTICE:
        return 0
    _commit(candidate, -candidate.amount_fen)
    return int(candidate.amount_fen)


@transaction.atomic
def withdraw_candidate(*, candidate: Candidate, reason: str, by: Actor, at: datetime) -> Candidate:
    """Take a candidate back before it is supported, because it no longer comes.

    A notice that runs is cancelled, the money it held is released.
    """
    candidate = locked_candidate(candidate, "withdraw_candidate", by, at)
    released = _released(candidate)
    if released and _notice(candidate).state in RUNNING:
        notices.cancel_notice(notice=_notice(candidate), reason=WITHDRAWN, by=by, at=at)
    candidate.reason = reason.strip()[:1000]
    move(candidate, State.WITHDRAWN, by, at)
    note_act("withdraw_candidate", candidate.number, by, at, released_fen=released)
    return candidate
