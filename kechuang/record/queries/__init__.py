"""Reads of the record that have more than one caller."""

from datetime import datetime

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.record.models import Checkpoint, Cursor, Entry
from kechuang.record.queries.erasing import erased_by_two, erasures_visible_to
from kechuang.record.queries.keys import log_name, log_verifier, signing_key
from kechuang.record.queries.proofs import (
    fillers,
    leaf_of,
    note_of,
    places_given,
    proof_of,
    proofs_file,
    tree,
    tree_size,
    unseen_by,
)
from kechuang.record.queries.verifying import report_on

SEALED_VERBS = "bids."
__all__ = [
    "checkpoint", "checkpoint_of", "cursor_position", "entries_after", "erased_by_two",
    "erasures_visible_to", "fillers", "history_of",
    "leaf_hashes", "leaf_of", "log_name", "log_verifier", "note_of", "places_given", "proof_of",
    "proofs_file", "public_entries_of", "report_on", "signing_key", "tree", "tree_size",
    "unpublished", "unpublished_since", "unseen_by", "unsequenced_since", "visible_to",
]


def entries_after(position: int, limit: int = 500) -> list[Entry]:
    """The entries behind a turn, in the order of commits; what a follower reads next."""
    return list(Entry.objects.filter(turn__gt=position).order_by("turn")[:limit])


def cursor_position(name: str) -> int:
    """How far a follower has read; -1 before the first entry. Locks the cursor's row."""
    row = Cursor.objects.select_for_update().filter(name=name).first()
    return row.position if row else -1


def history_of(number: str) -> QuerySet[Entry]:
    """The entries on an object; the caller has already found the object in its `visible_to`."""
    return Entry.objects.filter(object_number=number).order_by("id")


def visible_to(actor: Actor, at: datetime) -> QuerySet[Entry]:
    """The record, for the supervisor alone; everybody else sees histories of objects.

    What was done with bids is left out: who bids, and how many, would be known before the opening.
    Once opened, the supervisor reads it on the bid's own page and in the opening's minutes.
    """
    if actor.is_role(Role.SUPERVISOR):
        return Entry.objects.exclude(verb__startswith=SEALED_VERBS)
    return Entry.objects.none()


def unsequenced_since() -> datetime | None:
    """When the oldest entry without a turn was recorded; None where all have one."""
    row = Entry.objects.filter(turn__isnull=True).order_by("id").first()
    return row.recorded_at if row else None


def unpublished(sealed: bool, limit: int | None = None) -> list[int]:
    """The keys of entries that wait for a place in the tree, oldest first: what was done with
    bids, or everything else."""
    rows = Entry.objects.filter(position__isnull=True, turn__isnull=False)
    bids = Q(verb__startswith=SEALED_VERBS)
    found = rows.filter(bids if sealed else ~bids).order_by("turn").values_list("pk", flat=True)
    return list(found[:limit])


def unpublished_since() -> datetime | None:
    """When the oldest entry that waits for a place in the tree was recorded, bids' entries aside:
    how many wait there is nobody's to know."""
    rows = Entry.objects.filter(position__isnull=True, turn__isnull=False)
    row = rows.exclude(verb__startswith=SEALED_VERBS).order_by("turn").first()
    return row.recorded_at if row else None


def checkpoint() -> Checkpoint | None:
    """The latest checkpoint; None before the first."""
    return Checkpoint.objects.order_by("-size").first()


def checkpoint_of(size: int) -> Checkpoint | None:
    return Checkpoint.objects.filter(size=size).first()


def public_entries_of(number: str) -> QuerySet[Entry]:
    """What anybody may know of a number: that, when, in which role, with which fingerprint.

    People, organisations and payloads are left out of what is loaded; entries about a person are
    nobody else's business, and their times would tell who did what elsewhere.
    """
    shown = ("at", "position", "verb", "role", "leaf_hash", "object_number", "number")
    found = Q(object_number=number) | Q(number=number)
    rows = Entry.objects.filter(found).exclude(object_number__startswith="RY-")
    return rows.only(*shown).order_by("id")


def leaf_hashes(size: int) -> list[str]:
    """The leaves of the first `size` entries, in order of position."""
    rows = Entry.objects.filter(position__lt=size).order_by("position")
    return list(rows.values_list("leaf_hash", flat=True))
