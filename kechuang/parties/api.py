"""The parties' API: organisations, one's own appointments, registering and appointing."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from kechuang.base.actor import Actor, Role
from kechuang.base.time import shanghai_date
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.parties import actions, queries, rules
from kechuang.parties.models import Appointment, Organisation

organisations = Router(tags=["organisations"])
appointments = Router(tags=["appointments"])
routers = [("/organisations", organisations), ("/appointments", appointments)]


class OrganisationOut(Schema):
    """An organisation as the public register shows it."""

    number: str
    code: str
    name: str
    name_en: str
    kind: str
    region: str
    chain: str
    registered_at: datetime
    is_demo: bool

    @staticmethod
    def resolve_region(row: Organisation) -> str:
        return row.region.code


class OrganisationIn(Schema):
    """What registering takes."""

    code: str
    name: str
    kind: str
    region: str


class OrganisationQuery(ListQuery):
    """How the register is narrowed."""

    kind: str = ""
    q: str = ""


class AppointmentOut(Schema):
    """One role in one place."""

    number: str
    role: str
    person: str
    organisation: str | None
    region: str | None
    since: date
    until: date | None

    @staticmethod
    def resolve_person(row: Appointment) -> str:
        return row.person.number

    @staticmethod
    def resolve_organisation(row: Appointment) -> str | None:
        return row.organisation.number if row.organisation else None

    @staticmethod
    def resolve_region(row: Appointment) -> str | None:
        return row.region.code if row.region else None


class AppointIn(Schema):
    """Whom a unit appoints."""

    name: str
    username: str
    role: str
    phone: str = ""
    until: date | None = None


@organisations.get(
    "", response={200: PageOf[OrganisationOut], **ERRORS}, operation_id="list_organisations"
)
def list_organisations(request: HttpRequest, query: Query[OrganisationQuery]) -> Any:
    """The public register, newest first."""
    rows = queries.organisations_visible_to(request.actor, request.at).select_related("region")
    if query.kind:
        rows = rows.filter(kind=query.kind)
    if query.q:
        rows = rows.filter(name__icontains=query.q[:60].replace("\x00", ""))
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@organisations.get(
    "/{number}", response={200: OrganisationOut, **ERRORS}, operation_id="read_organisation"
)
def read_organisation(request: HttpRequest, number: str) -> Organisation:
    rows = queries.organisations_visible_to(request.actor, request.at).select_related("region")
    return found_or_404(rows, number=number)


@organisations.post(
    "", response={201: OrganisationOut, **ERRORS}, operation_id="register_organisation"
)
def register_organisation(request: HttpRequest, data: OrganisationIn) -> Any:
    """Enter an organisation in the register; officers and operators."""
    by = api_actor(request)
    rules.check_may_register(by)  # first: who may not register learns nothing of regions
    region = queries.region_by_code(data.region, shanghai_date(request.at))
    if region is None:
        raise rules.PartyRefused("parties.region", rules.UNKNOWN_REGION, {"code": data.region[:20]},
                                 ("region",))  # fmt: skip
    return Status(201, actions.register_organisation(
        code=data.code, name=rules.check_name(data.name),
        kind=rules.check_kind(data.kind, frozenset(Organisation.Kind.values), {}),
        region=region, by=by, at=request.at,
    ))  # fmt: skip


@organisations.post(
    "/{number}/appoint", response={201: AppointmentOut, **ERRORS}, operation_id="appoint_in_unit"
)
def appoint_in_unit(request: HttpRequest, number: str, data: AppointIn) -> Any:
    """Give a person of the unit a role; the unit's administrator."""
    by = api_actor(request)
    unit = found_or_404(queries.organisations_visible_to(by, request.at), number=number)
    rules.check_may_appoint(by, Role.FILLER, unit.code, unit.region_path)
    facts = {**data.dict(), "role": rules.check_unit_role(data.role)}
    return Status(201, actions.appoint_in_unit(unit=unit, facts=facts, by=by, at=request.at))


@appointments.get("/mine", response={200: list[AppointmentOut], **ERRORS},
                  operation_id="list_my_appointments")  # fmt: skip
def list_my_appointments(request: HttpRequest) -> list[Appointment]:
    """The appointments of the person whose token this is."""
    by = api_actor(request)
    return list(_own(by, request.at))


def _own(by: Actor, at: datetime) -> Any:
    person = queries.person_by_number(by.person)
    return queries.appointments_of(person, at) if person else []


@appointments.post(
    "/{number}/end", response={200: AppointmentOut, **ERRORS}, operation_id="end_appointment"
)
def end_appointment(request: HttpRequest, number: str) -> Appointment:
    """End an appointment of one's unit."""
    by = api_actor(request)
    rows = Appointment.objects.select_related("person", "organisation", "region")
    row = found_or_404(_manageable(rows, by), number=number)
    actions.end_appointment(appointment=row, by=by, at=request.at)
    row.refresh_from_db()
    return row


def _manageable(rows: Any, by: Actor) -> Any:
    if by.is_role(Role.OPERATOR):
        return rows
    return rows.filter(organisation__code=by.organisation)
