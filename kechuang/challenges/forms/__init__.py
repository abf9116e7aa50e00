"""The shape of what is typed about a challenge, and by bidders about a bid."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import fen_from_wan
from kechuang.base.refusals import Refused
from kechuang.challenges.models import ArgumentSeat, BidCheck, Target
from kechuang.challenges.rules.drafting import CriterionFacts, TargetFacts
from kechuang.challenges.rules.modes import FitQuestion, modes_in_force
from kechuang.doors.forms import Form, MomentField, ReasonForm
from kechuang.doors.words import message_of
from kechuang.parties.models import Organisation, Person
from kechuang.parties.queries import organisations_coded

FEN_PER_WAN = 1_000_000
YES_NO = [("yes", _("是")), ("no", _("否"))]
AREA = forms.Textarea({"rows": 4})


class WanField(forms.CharField):
    """An amount typed in 万元 and kept in fen."""

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        if not text:
            return 0
        try:
            return fen_from_wan(text)
        except Refused as refused:
            raise forms.ValidationError(message_of(refused)) from refused

    def prepare_value(self, value: Any) -> Any:
        return wan(value) if isinstance(value, int) else value


def wan(fen: int) -> str:
    """An amount in fen as it is typed in 万元.

    >>> wan(1_250_000), wan(90_000_000)
    ('1.25', '90')
    """
    text = f"{Decimal(fen) / FEN_PER_WAN:.6f}".rstrip("0").rstrip(".")
    return text


class UnitField(forms.CharField):
    """A unit by its credit code; shown as the code, read as the unit."""

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Organisation) else value

    def clean(self, value: Any) -> Organisation | None:
        code = super().clean(value).strip().upper()
        unit = organisations_coded([code]).get(code) if code else None
        if code and unit is None:
            raise forms.ValidationError(_("没有登记这个代码的单位。"), code="unknown_unit")
        return unit


class PersonField(forms.ChoiceField):
    """One of the people who may be named, by number."""

    def __init__(self, people: Sequence[Person] = (), **options: Any) -> None:
        super().__init__(**options)
        self.put(people)

    def put(self, people: Sequence[Person]) -> None:
        """Offer these people."""
        self.people = {person.number: person for person in people}
        rows = [(person.number, person_words(person)) for person in people]
        self.choices = [("", _("请选择")), *rows]

    def clean(self, value: Any) -> Person | None:
        return self.people.get(super().clean(value) or "")


def person_words(person: Person) -> str:
    """A person as a choice: name and unit."""
    return f"{person.name}（{person.organisation.name}）" if person.organisation else person.name


class TargetForm(Form):
    """One row of the table of targets."""

    indicator = forms.CharField(label=_("指标"), max_length=60)
    comparison = forms.ChoiceField(
        label=_("比较"), choices=Target.Comparison.choices, initial=Target.Comparison.AT_LEAST
    )
    value = forms.DecimalField(label=_("数值"), max_digits=20, decimal_places=6, localize=False)
    value_to = forms.DecimalField(label=_("上限"), max_digits=20, decimal_places=6, required=False)
    unit = forms.CharField(label=_("单位"), max_length=30)
    test_method = forms.CharField(label=_("检验方法"), max_length=200)
    tester = forms.CharField(label=_("谁来检"), max_length=100)


class CriterionForm(Form):
    """One row of the table of criteria."""

    code = forms.SlugField(label=_("代码"), max_length=20)
    name = forms.CharField(label=_("评审标准"), max_length=60)
    weight = forms.IntegerField(label=_("权重"), min_value=1, max_value=100)
    threshold = forms.IntegerField(
        label=_("单项分数线"), min_value=0, max_value=100, required=False
    )


TargetRows = forms.formset_factory(TargetForm, extra=1, can_delete=True, max_num=30)
CriterionRows = forms.formset_factory(CriterionForm, extra=1, can_delete=True, max_num=20)


def rows_of(formset: Any) -> list[dict[str, Any]]:
    """The filled rows of a formset that are not struck out; an empty row has no cleaned data."""
    rows = [dict(getattr(form, "cleaned_data", {})) for form in formset.forms]
    return [row for row in rows if row and not row.pop("DELETE", False)]


def rows_from(kind: Any, data: Any, initial: Sequence[Mapping[str, Any]], prefix: str) -> Any:
    """The rows as typed, else as kept. What is typed is never compared with what is kept:
    an unchanged row would count as empty."""
    return kind(data, prefix=prefix) if data is not None else kind(initial=initial, prefix=prefix)


def targets_of(formset: Any) -> list[TargetFacts]:
    return [TargetFacts(**row) for row in rows_of(formset)]


def criteria_of(formset: Any) -> list[CriterionFacts]:
    return [CriterionFacts(**row) for row in rows_of(formset)]


class ConflictForm(Form):
    """The own conflict with a challenge, in words."""

    ground = forms.CharField(
        label=_("与谁、是什么关系"), max_length=500, widget=AREA,
        help_text=_("例如：近三年在某揭榜单位任职；与其项目负责人是近亲属。内容不公开。"),
    )


class DraftForm(Form):
    """What an officer writes of a challenge, targets and criteria apart."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=_("题目"), max_length=120,
        help_text=_("写“什么产品的什么指标”，不写单位名和宣传语。"),
    )
    summary = forms.CharField(label=_("要解决什么"), max_length=4000, widget=AREA, required=False)
    total_fen = WanField(
        label=_("总经费"), help_text=_("单位是万元，九千万元填 9000。等于财政与自筹之和。")
    )
    public_fen = WanField(label=_("其中财政"), help_text=_("单位是万元，三千万元填 3000"))
    own_fen = WanField(label=_("其中自筹"), help_text=_("单位是万元，由出题方或揭榜方承担"))
    months = forms.IntegerField(label=_("期限"), min_value=1, max_value=120)
    opens_at = MomentField(label=_("发榜时间"), required=False)
    deadline_at = MomentField(label=_("截止时间"), required=False)
    expert_fields = forms.CharField(
        label=_("评审专家领域"), max_length=200, required=False,
        help_text=_("用顿号分开，例如：轴承、风电、材料"),
    )
    conflict_rules = forms.CharField(
        label=_("回避条件"), max_length=4000, widget=AREA, required=False,
        help_text=_("谁须回避，写成可核对的条件。"),
    )
    secretary = PersonField(label=_("评审秘书"), required=False)
    chair = PersonField(label=_("评审组长"), required=False)

    invited = UnitField(
        label=_("受托单位"), max_length=18, required=False,
        help_text=_("填统一社会信用代码，18 位。"),
    )
    invited_reason = forms.CharField(
        label=_("委托理由"), max_length=2000, widget=AREA, required=False,
        help_text=_("为什么是这一家、查过哪些可比单位，至少 20 字。"),
    )

    def __init__(
        self, *args: Any, people: Mapping[str, Sequence[Person]], invites: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in people.items():
            self.fields[name].put(choices)
        if not invites:
            del self.fields["invited"], self.fields["invited_reason"]

    def draft_fields(self) -> dict[str, Any]:
        """What the form holds, by the challenge's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class VersionForm(Form):
    """What is written elsewhere on the page, with the version that it was begun from."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class AmendForm(Form):
    """What may change while a challenge is open, with the reason that is published."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    summary = forms.CharField(label=_("要解决什么"), max_length=4000, widget=AREA)
    deadline_at = MomentField(label=_("截止时间"))
    expert_fields = forms.CharField(label=_("评审专家领域"), max_length=200, required=False)
    total_fen = WanField(label=_("总经费"), help_text=_("单位是万元"))
    public_fen = WanField(label=_("其中财政"), help_text=_("单位是万元"))
    own_fen = WanField(label=_("其中自筹"), help_text=_("单位是万元"))
    months = forms.IntegerField(label=_("期限"), min_value=1, max_value=120)
    conflict_rules = forms.CharField(label=_("回避条件"), max_length=4000, widget=AREA)
    reason = forms.CharField(
        label=_("改动的理由"), max_length=2000, widget=AREA, help_text=_("理由会公开。")
    )

    def draft_fields(self) -> dict[str, Any]:
        left = {"version", "reason"}
        return {name: value for name, value in self.cleaned_data.items() if name not in left}


class AmendSheetForm(Form):
    """The deadline and the reason of an amendment of targets, criteria and form."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    deadline_at = MomentField(label=_("截止时间"))
    reason = forms.CharField(
        label=_("改动的理由"), max_length=2000, widget=AREA, help_text=_("理由会公开。")
    )


class FitForm(Form):
    """The four questions, each with yes or no and a reason."""

    def __init__(
        self, *args: Any, questions: Sequence[FitQuestion], english: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for question in questions:
            label = question.text_en if english else question.text
            self.fields[question.code] = forms.ChoiceField(
                label=label, choices=YES_NO, widget=forms.RadioSelect
            )
            self.fields[f"{question.code}_reason"] = forms.CharField(
                label=_("理由"), max_length=500
            )

    def answers(self) -> dict[str, tuple[bool, str]]:
        found = self.cleaned_data
        return {
            one.code: (found[one.code] == "yes", found[f"{one.code}_reason"])
            for one in self.questions
        }


class PeopleField(forms.MultipleChoiceField):
    """Several of the people who may be named, by number."""

    widget = forms.CheckboxSelectMultiple

    def put(self, people: Sequence[Person]) -> None:
        self.people = {person.number: person for person in people}
        self.choices = [(person.number, person_words(person)) for person in people]

    def clean(self, value: Any) -> list[Person]:
        return [self.people[number] for number in super().clean(value)]


class ArgumentForm(Form):
    """Who argues a challenge, and who leads."""

    experts = PeopleField(label=_("论证专家"), help_text=_("至少三位，不能是出题方的人。"))
    lead = PersonField(label=_("论证组长"), help_text=_("须在所请专家之中，最后签署并作结论。"))

    def __init__(self, *args: Any, people: Sequence[Person] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("experts", "lead"):
            self.fields[name].put(people)


class OpinionForm(Form):
    """An expert's signed opinion."""

    verdict = forms.ChoiceField(
        label=_("结论"), choices=ArgumentSeat.Verdict.choices, widget=forms.RadioSelect
    )
    opinion = forms.CharField(label=_("意见"), max_length=4000, widget=forms.Textarea({"rows": 8}))


class AuthoriseForm(Form):
    """The budget line on which the public money is reserved."""

    line = forms.ChoiceField(label=_("预算"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, lines: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].choices = list(lines.items())


class BudgetLineForm(Form):
    """A line of the year's budget."""

    code = forms.CharField(label=_("预算代码"), max_length=40)
    name = forms.CharField(label=_("预算名称"), max_length=100)
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    amount_fen = WanField(label=_("预算金额"), help_text=_("单位是万元"))


class QuestionForm(Form):
    """A question to an open challenge."""

    text = forms.CharField(
        label=_("您的问题"), max_length=1000, widget=AREA,
        help_text=_("问题和答复所有人可见，不显示提问人。请勿写出单位名和方案内容。"),
    )


class AnswerForm(Form):
    """The office's answer, for all to see."""

    answer = forms.CharField(label=_("答复"), max_length=4000, widget=AREA)


class CheckForm(Form):
    """The formal check of one opened bid."""

    verdict = forms.ChoiceField(
        label=_("结论"), choices=BidCheck.Verdict.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("理由"), max_length=2000, widget=AREA, required=False,
        help_text=_("不合格和补正须写明，揭榜方会看到。"),
    )


class CorrectionForm(Form):
    """What a bidder mends after the formal check."""

    text = forms.CharField(label=_("补正说明"), max_length=4000, widget=AREA)


def _mode_names(day: date) -> list[tuple[str, str]]:
    """The modes in force with what tells them apart, in the reader's language."""
    english = (get_language() or "").startswith("en")
    return [
        (one.code, f"{one.name_en}: {one.selection_en}" if english
         else f"{one.name}：{one.selection}")
        for one in modes_in_force(day)
    ]


class ModeForm(Form):
    """The organising mode of a new challenge; where none is said, the one shown first."""

    mode = forms.ChoiceField(label=_("组织方式"), widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = _mode_names(day)

    def clean_mode(self) -> str:
        return str(self.cleaned_data["mode"] or self.initial["mode"])


class RelistForm(ModeForm, ReasonForm):
    """Why there is a new round, and in which mode."""

    field_order = ("mode", "reason")


class ChoiceForm(ReasonForm):
    """One of the bids that may be chosen, with a reason."""

    bid = forms.ChoiceField(label=_("选定的方案"), widget=forms.RadioSelect)
    field_order = ("bid", "reserve", "reason")

    def __init__(self, *args: Any, bids: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bid"].choices = list(bids.items())


class ProposalForm(ChoiceForm):
    """The office's proposal: the poser's choice, and perhaps a reserve."""

    reserve = forms.ChoiceField(label=_("备选方案"), required=False)

    def __init__(
        self, *args: Any, bids: Mapping[str, str], reserves: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, bids=bids, **kwargs)
        self.fields["bid"].label = _("拟立项的方案")
        self.fields["reserve"].choices = [("", _("不设备选")), *reserves.items()]


class NoteForm(Form):
    """A note that goes with an approval."""

    note = forms.CharField(label=_("意见"), max_length=2000, widget=AREA, required=False)


class CommitmentForm(Form):
    """What a bid commits to for one target."""

    target = forms.CharField(widget=forms.HiddenInput)
    value = forms.CharField(label=_("承诺达到"), max_length=200, required=False)
    how = forms.CharField(label=_("怎样检验"), max_length=500, required=False)


class TeamForm(Form):
    """One person of the team."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    role = forms.CharField(label=_("分工"), max_length=60)
    organisation = forms.CharField(label=_("单位"), max_length=120)
    task = forms.CharField(label=_("任务"), max_length=300, required=False)


class MilestoneForm(Form):
    """One milestone with its date, its proof, and the public money behind it."""

    title = forms.CharField(label=_("里程碑"), max_length=120)
    due = forms.DateField(label=_("计划日期"), input_formats=["%Y-%m-%d"])
    evidence = forms.CharField(label=_("完成的凭据"), max_length=500)
    public_fen = WanField(label=_("财政资金（万元）"), required=False)


CommitmentRows = forms.formset_factory(CommitmentForm, extra=0, max_num=30)
TeamRows = forms.formset_factory(TeamForm, extra=1, can_delete=True, max_num=100)
MilestoneRows = forms.formset_factory(MilestoneForm, extra=1, can_delete=True, max_num=24)


class BidForm(Form):
    """A bid as it is typed: envelope and proposal, lists apart."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=_("方案名称"), max_length=120, required=False)
    summary = forms.CharField(label=_("一段话说清方案"), max_length=2000, widget=AREA,
                              required=False)
    route = forms.CharField(
        label=_("技术路线"), max_length=20_000, widget=forms.Textarea({"rows": 10}), required=False,
        help_text=_("怎么做、为什么可行、最大的风险和备用路线。"),
    )
    basis = forms.CharField(label=_("已有基础"), max_length=8000, widget=AREA, required=False)
    total_fen = WanField(label=_("总经费"), required=False, help_text=_("单位是万元"))
    public_fen = WanField(label=_("申请财政资金"), required=False, help_text=_("单位是万元"))
    own_fen = WanField(label=_("自筹资金"), required=False, help_text=_("单位是万元"))
    other_fen = WanField(label=_("其他资金"), required=False, help_text=_("单位是万元"))
    signing_fen = WanField(
        label=_("签约首笔财政资金"), required=False,
        help_text=_("单位是万元。首笔加各里程碑的财政资金，等于申请的财政资金。"),
    )
    lead = PersonField(label=_("项目负责人"), required=False)
    members = forms.CharField(
        label=_("联合体成员"), required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("每行一个统一社会信用代码。提交前须由各成员的单位管理员确认。"),
    )
    other_public = forms.ChoiceField(
        label=_("同一内容是否另有财政资金支持"), choices=YES_NO, widget=forms.RadioSelect,
        required=False,
    )
    other_public_note = forms.CharField(label=_("哪一项、多少"), max_length=300, required=False)

    def __init__(self, *args: Any, people: Sequence[Person] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].put(people)


class FileForm(Form):
    """One file of a bid."""

    file = forms.FileField(label=_("附件"), help_text=_("20 MB 以内。保存时即加密。"))


class SignForm(Form):
    """The administrator's signature, with the commitment letter."""

    commitment = forms.BooleanField(label=_("本单位已阅并签署军令状"))
