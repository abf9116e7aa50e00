"""Shapes of what is typed about needs. What is right or wrong is said by the rules, not here."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kechuang.base.chains import CHAIN_NAMES
from kechuang.base.money import MoneyRefused, fen_from_wan
from kechuang.doors.forms import Form
from kechuang.needs import rules
from kechuang.needs.models import Need
from kechuang.parties.models import Person

SPARE_ROWS = 2
ROW = re.compile(r"targets-(\d{1,3})-(name|comparison|value|value_high|unit|test_method)")
ROW_LABELS = {
    "name": _("第 {n} 项指标名称"),
    "comparison": _("第 {n} 项比较"),
    "value": _("第 {n} 项数值"),
    "value_high": _("第 {n} 项上限（介于时填）"),
    "unit": _("第 {n} 项单位"),
    "test_method": _("第 {n} 项检验方法（可不填）"),
}


class Typed(forms.CharField):
    """A field of a draft: anything may be typed or left out until the need is handed in."""

    def validate(self, value: Any) -> None:
        return None


def typed_in(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a posted form says, with its rows of targets in order."""
    rows: dict[int, dict[str, str]] = {}
    for name in data:
        match = ROW.fullmatch(name)
        if match:
            rows.setdefault(int(match[1]), {})[match[2]] = data.get(name, "")
    typed = {name: data.get(name, "") for name in NeedForm.base_fields}
    typed["targets"] = [rows[place] for place in sorted(rows)]
    return typed


def flat(typed: Mapping[str, Any]) -> dict[str, str]:
    """What was typed, by the names of the form's fields."""
    said = {name: typed.get(name, "") for name in NeedForm.base_fields}
    for place, row in enumerate(typed.get("targets") or []):
        for key in rules.TARGET_FIELDS:
            said[f"targets-{place}-{key}"] = row.get(key, "")
    return said


