"""The formulas: which rows a measured indicator counts or sums, and which of them a reader sees."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from kechuang.base.actor import Actor
from kechuang.base.line import Place
from kechuang.base.money import FEN_PER_YUAN
from kechuang.base.periods import Period
from kechuang.base.refusals import N_
from kechuang.base.time import rfc3339, start_of_day
from kechuang.challenges import queries as challenge_queries
from kechuang.cultivation import queries as cultivation_queries
from kechuang.indicators import rules
from kechuang.indicators.models import Evidence, Observation
from kechuang.indicators.rules import Indicator
from kechuang.ledger.models import PaymentOrder
from kechuang.matching import queries as match_queries
from kechuang.needs import queries as need_queries
from kechuang.parties import queries as party_queries
from kechuang.projects import queries as project_queries
from kechuang.record.rules import canonical_json

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure: its number, what it adds to it, and its fingerprint as known."""

    number: str
    value: Decimal
    row_hash: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a formula is asked: of which indicator, over which period, where, as known when."""

    indicator: Indicator
    period: Period
    region_path: str
    known_at: datetime

    @property
    def since(self) -> datetime:
        return start_of_day(self.period.since)

    @property
    def until(self) -> datetime:
        return start_of_day(self.period.until)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader sees of a row: its title, and where it opens."""

    number: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Formula:
    """The rows of a formula, and what a reader may see of them.

    `objects(actor, at)` finds what the rows' numbers name, as far as the actor may see it;
    `shown(numbers, actor, at)` says title and address; `hidden_because` is why others are closed.
    """

    rows: Callable[[Asked], Iterable[Row]]
    objects: Callable[[Actor, datetime], QuerySet[Any]]
    shown: Callable[[Sequence[str], Actor, datetime], list[Shown]]
    hidden_because: str


def fingerprint(**fact: Any) -> str:
    """The hash of a row as it was known: its canonical JSON."""
    plain = {
        name: rfc3339(value) if isinstance(value, datetime) else str(value)
        for name, value in fact.items()
    }
    return hashlib.sha256(canonical_json(plain)).hexdigest()


def _on_the_line(
    places: Callable[[list[str], Actor, datetime], list[Place]],
) -> Callable[[Sequence[str], Actor, datetime], list[Shown]]:
    def shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
        found = places(list(numbers), actor, at)
        return [Shown(one.number, one.title, one.url) for one in found]

    return shown


def _organisations(asked: Asked) -> Iterator[Row]:
    rows = party_queries.organisations_of_kind(
        asked.indicator.formula_kind, asked.region_path, asked.until
    )
    columns = ("number", "code", "kind", "region_path")
    for number, code, kind, path in rows.order_by("number").values_list(*columns).iterator():
        yield Row(number, ONE, fingerprint(number=number, code=code, kind=kind, region=path))


def _organisations_shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
    rows = party_queries.organisations_visible_to(actor, at).filter(number__in=numbers)
    return [Shown(one.number, one.name, f"/organisations/{one.number}/") for one in rows]


def _needs(asked: Asked) -> Iterator[Row]:
    for row in need_queries.needs_accepted(asked.period, asked.region_path, asked.known_at):
        yield Row(row.number, row.value, row.row_hash)


def _introductions(asked: Asked) -> Iterator[Row]:
    rows = match_queries.introductions_made(asked.period, asked.region_path, asked.known_at)
    for row in rows:
        yield Row(row.number, row.value, row.row_hash)


def _introductions_shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
    rows = match_queries.visible_to(actor, at).filter(number__in=numbers)
    return [
        Shown(one.number, one.need.title, f"/introductions/{one.number}/") for one in rows
    ]


def _challenges(asked: Asked) -> Iterator[Row]:
    rows = challenge_queries.challenges_open(asked.region_path, asked.until, asked.known_at)
    columns = ("number", "region_path", "opened_at")
    for number, path, opened_at in rows.order_by("number").values_list(*columns):
        yield Row(number, ONE, fingerprint(number=number, region=path, opened=opened_at))


