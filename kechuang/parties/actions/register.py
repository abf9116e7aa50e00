"""Writes of the parties: register organisations and people, appoint, give and revoke tokens."""

from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.codes import check_credit_code
from kechuang.base.refusals import N_, NotPermitted
from kechuang.parties import rules
from kechuang.parties.models import (
    Account,
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

    Refuses a wrong code (base.codes.CodeRefused), one that is already registered, and a region
    that is not the officer's.
    """
    rules.check_may_register(by)
    rules.check_may_register_in(by, region.path)
    code = check_credit_code(code)
    number = take_number("DW", at=at)  # holds the register until commit: two cannot enter one code
    if Organisation.objects.filter(code=code).exists():
        raise rules.PartyRefused(
            "parties.code_taken",
            N_("信用代码 {code} 已登记。"),
            {"code": code},
            ("code",),
            N_("请按代码查找该单位，不必再登记。"),
        )
    organisation = Organisation.objects.create(
        number=number, code=code, name=name.strip(), kind=kind, region=region,
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
def keep_contact(
    *, person: Person, by: Actor, at: datetime, phone: str = "", email: str = ""
) -> Contact:
    """Keep how to reach a person, as told by that person; what is left empty stays as it was.

    Refuses anybody but the person (base.refusals.NotPermitted). The record tells that, not what.
    """
    if by.person != person.number:
        raise NotPermitted(
            "parties.not_own_contact",
            N_("您不能改别人的联系方式。"), way_on=N_("由本人登录后修改。"),
        )
    contact, _new = Contact.objects.get_or_create(person=person)
    contact.phone, contact.email = phone or contact.phone, email or contact.email
    contact.save()
    append(verb="parties.keep_contact", object_number=person.number, by=by, at=at)
    return contact


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


