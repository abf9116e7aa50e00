"""What the desk asks: requests for an introduction, what owners can mend, what was shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.matching import rules
from kechuang.matching.models import (
    AskedIntroduction,
    Impression,
    Introduction,
    Verdict,
)
from kechuang.matching.queries.matches import within
from kechuang.matching.rules import Choice, State
from kechuang.matching.rules.mending import Mend, mends_of
from kechuang.needs import queries as needs
from kechuang.needs.models import Need
from kechuang.offers import queries as offers
from kechuang.offers.models import Offer

LABELS = {Choice.ACCEPT.value: 2, Choice.REJECT.value: 0}


def requests_visible_to(actor: Actor, at: datetime) -> QuerySet[AskedIntroduction]:
    """Requests of one's own unit; those about needs of the region for its desk. Where the offer or
    the need is hidden from a reader, so is the request."""
    may = Q(pk__in=[])
    if actor.is_role(*rules.DESK) and actor.region and not actor.serves_one_unit:
        may |= within(actor.region, "region_path")
    if actor.is_role(*rules.PARTY_ROLES) and actor.organisation:
        may |= Q(organisation__code=actor.organisation)
    return AskedIntroduction.objects.filter(
        may, offer__in=offers.visible_to(actor, at), need__in=needs.visible_to(actor, at)
    ).select_related("need__organisation", "offer", "organisation", "by_person")


def open_requests_on(need: Need, actor: Actor, at: datetime) -> list[AskedIntroduction]:
    """Requests that wait on this need, for those who judge its matches."""
    rows = requests_visible_to(actor, at).filter(need=need, state=rules.Asked.OPEN)
    return list(rows.order_by("id"))


def requests_of_offer(offer: Offer, actor: Actor, at: datetime) -> dict[int, AskedIntroduction]:
    """The latest request of an offer by the key of the need."""
    rows = requests_visible_to(actor, at).filter(offer=offer).order_by("id")
    return {row.need_id: row for row in rows}


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why an offer was refused: counted by reason; named where the reader may read the need."""

    mends: list[Mend]
    total: int
    named: list[tuple[str, str, str]]

    @property
    def unnamed(self) -> int:
        """How many refusals are counted without saying where."""
        return self.total - len(self.named)


def refusals_of(offer: Offer, actor: Actor, at: datetime) -> Refusals:
    """What refusals say to the owner of an offer: by reason, and where the need may be read.

    Nothing for who is not the owner's people. A closed need is counted and never named.
    """
    owner = offer.organisation.code if offer.organisation else ""
    if not rules.may_ask_introduction(actor, owner):
        return Refusals([], 0, [])
    rows = _refused(offer)
    readable = {
        need.pk: need
        for need in needs.readable_to(actor, at).filter(pk__in=[need for need, _code in rows])
    }
    mends = mends_of(code for _need, code in rows)
    told = {mend.code: mend.name for mend in mends}
    named = [
        (readable[need].number, readable[need].title, told[code])
        for need, code in rows if need in readable and code in told
    ]  # fmt: skip
    return Refusals(mends, sum(mend.count for mend in mends), named)


def _refused(offer: Offer) -> list[tuple[int, str]]:
    """(need, code) of verdicts in force, ended introductions and declined requests; the last word
    on a need counts, so that one refusal is not told twice."""
    said = Verdict.objects.filter(offer=offer, choice=Choice.REJECT, replaced_at__isnull=True)
    ended = Introduction.objects.filter(offer=offer, state=State.ENDED)
    asked = AskedIntroduction.objects.filter(offer=offer, state=rules.Asked.DECLINED)
    found: dict[int, str] = {}
    found |= dict(asked.order_by("answered_at").values_list("need", "reason_code"))
    found |= dict(said.order_by("id").values_list("need", "reason_code"))
    found |= dict(
        ended.exclude(end_reason_code=rules.EndReason.NO_REPLY, offer_answer="YES")
        .order_by("since").values_list("need", "end_reason_code")
    )
    return sorted(found.items())


def feedback_lines() -> Iterator[dict[str, Any]]:
    """What the engine learns from, a line for each judged pair: the query, the document, the
    label, the reason and the place at which it stood.

    Labels: 2 accepted, 1 an introduction that ended after a meeting, 0 refused.
    """
    judged = Verdict.objects.filter(replaced_at__isnull=True).select_related("need", "offer")
    met = _met()
    for row in judged.order_by("need_id", "id").iterator(500):
        label = LABELS[row.choice]
        ended = met.get((row.need_id, row.offer_id))
        yield _line(row.need, row.offer.number, min(label, ended) if ended else label) | {
            "reason": row.reason_code, "rank": row.shown_place, "engine": row.engine,
            "at": row.judged_at.isoformat(),
        }  # fmt: skip


def _met() -> dict[tuple[int, int], int]:
    """Pairs whose introduction ended though it was begun: less than a full yes."""
    rows = Introduction.objects.filter(state=State.ENDED).exclude(
        end_reason_code__in=[rules.EndReason.FOUND_ELSEWHERE, rules.EndReason.OTHER]
    )
    return {(need, offer): 1 for need, offer in rows.values_list("need_id", "offer_id")}


def _line(need: Need, offer: str, label: int) -> dict[str, Any]:
    text = " ".join([need.title, *need.keywords])
    return {"qid": need.number, "kind": "related", "text": text, "body": need.body,
            "docid": offer, "label": label}  # fmt: skip


def impressions_of(need: Need) -> QuerySet[Impression]:
    """What was shown for a need, by day and place."""
    return Impression.objects.filter(need=need).order_by("day", "person", "place")
