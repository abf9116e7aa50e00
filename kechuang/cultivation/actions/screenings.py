"""Every write of screenings but money: open a round, enter, score, propose, decide."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import check_version, refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions.benefits.moves import person
from kechuang.cultivation.models import (
    Candidate,
    CandidateStage,
    Mark,
    Screening,
    ScreeningJudge,
    Stake,
)
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.benefits import StakeTyped, not_permitted
from kechuang.cultivation.rules.deadlines import due
from kechuang.messages.actions import tell
from kechuang.parties.models import Person
from kechuang.parties.queries import colleague, holders, organisation_by_code
from kechuang.projects.actions import open_project
from kechuang.record import actions as record

State = Candidate.State


def note_act(verb: str, number: str, by: Actor, at: datetime, **payload: Any) -> None:
    record.append(
        verb=f"cultivation.{verb}", object_number=number, by=by, at=at, payload=payload or None
    )


def _tell(people: Iterable[Person], what: str, number: str, by: Actor, at: datetime) -> None:
    numbers = [one.number for one in people]
    tell(people=numbers, template=f"cultivation.{what}", object_number=number, by=by, at=at)


def tell_office(candidate: Candidate, role: Role, what: str, by: Actor, at: datetime) -> None:
    people = holders(role, at=at, region_path=candidate.region_path)
    _tell(people, what, candidate.number, by, at)


def _move(candidate: Candidate, state: str, by: Actor, at: datetime, term: str = "") -> None:
    candidate.state, candidate.state_since = state, at
    candidate.until = due(term, candidate.region_path, at) if term else None
    candidate.version += 1
    candidate.save()
    CandidateStage.objects.create(
        candidate=candidate, stage=state, since=at, by_person=by.person, by_role=by.role.value,
        by_organisation=by.organisation,
    )  # fmt: skip


def locked_candidate(candidate: Candidate, verb: str, by: Actor) -> Candidate:
    """Lock the round, then the candidate, and refuse a step that cannot be taken now."""
    screening = Screening.objects.select_for_update(no_key=True).get(pk=candidate.screening_id)
    fresh = (
        Candidate.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation__region", "leader", "proposed_by", "stake__order")
        .get(pk=candidate.pk)
    )
    fresh.screening = screening
    rules.check_take(verb, by, queries.facts_of(fresh))
    return fresh


# --- the round and its candidates ---------------------------------------------------------------


@transaction.atomic
def open_screening(*, typed: rules.ScreeningTyped, by: Actor, at: datetime) -> Screening:
    """Open a round: its rule set as it is today, its money, its judges by name.

    Refuses (rules.ScreeningRefused) all that is wrong at once: unknown judges, fewer than three.
    """
    require(rules.may_open(by), not_permitted(typed.title or "—"))
    today = shanghai_date(at)
    known = {one.number: one for one in Person.objects.filter(number__in=typed.judges)}
    sets = queries.screening_rules(today)
    refuse_all(rules.problems_with_screening(typed, sets, known, at))
    screening = Screening.objects.create(
        number=record.take_number("SX", at=at), title=typed.title.strip(), track=typed.track,
        rule_set=typed.rule_set, content=sets[typed.rule_set].version, as_of_date=today,
        region_path=by.region, budget_fen=typed.budget_fen, until=typed.until, state_since=at,
        opened_by=person(by),
    )  # fmt: skip
    ScreeningJudge.objects.bulk_create(
        [ScreeningJudge(screening=screening, person=known[one]) for one in dict.fromkeys(
            typed.judges)]
    )  # fmt: skip
    note_act("open_screening", screening.number, by, at, rules=screening.content,
          budget_fen=screening.budget_fen, judges=list(dict.fromkeys(typed.judges)))  # fmt: skip
    return screening


@transaction.atomic
def close_screening(*, screening: Screening, by: Actor, at: datetime) -> Screening:
    """End a round: nothing more is entered; what is under way is finished."""
    row = Screening.objects.select_for_update(no_key=True).get(pk=screening.pk)
    require(rules.may_enter(by, row.region_path), not_permitted(row.number))
    require(row.state == Screening.State.OPEN, rules.round_closed(row.number))
    row.state, row.state_since, row.version = Screening.State.CLOSED, at, row.version + 1
    row.save()
    note_act("close_screening", row.number, by, at)
    return row


@transaction.atomic
def enter_candidate(
    *, screening: Screening, typed: rules.CandidateTyped, by: Actor, at: datetime
) -> Candidate:
    """Enter a candidate into an open round; its judges are told.

    Refuses (rules.ScreeningRefused) after the round's end, and a unit or leader that is unknown.
    """
    row = Screening.objects.select_for_update(no_key=True).get(pk=screening.pk)
    require(rules.may_enter(by, row.region_path), not_permitted(row.number))
    is_open = row.state == Screening.State.OPEN and at < row.until
    require(is_open, rules.round_closed(row.number))
    unit = organisation_by_code(typed.organisation)
    leader = colleague(typed.leader, unit)
    refuse_all(rules.problems_with_candidate(typed, unit is not None, leader is not None))
    assert unit is not None
    assert leader is not None
    title = typed.title.strip()
    known = Candidate.objects.filter(screening=row, organisation=unit, title=title)
    require(not known.exists(), rules.candidate_known(title))
    candidate = Candidate(
        number=record.take_number("HX", at=at), screening=row, organisation=unit, leader=leader,
        title=title, origin=typed.origin.strip(), summary=typed.summary.strip(),
        total_fen=typed.total_fen, asked_fen=typed.asked_fen, region_path=row.region_path,
        entered_by=person(by), version=0,
    )  # fmt: skip
    _move(candidate, State.SCORING, by, at)
    Candidate.objects.filter(pk=candidate.pk).update(until=row.until)
    candidate.until = row.until
    note_act("enter_candidate", candidate.number, by, at, screening=row.number,
          organisation=unit.code, asked_fen=candidate.asked_fen)  # fmt: skip
    people = Person.objects.filter(number__in=queries.judges_of(candidate))
    _tell(people, "candidate_to_score", candidate.number, by, at)
    return candidate


@transaction.atomic
def score_candidate(
    *, candidate: Candidate, tenths: Mapping[str, int], reasons: Mapping[str, str], by: Actor,
    at: datetime,
) -> list[Mark]:  # fmt: skip
    """Keep a named judge's points for every criterion, each with its reason, once and for good.

    Refuses (rules.ScreeningRefused) a criterion left out, points beyond its most, a missing
    reason.
    """
    candidate = locked_candidate(candidate, "score_candidate", by)
    items = rules.items_of(queries.rules_at(candidate.screening))
    refuse_all(rules.problems_with_marks(items, tenths, reasons))
    judge = person(by)
    marks = Mark.objects.bulk_create(
        [
            Mark(candidate=candidate, person=judge, criterion=item.code, marked_at=at,
                 tenths=tenths[item.code], reason=reasons[item.code].strip()[:500])
            for item in items
        ]
    )  # fmt: skip
    note_act("score_candidate", candidate.number, by, at,
          tenths={item.code: tenths[item.code] for item in items})  # fmt: skip
    facts = queries.facts_of(candidate)
    if facts.scored >= facts.judges:
        tell_office(candidate, Role.OFFICER, "candidate_scored", by, at)
    return marks


# --- proposal and decision ----------------------------------------------------------------------


@transaction.atomic
def propose_candidate(
    *, candidate: Candidate, typed: rules.ProposalTyped, by: Actor, at: datetime
) -> Candidate:
    """Hold the judges' points against the rules, and propose a support or none.

    Refuses (rules.ScreeningRefused) while judges are wanting, a support for who did not pass, and
    an amount above the rules', the asked one or what is left of the round.
    """
    candidate = locked_candidate(candidate, "propose_candidate", by)
    facts = queries.facts_of(candidate)
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
    _move(candidate, State.PROPOSED, by, at, term="DECIDE")
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
    """Decide, as a second person; an acceptance opens the project or the stake at once.

    Refuses (rules.ScreeningRefused) to accept whom the rules did not pass, and beyond the round's
    money.
    """
    candidate = locked_candidate(candidate, "decide_candidate", by)
    check_version(candidate.number, version, candidate.version)
    candidate.decided_by, candidate.decided_at = person(by), at
    candidate.reason = reason.strip()[:1000]
    screening = candidate.screening
    if verdict != "ACCEPT":
        _move(candidate, State.DECLINED, by, at)
    else:
        require(candidate.answer.get("state") == "met" and candidate.amount_fen > 0,
                rules.not_accepted(candidate.number))  # fmt: skip
        left = screening.left_fen
        require(candidate.amount_fen <= left, rules.over_the_round(left))
        screening.committed_fen += candidate.amount_fen
        screening.save(update_fields=["committed_fen"])
        _move(candidate, State.ACCEPTED, by, at)
        _open(candidate, by, at)
    note_act("decide_candidate", candidate.number, by, at, verdict=str(candidate.state),
          amount_fen=candidate.amount_fen, project=candidate.project_number)  # fmt: skip
    _tell([candidate.leader], "candidate_decided", candidate.number, by, at)
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
    Candidate.objects.filter(pk=candidate.pk).update(
        until=due("REQUEST", candidate.region_path, at)
    )
    tell_office(candidate, Role.OFFICER, "candidate_payable", by, at)


@transaction.atomic
def return_candidate(*, candidate: Candidate, reason: str, by: Actor, at: datetime) -> Candidate:
    """Give a proposal back to the officer, with what is to be changed; the marks stand."""
    candidate = locked_candidate(candidate, "return_candidate", by)
    candidate.reason = reason.strip()[:1000]
    _move(candidate, State.SCORING, by, at, term="APPROVE")
    note_act("return_candidate", candidate.number, by, at)
    tell_office(candidate, Role.OFFICER, "candidate_scored", by, at)
    return candidate


@transaction.atomic
def withdraw_candidate(
    *, candidate: Candidate, reason: str, by: Actor, at: datetime
) -> Candidate:
    """Take a candidate back before it is decided, because it no longer comes."""
    candidate = locked_candidate(candidate, "withdraw_candidate", by)
    candidate.reason = reason.strip()[:1000]
    _move(candidate, State.WITHDRAWN, by, at)
    note_act("withdraw_candidate", candidate.number, by, at)
    return candidate
