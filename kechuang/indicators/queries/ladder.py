"""The ladder of tiers for a year: what was promised, what is published, who stands where today."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from kechuang.base.actor import Actor
from kechuang.cultivation import queries as cultivation
from kechuang.indicators import rules
from kechuang.indicators.models import Observation, Source, Subject, Target
from kechuang.indicators.queries import words
from kechuang.indicators.queries.definitions import shipped
from kechuang.indicators.queries.figures import Figure, figures
from kechuang.indicators.queries.observing import current
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region

GROUP = "cultivated"
TOTAL = "technology_enterprises_evaluated"


@dataclass(frozen=True, slots=True)
class Rung:
    """One line of the ladder: a tier, or a sum over tiers, in one region and year."""

    indicator: Indicator
    figure: Figure | None
    target: Target | None
    now: cultivation.TierNow | None = None

    @property
    def name(self) -> str:
        return words.name_of(self.indicator)

    @property
    def value(self) -> Decimal | None:
        return self.figure.observation.value if self.figure else None

    @property
    def target_value(self) -> Decimal | None:
        return self.target.value if self.target else None

    @property
    def attainment(self) -> Decimal | None:
        """Achieved over promised, in percent."""
        if self.value is None or not self.target_value:
            return None
        return rules.percent(self.value, self.target_value)

    @property
    def attainment_words(self) -> str:
        found = self.attainment
        return "" if found is None else f"{words.number_words(found)}%"

    @property
    def short(self) -> Decimal | None:
        """How many are still wanted; 0 where the target is reached."""
        if self.value is None or self.target_value is None:
            return None
        return max(self.target_value - self.value, Decimal(0))

    @property
    def policy(self) -> str:
        return self.indicator.formula_kind if self.indicator.formula == "policy_met" else ""


def tier_indicators() -> list[Indicator]:
    """The stocks that have targets: the sum first, then the tiers in the order of their file."""
    found = [one for one in shipped().values() if one.group == GROUP and one.kind == "stock"]
    return sorted(found, key=lambda one: one.code != TOTAL)


def ladder(subject: Subject, year: int, actor: Actor, at: datetime) -> list[Rung]:
    """Each tier of a region: the newest figure published of the year, the target, today's count.

    Today's counts are the offices' of the region; for others they are left out.
    """
    wanted = tier_indicators()
    codes = [one.code for one in wanted]
    seen = _newest(_published(actor, at, year, codes).filter(subject=subject), actor, at)
    targets = _targets(year, codes, [subject.pk])
    region = subject.region
    now = cultivation.ladder_now(actor, at, region.path) if region else {}
    return [
        Rung(
            one, seen.get((one.code, subject.pk)), targets.get((one.code, subject.pk)),
            now.get(one.formula_kind),
        )
        for one in wanted
    ]  # fmt: skip


def ladder_below(
    region: Region, year: int, actor: Actor, at: datetime, code: str = TOTAL
) -> list[tuple[Subject, Rung]]:
    """The same line of every region directly below, the furthest from its target first."""
    below = list(Subject.objects.filter(region__parent=region).select_related("region"))
    indicator = shipped()[code]
    keys = [one.pk for one in below]
    rows = _published(actor, at, year, [code]).filter(subject__in=keys)
    seen = _newest(rows, actor, at)
    targets = _targets(year, [code], keys)
    found = [
        (one, Rung(indicator, seen.get((code, one.pk)), targets.get((code, one.pk))))
        for one in below
    ]
    said = [pair for pair in found if pair[1].figure or pair[1].target]
    return sorted(said, key=lambda pair: (pair[1].attainment is None, pair[1].attainment,
                                          pair[0].code))  # fmt: skip


def _published(
    actor: Actor, at: datetime, year: int, codes: Iterable[str]
) -> QuerySet[Observation]:
    return current(actor, at).filter(
        indicator__in=list(codes),
        period_since__year=year,
        value__isnull=False,
        state=Observation.State.PUBLISHED,
        source__kind=Source.Kind.OWN,
    )


def _newest(
    rows: QuerySet[Observation], actor: Actor, at: datetime
) -> dict[tuple[str, int], Figure]:
    newest: dict[tuple[str, int], Observation] = {}
    for row in rows[:2000]:
        newest.setdefault((row.indicator, row.subject_id), row)
    shown = figures(list(newest.values()), actor, at)
    return {(one.observation.indicator, one.observation.subject_id): one for one in shown}


def _targets(
    year: int, codes: Iterable[str], subjects: Iterable[int]
) -> Mapping[tuple[str, int], Target]:
    rows = Target.objects.filter(
        indicator__in=list(codes),
        subject__in=list(subjects),
        period=str(year),
        is_current=True,
        source__kind__in=[Source.Kind.OWN, Source.Kind.DEMONSTRATION],
    )
    return {(row.indicator, row.subject_id): row for row in rows.order_by("pk")}
