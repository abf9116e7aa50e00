"""Enterprises as the tests of cultivation know them."""

from datetime import UTC, date, datetime
from typing import Any

from kechuang.cultivation.models import LISTS, Profile, Source, YearlyReturn
from kechuang.parties.models import Organisation

BEFORE = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def source(at: datetime = BEFORE, **given: Any) -> Source:
    said = {
        "kind": "SHEET", "title": "年度统计表", "department": "科技局", "day": at.date(),
        "by_role": "OFFICER", "entered_at": at,
    }  # fmt: skip
    return Source.objects.create(**said | given)


def known(
    organisation: Organisation, returns: dict[int, dict[str, int]] | None = None,
    at: datetime = BEFORE, **given: Any,
) -> None:  # fmt: skip
    """Write what is known of an enterprise since an instant; lists given are known."""
    origin = source(at)
    row = {"organisation": organisation, "source": origin, "known_since": at}
    lists = {name: given.pop(name) for name in list(given) if name in LISTS}
    profile = {
        "registered_date": date(2020, 1, 1), "resident": True, "industry": "C3562",
        "region": organisation.region.code,
    }  # fmt: skip
    Profile.objects.create(
        **row, **profile | given, **{f"{name}_known": True for name in lists}
    )
    for year, figures in (returns or {}).items():
        YearlyReturn.objects.create(**row, year=year, **figures)
    for name, rows in lists.items():
        for place, said in enumerate(rows):
            LISTS[name].objects.create(**row, key=f"{place}", **said)


SME = {
    "staff": 100, "staff_rd": 30, "revenue_fen": 1_000_000_000, "rd_fen": 60_000_000,
    "costs_fen": 800_000_000, "assets_fen": 1_000_000_000,
}  # fmt: skip
NONE = {"incidents": [], "lists": [], "certificates": [], "ip": []}
