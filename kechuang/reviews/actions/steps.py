"""Steps that several actions share: lock, move, refuse what does not fit, fence officers."""

from collections.abc import Iterable
from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar, office_closes
from kechuang.reviews import queries, rules
from kechuang.reviews.models import (
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
    return Panel.objects.select_related("secretary", "chair", "draw_operator").get(pk=panel.pk)


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
    rules.PANEL_TABLE.check_move(panel.state, state)
    panel.state = state
    panel.state_since = at
    panel.version += 1
    panel.save()
    PanelStage.objects.create(panel=panel, **stage_facts(state, by, at, note))


def move_seat(seat: Seat, state: str, by: Actor, at: datetime, reason: str = "") -> None:
    rules.SEAT_TABLE.check_move(seat.state, state)
    seat.state = state
    seat.state_since = at
    seat.reason = reason
    seat.save()
    SeatStage.objects.create(seat=seat, **stage_facts(state, by, at, reason))


def move_review(review: Review, state: str, by: Actor, at: datetime, note: str = "") -> None:
    rules.REVIEW_TABLE.check_move(review.state, state)
    review.state = state
    review.state_since = at
    review.version += 1
    review.save()
    ReviewStage.objects.create(review=review, **stage_facts(state, by, at, note))


def move_reviews(reviews: Iterable[Review], state: str, by: Actor, at: datetime) -> None:
    """Move many reviews at once, each with its stage row."""
    moved = list(reviews)
    for review in moved:
        rules.REVIEW_TABLE.check_move(review.state, state)
        review.state, review.state_since, review.version = state, at, review.version + 1
    Review.objects.bulk_update(moved, ["state", "state_since", "version"])
    ReviewStage.objects.bulk_create(
        ReviewStage(review=review, **stage_facts(state, by, at)) for review in moved
    )


def term(at: datetime, working_days: int) -> datetime:
    """17:00 on the last of so many working days."""
    return office_closes(calendar().add(shanghai_date(at), working_days))


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


