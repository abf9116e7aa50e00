"""Reads of the parties that have more than one caller."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from kechuang.base.actor import Actor, Role
from kechuang.base.time import shanghai_date
from kechuang.doors.words import name_in_language
from kechuang.parties import rules
from kechuang.parties.models import (
    AccessToken,
    Account,
    Appointment,
    Consortium,
    ConsortiumMember,
    Contact,
    Organisation,
    Person,
    Region,
)


def in_force(day: date) -> Q:
    """Appointments in force on a day."""
    return Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))


def appointments_of(person: Person, at: datetime) -> QuerySet[Appointment]:
    """The appointments that a person holds now, in the order they were given."""
    return (
        Appointment.objects.filter(in_force(shanghai_date(at)), person=person)
        .select_related("person", "organisation", "region")
        .order_by("id")
    )


def actor_of(appointment: Appointment, via: str = "page") -> Actor:
    return appointment.actor(via)


def actor_by_token(token: str, at: datetime) -> Actor | None:
    """The actor that a token stands for; None where it is unknown, ended, revoked or unfit."""
    row = (
        AccessToken.objects.filter(
            token_hash=rules.hash_of_token(token), revoked_at__isnull=True, until__gt=at
        )
        .select_related(
            "appointment__person", "appointment__organisation", "appointment__region"
        )
        .first()
    )
    if row is None:
        return None
    appointment = row.appointment
    if not rules.is_in_force(appointment.since, appointment.until, shanghai_date(at)):
        return None
    if not Account.objects.filter(person=appointment.person, is_active=True).exists():
        return None
    return appointment.actor("api")


def holders(
    role: Role, *, at: datetime, region_path: str = "", organisation: Organisation | None = None
) -> list[Person]:
    """The people who hold a role now, in a unit, or in exactly this region."""
    rows = Appointment.objects.filter(in_force(shanghai_date(at)), role=role)
    if organisation is not None:
        rows = rows.filter(organisation=organisation)
    if region_path:
        rows = rows.filter(region__path=region_path)
    return [row.person for row in rows.select_related("person").order_by("id")[:50]]


def holder_words(
    role: Role, *, at: datetime, region_path: str = "", organisation: Organisation | None = None
) -> str:
    """Who holds a waiting thing, as a work list says it: at most three names."""
    people = holders(role, at=at, region_path=region_path, organisation=organisation)
    return named(people)


def named(people: Iterable[Person]) -> str:
    """Names as a reader takes them in: three, then how many more.

    An empty list is said in words: a waiting thing always names its holder.
    """
    found = list(people)
    if not found:
        return gettext("尚未任命")
    words = gettext("、").join(str(name_in_language(person)) for person in found[:3])
    if len(found) > 3:
        words += gettext("等 {count} 人").format(count=len(found))
    return words


def organisation_by_code(code: str) -> Organisation | None:
    return Organisation.objects.filter(code=code).select_related("region").first()


def person_by_number(number: str) -> Person | None:
    return Person.objects.filter(number=number).select_related("organisation").first()


def colleague(number: str, organisation: Organisation | None) -> Person | None:
    """A person of a unit by number; None for nobody and for people of other units."""
    if not number or organisation is None:
        return None
    person = person_by_number(number)
    return person if person and person.organisation_id == organisation.pk else None


def people_numbered(numbers: Iterable[str]) -> dict[str, Person]:
    rows = Person.objects.filter(number__in=set(numbers)).select_related("organisation")
    return {person.number: person for person in rows}


def organisations_coded(codes: Iterable[str]) -> dict[str, Organisation]:
    return {row.code: row for row in Organisation.objects.filter(code__in=set(codes))}


def contact_of(person: Person) -> Contact | None:
    return Contact.objects.filter(person=person).first()


def parent_chain(organisation: Organisation) -> list[str]:
    """The credit codes of an organisation and of all above it, from itself up."""
    codes = [organisation.code]
    parent = organisation.parent
    while parent is not None and parent.code not in codes:
        codes.append(parent.code)
        parent = parent.parent
    return codes


def regions_in_force(day: date) -> QuerySet[Region]:
    return Region.objects.filter(
        Q(since__isnull=True) | Q(since__lte=day), Q(until__isnull=True) | Q(until__gt=day)
    )


def regions_to_register_in(actor: Actor, at: datetime) -> QuerySet[Region]:
    """The regions whose organisations the actor may enter: an officer's subtree, else all."""
    regions = regions_in_force(shanghai_date(at))
    if not actor.is_role(Role.OFFICER, Role.HEAD):
        return regions
    return regions.filter(Q(path=actor.region) | Q(path__startswith=actor.region + "/"))


