"""Verdicts on matches."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.base.time import shanghai_date
from kechuang.matching import rules
from kechuang.matching.models import Impression, Match, Ranking, Verdict
from kechuang.matching.queries import place_of
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


def note_shown(
    *, need: Need, shown: Sequence[tuple[int, int]], by: Actor, at: datetime
) -> None:
    """Note which offers, at which places, somebody who judges was shown; one statement for all.

    `shown` are (offer key, place). Seen again on the same day is noted once. Not recorded: looking
    is no act; with the verdicts it says what was looked at and passed over.
    """
    ranking = Ranking.objects.filter(need=need).first()
    if not shown or ranking is None or not rules.may_judge(by, place_of(need)):
        return
    Impression.objects.bulk_create(
        (
            Impression(
                need=need, offer_id=offer_id, place=place, engine=ranking.engine,
                generation=ranking.generation, person=by.person, day=shanghai_date(at),
            )
            for offer_id, place in shown
        ),
        ignore_conflicts=True,
    )
