"""Form fields in one column: label, help, error, control, unit; the summary of errors above."""

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kechuang.base import money as amounts
from kechuang.base.refusals import Refused
from kechuang.site.templatetags import words

GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)
NOTHING = mark_safe("")


def field(bound, **options):
    """One field of a form, whatever its widget.

    Options: `unit` (shown outside the field; 万元 and 元 are read back in words), `rows`, `width`
    (a class such as kc-w2), `label`, `help`, `after` (a note below the control), `filter` (a field
    that narrows a list: nothing is said of leaving it empty).
    """
    widget = bound.field.widget
    if widget.is_hidden:
        return bound.as_widget()
    if isinstance(widget, GROUPS):
        return _group(bound, options)
    if isinstance(widget, forms.CheckboxInput):
        return _checkbox(bound, options)
    return format_html(
        '<div class="kc-f{}"><label class="form-label" for="{}">{}{}</label>{}{}{}{}</div>',
        " bad" if bound.errors else "", bound.id_for_label, options.get("label") or bound.label,
        _optional(bound, options), _hint(bound, options), _error(bound), _control(bound, options),
        _after(bound, options),
    )


def row_input(bound, label=""):
    """A field in the cell of an edited table: its label is heard, the column head is seen."""
    classes = _classes(bound.field.widget) + (" is-bad" if bound.errors else "")
    attrs = {"class": classes}
    if bound.errors:
        attrs["aria-describedby"] = f"{bound.auto_id}-e"
    return format_html(
        '{}<label class="visually-hidden" for="{}">{}</label>{}',
        _error(bound, "mb-1"), bound.id_for_label, label or bound.label,
        bound.as_widget(attrs=attrs),
    )


def form_errors(form, *more):
    """The summary above a refused form: how many, each linked to its field, in the field's words.

    Takes formsets too. What no field is to blame for is shown as a refusal: what cannot be done,
    why, and the way on.
    """
    shown = [one for one in (form, *more) if one is not None and one.is_bound]
    refusals = [error for one in shown for error in _whole_errors(one)]
    links = [link for one in shown for bound in _fields(one) for link in _links(bound)]
    if not refusals and not links:
        return NOTHING
    blocks = [_refusal(error) for error in refusals]
    if links:
        heading = ngettext(
            "有 %(count)d 处需要改，改完才能提交", "有 %(count)d 处需要改，改完才能提交", len(links)
        ) % {"count": len(links)}
        blocks.append(
            format_html(
                '<div class="kc-msg bad" role="alert" tabindex="-1" data-summary>'
                "<h2>{}</h2><ul>{}</ul></div>",
                heading, format_html_join("", '<li><a href="#{}">{}：{}</a></li>', links),
            )
        )
    return mark_safe("".join(blocks))


def _control(bound, options):
    widget = bound.field.widget
    css = " ".join(filter(None, (_classes(widget), _width(bound, options))))
    attrs = {"class": css, "placeholder": False}
    described = _described(bound, options)
    if described:
        attrs["aria-describedby"] = described
    if options.get("rows"):
        attrs["rows"] = options["rows"]
    if options.get("unit") or isinstance(bound.field, (forms.DecimalField, forms.IntegerField)):
        attrs.setdefault("inputmode", "decimal")
    unit = options.get("unit")
    if not unit:
        return bound.as_widget(attrs=attrs)
    attrs["class"] = "form-control"
    money_unit = _money_unit(unit)
    if money_unit:
        attrs["data-money"] = money_unit
    return format_html(
        '<div class="input-group {}">{}<span class="input-group-text">{}</span></div>{}',
        options.get("width") or "kc-w2", bound.as_widget(attrs=attrs), unit,
        _read_back(bound, money_unit) if money_unit else "",
    )


def _money_unit(unit) -> str:
    return {_("万元"): "wan", _("元"): "yuan"}.get(str(unit), "")


def _read_back(bound, money_unit):
    """The amount in yuan and in Chinese numerals, so that a wrong unit is noticed."""
    value, text = bound.value(), ""
    if value not in (None, ""):
        read = amounts.fen_from_wan if money_unit == "wan" else amounts.fen_from_yuan
        try:
            fen = read(str(value))
        except Refused:
            fen = None
        if fen is not None:
            numerals = "" if words.reads_english() else f"（{amounts.in_words_zh(fen)}）"
            text = format_html("{} <b>{}</b>{}", _("等于"), words.exact(fen), numerals)
    return format_html('<p class="kc-s mt-2 mb-0" data-read="{}">{}</p>', bound.auto_id, text)


def _classes(widget) -> str:
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


