"""The tree over the entries, and files of proofs that anybody checks elsewhere."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from django.db.models import Max
from django.db.models.functions import Length

from kechuang.base.time import rfc3339
from kechuang.doors.witnesses import Witness
from kechuang.engines.transparency import Tiles
from kechuang.record import rules
from kechuang.record.models import Batch, Checkpoint, Entry, Payload, Tile

FORMAT = "kechuang-record-1"
WIDTH, HASH = 256, 32


def tile(level: int, place: int) -> bytes:
    """The hashes of one tile, joined; empty where there is none."""
    found = Tile.objects.filter(level=level, place=place).values_list("hashes", flat=True).first()
    return bytes(found) if found is not None else b""


def tree_size() -> int:
    """How many leaves the tree has."""
    last = (
        Tile.objects.filter(level=0).order_by("-place")
        .values_list("place", Length("hashes")).first()
    )  # fmt: skip
    return 0 if last is None else last[0] * WIDTH + last[1] // HASH


def places_given() -> int:
    """How many places of the tree were given, to entries and to fillers."""
    last = Entry.objects.aggregate(last=Max("position"))["last"]
    batch = Batch.objects.order_by("-first").first()
    ends = batch.first + batch.size if batch is not None else 0
    return max(ends, 0 if last is None else last + 1)


class Fillers:
    """The leaves of places that no entry took, by the batches that end behind a place."""

    def __init__(self, behind: int = 0) -> None:
        rows = Batch.objects.order_by("first").values_list("first", "size", "filler_seed")
        self._rows = [row for row in rows.iterator() if row[0] + row[1] > behind]
        self._firsts = [row[0] for row in self._rows]

    def __getitem__(self, place: int) -> bytes:
        found = self.get(place)
        if found is None:
            raise KeyError(place)
        return found

    def get(self, place: int) -> bytes | None:
        """The filler's leaf at a place of a batch; None where no batch was published."""
        at = bisect_right(self._firsts, place) - 1
        if at < 0:
            return None
        first, size, seed = self._rows[at]
        return rules.filler_leaf(bytes(seed), place) if place < first + size else None


def fillers(behind: int = 0) -> Fillers:
    """The fillers of the batches that end behind a place."""
    return Fillers(behind)


def tree(size: int | None = None) -> Tiles:
    """The tree over the first `size` leaves, or over all."""
    return Tiles(tile, tree_size() if size is None else size)


def leaf_of(entry: Entry) -> dict[str, str]:
    """What an entry's leaf hash covers: of who acted, only a salted fingerprint."""
    told = {
        "number": entry.number, "verb": entry.verb, "object": entry.object_number,
        "role": str(entry.role), "region": entry.region, "via": entry.via,
        "at": rfc3339(entry.at), "suite": entry.suite, "payload": entry.payload_hash,
    }  # fmt: skip
    who = (entry.person, entry.appointment, entry.organisation)
    if entry.suite == rules.FIRST_SUITE:
        return told | dict(zip(("person", "appointment", "organisation"), who, strict=True))
    return told | {"who": rules.who_hash(bytes(entry.salt), who)}


def proof_of(entry: Entry, found: Tiles, payload: Any = None) -> dict[str, Any]:
    """One entry with the hashes that lead to the root of a tree; with its payload, if given.

    Who acted stays a fingerprint. An entry in the first way of writing names people in its leaf:
    of such only the leaf hash is told.
    """
    told: dict[str, Any] = {
        "position": entry.position, "leaf_hash": entry.leaf_hash,
        "proof": [one.hex() for one in found.inclusion_proof(entry.position or 0)],
    }
    if entry.suite == rules.FIRST_SUITE:
        return told
    told["leaf"] = leaf_of(entry)
    if payload is not None:
        told["payload"] = payload
        told["payload_salt"] = rules.payload_salt(entry.suite, bytes(entry.salt)).hex()
    return told


def proofs_file(
    entries: Iterable[Entry], checkpoint: Checkpoint, told_verbs: Iterable[str] = ()
) -> dict[str, Any]:
    """What an outsider needs to check these entries: leaves, proofs, and the signed checkpoint.

    Payloads are told only of `told_verbs`. Entries that the checkpoint does not cover yet are left
    out and counted in `not_yet`.
    """
    rows = list(entries)
    covered = [
        one for one in rows if one.position is not None and one.position < checkpoint.size
    ]
    verbs = set(told_verbs)
    shown = [one.pk for one in covered if one.verb in verbs]
    payloads = dict(Payload.objects.filter(entry__in=shown).values_list("entry_id", "content"))
    found = tree(checkpoint.size)
    return {
        "format": FORMAT,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": note_of(checkpoint),
        "not_yet": len(rows) - len(covered),
        "entries": [proof_of(one, found, payloads.get(one.pk)) for one in covered],
    }


def note_of(checkpoint: Checkpoint) -> str:
    """The signed checkpoint with the lines of its witnesses."""
    lines = checkpoint.cosignatures.exclude(line="").values_list("line", flat=True)
    return checkpoint.note + "".join(lines)


def unseen_by(checkpoint: Checkpoint, known: Iterable[Witness]) -> list[Witness]:
    """Those witnesses that have not seen a checkpoint."""
    seen = set(checkpoint.cosignatures.values_list("witness", flat=True))
    return [one for one in known if one.name not in seen]
