"""What the pages of the desk take in."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import fen_from_yuan
from kechuang.base.refusals import Refused
from kechuang.base.time import SHANGHAI
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.models import Allocation, DataSet
from kechuang.compute.models.desk import DataClass
from kechuang.compute.rules import centres
from kechuang.compute.rules.jobs import Wanted
from kechuang.compute.rules.templates import Template
from kechuang.doors.forms import Form, MomentField
from kechuang.doors.words import message_of

DAY = {"type": "date"}


def fen(text: str) -> int:
    """Yuan as typed, in fen; a form's error where it is no amount."""
    try:
        return fen_from_yuan(text)
    except Refused as refused:
        raise forms.ValidationError(message_of(refused)) from refused


class YuanField(forms.CharField):
    """An amount in yuan; clean, it is fen."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return fen(text) if text else 0


class AllocationForm(Form):
    """What an allocation is asked for."""

    purpose = forms.CharField(
        label=_("用途"), max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("写明算什么、为哪个项目。至少 10 字。"),
    )  # fmt: skip
    project = forms.ChoiceField(
        label=_("项目"), required=False, help_text=_("为本单位在研的项目申请的，请选上。")
    )
    pays = forms.ChoiceField(
        label=_("付费方式"), choices=Allocation.Pays.choices, widget=forms.RadioSelect,
        initial="VOUCHER",
    )  # fmt: skip
    core_hours = forms.IntegerField(
        label=_("核时"), min_value=1, help_text=_("一个核用一小时是一核时。")
    )
    since = forms.DateField(label=_("自"), widget=forms.DateInput(DAY))
    until = forms.DateField(label=_("至"), widget=forms.DateInput(DAY))

    def __init__(self, *args: Any, projects: list[tuple[str, str]] = (), **kwargs: Any) -> None:  # type: ignore[assignment]
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = [("", _("不属于项目")), *projects]  # type: ignore[attr-defined]


class GrantForm(Form):
    """How much an office grants."""

    core_hours = forms.IntegerField(label=_("批准核时"), min_value=1)
    voucher_fen = YuanField(
        label=_("算力券（元）"), required=False, help_text=_("自付的申请填了也不作数。")
    )
    until = forms.DateField(label=_("有效期至"), widget=forms.DateInput(DAY))
    reason = forms.CharField(label=_("批准意见"), max_length=500, required=False)


class RenewForm(Form):
    """How much more, and until when."""

    more_core_hours = forms.IntegerField(label=_("追加核时"), min_value=0, initial=0)
    more_voucher_fen = YuanField(label=_("追加算力券（元）"), required=False)
    until = forms.DateField(label=_("有效期至"), widget=forms.DateInput(DAY))


class JobForm(Form):
    """What a job asks of a centre; the parameters of its template come with it."""

    title = forms.CharField(label=_("作业"), max_length=120)
    allocation = forms.ChoiceField(label=_("用哪个额度"))
    data_class = forms.ChoiceField(
        label=_("数据等级"), choices=DataClass.choices, widget=forms.RadioSelect,
        initial="INTERNAL",
    )  # fmt: skip
    processors = forms.IntegerField(label=_("每个任务几核"), min_value=1, initial=1)
    memory_mb = forms.IntegerField(label=_("每个任务内存"), min_value=64, initial=1024)
    wall_minutes = forms.IntegerField(
        label=_("时限"), min_value=1, initial=10, help_text=_("到时还没算完的会被停止。")
    )
    tasks = forms.IntegerField(
        label=_("任务数"), min_value=1, initial=1, help_text=_("多于 1 个时是任务组，一起算。")
    )
    data_set = forms.ChoiceField(
        label=_("用哪个数据集"), required=False,
        help_text=_("按它放在哪里算传输；大小和等级至少按它算。"),
    )  # fmt: skip
    data_mb = forms.IntegerField(label=_("要传的数据"), min_value=0, initial=0)
    value = YuanField(
        label=_("时间价值"), required=False, initial="10",
        help_text=_("您等一小时值多少元；报价按它折算等待、传输和运行。"),
    )  # fmt: skip
    deadline = forms.DateTimeField(
        label=_("最迟"), required=False, widget=forms.DateTimeInput({"type": "datetime-local"}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, template: Template, allocations: list[Allocation],
        data_sets: list[DataSet], **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.template, self.data_sets = template, {one.number: one for one in data_sets}
        self.fields["data_set"].choices = [  # type: ignore[attr-defined]
            ("", _("不用")), *((one.number, f"{one.number} {one.title}") for one in data_sets)
        ]
        self.fields["allocation"].choices = [  # type: ignore[attr-defined]
            (one.number, f"{one.number} {one.purpose[:30]}") for one in allocations
        ]
        for one in template.parameters:
            self.fields[one.name] = _parameter_field(one)
        if not self.is_bound:
            self.initial.setdefault("memory_mb", template.memory_mb)
            self.initial.setdefault("title", template.name)

    @property
    def parameter_fields(self) -> list[Any]:
        return [self[one.name] for one in self.template.parameters]

    def asked(self) -> Asked:
        """What the clean form asks a job to be."""
        given = self.cleaned_data
        deadline = given["deadline"]
        if deadline is not None and deadline.tzinfo is None:
            deadline = deadline.replace(tzinfo=SHANGHAI)
        wanted = Wanted(
            given["processors"], given["wall_minutes"] * 60, given["memory_mb"], given["tasks"],
            given["data_mb"], given["value"],
        )  # fmt: skip
        parameters = {one.name: given[one.name] for one in self.template.parameters}
        return Asked(
            given["title"], self.template.code, parameters, given["data_class"], wanted, deadline,
            self.data_sets.get(given["data_set"]),
        )  # fmt: skip


def said(one: Any, name: str) -> str:
    """A text of the data files in the reader's language: `label` or `label_en`."""
    english = getattr(one, f"{name}_en", "")
    return english if english and (get_language() or "").startswith("en") else getattr(one, name)


