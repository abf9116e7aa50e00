"""What the pages of panels, seats and reviews take in."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form
from kechuang.parties.models import Person
from kechuang.reviews.models import Criterion


class DeclareForm(Form):
    """Whether the expert stands in conflict with a case."""

    conflict = forms.ChoiceField(
        label=_("您与这份方案的单位、人员有没有利益关系"), widget=forms.RadioSelect,
        choices=[
            ("no", _("没有　申报后即可阅读方案")),
            ("yes", _("有，我回避　这份方案将从您的清单中移除")),
        ],
    )  # fmt: skip
    ground = forms.CharField(
        label=_("回避事由"), max_length=500, required=False,
        help_text=_("选“有”时可以写，只有秘书能看到。不写也照样回避。"),
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip

    @property
    def says_conflict(self) -> bool:
        return bool(self.cleaned_data["conflict"] == "yes")


class ScoreForm(Form):
    """The score sheet: whole points for every criterion, an opinion."""

    opinion = forms.CharField(
        label=_("评审意见"), max_length=5000, required=False,
        help_text=_("一两句话写明主要依据和最大的疑点。会反馈给申报方，不署名。"),
        widget=forms.Textarea({"rows": 6}),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for criterion in self.criteria:
            self.fields[criterion.code] = forms.IntegerField(
                label=criterion.name, required=False,
                widget=forms.NumberInput({"min": 0, "max": 100, "step": 1}),
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Criterion, forms.BoundField]]:
        """Each criterion with its field, in order."""
        return [(criterion, self[criterion.code]) for criterion in self.criteria]

    @property
    def points(self) -> dict[str, int | None]:
        """The points given; what is no number counts as not given yet."""
        return {one.code: self.cleaned_data.get(one.code) for one in self.criteria}


class PersonChoice(forms.ModelChoiceField):
    """People by number, said with their unit."""

    def label_from_instance(self, person: Person) -> str:
        unit = person.organisation.name if person.organisation else ""
        return f"{person.name}　{unit}" if unit else person.name


class PeopleChoice(forms.ModelMultipleChoiceField):
    """Several people by number, with unit and fields."""

    def label_from_instance(self, person: Person) -> str:
        unit = person.organisation.name if person.organisation else ""
        fields = "、".join(map(str, person.fields_of_work or []))
        notes = " · ".join(filter(None, (unit, fields)))
        return f"{person.name}　{notes}" if notes else person.name


class OfficersForm(Form):
    """Who is secretary and who leads."""

    secretary = PersonChoice(
        label=_("秘书"), queryset=Person.objects.none(), to_field_name="number",
        empty_label=_("请选择"), help_text=_("组织评审：选聘专家、裁定可能的冲突、催办。"),
    )  # fmt: skip
    chair = PersonChoice(
        label=_("组长"), queryset=Person.objects.none(), to_field_name="number",
        empty_label=_("请选择"), help_text=_("主持合议、退回重评、签署纪要。与秘书须为两个人。"),
    )  # fmt: skip

    def __init__(self, *args: Any, secretaries: Any, chairs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secretary"].queryset = secretaries
        self.fields["chair"].queryset = chairs


class ExpertsForm(Form):
    """Whom to invite."""

    experts = PeopleChoice(
        label=_("邀请哪几位"), queryset=Person.objects.none(), to_field_name="number",
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个单位一位，科技部门人员和方案成员不能选；至少要有三位接受。"),
    )  # fmt: skip

    def __init__(self, *args: Any, pool: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["experts"].queryset = pool


class SeatReasonForm(Form):
    """Why an expert declines or is released."""

    reason = forms.CharField(
        label=_("理由"), max_length=300, widget=forms.Textarea({"rows": 3})
    )


class DecideForm(Form):
    """What the secretary finds of a possible conflict."""

    verdict = forms.ChoiceField(
        label=_("裁定"), widget=forms.RadioSelect,
        choices=[
            ("conflict", _("须回避　该专家不再看到这份方案")),
            ("clear", _("不须回避　专家申报后即可阅读")),
        ],
    )  # fmt: skip
    reason = forms.CharField(
        label=_("裁定理由"), max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("写明核对了什么。"),
    )  # fmt: skip


class ExplainForm(Form):
    """Why the own total lies far off."""

    explanation = forms.CharField(
        label=_("偏离说明"), max_length=2000, widget=forms.Textarea({"rows": 5}),
        help_text=_("您为什么比多数专家高或低，依据在方案的哪里。会写进纪要。"),
    )  # fmt: skip


class FinishForm(Form):
    """What the chair adds to the minutes."""

    remark = forms.CharField(
        label=_("合议意见"), max_length=5000, required=False,
        widget=forms.Textarea({"rows": 5}), help_text=_("可不写。会写进纪要，签署后不能改。"),
    )  # fmt: skip
