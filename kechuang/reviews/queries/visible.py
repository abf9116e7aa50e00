"""Who sees which panel, seat, review and case; what is hidden is nowhere."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.reviews import rules
from kechuang.reviews.models import (
    Case,
    Fence,
    Panel,
    Review,
    Seat,
)


def within(region_path: str, field: str = "region_path") -> Q:
    """Rows of a region's subtree, whole segments only."""
    return Q(**{field: region_path}) | Q(**{f"{field}__startswith": region_path + "/"})


def is_fenced(actor: Actor, subject_number: str) -> bool:
    """Whether this person stands in conflict with the subject and must see nothing of it."""
    return bool(actor.person) and Fence.objects.filter(
        person__number=actor.person, subject_number=subject_number
    ).exists()


def fence_of(actor: Actor, subject_number: str) -> Fence | None:
    """The fence between this person and a subject, with its ground and since when."""
    if not actor.person:
        return None
    return Fence.objects.filter(
        person__number=actor.person, subject_number=subject_number
    ).first()


def fenced_people(subject_number: str) -> set[str]:
    """The numbers of the people who are fenced from a subject."""
    rows = Fence.objects.filter(subject_number=subject_number)
    return set(rows.values_list("person__number", flat=True))


def fenced_subjects(actor: Actor) -> QuerySet[Fence, Any]:
    """Numbers of the subjects from which this person is fenced, for use in a subquery."""
    return Fence.objects.filter(person__number=actor.person).values("subject_number")


def panels_visible_to(actor: Actor, at: datetime) -> QuerySet[Panel]:
    """The own panels of a secretary, chair or draw operator; the region's for its office and
    supervisor.

    Nobody sees a panel on whose subject one is fenced; a chair recused from a case sees it no more.
    """
    if not actor.is_signed_in:
        return Panel.objects.none()
    mine = Q(pk__in=[])
    if actor.is_role(*rules.PANEL_ROLES):
        recused = Review.objects.filter(
            case__panel=OuterRef("pk"), state=Review.State.RECUSED,
            seat__expert__person__number=actor.person,
        )  # fmt: skip
        mine = Q(secretary__number=actor.person) | Q(draw_operator__number=actor.person) | Q(
            ~Exists(recused), chair__number=actor.person
        )
    if actor.is_role(Role.SUPERVISOR, *rules.OFFICE_ROLES) and actor.region:
        mine |= within(actor.region)
    return (
        Panel.objects.filter(mine)
        .exclude(subject_number__in=fenced_subjects(actor))
        .select_related("secretary", "chair", "draw_operator")
    )


def led_panels(actor: Actor, at: datetime) -> QuerySet[Panel]:
    """The panels that this person runs as secretary or leads as chair."""
    if not actor.is_role(*rules.PANEL_ROLES):
        return Panel.objects.none()
    return panels_visible_to(actor, at).filter(
        Q(secretary__number=actor.person) | Q(chair__number=actor.person)
    )


def scored_panels(actor: Actor, at: datetime) -> QuerySet[Panel]:
    """The panels all of whose scores this person sees as secretary, or as chair.

    A chair who also scores sees the others' only after handing in all of the own.
    """
    own = Review.objects.filter(
        case__panel=OuterRef("pk"), seat__expert__person__number=actor.person,
        state__in=rules.REVIEW_WAITING,
    )  # fmt: skip
    return led_panels(actor, at).filter(Q(secretary__number=actor.person) | ~Exists(own))


def reviews_visible_to(actor: Actor, at: datetime) -> QuerySet[Review]:
    """An expert's own reviews but for those recused; those of the panels that one runs or leads;
    for the office the counted ones; for the supervisor all of the region.
    """
    rows = Review.objects.select_related("seat__expert__person", "case__panel")
    if not actor.is_signed_in:
        return rows.none()
    seen = Q(case__panel__in=scored_panels(actor, at).values("pk"))
    if actor.is_role(Role.EXPERT):
        seen |= Q(seat__in=seats_visible_to(actor, at).filter(state=Seat.State.ACCEPTED)) & ~Q(
            state__in=[Review.State.RECUSED, Review.State.DROPPED, Review.State.ASSIGNED]
        )
    if actor.is_role(Role.SUPERVISOR):
        seen |= Q(case__panel__in=panels_visible_to(actor, at).values("pk"))
    if actor.is_role(*rules.OFFICE_ROLES):
        seen |= Q(
            case__panel__in=panels_visible_to(actor, at).values("pk"), state=Review.State.COUNTED
        )
    return rows.filter(seen)


def own_reviews(actor: Actor, at: datetime) -> QuerySet[Review]:
    """The reviews that this expert has to do or has done."""
    if not actor.is_role(Role.EXPERT):
        return Review.objects.none()
    return reviews_visible_to(actor, at).filter(seat__expert__person__number=actor.person)


def seats_visible_to(actor: Actor, at: datetime) -> QuerySet[Seat]:
    """An expert's own seats, while the panel stands."""
    if not actor.is_role(Role.EXPERT):
        return Seat.objects.none()
    return (
        Seat.objects.filter(expert__person__number=actor.person, state__in=rules.SEAT_LIVE)
        .exclude(panel__state=Panel.State.CANCELLED)
        .select_related("panel__secretary", "panel__chair", "expert__person")
    )


def may_read_case(actor: Actor, case_number: str, at: datetime) -> bool:
    """Whether this person may read the content of a case now.

    An expert after declaring no conflict, until the panel finishes; the secretary; a chair who
    holds no seat. Nobody who is fenced from the subject.
    """
    if not actor.is_signed_in:
        return False
    opened = own_reviews(actor, at).filter(
        case__number=case_number, state__in=rules.REVIEW_OPENED,
        case__panel__state=Panel.State.REVIEWING,
    )  # fmt: skip
    if opened.exists():
        return True
    seated = Seat.objects.filter(panel=OuterRef("panel"), expert__person__number=actor.person)
    return (
        Case.objects.filter(number=case_number, panel__in=led_panels(actor, at).values("pk"))
        .exclude(panel__state=Panel.State.CANCELLED)
        .exclude(Exists(seated))
        .exists()
    )



def places_on_the_line(numbers: Iterable[str], actor: Actor, at: datetime) -> list[Place]:
    """The panels of these subjects, or with these numbers, for those who may see them."""
    wanted = list(numbers)
    panels = panels_visible_to(actor, at).filter(
        Q(subject_number__in=wanted) | Q(number__in=wanted)
    )
    return [
        Place(
            Step.REVIEW, panel.number, panel.subject_title, panel.get_state_display(),
            panel.state_since, reverse("panel", args=[panel.number]), (panel.subject_number,),
        )
        for panel in panels.order_by("pk")[:50]
    ]  # fmt: skip
