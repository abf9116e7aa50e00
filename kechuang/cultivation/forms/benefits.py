"""What the pages of policies, batches, shares and reclaim cases take in."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import FEN_PER_WAN, MoneyRefused, fen_from_wan
from kechuang.cultivation.models import Policy
from kechuang.cultivation.queries import rule_sets
from kechuang.cultivation.rules.benefits import FundingTyped, PolicyTyped, StakeTyped
from kechuang.doors.forms import ConfirmForm, Form, ReasonForm
from kechuang.doors.words import message_of

__all__ = [
    "AnswerForm", "BudgetForm", "ConfirmForm", "DecideForm", "FundingForm", "PolicyForm",
    "ReasonForm", "StakeForm", "TakeOutForm",
]  # fmt: skip
CLAUSE_ENDS = ("：", ":")


class WanField(forms.CharField):
    """An amount in 万元; its value is fen."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("单位是万元，二十万元填 20"))
        options.setdefault("max_length", 24)
        super().__init__(**options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return fen_from_wan(text)
        except MoneyRefused as refused:
            raise ValidationError(message_of(refused), code=refused.code) from refused

    def prepare_value(self, value: Any) -> Any:
        """Fen read back as 万元."""
        if isinstance(value, int):
            return format((Decimal(value) / FEN_PER_WAN).normalize(), "f")
        return value


def _day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}), **options)


def _granting() -> list[tuple[str, str]]:
    """The rule sets that grant money, by code and title."""
    return [
        (one.code, str(one.said["title"]["zh"])) for one in rule_sets()
        if one.said.get("instrument") and "amount" in one.said
    ]  # fmt: skip


class PolicyForm(Form):
    """A policy as its document says it."""

    title = forms.CharField(label=_("政策名称"), max_length=200)
    title_en = forms.CharField(label=_("英文名称"), max_length=200, required=False)
    document_title = forms.CharField(label=_("依据文件"), max_length=300)
    document_number = forms.CharField(label=_("文号"), max_length=120, required=False)
    issuer = forms.CharField(label=_("发文机关"), max_length=120, required=False)
    clauses = forms.CharField(
        label=_("条款"), max_length=8000, widget=forms.Textarea({"rows": 5}),
        help_text=_("每条一行，先写第几条，再写冒号和原文。企业看到的就是这里抄的。"),
    )  # fmt: skip
    rule_set = forms.ChoiceField(label=_("规则集"))
    instrument = forms.ChoiceField(label=_("方式"), choices=Policy.Instrument.choices)
    shortfall = forms.ChoiceField(label=_("预算不足时"), choices=Policy.Shortfall.choices)
    ranking_criterion = forms.CharField(
        label=_("排名依据"), max_length=60, required=False,
        help_text=_("规则集里一项条件的代码，按排名时写。"),
    )  # fmt: skip
    department = forms.CharField(label=_("主管部门"), max_length=120)
    payer = forms.CharField(label=_("拨付单位和预算科目"), max_length=200)
    notice_days = forms.IntegerField(label=_("公示期（工作日）"), min_value=1, initial=5)
    excludes = forms.CharField(
        label=_("不得同享"), max_length=400, required=False,
        help_text=_("不得与哪些政策同年同享，写编号，用顿号或逗号隔开。"),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule_set"].choices = _granting()  # type: ignore[attr-defined]

    def clean_clauses(self) -> tuple[tuple[str, str], ...]:
        return tuple(_clause(line) for line in self.cleaned_data["clauses"].splitlines()
                     if line.strip())  # fmt: skip

    def clean_excludes(self) -> tuple[str, ...]:
        text = self.cleaned_data["excludes"]
        for mark in ("、", "，", ","):
            text = text.replace(mark, " ")
        return tuple(text.split())

    def typed(self) -> PolicyTyped:
        """What was typed, as the rules take it."""
        said = {key: value for key, value in self.cleaned_data.items() if key != "version"}
        return PolicyTyped(**said)

    @staticmethod
    def initial_of(policy: Policy) -> dict[str, Any]:
        """A policy as its form shows it."""
        names = (
            "title", "title_en", "document_title", "document_number", "issuer", "rule_set",
            "instrument", "shortfall", "ranking_criterion", "department", "payer", "notice_days",
            "version",
        )  # fmt: skip
        said = {name: getattr(policy, name) for name in names}
        said["clauses"] = "\n".join(f"{article}：{text}" for article, text in policy.clauses)
        others = policy.exclusions.values_list("other__number", flat=True)
        return said | {"excludes": "、".join(others)}


def _clause(line: str) -> tuple[str, str]:
    for mark in CLAUSE_ENDS:
        article, found, text = line.partition(mark)
        if found:
            return article.strip(), text.strip()
    return "", line.strip()


class FundingForm(Form):
    """A period of a policy: its day, its window, its money."""

    period = forms.CharField(
        label=_("年度"), max_length=20, help_text=_("奖补的是哪一年，例如 2022。"),
    )  # fmt: skip
    as_of_date = _day(_("数据基准日"), help_text=_("按这一天看条件；数据更正后仍按这一天重算。"))
    since = _day(_("办理自"))
    until = _day(_("办理到（不含当日）"))
    budget = WanField(label=_("预算"))

    def typed(self) -> FundingTyped:
        said = self.cleaned_data
        return FundingTyped(
            said["period"], said["as_of_date"], said["since"], said["until"], said["budget"]
        )


class BudgetForm(Form):
    """A period's money set anew."""

    budget = WanField(label=_("预算"))


class TakeOutForm(Form):
    """Which objection takes an enterprise out, and why."""

    objection = forms.ChoiceField(label=_("成立的异议"))
    reason = forms.CharField(
        label=_("移出理由"), max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("企业会看到。"),
    )  # fmt: skip

    def __init__(self, *args: Any, objections: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["objection"].choices = [(one, one) for one in objections]  # type: ignore[attr-defined]


class StakeForm(Form):
    """The terms of a share."""

    valuation = WanField(label=_("投后估值"), help_text=_("单位是万元，包含本次投资"))
    holder = forms.CharField(label=_("持股人"), max_length=200)
    exit_condition = forms.CharField(
        label=_("退出条件"), max_length=500, widget=forms.Textarea({"rows": 3})
    )
    exit_date = _day(_("退出日期"))

    def typed(self) -> StakeTyped:
        said = self.cleaned_data
        return StakeTyped(
            said["valuation"], said["holder"], said["exit_condition"], said["exit_date"]
        )


class AnswerForm(Form):
    """What an enterprise has to say before a sum is taken back."""

    answer = forms.CharField(
        label=_("企业意见"), max_length=4000, widget=forms.Textarea({"rows": 6}),
        help_text=_("写明是否认可数据的更正、有什么依据。没有意见也请写明“无异议”。"),
    )  # fmt: skip


class DecideForm(Form):
    """The decision of a reclaim case."""

    verdict = forms.ChoiceField(
        label=_("决定"), widget=forms.RadioSelect,
        choices=[("RECLAIM", _("追回")), ("DROP", _("不追回"))],
    )  # fmt: skip
    decision = forms.CharField(
        label=_("决定理由"), max_length=2000, widget=forms.Textarea({"rows": 4}),
        help_text=_("企业会看到。"),
    )  # fmt: skip
