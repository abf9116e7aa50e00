"""Technical part and price sealed apart: the price is opened after the scores are locked."""

import base64
import json
import random
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Envelope
from kechuang.challenges.models import Bid, BudgetLine, Challenge, PriceOpening, SealedEnvelope
from kechuang.challenges.rules import custody as rules
from kechuang.engines import sealing
from tests.challenges import custody_stages as custody
from tests.challenges import stages

pytestmark = pytest.mark.django_db


def parts(line, **changes):
    """A proposal as the bidder's machine parts it: without any amount, and the amounts alone."""
    whole = custody.inside(line, **changes)
    bare = [{**row, "public_fen": 0} for row in whole["milestones"]]
    technical = {**whole, "budget": {}, "milestones": bare}
    shares = [row["public_fen"] for row in whole["milestones"]]
    return technical, {"budget": whole["budget"], "milestones": shares}


def sealed(line, unit, told, part, seed=1):
    call = sealing.call_from(queries.published_call(line.challenge))
    plain = json.dumps(told, ensure_ascii=False).encode()
    return sealing.seal(plain, call, unit, part, random.Random(seed).randbytes)


def opened(world, at):
    """An open call of three custodians that keeps the price apart."""

    def prepare(line):
        people = [one.person for one in custody.keepers(line.world)]
        actions.name_custodians(challenge=line.challenge, needed=2, people=people,
                                two_envelopes=True, by=line.world.officer.actor, at=line.at)
        custody.register(line)

    line = stages.approved(world, at, 1, prepare)
    funds = BudgetLine.objects.first() or stages.budget_line(world, line.at)
    actions.authorise(challenge=line.challenge, line=funds, by=world.head.actor,
                      at=line.after(days=1))
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    return line


def handed_in(line, writer, admin, technical=None, price=None):
    bid = actions.start_bid(challenge=line.challenge, by=writer.actor, at=line.after(hours=1))
    first, second = parts(line)
    unit, seed = bid.organisation.code, bid.pk
    actions.put_envelope(
        bid=bid, file=sealed(line, unit, technical or first, "technical", seed),
        price=sealed(line, unit, price or second, "price", seed + 1000),
        sign_offs=Envelope(), by=writer.actor, at=line.at,
    )
    actions.sign_bid(bid=bid, by=admin.actor, at=line.after(hours=1))
    actions.submit_bid(bid=bid, by=writer.actor, at=line.after(hours=1))
    bid.refresh_from_db()
    line.bids.append(bid)
    return bid


def checked(world, at, **second):
    """Two bids, their technical parts opened by two custodians."""
    line = opened(world, at)
    handed_in(line, world.member, world.research_admin)
    handed_in(line, world.institute_member, world.institute_admin, **second)
    custody.in_session(custody.closed(line))
    for place in (0, 1):
        custody.give(line, place)
    return custody.unsealed(line)


def reviewed(world, at, **second):
    """The scores are locked: the chair has signed."""
    return stages.judged(stages.admitted(checked(world, at, **second)))


def prices_opened(line):
    custody.in_session(line)
    for place in (0, 2):
        custody.give(line, place)
    opening = actions.open_prices(
        challenge=line.challenge, shares=custody.read_by_session(line),
        by=line.world.officer.actor, at=line.after(hours=1),
    )
    line.fresh()
    for bid in line.bids:
        bid.refresh_from_db()
    return opening


def refusal(act, **given):
    with pytest.raises(Refused) as refused:
        act(**given)
    return refused.value.refusals[0].code


def test_nobody_reads_a_price_before_the_scores_are_locked(world, at, client_as):
    line = checked(world, at)
    officer = world.officer.actor
    for bid in line.bids:
        content = queries.proposal_of(bid, officer, line.at)
        assert content["title"] and not any(content["budget"].values())
        assert not any(row["public_fen"] for row in content["milestones"])
        assert queries.envelope_to(officer, line.at, bid.number, "price") is None
    page = client_as(world.officer).get(f"/bids/{line.bids[0].number}/").content.decode()
    assert "报价还没有开封" in page
    assert queries.live_session(line.challenge) is None
    stages.admitted(line)
    told = {"challenge": line.challenge, "by": officer, "at": line.at}
    assert refusal(actions.start_session, public="ab" * 32, **told) == "challenges.prices_not_due"
    assert refusal(actions.open_prices, shares={}, **told) == "challenges.prices_not_due"
    keeper = {**told, "by": world.head.actor}
    assert refusal(actions.give_shares, shares=[], **keeper) == "challenges.prices_not_due"
    for name in ("session", "shares"):
        member = world.officer if name == "session" else world.head
        path = f"/challenges/{line.challenge.number}/{name}/"
        assert client_as(member).get(path).status_code == 404


