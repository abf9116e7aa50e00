"""What is typed of a call's own form: its fields as an officer writes them, the answers of a
bidder, and the points of a trial."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.forms import AREA, YES_NO, WanField, rows_of
from kechuang.challenges.rules import form as rules
from kechuang.challenges.rules.drafting import CriterionFacts
from kechuang.doors.forms import Form

ANSWERS = "answers"  # the prefix of the answers' names, in the page and in its script
TRIED = ("1", "2", "3")


class FieldForm(Form):
    """One field as an officer writes it."""

    place = forms.IntegerField(label=_("次序"), min_value=1, max_value=999, required=False)
    code = forms.CharField(
        label=_("编号"), max_length=20, required=False, help_text=_("空着就自动编，例如 F3"),
    )
    label = forms.CharField(label=_("问什么"), max_length=rules.SHORT_MAX)
    kind = forms.ChoiceField(
        label=_("怎么答"), choices=[(one.value, _(name)) for one, name in rules.KIND_NAMES.items()],
        initial=rules.Kind.TEXT,
    )
    help = forms.CharField(label=_("填写说明"), max_length=300, required=False)
    options = forms.CharField(
        label=_("选项"), required=False, max_length=4000, widget=forms.Textarea({"rows": 2}),
        help_text=_("单选才填，每行一个"),
    )
    is_required = forms.BooleanField(label=_("必填"), required=False)
    when_code = forms.CharField(
        label=_("仅当这一项（编号）"), max_length=20, required=False,
        help_text=_("空着就一直显示"),
    )
    when_value = forms.CharField(label=_("答的是"), max_length=rules.SHORT_MAX, required=False)
    criterion = forms.ChoiceField(label=_("专家在哪一项评分时看"), required=False)

    def __init__(self, *args: Any, criteria: Sequence[CriterionFacts] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].choices = [
            ("", _("不对应")), *((one.code, f"{one.code} {one.name}") for one in criteria)
        ]


FieldRows = forms.formset_factory(
    FieldForm, extra=1, can_delete=True, max_num=rules.FIELDS_MAX
)


def initial_fields(asked: Sequence[rules.FieldFacts]) -> list[dict[str, Any]]:
    """Fields as the table shows them."""
    return [
        {"place": place, "code": one.code, "label": one.label, "kind": one.kind, "help": one.help,
         "options": "\n".join(one.options), "is_required": one.is_required,
         "when_code": one.when_code, "when_value": _said(one, asked), "criterion": one.criterion}
        for place, one in enumerate(asked, start=1)
    ]


def _said(one: rules.FieldFacts, asked: Sequence[rules.FieldFacts]) -> str:
    """The value of a condition as people write it."""
    yes_no = {other.code for other in asked if other.kind == rules.Kind.YES_NO}
    words = rules.YES_NO.get(one.when_value) if one.when_code in yes_no else None
    return str(_(words)) if words else one.when_value


def fields_of(formset: Any) -> list[rules.FieldFacts]:
    """What was written, in the order given; a field without a code gets the next free one."""
    rows = [row for row in rows_of(formset) if row.get("label")]
    rows.sort(key=lambda row: row["place"] or rules.FIELDS_MAX * 100)
    taken = {row["code"].strip().upper() for row in rows}
    free = (code for code in (f"F{n}" for n in range(1, 1000)) if code not in taken)
    yes_no = {row["code"].strip().upper() for row in rows if row["kind"] == rules.Kind.YES_NO}
    said = {str(_(words)): code for code, words in rules.YES_NO.items()}
    found = []
    for row in rows:
        options = [line.strip() for line in row["options"].splitlines()]
        when_code, when = row["when_code"].strip().upper(), row["when_value"].strip()
        found.append(rules.FieldFacts(
            row["code"].strip().upper() or next(free), row["label"].strip(), row["kind"],
            row["help"].strip(), tuple(filter(None, options)), row["is_required"],
            when_code, said.get(when, when) if when_code in yes_no else when, row["criterion"],
        ))
    return found


class AnswersForm(Form):
    """The answers of a bidder; what is missing is said when the bid is signed, not here."""

    use_required_attribute = False

    def __init__(
        self, *args: Any, asked: Sequence[rules.FieldFacts],
        answers: Mapping[str, Any] | None = None, **kwargs: Any,
    ) -> None:
        kwargs.setdefault("prefix", ANSWERS)
        super().__init__(*args, initial=dict(answers or {}), **kwargs)
        self.asked = asked
        for one in asked:
            self.fields[one.code] = _field(one)
            # marked as required, but a draft may be saved without it
            self.fields[one.code].required = one.is_required and not self.is_bound

    @property
    def rows(self) -> list[tuple[rules.FieldFacts, forms.BoundField, str]]:
        """Each field with its input, and the words of its condition."""
        labels = {one.code: one.label for one in self.asked}
        return [(one, self[one.code], self._condition(one, labels)) for one in self.asked]

    def _condition(self, one: rules.FieldFacts, labels: Mapping[str, str]) -> str:
        if one.when_code not in labels:
            return ""
        return str(_("“{label}”答“{value}”时填。")).format(
            label=labels[one.when_code], value=_said(one, self.asked))

    def answers(self) -> dict[str, Any]:
        """What was answered of what is asked."""
        typed = {code: value for code, value in self.cleaned_data.items()
                 if self.data.get(self.add_prefix(code), "").strip()}
        return rules.kept(self.asked, typed)


def _field(one: rules.FieldFacts) -> forms.Field:
    """The input of a kind; the label is the officer's."""
    common: dict[str, Any] = {"label": one.label, "required": False, "help_text": one.help}
    if one.kind == rules.Kind.LONG:
        return forms.CharField(max_length=rules.LONG_MAX, widget=AREA, **common)
    if one.kind == rules.Kind.AMOUNT:
        return WanField(**common)
    if one.kind == rules.Kind.YES_NO:
        return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, **common)
    if one.kind == rules.Kind.CHOICE:
        options = [(option, option) for option in one.options]
        return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
    return forms.CharField(max_length=rules.SHORT_MAX, **common)


class TrialSheetForm(Form):
    """Points of up to three experts, tried and not kept."""

    def __init__(self, *args: Any, criteria: Sequence[CriterionFacts], **kwargs: Any) -> None:
        kwargs.setdefault("prefix", "sheet")
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for one in criteria:
            for expert in TRIED:
                self.fields[f"{one.code}-{expert}"] = forms.IntegerField(
                    label=_("{criterion}，专家 {expert}").format(
                        criterion=one.name, expert=expert),
                    min_value=0, max_value=100, required=False,
                )

    @property
    def rows(self) -> list[tuple[CriterionFacts, list[forms.BoundField]]]:
        return [(one, [self[f"{one.code}-{expert}"] for expert in TRIED]) for one in self.criteria]

    def sheets(self) -> dict[str, dict[str, int | None]]:
        """The sheet of each expert who gave any points."""
        found = {
            expert: {one.code: self.cleaned_data.get(f"{one.code}-{expert}")
                     for one in self.criteria}
            for expert in TRIED
        }
        return {expert: points for expert, points in found.items()
                if any(value is not None for value in points.values())}
