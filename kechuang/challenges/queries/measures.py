"""Rows behind the figures: challenges opened and open, bids opened. Nothing counts sealed bids."""

from datetime import datetime

from django.db.models import Q, QuerySet

from kechuang.challenges.models import Bid, BidStage, Challenge, ChallengeStage
from kechuang.challenges.queries.lists import in_region
from kechuang.challenges.rules.table import UNSEALED


def challenges_open(region_path: str, as_of: datetime, known_at: datetime) -> QuerySet[Challenge]:
    """Challenges that were open to bids at an instant, as known at another."""
    opened = ChallengeStage.objects.filter(
        stage="OPEN", since__lte=as_of, recorded_at__lte=known_at
    ).values("challenge_id")
    ended = ChallengeStage.objects.filter(
        stage__in=["CLOSED", "CANCELLED"], since__lte=as_of, recorded_at__lte=known_at
    ).values("challenge_id")
    return Challenge.objects.filter(in_region(region_path), pk__in=opened).exclude(pk__in=ended)


def challenges_opened(
    region_path: str, since: datetime, until: datetime, known_at: datetime
) -> QuerySet[ChallengeStage]:
    """The stage rows of challenges opened in a period, as known at an instant."""
    return ChallengeStage.objects.filter(
        in_region(region_path, "challenge__region_path"),
        stage="OPEN", since__gte=since, since__lt=until, recorded_at__lte=known_at,
    ).select_related("challenge")


def bids_opened(
    region_path: str, since: datetime, until: datetime, known_at: datetime
) -> QuerySet[BidStage]:
    """The stage rows of bids unsealed in a period: only of challenges whose bids are open."""
    return BidStage.objects.filter(
        in_region(region_path, "bid__challenge__region_path"),
        Q(bid__challenge__state__in=UNSEALED),
        stage=Bid.State.OPENED, since__gte=since, since__lt=until, recorded_at__lte=known_at,
    ).select_related("bid__challenge")
