"""Let a panel go on as far as it can, and give every seat its reviews."""

from datetime import datetime

from kechuang.base.actor import Actor
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
    if panel.reviews_per_case is None:
        assign_reviews(panel, accepted, by, at)
    if panel.state == state.COMPLETE and _is_dealt(panel):
        panel.score_until = panel.score_until or term(at, rules.SCORING_WORKING_DAYS)
        move_panel(panel, state.REVIEWING, by, at)
    if panel.state == state.REVIEWING:
        waiting = Review.objects.filter(case__panel=panel, state=Review.State.ASSIGNED)
        move_reviews(waiting, Review.State.DECLARING, by, at)


def _is_dealt(panel: Panel) -> bool:
    """Whether cases are in, and given to experts where they are dealt out."""
    if panel.reviews_per_case is None:
        return bool(queries.cases_of(panel))
    return Review.objects.filter(case__panel=panel).exists()


def give_reviews(panel: Panel, pairs: list[tuple[Seat, Case]], by: Actor, at: datetime) -> None:
    """Give these seats reviews of these cases; the caller has made sure that none is tied."""
    reviews = Review.objects.bulk_create(
        Review(seat=seat, case=case, state_since=at) for seat, case in pairs
    )
    ReviewStage.objects.bulk_create(
        ReviewStage(review=review, **stage_facts(review.state, by, at)) for review in reviews
    )


def assign_reviews(panel: Panel, seats: list[Seat], by: Actor, at: datetime) -> None:
    """Give every accepted seat a review of every case, recused where a conflict is computed."""
    cases = queries.cases_of(panel)
    known = set(Review.objects.filter(case__panel=panel).values_list("seat", "case"))
    missing = [(s, c) for s in seats for c in cases if (s.pk, c.pk) not in known]
    if not missing:
        return
    found = queries.evidence_between(panel, seats, cases, at)
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
