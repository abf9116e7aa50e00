"""What is typed where a mode has several winners, or gates between the stages of a race."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.forms import AREA, WanField
from kechuang.challenges.rules.racing import VERDICT_NAMES, TeamVerdict, Verdict
from kechuang.doors.forms import Form, ReasonForm


class AwardsForm(ReasonForm):
    """Several winners down the ranking, and who takes the place of one that falls away."""

    bids = forms.MultipleChoiceField(
        label=_("拟立项的方案"), widget=forms.CheckboxSelectMultiple
    )
    reserves = forms.MultipleChoiceField(
        label=_("备选方案"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("有立项失效或撤回时，按名次递补资金够用的一份。"),
    )
    field_order = ("bids", "reserves", "reason")

    def __init__(self, *args: Any, bids: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("bids", "reserves"):
            self.fields[name].choices = list(bids.items())


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team as the form of a gate names it, with what was said of it before."""

    number: str
    name: str
    said: TeamVerdict | None = None


class CompareForm(Form):
    """The jury's comparison: for each team a verdict, its money or the team it joins, and why."""

    def __init__(
        self, *args: Any, teams: Sequence[TeamChoice], team_fen: int, opinion: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.teams = teams
        for team in teams:
            self._add(team, team_fen)
        self.fields["opinion"] = forms.CharField(
            label=_("比较意见"), max_length=4000, widget=forms.Textarea({"rows": 6}),
            initial=opinion,
            help_text=_("用同一办法比了什么、高下在哪里。意见留下指纹。"),
        )

    def _add(self, team: TeamChoice, team_fen: int) -> None:
        said = team.said
        others = [("", _("不并入"))] + [
            (one.number, one.name) for one in self.teams if one.number != team.number
        ]
        self.fields[f"{team.number}-verdict"] = forms.ChoiceField(
            label=_("{team}：结论").format(team=team.name), widget=forms.RadioSelect,
            choices=[(one.value, _(name)) for one, name in VERDICT_NAMES.items()],
            initial=said.verdict if said else None,
        )
        self.fields[f"{team.number}-added_fen"] = WanField(
            label=_("{team}：下一赛段财政资金（万元）").format(team=team.name), required=False,
            initial=said.added_fen if said and said.verdict else team_fen,
            help_text=_("只有继续的队有；不继续的不用改。"),
        )
        self.fields[f"{team.number}-into"] = forms.ChoiceField(
            label=_("{team}：并入").format(team=team.name), choices=others, required=False,
            initial=said.into if said else "",
        )
        self.fields[f"{team.number}-reason"] = forms.CharField(
            label=_("{team}：理由").format(team=team.name), max_length=2000, widget=AREA,
            initial=said.reason if said else "", help_text=_("该队会看到。"),
        )

    def verdicts(self) -> list[TeamVerdict]:
        """What was said of every team; money and the joined team only where they belong."""
        found = self.cleaned_data
        return [
            TeamVerdict(
                one.number, verdict := found[f"{one.number}-verdict"],
                found[f"{one.number}-reason"],
                found[f"{one.number}-into"] if verdict == Verdict.MERGE else "",
                found[f"{one.number}-added_fen"] if verdict == Verdict.CONTINUE else 0,
            )
            for one in self.teams
        ]
