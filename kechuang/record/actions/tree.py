"""The tree over the entries, its checkpoints, and what witnesses gave for them.

The tree grows at fixed times by a fixed number of leaves, filled up with leaves that stand for
nothing, so that its size tells nobody how much was done, and least of all how many bids came.
"""

import os
import random
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from kechuang.engines.transparency import grown
from kechuang.engines.transparency.checkpoints import Checkpoint as Said
from kechuang.engines.transparency.checkpoints import sign
from kechuang.record import queries
from kechuang.record.models import Batch, Checkpoint, Cosignature, Entry, Tile
from kechuang.record.queries.proofs import tile

GROW_MOST = 100_000
SEED_BYTES = 32
TREE_LOCK = 7_301_002
SEALED_SHARE = 4  # one place in so many is kept for what must not be counted
_PLACE = """
UPDATE record_entry SET position = placed.position
FROM unnest(%s::bigint[], %s::bigint[]) AS placed (id, position)
WHERE record_entry.id = placed.id
"""


@transaction.atomic
def publish_batch(*, at: datetime, everything: bool = False) -> int:
    """Give waiting entries their places in the tree, a fixed number at a time, and grow it.

    What is no bid's comes first, in order; what is done with bids takes random places among the
    fillers behind it, and has places of its own in number: neither positions nor sizes depend on
    how many bids came. What does not fit waits for the next batch. The first batch of a record
    takes everything in, and so does `everything`, rounded up to whole batches. With a batch of 0
    (settings.RECORD_BATCH) there are no fillers. Returns the new size of the tree.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])
    first, batch = queries.tree_size(), settings.RECORD_BATCH
    whole = everything or first == 0 or not batch
    share = batch // SEALED_SHARE
    plain = queries.unpublished(sealed=False, limit=None if whole else batch - share)
    sealed = queries.unpublished(sealed=True, limit=None if whole else share)
    taken = len(plain) + len(sealed)
    size = -(-max(taken, 1) // batch) * batch if batch else taken
    places = list(range(first + len(plain), first + size))
    apart = random.SystemRandom().sample(places, len(sealed)) if batch else places
    _place([*plain, *sealed], [*range(first, first + len(plain)), *apart])
    if batch:
        Batch.objects.create(first=first, size=size, filler_seed=os.urandom(SEED_BYTES), at=at)
    grow_tree()
    return first + size


def _place(entries: Sequence[int], positions: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [list(entries), list(positions)])


@transaction.atomic
def grow_tree() -> int:
    """Take placed entries and fillers into the tree. Returns how many leaves were taken in.

    What already stands in the tree is not read again: an entry that is changed later no longer
    fits its leaf.
    """
    size, end = queries.tree_size(), queries.places_given()
    filler = queries.fillers(size)
    taken = end - size
    while size < end:
        until = min(end, size + GROW_MOST)
        held = dict(
            Entry.objects.filter(position__gte=size, position__lt=until)
            .values_list("position", "leaf_hash")
        )
        leaves = [
            bytes.fromhex(held[place]) if place in held else filler[place]
            for place in range(size, until)
        ]
        tiles = grown(tile, size, leaves)
        Tile.objects.bulk_create(
            [Tile(level=key[0], place=key[1], hashes=hashes) for key, hashes in tiles.items()],
            update_conflicts=True, unique_fields=["level", "place"], update_fields=["hashes"],
        )  # fmt: skip
        size = until
    return max(0, taken)


@transaction.atomic
def take_checkpoint(*, at: datetime, everything: bool = False) -> Checkpoint | None:
    """Publish what waits, then keep and sign the root of the tree; None where nothing was added."""
    size = publish_batch(at=at, everything=everything)
    if size == 0 or queries.checkpoint_of(size) is not None:
        return None
    root = queries.tree(size).root()
    note = sign(Said(queries.log_name(), size, root), queries.log_name(), queries.signing_key())
    return Checkpoint.objects.create(size=size, root=root.hex(), at=at, note=note)


def keep_cosignature(
    *, checkpoint: Checkpoint, witness: str, line: str, at: datetime
) -> Cosignature:
    """Keep what a witness gave for a checkpoint; of one witness the first is kept."""
    kept, _ = Cosignature.objects.get_or_create(
        checkpoint=checkpoint, witness=witness, defaults={"line": line, "at": at}
    )
    return kept