def test_prices_are_opened_after_the_minutes_and_the_call_goes_on(world, at, client_as):
    line = reviewed(world, at)
    assert queries.prices_due(line.challenge)
    assert not queries.is_reviewed(line.challenge)
    due = queries.due_by_clock(line.at)
    assert ("take_ranking", line.challenge.number) not in due
    told = {"challenge": line.challenge, "by": Actor.CLOCK, "at": line.at}
    assert refusal(actions.take_ranking, **told) == "challenges.prices_sealed"
    few = {"challenge": line.challenge, "shares": {}, "by": world.officer.actor, "at": line.at}
    assert refusal(actions.open_prices, **few) == "challenges.too_few_shares"
    opening = prices_opened(line)
    minutes = json.loads(opening.minutes)
    assert [row["shares_of"] for row in minutes["bids"]] == [
        [world.supervisor.person.name, world.head.person.name]] * 2
    _, price = parts(line)
    for bid in line.bids:
        content = queries.proposal_of(bid, world.officer.actor, line.at)
        assert content["budget"] == price["budget"]
        assert [row["public_fen"] for row in content["milestones"]] == price["milestones"]
    assert refusal(actions.open_prices, **few) == "challenges.prices_not_due"
    actions.take_ranking(**{**told, "at": line.at})
    assert line.fresh().state == "DECIDING"
    page = client_as(world.officer).get(f"/bids/{line.bids[0].number}/").content.decode()
    assert "报价还没有开封" not in page


@pytest.mark.parametrize(("price", "why"), [
    ({"budget": {}, "milestones": [1]}, "unreadable: a price of other milestones"),
    ({"budget": 3}, "unreadable: not a price"),
    ({"budget": {"total_fen": 5}, "milestones": [0, 0]}, "price: bids.money_does_not_add_up"),
])
def test_a_price_that_is_none_voids_its_bid_alone(world, at, price, why):
    line = reviewed(world, at, price=price)
    opening = prices_opened(line)
    voids = {row["bid"]: row["void"] for row in json.loads(opening.minutes)["bids"]}
    first, second = line.bids
    assert voids == {first.number: "", second.number: why}
    assert (first.state, second.state) == ("IN_REVIEW", "VOID")
    actions.take_ranking(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    first.refresh_from_db()
    assert first.state == "RANKED"


def test_a_technical_part_that_tells_a_price_is_void_at_the_opening(world, at):
    line = opened(world, at)
    handed_in(line, world.member, world.research_admin)
    handed_in(line, world.institute_member, world.institute_admin,
              technical=custody.inside(line))
    custody.in_session(custody.closed(line))
    for place in (0, 1):
        custody.give(line, place)
    custody.unsealed(line)
    assert [bid.state for bid in line.bids] == ["OPENED", "VOID"]


def test_both_envelopes_come_together_and_are_of_their_part(world, at):
    line = opened(world, at)
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=line.at)
    technical, price = parts(line)
    unit = bid.organisation.code
    first = sealed(line, unit, technical, "technical")
    second = sealed(line, unit, price, "price", 2)
    told = {"bid": bid, "by": world.member.actor, "at": line.at}
    assert refusal(actions.put_envelope, file=first, **told) == "bids.price_missing"
    assert refusal(actions.put_envelope, file=first, price=first, **told) == "bids.not_an_envelope"
    actions.put_envelope(file=first, price=second, **told)
    bid = Bid.objects.get(pk=bid.pk)
    both = [one.sha256 for one in queries.envelopes_of(bid)]
    assert len(both) == 2 and queries.fingerprint_of(bid) not in both
    one = custody.opened(world, at, serial=2)
    other = actions.start_bid(challenge=one.challenge, by=world.member.actor, at=one.at)
    alone = custody.sealed_for(one, unit, b"{}")
    assert refusal(actions.put_envelope, bid=other, file=alone, price=alone,
                   by=world.member.actor, at=one.at) == "bids.no_price_apart"


