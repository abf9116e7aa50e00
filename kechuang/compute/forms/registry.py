"""What the pages of the registry take in: centres, phases, links and data sets."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.base.codes import normalise_credit_code
from kechuang.compute.models import Centre, DataSet, Phase
from kechuang.compute.models.desk import DataClass
from kechuang.compute.rules.templates import templates
from kechuang.doors.forms import Form
from kechuang.parties.queries import organisation_by_code

DAY = {"type": "date"}
HOURS = 24
FIELDS = (
    "name", "name_en", "kind", "side", "processors", "accelerators", "capacity_pflops_fp64",
    "capacity_pflops_fp16", "watts_per_core", "pue", "bandwidth_mb_s", "data_classes", "templates",
)  # fmt: skip


class CentreForm(Form):
    """A centre: what it has by precision, what it draws, lets through and takes in."""

    name = forms.CharField(label=_("名称"), max_length=100)
    name_en = forms.CharField(label=_("英文名"), max_length=120, required=False)
    organisation = forms.CharField(
        label=_("运营单位"), max_length=30, help_text=_("统一社会信用代码。")
    )
    kind = forms.ChoiceField(
        label=_("种类"), choices=Centre.Kind.choices, widget=forms.RadioSelect
    )
    side = forms.ChoiceField(
        label=_("东西部"), choices=Centre.Side.choices, widget=forms.RadioSelect
    )
    processors = forms.IntegerField(label=_("核数"), min_value=1)
    accelerators = forms.IntegerField(label=_("加速卡数"), min_value=0, initial=0)
    capacity_pflops_fp64 = forms.DecimalField(
        label=_("算力（PFLOPS，FP64）"), min_value=0, max_digits=10, decimal_places=3,
        required=False, help_text=_("没有就空着；与 FP16 不相加。"),
    )  # fmt: skip
    capacity_pflops_fp16 = forms.DecimalField(
        label=_("算力（PFLOPS，FP16）"), min_value=0, max_digits=10, decimal_places=3,
        required=False,
    )  # fmt: skip
    watts_per_core = forms.DecimalField(
        label=_("每核功率（瓦）"), min_value=0, max_digits=8, decimal_places=2
    )
    pue = forms.DecimalField(label="PUE", min_value=1, max_digits=4, decimal_places=2)
    carbon = forms.CharField(
        label=_("每度电碳排（克）"), max_length=300,
        help_text=_("一个数，或 24 个用逗号分开的数，自 0 点起逐时。"),
    )  # fmt: skip
    bandwidth_mb_s = forms.DecimalField(
        label=_("带宽（MB/s）"), min_value=Decimal("0.01"), max_digits=10, decimal_places=2
    )
    data_classes = forms.MultipleChoiceField(
        label=_("可收的数据"), choices=DataClass.choices, widget=forms.CheckboxSelectMultiple
    )
    templates = forms.MultipleChoiceField(
        label=_("装有的应用"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["organisation"]
        self.fields["templates"].choices = [  # type: ignore[attr-defined]
            (one.code, one.name) for one in templates().values()
        ]

    def clean_organisation(self) -> str:
        code = normalise_credit_code(self.cleaned_data["organisation"])
        if organisation_by_code(code) is None:
            raise forms.ValidationError(_("没有这个单位。请先登记单位。"))
        return code

    def clean_carbon(self) -> list[float]:
        parts = self.cleaned_data["carbon"].replace("，", ",").split(",")
        try:
            numbers = [float(Decimal(one.strip())) for one in parts if one.strip()]
        except InvalidOperation:
            numbers = []
        return numbers * HOURS if len(numbers) == 1 else numbers

    def facts(self) -> dict[str, Any]:
        """The fields of a centre of the clean form."""
        given = {name: self.cleaned_data[name] for name in FIELDS}
        return given | {"carbon_g_per_kwh": self.cleaned_data["carbon"]}


def initial_of(row: Centre) -> dict[str, Any]:
    """A centre as its form shows it."""
    hours = [f"{one:g}" for one in row.carbon_g_per_kwh]
    carbon = hours[0] if len(set(hours)) == 1 else ", ".join(hours)
    return {name: getattr(row, name) for name in FIELDS} | {"carbon": carbon}


class PhaseForm(Form):
    """What a phase of extension adds, and until when."""

    name = forms.CharField(label=_("名称"), max_length=80)
    due_date = forms.DateField(label=_("计划投用"), widget=forms.DateInput(DAY))
    processors = forms.IntegerField(label=_("增加核数"), min_value=0, initial=0)
    accelerators = forms.IntegerField(label=_("增加加速卡"), min_value=0, initial=0)
    capacity_pflops_fp64 = forms.DecimalField(
        label=_("增加算力（PFLOPS，FP64）"), min_value=0, max_digits=10, decimal_places=3,
        required=False,
    )  # fmt: skip
    capacity_pflops_fp16 = forms.DecimalField(
        label=_("增加算力（PFLOPS，FP16）"), min_value=0, max_digits=10, decimal_places=3,
        required=False,
    )  # fmt: skip
    source = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("批复或计划的名称和文号。")
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        names = ("processors", "accelerators", "capacity_pflops_fp64", "capacity_pflops_fp16")
        if not any(given.get(name) for name in names):
            raise forms.ValidationError(_("请写明这一期增加多少。"))
        return given


class PhaseStateForm(Form):
    """Where a phase goes on to."""

    state = forms.ChoiceField(label=_("改为"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, steps: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Phase.State.choices)
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            (code, labels[code]) for code in steps
        ]


class LinkForm(Form):
    """What goes through between two centres."""

    centre = forms.ChoiceField(label=_("一端"))
    other = forms.ChoiceField(label=_("另一端"))
    bandwidth_mb_s = forms.DecimalField(
        label=_("带宽（MB/s）"), min_value=Decimal("0.01"), max_digits=10, decimal_places=2
    )
    basis = forms.ChoiceField(
        label=_("怎么来的"), choices=[("measured", _("实测")), ("declared", _("线路方申报"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    source = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("怎么测的，或合同的编号。")
    )

    def __init__(self, *args: Any, centres: list[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.number, f"{one.number} {one.name}") for one in centres]
        for name in ("centre", "other"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


def _codes(text: str) -> list[str]:
    return [normalise_credit_code(one) for one in text.split() if one.strip()]


class AudienceForm(Form):
    """Who may use a data set, and whether anybody still may."""

    audience = forms.ChoiceField(
        label=_("谁可以用"), choices=DataSet.Audience.choices, widget=forms.RadioSelect
    )
    named = forms.CharField(
        label=_("指定的单位"), required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("统一社会信用代码，一行一个；只在选“指定单位”时作数。"),
    )  # fmt: skip
    state = forms.ChoiceField(
        label=_("状态"), choices=DataSet.State.choices, widget=forms.RadioSelect
    )

    def clean_named(self) -> list[str]:
        return _codes(self.cleaned_data["named"])


class DataSetForm(AudienceForm):
    """A data set: what it is, where it lies, how large, of which class, who may use it."""

    title = forms.CharField(label=_("名称"), max_length=120)
    about = forms.CharField(
        label=_("说明"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("内容、格式、从哪里来、用时要遵守什么。"),
    )  # fmt: skip
    centre = forms.ChoiceField(label=_("存放在"))
    size_mb = forms.IntegerField(label=_("大小（MB）"), min_value=1)
    data_class = forms.ChoiceField(
        label=_("数据等级"), choices=DataClass.choices, widget=forms.RadioSelect,
        initial="INTERNAL",
    )  # fmt: skip
    field_order = ("title", "about", "centre", "size_mb", "data_class", "audience", "named")

    def __init__(self, *args: Any, centres: list[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["state"]
        self.fields["centre"].choices = [  # type: ignore[attr-defined]
            (one.number, one.name) for one in centres
        ]

    def facts(self) -> dict[str, Any]:
        names = ("title", "about", "size_mb", "data_class", "audience")
        return {name: self.cleaned_data[name] for name in names}
