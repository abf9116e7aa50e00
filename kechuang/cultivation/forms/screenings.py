"""Forms of screenings: a round, a candidate, a judge's points, a proposal, a decision."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kechuang.base.time import midnight_after
from kechuang.cultivation.forms.benefits import WanField
from kechuang.cultivation.models import Candidate, Screening
from kechuang.cultivation.rules.benefits import StakeTyped
from kechuang.cultivation.rules.screenings import (
    POINT,
    CandidateTyped,
    Item,
    ProposalTyped,
    ScreeningTyped,
)
from kechuang.doors.forms import Form


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class ScreeningForm(Form):
    """A round: what kind, by which rules, with which money, judged by whom until when."""

    title = forms.CharField(label=_("名称"), max_length=200)
    track = forms.ChoiceField(label=_("种类"), choices=Screening.Track.choices)
    rule_set = forms.ChoiceField(
        label=_("筛选规则"), help_text=_("评什么、各多少分、多少分通过，都写在规则集里。")
    )
    budget = WanField(label=_("本轮资金"), help_text=_("单位是万元，三百万元填 300"))
    until = forms.DateField(label=_("评分到"), widget=_day(), help_text=_("到这一天的24:00。"))
    notice_days = forms.IntegerField(
        label=_("公示期（工作日）"), min_value=1, initial=5,
        help_text=_("同意支持的先公示，期满没有异议才立项或出资。"),
    )  # fmt: skip
    judges = forms.CharField(
        label=_("评分人"), max_length=2000, widget=forms.Textarea({"rows": 5}),
        help_text=_("人员编号，每行一个，至少三位。候选单位自己的人自动回避。"),
    )  # fmt: skip

    def __init__(self, *args: Any, rule_sets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule_set"].choices = list(rule_sets)  # type: ignore[attr-defined]

    field_order = ("title", "track", "rule_set", "budget", "until", "judges", "notice_days")

    def typed(self) -> ScreeningTyped:
        said = self.cleaned_data
        judges = said["judges"].replace(",", " ").replace("，", " ").replace("、", " ").split()
        return ScreeningTyped(
            said["title"], said["track"], said["rule_set"], said["budget"],
            _end_of(said["until"]), tuple(judges), said["notice_days"],
        )  # fmt: skip


def _end_of(day: date) -> datetime:
    return midnight_after(day)


class CandidateForm(Form):
    """A candidate: who comes, from where, to which unit, for what, with which money."""

    title = forms.CharField(label=_("团队或项目名称"), max_length=200)
    origin = forms.CharField(
        label=_("从哪里来"), max_length=200, help_text=_("现在的单位和城市。")
    )
    summary = forms.CharField(
        label=_("要做什么"), max_length=4000, widget=forms.Textarea({"rows": 6}),
        help_text=_("市场、技术、双碳、团队四个方面各写几句，评分人只看这里。"),
    )  # fmt: skip
    organisation = forms.CharField(
        label=_("落地单位的统一社会信用代码"), max_length=18,
        help_text=_("在本地登记的单位；还没有的先登记。"),
    )  # fmt: skip
    leader = forms.CharField(
        label=_("负责人的人员编号"), max_length=20, help_text=_("落地单位登记的人员。")
    )
    total = WanField(label=_("总投入"))
    asked = WanField(label=_("申请支持"))

    def typed(self) -> CandidateTyped:
        said = self.cleaned_data
        return CandidateTyped(
            said["title"], said["origin"], said["summary"], said["organisation"].strip().upper(),
            said["leader"].strip(), said["total"] or 0, said["asked"] or 0,
        )  # fmt: skip


class ScoreForm(Form):
    """A judge's points for each criterion of the rule set, each with its reason."""

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        english = (get_language() or "").startswith("en")
        self.items = list(items)
        for one in items:
            most = one.most_tenths // POINT
            self.fields[f"points_{one.code}"] = forms.DecimalField(
                label=one.en if english else one.zh, max_digits=5, decimal_places=1,
                help_text=_("0 到 {most} 分，可写一位小数。").format(most=most),
            )  # fmt: skip
            self.fields[f"reason_{one.code}"] = forms.CharField(
                label=_("理由"), max_length=500, widget=forms.Textarea({"rows": 2}),
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "tenths": {one.code: int(said[f"points_{one.code}"] * POINT) for one in self.items},
            "reasons": {one.code: said[f"reason_{one.code}"] for one in self.items},
        }


class ProposalForm(Form):
    """How a candidate is to be supported; without a way it is proposed not to be."""

    outcome = forms.ChoiceField(
        label=_("拟支持方式"), required=False, widget=forms.RadioSelect,
        choices=[("", _("不予支持")), *Candidate.Outcome.choices],
    )  # fmt: skip
    amount = WanField(label=_("拟支持金额"), required=False)
    valuation = WanField(
        label=_("投后估值"), required=False,
        help_text=_("只有共同持股要写；单位是万元，包含本次投资"),
    )  # fmt: skip
    holder = forms.CharField(label=_("持股人"), max_length=200, required=False)
    exit_condition = forms.CharField(
        label=_("退出条件"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
    exit_date = forms.DateField(label=_("退出日期"), required=False, widget=_day())

    def typed(self) -> ProposalTyped:
        said = self.cleaned_data
        terms = None
        if said["outcome"] == "STAKE" and said["valuation"] and said["exit_date"]:
            terms = StakeTyped(
                said["valuation"], said["holder"], said["exit_condition"], said["exit_date"]
            )
        return ProposalTyped(said["outcome"], said["amount"] or 0, terms)


class VerdictForm(Form):
    """The decision of a second person."""

    verdict = forms.ChoiceField(
        label=_("决定"), widget=forms.RadioSelect,
        choices=[("ACCEPT", _("同意支持")), ("DECLINE", _("不予支持"))],
    )  # fmt: skip
    reason = forms.CharField(
        label=_("决定理由"), max_length=1000, widget=forms.Textarea({"rows": 4}),
        help_text=_("落地单位会看到。"),
    )  # fmt: skip
