"""Figures of indicators as the home page says them: value, change, target, evidence."""

from decimal import Decimal

from django.utils.html import format_html
from django.utils.translation import gettext as _

from kechuang.base import money as amounts
from kechuang.indicators.queries import words as said
from kechuang.site.home import evidence_url
from kechuang.site.templatetags import words

LONGEST_TILE_NAME = 4


def big_figure(figure):
    """The value of a tile, exact on hover and in print."""
    parts = said.parts_of(figure.indicator, figure.observation.statement)
    return format_html(
        '<p class="kc-num" data-exact="{}">{}<data value="{}" title="{}">{}</data>'
        "<small>{}{}</small></p>",
        parts.exact, format_html("<small>{}</small>", parts.before) if parts.before else "",
        parts.plain, parts.exact, parts.figure, parts.unit, parts.after,
    )  # fmt: skip


def figure_words(figure):
    """One line below: the change against a year before, then the target."""
    told = []
    if figure.change is not None:
        told.append(format_html("<b>{} {}</b>", _("同比"), said.signed(figure.change)))
    if figure.attainment is not None:
        share = f"{said.number_words(figure.attainment)}%"
        told.append(format_html("{} <b>{}</b>{}", _("完成目标"), share, _target(figure)))
    elif figure.observation.attainment_words:
        told.append(format_html("{}", figure.observation.attainment_words))
    if not told:
        return _("同比和目标未公布")
    return format_html(_("{}，{}") if len(told) > 1 else "{}", *told[:2])


def _target(figure):
    if figure.target is None:
        return ""
    parts = said.parts_of(figure.indicator, figure.target.statement)
    return format_html(_("（目标 {}）"), parts.words)


def figure_bar(figure):
    """How far the target is reached; jade once it is met."""
    share = min(float(figure.attainment), 100.0)
    css = "f3" if figure.is_target_met else "f1"
    label = _("完成目标 {share}%").format(share=said.number_words(figure.attainment))
    return format_html(
        '<svg class="kc-bar" role="img" aria-label="{}">'
        '<rect class="{}" x="0%" width="{}%" height="100%"/></svg>',
        label, css, f"{share:.2f}",
    )  # fmt: skip


def figure_evidence(observation, indicator=None):
    """The seal of a figure: its rows where it was measured, else its source."""
    count = observation.evidence_count
    text = _("{count} 行").format(count=f"{count:,}") if count else observation.source.publication
    return format_html(
        '<a class="kc-ev" href="{}" data-drawer><span class="visually-hidden">{}{}</span>{}</a>',
        evidence_url(observation), words.named(indicator) if indicator else observation.subject,
        _("："), text or _("来源"),
    )  # fmt: skip


def as_of(observation):
    return said.period_words(observation.period)


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
    figure = scaled(now, trend.divisor)
    if then:
        return format_html(
            '<p class="kc-s kc-2">{}</p>',
            format_html(
                _("1–{} 月 {} {}，同比 {}。"), month, figure, trend.unit,
                said.signed((now / then - 1) * 100),
            ),
        )  # fmt: skip
    return format_html(
        '<p class="kc-s kc-2">{}</p>',
        format_html(_("1–{} 月 {} {}；上年同期未发布。"), month, figure, trend.unit),
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
    name = words.named(region)
    if words.reads_english():
        return name.split()[0]
    return name if len(name) <= LONGEST_TILE_NAME else name[:LONGEST_TILE_NAME]

