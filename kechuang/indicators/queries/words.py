"""Figures and periods in the reader's language: the units that people say, exact values beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base import money
from kechuang.base.periods import Period
from kechuang.base.refusals import N_
from kechuang.indicators.rules import Indicator, Qualifier, Statement

BEFORE = {
    Qualifier.OVER: N_("超过"),
    Qualifier.ABOUT: N_("约"),
    Qualifier.AT_LEAST: N_("不少于"),
}
UNITS_EN = {
    "元": "yuan", "%": "%", "P": "P", "岁": "years", "倍": "times", "星": "stars", "人": "people",
    "名": "people", "行": "lines", "次": "", "场次": "events",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """A figure taken apart for a page: words before, figure, unit, words after, exact value."""

    before: str
    figure: str
    unit: str
    after: str
    exact: str
    plain: str

    @property
    def words(self) -> str:
        gap = "" if self.unit in ("%", "") else " "
        return f"{self.before}{self.figure}{gap}{self.unit}{self.after}"


def reads_english() -> bool:
    return (get_language() or "").startswith("en")


def parts_of(indicator: Indicator, statement: Statement) -> Parts:
    """A statement as a page shows it."""
    before = _(BEFORE[statement.qualifier]) if statement.qualifier in BEFORE else ""
    if before and reads_english():
        before += " "
    after = _("级") if statement.qualifier is Qualifier.MAGNITUDE else ""
    if statement.value is None:
        low, unit, exact_low = shown(indicator, statement.low or Decimal(0))
        high, unit, exact_high = shown(indicator, statement.high or Decimal(0))
        plain = f"{statement.centre or 0:f}"
        return Parts(before, f"{low}–{high}", unit, after, f"{exact_low} – {exact_high}", plain)
    figure, unit, exact = shown(indicator, statement.value)
    return Parts(before, figure, unit, after, exact, f"{statement.value:f}")


def shown(indicator: Indicator, value: Decimal) -> tuple[str, str, str]:
    """A value in the people's unit, its unit, and the exact value with its own."""
    if indicator.is_money:
        fen = int(value * money.FEN_PER_YUAN)
        exact = f"{money.yuan_exact(fen)} {_('元')}"
        figure, unit = money.rounded_en(fen) if reads_english() else money.rounded_zh(fen)
        return figure, unit, exact
    unit = UNITS_EN.get(indicator.unit, "") if reads_english() else indicator.unit
    figure = number_words(value)
    return figure, unit, f"{figure}{'' if unit == '%' else ' '}{unit}".strip()


def chart_of(
    indicator: Indicator, statements: Sequence[Statement]
) -> tuple[str, list[str]]:
    """One unit for all values of a chart, and each value in it; "" is a gap."""
    values = [statement.centre for statement in statements]
    unit, size = UNITS_EN.get(indicator.unit, "") if reads_english() else indicator.unit, 1
    if indicator.is_money:
        most = max((abs(value) for value in values if value is not None), default=Decimal(0))
        zh = ("亿元", 10**8) if most >= 10**8 else ("万元", 10**4)
        unit, size = ("million yuan", 10**6) if reads_english() else zh
    return unit, ["" if value is None else _plain(value / size) for value in values]


def number_words(value: Decimal) -> str:
    """A number with thousands separators and no needless zeros.

    >>> number_words(Decimal("19938.000000")), number_words(Decimal("97.92"))
    ('19,938', '97.92')
    """
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".")


def period_words(text: str) -> str:
    """A period as it is said: 2023年上半年, first half of 2023, as of a day."""
    period = Period.parse(text)
    facts = {
        "year": period.since.year,
        "part": text[-1:],
        "month": period.since.month,
        "day": period.since.isoformat(),
        "since": text.partition("--")[0],
        "until": text.partition("--")[2],
    }
    if period.kind == "HALF":
        half = N_("{year}年上半年") if text.endswith("1") else N_("{year}年下半年")
        return _(half).format(**facts)
    forms = {
        "YEAR": N_("{year}年"),
        "QUARTER": N_("{year}年第 {part} 季度"),
        "MONTH": N_("{year}年{month}月"),
        "RANGE": N_("{since} 至 {until}"),
        "AS_OF": N_("截至 {day}"),
    }
    facts["day"] = text[1:] if period.kind == "AS_OF" else facts["day"]
    return _(forms[period.kind]).format(**facts)


def name_of(indicator: Indicator) -> str:
    return (reads_english() and indicator.name_en) or indicator.name


def signed(percent: Decimal) -> str:
    """A change with its sign, no judgement.

    >>> signed(Decimal("56.11")), signed(Decimal("-3.20"))
    ('+56.11%', '−3.2%')
    """
    return f"{'−' if percent < 0 else '+'}{number_words(abs(percent))}%"


def _plain(value: Decimal) -> str:
    """At most two decimals, and none where the number is whole."""
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")
