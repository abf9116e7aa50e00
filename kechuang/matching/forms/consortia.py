"""Shape of the input on the pages of consortia."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form
from kechuang.parties.models import Organisation
from kechuang.parties.rules import PURPOSE_LONGEST, TASK_LONGEST


class FoundForm(Form):
    """A consortium as its lead founds it."""

    name = forms.CharField(label=_("名称"), max_length=120)
    purpose = forms.CharField(
        label=_("目标"), max_length=PURPOSE_LONGEST, widget=forms.Textarea({"rows": 4}),
        help_text=_("一起要解决什么、做到什么程度；成员单位都能看到。"),
    )  # fmt: skip


class InviteForm(Form):
    """Who is asked to join, for what."""

    organisation = forms.CharField(
        label=_("单位"), max_length=120,
        help_text=_("写单位编号、统一社会信用代码或登记的全称。"),
    )  # fmt: skip
    task = forms.CharField(label=_("分工"), max_length=TASK_LONGEST, required=False)

    def clean_organisation(self) -> Organisation:
        text = self.cleaned_data["organisation"].replace("\x00", "").strip()
        for column in ("number", "code", "name"):
            found = Organisation.objects.filter(**{column: text}).first()
            if found is not None:
                return found
        raise forms.ValidationError(_("没有找到这个单位。"), code="unknown")


class LeadForm(Form):
    """Which member is asked to lead."""

    organisation = forms.ChoiceField(label=_("接任牵头的单位"))

    def __init__(self, *args: Any, units: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._units = {unit.number: unit for unit in units}
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            (unit.number, unit.name) for unit in units
        ]

    def clean_organisation(self) -> Organisation:
        return self._units[self.cleaned_data["organisation"]]


class AnswerForm(Form):
    """Whether the unit joins."""

    accept = forms.ChoiceField(
        label=_("您单位的答复"), choices=[("yes", _("加入")), ("no", _("不加入"))],
        widget=forms.RadioSelect,
    )  # fmt: skip

    def clean_accept(self) -> bool:
        return bool(self.cleaned_data["accept"] == "yes")
