"""Figures with all that is said beside them: change, target, attainment, words, address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.indicators import rules
from kechuang.indicators.models import Observation, Source, Target
from kechuang.indicators.queries import words
from kechuang.indicators.queries.definitions import indicators
from kechuang.indicators.queries.observing import current, latest_by_indicator, subject_of_code
from kechuang.indicators.rules import Indicator

# What the home page shows first, where the region has it.
HEADLINE = (
    "technology_contract_value", "technology_enterprises", "technology_smes",
    "national_platforms", "pilot_bases", "platforms_all_tiers", "hnte",
    "needs_accepted", "introductions_made", "projects_accepted", "public_funding_paid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with all that a tile says of it."""

    indicator: Indicator
    observation: Observation
    target: Target | None = None
    earlier: Observation | None = None

    @property
    def name(self) -> str:
        return words.name_of(self.indicator)

    @property
    def parts(self) -> words.Parts:
        return words.parts_of(self.indicator, self.observation.statement)

    @property
    def period_words(self) -> str:
        return words.period_words(self.observation.period)

    @property
    def url(self) -> str:
        """The page of its evidence; the drawer opens the same."""
        row = self.observation
        address = reverse(
            "evidence", args=[row.indicator, row.subject.code, row.period]
        )
        return f"{address}?source={row.source.number}"

    @property
    def evidence_words(self) -> str:
        """What the seal opens: so many rows, or the source."""
        row = self.observation
        if row.evidence_root:
            rows = self.indicator.rows_en if words.reads_english() else self.indicator.rows
            return f"{row.evidence_count:,} {rows}".strip()
        said = row.source.publication or row.source.title
        if row.source.kind == Source.Kind.DEMONSTRATION:
            return _("借自{source}").format(source=said)
        return said

    @property
    def change_words(self) -> str:
        return "" if self.change is None else words.signed(self.change)

    @property
    def target_words(self) -> str:
        if self.target is None:
            return ""
        return words.parts_of(self.indicator, self.target.statement).words

    @property
    def attainment_words(self) -> str:
        found = self.attainment
        return "" if found is None else f"{words.number_words(found)}%"

    @property
    def change(self) -> Decimal | None:
        """Year-on-year: computed where the earlier value is known, else as published."""
        value, before = self.observation.value, self.earlier
        if value is not None and before is not None and before.value is not None:
            return rules.year_on_year(value, before.value)
        return self.observation.yoy_percent

    @property
    def is_change_computed(self) -> bool:
        return self.earlier is not None and self.earlier.value is not None

    @property
    def attainment(self) -> Decimal | None:
        """Share of the target in percent: computed where both are known, else as published."""
        value = self.observation.value
        if value is not None and self.target is not None and self.target.value:
            return rules.percent(value, self.target.value)
        return self.observation.attainment_percent

    @property
    def is_target_met(self) -> bool:
        attainment = self.attainment
        words = self.observation.attainment_words
        return (attainment is not None and attainment >= 100) or "完成" in words


def figures(
    observations: Sequence[Observation], actor: Actor, at: datetime
) -> list[Figure]:
    """Observations with their targets and a year before; a fixed number of reads."""
    if not observations:
        return []
    subjects = {row.subject_id for row in observations}
    codes = {row.indicator for row in observations}
    targets: dict[tuple[str, int, str], Target] = {}
    for target in Target.objects.filter(
        subject__in=subjects, indicator__in=codes, is_current=True
    ).order_by("-pk"):
        targets[target.indicator, target.subject_id, target.period] = target
    past: dict[tuple[str, int, date, date], Observation] = {}
    for row in current(actor, at).filter(
        subject__in=subjects, indicator__in=codes, value__isnull=False
    )[:4000]:
        past.setdefault((row.indicator, row.subject_id, row.period_since, row.period_until), row)
    known = indicators()
    return [
        Figure(
            known[row.indicator], row, _target_among(targets, row), _earlier_among(past, row)
        )
        for row in observations
        if row.indicator in known
    ]


def _target_among(
    targets: dict[tuple[str, int, str], Target], row: Observation
) -> Target | None:
    key = (row.indicator, row.subject_id)
    return targets.get((*key, row.period)) or targets.get((*key, f"{row.period_since.year}"))


def _earlier_among(
    past: dict[tuple[str, int, date, date], Observation], row: Observation
) -> Observation | None:
    before = Period.parse(row.period).previous_year()
    return past.get((row.indicator, row.subject_id, before.since, before.until))


def headline(
    region_code: str, actor: Actor, at: datetime, codes: Sequence[str] = HEADLINE, most: int = 6
) -> list[Figure]:
    """The figures of a region's home page, in their order; those without a value are left out."""
    subject = subject_of_code(region_code)
    if subject is None:
        return []
    latest = latest_by_indicator(subject, actor, at, codes)
    shown = [latest[code] for code in codes if code in latest][:most]
    return figures(shown, actor, at)
