"""Reads of erasures: who sees them, and which entries were emptied by two people."""

from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.record.models import Erasure
from kechuang.record.rules import erasing as rules

_ERASED = """
SELECT DISTINCT done.object_number FROM record_entry done
JOIN record_entry asked ON asked.object_number = done.object_number AND asked.verb = %s
    AND asked.person <> done.person AND asked.id < done.id
WHERE done.verb = %s AND done.person <> '' AND asked.person <> ''
"""


def erasures_visible_to(actor: Actor, at: datetime) -> QuerySet[Erasure]:
    """Officers, heads and the supervisor see what was asked in their region's subtree."""
    if not actor.is_role(Role.OFFICER, Role.HEAD, Role.SUPERVISOR) or not actor.region:
        return Erasure.objects.none()
    within = Q(region_path=actor.region) | Q(region_path__startswith=f"{actor.region}/")
    return Erasure.objects.filter(within).select_related("entry")


def erased_by_two() -> frozenset[str]:
    """The numbers of entries whose payload one person asked to erase and another erased, by what
    the record says of it: not by a table that can be written to."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASED, [rules.ASK, rules.ERASE])
        return frozenset(number for (number,) in cursor.fetchall())
