"""Writes of the record: entries, numbers, jobs enqueued with the act, cursors."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.numbers import display_number, new_random_number
from kechuang.base.time import SHANGHAI
from kechuang.record import queries, rules
from kechuang.record.actions.erasing import approve_erasure, ask_erasure, refuse_erasure
from kechuang.record.actions.inserting import insert_entry
from kechuang.record.actions.tree import (
    grow_tree,
    keep_cosignature,
    publish_batch,
    take_checkpoint,
)
from kechuang.record.models import Cursor, Entry, NumberSeries

SEQUENCER_LOCK = 7_301_001
__all__ = [
    "append", "append_batch", "approve_erasure", "ask_erasure", "defer", "grow_tree",
    "keep_cosignature", "move_cursor", "publish_batch", "refuse_erasure", "sequence_entries",
    "take_checkpoint", "take_number", "take_numbers",
]


def append(
    *,
    verb: str,
    object_number: str,
    by: Actor,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> Entry:
    """Append what was done to the record, in the transaction of the act.

    Refuses floats and prose in the payload (rules.PayloadRefused).
    """
    salt = os.urandom(rules.SALT_BYTES)
    content = rules.canonical_json(payload or {})
    entry = Entry(
        number=new_random_number(),
        verb=verb,
        object_number=object_number,
        person=by.person,
        appointment=by.appointment,
        role=by.role,
        organisation=by.organisation,
        region=by.region,
        via=by.via,
        at=at,
        suite=rules.SUITE,
        salt=salt,
        payload_hash=rules.hash_of_canonical(rules.payload_salt(rules.SUITE, salt), content),
    )
    entry.leaf_hash = rules.leaf_hash(rules.canonical_json(queries.leaf_of(entry)))
    return insert_entry(entry, content)


def append_batch(
    *, verb: str, object_number: str, rows: Sequence[Mapping[str, Any]], by: Actor, at: datetime
) -> Entry:
    """Append one entry for a batch, with the count and the Merkle root of its rows."""
    leaves = [rules.leaf_hash(rules.canonical_json(row)) for row in rows]
    payload = {"rows": len(rows), "root": rules.merkle_root(leaves)}
    return append(verb=verb, object_number=object_number, by=by, at=at, payload=payload)


def take_number(kind: str, *, at: datetime) -> str:
    """Give the next number of a kind in the year of `at`; the row is locked until commit."""
    return take_numbers(kind, 1, at=at)[0]


@transaction.atomic
def take_numbers(kind: str, count: int, *, at: datetime) -> list[str]:
    """Give `count` consecutive numbers of a kind."""
    year = at.astimezone(SHANGHAI).year
    NumberSeries.objects.bulk_create([NumberSeries(kind=kind, year=year)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update(no_key=True).get(kind=kind, year=year)
    first = series.last + 1
    series.last += count
    series.save(update_fields=["last"])
    return [display_number(kind, year, serial) for serial in range(first, first + count)]


def defer(task: str, **numbers: Any) -> None:
    """Enqueue a job by its task name, inside the transaction of the act."""
    from procrastinate.contrib.django import app

    app.configure_task(task, allow_unknown=True).defer(**numbers)


@transaction.atomic
def sequence_entries(*, limit: int = 5000) -> int:
    """Give committed entries their turn, for whoever follows the record; one sequencer at a time.

    An entry that is not committed yet is not seen, so turns follow the order of commits as far as
    anybody can tell them apart. Nobody outside is told them. Returns how many were given.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            """
            WITH fresh AS (
                SELECT id FROM record_entry WHERE turn IS NULL ORDER BY id LIMIT %s
            ), placed AS (
                SELECT id, row_number() OVER (ORDER BY id) - 1
                    + (SELECT coalesce(max(turn), -1) + 1 FROM record_entry) AS turn
                FROM fresh
            )
            UPDATE record_entry SET turn = placed.turn
            FROM placed WHERE record_entry.id = placed.id
            """,
            [limit],
        )
        given: int = cursor.rowcount
    return given


def move_cursor(name: str, *, position: int) -> None:
    """Note the turn up to which a follower has read; called in the transaction of its effect."""
    Cursor.objects.update_or_create(name=name, defaults={"position": position})
