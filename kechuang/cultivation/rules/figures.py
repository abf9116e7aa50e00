"""Figures of a year as people write them: their unit, and whether they can be so."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kechuang.base.money import FEN_PER_WAN, FEN_PER_YUAN, fen_from_wan, fen_from_yuan, rounded_zh
from kechuang.base.refusals import N_, Refused
from kechuang.cultivation.rules.rights import CultivationRefused
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.schema import schema

WAN, YUAN = "wan", "yuan"
UNIT_WORDS = {WAN: N_("万元"), YUAN: N_("元")}
UNIT_FEN = {WAN: FEN_PER_WAN, YUAN: FEN_PER_YUAN}
STAFF_MOST = 10_000_000
FIGURES: tuple[str, ...] = tuple(schema().returns)
MONEY: tuple[str, ...] = tuple(
    name for name, spec in schema().returns.items() if spec.unit == units.FEN
)
MAY_BE_NEGATIVE = {"net_assets_fen"}


@cache
def _bounds() -> dict[str, Any]:
    path = files("kechuang.cultivation").joinpath("data", "units.toml")
    return tomllib.loads(path.read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Written:
    """A figure as it was read, and the unit that its head gave it."""

    value: int
    unit: str = ""


def read_money(text: Any, unit: str, column: str) -> int:
    """Read an amount in the unit of its head; refuses what is no amount or may not be negative."""
    said = f"{text:f}" if isinstance(text, float) and abs(text) < 1e15 else str(text)
    said = said.rstrip("0").rstrip(".") if isinstance(text, float) and "." in said else said
    fen = (fen_from_wan if unit == WAN else fen_from_yuan)(said)
    if fen < 0 and column not in MAY_BE_NEGATIVE:
        raise CultivationRefused(
            "figures.negative", N_("“{value}”小于零。"), {"value": said[:40]}, (column,),
            N_("请核对；没有发生的写 0，不知道的留空。"),
        )  # fmt: skip
    return fen


def read_people(text: Any, column: str) -> int:
    """Read a number of people; refuses what is no whole number."""
    said = str(text).strip().replace(",", "").removesuffix(".0").removesuffix("人")
    if not said.isdigit() or int(said) > STAFF_MOST:
        raise CultivationRefused(
            "figures.not_people", N_("“{value}”不是人数。"), {"value": str(text)[:40]}, (column,),
            N_("请写整数，例如 120。"),
        )  # fmt: skip
    return int(said)


def problems_with_figures(
    said: Mapping[str, Written], known: Mapping[str, int], before: Mapping[str, int]
) -> list[tuple[str, Refused]]:
    """What of a year's figures cannot be so, by column.

    `known` are the figures of the same year that were known already, `before` those of the year
    before; both may be empty.
    """
    figures = {**known, **{name: one.value for name, one in said.items()}}
    found = [
        (column, refused)
        for column, one in said.items()
        if one.unit
        for refused in [_wrong_unit(column, one, figures, before)]
        if refused is not None
    ]
    return found or _contradictions(said, figures)


def _wrong_unit(
    column: str, one: Written, figures: Mapping[str, int], before: Mapping[str, int]
) -> Refused | None:
    """A figure that can be right only in the other unit."""
    yuan = abs(one.value) / FEN_PER_YUAN
    if not yuan:
        return None
    bound = _bounds()["per_head"].get(column)
    staff = figures.get("staff")
    leap = _bounds()["leap"]
    last = before.get(column)
    too_large = yuan > _bounds()["alone_most_yuan"]
    too_small = False
    if bound and staff:
        too_large = too_large or yuan / staff > bound["most_yuan"]
        too_small = yuan / staff < bound["least_yuan"]
    if last:
        too_large = too_large or abs(one.value) >= abs(last) * leap
        too_small = too_small or abs(one.value) * leap <= abs(last)
    if one.unit == WAN and too_large:
        return _contradicts(column, one, YUAN)
    if one.unit == YUAN and too_small:
        return _contradicts(column, one, WAN)
    return None


def _contradicts(column: str, one: Written, likely: str) -> Refused:
    amount = " ".join(rounded_zh(one.value))
    return CultivationRefused(
        "figures.unit",
        N_("按“{unit}”读，{figure}是 {amount}，与职工人数或上年的数对不上；像是按“{likely}”填的。"),
        {"unit": UNIT_WORDS[one.unit], "figure": schema().returns[column].zh, "amount": amount,
         "likely": UNIT_WORDS[likely]},
        (column,),
        N_("请把列名里的单位改对，或把这一列的数换成列名的单位；职工总数也请核对。"),
    )  # fmt: skip


PARTS_OF = (
    ("staff_rd", "staff"), ("staff_college", "staff_rd"), ("rd_domestic_fen", "rd_fen"),
    ("revenue_hitech_fen", "income_total_fen"), ("main_revenue_fen", "revenue_fen"),
)  # fmt: skip


def _contradictions(
    said: Mapping[str, Written], figures: Mapping[str, int]
) -> list[tuple[str, Refused]]:
    """A part that is larger than its whole."""
    return [
        (part if part in said else whole, CultivationRefused(
            "figures.part_over_whole", N_("{part}多于{whole}。"),
            {"part": schema().returns[part].zh, "whole": schema().returns[whole].zh},
            (part if part in said else whole,), N_("请核对这两项；单位不同的请换成同一单位。"),
        ))
        for part, whole in PARTS_OF
        if (part in said or whole in said)
        and part in figures and whole in figures and figures[part] > figures[whole]
    ]  # fmt: skip
