"""What an indicator is, how a stated value is read, compared and judged, and who may publish."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.base.periods import Period
from kechuang.base.refusals import N_, NotPermitted, Refused, require

CENT = Decimal("0.01")
FEWEST_SHOWN = 3
MONEY_UNIT = "元"
# What a published figure may stand in, and how much of the indicator's own unit that is.
MULTIPLES = {"万": Decimal(10_000), "亿": Decimal(100_000_000), "千": Decimal(1_000)}
# Words for the same unit of counting: a source's "个" is our "家".
COUNTING = frozenset("个家项名人所份次台部位星种件") | {"场次"}


class IndicatorRefused(Refused):
    """A definition, a figure or a publication is not as it must be."""


class Qualifier(StrEnum):
    """How exactly a source states its value."""

    EXACT = ""
    OVER = "over"
    ABOUT = "about"
    AT_LEAST = "at_least"
    RANGE = "range"
    MAGNITUDE = "magnitude"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition: what is counted, in which unit, as stock or flow, by which formula."""

    code: str
    name: str
    unit: str
    kind: str
    name_en: str = ""
    direction: str = "neutral"
    group: str = ""
    group_name: str = ""
    group_name_en: str = ""
    formula: str = ""
    formula_kind: str = ""
    cadence: str = ""
    rows: str = ""
    rows_en: str = ""
    description: str = ""
    description_en: str = ""
    how: str = ""
    how_en: str = ""
    version: int = 1
    aliases: tuple[str, ...] = ()

    @property
    def is_measured(self) -> bool:
        return bool(self.formula)

    @property
    def is_money(self) -> bool:
        return self.unit == MONEY_UNIT


KINDS = ("stock", "flow")
DIRECTIONS = ("higher", "lower", "neutral")
CADENCES = ("", "month")
KNOWN_KEYS = frozenset(Indicator.__dataclass_fields__) - {"group", "group_name", "group_name_en"}
REQUIRED_KEYS = ("code", "name", "name_en", "unit", "kind", "direction")


