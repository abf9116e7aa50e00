"""Ranking needs against offers: one need, what the record says changed, or all at night."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from kechuang.matching import rules
from kechuang.matching.models import Match, Ranking, Verdict
from kechuang.matching.queries import index_for, live_needs, suggestions_for
from kechuang.matching.queries.candidates import (
    LARGEST,
    OffersState,
    Suggestion,
    offers_generation,
)
from kechuang.matching.queries.matches import within
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers.models import Offer
from kechuang.record import actions as record
from kechuang.record import queries as entries
from kechuang.search import queries as search

CURSOR = "matching"
ENTRIES_AT_ONCE = 100  # short transactions: a stop in the middle loses little
NEEDS_AT_ONCE = 500  # where so few are live, new offers are held against all of them
NEEDS_OF_MANY = 20  # unranked needs taken along, where offers are too many for one index
NEEDS_PER_OFFER = 50
ASKED_AGAIN = 100  # needs ranked before the state of the offers is asked for again
FOLLOWED = ("needs.", "offers.")


@transaction.atomic
def rank_need(*, need: Need, at: datetime, state: OffersState | None = None) -> int:
    """Rank the offers for one need and keep the best; returns how many. Ended needs keep none.

    `state` is that of the offers, where many needs are ranked one after another.

    Idempotent: ranking again with the same offers changes nothing but the time. What was judged
    stays judged, because a verdict hangs on need and offer, not on the match.
    """
    need = (
        Need.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .get(pk=need.pk)
    )
    if need.state not in LIVE:
        Match.objects.filter(need=need).delete()
        Ranking.objects.filter(need=need).delete()
        return 0
    offers = index_for(need, at, state)
    found = suggestions_for(need, offers)
    keys = _offer_keys([one.number for one in found])
    rows = [
        _match(need, keys[one.number], rank, one, at)
        for rank, one in enumerate((one for one in found if one.number in keys), 1)
    ]
    _store(need, rows)
    Ranking.objects.update_or_create(
        need=need,
        defaults={
            "engine": rules.ENGINE,
            "documents": offers.documents,
            "generation": offers.generation,
            "ranked_at": at,
        },
    )
    return len(rows)


def _offer_keys(numbers: Sequence[str]) -> dict[str, int]:
    return dict(Offer.objects.filter(number__in=numbers).values_list("number", "pk"))


def _match(need: Need, offer_id: int, rank: int, one: Suggestion, at: datetime) -> Match:
    return Match(
        need=need,
        offer_id=offer_id,
        rank=rank,
        score_tenths=one.points.score_tenths,
        text_tenths=one.points.text_tenths,
        targets_tenths=one.points.targets_tenths,
        chain_tenths=one.points.chain_tenths,
        local_tenths=one.points.local_tenths,
        targets_met=one.targets_met,
        phrases=one.phrases,
        findings=one.findings,
        quotation=one.quotation,
        found_at=at,
    )


def _store(need: Need, rows: list[Match]) -> None:
    """Replace a need's matches; a match that stays keeps the time at which it was first found."""
    kept = [row.offer_id for row in rows]
    judged = Verdict.objects.filter(need=need).values("offer_id")
    Match.objects.filter(need=need).exclude(offer_id__in=kept).exclude(offer__in=judged).delete()
    beyond = Match.objects.filter(need=need).exclude(offer_id__in=kept).order_by("rank", "pk")
    for rank, old in enumerate(beyond, len(rows) + 1):
        Match.objects.filter(pk=old.pk).update(rank=rank)
    computed = [
        field.name for field in Match._meta.concrete_fields
        if field.name not in ("id", "need", "offer", "found_at")
    ]  # fmt: skip
    Match.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["need", "offer"], update_fields=computed
    )


def rank_all(*, at: datetime, region_path: str = "") -> int:
    """Rank every live need, each in a transaction of its own; returns how many needs."""
    needs = live_needs()
    if region_path:
        needs = needs.filter(within(region_path, "region_path"))
    count, state = 0, None
    for need in needs.iterator(chunk_size=200):
        if count % ASKED_AGAIN == 0:
            state = offers_generation()
        rank_need(need=need, at=at, state=state)
        count += 1
    return count


@transaction.atomic
def follow_record(*, at: datetime, limit: int = ENTRIES_AT_ONCE) -> int:
    """Rank again what the record says changed; the cursor moves in the same transaction.

    A need that moved is ranked; an offer that moved is held against the needs that it resembles,
    or against all where few are live; the rest of a large batch of offers waits for the night.
    Returns how many entries were read.
    """
    since = entries.cursor_position(CURSOR)
    read = entries.entries_after(since, limit)
    if not read:
        return 0
    changed = [entry for entry in read if entry.verb.startswith(FOLLOWED)]
    needs = {entry.object_number for entry in changed if entry.verb.startswith("needs.")}
    offers = {entry.object_number for entry in changed if entry.verb.startswith("offers.")}
    state = offers_generation() if changed else None
    for need in _needs_touched(needs, offers, state, at):
        rank_need(need=need, at=at, state=state)
    record.move_cursor(CURSOR, position=read[-1].position)
    return len(read)


def _needs_touched(
    needs: set[str], offers: set[str], state: OffersState | None, at: datetime
) -> Iterable[Need]:
    """The needs to rank again. Batches name no single need, so unranked ones are always due; where
    each is looked up among very many offers, few at a time, and the night does the rest."""
    moved = Need.objects.filter(number__in=needs).select_related("organisation")
    live = live_needs()
    if offers and live.count() <= NEEDS_AT_ONCE:
        return _distinct(moved, live)
    unranked = live.exclude(Exists(Ranking.objects.filter(need=OuterRef("pk"))))
    alike = live.filter(number__in=_resembling(offers, at)) if offers else ()
    most = NEEDS_AT_ONCE if state is None or state[1] <= LARGEST else NEEDS_OF_MANY
    return _distinct(moved, alike, unranked[:most])


def _distinct(*querysets: Iterable[Need]) -> list[Need]:
    return list({need.pk: need for rows in querysets for need in rows}.values())


def _resembling(offers: set[str], at: datetime) -> set[str]:
    """Live needs that share words with new offers, or had one of them in their list."""
    listed = Match.objects.filter(offer__number__in=offers)
    found = set(listed.values_list("need__number", flat=True))
    for offer in Offer.objects.filter(number__in=offers).only("title", "body"):
        alike = search.documents_like(
            offer.title, offer.body, kind="need", limit=NEEDS_PER_OFFER, at=at
        )
        found.update(document.number for document in alike)
    return found
