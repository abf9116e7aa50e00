"""What templates say with `{% load kc %}`: figures, states, deadlines, fields, the line."""

import secrets

from django import template
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kechuang.base.actor import ROLE_NAMES
from kechuang.base.refusals import N_, Said
from kechuang.base.time import at_shanghai
from kechuang.base.working_days import calendar
from kechuang.doors.words import name_in_language, said_in_language
from kechuang.site.line import in_this_language
from kechuang.site.line import line_of as walk
from kechuang.site.templatetags import budgets, fields, figures, icons, words

register = template.Library()
for shown in (
    words.money, words.yuan, words.wan, words.thousands, words.day, words.day_time,
    words.date_iso, words.moment, words.rfc3339, words.percent, words.change,
    words.span, words.rate, words.megabytes, words.grams,
):
    register.filter(shown.__name__, shown)
for shown in (figures.month, figures.year):
    register.filter(shown.__name__, shown)
for told in (
    figures.scaled, figures.trend_sentence, figures.money_of, figures.short_name,
):
    register.simple_tag(told)
register.simple_tag(icons.icon, name="icon")
register.simple_tag(fields.field, name="field")
register.simple_tag(fields.form_errors, name="form_errors")
register.simple_tag(fields.row_input, name="row_input")

KINDS = {"now", "ok", "soon", "bad", "none"}


@register.filter
def translated(text):
    """Translate a marked text that arrives as a value: a label from rules, a matter's task, or an
    engine's sentence with its parts."""
    return said_in_language(text if isinstance(text, Said) else str(text)) if text else ""


register.filter("here", in_this_language)
register.filter("in_language", name_in_language)


@register.simple_tag
def idempotency():
    """The hidden key that makes a second press of the same button harmless."""
    return format_html(
        '<input type="hidden" name="idempotency_key" value="{}">', secrets.token_hex(16)
    )


@register.simple_tag
def state(label, kind="none"):
    """A state: a shape before a word."""
    if kind not in KINDS:
        raise ValueError(f"no such kind of state: {kind}")
    return format_html('<span class="kc-st {}">{}</span>', kind, _(str(label)))


@register.simple_tag
def evidence(url, text, figure=""):
    """The jade seal beside a figure: what it opens, and for screen readers whose figure it is."""
    drawer = mark_safe(" data-drawer") if "/indicators/" in str(url) else ""
    hidden = format_html('<span class="visually-hidden">{}：</span>', figure) if figure else ""
    return format_html('<a class="kc-ev" href="{}"{}>{}{}</a>', url, drawer, hidden, text)


@register.simple_tag
def due(until, at):
    """The state of a deadline as seen at `at`: days left, today, overdue, or none set."""
    return state(*due_words(until, at))


def due_words(until, at) -> tuple[str, str]:
    """The word and the kind for a deadline."""
    if until is None:
        return _("未设期限"), "none"
    end, now = words.shanghai(until), words.shanghai(at)
    if not hasattr(end, "hour"):
        end = at_shanghai(end)
    if end <= now:
        late = overdue_days(end, now)
        if not late:
            return (_("今日逾期") if end.date() == now.date() else _("已逾期")), "bad"
        return ngettext("逾期 %(days)s 天", "逾期 %(days)s 天", late) % {"days": late}, "bad"
    left = (end.date() - now.date()).days
    if not left:
        return f"{_('今天')} {end:%H:%M}", "soon"
    return ngettext("剩 %(days)s 天", "剩 %(days)s 天", left) % {"days": left}, "now"


def overdue_days(end, now) -> int:
    """Whole working days since the deadline passed; a day of rest has no hours to wait for."""
    days = calendar().between(end.date(), now.date())
    is_begun = calendar().is_working(now.date()) and now.time() < end.time()
    return days - 1 if days and is_begun else days


@register.simple_tag
def waited(since, at):
    """How many working days a thing has waited with the one who holds it."""
    days = calendar().between(words.shanghai(since).date(), words.shanghai(at).date())
    return ngettext("%(days)s 日", "%(days)s 日", days) % {"days": words.thousands(days)}


