"""Forms of indicators: measure, set a target, publish."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form
from kechuang.indicators.rules import Indicator
from kechuang.parties.models import Region


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


class TierTargetsForm(Form):
    """The year's targets of all tiers of a region; what is left empty has none or stays."""

    region = forms.ChoiceField(label=_("地区"))
    year = forms.IntegerField(label=_("目标年度"), min_value=2000, max_value=2100)

    def __init__(
        self, *args: Any, regions: Sequence[Region], indicators: Sequence[Indicator], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        english = (get_language() or "").startswith("en")
        self.indicators = list(indicators)
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            (one.code, one.name_en if english and one.name_en else one.name) for one in regions
        ]
        for one in indicators:
            self.fields[one.code] = forms.IntegerField(
                label=one.name_en if english else one.name, required=False, min_value=1,
                max_value=10**9,
            )  # fmt: skip

    def values(self) -> list[tuple[Indicator, Decimal]]:
        """What was typed, indicator by indicator."""
        said = self.cleaned_data
        return [
            (one, Decimal(said[one.code])) for one in self.indicators
            if said.get(one.code) is not None
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors and not self.values():
            raise forms.ValidationError(_("还没有填任何一个目标。请至少填一个梯度的家数。"))
        return said


class PublishForm(Form):
    """Publish a measured figure; the version guards against publishing another one."""

    version = forms.IntegerField(widget=forms.HiddenInput)
