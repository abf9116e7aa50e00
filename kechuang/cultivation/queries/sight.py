"""Which enterprises an actor may read; finance data are never public."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from kechuang.base.actor import Actor
from kechuang.base.time import shanghai_date
from kechuang.cultivation import rules
from kechuang.parties.models import Appointment, Organisation
from kechuang.parties.queries import in_force


def within(region_path: str, column: str = "region_path") -> Q:
    """Rows of a region and of all below it: whole segments, never a prefix."""
    return Q(**{column: region_path}) | Q(**{f"{column}__startswith": region_path + "/"})


def visible_to(actor: Actor, at: datetime) -> QuerySet[Organisation]:
    """The organisations whose data and tiers this actor may read; nobody's by default."""
    if actor.is_role(*rules.UNIT_READERS) and actor.organisation:
        return Organisation.objects.filter(code=actor.organisation)
    if rules.may_list(actor):
        return Organisation.objects.filter(within(actor.region))
    return Organisation.objects.none()


def people_of_units(organisations: Iterable[int], at: datetime) -> dict[int, list[str]]:
    """The numbers of the people who fill in and sign for organisations, by primary key."""
    rows = Appointment.objects.filter(
        in_force(shanghai_date(at)), role__in=rules.UNIT_READERS,
        organisation__in=list(organisations),
    ).values_list("organisation_id", "person__number")
    found: dict[int, list[str]] = {}
    for organisation, person in rows:
        found.setdefault(organisation, []).append(person)
    return found
