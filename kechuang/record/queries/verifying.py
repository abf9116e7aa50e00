"""The record as rows, held against its tree and against checkpoints."""

from collections.abc import Iterable, Iterator

from django.db import connection

from kechuang.record.models import Checkpoint, Entry, Tile
from kechuang.record.queries.erasing import erased_by_two
from kechuang.record.queries.proofs import fillers
from kechuang.record.rules.verifying import (
    Held,
    Reader,
    Report,
    Row,
    canonical_all,
    leaves_of,
)

AT_ONCE = 20_000
_ROWS = """
SELECT e.position, e.number, e.verb, e.object_number, e.person, e.appointment, e.role,
       e.organisation, e.region, e.via,
       replace(to_char(e.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
               '.000000', '') || '+08:00',
       e.suite, e.salt, e.payload_hash, e.leaf_hash,
       p.content::text
FROM record_entry e LEFT JOIN record_payload p ON p.entry_id = e.id
WHERE e.position >= %s AND e.position < %s ORDER BY e.position
"""


def report_on(outside: Iterable[Held] = ()) -> Report:
    """Hash every placed entry again and hold all against the tree and the checkpoints."""
    own = Checkpoint.objects.order_by("size").values_list("size", "root")
    held = [Held(size, bytes.fromhex(root)) for size, root in own]
    tiles = Tile.objects.filter(level=0).order_by("place").values_list("hashes", flat=True)
    leaves = leaves_of(map(bytes, tiles.iterator()))
    reader = Reader(leaves, [*held, *outside], fillers().get, erased_by_two())
    report = reader.read(_rows())
    report.waiting = Entry.objects.filter(position__isnull=True).count()
    return report


def _rows() -> Iterator[Row]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position), -1) FROM record_entry")
        last = cursor.fetchone()[0]
        for first in range(0, last + 1, AT_ONCE):
            cursor.execute(_ROWS, [first, first + AT_ONCE])
            rows = cursor.fetchall()
            contents = canonical_all([row[-1] for row in rows])
            for row, content in zip(rows, contents, strict=True):
                yield Row._make((*row[:-1], content))
