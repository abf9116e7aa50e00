"""Sheets of what is known of enterprises: checked by row and column, all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, NotPermitted
from kechuang.base.rows import Imported, ImportRefused, Placed
from kechuang.base.time import shanghai_date
from kechuang.cultivation import rules
from kechuang.cultivation.actions.learning import Said, learn, source_of
from kechuang.cultivation.models import Source, YearlyReturn
from kechuang.cultivation.rules import sheets
from kechuang.cultivation.rules.figures import FIGURES, problems_with_figures
from kechuang.doors.sheets import Problem, Sheet
from kechuang.parties.models import Organisation
from kechuang.parties.queries import organisations_coded

DEPARTMENT = "科技局"  # whose the data are where a sheet does not say


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sheet says, and everything that is wrong with it by row and column."""

    rows: list[sheets.RowRead]
    organisations: dict[str, Organisation]
    problems: list[Placed]


def read_rows(
    table: str, rows: Sequence[tuple[int, Mapping[str, Any]]], *, by: Actor, at: datetime
) -> Reading:
    """Read the rows (number in the person's file, cells by column) without writing anything."""
    today = shanghai_date(at)
    read: list[sheets.RowRead] = []
    problems: list[Placed] = []
    heads: dict[int, Mapping[str, Any]] = {}
    for place, cells in rows:
        if cells:
            row, wrong = sheets.read_row(table, place, cells, today)
            read.append(row)
            heads[place] = cells
            problems += [(place, column, refused) for column, refused in wrong]
    organisations = organisations_coded(row.owner_code for row in read)
    for row in read:
        refused = _owner_problem(row, organisations.get(row.owner_code), by)
        if refused is not None:
            problems.append((row.place, sheets.CODE, refused))
    problems += _twice(read)
    if table == "returns":
        problems += _figure_problems(read, organisations, heads)
    return Reading(read, organisations, sorted(problems, key=lambda one: one[0]))


def _owner_problem(
    row: sheets.RowRead, organisation: Organisation | None, by: Actor
) -> rules.CultivationRefused | NotPermitted | None:
    if not row.owner_code:
        return None
    if organisation is None:
        return rules.CultivationRefused(
            "facts.unknown_unit", N_("名录里没有信用代码为“{code}”的单位。"),
            {"code": row.owner_code}, (), N_("请先在单位名录里登记。"),
        )  # fmt: skip
    if by.via != "command" and not by.covers(organisation.region_path):
        return NotPermitted(
            "facts.other_region", N_("“{unit}”不在您的地区。"), {"unit": organisation.name}, (),
            N_("请由该地区的科技局导入。"),
        )  # fmt: skip
    return None


def _twice(read: Sequence[sheets.RowRead]) -> list[Placed]:
    first: dict[tuple[str, str], int] = {}
    found: list[Placed] = []
    for row in read:
        known = first.setdefault((row.owner_code, row.key), row.place)
        if known != row.place and row.owner_code:
            found.append((row.place, sheets.CODE, rules.CultivationRefused(
                "facts.row_twice", N_("与第 {row} 行是同一家企业的同一条。"), {"row": known}, (),
                N_("请只留一行。"))))  # fmt: skip
    return found


def _figure_problems(
    read: Sequence[sheets.RowRead], organisations: Mapping[str, Organisation],
    heads: Mapping[int, Mapping[str, Any]],
) -> list[Placed]:  # fmt: skip
    """Figures that contradict their unit, the staff, or the year before, by the head they have."""
    known: dict[tuple[str, int], dict[str, int]] = {}
    rows = YearlyReturn.objects.filter(
        organisation__in=[one.pk for one in organisations.values()], known_until__isnull=True
    ).values("organisation__code", "year", *FIGURES)
    for one in rows:
        known[one["organisation__code"], one["year"]] = {
            name: one[name] for name in FIGURES if one[name] is not None
        }
    for row in read:
        if row.key:
            here = known.setdefault((row.owner_code, int(row.key)), {})
            known[row.owner_code, int(row.key)] = here | row.values
    found: list[Placed] = []
    for row in read:
        if not row.key:
            continue
        year = int(row.key)
        wrong = problems_with_figures(
            row.written, known[row.owner_code, year], known.get((row.owner_code, year - 1), {})
        )
        found += [(row.place, _head(column, heads[row.place]), refused)
                  for column, refused in wrong]  # fmt: skip
    return found


def _head(column: str, cells: Mapping[str, Any]) -> str:
    return next((head for head in cells if head.partition(".")[0] == column), column)


@transaction.atomic
def import_facts(
    *, table: str, rows: Sequence[tuple[int, Mapping[str, Any]]], source: str, by: Actor,
    at: datetime,
) -> Imported:  # fmt: skip
    """Keep what a sheet says of enterprises; a row that was there is corrected, not doubled.

    Refuses with every problem (ImportRefused) and then writes nothing.
    """
    rules.check_may(rules.may_import(by), "import")
    reading = read_rows(table, rows, by=by, at=at)
    if reading.problems:
        raise ImportRefused(reading.problems)
    groups: dict[tuple[str, str, str], list[Said]] = {}
    for row in reading.rows:
        groups.setdefault(row.origin, []).append(
            Said(reading.organisations[row.owner_code], table, row.key, row.values, row.is_over)
        )
    created = updated = unchanged = 0
    for (title, department, day), said in groups.items():
        origin = source_of(
            kind=Source.Kind.SHEET, title=title or source, department=department or DEPARTMENT,
            day=date.fromisoformat(day) if day else shanghai_date(at), by=by, at=at,
        )  # fmt: skip
        done = learn(said=said, source=origin, by=by, at=at)
        created, updated = created + done.created, updated + done.updated
        unchanged += done.unchanged
    return Imported(created, updated, unchanged)


def problems_with_sheet(*, table: str, sheet: Sheet, by: Actor, at: datetime) -> list[Problem]:
    """Everything that is wrong with a sheet, by row and column; writes nothing."""
    return sheet.with_problems(read_rows(table, sheet.numbered(), by=by, at=at).problems)


def import_sheet(*, table: str, sheet: Sheet, by: Actor, at: datetime) -> Imported:
    """Bring in a whole sheet, all or nothing; refuses with every problem (ImportRefused)."""
    problems = problems_with_sheet(table=table, sheet=sheet, by=by, at=at)
    if problems:
        raise ImportRefused([(one.row, one.column, one.refused) for one in problems])
    return import_facts(table=table, rows=sheet.numbered(), source=sheet.name, by=by, at=at)
