"""Enterprises drawn by a fixed seed: with gaps, zeros, negatives, and rows exactly on boundaries.

No enterprise is real. Every figure is drawn from others by the ratios at which some rule of some
city changes its answer, give or take one fen, so that a rounding error has nowhere to hide.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from kechuang.engines.eligibility import tables
from kechuang.engines.eligibility.schema import schema

LEVELS = [
    1000_0000_00, 5000_0000_00, 1_0000_0000_00, 2_0000_0000_00, 5_0000_0000_00, 10_0000_0000_00,
    4_0000_0000_00, 1, 100, 20_0000_00, 500_0000_00,
]  # fmt: skip
SHARES = [1, 2, 3, 4, 5, 6, 10, 15, 20, 25, 30, 50, 55, 60, 65, 70, 75, 100, 2.5]
GROWTHS = [100, 105, 110, 115, 120, 125, 135, 172.8, 80, 219.7, 300]
STAFF = [0, 1, 10, 100, 101, 200, 299, 300, 301, 499, 500, 501, 1000, 2000]
INDUSTRIES = ["C3562", "C16", "I6510", "I6420", "F5111", "F5299", "H6110", "K7010", "M7320", "R90",
              "E4700", "A01", "G5810", "L7120", "C"]  # fmt: skip
REGIONS = ["210102", "210112", "990101", "330106", "沈阳市浑南区"]
FLAGS = {
    "certificates": ["hnte", "tech_sme", "national_award", "provincial_award", "rd_institution",
                     "standard", "software", "pilot_base", "ic_enterprise", "ISO9001"],
    "incidents": ["safety", "quality", "environment", "integrity", "tax"],
    "lists": ["abnormal", "dishonest", "prohibited", "listed", "strategic_emerging"],
}  # fmt: skip


class Draw:
    """Draws enterprises around a day."""

    def __init__(self, seed: int, day: date) -> None:
        self.chance = random.Random(seed)
        self.day = day
        edges = [timedelta(days=n) for n in (0, 1, 364, 365, 366)]
        self.dates = [day - edge for edge in edges] + [
            _years_back(day, years) + timedelta(days=near)
            for years in (3, 5, 10, 20) for near in (-1, 0, 1)
        ]  # fmt: skip

    def enterprises(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            yield self.enterprise(f"E{number:07d}")

    def enterprise(self, name: str) -> dict[str, Any]:
        """One flat row, as the reader gives it."""
        chance = self.chance
        row: dict[str, Any] = {"id": name}
        self._maybe(row, "registered_date", self._registered())
        self._maybe(row, "resident", chance.random() < 0.97)
        self._maybe(row, "industry", chance.choice(INDUSTRIES))
        self._maybe(row, "region", chance.choice(REGIONS))
        before: dict[str, int] = {}
        for back in (4, 3, 2, 1, 0):
            year = self.day.year - back
            unborn = "registered_date" in row and row["registered_date"].year > year
            if unborn or (back == 0 and chance.random() < 0.7):
                continue
            before = self._return(row, year, before)
        for rows in ("ip", "conversions", "contracts", "financing", *FLAGS):
            if chance.random() < 0.94:
                row[rows] = getattr(self, f"_{rows}", lambda rows=rows: self._flags(rows))()
        for code in ("key_field", "ip_advanced", "org_system", "conversion", "equity_wan",
                     "breakthrough", "ip_quantity", "organisation_2008"):  # fmt: skip
            if chance.random() < 0.25:
                row[f"judged.{code}"] = 10 * chance.choice([0, 1, 4, 6, 7, 8, 20, 28])
        return row

    def _maybe(self, row: dict[str, Any], name: str, value: Any, gap: float = 0.03) -> None:
        if self.chance.random() >= gap:
            row[name] = value

    def _registered(self) -> date:
        if self.chance.random() < 0.3:
            return self.chance.choice(self.dates)
        return self.day - timedelta(days=self.chance.randrange(25 * 365))

    def _near(self, number: float) -> int:
        """A number, or one beside it."""
        return int(number) + self.chance.choice([0, 0, 0, 1, -1])

    def _return(self, row: dict[str, Any], year: int, before: dict[str, int]) -> dict[str, int]:
        chance = self.chance
        revenue = self._grown(before.get("revenue_fen"))
        rd = self._near(revenue * chance.choice(SHARES[:8]) / 100)
        staff = self._staff(before.get("staff"))
        assets = self._grown(before.get("assets_fen"))
        found = {
            "revenue_fen": revenue, "staff": staff, "assets_fen": assets, "rd_fen": rd,
            "staff_rd": max(0, self._near(staff * chance.choice(SHARES[4:12]) / 100)),
            "revenue_hitech_fen": self._near(revenue * chance.choice([50, 60, 60, 70, 90]) / 100),
            "income_total_fen": self._near(revenue),
            "rd_domestic_fen": self._near(rd * chance.choice([60, 60, 80, 100]) / 100),
            "costs_fen": self._near(revenue * chance.choice([10, 20, 80, 100]) / 100),
            "net_assets_fen": self._grown(before.get("net_assets_fen"))
            * (-1 if chance.random() < 0.05 else 1),
            "debts_fen": self._near(assets * chance.choice([10, 54, 55, 55, 75, 75, 90]) / 100),
            "main_revenue_fen": self._near(revenue * chance.choice([50, 55, 60, 70, 100]) / 100),
        }  # fmt: skip
        for name, value in found.items():
            drawn = 0 if chance.random() < 0.02 else value
            self._maybe(row, f"returns.{year}.{name}", drawn, 0.015)
        return found

    def _grown(self, before: int | None) -> int:
        if before is None or self.chance.random() < 0.15:
            level = self.chance.choice(LEVELS)
            return self._near(
                level if self.chance.random() < 0.5 else self.chance.randrange(level + 1)
            )
        return self._near(abs(before) * self.chance.choice(GROWTHS) / 100)

    def _staff(self, before: int | None) -> int:
        if before and self.chance.random() < 0.6:
            return int(before * self.chance.choice(GROWTHS) / 100)
        return self.chance.choice(STAFF)

    def _day_of(self) -> date:
        if self.chance.random() < 0.5:
            return self.chance.choice(self.dates)
        return self.day - timedelta(days=self.chance.randrange(-30, 12 * 365))

    def _some(self, most: int) -> range:
        return range(self.chance.randrange(most + 1))

    def _ip(self) -> list[dict[str, Any]]:
        rows = []
        for _ in self._some(3):
            row: dict[str, Any] = {}
            self._maybe(row, "class", self.chance.choice(["I", "II", "II"]))
            self._maybe(row, "kind", self.chance.choice(["patent", "software", "high_value"]))
            self._maybe(row, "count", self.chance.randrange(6))
            self._maybe(row, "own", self.chance.random() < 0.7)
            self._maybe(row, "granted_date", self._day_of())
            rows.append(row)
        return rows

    def _conversions(self) -> list[dict[str, Any]]:
        return [
            {"year": self.day.year - back, "count": self.chance.randrange(8)}
            for back in range(self.chance.randrange(5))
        ]

    def _contracts(self) -> list[dict[str, Any]]:
        rows = []
        for _ in self._some(3):
            row: dict[str, Any] = {}
            self._maybe(row, "signed_date", date(self.day.year - self.chance.randrange(3), 6, 30))
            self._maybe(row, "amount_fen", self._near(self.chance.choice(LEVELS)))
            rows.append(row)
        return rows

    def _financing(self) -> list[dict[str, Any]]:
        rows = []
        for _ in self._some(3):
            row: dict[str, Any] = {}
            self._maybe(row, "date", self._day_of())
            self._maybe(row, "amount_fen", self._near(self.chance.choice(LEVELS)))
            self._maybe(row, "valuation_usd_cents", self._near(10**11), 0.3)
            rows.append(row)
        return rows

    def _flags(self, rows: str) -> list[dict[str, Any]]:
        if self.chance.random() < 0.6:
            return []
        found = []
        for _ in range(1 + self.chance.randrange(2)):
            row: dict[str, Any] = {}
            self._maybe(row, "kind", self.chance.choice(FLAGS[rows]))
            if rows == "incidents":
                self._maybe(row, "date", self._day_of())
            else:
                self._maybe(row, "since", self._day_of())
                self._maybe(row, "until", self._day_of() + timedelta(days=400), 0.4)
            found.append(row)
        return found


def _years_back(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, 28))


# --- into tables --------------------------------------------------------------------------


def create_tables(cursor: Any, prefix: str, key: str = "text") -> None:
    """Make the engine's tables; unlogged, for a benchmark or a test."""
    for name, columns in tables(key).items():
        cursor.execute(f"DROP TABLE IF EXISTS {prefix}{name}")
        cursor.execute(f"CREATE UNLOGGED TABLE {prefix}{name} ({', '.join(columns)})")


