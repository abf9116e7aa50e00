"""Shape of the input on the pages of matching."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import MoneyRefused, fen_from_wan
from kechuang.doors.forms import Form
from kechuang.doors.words import message_of
from kechuang.matching import rules
from kechuang.matching.rules import Choice, State
from kechuang.matching.rules.learning import WHY_LONGEST
from kechuang.search import rules as words

HUNDREDTHS = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?")


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


def _reasons() -> list[tuple[object, list[tuple[str, object]]]]:
    """Reasons in two groups; “其他” belongs to both and stands at the end."""
    groups = [
        (
            _(rules.CHOICE_NAMES[choice]),
            [
                (reason.value, _(rules.REASON_NAMES[reason]))
                for reason in rules.REASONS_TO[choice]
                if reason != rules.Reason.OTHER
            ],
        )
        for choice in Choice
    ]
    other = [(rules.Reason.OTHER.value, _(rules.REASON_NAMES[rules.Reason.OTHER]))]
    return [("", [("", _("请选一条"))]), *groups, (_("都可以"), other)]


class VerdictForm(Form):
    """A liaison's verdict on one match."""

    choice = forms.ChoiceField(
        label=_("您的判断"), choices=_choices(rules.CHOICE_NAMES), widget=forms.RadioSelect
    )
    reason_code = forms.ChoiceField(label=_("属于哪一种"), choices=_reasons)
    note = forms.CharField(
        label=_("理由（必填）"), max_length=rules.NOTE_LONGEST, widget=forms.Textarea({"rows": 2})
    )


class WordForm(Form):
    """A word that counts as a whole, or names for one thing."""

    sort = forms.ChoiceField(
        label=_("加哪一种"),
        choices=[(each.value, _(words.TERM_SORT_NAMES[each])) for each in words.TermSort],
        widget=forms.RadioSelect, initial=words.TermSort.WORD,
    )  # fmt: skip
    text = forms.CharField(
        label=_("词"), max_length=words.TERM_TEXT_LONGEST,
        help_text=_(
            "整词写一个，例如 立方氮化硼；别名写几个，用逗号或顿号隔开，例如 CBN、立方氮化硼。"
        ),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("为什么加"), max_length=words.WHY_LONGEST, widget=forms.Textarea({"rows": 2})
    )


class WordEndForm(Form):
    """Why a word or names shall count no more."""

    reason = forms.CharField(
        label=_("为什么去掉"), max_length=words.WHY_LONGEST, widget=forms.Textarea({"rows": 3})
    )


class ModelForm(Form):
    """Why another model shall rank."""

    reason = forms.CharField(
        label=_("为什么换"), max_length=WHY_LONGEST, widget=forms.Textarea({"rows": 3})
    )


