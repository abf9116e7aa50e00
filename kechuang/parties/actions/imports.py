"""Organisations and regions from a sheet: all or nothing, by their codes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.codes import check_credit_code
from kechuang.base.refusals import N_, Refused
from kechuang.base.rows import Placed
from kechuang.base.time import shanghai_date
from kechuang.doors.sheets import Problem, Sheet
from kechuang.parties import queries, rules
from kechuang.parties.models import Organisation, Region
from kechuang.record.actions import append_batch, take_numbers

KINDS = frozenset(Organisation.Kind.values)
KIND_NAMES = {
    "企业": "ENTERPRISE", "高校": "UNIVERSITY", "科研院所": "INSTITUTE",
    "新型研发机构": "NEW_RND", "医疗机构": "HOSPITAL", "政府部门": "OFFICE",
    "服务机构": "SERVICE",
}  # fmt: skip
COLUMNS = ("code", "name", "kind", "region", "industry", "founded_date", "parent_code")
ALIASES = {
    "统一社会信用代码": "code", "信用代码": "code", "单位": "name", "单位名称": "name",
    "类别": "kind", "地区代码": "region", "行业": "industry", "成立日期": "founded_date",
    "上级单位代码": "parent_code",
}  # fmt: skip
UPDATED = ("name", "kind", "region", "region_path", "industry", "founded_date", "version")


class _Reading:
    """Reads one sheet's cells, collecting every problem in its place."""

    def __init__(self, sheet: Sheet, regions: dict[str, Region], by: Actor) -> None:
        self.sheet = sheet
        self.regions = regions
        self.by = by
        codes = [str(row.get("code") or "").strip() for row in sheet.rows]
        self.known = queries.organisations_coded(code for code in codes if code)
        self.found: list[Placed] = []
        self.seen: dict[str, int] = {}

    def cell(self, index: int, column: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self.sheet.rows[index].get(column))
        except Refused as refused:
            self.found.append((self.sheet.number_of(index), column, refused))
            return None

    def region(self, value: Any) -> Region:
        region = self.regions.get(str(value or "").strip())
        if region is None:
            raise rules.PartyRefused(
                "parties.region", rules.UNKNOWN_REGION, {"code": str(value)[:20]},
                ("region",), N_("请先导入地区，或改用表中的六位代码。"),
            )  # fmt: skip
        rules.check_may_register_in(self.by, region.path)
        return region

    def code(self, index: int, value: Any) -> str:
        code = check_credit_code("" if value is None else value)
        if code in self.seen:
            raise rules.PartyRefused(
                "parties.code_twice", N_("信用代码与第 {row} 行重复。"),
                {"row": self.seen[code]}, ("code",), N_("请删去重复的一行。"),
            )  # fmt: skip
        self.seen[code] = self.sheet.number_of(index)
        if code in self.known:
            rules.check_may_register_in(self.by, self.known[code].region_path)
        return code

    def row(self, index: int) -> dict[str, Any]:
        region = self.cell(index, "region", self.region)
        return {
            "code": self.cell(index, "code", lambda value: self.code(index, value)),
            "name": self.cell(index, "name", rules.check_name),
            "kind": self.cell(index, "kind", lambda v: rules.check_kind(v, KINDS, KIND_NAMES)),
            "region": region,
            "region_path": region.path if region else "",
            "industry": self.cell(index, "industry", rules.check_industry),
            "founded_date": self.cell(index, "founded_date", rules.check_day),
        }

    def parent(self, index: int) -> str:
        """The credit code of the parent, which is in the register or in this sheet."""
        return self.cell(index, "parent_code", self._parent) or ""

    def _parent(self, value: Any) -> str:
        if value in (None, ""):
            return ""
        code = check_credit_code(value)
        if code not in self.seen and not Organisation.objects.filter(code=code).exists():
            raise rules.PartyRefused(
                "parties.parent", N_("上级单位 {code} 未登记，也不在本表。"), {"code": code},
                ("parent_code",), N_("请先导入上级单位，或放进同一张表。"),
            )  # fmt: skip
        return code


def read_organisations(
    sheet: Sheet, by: Actor, at: datetime
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The organisations of a sheet, and everything that is wrong with it."""
    regions = {r.code: r for r in queries.regions_in_force(shanghai_date(at))}
    reading = _Reading(sheet, regions, by)
    written = [index for index, row in enumerate(sheet.rows) if row]
    rows = [reading.row(index) for index in written]
    for index, row in zip(written, rows, strict=True):
        row["parent_code"] = reading.parent(index)
    return rows, sheet.with_problems(reading.found)


@transaction.atomic
def import_organisations(*, sheet: Sheet, by: Actor, at: datetime) -> dict[str, Any]:
    """Enter and update organisations by credit code, all or none.

    Returns {"problems": [...], "new": n, "updated": n}; with a problem nothing is written.
    """
    rules.check_may_register(by)
    rows, problems = read_organisations(sheet, by, at)
    if problems:
        return {"problems": problems, "new": 0, "updated": 0}
    parents = {row["code"]: row.pop("parent_code") for row in rows}
    known = {
        o.code: o
        for o in Organisation.objects.select_for_update(no_key=True)
        .filter(code__in=[row["code"] for row in rows])
        .order_by("pk")
    }
    fresh = [row for row in rows if row["code"] not in known]
    numbers = take_numbers("DW", len(fresh), at=at) if fresh else []
    Organisation.objects.bulk_create(
        [
            Organisation(number=number, registered_at=at, **row)
            for number, row in zip(numbers, fresh, strict=True)
        ],
        batch_size=2000,
    )
    changed = [_changed(known[row["code"]], row) for row in rows if row["code"] in known]
    Organisation.objects.bulk_update(changed, UPDATED, batch_size=1000)
    _set_parents({code: parent for code, parent in parents.items() if parent})
    append_batch(
        verb="parties.import_organisations", object_number="-", by=by, at=at,
        rows=[{"code": row["code"], "kind": row["kind"]} for row in rows],
    )  # fmt: skip
    return {"problems": [], "new": len(fresh), "updated": len(changed)}


def _changed(organisation: Organisation, row: dict[str, Any]) -> Organisation:
    for name, value in row.items():
        setattr(organisation, name, value)
    organisation.version += 1
    return organisation


def _set_parents(parents: dict[str, str]) -> None:
    found = queries.organisations_coded([*parents, *parents.values()])
    for code, parent in parents.items():
        found[code].parent = found[parent]
    Organisation.objects.bulk_update([found[code] for code in parents], ["parent"], batch_size=500)
