"""A year's figures, and what-if: money in 万元, people in whole numbers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import MoneyRefused, fen_from_wan
from kechuang.cultivation.rules.figures import FIGURES, MONEY
from kechuang.doors.forms import Form
from kechuang.doors.words import message_of

LABELS = {
    "staff": _("职工总数（人）"), "staff_rd": _("科技（研发）人员（人）"),
    "staff_college": _("大专以上学历的科技人员（人）"), "revenue_fen": _("销售收入（万元）"),
    "revenue_hitech_fen": _("高新技术产品收入（万元）"), "income_total_fen": _("收入总额（万元）"),
    "rd_fen": _("研发费用（万元）"), "rd_domestic_fen": _("境内研发费用（万元）"),
    "costs_fen": _("成本费用支出（万元）"), "assets_fen": _("资产总额（万元）"),
    "net_assets_fen": _("净资产（万元）"), "debts_fen": _("负债总额（万元）"),
    "main_revenue_fen": _("主营业务收入（万元）"),
}
KEY_FIGURES = (
    "staff", "staff_rd", "revenue_fen", "revenue_hitech_fen", "income_total_fen", "rd_fen",
    "costs_fen", "assets_fen",
)


class WanField(forms.CharField):
    """An amount in 万元, exact to the fen."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return fen_from_wan(text)
        except MoneyRefused as refused:
            raise forms.ValidationError(message_of(refused), code=refused.code) from refused


def _field(name: str) -> forms.Field:
    if name in MONEY:
        return WanField(
            label=LABELS[name], required=False, max_length=30,
            widget=forms.TextInput({"inputmode": "decimal"}),
        )
    return forms.IntegerField(
        label=LABELS[name], required=False, min_value=0, max_value=10_000_000,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )


class FiguresForm(Form):
    """A year's figures; what is left empty is not known."""

    def __init__(self, *args: Any, names: tuple[str, ...] = FIGURES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in names:
            self.fields[name] = _field(name)

    @property
    def figures(self) -> dict[str, int]:
        """What was typed, in fen and people."""
        return {
            name: value for name, value in self.cleaned_data.items()
            if name in FIGURES and value is not None
        }


class EntryForm(FiguresForm):
    """A department's figures, with where they come from."""

    title = forms.CharField(label=_("来源"), max_length=200,
                            help_text=_("例如：2025年度企业所得税汇算表"))
    department = forms.CharField(label=_("数据主管部门"), max_length=60, initial="科技局")


class WhatIfForm(FiguresForm):
    """Key figures of last year to play with; nothing is stored."""

    class_one = forms.IntegerField(
        label=_("Ⅰ类知识产权（项）"), required=False, min_value=0, max_value=9999,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )
    class_two = forms.IntegerField(
        label=_("Ⅱ类知识产权（项）"), required=False, min_value=0, max_value=9999,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, names=KEY_FIGURES, **kwargs)
        self.order_fields([*KEY_FIGURES, "class_one", "class_two"])


class VisitForm(Form):
    """What was found on a visit."""

    policy = forms.CharField(max_length=40, widget=forms.HiddenInput)
    criterion = forms.CharField(max_length=60, widget=forms.HiddenInput)
    note = forms.CharField(label=_("走访情况（可不填）"), required=False, max_length=500)


def shown(figures: Mapping[str, int]) -> dict[str, str]:
    """Figures as the form shows them."""
    return {
        name: _wan(value) if name in MONEY else str(value) for name, value in figures.items()
    }


def _wan(fen: int) -> str:
    whole, part = divmod(abs(fen), 1_000_000)
    said = f"{whole}.{part:06d}".rstrip("0").rstrip(".") if part else str(whole)
    return f"-{said}" if fen < 0 else said
