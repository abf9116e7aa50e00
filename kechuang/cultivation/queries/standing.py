"""Where enterprises stand on the ladder on a day, who is one thing away, how many there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date, start_of_day
from kechuang.cultivation import rules
from kechuang.cultivation.models import Certificate, Declaration, Profile, Verdict, Visit
from kechuang.cultivation.queries.sight import visible_to, within
from kechuang.cultivation.rules import Tier
from kechuang.cultivation.rules.reach import NEAR as NEAR_KINDS
from kechuang.parties.models import Organisation

RECOGNISED, CANDIDATE, NEAR = "RECOGNISED", "CANDIDATE", "NEAR"
KIND_ORDER = Case(
    *(When(reach=kind, then=Value(place)) for place, kind in enumerate(NEAR_KINDS)),
    output_field=IntegerField(),
)
BY_NEARNESS = ("kind_order", "tenth", F("brings_fen").desc(nulls_last=True), "distance", "pk")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of enterprises is narrowed by; empty values do not narrow."""

    tier: str = ""
    state: str = ""
    region: str = ""
    industry: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """One enterprise at one tier: recognised until a day, candidate, one thing away, or none."""

    tier: Tier
    state: str
    until: date | None = None
    verdict: Verdict | None = None

    @property
    def is_ending(self) -> bool:
        return self.state == RECOGNISED and self.until is not None


def valid_on(day: date, kinds: Iterable[str]) -> QuerySet[Certificate]:
    """The certificates of these kinds that are valid on a day, as known now."""
    return Certificate.objects.filter(
        Q(until__isnull=True) | Q(until__gt=day), known_until__isnull=True, since__lte=day,
        kind__in=list(kinds),
    )


def verdicts_now() -> QuerySet[Verdict]:
    return Verdict.objects.filter(until__isnull=True)


def evaluated(actor: Actor, at: datetime, filters: Filters) -> QuerySet[Organisation]:
    """The enterprises that the actor may read and that were evaluated, narrowed."""
    rows = visible_to(actor, at).filter(
        Exists(verdicts_now().filter(organisation=OuterRef("pk")))
    )
    if filters.region:
        rows = rows.filter(
            Q(region_path__endswith="/" + filters.region)
            | Q(region_path__contains=f"/{filters.region}/")
        )
    if filters.industry:
        rows = rows.filter(Exists(_profiles(filters.industry)))
    for word in filters.text.replace("\x00", "").split()[:4]:
        rows = rows.filter(Q(name__icontains=word) | Q(code=word.upper()) | Q(number=word))
    return _at_tier(rows, filters, shanghai_date(at))


def _profiles(industry: str) -> QuerySet[Profile]:
    return Profile.objects.filter(
        organisation=OuterRef("pk"), known_until__isnull=True, industry__startswith=industry
    )


def _at_tier(rows: QuerySet[Organisation], filters: Filters, day: date) -> QuerySet[Organisation]:
    tier = rules.tier_coded(filters.tier)
    tiers = [tier] if tier else list(rules.ladder())
    policies = [one.policy for one in tiers if one.policy]
    mine = verdicts_now().filter(organisation=OuterRef("pk"), policy__in=policies)
    held = valid_on(day, [one.certificate for one in tiers]).filter(organisation=OuterRef("pk"))
    states = {
        RECOGNISED: Exists(held),
        CANDIDATE: Exists(mine.filter(state=Verdict.State.MET)),
        NEAR: Exists(mine.filter(reach__in=NEAR_KINDS)),
        "UNKNOWN": Exists(mine.filter(state=Verdict.State.UNKNOWN)),
        "TO_BE_JUDGED": Exists(mine.filter(state=Verdict.State.TO_BE_JUDGED)),
    }
    if filters.state in states:
        return rows.filter(states[filters.state])
    return rows.filter(states[RECOGNISED] | states[CANDIDATE]) if tier else rows