def test_the_database_knows_whose_an_envelope_is_and_who_keeps_prices_apart(world, at):
    line = opened(world, at)
    handed_in(line, world.member, world.research_admin)
    for change in ({"bid": None}, {"price_of": line.bids[0]}):
        kept = SealedEnvelope.objects.filter(bid=line.bids[0])
        with pytest.raises(IntegrityError), transaction.atomic():
            kept.update(**change)
    with pytest.raises(IntegrityError, match="price_apart"), transaction.atomic():
        Challenge.objects.update(custodians_needed=0)


def test_the_call_says_that_the_price_is_apart(world, at):
    line = opened(world, at)
    assert json.loads(line.challenge.rulesets.get().canonical)["two_envelopes"] is True
    assert queries.published_call(line.challenge)["parts"] == ["technical", "price"]


@pytest.mark.parametrize("plain", [b"x", b"[]", b"{}", b'{"budget": {}, "milestones": [1.5]}'])
def test_what_is_no_price_is_unreadable(plain):
    with pytest.raises(rules.Unreadable):
        rules.read_price(plain, {"budget": {"total_fen": 0}, "milestones": [{}]})


def test_both_are_handed_in_and_opened_by_page_and_api(world, at, client_as, api_as, monkeypatch):
    line = opened(world, at)
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: line.at)
    client, number = client_as(world.member), line.challenge.number
    client.post(f"/challenges/{number}/bids/new/")
    bid = Bid.objects.get()
    technical, price = parts(line)
    unit, page = bid.organisation.code, f"/bids/{bid.number}/"
    shown = client.get(f"{page}seal/").content.decode()
    assert 'name="price"' in shown and "技术和报价分开密封" in shown
    first = sealed(line, unit, technical, "technical")
    second = sealed(line, unit, price, "price", 2)
    sent = {"lead": world.member.person.number, "members": "",
            "file": SimpleUploadedFile("a.sealed", first)}
    assert client.post(f"{page}seal/", sent).status_code == 422
    sent = {**sent, "file": SimpleUploadedFile("a.sealed", first),
            "price": SimpleUploadedFile("b.sealed", second)}
    assert client.post(f"{page}seal/", sent).status_code == 302
    assert client.get(f"{page}envelope/?part=price").content == second
    told = {"content": base64.b64encode(first).decode(), "price": base64.b64encode(second).decode()}
    done = api_as(world.member).put(f"/api/v1{page}envelope", told,
                                    content_type="application/json")
    assert done.status_code == 200, done.content
    assert PriceOpening.objects.count() == 0


def test_prices_are_opened_by_the_api(world, at, api_as):
    line = reviewed(world, at - timedelta(days=60))
    custody.in_session(line)
    for place in (1, 2):
        custody.give(line, place)
    path = f"/api/v1/challenges/{line.challenge.number}/"
    told = api_as(world.head).get(f"{path}session").json()
    assert [one["part"] for one in told["envelopes"]] == ["price", "price"]
    done = api_as(world.officer).post(
        f"{path}unseal", {"shares": custody.read_by_session(line)},
        content_type="application/json",
    )
    assert (done.status_code, done.json()["sha256"]) == (200, PriceOpening.objects.get().sha256)


def test_the_office_opens_prices_by_its_pages(world, at, client_as, monkeypatch):
    line = reviewed(world, at)
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: line.at)
    number = line.challenge.number
    officer, keeper = client_as(world.officer), client_as(world.head)
    path = f"/challenges/{number}/"
    assert f"{path}session/" in officer.get(path).content.decode()
    custody.in_session(line)
    shown = keeper.get(f"{path}shares/").content.decode()
    assert "交报价的份额" in shown and "?part=price" in shown
    first = line.bids[0].number
    envelope = keeper.get(f"/bids/{first}/envelope/?part=price")
    assert (envelope.status_code, keeper.get(f"/bids/{first}/envelope/").status_code) == (200, 404)
    custody.give(line, 0)
    custody.give(line, 2)
    assert "报价开标会" in officer.get(f"{path}session/").content.decode()
    shares = json.dumps(custody.read_by_session(line))
    done = officer.post(f"{path}unseal/", {"shares": shares})
    assert (done.status_code, PriceOpening.objects.count()) == (302, 1), done.content.decode()
    minutes = officer.get(f"{path}opening.json?part=price")
    assert minutes.content.decode() == PriceOpening.objects.get().minutes
    assert "下载报价开标记录" in officer.get(f"{path}bids/").content.decode()
