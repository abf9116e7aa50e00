"""Steps that several actions share: lock, move, assign reviews, advance a panel."""

from collections.abc import Iterable
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar, office_closes
from kechuang.reviews import queries, rules
from kechuang.reviews.models import (
    Case,
    Conflict,
    Fence,
    Panel,
    PanelStage,
    Review,
    ReviewStage,
    Seat,
    SeatStage,
)


def locked_panel(panel: Panel) -> Panel:
    """The panel's row under a lock, with its officers."""
    Panel.objects.select_for_update(no_key=True).get(pk=panel.pk)
    return Panel.objects.select_related("secretary", "chair").get(pk=panel.pk)


def require_state(number: str, row: Panel | Seat | Review, *states: str) -> None:
    """Refuse a step that does not fit the state."""
    if row.state not in states:
        raise rules.refused_in_state(number, row.get_state_display())


def require_unfenced(panel: Panel, by: Actor) -> None:
    """Refuse whoever stands in conflict with the subject, as if there were no such panel."""
    if queries.is_fenced(by, panel.subject_number):
        raise rules.not_permitted(rules.OFFICE_MAY)


def stage_facts(stage: str, by: Actor, at: datetime, note: str = "") -> dict[str, object]:
    return {
        "stage": stage, "since": at, "by_person": by.person, "by_role": by.role,
        "by_organisation": by.organisation, "note_private": note,
    }  # fmt: skip


def move_panel(panel: Panel, state: str, by: Actor, at: datetime, note: str = "") -> None:
    panel.state = state
    panel.state_since = at
    panel.version += 1
    panel.save()
    PanelStage.objects.create(panel=panel, **stage_facts(state, by, at, note))


def move_seat(seat: Seat, state: str, by: Actor, at: datetime, reason: str = "") -> None:
    seat.state = state
    seat.state_since = at
    seat.reason = reason
    seat.save()
    SeatStage.objects.create(seat=seat, **stage_facts(state, by, at, reason))


def move_review(review: Review, state: str, by: Actor, at: datetime, note: str = "") -> None:
    review.state = state
    review.state_since = at
    review.version += 1
    review.save()
    ReviewStage.objects.create(review=review, **stage_facts(state, by, at, note))


def move_reviews(reviews: Iterable[Review], state: str, by: Actor, at: datetime) -> None:
    """Move many reviews at once, each with its stage row."""
    moved = list(reviews)
    for review in moved:
        review.state, review.state_since, review.version = state, at, review.version + 1
    Review.objects.bulk_update(moved, ["state", "state_since", "version"])
    ReviewStage.objects.bulk_create(
        ReviewStage(review=review, **stage_facts(state, by, at)) for review in moved
    )


def term(at: datetime, working_days: int) -> datetime:
    """17:00 on the last of so many working days."""
    return office_closes(calendar().add(shanghai_date(at), working_days))


def advance(panel: Panel, by: Actor, at: datetime) -> None:
    """Let the panel go on as far as it can: inviting, complete, reviewing; and assign reviews."""
    seats = queries.seats_of(panel)
    accepted = [seat for seat in seats if seat.state == Seat.State.ACCEPTED]
    invited = [seat for seat in seats if seat.state == Seat.State.INVITED]
    is_complete = not invited and len(accepted) >= rules.REVIEWS_MIN
    state = Panel.State
    if panel.state == state.PLANNED and seats:
        move_panel(panel, state.INVITING, by, at)
    if panel.state == state.INVITING and is_complete:
        move_panel(panel, state.COMPLETE, by, at)
    if panel.state == state.COMPLETE and not is_complete:
        move_panel(panel, state.INVITING, by, at)
    assign_reviews(panel, accepted, by, at)
    if panel.state == state.COMPLETE and queries.cases_of(panel):
        panel.score_until = panel.score_until or term(at, rules.SCORING_WORKING_DAYS)
        move_panel(panel, state.REVIEWING, by, at)
    if panel.state == state.REVIEWING:
        waiting = Review.objects.filter(case__panel=panel, state=Review.State.ASSIGNED)
        move_reviews(waiting, Review.State.DECLARING, by, at)


def assign_reviews(panel: Panel, seats: list[Seat], by: Actor, at: datetime) -> None:
    """Give every accepted seat a review of every case, recused where a conflict is computed."""
    cases = queries.cases_of(panel)
    known = set(Review.objects.filter(case__panel=panel).values_list("seat", "case"))
    missing = [(s, c) for s in seats for c in cases if (s.pk, c.pk) not in known]
    if not missing:
        return
    found = _evidence(panel, seats, cases, at)
    reviews, conflicts = [], []
    for seat, case in missing:
        evidence = found[seat.pk, case.pk]
        blocked = any(one.is_blocking for one in evidence)
        state = Review.State.RECUSED if blocked else Review.State.ASSIGNED
        review = Review(seat=seat, case=case, state=state, state_since=at)
        reviews.append(review)
        conflicts.extend(_conflict(review, one, at) for one in evidence)
    Review.objects.bulk_create(reviews)
    Conflict.objects.bulk_create(conflicts)
    ReviewStage.objects.bulk_create(
        ReviewStage(review=review, **stage_facts(review.state, by, at)) for review in reviews
    )


def _conflict(review: Review, evidence: rules.Evidence, at: datetime) -> Conflict:
    verdict = Conflict.Verdict.BLOCKING if evidence.is_blocking else Conflict.Verdict.POSSIBLE
    return Conflict(
        review=review, kind=evidence.kind, verdict=verdict, evidence=dict(evidence.facts),
        found_at=at,
    )  # fmt: skip


def _evidence(
    panel: Panel, seats: list[Seat], cases: list[Case], at: datetime
) -> dict[tuple[int, int], list[rules.Evidence]]:
    """What can be computed between each seat and each case."""
    people = queries.candidates([seat.expert.person for seat in seats], at)
    facts = dict(zip((case.pk for case in cases), queries.case_facts(cases), strict=True))
    codes = {code for case in cases for code in case.organisation_codes}
    codes |= {tie.code for one in people.values() for tie in one.employments}
    chains, day = queries.chains_of(codes), shanghai_date(at)
    return {
        (seat.pk, case.pk): rules.conflicts_with_case(
            people[seat.expert.person.number], facts[case.pk], chains, day, panel.conflict_years
        )
        for seat in seats
        for case in cases
    }


def fence_officers(panel: Panel, people: list, at: datetime) -> None:
    """Fence off whoever of these officers is found in conflict with a case of the panel."""
    cases = queries.cases_of(panel)
    found = queries.candidates(people, at)
    codes = {code for case in cases for code in case.organisation_codes}
    codes |= {tie.code for one in found.values() for tie in one.employments}
    chains, day = queries.chains_of(codes), shanghai_date(at)
    facts = queries.case_facts(cases)
    fences = []
    for person in people:
        evidence = [
            one
            for case in facts
            for one in rules.conflicts_with_case(
                found[person.number], case, chains, day, panel.conflict_years
            )
            if one.is_blocking
        ]
        if evidence:
            fences.append(Fence(
                subject_number=panel.subject_number, person=person, kind=evidence[0].kind,
                evidence=dict(evidence[0].facts), since=at,
            ))  # fmt: skip
    Fence.objects.bulk_create(fences, ignore_conflicts=True)