def _width(bound, options) -> str:
    if options.get("width"):
        return options["width"]
    short = (forms.DateField, forms.DateTimeField, forms.IntegerField, forms.DecimalField)
    return "kc-w2" if isinstance(bound.field, short) else ""


def _optional(bound, options):
    if bound.field.required or bound.field.disabled or options.get("filter"):
        return NOTHING
    return format_html('<span class="kc-s kc-2 fw-normal">{}</span>', _("（可不填）"))


def _hint_text(bound, options):
    text = options.get("help") or bound.help_text
    if not text and isinstance(bound.field, forms.DateField):
        return _("年-月-日，例如 2027-02-28")
    return text


def _hint(bound, options):
    text = _hint_text(bound, options)
    if not text:
        return NOTHING
    return format_html('<p class="form-hint" id="{}-h">{}</p>', bound.auto_id, text)


def _error(bound, css=""):
    if not bound.errors:
        return NOTHING
    return format_html(
        '<p class="kc-f-err {}" id="{}-e"><span class="visually-hidden">{}</span>{}</p>',
        css, bound.auto_id, _("错误："), format_html_join(" ", "{}", ((e,) for e in bound.errors)),
    )


def _described(bound, options) -> str:
    ids = []
    if _hint_text(bound, options):
        ids.append(f"{bound.auto_id}-h")
    if bound.errors:
        ids.append(f"{bound.auto_id}-e")
    return " ".join(ids)


def _after(bound, options):
    if not options.get("after"):
        return NOTHING
    return format_html('<p class="kc-s kc-2 mt-2 mb-0">{}</p>', options["after"])


def _group(bound, options):
    """Radios or boxes as pills; a full-width space in a choice's label begins its small note."""
    described = _described(bound, options)
    pills = []
    for option in bound.subwidgets:
        name, _space, note = str(option.choice_label).partition("　")
        small = format_html('<span class="kc-xs kc-2">　{}</span>', note) if note else ""
        pills.append(
            format_html(
                '<label class="kc-pill" for="{}">{} <span>{}{}</span></label>',
                option.id_for_label, _option_input(option), name, small,
            )
        )
    return format_html(
        '<fieldset class="kc-f{}"{}><legend class="form-label">{}{}</legend>{}{}'
        '<div class="d-grid gap-2">{}</div>{}</fieldset>',
        " bad" if bound.errors else "",
        format_html(' aria-describedby="{}"', described) if described else "",
        options.get("label") or bound.label, _optional(bound, options), _hint(bound, options),
        _error(bound),
        mark_safe("".join(pills)), _after(bound, options),
    )


def _option_input(option):
    data = option.data
    checked = mark_safe(" checked") if data["selected"] else ""
    required = mark_safe(" disabled") if data["attrs"].get("disabled") else ""
    return format_html(
        '<input class="form-check-input" type="{}" name="{}" value="{}" id="{}"{}{}>',
        data["type"], data["name"], data["value"], option.id_for_label, checked, required,
    )


def _checkbox(bound, options):
    attrs = {"class": "form-check-input"}
    described = _described(bound, options)
    if described:
        attrs["aria-describedby"] = described
    return format_html(
        '<div class="kc-f{}">{}{}<label class="kc-pill" for="{}">{} <span>{}</span></label>'
        "{}</div>",
        " bad" if bound.errors else "", _hint(bound, options), _error(bound), bound.id_for_label,
        bound.as_widget(attrs=attrs), options.get("label") or bound.label, _after(bound, options),
    )


def _fields(form):
    if hasattr(form, "forms"):
        return [bound for one in form.forms for bound in one]
    return list(form)


def _whole_errors(form):
    if hasattr(form, "forms"):
        whole = list(form.non_form_errors().as_data())
        return whole + [error for one in form.forms for error in _whole_errors(one)]
    return [*form.non_field_errors().as_data(), *_hidden_errors(form)]


def _hidden_errors(form):
    return [e for bound in form.hidden_fields() for e in bound.errors.as_data()]


def _links(bound):
    if bound.is_hidden:
        return []
    anchor = f"{bound.auto_id}_0" if isinstance(bound.field.widget, GROUPS) else bound.id_for_label
    return [(anchor, bound.label, str(error).rstrip("。")) for error in bound.errors]


def _refusal(error):
    """A refusal in the place of the act: first what cannot be done, then why and the way on."""
    text = " ".join(str(message) for message in error.messages)
    mark = "。" if "。" in text else ". "
    head, _mark, rest = text.partition(mark)
    code = error.code if error.code not in (None, "invalid") else ""
    return format_html(
        '<div class="kc-msg bad" role="alert" tabindex="-1" data-summary><h2>{}</h2>'
        "<p>{} <span class=\"kc-xs kc-2\">{}</span></p></div>",
        head.rstrip("."), rest, code,
    )
