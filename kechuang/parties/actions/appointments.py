"""Appointments and tokens."""

import secrets
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted
from kechuang.base.time import shanghai_date
from kechuang.parties import queries, rules
from kechuang.parties.actions.register import open_account, register_person
from kechuang.parties.models import AccessToken, Account, Appointment, Organisation, Person, Region
from kechuang.record.actions import append


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


@transaction.atomic
def appoint_in_unit(
    *, unit: Organisation, facts: dict[str, Any], by: Actor, at: datetime
) -> Appointment:
    """Give a person of the unit a role, opening an account where there is none.

    `facts`: name, username, phone, role, until. Refuses a sign-in name that belongs to somebody of
    another unit.
    """
    account = Account.objects.filter(username=facts["username"]).select_related("person").first()
    if account is None:
        person = register_person(
            name=facts["name"], organisation=unit, phone=facts["phone"], by=by, at=at
        )
        open_account(person=person, username=facts["username"], password=None, by=by, at=at)
    elif account.person is None or account.person.organisation_id != unit.pk:
        raise rules.PartyRefused(
            "parties.username_of_another_unit",
            N_("登录名“{username}”属于别的单位。"),
            {"username": facts["username"]},
            ("username",),
            N_("请换一个登录名，或请平台管理员转移账户。"),
        )
    else:
        person = account.person
    return appoint(
        person=person, role=Role(facts["role"]), organisation=unit, until=facts["until"], by=by,
        at=at,
    )  # fmt: skip
