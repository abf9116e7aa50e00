"""Which needs an actor may find, and how much of each."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Actor, Role
from kechuang.needs import rules
from kechuang.needs.models import Attachment, Disclosure, Need
from kechuang.needs.rules import Extent, Publication, Sight, State

LOADED = ("organisation", "filler", "contact")


def within(region_path: str, column: str = "region_path") -> Q:
    """Rows of a region and of all below it: whole segments, never a prefix."""
    return Q(**{column: region_path}) | Q(**{f"{column}__startswith": region_path + "/"})


def public_needs() -> QuerySet[Need]:
    """What anybody may find."""
    return Need.objects.filter(
        state__in=rules.PUBLIC_STATES, publication__in=[Publication.PUBLIC, Publication.REDACTED]
    )


def visible_to(actor: Actor, at: datetime) -> QuerySet[Need]:
    """The needs that this actor may find; how much of each is `sight_on`'s matter.

    The owner's people find all of theirs, officials those handed in within their region, others
    what is public and what was opened to their unit. A liaison of a unit is no official.
    """
    return Need.objects.filter(_findable(actor, at, Extent.PROGRESS)).select_related(*LOADED)


def readable_to(actor: Actor, at: datetime) -> QuerySet[Need]:
    """The needs whose title and summary this actor may read; what lists and searches narrow."""
    return Need.objects.filter(_findable(actor, at, Extent.SUMMARY)).select_related(*LOADED)


def _findable(actor: Actor, at: datetime, least: Extent) -> Q:
    found = Q(
        state__in=rules.PUBLIC_STATES, publication__in=[Publication.PUBLIC, Publication.REDACTED]
    )
    if actor.organisation and actor.is_signed_in:
        opened = open_disclosures(at).filter(
            need=OuterRef("pk"),
            organisation__code=actor.organisation,
            extent__in=rules.ORDER[rules.ORDER.index(least) :],
        )
        found |= Q(Exists(opened))
    if actor.is_role(*rules.OWNERS) and actor.organisation:
        found |= Q(organisation__code=actor.organisation)
    elif actor.is_role(Role.MEMBER, Role.LIAISON) and actor.organisation:
        found |= Q(organisation__code=actor.organisation) & ~Q(state=State.DRAFT)
    official = actor.is_role(Role.OFFICER, Role.HEAD, Role.LIAISON, Role.SUPERVISOR)
    if official and actor.region and not actor.serves_one_unit:
        handed_in = ~Q(state=State.DRAFT) | ~Q(returned_by="")
        found |= within(actor.region) & handed_in
    return found


def open_disclosures(at: datetime) -> QuerySet[Disclosure]:
    """Disclosures in force at an instant."""
    return Disclosure.objects.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at)


def sight_on(need: Need, actor: Actor, at: datetime) -> Sight:
    """How much of this need the actor sees, disclosures included."""
    extents = [Extent.NOTHING]
    if actor.organisation and actor.is_signed_in:
        rows = open_disclosures(at).filter(need=need, organisation__code=actor.organisation)
        extents += [Extent(extent) for extent in rows.values_list("extent", flat=True)]
    return rules.sight_of(actor, need.facts, max(extents, key=rules.ORDER.index))


def sights_on(needs: list[Need], actor: Actor, at: datetime) -> dict[int, Sight]:
    """How much of each of these needs the actor sees, by primary key; one query for all."""
    opened: dict[int, Extent] = {}
    if actor.organisation and actor.is_signed_in and needs:
        rows = open_disclosures(at).filter(
            need__in=[need.pk for need in needs], organisation__code=actor.organisation
        )
        for pk, extent in rows.values_list("need_id", "extent"):
            best = opened.get(pk, Extent.NOTHING)
            opened[pk] = max(best, Extent(extent), key=rules.ORDER.index)
    return {
        need.pk: rules.sight_of(actor, need.facts, opened.get(need.pk, Extent.NOTHING))
        for need in needs
    }


def attachments_visible_to(actor: Actor, at: datetime, number: str) -> QuerySet[Attachment]:
    """The files of a need, for those whom it is opened to in full; none otherwise."""
    need = visible_to(actor, at).filter(number=number).first()
    if need is None or not sight_on(need, actor, at).attachments:
        return Attachment.objects.none()
    return Attachment.objects.filter(need=need).select_related("blob", "need")


def disclosures_of(need: Need) -> QuerySet[Disclosure]:
    """To whom a need was opened; for those inside."""
    return Disclosure.objects.filter(need=need).select_related("organisation").order_by("-pk")
