"""Verdicts on matches."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.matching import rules
from kechuang.matching.models import Verdict
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
    verdict = Verdict.objects.create(
        need=need,
        offer=offer,
        choice=choice,
        reason_code=reason_code,
        note=note,
        by_person=Person.objects.get(number=by.person),
        by_role=by.role,
        judged_at=at,
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
