"""What the pages of panels, seats and reviews take in."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form, MomentField
from kechuang.parties.models import Person
from kechuang.reviews import rules
from kechuang.reviews.models import Assignment, Criterion


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


class LateConflictForm(Form):
    """A conflict that the expert comes to know after having begun to read."""

    ground = forms.CharField(
        label=_("回避事由"), max_length=500, required=False,
        help_text=_("只有秘书能看到。不写也照样回避。"), widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    says_conflict = True


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


class PhasesForm(Form):
    """The dates of a panel; what is left empty is not dated."""

    score_until = MomentField(label=_("评分截止"), required=False, day_alone=False)
    others_from = MomentField(
        label=_("互看总分自"), required=False, day_alone=False,
        help_text=_("空着：合议开始时才互看。年-月-日 时:分，北京时间。"),
    )  # fmt: skip
    consensus_from = MomentField(
        label=_("合议定于"), required=False, day_alone=False,
        help_text=_("到时评分交齐就自动开始；空着：由组长开始。年-月-日 时:分，北京时间。"),
    )  # fmt: skip


class OperatorForm(Form):
    """Who draws the experts."""

    operator = PersonChoice(
        label=_("抽取人"), queryset=Person.objects.none(), to_field_name="number",
        empty_label=_("请选择"),
        help_text=_("与秘书、组长不是同一人。任命后，本组专家只能抽取产生，不再直接选聘。"),
    )  # fmt: skip

    def __init__(self, *args: Any, operators: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["operator"].queryset = operators


class DrawForm(Form):
    """What is fixed before a draw, and published."""

    seats = forms.IntegerField(
        label=_("席位"), min_value=rules.REVIEWS_MIN, max_value=rules.SEATS_MAX, initial=5,
        help_text=_("宜为单数。谢绝或逾期的，按抽取次序自动递补。"),
    )  # fmt: skip
    fields_wanted = forms.CharField(
        label=_("专业领域"), required=False, max_length=500,
        help_text=_("用顿号隔开，如“轴承、机床”，只从这些领域里抽；不填，全库都在内。"),
    )
    witnesses = PeopleChoice(
        label=_("见证人"), queryset=Person.objects.none(), to_field_name="number",
        widget=forms.CheckboxSelectMultiple,
        help_text=_("2 到 9 位，互相独立。各人先承诺一个随机数，截止后再揭示，谁也左右不了结果。"),
    )
    commit_until = MomentField(label=_("承诺截止"))
    reveals_until = MomentField(label=_("揭示截止"))
    public_at = MomentField(label=_("公共数值产生于"))
    source = forms.CharField(
        label=_("公共数值"), max_length=200,
        help_text=_("揭示截止以后才产生、谁都能查到的数，如某日某期彩票开奖号码、某指数收盘值。"),
    )
    fallback = forms.CharField(
        label=_("备用数值"), max_length=200,
        help_text=_("前一个停发或取消时用，也要写明到哪一期。"),
    )
    suite = forms.ChoiceField(
        label=_("算法"), choices=[("intl", "SHA-256"), ("gm", "SM3")], initial="intl",
        help_text=_("选 SM3 时，见证人用命令行生成随机数。"),
    )

    def __init__(self, *args: Any, fields_of_work: Sequence[str], people: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.fields_of_work = list(fields_of_work)
        self.fields["witnesses"].queryset = people

    def clean_fields_wanted(self) -> list[str]:
        """The fields asked for, each of which somebody in the pool must have."""
        text = self.cleaned_data["fields_wanted"]
        asked = [one.strip() for one in re.split("[、，,;；]", text) if one.strip()]
        unknown = [one for one in asked if one not in self.fields_of_work]
        if unknown:
            near = get_close_matches(unknown[0], self.fields_of_work, n=5, cutoff=0.2)
            raise forms.ValidationError(
                _("专家库里没有人登记“%(field)s”。相近的有：%(near)s。"),
                params={"field": unknown[0],
                        "near": "、".join(near or self.fields_of_work[:10])},
            )  # fmt: skip
        return list(dict.fromkeys(asked))

    @property
    def plan(self) -> rules.DrawPlan:
        """The plan as the rules see it."""
        names = ("seats", "commit_until", "reveals_until", "public_at", "source", "fallback",
                 "suite")  # fmt: skip
        return rules.DrawPlan(**{name: self.cleaned_data[name] for name in names})


class CommitForm(Form):
    """A witness's commitment."""

    commitment = forms.CharField(
        label=_("承诺"), max_length=80,
        help_text=_("64 位十六进制数，由本页按钮或命令行 kechuang draw nonce 生成。"),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class RevealForm(Form):
    """A witness's number."""

    nonce = forms.CharField(
        label=_("随机数"), max_length=80,
        help_text=_("选承诺时保存的文件，或从文件里复制 nonce 一行。"),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class ValueForm(Form):
    """The public value once it stands."""

    value = forms.CharField(
        label=_("数值"), max_length=200, help_text=_("照公布的原文录，任何人都会拿它重算。"),
    )
    used_fallback = forms.BooleanField(
        label=_("用的是备用数值"), required=False,
        help_text=_("只有前一个数值停发或取消时才选。"),
    )


class DealForm(Form):
    """How the cases are dealt out among the experts."""

    reviews_per_case = forms.IntegerField(
        label=_("每份方案几位专家评"), min_value=rules.REVIEWS_MIN, max_value=rules.SEATS_MAX,
        initial=rules.REVIEWS_MIN,
    )
    load_max = forms.IntegerField(
        label=_("每位专家最多评几份"), min_value=1, max_value=500,
        help_text=_("方案数乘评审数，再除以专家数，是平均每人的份数；宜多留一两份。"),
    )
    objective = forms.ChoiceField(
        label=_("目标"), choices=Assignment.Objective.choices, initial="fair",
        widget=forms.RadioSelect,
        help_text=_("按专家登记的领域与方案的题目、提要的贴近程度算；有利益关系的一律不派。"),
    )