def standings(
    organisations: Iterable[Organisation], day: date
) -> dict[int, list[Standing]]:
    """Where each enterprise stands at each tier, by primary key; two queries for all."""
    keys = [one.pk for one in organisations]
    kinds = {tier.certificate: tier for tier in rules.ladder()}
    held: dict[tuple[int, str], date | None] = {}
    for row in valid_on(day, kinds).filter(organisation__in=keys):
        last = held.get((row.organisation_id, row.kind or ""), date.min)
        longer = last is None or (row.until is not None and row.until <= last)
        held[row.organisation_id, row.kind or ""] = last if longer else row.until
    verdicts = {
        (row.organisation_id, row.policy): row
        for row in verdicts_now().filter(organisation__in=keys)
    }
    return {
        key: [
            _standing(tier, held, verdicts.get((key, tier.policy)), key) for tier in rules.ladder()
        ]
        for key in keys
    }


def _standing(
    tier: Tier, held: dict[tuple[int, str], date | None], verdict: Verdict | None, key: int
) -> Standing:
    if (key, tier.certificate) in held:
        return Standing(tier, RECOGNISED, held[key, tier.certificate], verdict)
    if verdict is not None and verdict.state == Verdict.State.MET:
        return Standing(tier, CANDIDATE, None, verdict)
    if verdict is not None and verdict.reach in NEAR_KINDS:
        return Standing(tier, NEAR, None, verdict)
    return Standing(tier, "", None, verdict)


def one_thing_away(
    actor: Actor, at: datetime, policy: str, region: str = "", kind: str = ""
) -> QuerySet[Verdict]:
    """The verdicts of a policy that one criterion within reach keeps from being met.

    The nearest first, in tenths of the limit; within a tenth what brings most.
    """
    rows = _within_reach(actor, at, region).filter(policy=policy)
    if kind in NEAR_KINDS:
        rows = rows.filter(reach=kind)
    return rows.select_related("organisation").order_by(*BY_NEARNESS)


def within_reach(actor: Actor, at: datetime, most: int) -> list[Verdict]:
    """Of all policies, what is nearest and brings most: figures that lack a little come first."""
    rows = _within_reach(actor, at, "").select_related("organisation")
    return list(rows.filter(reach="GAP").order_by(*BY_NEARNESS)[:most])


def near_of(organisation: Organisation) -> QuerySet[Verdict]:
    """What an enterprise nearly reaches, the nearest first."""
    rows = verdicts_now().filter(organisation=organisation, reach__in=NEAR_KINDS)
    rows = rows.annotate(tenth=F("distance") / 100, kind_order=KIND_ORDER)
    return rows.order_by(*BY_NEARNESS)


def near_kinds(actor: Actor, at: datetime, policy: str, region: str = "") -> dict[str, int]:
    """How many are within reach in which way, and how many are not."""
    rows = verdicts_now().filter(policy=policy, reach__isnull=False)
    rows = _of_region(rows.filter(organisation__in=visible_to(actor, at)), region)
    counts = rows.values_list("reach").annotate(count=Count("pk")).order_by()
    return dict(counts)


def _within_reach(actor: Actor, at: datetime, region: str) -> QuerySet[Verdict]:
    rows = verdicts_now().filter(reach__in=NEAR_KINDS)
    rows = rows.filter(organisation__in=visible_to(actor, at))
    rows = rows.annotate(tenth=F("distance") / 100, kind_order=KIND_ORDER)
    return _of_region(rows, region)


def _of_region(rows: QuerySet[Verdict], region: str) -> QuerySet[Verdict]:
    if not region:
        return rows
    return rows.filter(
        Q(organisation__region_path__endswith="/" + region)
        | Q(organisation__region_path__contains=f"/{region}/")
    )


def visits_of(verdicts: Iterable[Verdict]) -> dict[tuple[int, str, str], Visit]:
    """The last visit for each criterion that is in the way."""
    keys = [one.organisation_id for one in verdicts]
    rows = Visit.objects.filter(organisation__in=keys).order_by("visited_at")
    return {(row.organisation_id, row.policy, row.criterion): row for row in rows}


