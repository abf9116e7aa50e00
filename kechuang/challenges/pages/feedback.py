"""The feedback letter of a bid: what the locked reviews say of it, or why it was not reviewed."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from kechuang.challenges import queries, rules
from kechuang.challenges.pages.acts import bid_seen
from kechuang.challenges.rules.bids import STATE_NAMES
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.reviews.queries import feedback_of


@signed_in
def letter(request: AskedRequest, number: str) -> HttpResponse:
    """For the bidder's people, from the public notice on; to print."""
    row = bid_seen(request, number)
    facts = queries.bid_facts(row, request.actor, request.at)
    if not rules.bids.may_read_feedback(request.actor, facts):
        raise Http404
    return render(request, "challenges/feedback.html", {
        "bid": row, "challenge": row.challenge, "state_name": STATE_NAMES[row.state],
        "feedback": feedback_of(row.challenge.number, row.number),
        "checks": list(row.checks.all()), "notice": queries.notice_of_bid(row),
    })  # fmt: skip
