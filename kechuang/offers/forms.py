"""Shapes of what is typed about offers. What is right or wrong is said by the rules, not here."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kechuang.base.chains import CHAIN_NAMES
from kechuang.doors.forms import Form
from kechuang.offers import rules
from kechuang.parties.models import Person

ROW = re.compile(r"figures-(\d{1,3})-(name|value|unit)")
ROW_LABELS = {
    "name": _("第 {n} 个数值的指标名"),
    "value": _("第 {n} 个数值"),
    "unit": _("第 {n} 个数值的单位"),
}
SPARE_ROWS = 2
SEVERAL = ("chains", "modes")


class Typed(forms.CharField):
    """A field of a draft: anything may be typed or left out until the offer is handed in."""

    def validate(self, value: Any) -> None:
        return None


class Several(forms.MultipleChoiceField):
    """Several codes of a draft, read by the rules."""

    def validate(self, value: Any) -> None:
        return None


def typed_in(data: Any) -> dict[str, Any]:
    """What a posted form says, with its rows of figures in order."""
    rows: dict[int, dict[str, str]] = {}
    for name in data:
        match = ROW.fullmatch(name)
        if match:
            rows.setdefault(int(match[1]), {})[match[2]] = data.get(name, "")
    typed: dict[str, Any] = {name: data.get(name, "") for name in OfferForm.base_fields}
    for name in SEVERAL:
        typed[name] = data.getlist(name)
    typed["figures"] = [rows[place] for place in sorted(rows)]
    return typed


def flat(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, by the names of the form's fields."""
    said = {name: typed.get(name, "") for name in OfferForm.base_fields}
    for name in SEVERAL:
        said[name] = list(typed.get(name) or [])
    for place, row in enumerate(typed.get("figures") or []):
        for key in ("name", "value", "unit"):
            said[f"figures-{place}-{key}"] = row.get(key, "")
    return said


def rows_for(typed: Mapping[str, Any]) -> int:
    """How many rows the table of figures shows: those typed, and some to spare."""
    return max(3, min(len(typed.get("figures") or []) + SPARE_ROWS, rules.FIGURES_MOST))


def _named(names: Mapping[Any, str]) -> list[tuple[str, Any]]:
    return [(code.value, _(name)) for code, name in names.items()]


class OfferForm(Form):
    """An offer as one types it."""

    use_required_attribute = False

    kind = Typed(label=_("发布什么"), widget=forms.RadioSelect(choices=_named(rules.KIND_NAMES)))
    title = Typed(
        label=_("名称"),
        help_text=_("写“什么技术用在哪里”，例如“高导热氮化铝陶瓷流延成型工艺”。"),
    )
    summary = Typed(
        label=_("一句话简介"), required=False, help_text=_("说清能给企业解决什么，最多 300 字。")
    )
    body = Typed(
        label=_("详细说明"),
        help_text=_("原理、做到什么程度、在哪里试过。平台按它的文字为企业的需求找团队。"),
        widget=forms.Textarea({"rows": 7}),
    )
    keywords = Typed(
        label=_("关键词"), required=False, help_text=_("用顿号隔开，例如 氮化铝、流延、陶瓷基板")
    )
    chains = Several(
        label=_("用在哪些产业链"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=_named(CHAIN_NAMES),
    )  # fmt: skip
    trl = Typed(
        label=_("成熟度"), required=False, help_text=_("从原理到批量应用共九级。"),
        widget=forms.Select(choices=[
            ("", _("未写明")), *((str(level), _(name)) for level, name in rules.TRL_NAMES.items())
        ]),
    )  # fmt: skip
    patent_number = Typed(
        label=_("专利号"), required=False, help_text=_("例如 ZL200310102344.5；不是专利可不填。")
    )
    patent_status = Typed(
        label=_("法律状态"), required=False,
        widget=forms.Select(choices=[("", _("未写明")), *_named(rules.PATENT_STATUS_NAMES)]),
    )  # fmt: skip
    patent_status_date = Typed(
        label=_("法律状态截至"), required=False, help_text=_("年-月-日，例如 2026-03-01")
    )
    people = Typed(
        label=_("发明人或成员"), required=False, help_text=_("用顿号隔开，负责人写在最前。")
    )
    works = Typed(
        label=_("代表性工作"), required=False,
        help_text=_("每行一项：论文、中试线、已用的企业等。"),
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    modes = Several(
        label=_("愿意怎么合作"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=_named(rules.MODE_NAMES),
    )  # fmt: skip
    price_low = Typed(
        label=_("意向价格，从"), required=False, help_text=_("单位是万元，三百万元填 300。")
    )
    price_high = Typed(label=_("到"), required=False, help_text=_("面议的两格都不填。"))
    contact = Typed(label=_("联系人"), widget=forms.Select)

    def __init__(self, *args: Any, people: list[Person], rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        self.fields["contact"].widget.choices = [(p.number, p.name) for p in people]
        for place in range(rows):
            for key in ("name", "value", "unit"):
                attrs = {"inputmode": "decimal"} if key == "value" else {}
                self.fields[f"figures-{place}-{key}"] = Typed(
                    label=gettext(ROW_LABELS[key]).format(n=place + 1), required=False,
                    widget=forms.TextInput(attrs),
                )  # fmt: skip

    @property
    def figures(self) -> list[dict[str, Any]]:
        """The rows of the table of figures, each with its bound fields."""
        return [
            {key: self[f"figures-{place}-{key}"] for key in ("name", "value", "unit")}
            for place in range(self.rows)
        ]


class ReasonForm(Form):
    """A step that asks for a reason."""

    reason = forms.CharField(
        label=_("理由"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("一两句话，留在这条成果的经过里。"),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class VersionForm(Form):
    """A step with one button."""

    version = forms.IntegerField(widget=forms.HiddenInput)
