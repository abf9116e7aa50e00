"""Reads of the messages."""

from datetime import datetime

from django.db.models import QuerySet

from kechuang.base.actor import Actor
from kechuang.messages.models import Message


def visible_to(actor: Actor, at: datetime) -> QuerySet[Message]:
    """One's own messages, and nobody else's."""
    if not actor.is_signed_in:
        return Message.objects.none()
    return Message.objects.filter(person_number=actor.person)


def unread_count(actor: Actor, at: datetime) -> int:
    return visible_to(actor, at).filter(read_at__isnull=True).count()
