"""A panel and its parts: seats, cases, criteria, the pool to name experts from."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Role
from kechuang.base.time import shanghai_date
from kechuang.parties.models import Appointment, Organisation, Person
from kechuang.parties.queries import in_force
from kechuang.reviews import rules
from kechuang.reviews.models import (
    Case,
    Criterion,
    Expert,
    Panel,
    Review,
    Seat,
)


def panel_for(subject_number: str) -> Panel | None:
    """The newest panel of a subject that was not cancelled."""
    return (
        Panel.objects.filter(subject_number=subject_number)
        .exclude(state=Panel.State.CANCELLED)
        .select_related("secretary", "chair")
        .order_by("-pk")
        .first()
    )


def seats_of(panel: Panel) -> list[Seat]:
    """The seats in their order, with their people and units."""
    return list(
        Seat.objects.filter(panel=panel).select_related("expert__person__organisation")
    )


def seat_of(panel: Panel, person: Person) -> Seat | None:
    return Seat.objects.filter(panel=panel, expert__person=person).first()


def review_for(seat: Seat, case_number: str) -> Review | None:
    return (
        Review.objects.filter(seat=seat, case__number=case_number)
        .select_related("case__panel", "seat__expert__person")
        .first()
    )


def criteria_of(panel: Panel) -> list[Criterion]:
    return list(Criterion.objects.filter(panel=panel))


def cases_of(panel: Panel) -> list[Case]:
    return list(Case.objects.filter(panel=panel))


def case_facts(cases: Iterable[Case]) -> list[rules.CaseFacts]:
    """The cases as the conflict rules see them, with the names of their people and units."""
    cases = list(cases)
    numbers = {number for case in cases for number in case.person_numbers}
    codes = {code for case in cases for code in case.organisation_codes}
    people = dict(Person.objects.filter(number__in=numbers).values_list("number", "name"))
    units = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        rules.CaseFacts(
            case.number, case.title, tuple(case.organisation_codes),
            tuple(case.person_numbers), case.content_url,
            tuple(units.get(code, code) for code in case.organisation_codes),
            tuple(people.get(number, number) for number in case.person_numbers),
        )
        for case in cases
    ]  # fmt: skip



def pool(at: datetime, text: str = "") -> QuerySet[Person]:
    """The people who may be named to a panel: experts by appointment, narrowed by a text."""
    experts = Appointment.objects.filter(
        in_force(shanghai_date(at)), role=Role.EXPERT, person=OuterRef("pk")
    )
    closed = Expert.objects.filter(person=OuterRef("pk"), is_available=False)
    people = Person.objects.filter(Exists(experts), ~Exists(closed)).select_related("organisation")
    if text:
        people = people.filter(
            Q(name__icontains=text)
            | Q(organisation__name__icontains=text)
            | Q(fields_of_work__icontains=text)
        )
    return people.order_by("name", "pk")
