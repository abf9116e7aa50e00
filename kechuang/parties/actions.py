"""Writes of the parties: register organisations and people, appoint, give and revoke tokens."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.codes import check_credit_code
from kechuang.base.refusals import N_, NotPermitted
from kechuang.base.time import shanghai_date
from kechuang.parties import queries, rules
from kechuang.parties.models import (
    AccessToken,
    Account,
    Appointment,
    Contact,
    Organisation,
    Person,
    Region,
)
from kechuang.record.actions import append, take_number


@transaction.atomic
def register_organisation(
    *, code: str, name: str, kind: str, region: Region, by: Actor, at: datetime, **facts: Any
) -> Organisation:
    """Enter an organisation in the register, once per credit code.

    Refuses a wrong code (base.codes.CodeRefused) and one that is already registered.
    """
    code = check_credit_code(code)
    if Organisation.objects.filter(code=code).exists():
        raise rules.PartyRefused(
            "parties.code_taken",
            N_("信用代码 {code} 已登记。"),
            {"code": code},
            ("code",),
            N_("请按代码查找该单位，不必再登记。"),
        )
    organisation = Organisation.objects.create(
        number=take_number("DW", at=at), code=code, name=name.strip(), kind=kind, region=region,
        region_path=region.path, registered_at=at, **facts,
    )  # fmt: skip
    append(
        verb="parties.register_organisation", object_number=organisation.number, by=by, at=at,
        payload={"code": code, "kind": kind, "region": region.code},
    )  # fmt: skip
    return organisation


@transaction.atomic
def register_person(
    *,
    name: str,
    organisation: Organisation | None,
    by: Actor,
    at: datetime,
    phone: str = "",
    email: str = "",
    **facts: Any,
) -> Person:
    """Enter a person; the contact is kept apart, so that it can be erased."""
    person = Person.objects.create(
        number=take_number("RY", at=at), name=name.strip(), organisation=organisation, **facts
    )
    Contact.objects.create(person=person, phone=phone, email=email)
    unit = organisation.code if organisation else ""
    append(
        verb="parties.register_person", object_number=person.number, by=by, at=at,
        payload={"organisation": unit},
    )  # fmt: skip
    return person


@transaction.atomic
def open_account(
    *, person: Person | None, username: str, password: str | None, by: Actor, at: datetime
) -> Account:
    """Open an account for a person; without a password it cannot sign in until one is set."""
    if Account.objects.filter(username=username).exists():
        raise rules.PartyRefused(
            "parties.username_taken",
            N_("登录名“{username}”已有人用。"),
            {"username": username},
            ("username",),
        )
    account = Account(username=username, person=person)
    account.set_password(password)
    account.save(force_insert=True)
    append(
        verb="parties.open_account", object_number=person.number if person else "-", by=by, at=at
    )
    return account


@transaction.atomic
def appoint(
    *,
    person: Person,
    role: Role,
    by: Actor,
    at: datetime,
    organisation: Organisation | None = None,
    region: Region | None = None,
    since: date | None = None,
    until: date | None = None,
    office: str = "",
) -> Appointment:
    """Give a person a role in a unit or a region, from a day on.

    Refuses roles that one person must not hold together, and appointers without the right.
    """
    path = region.path if region else (organisation.region_path if organisation else "")
    rules.check_may_appoint(by, role, organisation.code if organisation else "", path)
    since = since or shanghai_date(at)
    rules.check_dates(since, until)
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    held = frozenset(Role(row.role) for row in queries.appointments_of(person, at))
    rules.check_compatible(role, held)
    appointment = Appointment.objects.create(
        person=person, role=role, organisation=organisation, region=region, since=since,
        until=until, office=office,
    )  # fmt: skip
    append(
        verb="parties.appoint", object_number=person.number, by=by, at=at,
        payload={"role": role.value, "appointment": appointment.number,
                 "organisation": organisation.code if organisation else "",
                 "region": region.code if region else ""},
    )  # fmt: skip
    return appointment


@transaction.atomic
def end_appointment(*, appointment: Appointment, by: Actor, at: datetime) -> None:
    """End an appointment today; it stays in the register."""
    row = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("person", "organisation", "region")
        .get(pk=appointment.pk)
    )
    actor = row.actor()
    rules.check_may_appoint(by, Role(row.role), actor.organisation, actor.region)
    today = shanghai_date(at)
    if row.until is not None and row.until <= today:
        return
    if row.since >= today:
        raise rules.PartyRefused(
            "parties.began_today", N_("今天才开始的任职，明天起才能结束。"), {}, ("until",)
        )
    row.until = today
    row.save(update_fields=["until"])
    append(
        verb="parties.end_appointment", object_number=row.person.number, by=by, at=at,
        payload={"appointment": row.number, "role": row.role},
    )  # fmt: skip


@transaction.atomic
def create_token(
    *, appointment: Appointment, label: str, days: int, by: Actor, at: datetime
) -> tuple[AccessToken, str]:
    """Make a token for one's own appointment; its text is shown once and kept as a hash."""
    if by.person != appointment.person.number and not by.is_role(Role.OPERATOR):
        raise NotPermitted(
            "parties.not_your_appointment", N_("只能为自己的任职生成令牌。"), {}, ("appointment",)
        )
    text = rules.TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        appointment=appointment, label=label.strip() or "-", created_at=at,
        token_hash=rules.hash_of_token(text), until=at + rules.check_token_days(days),
    )  # fmt: skip
    append(
        verb="parties.create_token", object_number=appointment.person.number, by=by, at=at,
        payload={"token": token.number, "appointment": appointment.number},
    )  # fmt: skip
    return token, text


@transaction.atomic
def revoke_token(*, token: AccessToken, by: Actor, at: datetime) -> None:
    """Make a token worthless at once."""
    row = (
        AccessToken.objects.select_for_update(of=("self",))
        .select_related("appointment__person")
        .get(pk=token.pk)
    )
    if by.person != row.appointment.person.number and not by.is_role(Role.OPERATOR):
        raise NotPermitted("parties.not_your_token", N_("只能撤销自己的令牌。"), {})
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        append(
            verb="parties.revoke_token", object_number=row.appointment.person.number, by=by, at=at,
            payload={"token": row.number},
        )  # fmt: skip
