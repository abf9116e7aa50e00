"""Erasing the payload of an entry: one asks, another approves, and both stand in the record."""

import hashlib
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.record.models import Entry, Erasure, Payload
from kechuang.record.rules import erasing as rules


def _record(erasure: Erasure, verb: str, *, by: Actor, at: datetime) -> None:
    from kechuang.record.actions import append

    append(verb=verb, object_number=erasure.entry.number, by=by, at=at, payload={
        "erasure": erasure.number, "ground": erasure.ground,
        "payload_hash": erasure.entry.payload_hash,
        "reason_sha256": hashlib.sha256(erasure.reason.encode()).hexdigest(),
    })  # fmt: skip


@transaction.atomic
def ask_erasure(
    *, entry: Entry, ground: str, reason: str, by: Actor, at: datetime
) -> Erasure:
    """Ask that what an entry says be erased; somebody else decides.

    Refuses (rules.ErasureRefused) a reason that says nothing, and an entry with nothing to erase.
    """
    entry = Entry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    rules.require_asking(by, entry.region)
    rules.check_reason(reason)
    content = Payload.objects.filter(entry=entry).values_list("content", flat=True).first()
    asked = Erasure.objects.filter(entry=entry, state=rules.State.ASKED).exists()
    rules.check_erasable(entry.verb, bool(content), asked)
    erasure = Erasure.objects.create(
        entry=entry, ground=rules.Ground(ground), reason=reason.strip(), region_path=by.region,
        asked_by=by.person, asked_at=at,
    )
    _record(erasure, rules.ASK, by=by, at=at)
    return erasure


def _deciding(erasure: Erasure, by: Actor) -> Erasure:
    row = Erasure.objects.select_for_update(of=("self",)).select_related("entry").get(
        pk=erasure.pk)
    rules.require_deciding(by, row.region_path, row.asked_by)
    rules.check_waiting(row.state)
    return row


@transaction.atomic
def approve_erasure(*, erasure: Erasure, by: Actor, at: datetime) -> Erasure:
    """Erase the payload: its fingerprint stays, and the entry's place in the tree is proved as
    before. Nobody gets it back. The database lets it go only with this approval."""
    row = _deciding(erasure, by)
    row.state, row.decided_by, row.decided_at = rules.State.ERASED, by.person, at
    row.save()
    Payload.objects.filter(entry=row.entry).update(content=None)
    _record(row, rules.ERASE, by=by, at=at)
    return row


@transaction.atomic
def refuse_erasure(*, erasure: Erasure, reason: str, by: Actor, at: datetime) -> Erasure:
    """Leave the payload where it is, with a reason."""
    row = _deciding(erasure, by)
    rules.check_reason(reason)
    row.state, row.decided_by, row.decided_at = rules.State.REFUSED, by.person, at
    row.answer = reason.strip()
    row.save()
    _record(row, rules.REFUSE, by=by, at=at)
    return row
