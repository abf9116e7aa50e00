"""The record as rows, held against its tree and against checkpoints."""

import marshal
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

from django.db import connection

from kechuang.record.models import Checkpoint, Entry, Tile
from kechuang.record.queries.erasing import erased_by_two
from kechuang.record.queries.proofs import fillers
from kechuang.record.rules.hashing import Judged, judge_packed
from kechuang.record.rules.verifying import Held, Reader, Report, leaves_of

AT_ONCE, IN_HAND = 20_000, 3
BATCHES_WORTH_PROCESSES = 4
# The payload by its key each time: the planner would read all payloads for every batch.
_ROWS = """
SELECT e.position, e.number, e.verb, e.object_number, e.person, e.appointment, e.role,
       e.organisation, e.region, e.via,
       replace(to_char(e.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
               '.000000', '') || '+08:00',
       e.suite, e.salt, e.payload_hash, e.leaf_hash,
       p.content::text
FROM record_entry e
LEFT JOIN LATERAL (SELECT content FROM record_payload WHERE entry_id = e.id OFFSET 0) p ON true
WHERE e.position >= %s AND e.position < %s ORDER BY e.position
"""


def report_on(outside: Iterable[Held] = ()) -> Report:
    """Hash every placed entry again and hold all against the tree and the checkpoints."""
    own = Checkpoint.objects.order_by("size").values_list("size", "root")
    held = [Held(size, bytes.fromhex(root)) for size, root in own]
    tiles = Tile.objects.filter(level=0).order_by("place").values_list("hashes", flat=True)
    leaves = leaves_of(map(bytes, tiles.iterator()))
    reader = Reader(leaves, [*held, *outside], fillers().get, erased_by_two())
    report = reader.read(_judged())
    report.waiting = Entry.objects.filter(position__isnull=True).count()
    return report


def _judged() -> Iterator[Judged]:
    """The entries in order, hashed again; the database reads the next ones meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position), -1) FROM record_entry")
        batches = range(0, cursor.fetchone()[0] + 1, AT_ONCE)

        def read(first: int) -> list[tuple[Any, ...]]:
            cursor.execute(_ROWS, [first, first + AT_ONCE])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

        with ThreadPoolExecutor(1) as aside, _hashers(len(batches)) as hashers:
            hashed: deque[Future[bytes]] = deque()
            coming = aside.submit(read, 0)
            for first in batches:
                rows = coming.result()
                coming = aside.submit(read, first + AT_ONCE)
                hashed.append(hashers.submit(judge_packed, marshal.dumps(rows)))
                if len(hashed) > IN_HAND:
                    yield from _unpacked(hashed.popleft())
            for last in hashed:
                yield from _unpacked(last)


def _unpacked(hashed: Future[bytes]) -> Iterator[Judged]:
    """As judge_packed packed them."""
    return map(Judged._make, marshal.loads(hashed.result()))  # nosec B302


def _hashers(batches: int) -> Executor:
    """Every core, where there is work for them: a process takes a while to start."""
    cores = len(os.sched_getaffinity(0))
    if batches < BATCHES_WORTH_PROCESSES or cores < 2:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(cores, get_context("spawn"))
