"""Enterprises with years of figures, drawn within the bounds of enterprises.toml: what tier each
stands at, the rule sets say.
"""

import itertools
import random
import tomllib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from kechuang.base.actor import Role
from kechuang.base.codes import credit_code_with_check
from kechuang.cultivation import actions as cultivation
from kechuang.cultivation.models import LISTS, Profile, Verdict, YearlyReturn
from kechuang.cultivation.rules.figures import FIGURES
from kechuang.engines.eligibility.schema import schema
from kechuang.parties import actions as parties
from kechuang.parties.models import Organisation
from kechuang.site.demo import texts
from kechuang.site.demo.cast import OPERATOR, Cast, further
from kechuang.site.demo.tables import taking_in
from kechuang.site.demo.variety import Shuffle

WAN = 1_000_000  # fen
INDUSTRIES = ("C3562", "C2770", "C3463", "I6513", "M7320", "C3989", "C2661", "C3734", "M7519")
TABLES = (Profile, YearlyReturn, *LISTS.values(), Verdict)
KNOWN_LISTS = tuple(schema().lists)
JUDGED = {
    "key_field": 1, "ip_advanced": 7, "ip_core": 7, "ip_quantity": 8, "ip_source": 6,
    "org_system": 5, "org_institution": 5, "org_incentive": 3, "org_people": 3,
}  # fmt: skip


@dataclass
class Drawn:
    """The rows of all tables, as they are written."""

    profile: list[tuple[Any, ...]] = field(default_factory=list)
    returns: list[tuple[Any, ...]] = field(default_factory=list)
    lists: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {name: [] for name in KNOWN_LISTS}
    )


@dataclass
class _Drawing:
    """One load: the day, the parameters, the numbers in their order."""

    day: date
    said: dict[str, Any]
    numbers: Shuffle
    rows: Drawn = field(default_factory=Drawn)

    def within(self, bounds: list[int]) -> int:
        low, high = bounds
        return low + self.numbers.below(high - low + 1)

    def ago(self, days: int) -> date:
        return self.day - timedelta(days=days)


def grow(cast: Cast, size: str) -> None:
    """Enter what is known of the city's enterprises, and hold them against the rules."""
    said = tomllib.loads((texts.FOLDER / "enterprises.toml").read_text("utf-8"))
    kind = "town" if size == "town" else "city"
    groups = [name for name, count in said["counts"][kind].items() for _ in range(count)]
    cases = said["case"] if kind == "town" else []
    units = _enterprises(cast, len(groups) + len(cases))
    drawing = _Drawing(cast.clock.day, said, Shuffle(said["seed"]))
    random.Random(said["seed"]).shuffle(groups)
    over = said["contracts"]["over"][kind]
    for unit, (group, case) in zip(
        units, [*((one["group"], one) for one in cases), *((one, {}) for one in groups)],
        strict=True,
    ):  # fmt: skip
        is_over = group == said["contracts"]["group"] and not case and over > 0
        over -= is_over
        _draw(drawing, unit, said["groups"][group], case, is_over)
    at = cast.clock.at(-40)
    officer = cast.actor("linjing")
    source = cultivation.source_of(
        kind="SHEET", title="示例市企业年度统计（演示数据）", department="科技局", day=at.date(),
        is_demo=True, by=officer, at=at,
    )  # fmt: skip
    many = taking_in(*TABLES) if kind == "city" else nullcontext()
    with many:
        cultivation.take_in(
            source=source, profile=drawing.rows.profile, returns=drawing.rows.returns,
            lists=drawing.rows.lists, by=officer, at=at,
        )  # fmt: skip
        cultivation.recompute(by=OPERATOR, at=cast.clock.at(-1, 1))
    cultivation.remind_of_expiry(by=OPERATOR, at=cast.clock.at(-1, 2))
    _declare(cast)


