"""Writes of the messages: tell people, and note that they read it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.messages.models import Message


def tell(
    *, people: Iterable[str], template: str, object_number: str, by: Actor, at: datetime
) -> int:
    """Put a message for each person (by number) in the outbox, in the transaction of the act.

    Whoever acts is not told of their own act. Returns how many were told.
    """
    numbers = sorted({number for number in people if number and number != by.person})
    rows = [
        Message(person_number=number, template=template, object_number=object_number, at=at)
        for number in numbers
    ]
    Message.objects.bulk_create(rows)
    return len(rows)


@transaction.atomic
def mark_read(*, by: Actor, at: datetime) -> int:
    """Note that a person has seen their messages. Not recorded: it is nobody else's business."""
    return Message.objects.filter(person_number=by.person, read_at__isnull=True).update(read_at=at)