@register.simple_tag
def big_money(fen):
    """The figure of a tile that is money: 249.3 亿元 with its exact yuan."""
    if fen is None:
        return format_html('<p class="kc-num"><data value="">{}</data></p>', _("缺"))
    figure, unit = words.rounded(int(fen))
    exact = words.exact(int(fen))
    return format_html(
        '<p class="kc-num" data-exact="{}"><data value="{}" title="{}">{}</data>'
        "<small>{}</small></p>",
        exact, words.yuan(fen).replace(",", ""), exact, figure, unit,
    )


@register.simple_tag
def big(value, unit=""):
    """The figure of a tile that is a count or a share."""
    if value is None:
        return format_html('<p class="kc-num"><data value="">{}</data></p>', _("缺"))
    shown_value = words.thousands(value)
    return format_html(
        '<p class="kc-num"><data value="{}" title="{} {}">{}</data><small>{}</small></p>',
        value, shown_value, unit, shown_value, unit,
    )


@register.simple_tag
def bar(label, *shares):
    """A bar of one whole: `{% bar "完成 62%" 62 "f1" %}`; percentages and classes in turn."""
    at, parts = 0.0, []
    for share, css in zip(shares[::2], shares[1::2], strict=True):
        width = max(0.0, min(float(share), 100.0 - at))
        parts.append(
            format_html(
                '<rect class="{}" x="{}%" width="{}%" height="100%"/>',
                css, f"{at:.2f}", f"{width:.2f}",
            )
        )
        at += width
    return format_html(
        '<svg class="kc-bar" role="img" aria-label="{}">{}</svg>', label, mark_safe("".join(parts))
    )


@register.filter
def share(part, whole):
    """The percentage of a part in a whole, 0 when the whole is nothing."""
    return 100 * float(part or 0) / float(whole) if whole else 0.0


@register.filter
def get(mapping, key):
    """One entry of a mapping by a key known only here."""
    return mapping.get(key) if mapping else None


STEP_NAMES = {
    "NEED": N_("需求"),
    "MATCH": N_("对接"),
    "CHALLENGE": N_("榜单"),
    "BID": N_("揭榜"),
    "REVIEW": N_("评审"),
    "NOTICE": N_("公示"),
    "PROJECT": N_("项目"),
    "INDICATOR": N_("指标"),
}


@register.simple_tag
def step_name(step):
    """The name of a step of the line."""
    return _(STEP_NAMES[str(step)])


@register.simple_tag
def money_parts(source):
    """The four parts of a project's money, in percent of the whole and in words."""
    return budgets.parts(source)


@register.simple_tag(takes_context=True)
def current(context, name):
    """aria-current for the link of the part that is shown."""
    match = getattr(context.get("request"), "resolver_match", None)
    return mark_safe(' aria-current="page"') if match and match.url_name == name else ""


@register.simple_tag
def attributes(**pairs):
    return flatatt({key.replace("_", "-"): value for key, value in pairs.items() if value})


@register.simple_tag
def role_name(role):
    """The name of a role by its code."""
    return _(ROLE_NAMES.get(str(role), str(role)))


WAYS_IN = {
    "page": N_("网页"), "api": N_("接口"), "job": N_("定时"), "command": N_("命令行"),
}  # fmt: skip


@register.simple_tag
def way_in(via):
    """How an act came in, in a word."""
    return _(WAYS_IN.get(via, via))


@register.simple_tag
def filled(text, facts):
    """A marked text, translated and filled with its facts."""
    return _(text).format(**(facts or {}))


@register.simple_tag
def matter_words(matter):
    """What a matter of the work list is: the task, then the title."""
    task = _(matter.task).format(**matter.facts)
    return _("{task}：{title}").format(task=task, title=matter.title) if matter.title else task


@register.inclusion_tag("site/_line.html", takes_context=True)
def line_of(context, number):
    """The line of an object, as far as this reader may see it."""
    request = context["request"]
    return {"places": walk(number, request.actor, request.at), "number": number}
