"""Who sees which centre, allocation, job and statement."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.time import shanghai_date
from kechuang.compute.models import Allocation, Centre, Job, PriceList, Statement
from kechuang.compute.rules import rights
from kechuang.doors.words import name_in_language
from kechuang.parties.models import Person
from kechuang.record.models import StageRow

OFFICES = (*rights.OFFICE_ROLES, Role.FINANCE, Role.SUPERVISOR)


def of_its_kind(to_centre: str = "centre", to_row: str = "") -> Q:
    """Rows made while their centre was played, where it is played now, and real ones where it is
    real: one that is connected to a machine afterwards begins with nothing."""
    played = {f"{to_centre}__backend": Centre.Backend.SIMULATED}
    mark = f"{to_row}is_simulated"
    return Q(**played, **{mark: True}) | (~Q(**played) & Q(**{mark: False}))


def within(region_path: str, field: str = "region_path") -> Q:
    """Rows of a region's subtree, whole segments only."""
    return Q(**{field: region_path}) | Q(**{f"{field}__startswith": region_path + "/"})


def centres_visible_to(actor: Actor, at: datetime) -> QuerySet[Centre]:
    """Centres are public, with what they have and what they cost; a machine that is only played is
    shown to whoever is signed in, with a word that it is."""
    rows = Centre.objects.select_related("organisation")
    return rows if actor.is_signed_in else rows.exclude(backend=Centre.Backend.SIMULATED)


def _seen(actor: Actor, to_region: str, to_centre: str) -> Q | None:
    """Rows of the own unit, of the own centre, and those of the region for its offices."""
    if not actor.is_signed_in:
        return None
    if actor.is_role(*OFFICES) and actor.region:
        return within(actor.region, to_region)
    if actor.is_role(Role.CENTRE) and actor.organisation:
        return Q(**{to_centre: actor.organisation})
    return None


def allocations_visible_to(actor: Actor, at: datetime) -> QuerySet[Allocation]:
    """Those of the own unit; all of the region for its offices and supervisor."""
    rows = Allocation.objects.select_related("organisation", "asked_by", "project")
    if rights.may_ask(actor):
        return rows.filter(organisation__code=actor.organisation)
    if actor.is_signed_in and actor.is_role(*OFFICES) and actor.region:
        return rows.filter(within(actor.region))
    return rows.none()


def jobs_visible_to(actor: Actor, at: datetime) -> QuerySet[Job]:
    """Jobs of the own unit; those at the own centre; all of the region for its offices.

    What was only quoted is the unit's own.
    """
    rows = Job.objects.select_related(
        "organisation", "asked_by", "allocation", "centre__organisation", "retries"
    )
    if rights.may_ask(actor):
        return rows.filter(organisation__code=actor.organisation)
    seen = _seen(actor, "allocation__region_path", "centre__organisation__code")
    if seen is None:
        return rows.none()
    return rows.filter(seen).exclude(submitted_at__isnull=True)


def statements_visible_to(actor: Actor, at: datetime) -> QuerySet[Statement]:
    """Statements of the own unit or centre; all of the region for its offices."""
    rows = Statement.objects.select_related(
        "allocation__organisation", "centre__organisation", "locked_by", "entry_set"
    )
    if rights.may_ask(actor):
        return rows.filter(allocation__organisation__code=actor.organisation)
    seen = _seen(actor, "allocation__region_path", "centre__organisation__code")
    return rows.none() if seen is None else rows.filter(seen)


def allocations_in_force(actor: Actor, at: datetime) -> QuerySet[Allocation]:
    """The own unit's allocations that a job may use today."""
    today = shanghai_date(at)
    if not rights.may_ask(actor):
        return Allocation.objects.none()
    return allocations_visible_to(actor, at).filter(
        state=Allocation.State.GRANTED, since_date__lte=today, until_date__gt=today
    )


def price_list_at(centre: Centre, at: datetime) -> PriceList | None:
    """The price list in force at an instant."""
    return PriceList.objects.filter(centre=centre, since__lte=at).order_by("since").last()


def price_lists_at(centres: Iterable[Centre], at: datetime) -> dict[int, PriceList]:
    """The price list in force at each centre that has one, by its key; one query."""
    rows = PriceList.objects.filter(centre__in=[one.pk for one in centres], since__lte=at)
    return {row.centre_id: row for row in rows.order_by("since")}


def stages_of(
    model: type[StageRow], labels: dict[str, str], **of: object
) -> list[dict[str, object]]:
    """The history of an object: when, to what, by whom, and what was said."""
    rows = list(model._default_manager.filter(**of))
    numbers = {row.by_person for row in rows} - {""}
    people = Person.objects.filter(number__in=numbers)
    names = {one.number: name_in_language(one) for one in people}
    return [
        {"since": row.since, "label": labels.get(row.stage, row.stage),
         "who": names.get(row.by_person, ""),
         "note": gettext(row.note_public) if row.note_public else ""}
        for row in rows
    ]  # fmt: skip
