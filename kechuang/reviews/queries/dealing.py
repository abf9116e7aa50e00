"""What dealing cases out goes by: ties of seats and cases, what is short, who holds how many."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, QuerySet

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.reviews import rules
from kechuang.reviews.models import Assignment, Case, Panel, Review, Seat
from kechuang.reviews.queries.candidates import candidates, chains_of
from kechuang.reviews.queries.panels import case_facts, cases_of
from kechuang.reviews.queries.visible import panels_visible_to

NOT_LIVE = (Review.State.RECUSED, Review.State.DROPPED)


def evidence_between(
    panel: Panel, seats: Sequence[Seat], cases: Sequence[Case], at: datetime
) -> dict[tuple[int, int], list[rules.Evidence]]:
    """What can be computed between each seat and each case."""
    people = candidates([seat.expert.person for seat in seats], at)
    facts = dict(zip((case.pk for case in cases), case_facts(cases), strict=True))
    codes = {code for case in cases for code in case.organisation_codes}
    codes |= {tie.code for one in people.values() for tie in one.employments}
    chains, day = chains_of(codes), shanghai_date(at)
    return {
        (seat.pk, case.pk): rules.conflicts_with_case(
            people[seat.expert.person.number], facts[case.pk], chains, day, panel.conflict_years
        )
        for seat in seats
        for case in cases
    }


def short_cases(panel: Panel) -> list[tuple[Case, int]]:
    """The cases that lack reviews, each with how many, where cases are dealt out."""
    wanted = panel.reviews_per_case or 0
    live = Review.objects.filter(case__panel=panel).exclude(state__in=NOT_LIVE)
    held = dict(live.values_list("case").annotate(n=Count("pk")))
    return [
        (case, wanted - held.get(case.pk, 0))
        for case in cases_of(panel)
        if held.get(case.pk, 0) < wanted
    ]


def live_reviews_by_seat(panel: Panel) -> dict[int, int]:
    """How many cases each seat has to judge or has judged."""
    live = Review.objects.filter(case__panel=panel).exclude(state__in=NOT_LIVE)
    return dict(live.values_list("seat").annotate(n=Count("pk")))


def assignments_of(panel: Panel) -> list[Assignment]:
    """The dealings of a panel, in order."""
    return list(Assignment.objects.filter(panel=panel).select_related("made_by"))


def assignments_visible_to(actor: Actor, at: datetime) -> QuerySet[Assignment]:
    """Those of finished panels of published subjects for everybody, others for the panel's people.
    """
    rows = Assignment.objects.select_related("panel")
    public = rows.filter(panel__is_public=True, panel__state=Panel.State.FINISHED)
    if not actor.is_signed_in:
        return public
    near = rows.filter(panel__in=panels_visible_to(actor, at).values("pk"))
    return public | near


def assignments_of_subject(subject_number: str) -> QuerySet[Assignment]:
    """The dealings of a published subject whose panel has finished, in order."""
    return Assignment.objects.filter(
        panel__subject_number=subject_number, panel__is_public=True,
        panel__state=Panel.State.FINISHED,
    ).order_by("pk")  # fmt: skip