def region_by_code(code: str, day: date) -> Region | None:
    return regions_in_force(day).filter(code=code).select_related("parent").first()


def organisations_visible_to(actor: Actor, at: datetime) -> QuerySet[Organisation]:
    """Organisations are public: their names, codes and kinds are in the public register."""
    return Organisation.objects.all()


def people_visible_to(actor: Actor, at: datetime) -> QuerySet[Person]:
    """People of one's own unit; for officers and heads those of their region's units."""
    if actor.is_role(Role.UNIT_ADMIN, Role.FILLER, Role.MEMBER):
        return Person.objects.filter(organisation__code=actor.organisation)
    if actor.is_role(Role.OFFICER, Role.HEAD, Role.SUPERVISOR) and actor.region:
        inside = Q(organisation__region_path=actor.region) | Q(
            organisation__region_path__startswith=actor.region + "/"
        )
        return Person.objects.filter(inside | Q(number=actor.person))
    if actor.is_role(Role.OPERATOR):
        return Person.objects.all()
    if actor.is_signed_in:
        return Person.objects.filter(number=actor.person)
    return Person.objects.none()


def organisations_of_kind(kind: str, region_path: str, until: datetime) -> QuerySet[Organisation]:
    """Organisations of a kind in a region that were registered before an instant."""
    return Organisation.objects.filter(
        Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"),
        kind=kind,
        registered_at__lt=until,
    )


def consortia_visible_to(actor: Actor, at: datetime) -> QuerySet[Consortium]:
    """The consortia of one's unit, invited to or belonging; those of the region for its offices."""
    may = Q(pk__in=[])
    if actor.organisation and actor.is_role(Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER):
        own = ConsortiumMember.objects.filter(organisation__code=actor.organisation)
        may |= Q(pk__in=own.exclude(state="DECLINED").values("consortium"))
    desk = actor.is_role(Role.OFFICER, Role.HEAD, Role.SUPERVISOR, Role.LIAISON)
    if desk and actor.region and not actor.serves_one_unit:
        may |= Q(region_path=actor.region) | Q(region_path__startswith=actor.region + "/")
    return Consortium.objects.filter(may)


def members_of(consortium: Consortium) -> QuerySet[ConsortiumMember]:
    """Everybody who was asked, in the order of asking."""
    return ConsortiumMember.objects.filter(consortium=consortium).select_related("organisation")


def members_on(consortium: Consortium, day: date) -> QuerySet[ConsortiumMember]:
    """Who belongs to a consortium on a day, the lead first; what a bid copies."""
    return (
        members_of(consortium)
        .filter(Q(until__isnull=True) | Q(until__gt=day), state="ACCEPTED", since__lte=day)
        .order_by("role", "id")
    )


def memberships_asked(actor: Actor) -> QuerySet[ConsortiumMember]:
    """Memberships that this unit's administrator has to answer."""
    if not rules.may_found_consortium(actor):
        return ConsortiumMember.objects.none()
    return ConsortiumMember.objects.filter(
        organisation__code=actor.organisation, state="INVITED", until__isnull=True,
        consortium__ended_at__isnull=True,
    ).select_related("consortium", "organisation")
