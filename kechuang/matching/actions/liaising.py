"""How much a liaison takes on: the capacity, and a pause."""

from datetime import date, datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import require
from kechuang.base.time import shanghai_date
from kechuang.matching import rules
from kechuang.matching.models import Liaison
from kechuang.parties.models import Person
from kechuang.record import actions as record


@transaction.atomic
def set_capacity(*, person: Person, capacity: int, region_path: str, by: Actor, at: datetime) -> (
    Liaison
):
    """Say how many introductions a liaison follows at a time."""
    require(rules.may_set_capacity(by, region_path), rules.not_permitted("capacity", person.number))
    rules.check_capacity(capacity)
    row, is_new = Liaison.objects.get_or_create(person=person, defaults={"capacity": capacity})
    if not is_new:
        row.capacity, row.version = capacity, row.version + 1
        row.save(update_fields=["capacity", "version"])
    record.append(verb="matching.set_capacity", object_number=person.number, by=by, at=at,
                  payload={"capacity": capacity})  # fmt: skip
    return row


@transaction.atomic
def pause_liaison(
    *, person: Person, until: date | None, region_path: str, by: Actor, at: datetime
) -> Liaison:
    """Take no new introduction before a day; None ends the pause. What is in hand goes on."""
    right = rules.may_pause(by, person.number, region_path)
    require(right, rules.not_permitted("pause", person.number))
    rules.check_pause(until, shanghai_date(at))
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    row, _is_new = Liaison.objects.get_or_create(person=person)
    row.paused_until, row.version = until, row.version + 1
    row.save(update_fields=["paused_until", "version"])
    record.append(verb="matching.pause_liaison", object_number=person.number, by=by, at=at,
                  payload={"until": until.isoformat() if until else None})  # fmt: skip
    return row
