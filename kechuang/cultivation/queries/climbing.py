"""How many stand where on the ladder today, and who newly holds a certificate."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import rules
from kechuang.cultivation.models import Certificate, Verdict
from kechuang.cultivation.queries.sight import within
from kechuang.cultivation.queries.standing import tier_counts, valid_on, verdicts_now
from kechuang.cultivation.rules import Tier
from kechuang.cultivation.rules.reach import NEAR
from kechuang.parties.models import Organisation


@dataclass(frozen=True, slots=True)
class TierNow:
    """A tier of a region today: recognised, ready (meets the rules, holds no certificate), one
    thing away, and recognised until a day of this year.
    """

    tier: Tier
    held: int
    ready: int
    near: int
    ending: int


def ladder_now(actor: Actor, at: datetime, region_path: str) -> dict[str, TierNow]:
    """Each tier of a region today, by its rule set and by its kind of certificate.

    Only for officials of the region; for others there is none.
    """
    if not (rules.may_list(actor) and actor.covers(region_path)):
        return {}
    day = shanghai_date(at)
    here = within(region_path, "organisation__region_path")
    near = dict(
        verdicts_now().filter(here, reach__in=NEAR).values_list("policy")
        .annotate(count=Count("pk")).order_by()
    )  # fmt: skip
    ending = dict(
        valid_on(day, [tier.certificate for tier in rules.ladder()])
        .filter(here, until__lt=date(day.year + 1, 1, 1)).values_list("kind")
        .annotate(count=Count("organisation", distinct=True)).order_by()
    )  # fmt: skip
    found: dict[str, TierNow] = {}
    for tier, held, _met in tier_counts(region_path, day):
        now = TierNow(
            tier, held, _ready(tier, region_path, day), near.get(tier.policy, 0),
            ending.get(tier.certificate, 0),
        )  # fmt: skip
        found |= {key: now for key in (tier.policy, tier.certificate) if key}
    return found


def _ready(tier: Tier, region_path: str, day: date) -> int:
    """Those who meet the rules of a tier and are not recognised."""
    if not tier.policy:
        return 0
    held = valid_on(day, [tier.certificate]).filter(organisation=OuterRef("organisation"))
    return (
        verdicts_now().filter(
            within(region_path, "organisation__region_path"), ~Exists(held), policy=tier.policy,
            state=Verdict.State.MET,
        ).count()
    )  # fmt: skip


def newly_holding(
    region_path: str, since: date, until: date, kind: str, known_at: datetime | None = None
) -> QuerySet[Organisation]:
    """The enterprises of a region whose first certificate of a kind begins in a period.

    A renewal is none: who held one on the day before the period began is left out.
    """
    rows = Certificate.objects.filter(kind=kind, organisation=OuterRef("pk"))
    if known_at is None:
        rows = rows.filter(known_until__isnull=True)
    else:
        rows = rows.filter(
            Q(known_until__isnull=True) | Q(known_until__gt=known_at), known_since__lte=known_at
        )
    begun = rows.filter(since__gte=since, since__lt=until)
    eve = since - timedelta(days=1)
    held = rows.filter(Q(until__isnull=True) | Q(until__gt=eve), since__lte=eve)
    return Organisation.objects.filter(within(region_path), Exists(begun), ~Exists(held))
