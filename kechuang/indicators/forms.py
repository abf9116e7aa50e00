"""Forms of indicators: measure, set a target, publish."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form


class MeasureForm(Form):
    """Which period to measure."""

    period = forms.CharField(
        label=_("测算哪个时期"), max_length=20,
        help_text=_("存量写某一日，例如 @2026-10-31；流量写一段时间，例如 2026-10、2026-Q3。"),
    )  # fmt: skip


class TargetForm(Form):
    """What is promised for a period."""

    period = forms.CharField(
        label=_("目标时期"), max_length=20, help_text=_("例如 2026、2026-Q4。")
    )
    value = forms.DecimalField(
        label=_("目标值"), max_digits=18, decimal_places=2,
        help_text=_("单位与指标相同，只写数字。"),
    )  # fmt: skip


class PublishForm(Form):
    """Publish a measured figure; the version guards against publishing another one."""

    version = forms.IntegerField(widget=forms.HiddenInput)
