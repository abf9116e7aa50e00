"""Registers filled by the batch: one entry of the record with the root of its rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import ORGANISATION_ROLES, Actor
from kechuang.base.codes import check_credit_code
from kechuang.parties import rules
from kechuang.parties.models import (
    Account,
    Appointment,
    Contact,
    Organisation,
    Person,
    Region,
)
from kechuang.record.actions import append_batch, take_numbers

BATCH = 2000


@transaction.atomic
def enter_regions(
    *, rows: Sequence[Mapping[str, Any]], by: Actor, at: datetime
) -> dict[str, Region]:
    """Enter regions by code, parents before children; those that are there stay as they are.

    A row has code, name, name_en, level, parent (a code or ""), and may have source, tile_x,
    tile_y and is_demo. Gives all of them by code.
    """
    rules.check_may_register(by)
    known = {
        region.code: region
        for region in Region.objects.filter(
            until__isnull=True, code__in=[row["code"] for row in rows]
        )
    }
    fresh = []
    for row in rows:
        if row["code"] in known:
            continue
        parent = known[row["parent"]] if row["parent"] else None
        path = f"{parent.path}/{row['code']}" if parent else str(row["code"])
        known[row["code"]] = Region.objects.create(**{**row, "parent": parent}, path=path)
        fresh.append({"code": row["code"], "path": path})
    if fresh:
        append_batch(
            verb="parties.enter_regions", object_number="-", rows=fresh, by=by, at=at
        )
    return known


@transaction.atomic
def register_organisations(
    *, rows: Sequence[Mapping[str, Any]], by: Actor, at: datetime
) -> list[Organisation]:
    """Enter many organisations at once; a row has code, name, kind, region and other columns.

    Refuses a wrong credit code (base.codes.CodeRefused); one that is taken breaks the batch.
    """
    rules.check_may_register(by)
    numbers = take_numbers("DW", len(rows), at=at)
    made = Organisation.objects.bulk_create(
        [
            Organisation(
                **{"registered_at": at, **row, "code": check_credit_code(row["code"])},
                number=number, region_path=row["region"].path,
            )
            for number, row in zip(numbers, rows, strict=True)
        ],
        batch_size=BATCH,
    )  # fmt: skip
    append_batch(
        verb="parties.register_organisations", object_number="-", by=by, at=at,
        rows=[{"code": one.code, "kind": one.kind} for one in made],
    )  # fmt: skip
    return made


@transaction.atomic
def register_people(
    *, rows: Sequence[Mapping[str, Any]], since: date, by: Actor, at: datetime
) -> list[Appointment]:
    """Enter many people at once, each with an account and one appointment; in their order.

    A row has name, username, role and organisation, and may have name_en, title, fields_of_work,
    region, encoded (a password hashed already) and is_demo. Refuses who may not appoint.
    """
    numbers = take_numbers("RY", len(rows), at=at)
    people, accounts, seats = [], [], []
    for row, number in zip(rows, numbers, strict=True):
        unit = row["organisation"] if row["role"] in ORGANISATION_ROLES else None
        region = row.get("region")
        path = region.path if region else (unit.region_path if unit else "")
        rules.check_may_appoint(by, row["role"], unit.code if unit else "", path)
        person = Person(
            number=number, name=row["name"], name_en=row.get("name_en", ""),
            title=row.get("title", ""), fields_of_work=row.get("fields_of_work", []),
            organisation=row["organisation"], is_demo=row.get("is_demo", False),
        )  # fmt: skip
        account = Account(username=row["username"], person=person)
        account.set_unusable_password()
        account.password = row.get("encoded") or account.password
        people.append(person)
        accounts.append(account)
        seats.append(Appointment(
            person=person, role=row["role"], organisation=unit, region=region, since=since
        ))  # fmt: skip
    Person.objects.bulk_create(people, batch_size=BATCH)
    Contact.objects.bulk_create([Contact(person=one) for one in people], batch_size=BATCH)
    Account.objects.bulk_create(accounts, batch_size=BATCH)
    Appointment.objects.bulk_create(seats, batch_size=BATCH)
    append_batch(
        verb="parties.register_people", object_number="-", by=by, at=at,
        rows=[{"person": one.person.number, "appointment": one.number, "role": str(one.role)}
              for one in seats],
    )  # fmt: skip
    return seats
