"""Units of the rule language: every number in a rule says what it counts.

Inside, money is fen, dollars are cents, points are tenths of a point, the rest are whole numbers;
a per cent is an exact fraction. So 5000万元 and 50000000元 are the same number, and neither can be
compared with 500人.
"""

import re
from fractions import Fraction

Unit = tuple[tuple[str, int], ...]

NONE: Unit = ()
FEN: Unit = (("fen", 1),)
CENTS: Unit = (("usd_cents", 1),)
PEOPLE: Unit = (("people", 1),)
ITEMS: Unit = (("items", 1),)
DAYS: Unit = (("days", 1),)
YEARS: Unit = (("years", 1),)
POINTS: Unit = (("points", 1),)
POINT = 10  # tenths: the guide of 2008 gives parts of a point

BY_NAME: dict[str, Unit] = {
    "fen": FEN, "usd_cents": CENTS, "people": PEOPLE, "items": ITEMS, "days": DAYS,
    "years": YEARS, "points": POINTS, "number": NONE,
}  # fmt: skip

# What is written after a number: the unit, and how many of the inner ones it is.
WRITTEN: dict[str, tuple[Unit, Fraction]] = {
    "亿美元": (CENTS, Fraction(10**10)), "万美元": (CENTS, Fraction(10**6)),
    "美元": (CENTS, Fraction(100)), "亿元": (FEN, Fraction(10**10)),
    "万元": (FEN, Fraction(10**6)), "元": (FEN, Fraction(100)),
    "人": (PEOPLE, Fraction(1)), "项": (ITEMS, Fraction(1)), "天": (DAYS, Fraction(1)),
    "年": (YEARS, Fraction(1)), "分": (POINTS, Fraction(POINT)),
    "%": (NONE, Fraction(1, 100)), "‰": (NONE, Fraction(1, 1000)),
}  # fmt: skip
NAMES_ZH = {
    "fen": "元", "usd_cents": "美元", "people": "人", "items": "项", "days": "天", "years": "年",
    "points": "分",
}  # fmt: skip

LITERAL = re.compile(
    r"(?<![\w.])((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*("
    + "|".join(sorted(WRITTEN, key=len, reverse=True))
    + ")?"
)


def read(number: str, unit: str) -> tuple[Fraction, Unit]:
    """The inner value of a number with its written unit.

    >>> read("5,000", "万元")
    (Fraction(5000000000, 1), (('fen', 1),))
    >>> read("2.5", "%")
    (Fraction(1, 40), ())
    """
    value = Fraction(number.replace(",", ""))
    if not unit:
        return value, NONE
    kind, scale = WRITTEN[unit]
    return value * scale, kind


def times(left: Unit, right: Unit, sign: int = 1) -> Unit:
    """The unit of a product; of a quotient where `sign` is -1."""
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def said(unit: Unit) -> str:
    """A unit as people say it.

    >>> said(FEN)
    '元'
    >>> said(NONE)
    '无单位'
    """
    if not unit:
        return "无单位"
    return "·".join(NAMES_ZH[name] + (f"^{power}" if power != 1 else "") for name, power in unit)


def shown(value: int | Fraction, unit: Unit) -> str:
    """A number as people say it, exact.

    >>> shown(5_000_000_000, FEN)
    '50,000,000元'
    >>> shown(Fraction(1, 40), NONE)
    '2.5%'
    """
    if unit in (FEN, CENTS):
        whole, part = divmod(abs(int(value)), 100)
        sign = "-" if value < 0 else ""
        return f"{sign}{whole:,}{f'.{part:02d}' if part else ''}{said(unit)}"
    if unit == POINTS:
        return f"{points(int(value))}分"
    if unit == NONE:
        hundred = Fraction(value) * 100
        return f"{float(hundred):.4f}".rstrip("0").rstrip(".") + "%"
    return f"{int(value):,}{said(unit)}"


def points(tenths: int) -> int | float:
    """Points as people write them: whole where they are whole.

    >>> points(600), points(237)
    (60, 23.7)
    """
    return tenths // POINT if tenths % POINT == 0 else tenths / POINT
