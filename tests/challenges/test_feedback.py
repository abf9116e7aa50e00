"""The feedback letter: from the notice on, for the bidder's people, without a name of an expert."""

import pytest
from django.test import Client

from kechuang.challenges import actions
from kechuang.challenges.models import Challenge
from kechuang.messages.models import Message
from kechuang.reviews.models import Review, Seat
from kechuang.reviews.queries import feedback_of
from tests.challenges import stages


@pytest.fixture
def line(world, at):
    return stages.on_notice(world, at)


def letter(client, bid):
    return client.get(f"/bids/{bid.number}/feedback/")


def test_a_bidder_reads_figures_and_opinions_and_no_name(line, world, client_as, api_as):
    bid = line.bids[0]
    told = feedback_of(line.challenge.number, bid.number)
    answer = letter(client_as(world.member), bid)
    text = answer.content.decode()
    reviews = Review.objects.filter(case__number=bid.number)
    opinions = list(reviews.values_list("opinion", flat=True))
    assert sorted(told.opinions) == sorted(opinions)
    for words in (told.mean_text, told.minutes_hash, *opinions, *(c.name for c in told.criteria)):
        assert words in text
    for seat in Seat.objects.select_related("expert__person"):
        assert seat.expert.person.name not in text and seat.number not in text
    found = api_as(world.member).get(f"/api/v1/bids/{bid.number}/feedback").json()
    assert found["review"]["rank"] == told.rank and found["review"]["mean"] == told.mean_text
    assert found["review"]["opinions"] == list(told.opinions)


def test_the_means_are_those_of_the_locked_reviews(line):
    for bid in line.bids:
        told = feedback_of(line.challenge.number, bid.number)
        totals = Review.objects.filter(case__number=bid.number, state="COUNTED").values_list(
            "total", flat=True
        )
        assert told.mean_text == f"{sum(totals) / len(totals) / 100:.2f}"
        weighed = sum(float(one.mean_text) * one.weight for one in told.criteria) / 100
        assert abs(weighed - float(told.mean_text)) < 0.02
    assert sorted(feedback_of(line.challenge.number, b.number).rank for b in line.bids) == [1, 2]


def test_nobody_else_reads_it_and_nobody_before_the_notice(line, world, client_as):
    mine, other = line.bids[0], line.bids[1]
    assert letter(client_as(world.member), other).status_code == 404
    for name in ("rival_filler", "filler", "expert5", "liaison", "operator"):
        assert letter(client_as(getattr(world, name)), mine).status_code == 404
    assert letter(Client(), mine).status_code == 302
    assert letter(client_as(world.officer), mine).status_code == 200
    line.challenge.state = "DECIDING"
    line.challenge.save()
    assert letter(client_as(world.member), mine).status_code == 404


def test_a_bid_that_was_not_reviewed_is_told_why(world, at, client_as, api_as):
    line = stages.checking(world, at)
    bid = line.bids[0]
    actions.check_bid(
        bid=bid, verdict="INADMISSIBLE", reason="缺少第三方检测报告。", by=world.liaison.actor,
        at=line.after(hours=1),
    )  # fmt: skip
    Challenge.objects.update(state="ON_NOTICE")
    text = letter(client_as(world.member), bid).content.decode()
    assert "没有进入评审" in text and "缺少第三方检测报告。" in text
    found = api_as(world.member).get(f"/api/v1/bids/{bid.number}/feedback").json()
    assert (found["review"], found["checks"]) == (None, ["缺少第三方检测报告。"])


def test_every_bidder_is_told_that_it_can_be_read(line, world):
    rows = Message.objects.filter(template="challenges.feedback")
    told = set(rows.values_list("person_number", "object_number"))
    for bid in line.bids:
        assert (bid.lead.number, bid.number) in told


def test_the_bid_leads_to_it(line, world, client_as):
    bid = line.bids[0]
    text = client_as(world.member).get(f"/bids/{bid.number}/").content.decode()
    assert f"/bids/{bid.number}/feedback/" in text