def _bids(asked: Asked) -> Iterator[Row]:
    rows = challenge_queries.bids_opened(
        asked.region_path, asked.since, asked.until, asked.known_at
    )
    columns = ("bid__number", "bid__challenge__number", "since")
    for number, challenge, since in rows.order_by("bid__number").values_list(*columns):
        yield Row(number, ONE, fingerprint(number=number, challenge=challenge, since=since))


def _bids_shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
    rows = challenge_queries.bids_visible_to(actor, at).filter(number__in=numbers)
    return [
        Shown(one.number, one.challenge.title, f"/challenges/{one.challenge.number}/")
        for one in rows
    ]


def _funding(
    measured: Callable[[Period, str], Iterable[Any]],
) -> Callable[[Asked], Iterator[Row]]:
    def rows(asked: Asked) -> Iterator[Row]:
        for row in measured(asked.period, asked.region_path):
            fact = fingerprint(
                number=row.number, fen=row.value, date=row.date, region=row.region_path
            )
            yield Row(row.number, Decimal(row.value) / FEN_PER_YUAN, fact)

    return rows


def _projects_accepted(asked: Asked) -> Iterator[Row]:
    for row in project_queries.projects_accepted(asked.period, asked.region_path):
        fact = fingerprint(number=row.number, date=row.date, region=row.region_path)
        yield Row(row.number, ONE, fact)


def _payments(actor: Actor, at: datetime) -> QuerySet[Any]:
    """Payment orders of the projects whose money the actor reads."""
    inside = project_queries.inside_of(actor, at)
    return PaymentOrder.objects.filter(grant__subject_number__in=inside.values("number"))


def _payments_shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
    rows = _payments(actor, at).filter(number__in=numbers).select_related("grant")
    return [
        Shown(one.number, one.grant.subject_number, f"/projects/{one.grant.subject_number}/")
        for one in rows
    ]


def _enterprises(asked: Asked, found: QuerySet[Any]) -> Iterator[Row]:
    """Enterprises that a rule or a certificate counts, on the last day of the period."""
    fact = {"formula": asked.indicator.formula, "kind": asked.indicator.formula_kind}
    day = asked.period.until - timedelta(days=1)
    columns = ("number", "code", "region_path")
    for number, code, path in found.order_by("number").values_list(*columns).iterator():
        said = fingerprint(number=number, code=code, region=path, day=day, **fact)
        yield Row(number, ONE, said)


def _technology_enterprises(asked: Asked) -> Iterator[Row]:
    day = asked.period.until - timedelta(days=1)
    found = cultivation_queries.technology_enterprises(
        asked.region_path, day, known_at=asked.known_at
    )
    return _enterprises(asked, found)


def _policy_met(asked: Asked) -> Iterator[Row]:
    day = asked.period.until - timedelta(days=1)
    kind = asked.indicator.formula_kind
    found = cultivation_queries.meeting(asked.region_path, day, kind, asked.known_at)
    return _enterprises(asked, found)


def _certificates_valid(asked: Asked) -> Iterator[Row]:
    day = asked.period.until - timedelta(days=1)
    kind = asked.indicator.formula_kind
    found = cultivation_queries.holding(asked.region_path, day, kind, asked.known_at)
    return _enterprises(asked, found)


def _certificates_new(asked: Asked) -> Iterator[Row]:
    kind, period = asked.indicator.formula_kind, asked.period
    found = cultivation_queries.newly_holding(
        asked.region_path, period.since, period.until, kind, asked.known_at
    )
    return _enterprises(asked, found)


def _evaluations_shown(numbers: Sequence[str], actor: Actor, at: datetime) -> list[Shown]:
    rows = cultivation_queries.visible_to(actor, at).filter(number__in=numbers)
    return [Shown(one.number, one.name, f"/evaluations/{one.number}/") for one in rows]