class NeedForm(Form):
    """A need as one types it."""

    use_required_attribute = False

    title = Typed(
        label=_("用一句话说清需求"),
        help_text=_("写“什么产品的什么指标”，不写单位名和宣传语，最多 40 字。"),
    )
    body = Typed(
        label=_("现在卡在哪里，试过什么"),
        help_text=_("两三百字即可。联络员据此找团队，写得越具体，推荐越准。"),
        widget=forms.Textarea({"rows": 5}),
    )
    chain = Typed(
        label=_("属于哪条产业链"),
        widget=forms.Select(
            choices=[("", _("请选择")), *((c.value, _(n)) for c, n in CHAIN_NAMES.items())]
        ),
    )
    keywords = Typed(
        label=_("关键词"), required=False, help_text=_("用顿号隔开，例如 烧结、铜膏、功率模块")
    )
    budget = Typed(
        label=_("愿出经费"), help_text=_("单位是万元。例如三百万元填 300，不填 3000000。")
    )
    budget_is_right = Typed(label=_("数额无误"), required=False, widget=forms.HiddenInput)
    due = Typed(
        label=_("希望完成日期"), help_text=_("年-月-日，例如 2028-02-28"),
        widget=forms.TextInput({"inputmode": "numeric"}),
    )  # fmt: skip
    publication = Typed(
        label=_("公开到什么程度"),
        help_text=_("单位管理员签发时再核对一次。以后可以撤回需求。"),
        widget=forms.RadioSelect(choices=[]),
    )
    contact = Typed(
        label=_("联系人"),
        help_text=_("只给本地区的科技部门、联络员和经引荐的一方看。"),
        widget=forms.Select,
    )

    def __init__(self, *args: Any, people: list[Person], rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        self.fields["publication"].widget.choices = publication_choices()
        self.fields["contact"].widget.choices = [(p.number, p.name) for p in people]
        for place in range(rows):
            for key in rules.TARGET_FIELDS:
                self.fields[f"targets-{place}-{key}"] = _row_field(place, key)

    @property
    def targets(self) -> list[dict[str, Any]]:
        """The rows of the table of targets, each with its bound fields."""
        return [self._row(place) for place in range(self.rows)]

    def _row(self, place: int) -> dict[str, Any]:
        row: dict[str, Any] = {
            key: self[f"targets-{place}-{key}"] for key in rules.TARGET_FIELDS
        }
        return row | {"n": place + 1}

    @property
    def likely_budget(self) -> str:
        """The budget probably meant, in 万元, where the typed one is far from the usual."""
        try:
            likely = rules.likely_budget(fen_from_wan(rules.plain(self["budget"].value())))
        except MoneyRefused:
            return ""
        return rules.wan_text(likely).replace(",", "") if likely else ""


def _row_field(place: int, key: str) -> forms.Field:
    label = ROW_LABELS[key].format(n=place + 1)
    if key == "comparison":
        choices = [(c.value, gettext(name)) for c, name in rules.COMPARISON_NAMES.items()]
        return Typed(label=label, required=False, widget=forms.Select(choices=choices))
    attrs = {"inputmode": "decimal"} if key.startswith("value") else {}
    return Typed(label=label, required=False, widget=forms.TextInput(attrs))


def publication_choices() -> list[tuple[str, str]]:
    """The three levels with what each opens, behind a full-width space."""
    return [
        (level.value, f"{gettext(name)}　{gettext(rules.PUBLICATION_EFFECTS[level])}")
        for level, name in rules.PUBLICATION_NAMES.items()
    ]


def rows_for(typed: Mapping[str, Any]) -> int:
    """How many rows the table of targets shows: those typed, and some to spare."""
    return max(3, min(len(typed.get("targets") or []) + SPARE_ROWS, rules.TARGETS_MOST))


class SignForm(Form):
    """The unit's signature."""

    publication = forms.ChoiceField(label=_("公开到什么程度"), widget=forms.RadioSelect)
    consent = forms.BooleanField(
        label=_("本单位同意按上面的程度公开这条需求"), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["publication"].choices = publication_choices()


class ReturnForm(Form):
    """Fields to mend, each with words; a field left empty is not marked."""

    note = forms.CharField(
        label=_("总的说明"), required=False, max_length=1000,
        widget=forms.Textarea({"rows": 3}), help_text=_("写给填报人，例如补正后何时再报。"),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in rules.FIELDS:
            label = gettext("“{field}”要怎么改").format(field=gettext(rules.FIELD_NAMES[field]))
            self.fields[f"mark-{field}"] = forms.CharField(
                label=label, required=False, max_length=500, widget=forms.Textarea({"rows": 2})
            )

    @property
    def marks(self) -> dict[str, str]:
        return {field: self.cleaned_data.get(f"mark-{field}", "") for field in rules.FIELDS}


class PassForm(Form):
    """An office's word on a need: on, or upward."""

    upward = forms.TypedChoiceField(
        label=_("通过以后"),
        choices=[("0", _("入库　列入需求库，同时开始找团队")),
                 ("1", _("报省级　请省级科技部门再筛一次"))],
        coerce=lambda text: text == "1", initial="0", widget=forms.RadioSelect,
    )  # fmt: skip
    note = forms.CharField(
        label=_("意见"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("企业能看到。"),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, may_go_upward: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_go_upward:
            del self.fields["upward"]


class MergeForm(Form):
    """The need into which this one goes."""

    into = forms.CharField(
        label=_("并入哪一条"), max_length=20,
        help_text=_("写编号，例如 XQ-2026-000912；也可从下面相似的需求里选。"),
    )  # fmt: skip
    note = forms.CharField(
        label=_("理由"), required=False, max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("企业能看到。"),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(Form):
    """A step that asks for a reason."""

    reason = forms.CharField(
        label=_("理由"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("一两句话，留在这条需求的经过里。"),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class VersionForm(Form):
    """A step with one button."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class FileForm(Form):
    """A file to keep with a draft."""

    file = forms.FileField(
        label=_("加一份附件"), help_text=_("图纸、试验记录等，每份 50 MB 以内，最多十份。")
    )


def people_of(need_or_unit: Need | None, people: list[Person]) -> list[Person]:
    """The people to choose a contact from, the present contact always among them."""
    contact = need_or_unit.contact if need_or_unit else None
    if contact is not None and all(person.pk != contact.pk for person in people):
        return [contact, *people]
    return people
