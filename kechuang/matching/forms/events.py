"""Shape of the input on the pages of events."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.base.money import MoneyRefused, fen_from_wan
from kechuang.base.time import SHANGHAI
from kechuang.doors.forms import Form, MomentField
from kechuang.doors.words import message_of
from kechuang.matching import rules
from kechuang.matching.models import Event, SignUp
from kechuang.matching.rules import Choice, events
from kechuang.needs.models import Need
from kechuang.offers.models import Offer


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


class EventForm(Form):
    """An event as its organiser types it."""

    kind = forms.ChoiceField(label=_("种类"), choices=_choices(events.KIND_NAMES))
    title = forms.CharField(label=_("名称"), max_length=events.TITLE_LONGEST)
    summary = forms.CharField(
        label=_("说明"), max_length=events.SUMMARY_LONGEST, widget=forms.Textarea({"rows": 4}),
        help_text=_("谈什么、请谁来、怎么安排；报名的人都能看到。"),
    )  # fmt: skip
    place = forms.CharField(label=_("地点"), max_length=events.PLACE_LONGEST)
    since_at = MomentField(label=_("开始"), day_alone=False)
    until_at = MomentField(label=_("结束"), day_alone=False)
    sign_up_until = MomentField(label=_("报名截止"), day_alone=False)
    capacity = forms.IntegerField(label=_("名额"), min_value=1, max_value=events.LARGEST_CAPACITY)
    tables = forms.IntegerField(
        label=_("桌数"), min_value=0, max_value=events.MOST_TABLES, initial=0,
        help_text=_("一对一面谈的桌数；不设桌的填 0。"),
    )  # fmt: skip
    sitting_minutes = forms.IntegerField(
        label=_("每桌时长"), min_value=events.SHORTEST_SITTING, max_value=events.LONGEST_SITTING,
        initial=events.USUAL_SITTING,
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(event: Event) -> dict[str, Any]:
        """An event as the form shows it."""
        names = ("kind", "title", "summary", "place", "capacity", "tables", "sitting_minutes",
                 "version", "since_at", "until_at", "sign_up_until")  # fmt: skip
        return {name: getattr(event, name) for name in names}


class SignUpForm(Form):
    """What one brings to an event."""

    brings = forms.ChoiceField(label=_("带哪一条来谈"), required=False)
    wish = forms.CharField(
        label=_("想谈什么"), max_length=events.WISH_LONGEST, required=False,
        widget=forms.Textarea({"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, needs: list[Need], offers: list[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brings"].choices = [  # type: ignore[attr-defined]
            ("", _("请选一条")),
            (_("需求"), [(one.number, one.title) for one in needs]),
            (_("成果"), [(one.number, one.title) for one in offers]),
        ]
        self._brought: dict[str, Need | Offer] = {one.number: one for one in [*needs, *offers]}

    def clean(self) -> dict[str, Any]:
        said = dict(super().clean() or {})
        one = self._brought.get(said.pop("brings", "") or "")
        said["need"] = one if isinstance(one, Need) else None
        said["offer"] = one if isinstance(one, Offer) else None
        return said


class ReasonForm(Form):
    """Why an event is cancelled."""

    reason = forms.CharField(
        label=_("原因（报名的人都能看到）"), max_length=rules.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip


class SeatForm(Form):
    """Who talks to whom, at which table, when."""

    need_sign_up = forms.ChoiceField(label=_("需求方"))
    offer_sign_up = forms.ChoiceField(label=_("成果方"))
    table = forms.ChoiceField(label=_("桌"))
    slot = forms.ChoiceField(label=_("时间"))

    def __init__(
        self, *args: Any, event: Event, signs: list[SignUp], slots: list[datetime], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._signs = {one.number: one for one in signs}
        chosen = {
            "need_sign_up": [(s.number, _side(s)) for s in signs if s.need is not None],
            "offer_sign_up": [(s.number, _side(s)) for s in signs if s.offer is not None],
            "table": [(str(n), str(n)) for n in range(1, event.tables + 1)],
            "slot": [(str(n), f"{at.astimezone(SHANGHAI):%m-%d %H:%M}")
                     for n, at in enumerate(slots)],
        }  # fmt: skip
        for name, choices in chosen.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = dict(super().clean() or {})
        for name in ("need_sign_up", "offer_sign_up"):
            if name in said:
                said[name] = self._signs[said[name]]
        for name in ("table", "slot"):
            if name in said:
                said[name] = int(said[name])
        return said


def _side(sign: SignUp) -> str:
    brought = sign.need or sign.offer
    unit = sign.organisation.name if sign.organisation else ""
    return f"{brought.title if brought else ''}　{unit} {sign.person.name}"


class ArrivedForm(Form):
    """Who came."""

    arrived = forms.MultipleChoiceField(
        label=_("谁到场了"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, signs: list[SignUp], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["arrived"].choices = [  # type: ignore[attr-defined]
            (sign.number, f"{sign.person.name}　{_side(sign)}") for sign in signs
        ]


class OutcomeForm(Form):
    """What came of a talk."""

    code = forms.ChoiceField(
        label=_("现在怎么样了"), choices=_choices(events.OUTCOME_NAMES), widget=forms.RadioSelect
    )
    amount = forms.CharField(
        label=_("意向或合同金额"), required=False, max_length=20,
        help_text=_("单位是万元，三百万元填 300"),
    )  # fmt: skip
    note = forms.CharField(
        label=_("说明"), required=False, max_length=events.NOTE_LONGEST,
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip

    def clean_amount(self) -> int | None:
        text = self.cleaned_data["amount"].strip()
        if not text:
            return None
        try:
            return fen_from_wan(text)
        except MoneyRefused as refused:
            raise forms.ValidationError(message_of(refused), code=refused.code) from refused


class IntroduceForm(Form):
    """Why two that talked should be introduced."""

    reason_code = forms.ChoiceField(
        label=_("属于哪一种"),
        choices=lambda: [
            (one.value, _(rules.REASON_NAMES[one])) for one in rules.REASONS_TO[Choice.ACCEPT]
        ],
    )
    note = forms.CharField(
        label=_("引荐说明"), max_length=rules.NOTE_LONGEST, widget=forms.Textarea({"rows": 3})
    )
