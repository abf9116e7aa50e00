"""Verdicts on matches."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.base.time import shanghai_date
from kechuang.matching import rules
from kechuang.matching.models import Impression, Lookup, Match, Ranking, Verdict
from kechuang.matching.queries import Suggested, place_of
from kechuang.matching.rules import Choice
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.parties.models import Person
from kechuang.record import actions as record


@transaction.atomic
def judge_match(
    *,
    need: Need,
    offer: Offer,
    choice: str,
    reason_code: str,
    note: str,
    by: Actor,
    at: datetime,
) -> Verdict:
    """Judge whether an offer fits a need; a later verdict replaces the one in force.

    Refuses (rules.MatchRefused) without a reason that belongs to the choice and words.
    """
    need = locked_need(need)
    require(rules.may_judge(by, place_of(need)), rules.not_permitted("judge", need.number))
    rules.check_judgement(choice, reason_code, note)
    return put_verdict(need, offer, (Choice(choice), reason_code, note.strip()), by=by, at=at)


def locked_need(need: Need) -> Need:
    """The need as it is now; its row is locked until commit."""
    return (
        Need.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation", "filler", "contact")
        .get(pk=need.pk)
    )


def put_verdict(
    need: Need, offer: Offer, said: tuple[Choice, str, str], *, by: Actor, at: datetime
) -> Verdict:
    """Replace the verdict in force; the need's row is locked."""
    choice, reason_code, note = said
    Verdict.objects.filter(need=need, offer=offer, replaced_at__isnull=True).update(replaced_at=at)
    shown = Match.objects.filter(need=need, offer=offer).values_list("rank", flat=True).first()
    ranking = Ranking.objects.filter(need=need).first()
    verdict = Verdict.objects.create(
        need=need,
        offer=offer,
        choice=choice,
        reason_code=reason_code,
        note=note,
        by_person=Person.objects.get(number=by.person),
        by_role=by.role,
        judged_at=at,
        shown_place=shown,
        engine=ranking.engine if ranking else "",
    )
    record.append(
        verb="matching.judge",
        object_number=need.number,
        by=by,
        at=at,
        payload={
            "offer": offer.number,
            "choice": str(choice),
            "reason": str(reason_code),
            "verdict": verdict.number,
        },
    )
    return verdict


@dataclass(frozen=True, slots=True)
class Told:
    """What a list of offers was made with: the model, the index, and what was asked of them."""

    engine: str
    generation: str
    lookup: Lookup | None


def lookup_of(asked: dict[str, Any]) -> Lookup:
    """The question as it is kept, once for all that ask it."""
    said = json.dumps(asked, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
    row, _ = Lookup.objects.get_or_create(digest=digest, defaults={"asked": asked})
    return row


def note_shown(
    *, need: Need, shown: Sequence[tuple[int, int]], by: Actor, at: datetime,
    live: Suggested | None = None,
) -> None:
    """Note which offers, at which places, somebody who judges was shown; one statement for all.

    `shown` are (offer key, place); `live` is what a list was made of that is not the stored one.
    Seen again on the same day is noted once. Not recorded: looking is no act; with the verdicts it
    says what was looked at and passed over.
    """
    if not shown or not rules.may_judge(by, place_of(need)):
        return
    told = _told(need, live)
    if told is None:
        return
    Impression.objects.bulk_create(
        (
            Impression(
                need=need, offer_id=offer_id, place=place, engine=told.engine,
                generation=told.generation, lookup=told.lookup, person=by.person,
                day=shanghai_date(at),
            )
            for offer_id, place in shown
        ),
        ignore_conflicts=True,
    )


def _told(need: Need, live: Suggested | None) -> Told | None:
    if live is not None:
        return Told(live.model, live.index, lookup_of(live.asked))
    ranking = Ranking.objects.filter(need=need).select_related("lookup").first()
    return Told(ranking.engine, ranking.generation, ranking.lookup) if ranking else None
