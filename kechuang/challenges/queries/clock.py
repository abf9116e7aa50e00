"""What the clock has to do: challenges whose time has come, or whose panel or project moved."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.time import shanghai_date
from kechuang.challenges.models import Bid, Challenge, Gate, PriceOpening, Proposal
from kechuang.challenges.rules.racing import GateState
from kechuang.notices.models import Notice
from kechuang.projects.models import Project
from kechuang.reviews.models import Panel

MOST = 500


def challenge_numbered(number: str) -> Challenge | None:
    """A challenge by its number, for the clock."""
    return Challenge.objects.filter(number=number).first()


def due_by_clock(at: datetime) -> list[tuple[str, str]]:
    """Verb and number of every step that the clock has to take now.

    What lower parts did is read from their state, so that a missed job is made good by the next.
    """
    rows = Challenge.objects.order_by("pk")
    finished = Panel.objects.filter(subject_number=OuterRef("number"), state="FINISHED")
    due = {
        "open": rows.filter(state="SCHEDULED", opens_at__lte=at),
        "close": rows.filter(state="OPEN", deadline_at__lte=at),
        "take_ranking": rows.filter(
            Q(two_envelopes=False) | Q(price_opening__isnull=False), Exists(finished),
            state="REVIEWING",
        ),
        "reopen_decision": rows.filter(Exists(_upheld()), state="ON_NOTICE"),
        "replace_award": rows.filter(
            Exists(_awards(Q(state=Project.State.LAPSED))), state__in=["ON_NOTICE", "AWARDED"]
        ),
        "follow_project": rows.filter(
            Q(Exists(_awards(Q(signed_at__isnull=False), uncontracted=True)),
              state__in=["ON_NOTICE", "AWARDED"])
            | Q(~Exists(_awards(Q(signed_at__isnull=True))), state="AWARDED")
            | Q(~Exists(_awards(Q(ended_at__isnull=True))), state="RUNNING")
        ),
        "open_gate": rows.filter(
            Exists(Gate.objects.filter(
                challenge=OuterRef("pk"), state=GateState.COLLECTING,
                due_date__lte=shanghai_date(at),
            )),
            state="RUNNING",
        ),
    }
    return [
        (verb, number)
        for verb, found in due.items()
        for number in found.values_list("number", flat=True)[:MOST]
    ]


def _awards(project: Q, uncontracted: bool = False) -> QuerySet[Proposal]:
    """The awards of a challenge whose project is so; where asked, not yet taken as contracted."""
    found = Project.objects.filter(project, number=OuterRef("project_number"))
    rows = Proposal.objects.filter(
        Exists(found), challenge=OuterRef("pk"), state="APPROVED"
    ).exclude(project_number="")
    if uncontracted:
        rows = rows.filter(Exists(Bid.objects.filter(
            number=OuterRef("bid_number"), state=Bid.State.AWARDED
        )))
    return rows


def _upheld() -> QuerySet[Proposal]:
    """The award on notice whose notice was cancelled by an upheld objection."""
    cancelled = Notice.objects.filter(state="CANCELLED").values("number")
    return Proposal.objects.filter(
        challenge=OuterRef("pk"), state="APPROVED", notice_number__in=cancelled
    )


def is_reviewed(challenge: Challenge) -> bool:
    """Whether the panel of a challenge has finished, and prices sealed apart are opened."""
    if challenge.two_envelopes and not PriceOpening.objects.filter(challenge=challenge).exists():
        return False
    return Panel.objects.filter(subject_number=challenge.number, state="FINISHED").exists()
