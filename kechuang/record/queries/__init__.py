"""Reads of the record that have more than one caller."""

from datetime import datetime

from django.db.models import Max, Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.record.models import Checkpoint, Cursor, Entry
from kechuang.record.queries.keys import log_name, log_verifier, signing_key
from kechuang.record.queries.proofs import (
    leaf_of,
    note_of,
    proof_of,
    proofs_file,
    tree,
    tree_size,
    unseen_by,
)
from kechuang.record.queries.verifying import report_on

SEALED_VERBS = "bids."
__all__ = [
    "checkpoint", "checkpoint_of", "cursor_position", "entries_after", "history_of", "leaf_hashes",
    "leaf_of", "log_name", "log_verifier", "note_of", "proof_of", "proofs_file",
    "public_entries_of", "report_on", "signing_key", "size", "tree", "tree_size", "unseen_by",
    "unsequenced_since", "visible_to",
]


def entries_after(position: int, limit: int = 500) -> list[Entry]:
    """The entries behind a position, in order; what a follower reads next."""
    return list(Entry.objects.filter(position__gt=position).order_by("position")[:limit])


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


def size() -> int:
    """How many entries have a position."""
    last = Entry.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def unsequenced_since() -> datetime | None:
    """When the oldest entry without a position was recorded; None where all have one."""
    row = Entry.objects.filter(position__isnull=True).order_by("id").first()
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