def _enterprises(cast: Cast, count: int) -> list[Organisation]:
    """The city's enterprises, and as many more as there are to be."""
    path = cast.city.path + "/"
    known = [one for one in cast.owners("ENTERPRISE") if one.region_path.startswith(path)]
    names = {one.name for one in cast.everyone}
    rows = [
        row | {
            "code": credit_code_with_check(f"91990100MA{serial:07d}"), "is_demo": True,
            "kind": "ENTERPRISE", "sort_key": f"{serial:06d}",
            "above_designated_size": serial % 4 == 0,
            "registered_at": cast.clock.at(-(30 + serial % 700)),
        }
        for serial, row in enumerate(
            itertools.islice(_new_names(cast, names), max(count - len(known), 0)),
            len(cast.everyone) + 1,
        )
    ]  # fmt: skip
    more = parties.register_organisations(rows=rows, by=OPERATOR, at=cast.clock.at(-898))
    return [*known, *more][:count]


def _new_names(cast: Cast, taken: set[str]) -> Iterator[dict[str, Any]]:
    for row in further(cast, random.Random("enterprises")):
        if row["kind"] == "ENTERPRISE" and row["name"] not in taken:
            yield row


# --- one enterprise -----------------------------------------------------------------------


def _draw(
    to: _Drawing, unit: Organisation, group: dict[str, Any], case: dict[str, Any], is_over: bool
) -> None:
    founded = to.ago(to.within(group["age"]))
    judged = {}
    if to.numbers.below(1000) < group.get("judged", 0):
        judged = dict(JUDGED)
    if group.get("breakthrough"):
        judged["breakthrough"] = 1
    unknown = case.get("unknown_lists", ())
    to.rows.profile.append((
        unit.pk, founded, True, to.numbers.one(INDUSTRIES), unit.region.code, judged,
        *(name not in unknown for name in KNOWN_LISTS),
    ))  # fmt: skip
    _years(to, unit, group, case, founded)
    _property(to, unit, group)
    _certificates(to, unit, group, case)
    _contracts(to, unit, case, is_over)
    if case.get("list"):
        to.rows.lists["lists"].append((unit.pk, "L1", case["list"], to.ago(200), None))
    if case.get("incident"):
        to.rows.lists["incidents"].append((unit.pk, "S1", to.ago(120), case["incident"]))
    if group.get("valuation_usd"):
        to.rows.lists["financing"].append(
            (unit.pk, "D", to.ago(300), 60_000 * WAN, group["valuation_usd"] * 100)
        )


