"""Definitions: those of the data files, checked when they are read, and those registered here."""

import tomllib
from functools import cache
from pathlib import Path

from kechuang.base.refusals import N_
from kechuang.indicators import rules
from kechuang.indicators.models import Definition
from kechuang.indicators.rules import Indicator

FOLDER = Path(__file__).resolve().parents[1] / "definitions"
FIRST_GROUPS = ("measured", "contracts", "enterprises", "platforms")
LOCAL_GROUP = {"code": "local", "name": N_("本地登记"), "name_en": "Registered here"}


@cache
def shipped() -> dict[str, Indicator]:
    """The definitions of the data files by code, groups in their order.

    Refuses (rules.IndicatorRefused) a file out of form and a code or name used twice.
    """
    found: dict[str, Indicator] = {}
    names: set[str] = set()
    for file in sorted(FOLDER.glob("*.toml"), key=_place):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for table in tables["indicator"]:
            indicator = rules.indicator_of(table, tables["group"])
            called = {indicator.name, *indicator.aliases}
            if indicator.code in found or called & names:
                raise rules.IndicatorRefused(
                    "indicators.defined_twice", N_("指标“{code}”定义了两次。"),
                    {"code": indicator.code},
                )  # fmt: skip
            found[indicator.code] = indicator
            names |= called
    return found


def _place(file: Path) -> tuple[int, str]:
    place = FIRST_GROUPS.index(file.stem) if file.stem in FIRST_GROUPS else len(FIRST_GROUPS)
    return place, file.stem


def indicators() -> dict[str, Indicator]:
    """All definitions by code: shipped, then registered here."""
    found = dict(shipped())
    for row in Definition.objects.order_by("code"):
        found.setdefault(row.code, _of_row(row))
    return found


def _of_row(row: Definition) -> Indicator:
    return Indicator(
        code=row.code, name=row.name, name_en=row.name_en, unit=row.unit, kind=row.kind,
        group=LOCAL_GROUP["code"], group_name=LOCAL_GROUP["name"],
        group_name_en=LOCAL_GROUP["name_en"],
    )  # fmt: skip


def indicator_by_code(code: str) -> Indicator | None:
    if code in shipped():
        return shipped()[code]
    row = Definition.objects.filter(code=code).first()
    return _of_row(row) if row else None


def indicator_named(known: dict[str, Indicator]) -> dict[str, Indicator]:
    """Definitions by every name that a sheet may use: code, name, aliases."""
    return {
        name: one for one in known.values() for name in (one.code, one.name, *one.aliases)
    }


def indicators_by_group(codes: set[str] | None = None) -> list[tuple[str, list[Indicator]]]:
    """Definitions under their group's code, in order; only `codes` where given."""
    groups: dict[str, list[Indicator]] = {}
    for one in indicators().values():
        if codes is None or one.code in codes:
            groups.setdefault(one.group, []).append(one)
    return list(groups.items())
