"""Open a round, enter its candidates, keep the points of its judges."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.cultivation.actions.benefits.moves import person
from kechuang.cultivation.actions.screenings.moves import (
    State,
    locked_candidate,
    move,
    note_act,
    tell_office,
    tell_people,
)
from kechuang.cultivation.models import Candidate, Mark, Screening, ScreeningJudge
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.benefits import not_permitted
from kechuang.parties.models import Person
from kechuang.parties.queries import colleague, organisation_by_code
from kechuang.record import actions as record


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
        opened_by=person(by), notice_days=typed.notice_days,
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
    move(candidate, State.SCORING, by, at)
    Candidate.objects.filter(pk=candidate.pk).update(until=row.until)
    candidate.until = row.until
    note_act("enter_candidate", candidate.number, by, at, screening=row.number,
             organisation=unit.code, asked_fen=candidate.asked_fen)  # fmt: skip
    people = Person.objects.filter(number__in=queries.judges_of(candidate))
    tell_people(people, "candidate_to_score", candidate.number, by, at)
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
    candidate = locked_candidate(candidate, "score_candidate", by, at)
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
    facts = queries.facts_of(candidate, at)
    if facts.scored >= facts.judges:
        tell_office(candidate, Role.OFFICER, "candidate_scored", by, at)
    return marks
