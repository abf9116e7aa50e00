"""Before the deadline nobody but the bidders can tell whether nobody, one or twenty have bid.

Everything that a non-bidder can read is read with 0, 1 and 20 sealed bids, from the same state of
the database, and compared byte by byte. Random texts (fingerprints, signatures, tokens) are
compared by their length.
"""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from kechuang.base.actor import Role
from kechuang.challenges.models import Bid
from kechuang.doors import clock
from kechuang.record import actions as record
from kechuang.record.models import Entry
from tests.challenges import stages
from tests.matrix.exhibits import Exhibit
from tests.matrix.routes import Unshown, api_routes, page_routes
from tests.world import organisation

pytestmark = pytest.mark.django_db
RANDOM = re.compile(rb"[A-Za-z0-9+/=_-]{20,}")
HEADERS = ("ETag", "Last-Modified", "Content-Length", "Location")
NON_BIDDERS = ("officer", "supervisor", "operator", "rival_admin")
# What the signed-in read of it: their own work, the record, operations, lists, and the call itself.
TELLING = re.compile(r"^(/api/v1)?/(work|record|operate|messages|search|challenges|bids|verify)")


@pytest.fixture
def call(world, monkeypatch):
    """An open call, twenty units that may bid, and the clock a day before the deadline."""
    line = stages.opened(world, timezone.now() - timedelta(days=15))
    units = []
    for n in range(20):
        unit = organisation(100 + n, f"示例投标单位{n}", "ENTERPRISE", world.city, line.at)
        units.append(world.add(f"bidder{n}", Role.UNIT_ADMIN, unit))
    record.sequence_entries()
    record.take_checkpoint(at=line.at)
    now = line.challenge.deadline_at - timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    return line, units, now


def exhibits(line):
    """The call, and its number where anybody looks numbers up."""
    number, further = line.challenge.number, {"version": "1", "question": "0" * 10, "place": "1"}
    return [Exhibit("challenge-open", number, None, further), Exhibit("receipt", number)]


def addresses(line, telling=False):
    for route in [*page_routes(), *api_routes()]:
        if route.verb == "GET" and (not telling or TELLING.match(route.template)):
            try:
                yield from (address for _, address in route.addresses(exhibits(line)))
            except Unshown:
                continue


def read(client, line, telling=False):
    """What one reader gets at every address: status, headers that tell sizes, and the bytes."""
    found = {}
    for address in addresses(line, telling):
        cache.clear()
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        told = [answer.status_code, *(answer.headers.get(name) for name in HEADERS)]
        found[address] = (told, RANDOM.sub(lambda one: b"#%d" % len(one[0]), body))
    return found


def differing(one, other):
    assert one.keys() == other.keys()
    return [address for address in one if one[address] != other[address]]


def each_with(call, bids, readers):
    """What the readers get once so many have bid; all of it is undone."""
    line, units, now = call
    with transaction.atomic():
        for unit in units[:bids]:
            line.at = line.challenge.opens_at
            stages.sealed_bid(line, unit, unit)
        assert Bid.objects.filter(state="SEALED").count() == bids
        record.sequence_entries()
        checkpoint = record.take_checkpoint(at=now)
        placed = Entry.objects.filter(verb__startswith="bids.", position__isnull=False)
        assert placed.count() == 2 * bids
        found = readers()
        transaction.set_rollback(True)
    return checkpoint.size, found


def test_everybody_reads_the_same_bytes_with_0_1_and_20_bids(call, world, client_as, api_as):
    clients = {name: client_as(getattr(world, name)) for name in NON_BIDDERS}
    clients["officer by token"] = api_as(world.officer)

    def readers():
        found = {"public": read(Client(), call[0])}
        return found | {name: read(one, call[0], True) for name, one in clients.items()}

    size, none = each_with(call, 0, readers)
    assert len(none["public"]) > 100
    assert any(told[0] == 200 for told, _ in none["supervisor"].values())
    for bids in (1, 20):
        again, some = each_with(call, bids, readers)
        assert again == size
        for name in none:
            assert differing(none[name], some[name]) == [], (name, bids)


def test_the_comparison_sees_a_bid_where_one_may_be_seen(call, client_as):
    line, units, _now = call
    client = client_as(units[0])
    page = f"/challenges/{line.challenge.number}/"
    _, none = each_with(call, 0, lambda: client.get(page).content)
    _, one = each_with(call, 1, lambda: client.get(page).content)
    assert none != one
