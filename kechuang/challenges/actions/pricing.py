"""The prices that were sealed apart: opened after the scores are locked, by the same custodians."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.base.time import rfc3339
from kechuang.challenges import rules
from kechuang.challenges.actions.custody import open_one
from kechuang.challenges.actions.sealing import put_content
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    move,
    move_bid,
    person_of,
    record_bid,
    record_step,
    tell,
)
from kechuang.challenges.models import Bid, Challenge, PriceOpening
from kechuang.challenges.queries import frame_of, prices_due, sealed_content_of
from kechuang.challenges.rules.freezing import canonical, sha256_of
from kechuang.reviews import queries as panels


@transaction.atomic
def open_prices(
    *, challenge: Challenge, shares: Mapping[str, Mapping[str, str]], by: Actor, at: datetime
) -> PriceOpening:
    """Open the prices of all reviewed bids at once, and write the minutes.

    Refuses before the panel's minutes are signed, and a second time. With too few shares nothing
    is opened. A price that was dealt falsely, cannot be read or does not add up voids its bid, and
    the minutes say why.
    """
    challenge, to = begin(challenge, "open_prices", by=by)
    require(prices_due(challenge), rules.custody.prices_not_due())
    bids = list(
        Bid.objects.select_for_update(of=("self",))
        .filter(challenge=challenge, state=Bid.State.IN_REVIEW)
        .select_related("sealed", "price_envelope__ruleset", "organisation", "lead", "drafter",
                        "challenge").order_by("number")
    )
    names = {one.place: one.name for one in challenge.custodians.all()}
    found = {
        bid.number: open_one(
            bid, bid.price_envelope, names, shares, partial(_keep_price, bid, at=at)
        ) for bid in bids
    }
    panel = panels.panel_for(challenge.number)
    minutes = canonical({
        "challenge": challenge.number, "opened_at": rfc3339(at), "officer": by.person,
        "panel": panel.number if panel is not None else "",
        "bids": [
            {"bid": bid.number, "organisation": bid.organisation.code,
             "sha256": bid.price_envelope.sha256, **found[bid.number]} for bid in bids
        ],
    })
    opening = PriceOpening.objects.create(
        challenge=challenge, at=at, by=person_of(by), minutes=minutes, sha256=sha256_of(minutes)
    )
    for bid in bids:
        if found[bid.number]["void"]:
            move_bid(bid, "void_price", by=by, at=at)
            record_bid(bid, "void_price", by=by, at=at, sha256=bid.price_envelope.sha256)
            tell(bidders(bid, at), "bid_void", bid.number, by=by, at=at)
    challenge.sessions.filter(ended_at__isnull=True).update(ended_at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "open_prices", by=by, at=at, minutes_sha256=opening.sha256,
                bids=len(bids))
    return opening


def _keep_price(bid: Bid, plain: bytes, *, at: datetime) -> str:
    """Put the price into the proposal; why it cannot stand, or nothing."""
    content = sealed_content_of(bid)
    try:
        whole = rules.custody.read_price(plain, content)
    except rules.custody.Unreadable as unreadable:
        return f"unreadable: {unreadable}"
    problems = rules.proposal.problems_with_budget(whole, frame_of(bid.challenge))
    if problems:
        return f"price: {problems[0].code}"
    put_content(bid, whole, at=at)
    bid.save(update_fields=["content_version"])
    return ""
