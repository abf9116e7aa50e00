"""One viewer walks every route with every exhibit: what came back, a letter for each."""

import fcntl
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.matrix.exhibits import SEALED, VIEWERS, Exhibit
from tests.matrix.routes import Route, api_routes, page_routes

EXPECTED = Path(__file__).with_name("expected.txt")
SIGN_IN = ("/account/login/", "/account/reauthenticate/")
LETTERS = {
    401: "l", 403: "f", 404: "-", 405: "m", 409: "c", 400: "r", 415: "r", 422: "r", 428: "r",
}  # fmt: skip
MEANING = """\
# Role x route x owner: what each viewer gets at each address, with each exhibit of tests/matrix.
# o read   w done   > sent on   l sign in first   - not found   f forbidden   m no such verb
# r refused or incomplete   c stale
# Written by KC_MATRIX_WRITE=1; every difference is to be read before it is kept.
"""


@dataclass(frozen=True)
class Cell:
    """What one viewer got at one address."""

    route: Route
    exhibit: Exhibit | None
    letter: str
    status: int
    body: str

    @property
    def key(self) -> str:
        shown = self.exhibit.name if self.exhibit else "."
        return f"{self.route.verb} {self.route.template} {shown}"


class Asker(Client):
    """A client that only asks: it keeps no templates and contexts of what it is answered."""

    def request(self, **request: object) -> HttpResponse:
        return self.handler(self._base_environ(**request))


class Overheard(logging.Handler):
    """Listens to every log for a word that must not be said."""

    def __init__(self, word: str) -> None:
        super().__init__(logging.DEBUG)
        self.word = word
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if self.word in text:
            self.heard.append(text)


def walk(page: Client, token: Client, exhibits: list[Exhibit]) -> Iterator[Cell]:
    """Ask for every address as one viewer; whatever was done is undone."""
    for client, routes in ((page, page_routes()), (token, api_routes())):
        for route in routes:
            for exhibit, address in route.addresses(exhibits):
                answer, wrote = _asked(client, route, address)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                yield Cell(route, exhibit, _letter(answer, wrote), answer.status_code,
                           body.decode("utf-8", "replace"))  # fmt: skip


def traces(cells: list[Cell], words: list[str]) -> list[str]:
    """Where words of a sealed bid show: anywhere but on the page of its own receipt."""
    return [
        cell.key for cell in cells
        if any(word in cell.body for word in words)
        and (cell.letter == "o" or SEALED in cell.body) and "/verify/" not in cell.route.template
    ]  # fmt: skip


class Writes:
    """Notices whether anything but a session was written."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, execute, sql, params, many, context):
        text = str(sql)
        wrote = text.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "WITH"))
        self.seen |= wrote and "django_session" not in text
        return execute(sql, params, many, context)


def _appended() -> int:
    """How far the record has counted; an append goes past the cursor that is listened to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value + is_called::int FROM record_entry_id_seq")
        return int(cursor.fetchone()[0])


def _asked(client: Client, route: Route, address: str) -> tuple[HttpResponse, bool]:
    """The answer, and whether anything was written; it is undone."""
    cache.clear()  # the throttle counts requests; this walk is not about it
    writes, before = Writes(), _appended()
    with transaction.atomic(), connection.execute_wrapper(writes):
        if route.verb == "GET":
            answer = client.get(address)
        elif route.template.startswith("/api/"):
            answer = client.generic(route.verb, address, b"{}", content_type="application/json")
        else:
            answer = client.post(address)
        transaction.set_rollback(True)
    return answer, writes.seen or _appended() > before


def _letter(answer: HttpResponse, wrote: bool) -> str:
    status = answer.status_code
    if status < 400 and wrote:
        return "w"
    if status in (301, 302, 303):
        to = answer.headers.get("Location", "")
        return "l" if to.partition("?")[0].endswith(SIGN_IN) else ">"
    if status < 300:
        return "o"
    return LETTERS.get(status, "5" if status >= 500 else "?")


def read_expected() -> dict[str, str]:
    """The expected letters of every key, one for each viewer."""
    lines = EXPECTED.read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit(" ", 1) for line in lines if line and line[0] != "#"]
    return {key.rstrip(): letters for key, letters in rows}


def write_column(viewer: str, cells: list[Cell]) -> None:
    """Keep what one viewer got as expected; several may write at once."""
    with Path(__file__).open() as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        _write_column(viewer, cells)


def _write_column(viewer: str, cells: list[Cell]) -> None:
    known = read_expected() if EXPECTED.exists() else {}
    place = VIEWERS.index(viewer)
    for cell in cells:
        row = known.get(cell.key, "?" * len(VIEWERS))
        known[cell.key] = row[:place] + cell.letter + row[place + 1 :]
    gone = known.keys() - {cell.key for cell in cells}
    wide = max(len(key) for key in known)
    head = MEANING + "# " + " ".join(VIEWERS) + "\n"
    rows = (f"{key.ljust(wide)} {known[key]}\n" for key in sorted(known.keys() - gone))
    EXPECTED.write_text(head + "".join(rows), encoding="utf-8")