def _years(
    to: _Drawing, unit: Organisation, group: dict[str, Any], case: dict[str, Any], founded: date
) -> None:
    """Last year is drawn; the years before follow from the growth, back to the founding."""
    staff = to.within(group["staff"])
    revenue = staff * to.within(group["revenue_per_head"]) * WAN + to.numbers.below(WAN)
    rd_staff, rd = to.within(group["rd_staff"]), to.within(group["rd"])
    main, costs, debts = to.within([760, 960]), to.within([820, 960]), to.within([180, 540])
    for back in range(1, to.said["years"] + 1):
        year = to.day.year - back
        if year < founded.year:
            return
        figures = _figures(staff, revenue, (rd_staff, rd, main, costs, debts))
        if back == 1:
            figures |= case.get("last", {})
            if to.numbers.below(1000) < group.get("gap", 0):
                figures["revenue_hitech_fen"] = None
            figures |= dict.fromkeys(case.get("missing", ()))
        to.rows.returns.append((unit.pk, year, *(figures[name] for name in FIGURES)))
        growth = 1000 + to.within(group["growth"])
        revenue = revenue * 1000 // growth
        staff = max(staff * 1000 // (1000 + (growth - 1000) // 3), 3)


def _figures(staff: int, revenue: int, shares: tuple[int, ...]) -> dict[str, Any]:
    rd_staff, rd_share, main, costs, debts = shares
    scientists = -(-staff * rd_staff // 1000)  # a part of a person is a person
    rd = revenue * rd_share // 1000
    assets = revenue * 9 // 10
    return {
        "staff": staff, "staff_rd": scientists, "staff_college": scientists * 8 // 10,
        "revenue_fen": revenue, "revenue_hitech_fen": revenue * main // 1100,
        "income_total_fen": revenue * 102 // 100, "rd_fen": rd, "rd_domestic_fen": rd * 94 // 100,
        "costs_fen": revenue * costs // 1000, "assets_fen": assets,
        "debts_fen": assets * debts // 1000,
        "net_assets_fen": assets - assets * debts // 1000,
        "main_revenue_fen": revenue * main // 1000,
    }  # fmt: skip


def _property(to: _Drawing, unit: Organisation, group: dict[str, Any]) -> None:
    rows = to.rows.lists["ip"]
    if to.numbers.below(1000) < group["class_one"]:
        rows.append((unit.pk, "I", "I", "发明专利", to.within([1, 6]), True,
                     to.ago(to.within([200, 2500]))))  # fmt: skip
    two = to.within(group["class_two"])
    if two:
        rows.append((unit.pk, "II", "II", "实用新型", two, True,
                     to.ago(to.within([100, 2000]))))  # fmt: skip
    made = to.within(group["conversions"])
    for back in range(1, 4):
        to.rows.lists["conversions"].append(
            (unit.pk, str(back), to.day.year - back, made // 3 + (made % 3 >= back))
        )


def _certificates(
    to: _Drawing, unit: Organisation, group: dict[str, Any], case: dict[str, Any]
) -> None:
    if "certificate" not in group:
        return
    left = case.get("certificate_days", to.within([20, 1090]))
    until = to.day + timedelta(days=left)
    to.rows.lists["certificates"].append(
        (unit.pk, f"GR{unit.pk:08d}", group["certificate"], until - timedelta(days=1096), until)
    )


def _contracts(to: _Drawing, unit: Organisation, case: dict[str, Any], is_over: bool) -> None:
    said = to.said["contracts"]
    years = sorted({said["year"], to.day.year - 1})
    if "contracts_fen" in case:
        for year in years:
            to.rows.lists["contracts"].append(
                (unit.pk, f"{year}-1", date(year, 6, 30), case["contracts_fen"],
                 case["contracts_fen"] * 9 // 10)
            )  # fmt: skip
    elif is_over:
        for year in years:
            _year_of_contracts(to, unit, year, to.within(said["over_wan"]) * WAN)
    elif to.numbers.below(1000) < said["others_share"]:
        total = to.within(said["others_wan"]) * WAN
        to.rows.lists["contracts"].append(
            (unit.pk, f"{years[-1]}-1", date(years[-1], 1 + to.numbers.below(12), 15), total,
             total * to.within(said["technical_share"]) // 1000)
        )  # fmt: skip


def _year_of_contracts(to: _Drawing, unit: Organisation, year: int, total: int) -> None:
    """Contracts of a year that sum to a total to the fen."""
    parts = to.within(to.said["contracts"]["parts"])
    left = total
    for serial in range(parts):
        amount = left if serial == parts - 1 else total // parts
        left -= amount
        technical = amount * to.within(to.said["contracts"]["technical_share"]) // 1000
        to.rows.lists["contracts"].append(
            (unit.pk, f"{year}-{serial + 1}", date(year, 1 + serial, 20), amount, technical)
        )


def _declare(cast: Cast) -> None:
    """Two enterprises of the cast have sent last year's figures; the county has yet to check."""
    acting = [
        unit for unit in cast.owners("ENTERPRISE")
        if (unit.name, Role.FILLER) in cast.by_unit
        and unit.region_path.startswith(cast.city.path + "/")
    ]  # fmt: skip
    for place, unit in enumerate(acting[1:3], 1):
        cultivation.declare(
            organisation=unit, year=cast.clock.day.year - 1,
            figures={"staff": 140 + place, "staff_rd": 40 + place, "staff_college": 30 + place},
            by=cast.unit_actor(unit.name, Role.FILLER), at=cast.clock.at(-place, 10),
        )  # fmt: skip