class AnswerForm(Form):
    """One side's answer."""

    answer = forms.ChoiceField(
        label=_("您单位的答复"), choices=_choices(rules.ANSWER_NAMES), widget=forms.RadioSelect
    )


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class ContactForm(Form):
    """One entry of the log."""

    date = forms.DateField(label=_("联络日期"), widget=_day())
    kind = forms.ChoiceField(label=_("方式"), choices=_choices(rules.CONTACT_NAMES))
    words = forms.CharField(
        label=_("谈了什么，结果如何"), max_length=rules.WORDS_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    next_step = forms.CharField(
        label=_("下一步"), max_length=rules.STEP_LONGEST, required=False,
        help_text=_("例如：寄 20 片样片试烧"),
    )  # fmt: skip
    next_date = forms.DateField(label=_("下一步日期"), required=False, widget=_day())
    audience = forms.ChoiceField(
        label=_("谁能看这一条"), choices=_choices(rules.AUDIENCE_NAMES),
        initial=rules.Audience.DESK, required=False,
    )  # fmt: skip

    def clean_audience(self) -> str:
        return self.cleaned_data["audience"] or rules.Audience.DESK


class AdvanceForm(Form):
    """A step forward."""

    to = forms.ChoiceField(label=_("进到哪一步"))
    amount = forms.CharField(
        label=_("意向或合同金额"), required=False, max_length=20,
        help_text=_("单位是万元，三百万元填 300"),
    )  # fmt: skip
    note = forms.CharField(
        label=_("说明（双方可见）"), required=False, max_length=rules.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, state: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        road = rules.ROAD
        ahead = road[road.index(State(state)) + 1 :] if state in road else ()
        self.fields["to"].choices = [  # type: ignore[attr-defined]
            (step.value, gettext(rules.STATE_NAMES[step])) for step in ahead
        ]

    def clean_amount(self) -> int | None:
        text = self.cleaned_data["amount"].strip()
        if not text:
            return None
        try:
            return fen_from_wan(text)
        except MoneyRefused as refused:
            raise forms.ValidationError(message_of(refused), code=refused.code) from refused


class EndForm(Form):
    """Why an introduction ends."""

    reason_code = forms.ChoiceField(
        label=_("原因"), choices=[("", _("请选一条")), *_choices(rules.END_REASON_NAMES)]
    )
    note = forms.CharField(
        label=_("说明（双方可见）"), max_length=rules.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip


class HandOverForm(Form):
    """To whom an introduction goes."""

    to_person = forms.ChoiceField(label=_("移交给"))
    note = forms.CharField(
        label=_("交代（对方可见）"), required=False, max_length=rules.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, liaisons: list, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_person"].choices = [  # type: ignore[attr-defined]
            (person.number, f"{person.name}　{person.number}") for person in liaisons
        ]


class CapacityForm(Form):
    """How many introductions a liaison follows at a time."""

    capacity = forms.IntegerField(
        label=_("可同时跟进"), min_value=1, max_value=rules.LARGEST_CAPACITY,
        help_text=_("未结的引荐到了这个数，就不能再接新的。"),
    )  # fmt: skip


class PauseForm(Form):
    """Until when no new introduction is taken."""

    until = forms.DateField(
        label=_("暂停到"), required=False,
        help_text=_("年-月-日，例如 2027-03-01；空着即取消暂停。手上的引荐照常跟进。"),
    )  # fmt: skip


class SharesForm(Form):
    """Shares of credit, one person a line: number, then percent."""

    shares = forms.CharField(
        label=_("各人份额"), max_length=2000, widget=forms.Textarea({"rows": 4}),
        help_text=_("每行一人：人员编号、空格、百分数，例如 RY-2026-000012 33.34；合计 100。"),
    )  # fmt: skip

    def clean_shares(self) -> dict[str, int]:
        shares: dict[str, int] = {}
        for line in self.cleaned_data["shares"].splitlines():
            parts = line.replace("%", " ").split()
            if not parts:
                continue
            share = HUNDREDTHS.fullmatch(parts[1]) if len(parts) == 2 else None  # noqa: PLR2004
            if share is None:
                raise forms.ValidationError(
                    gettext("“{line}”不是“人员编号 百分数”。").format(line=line[:40])
                )
            points = int(share[1]) * 100 + int((share[2] or "").ljust(2, "0"))
            shares[parts[0]] = shares.get(parts[0], 0) + points
        return shares


class SaidForm(Form):
    """A word why not."""

    answer = forms.CharField(
        label=_("原因"), max_length=rules.NOTE_LONGEST, widget=forms.Textarea({"rows": 3})
    )


class AskForm(Form):
    """Why an offer answers a need."""

    note = forms.CharField(
        label=_("为什么能解决"), max_length=rules.NOTE_LONGEST, widget=forms.Textarea({"rows": 4}),
        help_text=_("写明做到了哪些指标、在哪里用过、怎么合作。联络员看了再决定是否引荐。"),
    )  # fmt: skip


class DeclineRequestForm(Form):
    """Why a liaison does not introduce."""

    reason_code = forms.ChoiceField(
        label=_("属于哪一种"),
        choices=lambda: [
            ("", _("请选一条")),
            *((one.value, _(rules.REASON_NAMES[one])) for one in rules.REASONS_TO[Choice.REJECT]),
        ],
    )
    answer = forms.CharField(
        label=_("说明（请求人可见）"), max_length=rules.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
