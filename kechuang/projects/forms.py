"""The shape of what people hand in about projects."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import FEN_PER_WAN, MoneyRefused, fen_from_wan
from kechuang.doors.forms import ConfirmForm, Form, ReasonForm
from kechuang.doors.words import message_of, way_on_of
from kechuang.parties.models import Person
from kechuang.projects import rules
from kechuang.projects.models import Acceptance, Instalment, OwnReceipt, Target

__all__ = [
    "AcceptorsForm", "AgreementForm", "ConfirmForm", "CorrectionForm", "EvidenceFormSet",
    "InstalmentFormSet", "MilestoneFormSet", "OpinionForm", "PlanForm",
    "ReasonForm", "ReceiptForm", "ReclaimForm", "ReportForm", "TargetFormSet", "VerdictForm",
]  # fmt: skip


class WanField(forms.CharField):
    """An amount in 万元; its value is fen."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("单位是万元，三百万元填 300"))
        options.setdefault("max_length", 24)
        super().__init__(**options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return fen_from_wan(text)
        except MoneyRefused as refused:
            words = " ".join(filter(None, (message_of(refused), way_on_of(refused))))
            raise ValidationError(words, code=refused.code) from refused

    def prepare_value(self, value: Any) -> Any:
        """Fen read back as 万元."""
        if isinstance(value, int):
            return format((Decimal(value) / FEN_PER_WAN).normalize(), "f")
        return value


class AgreementForm(Form):
    """The head of an agreement: money, term, what the project does."""

    public_fen = WanField(label=_("财政资助"))
    own_fen = WanField(label=_("自筹"))
    other_fen = WanField(label=_("其他来源"), required=False)
    since = forms.DateField(label=_("项目起"), widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label=_("项目止"), widget=forms.DateInput({"type": "date"}))
    summary = forms.CharField(
        label=_("研究内容"), max_length=4000, widget=forms.Textarea({"rows": 6})
    )
    reason = forms.CharField(
        label=_("变更理由"), max_length=1000, required=False, widget=forms.Textarea({"rows": 3})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class TargetRow(Form):
    """One target of the agreement. What a choice begins with is no filling of a spare row."""

    code = forms.CharField(label=_("代码"), max_length=12)
    indicator = forms.CharField(label=_("指标"), max_length=120)
    comparator = forms.ChoiceField(
        label=_("关系"), choices=Target.Comparator.choices, initial=Target.Comparator.AT_LEAST
    )
    value = forms.CharField(label=_("数值"), max_length=24)
    unit = forms.CharField(label=_("单位"), max_length=40, required=False)
    test_method = forms.CharField(label=_("测试方法"), max_length=300)


class MilestoneRow(Form):
    """One milestone of the agreement."""

    code = forms.RegexField(r"^[A-Za-z0-9]{1,12}$", label=_("代码"))
    title = forms.CharField(label=_("里程碑"), max_length=120)
    content = forms.CharField(label=_("考核内容"), max_length=500)
    due_date = forms.DateField(label=_("计划日期"), widget=forms.DateInput({"type": "date"}))


class InstalmentRow(Form):
    """One instalment of the agreement; the milestone is named where it is the gate."""

    gate = forms.ChoiceField(
        label=_("关口"), choices=Instalment.Gate.choices, initial=Instalment.Gate.SIGNING
    )
    milestone = forms.CharField(label=_("里程碑代码"), max_length=12, required=False)
    amount_fen = WanField(label=_("本期财政（万元）"), help_text="")
    own_due_fen = WanField(label=_("自筹应到位累计（万元）"), help_text="", required=False)


TargetFormSet = forms.formset_factory(TargetRow, extra=2, max_num=30, can_delete=True)
MilestoneFormSet = forms.formset_factory(MilestoneRow, extra=2, max_num=30, can_delete=True)
InstalmentFormSet = forms.formset_factory(InstalmentRow, extra=2, max_num=30, can_delete=True)


class ReportForm(Form):
    """A report on a milestone or on the whole project."""

    report = forms.CharField(label=_("报告"), max_length=8000, widget=forms.Textarea({"rows": 6}))


class EvidenceRow(Form):
    """One piece of evidence: for a target, a figure, a text or a file."""

    target_code = forms.ChoiceField(label=_("指标"), required=False)
    figure = forms.DecimalField(label=_("实测值"), required=False, max_digits=20, decimal_places=6)
    text = forms.CharField(label=_("说明"), max_length=1000, required=False)
    file = forms.FileField(label=_("文件"), required=False)

    def __init__(self, *args: Any, targets: list[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target_code"].choices = [("", _("不针对某一指标")), *targets]


EvidenceFormSet = forms.formset_factory(EvidenceRow, extra=4, max_num=30)


class AcceptorsForm(Form):
    """Who judges: an odd number of people, none of the project's units."""

    acceptors = forms.ModelMultipleChoiceField(
        label=_("验收专家"),
        queryset=Person.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        to_field_name="number",
        help_text=_("单数，至少 3 位；参加单位的人不在名单里。"),
    )

    def __init__(self, *args: Any, people: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people is not None:
            self.fields["acceptors"].queryset = people

    def clean_acceptors(self) -> list[Person]:
        return list(self.cleaned_data["acceptors"])


def _verdicts(codes: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(code, Acceptance.Verdict(code).label) for code in codes]


class OpinionForm(Form):
    """An acceptor's opinion."""

    verdict = forms.ChoiceField(label=_("意见"), widget=forms.RadioSelect)
    opinion = forms.CharField(label=_("理由"), max_length=4000, widget=forms.Textarea({"rows": 5}))

    def __init__(self, *args: Any, of_project: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = rules.PROJECT_VERDICTS if of_project else rules.MILESTONE_VERDICTS
        self.fields["verdict"].choices = _verdicts(codes)


class VerdictForm(OpinionForm):
    """The verdict on a milestone or on the project."""

    rectify_date = forms.DateField(
        label=_("整改期限"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text=_("未通过或有条件通过时必填。"),
    )

    def __init__(self, *args: Any, of_project: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, of_project=of_project, **kwargs)
        self.fields["verdict"].label = _("结论")
        if of_project:
            del self.fields["rectify_date"]


class PlanForm(Form):
    """How something will be mended."""

    plan = forms.CharField(label=_("整改方案"), max_length=4000, widget=forms.Textarea({"rows": 6}))


class ReceiptForm(Form):
    """Own or other funds that arrived."""

    source = forms.ChoiceField(
        label=_("来源"), choices=OwnReceipt.Source.choices, widget=forms.RadioSelect,
        initial=OwnReceipt.Source.OWN,
    )  # fmt: skip
    amount = WanField(label=_("金额"))
    received_date = forms.DateField(label=_("到位日期"), widget=forms.DateInput({"type": "date"}))
    text = forms.CharField(label=_("说明"), max_length=300)
    file = forms.FileField(label=_("银行回单或审计凭据"))


class CorrectionForm(Form):
    """How much a receipt was too much."""

    voucher = forms.ChoiceField(label=_("更正哪张凭证"))
    amount_fen = WanField(label=_("多记的金额"))

    def __init__(self, *args: Any, vouchers: list[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["voucher"].choices = vouchers


class ReclaimForm(Form):
    """How much is demanded back, and why."""

    amount_fen = WanField(label=_("追回金额"))
    reason = forms.CharField(label=_("理由"), max_length=500, widget=forms.Textarea({"rows": 3}))


def handed_in(request: Any) -> tuple[Any, Any]:
    """The data and the files of a POST, even of an empty one; none where it is no POST."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)