def _parameter_field(one: Any) -> forms.Field:
    if one.kind == "whole":
        return forms.IntegerField(
            label=said(one, "label"), min_value=one.least, max_value=one.most, initial=one.default,
        )  # fmt: skip
    return forms.CharField(
        label=said(one, "label"), initial=one.default, strip=False,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false"}),
    )  # fmt: skip


class ChooseForm(Form):
    """The centre that a quoted job is sent to."""

    centre = forms.CharField(max_length=20)


class PricesForm(Form):
    """Two prices, the hours of the night, the least a job costs, and from when."""

    day = forms.CharField(label=_("日间，每核时"), max_length=12)
    night = forms.CharField(label=_("夜间，每核时"), max_length=12)
    first = forms.IntegerField(label=_("夜间自几点"), min_value=0, max_value=23, initial=22)
    last = forms.IntegerField(label=_("夜间到几点"), min_value=0, max_value=23, initial=8)
    minimum = YuanField(label=_("每个作业最低"), required=False)
    since = MomentField(label=_("自"), required=False)

    def clean_day(self) -> int:
        return _milli(self.cleaned_data["day"])

    def clean_night(self) -> int:
        return _milli(self.cleaned_data["night"])

    def prices(self) -> list[int]:
        """Twenty-four prices of the clean form, in thousandths of a fen."""
        given = self.cleaned_data
        return centres.by_hour(given["day"], given["night"], given["first"], given["last"])


def _milli(text: str) -> int:
    try:
        return centres.milli_fen(text)
    except Refused as refused:
        raise forms.ValidationError(message_of(refused)) from refused


class CentreStateForm(Form):
    """Open or pause, and why."""

    state = forms.ChoiceField(
        label=_("改为"), choices=[("OPEN", _("开放")), ("CLOSED", _("暂停"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(label=_("说明"), max_length=200)


class AdjustForm(Form):
    """By how much a locked statement is to change, and why."""

    amount = forms.CharField(
        label=_("调整（元）"), max_length=16, help_text=_("减收写负数，例如 -12.50。")
    )
    reason = forms.CharField(label=_("理由"), max_length=500, widget=forms.Textarea({"rows": 3}))

    def clean_amount(self) -> int:
        text = self.cleaned_data["amount"].strip()
        sign = -1 if text[:1] in ("-", "−") else 1
        return sign * fen(text.lstrip("+-−"))
