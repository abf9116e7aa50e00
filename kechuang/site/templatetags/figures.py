"""Figures of indicators as the home page says them: value, change, target, evidence."""

from decimal import Decimal

from django.utils.html import format_html
from django.utils.translation import gettext as _

from kechuang.base import money as amounts
from kechuang.doors.words import name_in_language
from kechuang.indicators.queries import words as said
from kechuang.site.templatetags import words

LONGEST_TILE_NAME = 4


def scaled(value, divisor):
    """A value of a chart's table in the chart's unit; a gap is named."""
    if value is None:
        return _("未发布")
    text = f"{Decimal(value) / Decimal(divisor):,.2f}".rstrip("0").rstrip(".")
    return format_html('<span data-v="{}">{}</span>', text.replace(",", ""), text)


def trend_sentence(trend):
    """What the chart shows, in words."""
    month, now, then = trend.rows[-1]
    if now is None:
        return ""
    until = words.MONTHS[month - 1] if words.reads_english() else month
    figure = scaled(now, trend.divisor)
    if trend.unit:
        figure = format_html("{} {}", figure, trend.unit)
    if then:
        return format_html(
            '<p class="kc-s kc-2">{}</p>',
            format_html(
                _("1–{} 月 {}，同比 {}。"), until, figure,
                said.signed((now / then - 1) * 100),
            ),
        )  # fmt: skip
    return format_html(
        '<p class="kc-s kc-2">{}</p>',
        format_html(_("1–{} 月 {}；上年同期未发布。"), until, figure),
    )


def money_of(value):
    """A value in yuan as the people's unit."""
    return words.money(int(Decimal(value) * amounts.FEN_PER_YUAN))


def month(number):
    """1月, or Jan."""
    return words.MONTHS[number - 1][:3] if words.reads_english() else f"{number}月"


def year(number):
    return str(number) if words.reads_english() else f"{number}年"


def short_name(region):
    """A district's name as a tile holds it."""
    name = name_in_language(region)
    if words.reads_english():
        return name.split()[0]
    return name if len(name) <= LONGEST_TILE_NAME else name[:LONGEST_TILE_NAME]

