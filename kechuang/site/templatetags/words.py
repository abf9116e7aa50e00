"""Figures, amounts and dates in the words of the reader's language."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kechuang.base import money as amounts
from kechuang.base.time import SHANGHAI
from kechuang.doors import clock

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def reads_english() -> bool:
    return (get_language() or "").startswith("en")


def rounded(fen: int) -> tuple[str, str]:
    """The figure and its unit, as the reader's language says them."""
    return amounts.rounded_en(fen) if reads_english() else amounts.rounded_zh(fen)


def exact(fen: int) -> str:
    return f"{amounts.yuan_exact(fen)} {_('元')}"


def money(fen, missing=""):
    """An amount in the people's unit, its exact yuan on hover and in print.

    What is missing is named, never left blank: `{{ need.budget_fen|money:"未写明" }}`.
    """
    if fen is None or fen == "":
        return missing or _("未写明")
    figure, unit = rounded(int(fen))
    return format_html(
        '<data value="{}" title="{}" data-exact="{}" class="kc-nw">{} {}</data>',
        yuan(fen).replace(",", ""), exact(int(fen)), exact(int(fen)), figure, unit,
    )  # fmt: skip


def yuan(fen):
    """Exact yuan and fen without the unit, for ledgers whose column head names it."""
    if fen is None or fen == "":
        return "—"
    return amounts.yuan_exact(int(fen))


def wan(fen):
    """The same amount in 万元 for columns that keep one unit: 6,000,000 yuan reads 600."""
    if fen is None or fen == "":
        return "—"
    text = f"{int(fen) / amounts.FEN_PER_WAN:,.2f}"
    return text.rstrip("0").rstrip(".")


def thousands(value):
    """1284 → 1,284; what is no number is left as it is."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return f"{value:,}"
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if number.is_integer():
        return f"{int(number):,}"
    return f"{number:,.4f}".rstrip("0").rstrip(".")


def shanghai(value):
    """The moment or day as it reads on a wall in Shanghai."""
    if isinstance(value, datetime):
        aware = value if timezone.is_aware(value) else value.replace(tzinfo=SHANGHAI)
        return aware.astimezone(SHANGHAI)
    return value


def day(value):
    """8月29日 or 29 August; the year is added when it is not this year's."""
    value = shanghai(value)
    if not isinstance(value, date):
        return "—" if value in (None, "") else value
    this_year = clock.now().astimezone(SHANGHAI).year
    if reads_english():
        text = f"{value.day} {MONTHS[value.month - 1]}"
        return text if value.year == this_year else f"{text} {value.year}"
    text = f"{value.month}月{value.day}日"
    return text if value.year == this_year else f"{value.year}年{text}"


def day_time(value):
    """8月29日 17:00, or 今天 17:00 when it is today."""
    value = shanghai(value)
    if not isinstance(value, datetime):
        return day(value)
    hour = f"{value:%H:%M}"
    if value.date() == clock.now().astimezone(SHANGHAI).date():
        return f"{_('今天')} {hour}"
    return f"{day(value)}, {hour}" if reads_english() else f"{day(value)} {hour}"


def date_iso(value):
    """2023-08-29, as tables write days."""
    value = shanghai(value)
    if not isinstance(value, date):
        return "—" if value in (None, "") else value
    return f"{value:%Y-%m-%d}"


def moment(value):
    """2026-11-21 17:00, by the clock of Shanghai."""
    value = shanghai(value)
    if not isinstance(value, datetime):
        return date_iso(value)
    return f"{value:%Y-%m-%d %H:%M}"


def rfc3339(value):
    value = shanghai(value)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else date_iso(value)


def percent(value, places=2):
    """0.5611 → 56.11%."""
    if value is None or value == "":
        return "—"
    text = f"{float(value) * 100:,.{int(places)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def change(value):
    """A year-on-year change with its sign and no judgement: +56.11%, −3.2%."""
    if value is None or value == "":
        return "—"
    text = percent(abs(float(value)))
    return f"{'−' if float(value) < 0 else '+'}{text}"


MINUTE, HOUR, DAY = 60, 3600, 86_400
THOUSAND = 1000


def span(seconds):
    """How long, as people say it: 45 秒, 12 分, 9.4 时, 3.2 天."""
    if seconds is None or seconds == "":
        return "—"
    whole = float(seconds)
    if whole < 2 * MINUTE:
        return _("%(number)s 秒") % {"number": f"{whole:.0f}"}
    if whole < 2 * HOUR:
        return _("%(number)s 分") % {"number": f"{whole / MINUTE:.0f}"}
    if whole < 2 * DAY:
        return _("%(number)s 时") % {"number": _short(whole / HOUR)}
    return _("%(number)s 天") % {"number": _short(whole / DAY)}


def rate(yuan_each):
    """A price of something small, as exact as it is set: 0.1, 0.08505."""
    return f"{float(yuan_each):,.5f}".rstrip("0").removesuffix(".")


def megabytes(number):
    """1,800,000 MB → 1.8 TB."""
    return _scaled(number, ("MB", "GB", "TB", "PB"))


def grams(number):
    """66,000 g → 66 kg."""
    return _scaled(number, ("g", "kg", "t"))


def _scaled(number, units):
    if number is None or number == "":
        return "—"
    size, place = float(number), 0
    while size >= THOUSAND and place < len(units) - 1:
        size, place = size / THOUSAND, place + 1
    return f"{_short(size)} {units[place]}"


def _short(number):
    """One decimal, where it says something."""
    return f"{number:,.1f}".removesuffix(".0")