_ENTERPRISES_HIDDEN = N_("企业的评价只由企业自己和所在地区的科技部门查看")
_PROJECTS_SHOWN = _on_the_line(project_queries.places_on_the_line)
FORMULAS: dict[str, Formula] = {
    "organisations_by_kind": Formula(
        _organisations, party_queries.organisations_visible_to, _organisations_shown, "",
    ),
    "technology_enterprises": Formula(
        _technology_enterprises, cultivation_queries.visible_to, _evaluations_shown,
        _ENTERPRISES_HIDDEN,
    ),
    "policy_met": Formula(
        _policy_met, cultivation_queries.visible_to, _evaluations_shown, _ENTERPRISES_HIDDEN,
    ),
    "certificates_valid": Formula(
        _certificates_valid, cultivation_queries.visible_to, _evaluations_shown,
        _ENTERPRISES_HIDDEN,
    ),
    "certificates_new": Formula(
        _certificates_new, cultivation_queries.visible_to, _evaluations_shown,
        _ENTERPRISES_HIDDEN,
    ),
    "needs_accepted": Formula(
        _needs, need_queries.readable_to, _on_the_line(need_queries.places_on_the_line),
        N_("提出单位没有公开这些需求"),
    ),
    "introductions_made": Formula(
        _introductions, match_queries.visible_to, _introductions_shown,
        N_("引荐只由双方和经手人查看"),
    ),
    "challenges_open": Formula(
        _challenges, challenge_queries.visible_to,
        _on_the_line(challenge_queries.places_on_the_line), "",
    ),
    "bids_opened": Formula(
        _bids, challenge_queries.bids_visible_to, _bids_shown,
        N_("方案只由投标方、出题方和评审各方查看"),
    ),
    "public_funding_committed": Formula(
        _funding(project_queries.public_funding_committed), project_queries.visible_to,
        _PROJECTS_SHOWN, "",
    ),
    "public_funding_paid": Formula(
        _funding(project_queries.public_funding_paid), _payments, _payments_shown,
        N_("拨付单只由项目各方和主管部门查看"),
    ),
    "projects_accepted": Formula(
        _projects_accepted, project_queries.visible_to, _PROJECTS_SHOWN, "",
    ),
}  # fmt: skip


def rows_of(asked: Asked) -> list[Row]:
    """The rows that an indicator is computed from; their values sum to it."""
    return list(FORMULAS[asked.indicator.formula].rows(asked))


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of evidence that a reader sees."""

    place: int
    number: str
    title: str
    url: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class EvidenceSeen:
    """The evidence of a figure as one reader may see it; listed and not listed always sum to it."""

    rows: list[Listed]
    count: int
    total: Decimal
    listed_count: int
    listed_total: Decimal
    hidden_because: str
    next_after: str

    @property
    def hidden_count(self) -> int:
        return self.count - self.listed_count

    @property
    def hidden_total(self) -> Decimal:
        return self.total - self.listed_total


def evidence_seen(
    observation: Observation, indicator: Indicator, actor: Actor, at: datetime, after: str = "",
    limit: int = 20,
) -> EvidenceSeen:  # fmt: skip
    """The frozen rows that a reader may see, and how many others make up the figure.

    Where one or two rows are closed, as many open ones are folded in with them that nobody can
    take the difference; where there are fewer than three rows in all, none is listed.
    """
    formula = FORMULAS[indicator.formula]
    frozen = Evidence.objects.filter(observation=observation)
    total = frozen.aggregate(total=Sum("value"))["total"] or Decimal(0)
    seen = frozen.filter(number__in=formula.objects(actor, at).order_by().values("number"))
    found = seen.aggregate(count=Count("pk"), total=Sum("value"))
    listed, value = found["count"], found["total"] or Decimal(0)
    folded = rules.rows_to_fold(observation.evidence_count, observation.evidence_count - listed)
    if folded:
        kept = list(seen.order_by("-place").values_list("place", "value")[:folded])
        seen = seen.exclude(place__in=[place for place, _value in kept])
        listed, value = listed - len(kept), value - rules.total([v for _place, v in kept])
    place = int(after) if after.isdigit() and len(after) < 10 else 0
    page = list(seen.filter(place__gt=place).order_by("place")[: limit + 1])
    shown = {one.number: one for one in formula.shown([r.number for r in page], actor, at)}
    rows = [
        Listed(row.place, row.number, found.title if found else "", found.url if found else "",
               row.value)
        for row in page[:limit]
        for found in [shown.get(row.number)]
    ]  # fmt: skip
    more = str(page[limit - 1].place) if len(page) > limit else ""
    return EvidenceSeen(
        rows, observation.evidence_count, total, listed, value, formula.hidden_because, more
    )
