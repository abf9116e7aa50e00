"""Ranking needs against offers: one need, what the record says changed, or all at night."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from kechuang.matching.actions.judging import lookup_of
from kechuang.matching.models import Match, Ranking, Verdict
from kechuang.matching.queries import live_needs, suggestions_for
from kechuang.matching.queries.candidates import match_of, query_of, rankings_for
from kechuang.matching.queries.matches import within
from kechuang.needs.models import Need
from kechuang.needs.rules import LIVE
from kechuang.offers.models import Offer
from kechuang.record import actions as record
from kechuang.record import queries as entries
from kechuang.search import queries as search
from kechuang.search.actions import index_documents

CURSOR = "matching"
ENTRIES_AT_ONCE = 100  # short transactions: a stop in the middle loses little
NEEDS_AT_ONCE = 100  # where so few are live, new offers are held against all of them
NEEDS_PER_OFFER = 50
INDEXED_AGAIN = 500  # needs ranked before the index takes in what changed meanwhile
FOLLOWED = ("needs.", "offers.")
WORDS_CHANGED = frozenset({"search.add_term", "search.end_term"})  # every need is ranked again


def rank_need(*, need: Need, at: datetime) -> int:
    """Rank the offers for one need and keep the best; returns how many. Ended needs keep none.

    The index takes in what changed first. Idempotent: ranking again with the same offers changes
    nothing but the time. What was judged stays judged, because a verdict hangs on need and offer,
    not on the match.
    """
    index_documents(at=at)
    return _rank(need, at)


@transaction.atomic
def _rank(need: Need, at: datetime, found: search.Ranking | None = None) -> int:
    """Keep what was found for a need, or find it; what was found for other words is found anew."""
    words = query_of(need)
    need = (
        Need.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .get(pk=need.pk)
    )
    if need.state not in LIVE:
        Match.objects.filter(need=need).delete()
        Ranking.objects.filter(need=need).delete()
        return 0
    suggested = suggestions_for(need, found=found if query_of(need) == words else None)
    if suggested is None:  # the index is being made anew: the need waits, and keeps what it has
        return 0
    held = Offer.objects.in_bulk([one.number for one in suggested.rows], field_name="number")
    known = (one for one in suggested.rows if one.number in held)
    rows = [match_of(need, held[one.number], rank, one, at) for rank, one in enumerate(known, 1)]
    _store(need, rows)
    Ranking.objects.update_or_create(
        need=need,
        defaults={
            "engine": suggested.model,
            "documents": suggested.documents,
            "generation": suggested.index,
            "lookup": lookup_of(suggested.asked),
            "ranked_at": at,
        },
    )
    return len(rows)


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
    """Rank every live need, each in a transaction of its own; returns how many needs.

    Texts are ranked on all cores ahead of the transactions that keep what was found.
    """
    needs = live_needs()
    if region_path:
        needs = needs.filter(within(region_path, "region_path"))
    count = 0
    due = list(needs.values_list("pk", flat=True))
    for start in range(0, len(due), INDEXED_AGAIN):
        index_documents(at=at)
        held = needs.in_bulk(due[start : start + INDEXED_AGAIN])
        those = [held[key] for key in due[start : start + INDEXED_AGAIN] if key in held]
        for need, found in zip(those, rankings_for(those), strict=True):
            _rank(need, at, found)
            count += 1
    return count


def follow_record(*, at: datetime, limit: int = ENTRIES_AT_ONCE) -> int:
    """Rank again what the record says changed; the cursor moves in the same transaction.

    A need that moved is ranked; an offer that moved is held against the needs that it resembles,
    or against all where few are live; the rest of a large batch of offers waits for the night.
    Returns how many entries were read.
    """
    if not _is_behind():
        return 0
    index_documents(at=at)
    return _follow(at, limit)


@transaction.atomic
def _is_behind() -> bool:
    return bool(entries.entries_after(entries.cursor_position(CURSOR), 1))


@transaction.atomic
def _follow(at: datetime, limit: int) -> int:
    since = entries.cursor_position(CURSOR)
    read = entries.entries_after(since, limit)
    if not read:
        return 0
    if any(entry.verb in WORDS_CHANGED for entry in read):
        record.defer("matching.reindex")
    changed = [entry for entry in read if entry.verb.startswith(FOLLOWED)]
    needs = {entry.object_number for entry in changed if entry.verb.startswith("needs.")}
    offers = {entry.object_number for entry in changed if entry.verb.startswith("offers.")}
    for need in _needs_touched(needs, offers):
        _rank(need, at)
    record.move_cursor(CURSOR, position=read[-1].turn)
    return len(read)


def _needs_touched(needs: set[str], offers: set[str]) -> Iterable[Need]:
    """The needs to rank again. Batches name no single need, so unranked ones are always due."""
    moved = Need.objects.filter(number__in=needs).select_related("organisation")
    live = live_needs()
    if offers and live.count() <= NEEDS_AT_ONCE:
        return _distinct(moved, live)
    unranked = live.exclude(Exists(Ranking.objects.filter(need=OuterRef("pk"))))
    alike = live.filter(number__in=_resembling(offers)) if offers else ()
    return _distinct(moved, alike, unranked[:NEEDS_AT_ONCE])


def _distinct(*querysets: Iterable[Need]) -> list[Need]:
    return list({need.pk: need for rows in querysets for need in rows}.values())


def _resembling(offers: set[str]) -> set[str]:
    """Live needs that resemble new offers, or had one of them in their list."""
    listed = Match.objects.filter(offer__number__in=offers)
    found = set(listed.values_list("need__number", flat=True))
    for offer in Offer.objects.filter(number__in=offers).only("title", "body"):
        found.update(
            search.documents_like(offer.title, offer.body, kind="need", limit=NEEDS_PER_OFFER)
        )
    return found
