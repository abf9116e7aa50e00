"""Role x route x owner: nobody reads another tenant's private objects, whatever the address."""

import logging

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.challenges.stages import MARKER
from tests.matrix.exhibits import SECRET, Exhibits, build
from tests.matrix.routes import Route, api_routes, page_routes
from tests.world import World

# Who may read what is private: its own unit, and officers where the step is theirs.
STRANGERS = ("rival_filler", "rival_admin", "officer_other_county", "expert5", "payer", "operator")
MARKS = (SECRET, MARKER)
# Whoever holds a receipt's unguessable number may check its fingerprint, and nothing else.
RECEIPTS = ("/verify/", "/api/v1/verify/")
# One of each role; the poser's own people among them, but none of the bidders'.
ONE_OF_EACH = (
    "filler", "unit_admin", "rival_filler", "officer_county", "officer", "officer_province", "head",
    "finance", "payer", "supervisor", "liaison", "expert1", "expert4", "operator",
)  # fmt: skip


@pytest.fixture
def exhibits(world):
    return build(world, timezone.now())


def _clients(world: World, client_as, names) -> dict[str, Client]:
    found = {name: client_as(getattr(world, name)) for name in names}
    found["public"] = Client()
    return found


def _reads(client: Client, route: Route, exhibits: Exhibits):
    numbers = exhibits.numbers_for(route.kind)
    for address in route.addresses(numbers, second=exhibits.private["bid-sealed"]):
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        yield address, answer.status_code, body.decode("utf-8", "replace")


def test_strangers_read_nothing_private_on_any_page(world, exhibits, client_as):
    leaks, errors, cells = [], [], 0
    private = list(exhibits.private.values())
    for name, client in _clients(world, client_as, STRANGERS).items():
        for route in page_routes():
            for address, status, body in _reads(client, route, exhibits):
                cells += 1
                if status >= 500:
                    errors.append((name, address, status))
                if any(mark in body for mark in MARKS):
                    leaks.append((name, address, "marker"))
                opened = status == 200 and any(number in address for number in private)
                if opened and not address.startswith(RECEIPTS):
                    leaks.append((name, address, "opened"))
    assert errors == []
    assert leaks == []
    assert cells > 7 * 100


def test_strangers_read_nothing_private_by_the_api(world, exhibits, api_as):
    leaks, errors = [], []
    private = list(exhibits.private.values())
    clients = {name: api_as(getattr(world, name)) for name in STRANGERS} | {"public": Client()}
    for name, client in clients.items():
        for route in api_routes():
            if route.verb != "GET":
                continue
            for address, status, body in _reads(client, route, exhibits):
                if status >= 500:
                    errors.append((name, address, status))
                if any(mark in body for mark in MARKS):
                    leaks.append((name, address, "marker"))
                opened = status == 200 and any(number in address for number in private)
                if opened and not address.startswith(RECEIPTS):
                    leaks.append((name, address, "opened"))
    assert errors == []
    assert leaks == []


def test_strangers_write_nothing_private_by_the_api(world, exhibits, api_as):
    """Every writing operation on a private object is 401, 404 or a refusal, and never done."""
    done = []
    clients = {name: api_as(getattr(world, name)) for name in STRANGERS[:3]} | {"public": Client()}
    for name, client in clients.items():
        for route in api_routes():
            if route.verb == "GET" or len(route.parameters) != 1:
                continue
            for number in exhibits.private.values():
                (address,) = route.addresses([number], second=number)
                answer = client.generic(route.verb, address, b"{}", content_type="application/json")
                if answer.status_code < 400 or answer.status_code >= 500:
                    done.append((name, route.verb, address, answer.status_code))
    assert done == []


def test_the_owner_reads_all_of_it(world, exhibits, client_as):
    """The other side of the matrix: the same addresses open to those whose they are."""
    own = client_as(world.filler)
    for name in ("need-draft", "need-unit-check", "need-county-check", "need-closed"):
        page = own.get(f"/needs/{exhibits.private[name]}/", follow=True)
        assert page.status_code == 200
        assert SECRET in page.content.decode()
    bidder = client_as(world.member)
    page = bidder.get(f"/bids/{exhibits.private['bid-sealed']}/")
    assert page.status_code == 200
    assert MARKER in page.content.decode()


def test_sealed_bids_leave_no_trace_for_anybody_but_their_bidder(
    world, exhibits, client_as, api_as, caplog
):
    """The seal probe: every route, as every role, before the deadline: no marker, no number."""
    traces = []
    numbers = [exhibits.private["bid-sealed"], exhibits.private["bid-draft"]]
    caplog.set_level(logging.DEBUG)
    operations = [route for route in api_routes() if route.verb == "GET"]
    for name in ONE_OF_EACH:
        member = getattr(world, name)
        for client, routes in ((client_as(member), page_routes()), (api_as(member), operations)):
            for route in routes:
                for address, status, body in _reads(client, route, exhibits):
                    named = status == 200 and any(n in body for n in numbers)
                    if MARKER in body or (named and not address.startswith(RECEIPTS)):
                        traces.append((name, address, status))
            found = client.get("/search/", {"q": MARKER}).content.decode()
            assert numbers[0] not in found
    assert traces == []
    assert MARKER not in caplog.text


def test_sealed_bids_leave_no_trace_in_the_database(world, exhibits):
    """Nothing that a bidder wrote stands anywhere in clear: not in any row of any table."""
    found, like = [], f"%{MARKER}%"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [like])
            if cursor.fetchone()[0]:
                found.append(table)
    assert found == []
