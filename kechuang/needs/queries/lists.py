"""Lists of needs, what they say to higher parts, and the rows that indicators count."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.base.line import Place, Step
from kechuang.base.periods import Period
from kechuang.base.time import rfc3339, start_of_day
from kechuang.needs import rules
from kechuang.needs.models import Mark, Need, NeedStage
from kechuang.needs.queries.sight import readable_to, sights_on, visible_to, within
from kechuang.needs.rules import State
from kechuang.search.queries import similar_documents


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of needs is narrowed by; empty values do not narrow."""

    region: str = ""
    state: str = ""
    chain: str = ""
    text: str = ""
    mine: bool = False


def needs_listed(actor: Actor, at: datetime, filters: Filters) -> QuerySet[Need]:
    """The needs that the actor finds, narrowed; newest first is the list's matter."""
    rows = readable_to(actor, at)
    if filters.region:
        rows = rows.filter(
            Q(region_path__endswith="/" + filters.region)
            | Q(region_path=filters.region)
            | Q(region_path__contains=f"/{filters.region}/")
            | Q(region_path__startswith=filters.region + "/")
        )
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.chain:
        rows = rows.filter(chain=filters.chain)
    if filters.mine and actor.organisation:
        rows = rows.filter(organisation__code=actor.organisation)
    if filters.text:
        rows = rows.filter(_says(filters.text))
    return rows


def _says(text: str) -> Q:
    """Every word stands in the number, the title or a keyword: what every reader of a row sees."""
    wanted = Q()
    for word in text.replace("\x00", "").split()[:6]:
        wanted &= (
            Q(title__icontains=word) | Q(number__iexact=word) | Q(keywords__contains=[word])
        )
    return wanted


def need_numbered(number: str) -> Need | None:
    """A need by its number, for higher parts that hold the right already."""
    return (
        Need.objects.filter(number=number)
        .select_related("organisation", "filler", "contact")
        .first()
    )


def needs_numbered(numbers: list[str]) -> dict[str, Need]:
    """Needs by number, for higher parts that hold the right already."""
    rows = Need.objects.filter(number__in=numbers).select_related("organisation")
    return {need.number: need for need in rows}


def snapshot_of(need: Need) -> dict[str, Any]:
    """What a need says, frozen as plain values: strings, integers and lists."""
    return {
        "number": need.number,
        "version": need.version,
        "title": need.title,
        "body": need.body,
        "chain": need.chain,
        "keywords": list(need.keywords),
        "budget_fen": need.budget_fen,
        "due_date": need.due_date.isoformat() if need.due_date else None,
        "publication": need.publication,
        "organisation": need.organisation.code,
        "region_path": need.region_path,
        "targets": targets_of(need),
    }


def targets_of(need: Need) -> list[dict[str, str]]:
    """The targets as plain texts, in their order; numbers exact."""
    return [
        {
            "name": row.name,
            "comparison": row.comparison,
            "value": rules.number_text(row.value),
            "value_high": rules.number_text(row.value_high),
            "unit": row.unit,
            "test_method": row.test_method,
        }
        for row in need.targets.all()
    ]


def snapshot_hash(snapshot: dict[str, Any]) -> str:
    """The fingerprint of a snapshot: SHA-256 over its JSON with sorted keys and no spaces."""
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def open_marks(need: Need) -> QuerySet[Mark]:
    """What whoever returned it marked and nobody mended yet."""
    return Mark.objects.filter(need=need, cleared_at__isnull=True).select_related("by_person")


def merged_into(need: Need) -> QuerySet[Need]:
    """The needs that were merged into this one."""
    return Need.objects.filter(merged_into=need).select_related("organisation").order_by("pk")


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a figure: its number, what it adds, and its fingerprint as known."""

    number: str
    value: Decimal
    row_hash: str


def needs_accepted(
    period: Period, region_path: str, known_at: datetime | None = None
) -> list[Row]:
    """The needs that entered the register in a period, as known at an instant.

    A need counts once, on its first acceptance; that it ended later takes nothing back.
    """
    stages = NeedStage.objects.filter(
        within(region_path, "need__region_path"),
        stage=State.ACCEPTED,
        since__gte=start_of_day(period.since),
        since__lt=start_of_day(period.until),
    )
    if known_at is not None:
        stages = stages.filter(recorded_at__lte=known_at)
    earlier: dict[str, Row] = {}
    columns = ("need__number", "need__region_path", "since")
    for number, path, since in stages.order_by("pk").values_list(*columns).iterator():
        if number not in earlier:
            fact = {"number": number, "region": path, "stage": State.ACCEPTED, "since": since}
            earlier[number] = Row(number, Decimal(1), _row_hash(fact))
    return list(earlier.values())


def _row_hash(fact: dict[str, Any]) -> str:
    plain = {key: rfc3339(v) if isinstance(v, datetime) else str(v) for key, v in fact.items()}
    return snapshot_hash(plain)


def places_on_the_line(numbers: list[str], actor: Actor, at: datetime) -> list[Place]:
    """Where the needs among these numbers stand, as far as the actor may find them."""
    needs = list(visible_to(actor, at).filter(number__in=numbers))
    sights = sights_on(needs, actor, at)
    return [
        Place(
            step=Step.NEED,
            number=need.number,
            title=need.title if sights[need.pk].summary else need.number,
            state=rules.STATE_NAMES[State(need.state)],
            at=need.since,
            url=reverse("need", args=[need.number]),
            linked=(need.challenge_number,) if need.challenge_number else (),
        )
        for need in needs
    ]


def needs_to_match(region_path: str) -> QuerySet[Need]:
    """What matching works on: everything handed in and not ended, in a region."""
    return (
        Need.objects.filter(within(region_path), state__in=rules.LIVE)
        .select_related("organisation")
        .order_by("pk")
    )


def needs_idle_since(before: datetime) -> QuerySet[Need]:
    """Drafts never handed in that nobody touched since."""
    return Need.objects.filter(
        state=State.DRAFT, submitted_at__isnull=True, changed_at__lt=before
    ).select_related("organisation", "filler")


def needs_to_expire(at: datetime) -> QuerySet[Need]:
    """Accepted needs whose year is over."""
    return Need.objects.filter(state=State.ACCEPTED, expires_at__lte=at).select_related(
        "organisation", "filler"
    )


def needs_to_reconfirm(before: datetime) -> QuerySet[Need]:
    """Accepted needs that are to be confirmed again before an instant."""
    return Need.objects.filter(state=State.ACCEPTED, reconfirm_at__lte=before).select_related(
        "organisation", "filler"
    )




def similar_needs(
    need: Need, actor: Actor, at: datetime, limit: int = 5
) -> list[tuple[Need, int]]:
    """Needs that say nearly the same, with how many percent of their word pairs they share."""
    hits = similar_documents(
        actor=actor, at=at, title=need.title, body=need.body, kinds=["need"],
        without=[need.number], limit=limit * 3,
    )  # fmt: skip
    numbers = [document.number for document, _ in hits]
    found = readable_to(actor, at).filter(number__in=numbers, state__in=rules.MERGE_TARGETS)
    said = f"{need.title}\n{need.body}"
    rows = [(other, rules.likeness(said, f"{other.title}\n{other.body}")) for other in found]
    rows = [(other, share) for other, share in rows if share >= rules.LIKE_LEAST]
    return sorted(rows, key=lambda row: (-row[1], row[0].number))[:limit]
