"""The tree over the entries, its checkpoints, and what witnesses gave for them."""

from datetime import datetime

from django.db import transaction

from kechuang.engines.transparency import grown
from kechuang.engines.transparency.checkpoints import Checkpoint as Said
from kechuang.engines.transparency.checkpoints import sign
from kechuang.record import queries
from kechuang.record.models import Checkpoint, Cosignature, Entry, Tile
from kechuang.record.queries.proofs import tile

GROW_MOST = 100_000


@transaction.atomic
def grow_tree() -> int:
    """Take placed entries into the tree; called by the sequencer, one at a time.

    Returns how many leaves were taken in. What already stands in the tree is not read again: an
    entry that is changed later no longer fits its leaf.
    """
    size = queries.tree_size()
    taken = 0
    while True:
        rows = Entry.objects.filter(position__gte=size).order_by("position")[:GROW_MOST]
        leaves = [bytes.fromhex(leaf) for leaf in rows.values_list("leaf_hash", flat=True)]
        if not leaves:
            return taken
        tiles = grown(tile, size, leaves)
        Tile.objects.bulk_create(
            [Tile(level=key[0], place=key[1], hashes=hashes) for key, hashes in tiles.items()],
            update_conflicts=True, unique_fields=["level", "place"], update_fields=["hashes"],
        )  # fmt: skip
        size += len(leaves)
        taken += len(leaves)


@transaction.atomic
def take_checkpoint(*, at: datetime) -> Checkpoint | None:
    """Keep and sign the root over the tree; None where nothing was added since the last one."""
    size = queries.tree_size()
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
