"""A panel and its parts: seats, cases, criteria, the pool to name experts from."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.engines.transparency import leaf_hash, root
from kechuang.parties.models import Appointment, Organisation, Person
from kechuang.parties.queries import in_force
from kechuang.reviews import rules
from kechuang.reviews.models import (
    Case,
    Conflict,
    Criterion,
    Expert,
    Panel,
    Review,
    Seat,
)

# What the keys of an evidence are called on a page.
EVIDENCE_NAMES = {
    "person": N_("人员"), "unit": N_("专家的单位"), "organisation": N_("方案的单位"),
    "until": N_("任职到"), "parent": N_("共同的上级"),
}  # fmt: skip


def panel_for(subject_number: str) -> Panel | None:
    """The newest panel of a subject that was not cancelled."""
    return (
        Panel.objects.filter(subject_number=subject_number)
        .exclude(state=Panel.State.CANCELLED)
        .select_related("secretary", "chair", "draw_operator")
        .order_by("-pk")
        .first()
    )


def panels_with_late_invitations(at: datetime) -> list[str]:
    """Numbers of open panels in which an invitation has run out unanswered."""
    invited = Seat.objects.filter(panel=OuterRef("pk"), state=Seat.State.INVITED)
    rows = Panel.objects.filter(
        Exists(invited), invite_until__lte=at, state__in=rules.PANEL_OPEN
    )
    return list(rows.order_by("pk").values_list("number", flat=True)[:500])


def panels_due_for_consensus(at: datetime) -> list[str]:
    """Numbers of panels whose day of consensus has come while nobody's review is waited for."""
    waiting = Review.objects.filter(
        case__panel=OuterRef("pk"), state__in=rules.REVIEW_WAITING
    )
    rows = Panel.objects.filter(
        ~Exists(waiting), state=Panel.State.REVIEWING, consensus_at__isnull=True,
        consensus_from__lte=at,
    )  # fmt: skip
    return list(rows.order_by("pk").values_list("number", flat=True)[:500])


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


def cases_root(panel: Panel) -> str:
    """The Merkle root over a panel's cases in their order: what is judged, fixed before a draw."""
    leaves = [
        leaf_hash(rules.canonical_json({
            "number": case.number, "title": case.title, "sha256": case.sha256,
            "organisations": case.organisation_codes, "people": case.person_numbers,
        }))
        for case in cases_of(panel)
    ]  # fmt: skip
    return root(leaves).hex()


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


def possible_secretaries(region_path: str, at: datetime) -> QuerySet[Person]:
    """People who may run a panel: officers of the region and above, liaisons, and the staff of
    professional bodies in the region.
    """
    codes = region_path.split("/")
    paths = ["/".join(codes[:end]) for end in range(1, len(codes) + 1)]
    of_office = Q(role__in=[Role.OFFICER, Role.LIAISON]) & (
        Q(region__path__in=paths) | Q(region__isnull=True)
    )
    of_body = Q(role=Role.MEMBER, organisation__kind=Organisation.Kind.SERVICE) & (
        Q(organisation__region_path=region_path)
        | Q(organisation__region_path__startswith=f"{region_path}/")
    )
    holding = Appointment.objects.filter(
        in_force(shanghai_date(at)), of_office | of_body, person=OuterRef("pk")
    )
    people = Person.objects.filter(Exists(holding)).select_related("organisation")
    return people.order_by("name", "pk")


def evidence_words(conflicts: Iterable[Conflict]) -> dict[int, list[tuple[str, str]]]:
    """The evidence of conflicts as pairs of label and text, with the names of units and people."""
    rows = list(conflicts)
    values = {str(v) for row in rows for v in row.evidence.values()}
    names = dict(Organisation.objects.filter(code__in=values).values_list("code", "name"))
    names |= dict(Person.objects.filter(number__in=values).values_list("number", "name"))
    return {
        row.pk: [
            (EVIDENCE_NAMES[key], _said(str(value), names)) for key, value in row.evidence.items()
        ]
        for row in rows
    }


def _said(value: str, names: dict[str, str]) -> str:
    return f"{names[value]}（{value}）" if value in names else value
