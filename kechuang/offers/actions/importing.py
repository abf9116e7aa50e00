"""Offers brought in a sheet: all or nothing, one entry of the record for the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from kechuang.base.actor import Actor, Role
from kechuang.base.rows import Imported, ImportRefused, Placed
from kechuang.base.time import shanghai_date
from kechuang.doors.rows import write_rows, write_values
from kechuang.doors.sheets import Problem, Sheet
from kechuang.offers import rules
from kechuang.offers.actions.drafting import content_of, figures_for, write_content
from kechuang.offers.actions.steps import search_document
from kechuang.offers.models import Figure, Offer, OfferStage
from kechuang.offers.rules import State
from kechuang.offers.rules.rows import (
    RowRead,
    problem_with_owner,
    problems_with_keys,
    read_row,
)
from kechuang.parties.models import Organisation
from kechuang.parties.queries import organisations_coded
from kechuang.record import actions as record
from kechuang.search import actions as search


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sheet says, and everything that is wrong with it by row and column."""

    rows: list[RowRead]
    organisations: dict[str, Organisation]
    problems: list[Placed]


def read_rows(
    rows: Sequence[tuple[int, Mapping[str, Any]]], *, owner_code: str = "", by: Actor, at: datetime
) -> Reading:
    """Read the rows (number in the person's file, cells by column) without writing anything."""
    today = shanghai_date(at)
    owner = by.organisation if by.is_role(Role.UNIT_ADMIN) else owner_code
    problems: list[Placed] = []
    read = []
    for place, cells in rows:
        if not cells:
            continue
        row, wrong = read_row(place, cells, today, owner)
        read.append(row)
        problems += [(place, column, refused) for column, refused in wrong]
    organisations = organisations_coded(row.owner_code for row in read)
    for row in read:
        known = organisations.get(row.owner_code)
        refused = problem_with_owner(row, by, known.region_path if known else None)
        if refused is not None and not any(p[0] == row.place and p[1] == "owner" for p in problems):
            problems.append((row.place, "owner", refused))
    problems += problems_with_keys(read)
    return Reading(read, organisations, sorted(problems, key=lambda p: p[0]))


@transaction.atomic
def import_offers(
    *,
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    source: str,
    owner_code: str = "",
    by: Actor,
    at: datetime,
) -> Imported:
    """Publish the offers of a sheet; a row that was there (same owner, source, key) is updated.

    Refuses with every problem (ImportRefused) and then writes nothing.
    """
    owner = by.organisation if by.is_role(Role.UNIT_ADMIN) else owner_code
    rules.check_may(rules.may_import(by, owner), "import")
    reading = read_rows(rows, owner_code=owner_code, by=by, at=at)
    if reading.problems:
        raise ImportRefused(reading.problems)
    there = _there(reading, source)
    fresh = [row for row in reading.rows if _place(row, reading) not in there]
    known = [(there[_place(row, reading)], row) for row in reading.rows
             if _place(row, reading) in there]
    changed = [(offer, row) for offer, row in known if content_of(offer) != row.content]
    _create(fresh, reading, source, by=by, at=at)
    _update(changed, at=at)
    if fresh or changed:
        record.append_batch(
            verb="offers.import", object_number=source[:40], by=by, at=at,
            rows=[{"key": row.key, "owner": row.owner_code} for row in fresh]
            + [{"key": row.key, "owner": row.owner_code, "changed": True} for _, row in changed],
        )  # fmt: skip
    return Imported(len(fresh), len(changed), len(known) - len(changed))


def _place(row: RowRead, reading: Reading) -> tuple[int | None, str]:
    known = reading.organisations.get(row.owner_code)
    return (known.pk if known else None, row.key)


def _there(reading: Reading, source: str) -> dict[tuple[int | None, str], Offer]:
    owners = Q(organisation__in=[one.pk for one in reading.organisations.values()])
    if any(_place(row, reading)[0] is None for row in reading.rows):
        owners |= Q(organisation=None)
    rows = (
        Offer.objects.select_for_update(of=("self",))
        .filter(owners, source=source, source_key__in=[row.key for row in reading.rows])
        .select_related("organisation")
        .prefetch_related("figures")
        .order_by("pk")
    )
    return {(offer.organisation_id, offer.source_key): offer for offer in rows}


def _create(
    rows: list[RowRead], reading: Reading, source: str, *, by: Actor, at: datetime
) -> None:
    offers = []
    numbers = record.take_numbers("CG", len(rows), at=at) if rows else []
    for row, number in zip(rows, numbers, strict=True):
        organisation = reading.organisations.get(row.owner_code)
        offer = Offer(
            number=number, state=State.PUBLISHED, version=1, organisation=organisation,
            region_path=organisation.region_path if organisation else by.region,
            source=source, source_key=row.key, since=at, changed_at=at, submitted_at=at,
            published_at=at,
        )  # fmt: skip
        write_content(offer, row.content)
        offers.append(offer)
    write_rows(offers)
    write_values(
        OfferStage,
        ("offer_id", "stage", "since", "by_person", "by_role", "by_organisation", "note_public",
         "note_private"),
        ((offer.pk, offer.state, offer.since, by.person, by.role, by.organisation, "", "")
         for offer in offers),
    )  # fmt: skip
    _write_figures([(offer, row) for offer, row in zip(offers, rows, strict=True)], at=at)


def _update(changed: list[tuple[Offer, RowRead]], *, at: datetime) -> None:
    for offer, row in changed:
        write_content(offer, row.content)
        offer.changed_at = at
        offer.version += 1
        offer.save()
    Figure.objects.filter(offer__in=[offer.pk for offer, _ in changed]).delete()
    _write_figures(changed, at=at)


def _write_figures(pairs: list[tuple[Offer, RowRead]], *, at: datetime) -> None:
    figures = [one for offer, row in pairs for one in figures_for(offer, row.content)]
    write_rows(figures)
    documents = []
    for offer, row in pairs:
        said = [offer.summary, offer.body, *offer.works]
        said += [f"{one.name} {one.value} {one.unit}" for one in row.content.figures]
        documents.append(search.Text(**search_document(offer, "\n".join(filter(None, said)))))
    search.put_documents(texts=documents, at=at)


def problems_with_sheet(*, sheet: Sheet, by: Actor, at: datetime) -> list[Problem]:
    """Everything that is wrong with a sheet, by row and column; writes nothing."""
    return sheet.with_problems(read_rows(sheet.numbered(), by=by, at=at).problems)


def import_sheet(*, sheet: Sheet, by: Actor, at: datetime) -> Imported:
    """Bring in a whole sheet, all or nothing; refuses with every problem (ImportRefused)."""
    problems = problems_with_sheet(sheet=sheet, by=by, at=at)
    if problems:
        raise ImportRefused([(one.row, one.column, one.refused) for one in problems])
    return import_offers(rows=sheet.numbered(), source=sheet.name, by=by, at=at)
