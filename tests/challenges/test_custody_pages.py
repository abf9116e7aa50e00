"""Pages and API of bids that only custodians open."""

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, LockedDraft
from kechuang.challenges.waiting import matters_for
from kechuang.engines.sealing import hpke
from kechuang.parties.actions import create_token
from tests.challenges import custody_stages as custody
from tests.challenges import stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def passing(monkeypatch):
    """The pages' clock shows the line's time."""

    def show(line):
        monkeypatch.setattr("kechuang.doors.clock.now", lambda: line.at)

    return show


def _closed_with_two(world, at):
    line = custody.opened(world, at)
    custody.handed_in(line, world.member, world.research_admin)
    custody.handed_in(line, world.institute_member, world.institute_admin)
    return custody.closed(line)


def test_the_officer_names_and_each_custodian_registers_by_page(world, at, client_as, passing):
    line = stages.drafted(world, at)
    passing(line)
    address = f"/challenges/{line.challenge.number}/custodians/"
    people = [one.person.number for one in custody.keepers(world)]
    typed = {"act": "name", "people": people, "needed": 2, "seal_profile": "intl"}
    sent = client_as(world.officer).post(address, typed)
    assert (sent.status_code, sent.headers["Location"]) == (302, address)
    key = hpke.public_of(custody.private_of(0)).hex()
    assert [m.url for m in matters_for(world.supervisor.actor, at)] == [address]
    client = client_as(world.supervisor)
    assert client.post(address, {"act": "register", "public": "short"}).status_code == 422
    assert client.post(address, {"act": "register", "public": key}).status_code == 302
    text = client.get(address).content.decode()
    assert queries.attendance(line.challenge)[0]["custodian"].public == key
    assert text.count("kc-hash") == 1
    assert matters_for(world.supervisor.actor, at) == []
    assert Client().get(address).status_code == 404


def test_a_call_in_gm_says_so_and_loads_the_library_it_needs(world, at, client_as, passing):
    line = custody.opened(world, at, profile="gm")
    passing(line)
    number = line.challenge.number
    assert Client().get(f"/challenges/{number}/call.json").json()["profile"] == "gm"
    text = client_as(world.supervisor).get(f"/challenges/{number}/custodians/").content.decode()
    assert "按国密算法密封" in text and "vendor/sm-crypto" in text
    bid, _file = custody.drafted_bid(line, world.member)
    client = client_as(world.member)
    text = client.get(f"/bids/{bid.number}/seal/").content.decode()
    assert "vendor/sm-crypto" in text and f"sm3:{bid.envelope.sha256[:16]}" in text
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    receipt = actions.submit_bid(bid=bid, by=world.member.actor, at=line.at)
    address = f"/bids/{bid.number}/receipts/{receipt.number}"
    assert f"sm3:{receipt.sha256}" in client.get(f"{address}/").content.decode()


def test_too_few_named_is_said_on_the_form(world, at, client_as, passing):
    line = stages.drafted(world, at)
    passing(line)
    answer = client_as(world.officer).post(
        f"/challenges/{line.challenge.number}/custodians/",
        {"act": "name", "people": [world.head.person.number], "needed": 2,
         "seal_profile": "gm"},
    )
    assert answer.status_code == 422
    assert "保管人须有 2 至 9 位" in answer.content.decode()


def test_the_call_is_public_once_open_and_seals(world, at, passing):
    drafted = stages.drafted(world, at, 7)
    assert Client().get(f"/challenges/{drafted.challenge.number}/call.json").status_code == 404
    line = custody.opened(world, at)
    passing(line)
    told = Client().get(f"/challenges/{line.challenge.number}/call.json").json()
    assert set(told) == {"challenge", "k", "profile", "criteria_hash", "custodians", "deadline"}
    assert told["k"] == 2
    again = Client().get(f"/api/v1/challenges/{line.challenge.number}/call").json()
    assert again == told


def test_a_bid_is_handed_in_by_page_and_taken_back_whole(world, at, client_as, passing):
    line = custody.opened(world, at)
    passing(line)
    client = client_as(world.member)
    started = client.post(f"/challenges/{line.challenge.number}/bids/new/")
    bid = Bid.objects.get()
    assert started.headers["Location"] == f"/bids/{bid.number}/edit/"
    seal = f"/bids/{bid.number}/seal/"
    assert client.get(started.headers["Location"]).headers["Location"] == seal
    text = client.get(seal).content.decode()
    assert 'method="dialog"' in text
    file = custody.sealed_for(line, bid.organisation.code, b"{}")
    sent = client.post(seal, {"lead": world.member.person.number, "members": "",
                              "file": SimpleUploadedFile("bid.sealed", file)})
    assert (sent.status_code, sent.headers["Location"]) == (302, f"/bids/{bid.number}/")
    address = f"/bids/{bid.number}/envelope/"
    assert client.get(address).content == file
    page = client.get(f"/bids/{bid.number}/").content.decode()
    assert queries.envelope_of(Bid.objects.get()).sha256 in page
    for other in (world.officer, world.supervisor, world.institute_member, world.operator):
        assert client_as(other).get(address).status_code == 404


def test_what_is_no_envelope_stands_at_its_field(world, at, client_as, passing):
    line = custody.opened(world, at)
    passing(line)
    client = client_as(world.member)
    client.post(f"/challenges/{line.challenge.number}/bids/new/")
    bid = Bid.objects.get()
    answer = client.post(f"/bids/{bid.number}/seal/", {
        "lead": world.member.person.number,
        "file": SimpleUploadedFile("bid.pdf", b"%PDF in clear"),
    })
    assert answer.status_code == 422
    assert "这份密封件不能收" in answer.content.decode()
    assert queries.envelope_of(Bid.objects.get()) is None