def copy_rows(cursor: Any, prefix: str, rows: Iterable[dict[str, Any]]) -> None:
    """Put flat rows into the tables by COPY."""
    held: dict[str, list[list[Any]]] = {name: [] for name in tables()}
    for row in rows:
        _spread(row, held)
    for name, columns in tables().items():
        names = [one.split()[0] for one in columns if not one.startswith("PRIMARY")]
        with cursor.copy(f"COPY {prefix}{name} ({', '.join(names)}) FROM STDIN") as copy:
            for values in held[name]:
                copy.write_row(values)


def _spread(row: dict[str, Any], held: dict[str, list[list[Any]]]) -> None:
    known = schema()
    judged = {
        key[7:]: value / 10 for key, value in row.items()
        if key.startswith("judged.") and value is not None
    }  # fmt: skip
    held["enterprise"].append([
        row["id"], *(row.get(name) for name in known.enterprise),
        json.dumps(judged) if judged else None,
        *(row.get(name) is not None for name in known.lists),
    ])  # fmt: skip
    years = sorted({int(key.split(".")[1]) for key in row if key.startswith("returns.")})
    for year in years:
        held["returns"].append(
            [row["id"], year, *(row.get(f"returns.{year}.{name}") for name in known.returns)]
        )
    for name, columns in known.lists.items():
        held[name] += [
            [row["id"], *(each.get(column) for column in columns)] for each in row.get(name) or ()
        ]
