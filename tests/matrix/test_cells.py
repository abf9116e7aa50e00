"""Role x route x owner: nobody reads or does what is another's, whatever the address."""

import logging
import os
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.http import HttpResponseNotFound
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from kechuang.parties import queries
from kechuang.parties.actions import create_token
from kechuang.search.actions import index_documents
from tests.conftest import BACKEND
from tests.matrix.exhibits import SEALED, SECRET, VIEWERS, Exhibit, build
from tests.matrix.walk import (
    Asker,
    Cell,
    Overheard,
    read_expected,
    traces,
    walk,
    write_column,
)
from tests.world import World, build_world

pytestmark = pytest.mark.django_db
# What anybody with the address may do about an object that is not theirs.
OPEN_TO_ALL = ("/verify/",)


@pytest.fixture(scope="module")
def shown(django_db_setup, django_db_blocker) -> Iterator[tuple[World, list[Exhibit]]]:
    """One world for all viewers; every request of theirs is undone, and the world at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        now = timezone.now()
        world = build_world(now)
        exhibits = build(world, now)
        index_documents(at=now)
        yield world, exhibits
        transaction.set_rollback(True)


@pytest.fixture
def bare_not_found(monkeypatch):
    """A bare 404: the page for it knows the request alone, and is looked at elsewhere."""
    root = get_resolver()
    plain = root.resolve_error_handler

    def handler(code):
        if code != 404:
            return plain(code)
        return lambda request, exception=None: HttpResponseNotFound()

    monkeypatch.setattr(root, "resolve_error_handler", handler)


@pytest.fixture
def known_viewer(monkeypatch):
    """Nobody's appointments change on the walk: they are looked up once, not at each address."""
    kept: dict[object, object] = {}

    def remembered(plain):
        def ask(who, at):
            if (plain, who) not in kept:
                kept[plain, who] = plain(who, at)
            return kept[plain, who]

        return ask

    for name in ("appointments_of", "actor_by_token"):
        monkeypatch.setattr(queries, name, remembered(getattr(queries, name)))


def _clients(world: World, viewer: str) -> tuple[Client, Client]:
    """The viewer at the browser, and by a token."""
    page = Asker(raise_request_exception=False)
    if viewer == "public":
        return page, Asker(raise_request_exception=False)
    member = getattr(world, viewer)
    page.force_login(member.account, backend=BACKEND)
    session = page.session
    session["appointment"] = member.appointment.number
    session.save()
    _, text = create_token(
        appointment=member.appointment, label="matrix", days=30, by=member.actor, at=timezone.now()
    )
    headers = {"authorization": f"Bearer {text}"}
    return page, Asker(headers=headers, raise_request_exception=False)


def _strays(viewer: str, cells: list[Cell]) -> list[str]:
    """Where somebody read an exhibit who is none of its readers, or acted on it and may not."""
    found = []
    for cell in cells:
        shown = cell.exhibit
        if shown is None or cell.route.template.startswith(OPEN_TO_ALL):
            continue
        hidden = shown.readers is not None and viewer not in shown.readers
        acted = cell.letter == "w" and not (shown.may_act(viewer) or cell.route.verb == "GET")
        if acted or (hidden and cell.letter in "o>"):
            found.append(f"{cell.key} {cell.letter}")
    return found


def _secrets(viewer: str, exhibits: list[Exhibit], cells: list[Cell]) -> list[str]:
    """Where words of the closed needs show to somebody who may read none of them."""
    closed = [e for e in exhibits if e.readers is not None and viewer in e.readers]
    return [] if closed else [cell.key for cell in cells if SECRET in cell.body]


def _sealed_from(viewer: str, exhibits: list[Exhibit]) -> list[str]:
    """What must show nowhere: the numbers of bids that are not the viewer's, and their marker."""
    bids = [e for e in exhibits if e.name in ("bid-draft", "bid-sealed", "bid-outside")]
    others = [e.number for e in bids if viewer not in (e.readers or ())]
    return others if len(others) < len(bids) else [*others, SEALED]


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_cell_is_as_expected(shown, bare_not_found, known_viewer, viewer):
    world, exhibits = shown
    log = Overheard(SEALED)
    logging.getLogger().addHandler(log)
    try:
        page, token = _clients(world, viewer)
        cells = list(walk(page, token, exhibits))
        found = page.get("/search/", {"q": "整圈锻造路线"}).content.decode()
    finally:
        logging.getLogger().removeHandler(log)
    if os.environ.get("KC_MATRIX_WRITE"):
        write_column(viewer, cells)
    assert [cell.key for cell in cells if cell.letter in "5?"] == []
    assert _strays(viewer, cells) == []
    assert _secrets(viewer, exhibits, cells) == []
    assert traces(cells, _sealed_from(viewer, exhibits)) == []
    assert [e.number for e in exhibits
            if e.name in ("bid-sealed", "bid-outside") and e.number in found] == []
    assert log.heard == []
    expected, place = read_expected(), VIEWERS.index(viewer)
    got = {cell.key: cell.letter for cell in cells}
    assert got == {key: letters[place] for key, letters in expected.items()}


def test_sealed_bids_leave_no_trace_in_the_database(shown):
    """Nothing that a bidder wrote stands anywhere in clear: not in any row of any table."""
    found, like = [], f"%{SEALED}%"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [like])
            if cursor.fetchone()[0]:
                found.append(table)
    assert found == []
