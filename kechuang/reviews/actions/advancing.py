"""Let a panel go on as far as it can, and give every seat its reviews."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.reviews import queries, rules
from kechuang.reviews.actions.inviting import fill_from_draw
from kechuang.reviews.actions.steps import move_panel, move_reviews, stage_facts, term
from kechuang.reviews.models import Case, Conflict, Panel, Review, ReviewStage, Seat


def advance(panel: Panel, by: Actor, at: datetime) -> None:
    """Let the panel go on as far as it can: inviting, complete, reviewing; and assign reviews."""
    fill_from_draw(panel, by, at)
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