def indicator_of(table: Mapping[str, Any], group: Mapping[str, str]) -> Indicator:
    """Read one definition of a data file.

    Refuses (IndicatorRefused) unknown and missing keys and values outside their lists.
    """
    code = str(table.get("code", ""))
    unknown = sorted(set(table) - KNOWN_KEYS)
    missing = [key for key in REQUIRED_KEYS if not table.get(key)]
    wrong = [
        key
        for key, allowed in (("kind", KINDS), ("direction", DIRECTIONS), ("cadence", CADENCES))
        if table.get(key, allowed[0]) not in allowed
    ]
    if not code.isidentifier() or code != code.lower():
        wrong.append("code")
    if table.get("formula") and not table.get("how"):
        missing.append("how")
    if unknown or missing or wrong:
        raise IndicatorRefused(
            "indicators.definition",
            N_("指标定义“{code}”不合格式：{keys}。"),
            {"code": code, "keys": "、".join([*unknown, *missing, *wrong])},
        )
    facts = {**table, "aliases": tuple(table.get("aliases", ()))}
    return Indicator(
        **facts,
        group=group["code"],
        group_name=group["name"],
        group_name_en=group["name_en"],
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """A value as a source states it, in the indicator's own unit.

    An exact, over, at-least, about or magnitude statement has `value`; a range has `low`, `high`.
    """

    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    qualifier: Qualifier = Qualifier.EXACT

    @property
    def is_given(self) -> bool:
        return self.value is not None or self.low is not None

    @property
    def centre(self) -> Decimal | None:
        """One number to draw and to rank by; the middle of a range."""
        if self.value is not None or self.low is None or self.high is None:
            return self.value
        return (self.low + self.high) / 2

    def bounds(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the most that the statement allows; None is open."""
        if self.qualifier in (Qualifier.OVER, Qualifier.AT_LEAST):
            return self.value, None
        if self.qualifier in (Qualifier.ABOUT, Qualifier.MAGNITUDE) and self.value is not None:
            return self.value * Decimal("0.9"), self.value * Decimal("1.1")
        if self.value is not None:
            return self.value, self.value
        return self.low, self.high


def decimal_of(text: Any) -> Decimal | None:
    """Read a number of a sheet, None where the cell is empty.

    >>> decimal_of("24,930"), decimal_of("")
    (Decimal('24930'), None)
    """
    plain = str(text if text is not None else "").strip().replace(",", "").replace("，", "")
    if not plain:
        return None
    try:
        number = Decimal(plain.rstrip("%"))
    except InvalidOperation as error:
        raise IndicatorRefused(
            "indicators.not_a_number", N_("“{text}”不是数值。"), {"text": plain[:40]}, (),
            N_("请只写数字，单位写在单位列。"),
        ) from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 17:
        raise IndicatorRefused(
            "indicators.number_out_of_range", N_("“{text}”超出可记的数值。"), {"text": plain[:40]}
        )
    return number


def factor_of(stated_unit: str, unit: str) -> Decimal:
    """How many of the indicator's unit one of the stated unit is.

    >>> factor_of("亿元", "元"), factor_of("万家", "家"), factor_of("", "家")
    (Decimal('100000000'), Decimal('10000'), Decimal('1'))
    """
    stated = stated_unit.strip()
    if stated in ("", unit) or (stated in COUNTING and unit in COUNTING):
        return Decimal(1)
    rest = stated[1:]
    if stated[0] in MULTIPLES and (rest == unit or (rest in COUNTING and unit in COUNTING)):
        return MULTIPLES[stated[0]]
    raise IndicatorRefused(
        "indicators.unit",
        N_("单位“{stated}”换算不成该指标的“{unit}”。"),
        {"stated": stated, "unit": unit}, (),
        N_("请写该指标的单位，可带千、万、亿。"),
    )  # fmt: skip


def statement_of(
    row: Mapping[str, Any], unit: str, prefix: str = "value", unit_column: str = "unit"
) -> Statement:
    """Read value, low and high of a sheet's row into the indicator's unit.

    `prefix` is "value" for the figure and "target" for the target: their columns are
    value, value_low, value_high and target_value, target_low, target_high.
    """
    names = ("value", "value_low", "value_high")
    if prefix == "target":
        names = ("target_value", "target_low", "target_high")
    cells = [decimal_of(row.get(name)) for name in names]
    factor = factor_of(str(row.get(unit_column) or ""), unit)
    value, low, high = (None if cell is None else cell * factor for cell in cells)
    qualifier = qualifier_of(row.get("qualifier")) if value is not None or low is not None else ""
    if value is None and (low is None) != (high is None):
        raise IndicatorRefused("indicators.half_a_range", N_("区间只写了一端。"), {}, (),
                               N_("请把下限和上限都写上，或只写数值。"))  # fmt: skip
    if low is not None and high is not None and low > high:
        raise IndicatorRefused("indicators.range_order", N_("区间的下限大于上限。"))
    if value is None and low is not None:
        qualifier = Qualifier.RANGE
    if value is not None and qualifier is Qualifier.RANGE:
        raise IndicatorRefused("indicators.range_has_value", N_("区间不写单一数值。"), {}, (),
                               N_("请只写下限和上限，或改写限定词。"))  # fmt: skip
    return Statement(value, low, high, Qualifier(qualifier))


def qualifier_of(text: Any) -> Qualifier:
    """Read how exactly a source speaks."""
    try:
        return Qualifier(str(text or "").strip())
    except ValueError as error:
        raise IndicatorRefused(
            "indicators.qualifier", N_("不认识的限定词“{text}”。"), {"text": str(text)[:40]}, (),
            N_("可写 over、about、at_least、range、magnitude，或留空。"),
        ) from error


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """A share in percent with two decimals, half up.

    >>> percent(Decimal(19938), Decimal(20000))
    Decimal('99.69')
    """
    return (part * 100 / whole).quantize(CENT, ROUND_HALF_UP)


def year_on_year(value: Decimal, earlier: Decimal) -> Decimal | None:
    """The change against the same period a year before, in percent; None against nothing.

    >>> year_on_year(Decimal(452), Decimal(374))
    Decimal('20.86')
    """
    return None if not earlier else percent(value - earlier, earlier)


def implied_earlier(value: Decimal, change_percent: Decimal) -> Decimal | None:
    """The value a year before that a published change implies.

    >>> implied_earlier(Decimal("249.3"), Decimal("56.11")).quantize(CENT)
    Decimal('159.70')
    """
    base = 1 + change_percent / 100
    return None if base <= 0 else value / base


@dataclass(frozen=True, slots=True)
class ImpliedTarget:
    """The target that a published attainment implies, and how far its rounding lets it lie."""

    low: Decimal
    value: Decimal
    high: Decimal

    def agrees_with(self, target: Decimal) -> bool:
        return self.low <= target <= self.high


def implied_target(value: Decimal, attainment_percent: Decimal) -> ImpliedTarget | None:
    """Recompute a target from a value and its attainment, which is rounded to two decimals.

    >>> found = implied_target(Decimal(19938), Decimal("99.69"))
    >>> found.value, found.agrees_with(Decimal(20000))
    (Decimal('20000'), True)
    """
    if attainment_percent <= 0:
        return None
    half = CENT / 2
    one = Decimal(1)
    middle = (value * 100 / attainment_percent).quantize(one, ROUND_HALF_UP)
    low = value * 100 / (attainment_percent + half)
    high = value * 100 / max(attainment_percent - half, CENT / 1000)
    return ImpliedTarget(low, middle, high)


def may_both_hold(statements: Iterable[Statement]) -> bool:
    """True where one number could satisfy all statements: over 300 and 320 can both be right.

    >>> may_both_hold([Statement(Decimal(300), qualifier=Qualifier.OVER), Statement(Decimal(320))])
    True
    """
    least: list[Decimal] = []
    most: list[Decimal] = []
    for statement in statements:
        low, high = statement.bounds()
        if low is not None:
            least.append(low)
        if high is not None:
            most.append(high)
    return not least or not most or max(least) <= min(most)


def rows_to_fold(count: int, hidden: int) -> int:
    """How many open rows are kept from the list beside `hidden` closed ones.

    Cells under three are not shown where rows are closed: the difference would name them.

    >>> rows_to_fold(10, 0), rows_to_fold(10, 1), rows_to_fold(10, 3), rows_to_fold(2, 1)
    (0, 2, 0, 1)
    """
    if hidden <= 0:
        return 0
    return min(max(FEWEST_SHOWN - hidden, 0), count - hidden)


def check_measurable(indicator: Indicator, period: Period, last_day_known: Any) -> None:
    """Refuse what cannot be measured: no formula, a period not over, a stock over a span."""
    require(
        indicator.is_measured,
        IndicatorRefused(
            "indicators.no_formula",
            N_("“{name}”只引用他处公布的数，本平台没有可测算的行。"),
            {"name": indicator.name}, ("indicator",),
            N_("请用“导入观测值”录入，并写明来源。"),
        ),
    )  # fmt: skip
    require(
        (indicator.kind == "stock") == (period.kind == "AS_OF"),
        IndicatorRefused(
            "indicators.period_kind",
            N_("“{name}”的时期写法不对：存量写某一日，流量写一段时间。"),
            {"name": indicator.name}, ("period",),
            N_("存量例如 @2026-10-31，流量例如 2026-10。"),
        ),
    )  # fmt: skip
    require(
        period.since <= last_day_known,
        IndicatorRefused(
            "indicators.period_in_future", N_("时期 {period} 还没有开始。"),
            {"period": period.text}, ("period",),
        ),
    )  # fmt: skip


def may_measure(actor: Actor, region_path: str) -> bool:
    """Officers and heads measure in their region; the clock everywhere."""
    if actor.is_role(Role.CLOCK):
        return True
    return actor.is_role(Role.OFFICER, Role.HEAD) and actor.covers(region_path)


def may_publish(actor: Actor, region_path: str) -> bool:
    """Heads publish in their region: another person than the one who merely measures may look."""
    return actor.is_role(Role.HEAD) and actor.covers(region_path)


def may_set_target(actor: Actor, region_path: str) -> bool:
    return actor.is_role(Role.OFFICER, Role.HEAD) and actor.covers(region_path)


def may_import(actor: Actor) -> bool:
    """Officers, heads and operators bring in published figures; they are facts with a source."""
    return actor.is_role(Role.OFFICER, Role.HEAD, Role.OPERATOR, Role.CLOCK)


def check_may(allowed: bool, code: str, way_on: str) -> None:
    """Refuse an act on indicators for want of right."""
    require(allowed, NotPermitted(f"indicators.{code}", N_("您不能办这一项。"), {}, (), way_on))


def may_see_unpublished(actor: Actor) -> bool:
    return actor.is_role(Role.OFFICER, Role.HEAD, Role.SUPERVISOR) and bool(actor.region)


def total(values: Sequence[Decimal]) -> Decimal:
    return sum(values, Decimal(0))
