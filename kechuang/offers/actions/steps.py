"""What every step of an offer does: lock, move, note the stage, tell, and keep search in step."""

from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor
from kechuang.messages.actions import tell
from kechuang.offers.models import Offer, OfferStage
from kechuang.offers.queries import text_of
from kechuang.offers.rules import State
from kechuang.record import actions as record
from kechuang.search import actions as search

NOTE_LONGEST = 2000


def locked(offer: Offer) -> Offer:
    """The offer as it is now, its row locked until commit."""
    return (
        Offer.objects.select_for_update(of=("self",))
        .select_related("organisation", "filler", "contact")
        .get(pk=offer.pk)
    )


def move(offer: Offer, state: State, *, by: Actor, at: datetime, note: str = "") -> None:
    offer.state = state
    offer.since = at
    offer.changed_at = at
    offer.version += 1
    offer.save()
    OfferStage.objects.create(
        offer=offer, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note[:NOTE_LONGEST],
    )  # fmt: skip
    if state == State.PUBLISHED:
        search.put_document(**search_document(offer, text_of(offer)), at=at)
    else:
        search.drop_document(number=offer.number)


def search_document(offer: Offer, body: str) -> dict[str, Any]:
    """The document of a published offer: everything it says, for all."""
    return {
        "number": offer.number,
        "kind": "offer",
        "title": offer.title,
        "keywords": " ".join(offer.keywords),
        "body": body,
        "region_path": offer.region_path,
        "owner_code": offer.organisation.code if offer.organisation else "",
        "visibility": "PUBLIC",
        "facets": {"kind": str(offer.kind), "chains": list(offer.chains), "trl": offer.trl or 0},
    }


def record_step(offer: Offer, verb: str, *, by: Actor, at: datetime, **facts: str) -> None:
    record.append(
        verb=f"offers.{verb}", object_number=offer.number, by=by, at=at,
        payload={"state": str(offer.state), "version": offer.version} | facts,
    )  # fmt: skip


def tell_filler(offer: Offer, template: str, *, by: Actor, at: datetime) -> None:
    tell_people(offer, [offer.filler.number] if offer.filler else [], template, by=by, at=at)


def tell_people(offer: Offer, people: list[str], template: str, *, by: Actor, at: datetime) -> None:
    tell(people=people, template=template, object_number=offer.number, by=by, at=at)
