"""An offer's way with its unit: signed and so published, given back, withdrawn."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, check_version, require
from kechuang.offers import rules
from kechuang.offers.actions.drafting import content_of
from kechuang.offers.actions.steps import (
    NOTE_LONGEST,
    locked,
    move,
    record_step,
    tell_filler,
)
from kechuang.offers.models import Offer
from kechuang.offers.rules import OfferRefused, State


@transaction.atomic
def sign_offer(*, offer: Offer, version: int | None = None, by: Actor, at: datetime) -> Offer:
    """The unit's administrator signs; the offer is published at once."""
    offer = locked(offer)
    rules.check_may(rules.may_sign(by, offer.facts), "sign", offer.facts)
    check_version(offer.number, version, offer.version)
    offer.published_at = at
    move(offer, State.PUBLISHED, by=by, at=at)
    record_step(offer, "sign", by=by, at=at)
    tell_filler(offer, "offers.published", by=by, at=at)
    return offer


@transaction.atomic
def return_offer(
    *, offer: Offer, reason: str, version: int | None = None, by: Actor, at: datetime
) -> Offer:
    """The unit's administrator gives an offer back, with words on what to mend."""
    offer = locked(offer)
    rules.check_may(rules.may_return(by, offer.facts), "return", offer.facts)
    check_version(offer.number, version, offer.version)
    check_reason(reason)
    offer.typed = rules.typed_from(content_of(offer)) | {
        "contact": offer.contact.number if offer.contact else ""
    }
    offer.return_words = reason[:NOTE_LONGEST]
    move(offer, State.DRAFT, by=by, at=at, note=reason)
    record_step(offer, "return", by=by, at=at)
    tell_filler(offer, "offers.returned", by=by, at=at)
    return offer


@transaction.atomic
def withdraw_offer(
    *, offer: Offer, reason: str, version: int | None = None, by: Actor, at: datetime
) -> Offer:
    """Its unit takes an offer back, with a reason."""
    offer = locked(offer)
    rules.check_may(rules.may_withdraw(by, offer.facts), "withdraw", offer.facts)
    check_version(offer.number, version, offer.version)
    check_reason(reason)
    was = offer.state
    move(offer, State.WITHDRAWN, by=by, at=at, note=reason)
    record_step(offer, "withdraw", by=by, at=at, was=was)
    return offer


def check_reason(reason: str) -> None:
    require(
        bool(rules.trimmed(reason)),
        OfferRefused("offer.reason_missing", N_("须写明理由。"), {}, ("reason",),
                     N_("一两句话即可。")),
    )  # fmt: skip