def tier_counts(region_path: str, day: date) -> list[tuple[Tier, int, int]]:
    """How many enterprises of a region are recognised at each tier, and meet its rules."""
    kinds = [tier.certificate for tier in rules.ladder()]
    here = within(region_path, "organisation__region_path")
    recognised = dict(
        valid_on(day, kinds).filter(here).values_list("kind")
        .annotate(count=Count("organisation", distinct=True)).order_by()
    )
    met = dict(
        verdicts_now().filter(here, state=Verdict.State.MET).values_list("policy")
        .annotate(count=Count("pk")).order_by()
    )
    return [
        (tier, recognised.get(tier.certificate, 0), met.get(tier.policy, 0))
        for tier in rules.ladder()
    ]


def technology_enterprises(
    region_path: str, day: date, tiers: Iterable[str] = (), known_at: datetime | None = None
) -> QuerySet[Organisation]:
    """The enterprises of a region that on a day meet the rules of a tier or hold its certificate.

    Each counts once, whatever tiers it stands at. `tiers` are codes; without any, all tiers.
    """
    wanted = [one for one in rules.ladder() if not tiers or one.code in set(tiers)]
    midnight = start_of_day(day + timedelta(days=1))
    verdicts = Verdict.objects.filter(
        Q(until__isnull=True) | Q(until__gte=midnight), since__lt=midnight,
        state=Verdict.State.MET, policy__in=[one.policy for one in wanted if one.policy],
        organisation=OuterRef("pk"),
    )
    held = Certificate.objects.filter(
        Q(until__isnull=True) | Q(until__gt=day), since__lte=day,
        kind__in=[one.certificate for one in wanted], organisation=OuterRef("pk"),
    )
    if known_at is not None:
        verdicts = verdicts.filter(since__lte=known_at)
        held = held.filter(
            Q(known_until__isnull=True) | Q(known_until__gt=known_at), known_since__lte=known_at
        )
    else:
        held = held.filter(known_until__isnull=True)
    return Organisation.objects.filter(
        within(region_path), Exists(verdicts) | Exists(held)
    )


def meeting(
    region_path: str, day: date, policy: str, known_at: datetime | None = None
) -> QuerySet[Organisation]:
    """The enterprises of a region that a rule set found met at the end of a day."""
    midnight = start_of_day(day + timedelta(days=1))
    verdicts = Verdict.objects.filter(
        Q(until__isnull=True) | Q(until__gte=midnight), since__lt=midnight, policy=policy,
        state=Verdict.State.MET, organisation=OuterRef("pk"),
    )
    if known_at is not None:
        verdicts = verdicts.filter(since__lte=known_at)
    return Organisation.objects.filter(within(region_path), Exists(verdicts))


def holding(
    region_path: str, day: date, kind: str, known_at: datetime | None = None
) -> QuerySet[Organisation]:
    """The enterprises of a region that hold a kind of certificate valid on a day."""
    held = Certificate.objects.filter(
        Q(until__isnull=True) | Q(until__gt=day), since__lte=day, kind=kind,
        organisation=OuterRef("pk"),
    )
    if known_at is None:
        held = held.filter(known_until__isnull=True)
    else:
        held = held.filter(
            Q(known_until__isnull=True) | Q(known_until__gt=known_at), known_since__lte=known_at
        )
    return Organisation.objects.filter(within(region_path), Exists(held))


def open_declarations(actor: Actor, at: datetime) -> QuerySet[Declaration]:
    """The declarations that the actor may read, whatever their state."""
    return Declaration.objects.filter(
        organisation__in=visible_to(actor, at)
    ).select_related("organisation", "filler")


def history_of(organisation: Organisation) -> QuerySet[Verdict]:
    """Every verdict that there was of an enterprise, the newest first."""
    return Verdict.objects.filter(organisation=organisation).order_by("-since", "policy")
