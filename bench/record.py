"""The record in its database: a million entries verified, and a thousand edits found.

`python -m bench.record`, with DATABASE_URL of an empty database of a superuser's own: it is filled,
and what a superuser does to it is rolled back. `entries=` and `edits=` ask for fewer.
"""

import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

ENTRIES, EDITS, SMALL = 1_000_000, 1_000, 300
COLUMNS = (
    "number", "position", "verb", "object_number", "person", "appointment", "role",
    "organisation", "region", "via", "at", "suite", "salt", "payload_hash", "leaf_hash",
)  # fmt: skip
EDITED = (
    "verb", "object_number", "person", "appointment", "role", "organisation", "region", "via",
    "payload_hash", "number", "at", "salt", "suite", "payload", "delete", "swap", "mended",
)  # fmt: skip


def run(arguments: list[str]) -> None:
    """Print the table of bars."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kechuang.site.settings")
    os.environ.setdefault("KECHUANG_POOL", "0")
    import django

    django.setup()
    asked = dict(one.split("=") for one in arguments if "=" in one)
    table = Table(title="the record")
    for head in ("what", "bar", "here", ""):
        table.add_column(head)
    for what, bar, here, good in _rows(
        int(asked.get("entries", ENTRIES)), int(asked.get("edits", EDITS))
    ):
        table.add_row(what, bar, here, "ok" if good else "[red]below[/red]")
    Console(width=120).print(table)


def _rows(entries: int, edits: int) -> Iterator[tuple[str, str, str, bool]]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    held = fill(SMALL)
    found, named = edited(edits, held)
    yield f"{edits:,} random edits by a superuser, found", f"{edits:,}", f"{found:,}", (
        found == edits
    )  # fmt: skip
    yield "of these named by the first entry", "-", f"{named:,}", True
    held = fill(entries)
    from kechuang.record import queries

    began, worked = time.perf_counter(), time.process_time()
    report = queries.report_on([held])
    taken, own = time.perf_counter() - began, time.process_time() - worked
    yield f"{report.size:,} entries verified", "30 s", f"{taken:.1f} s ({own:.1f} s processor)", (
        taken <= 30 and report.is_good and report.outside == [held.size]
    )  # fmt: skip
    began = time.perf_counter()
    for index in range(0, held.size, held.size // 100):
        queries.tree(held.size).inclusion_proof(index)
    taken = 1000 * (time.perf_counter() - began) / 100
    yield "inclusion proof from the database", "50 ms", f"{taken:.2f} ms", taken <= 50


def fill(count: int) -> Any:
    """An emptied record of `count` entries with its tree; gives its checkpoint as held outside."""
    from django.db import connection

    from kechuang.record import actions, queries
    from kechuang.record.rules.verifying import Held

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE record_entry, record_payload, record_erasure, record_tile, record_batch, "
            "record_checkpoint, record_cosignature"
        )
        with cursor.copy(
            f"COPY record_entry (id, {', '.join(COLUMNS)}) FROM STDIN"
        ) as copy:
            for number, row in enumerate(_entries(count)):
                copy.write_row((number + 1, *row))
        cursor.execute(
            "INSERT INTO record_payload (entry_id, content) "
            "SELECT id, jsonb_build_object('state', 'OPEN', 'n', position) FROM record_entry"
        )
        cursor.execute("ANALYZE record_entry, record_payload")
    actions.grow_tree()
    return Held(count, queries.tree(count).root(), outside=True)


def _entries(count: int) -> Iterator[tuple[Any, ...]]:
    from kechuang.base.time import rfc3339
    from kechuang.record import rules
    from kechuang.record.rules.hashing import Row, leaf_content

    chance, begin = random.Random(1), datetime(2026, 1, 1, tzinfo=UTC)
    for place in range(count):
        salt = chance.randbytes(rules.SALT_BYTES)
        payload = json.dumps({"n": place, "state": "OPEN"})
        told = rules.payload_hash(
            rules.payload_salt(rules.SUITE, salt), json.loads(payload)
        )
        row = Row(
            place, f"{place:011d}", "challenges.open", f"JB-2026-{place % 9999:06d}",
            f"RY-2026-{place % 999:06d}", f"{place % 999:011d}", "OFFICER", "", "990000/990100",
            "page", rfc3339(begin + timedelta(seconds=place)), rules.SUITE, salt, told, "", None,
        )  # fmt: skip
        leaf = rules.leaf_hash(leaf_content(row))
        yield (row.number, place, *row[2:14], leaf)


def edited(edits: int, held: Any) -> tuple[int, int]:
    """How many random edits are found under the outside checkpoint, and how many named."""
    from django.db import connection, transaction

    from kechuang.record import queries

    chance = random.Random(5)
    found = named = 0
    for _ in range(edits):
        place, column = chance.randrange(held.size - 2), chance.choice(EDITED)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in _statements(place, column, chance.randrange(10**9)):
                cursor.execute(statement)
            findings = queries.report_on([held]).findings
            transaction.set_rollback(True)
        found += bool(findings)
        named += bool(findings) and findings[0].position == place and findings[0].until is None
    return found, named


def _statements(place: int, column: str, value: int) -> list[str]:
    """What a superuser does, in SQL."""
    entry = f"WHERE position = {place}"
    if column == "payload":
        chosen = f"(SELECT id FROM record_entry {entry})"
        return [f"UPDATE record_payload SET content = '{{}}' WHERE entry_id = {chosen}"]
    if column == "delete":
        return [f"DELETE FROM record_entry {entry}"]
    if column == "swap":
        return [
            f"UPDATE record_entry SET position = 90000000 {entry}",
            f"UPDATE record_entry SET position = {place} WHERE position = {place + 1}",
            f"UPDATE record_entry SET position = {place + 1} WHERE position = 90000000",
        ]
    if column == "mended":  # the hash is mended with the entry
        return _mended(place)
    written = {
        "at": "at + interval '1 second'", "salt": "sha256(salt)", "number": f"'E{value}'",
    }.get(column, f"'{value}'")  # fmt: skip
    return [f"UPDATE record_entry SET {column} = {written} {entry}"]


def _mended(place: int) -> list[str]:
    from kechuang.record import queries, rules
    from kechuang.record.models import Entry

    entry = Entry.objects.get(position=place)
    entry.verb = "challenges.cancel"
    leaf = rules.leaf_hash(rules.canonical_json(queries.leaf_of(entry)))
    return [
        f"UPDATE record_entry SET verb = '{entry.verb}', leaf_hash = '{leaf}' "
        f"WHERE position = {place}"
    ]


if __name__ == "__main__":
    import sys

    run(sys.argv[1:])
