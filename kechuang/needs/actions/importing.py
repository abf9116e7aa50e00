"""Needs brought in a sheet: all or nothing, one entry of the record for the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.rows import Imported, ImportRefused, Placed
from kechuang.base.time import shanghai_date
from kechuang.doors.rows import write_rows, write_values
from kechuang.doors.sheets import Problem, Sheet
from kechuang.needs import rules
from kechuang.needs.actions.checking import accept
from kechuang.needs.actions.drafting import content_of, targets_for
from kechuang.needs.actions.steps import search_document
from kechuang.needs.models import Need, NeedStage, Target
from kechuang.needs.rules import State
from kechuang.needs.rules.rows import (
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
    rows: Sequence[tuple[int, Mapping[str, Any]]], *, by: Actor, at: datetime
) -> Reading:
    """Read the rows (number in the person's file, cells by column) without writing anything."""
    today = shanghai_date(at)
    problems: list[Placed] = []
    read = []
    for place, cells in rows:
        if not cells:
            continue
        row, wrong = read_row(place, cells, today, at)
        read.append(row)
        problems += [(place, column, refused) for column, refused in wrong]
    organisations = organisations_coded(row.owner_code for row in read)
    for row in read:
        known = organisations.get(row.owner_code)
        refused = problem_with_owner(row, by, known.region_path if known else None)
        if refused is not None:
            problems.append((row.place, "owner", refused))
    problems += problems_with_keys(read)
    return Reading(read, organisations, sorted(problems, key=lambda p: p[0]))


@transaction.atomic
def import_needs(
    *, rows: Sequence[tuple[int, Mapping[str, Any]]], source: str, by: Actor, at: datetime
) -> Imported:
    """Put the needs of a sheet into the register; a row that was there (same unit and key) is
    updated as far as its need is still live, and left alone where it has moved on.

    The sheet states the publication level its owner agreed to. Refuses with every problem
    (ImportRefused) and then writes nothing.
    """
    rules.check_may(rules.may_import(by), "import")
    reading = read_rows(rows, by=by, at=at)
    if reading.problems:
        raise ImportRefused(reading.problems)
    there = _there(reading)
    fresh = [row for row in reading.rows if (row.owner_code, row.key) not in there]
    known = [(there[row.owner_code, row.key], row) for row in reading.rows
             if (row.owner_code, row.key) in there]
    changed = [(need, row) for need, row in known
               if need.state in rules.LIVE and content_of(need) != row.content]
    _create(fresh, reading, by=by, at=at)
    _update(changed, at=at)
    if fresh or changed:
        record.append_batch(
            verb="needs.import", object_number=source[:40], by=by, at=at,
            rows=[{"key": row.key, "owner": row.owner_code, "state": row.state} for row in fresh]
            + [{"key": row.key, "owner": row.owner_code, "changed": True} for _, row in changed],
        )  # fmt: skip
    return Imported(len(fresh), len(changed), len(known) - len(changed))


def _there(reading: Reading) -> dict[tuple[str, str], Need]:
    rows = (
        Need.objects.select_for_update(of=("self",))
        .filter(source_key__in=[row.key for row in reading.rows],
                organisation__in=[o.pk for o in reading.organisations.values()])
        .select_related("organisation")
        .prefetch_related("targets")
        .order_by("pk")
    )  # fmt: skip
    return {(need.organisation.code, need.source_key): need for need in rows}


def _create(rows: list[RowRead], reading: Reading, *, by: Actor, at: datetime) -> None:
    numbers = record.take_numbers("XQ", len(rows), at=at) if rows else []
    needs = []
    for row, number in zip(rows, numbers, strict=True):
        organisation = reading.organisations[row.owner_code]
        need = Need(
            number=number, state=row.state, version=1, organisation=organisation,
            region_path=organisation.region_path, source_key=row.key, since=row.since,
            changed_at=at, submitted_at=row.since, consent_at=row.since,
        )  # fmt: skip
        if row.state == State.ACCEPTED:
            accept(need, at=row.since)
        else:
            need.until = rules.due(row.state, need.region_path, row.since)
        _write(need, row)
        needs.append(need)
    write_rows(needs)
    write_values(
        NeedStage,
        ("need_id", "stage", "since", "by_person", "by_role", "by_organisation", "note_public",
         "note_private"),
        ((need.pk, need.state, need.since, by.person, by.role, by.organisation, "", "")
         for need in needs),
    )  # fmt: skip
    _write_targets(list(zip(needs, rows, strict=True)), at=at)


def _write(need: Need, row: RowRead) -> None:
    content = row.content
    need.title, need.body, need.chain = content.title, content.body, content.chain
    need.keywords = list(content.keywords)
    need.budget_fen, need.due_date = content.budget_fen, content.due_date
    need.publication = content.publication


def _update(changed: list[tuple[Need, RowRead]], *, at: datetime) -> None:
    for need, row in changed:
        _write(need, row)
        need.changed_at = at
        need.version += 1
        need.save()
    Target.objects.filter(need__in=[need.pk for need, _ in changed]).delete()
    _write_targets(changed, at=at)


def _write_targets(pairs: list[tuple[Need, RowRead]], *, at: datetime) -> None:
    targets = [target for need, row in pairs for target in targets_for(need, row.content)]
    write_rows(targets)
    by_need: dict[int, list[Target]] = {}
    for target in targets:
        by_need.setdefault(target.need_id, []).append(target)
    search.put_documents(
        texts=[
            search.Text(**search_document(need, targets=by_need.get(need.pk, []), readers=[]))
            for need, _ in pairs
        ],
        at=at,
    )


def problems_with_sheet(*, sheet: Sheet, by: Actor, at: datetime) -> list[Problem]:
    """Everything that is wrong with a sheet, by row and column; writes nothing."""
    return sheet.with_problems(read_rows(sheet.numbered(), by=by, at=at).problems)


def import_sheet(*, sheet: Sheet, by: Actor, at: datetime) -> Imported:
    """Bring in a whole sheet, all or nothing; refuses with every problem (ImportRefused)."""
    problems = problems_with_sheet(sheet=sheet, by=by, at=at)
    if problems:
        raise ImportRefused([(one.row, one.column, one.refused) for one in problems])
    return import_needs(rows=sheet.numbered(), source=sheet.name, by=by, at=at)
