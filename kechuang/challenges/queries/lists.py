"""Who sees which challenges and bids; lists, counts and searches all begin here."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.line import Place, Step
from kechuang.challenges.models import (
    ArgumentSeat,
    Bid,
    BidMember,
    BudgetLine,
    Challenge,
    Custodian,
)
from kechuang.challenges.rules.bids import OPENED
from kechuang.challenges.rules.table import (
    PANEL_ROLES,
    STATE_NAMES,
    UNPUBLISHED,
    UNSEALED,
    ChallengeFacts,
    State,
)
from kechuang.reviews import queries as reviews

OFFICE = (Role.OFFICER, Role.HEAD, Role.FINANCE, Role.SUPERVISOR)
LOADED = (
    "challenge__issuer", "challenge__officer", "challenge__secretary", "challenge__chair",
    "organisation", "lead", "drafter", "signed_by",
)
AFTER_REVIEW = UNSEALED - {State.CHECKING, State.REVIEWING}


def in_region(path: str, field: str = "region_path") -> Q:
    """Rows of a region's subtree: whole segments, never a prefix of a code."""
    return Q(**{field: path}) | Q(**{f"{field}__startswith": f"{path}/"})


def visible_to(actor: Actor, at: datetime) -> QuerySet[Challenge]:
    """Published challenges to all; before that the office, the poser and the named experts."""
    seen = ~Q(state__in=UNPUBLISHED | {State.CANCELLED}) | Q(opened_at__isnull=False)
    if actor.is_role(*OFFICE) and actor.region:
        seen |= in_region(actor.region)
    if actor.organisation:
        seen |= Q(issuer__code=actor.organisation)
    if actor.is_signed_in:
        seat = ArgumentSeat.objects.filter(challenge=OuterRef("pk"), expert__number=actor.person)
        keeper = Custodian.objects.filter(
            challenge=OuterRef("pk"), person__number=actor.person
        )
        seen |= Q(Exists(keeper))
        seen |= Q(Exists(seat)) | Q(secretary__number=actor.person) | Q(chair__number=actor.person)
    return Challenge.objects.filter(seen).select_related(
        "issuer", "officer", "need", "secretary", "chair", "invited"
    )


def bids_visible_to(actor: Actor, at: datetime) -> QuerySet[Bid]:
    """One's own bids at any time; others' only once opened, and never past a fence.

    Experts find a bid by `find_bid`, when they have declared for its case.
    """
    bids = Bid.objects.select_related(*LOADED)
    if not actor.is_signed_in:
        return bids.none()
    return bids.filter(_own(actor) | _opened_to(actor))


def _own(actor: Actor) -> Q:
    if not actor.organisation:
        return Q(pk__in=[])
    people = Q(lead__number=actor.person) | Q(drafter__number=actor.person)
    own = Q(organisation__code=actor.organisation) & people
    if actor.is_role(Role.UNIT_ADMIN):
        member = BidMember.objects.filter(
            bid=OuterRef("pk"), organisation__code=actor.organisation
        )
        own |= Q(organisation__code=actor.organisation) | Q(Exists(member))
    return own


def _opened_to(actor: Actor) -> Q:
    seen = Q(pk__in=[])
    if actor.is_role(*PANEL_ROLES):
        seen |= Q(challenge__secretary__number=actor.person)
    if actor.is_role(*OFFICE) and actor.region:
        seen |= in_region(actor.region, "challenge__region_path")
    if actor.organisation:
        seen |= Q(
            challenge__issuer__code=actor.organisation, passed=True,
            challenge__state__in=AFTER_REVIEW,
        )
    opened = Q(state__in=OPENED, challenge__state__in=UNSEALED)
    return opened & seen & ~Q(challenge__number__in=reviews.fenced_subjects(actor))


def find_bid(actor: Actor, at: datetime, number: str) -> Bid | None:
    """The bid if this actor may see it: by right, or because the panel lets one read its case."""
    bid = bids_visible_to(actor, at).filter(number=number).first()
    if bid is not None:
        return bid
    if not reviews.may_read_case(actor, number, at):
        return None
    return Bid.objects.filter(
        number=number, state__in=OPENED, challenge__state__in=UNSEALED
    ).select_related(*LOADED).first()


def own_bids(actor: Actor, at: datetime, challenge: Challenge) -> list[Bid]:
    """This actor's own bids of one challenge, newest first; empty for everybody else."""
    if not actor.is_signed_in or not actor.organisation:
        return []
    return list(
        Bid.objects.filter(_own(actor), challenge=challenge)
        .select_related("organisation", "lead", "drafter").order_by("-id")[:20]
    )


def budget_lines_visible_to(actor: Actor, at: datetime) -> QuerySet[BudgetLine]:
    """The office sees the budget lines of its region's subtree."""
    if actor.is_role(*OFFICE) and actor.region:
        return BudgetLine.objects.filter(in_region(actor.region)).order_by("-year", "code")
    return BudgetLine.objects.none()


def bids_waiting(challenge: Challenge) -> QuerySet[Bid]:
    """Sealed bids of a challenge, for the clock and the opening alone."""
    return Bid.objects.filter(challenge=challenge, state=Bid.State.SEALED)


def places_on_the_line(numbers: Iterable[str], actor: Actor, at: datetime) -> list[Place]:
    """Where challenges stand on the line, for those of the numbers that this actor may see;
    a number may be the challenge's own, its need's or its project's."""
    wanted = set(numbers)
    rows = visible_to(actor, at).filter(
        Q(number__in=wanted) | Q(need__number__in=wanted) | Q(project_number__in=wanted - {""})
    )
    return [
        Place(
            step=Step.CHALLENGE, number=row.number, title=row.title,
            state=gettext(STATE_NAMES[State(row.state)]), at=row.since,
            url=reverse("challenge", args=[row.number]),
            linked=tuple(n for n in (row.need.number, row.project_number) if n),
        )
        for row in rows[:200]
    ]


def sees_bids(actor: Actor, challenge: Challenge, facts: ChallengeFacts) -> bool:
    """Whether the list of opened bids is this reader's to see: nobody's before the opening."""
    if challenge.state not in UNSEALED or facts.fenced or not actor.is_signed_in:
        return False
    if actor.is_role(*OFFICE):
        return actor.covers(challenge.region_path)
    if actor.is_role(*PANEL_ROLES) and actor.person == facts.secretary:
        return True
    return actor.organisation == facts.issuer and challenge.state in AFTER_REVIEW