def test_a_locked_draft_goes_back_and_forth_and_words_in_clear_do_not(
    world, at, client_as, passing
):
    line = custody.opened(world, at)
    passing(line)
    client = client_as(world.member)
    client.post(f"/challenges/{line.challenge.number}/bids/new/")
    bid = Bid.objects.get()
    address = f"/bids/{bid.number}/draft/"
    assert client.get(address).status_code == 404
    locked = b"kechuang-draft-1\n" + bytes(range(80))
    assert client.post(address, {"file": SimpleUploadedFile("draft", locked)}).status_code == 200
    assert client.get(address).content == locked
    for body in ({"file": SimpleUploadedFile("draft", b"in clear")}, {}):
        assert client.post(address, body).status_code == 422
    assert bytes(LockedDraft.objects.get().file) == locked
    assert client_as(world.officer).get(address).status_code == 404


def test_the_opening_by_pages(world, at, client_as, passing):
    line = _closed_with_two(world, at)
    passing(line)
    officer, number = client_as(world.officer), line.challenge.number
    session = f"/challenges/{number}/session/"
    assert [m.url for m in matters_for(world.officer.actor, line.at)] == [session]
    assert officer.get(f"/challenges/{number}/unseal/").headers["Location"] == session
    shares = f"/challenges/{number}/shares/"
    assert "开标会还没有开始" in client_as(world.finance).get(shares).content.decode()
    public = hpke.public_of(custody.SESSION).hex()
    assert officer.post(session, {"public": public}).status_code == 302
    assert [m.url for m in matters_for(world.finance.actor, line.at)] == [shares]
    for place in (0, 1):
        keeper = client_as(custody.keepers(world)[place])
        told = keeper.get(f"/challenges/{number}/call.json").json()
        assert len(told["current"]) == 2
        given = json.dumps(custody.shares_of(line, place))
        assert keeper.post(shares, {"shares": given}).status_code == 302
        assert "您的份额已交" in keeper.get(shares).content.decode()
    assert matters_for(world.finance.actor, line.at) == []
    assert officer.post(f"/challenges/{number}/unseal/", {"shares": "{}"}).status_code == 422
    assert officer.post(f"/challenges/{number}/unseal/", {"shares": "no"}).status_code == 422
    opened = officer.post(
        f"/challenges/{number}/unseal/", {"shares": json.dumps(custody.read_by_session(line))}
    )
    assert opened.headers["Location"] == f"/challenges/{number}/bids/"
    assert {bid.state for bid in Bid.objects.all()} == {"OPENED"}


def _by_token(line, member) -> Client:
    """A client with a token made on the line's day."""
    _, text = create_token(appointment=member.appointment, label="late", days=30, by=member.actor,
                           at=line.at)
    return Client(headers={"authorization": f"Bearer {text}"})


def test_the_whole_way_through_the_api(world, at, passing):
    line = custody.opened(world, at)
    passing(line)

    def api_as(member):
        return _by_token(line, member)

    number, writer = line.challenge.number, api_as(world.member)
    ask = {"content_type": "application/json"}
    bid = writer.post("/api/v1/bids/", {"challenge": number}, **ask).json()["number"]
    plain = json.dumps(custody.inside(line)).encode()
    file = custody.sealed_for(line, world.member.person.organisation.code, plain)
    sent = writer.put(f"/api/v1/bids/{bid}/envelope",
                      {"content": base64.b64encode(file).decode()}, **ask)
    assert sent.status_code == 200
    assert writer.put(f"/api/v1/bids/{bid}/envelope", {"content": "§"}, **ask).status_code == 422
    assert writer.get(f"/api/v1/bids/{bid}/envelope").content == file
    api_as(world.research_admin).post(f"/api/v1/bids/{bid}/sign", {}, **ask)
    assert writer.post(f"/api/v1/bids/{bid}/submit", {}, **ask).status_code == 200
    line.bids = [Bid.objects.get(number=bid)]
    custody.closed(line)
    base = f"/api/v1/challenges/{number}"
    officer = api_as(world.officer)
    key = {"public": hpke.public_of(custody.SESSION).hex()}
    assert officer.post(f"{base}/session", key, **ask).status_code == 201
    for place in (1, 2):
        keeper = api_as(custody.keepers(world)[place])
        given = {"shares": custody.shares_of(line, place)}
        assert keeper.post(f"{base}/shares", given, **ask).json() == {"taken": 1}
    seen = officer.get(f"{base}/session").json()
    assert (len(seen["envelopes"]), len(seen["posted"])) == (1, 2)
    assert api_as(world.member).get(f"{base}/session").status_code == 404
    opened = officer.post(f"{base}/unseal", {"shares": custody.read_by_session(line)}, **ask)
    assert opened.status_code == 200
    assert Bid.objects.get(number=bid).state == "OPENED"


def test_custodians_are_named_and_keys_registered_by_api(world, at, api_as, passing):
    line = stages.drafted(world, at)
    passing(line)
    base = f"/api/v1/challenges/{line.challenge.number}"
    people = [one.person.number for one in custody.keepers(world)]
    ask = {"content_type": "application/json"}
    named = api_as(world.officer).put(f"{base}/custodians", {"people": people, "needed": 2}, **ask)
    assert named.status_code == 200
    key = hpke.public_of(custody.private_of(2)).hex()
    told = api_as(world.head).post(f"{base}/key", {"public": key}, **ask).json()
    assert told == {"name": world.head.person.name, "public": key}
