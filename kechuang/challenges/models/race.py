"""The gates of a race: dated comparisons, and what each said of every team."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.models.bid import Bid
from kechuang.challenges.models.challenge import Challenge
from kechuang.challenges.rules.racing import GATE_STATE_NAMES, VERDICT_NAMES, GateState
from kechuang.parties.models import Person


class Gate(models.Model):
    """The end of a stage: the jury's chair compares the teams, the head decides who goes on.

    `teams_max` and `until` are those of the stage that ends; `next_teams_max` of the one after.
    """

    State = GateState

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="gates", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("赛段"))
    due_date = models.DateField(_("比较日期"))
    next_teams_max = models.PositiveSmallIntegerField(_("下一赛段最多队数"))
    state = models.CharField(
        _("状态"), max_length=10, default=GateState.COLLECTING,
        choices=[(state.value, _(name)) for state, name in GATE_STATE_NAMES.items()],
    )
    since = models.DateTimeField(_("自"))
    opinion = models.TextField(_("比较意见"), max_length=4000, blank=True)
    opinion_sha256 = models.CharField(_("意见指纹"), max_length=64, blank=True)
    compared_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("比较人")
    )
    compared_at = models.DateTimeField(_("比较于"), null=True)
    return_reason = models.TextField(_("退回理由"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定于"), null=True)
    reason = models.TextField(_("决定理由"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("赛段比较")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "place"], name="one_gate_per_stage"),
            models.UniqueConstraint(
                fields=["challenge"], condition=~Q(state="DECIDED"), name="one_gate_in_hand"
            ),
            models.CheckConstraint(
                name="decided_gate_is_signed_by_two",
                condition=~Q(state="DECIDED")
                | Q(compared_by__isnull=False, decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(reason="") & ~Q(compared_by=F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.place}"


class GateTeam(models.Model):
    """One team at a gate: what it has shown, and whether it goes on, joins another, or stops.

    `evidence` is what its project said when the gate opened, and its hash stands in the record.
    """

    gate = models.ForeignKey(
        Gate, on_delete=models.PROTECT, related_name="teams", verbose_name=_("赛段比较")
    )
    bid = models.ForeignKey(
        Bid, on_delete=models.PROTECT, related_name="+", verbose_name=_("方案")
    )
    project_number = models.CharField(_("项目"), max_length=20)
    evidence = models.JSONField(_("阶段成果"), default=dict)
    evidence_sha256 = models.CharField(_("成果指纹"), max_length=64, blank=True)
    verdict = models.CharField(
        _("结论"), max_length=8, blank=True,
        choices=[(verdict.value, _(name)) for verdict, name in VERDICT_NAMES.items()],
    )
    into = models.ForeignKey(
        Bid, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("并入")
    )
    added_fen = models.BigIntegerField(_("下一赛段财政资金"), default=0)
    reason = models.TextField(_("理由"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("参赛队")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["gate", "bid"], name="one_row_per_gate_and_team"),
            models.CheckConstraint(
                name="merged_team_names_the_other",
                condition=(Q(verdict="MERGE", into__isnull=False) & ~Q(into=F("bid")))
                | (~Q(verdict="MERGE") & Q(into__isnull=True)),
            ),
            models.CheckConstraint(
                name="only_who_goes_on_is_paid_more",
                condition=Q(added_fen__gte=0) & (Q(verdict="CONTINUE") | Q(added_fen=0)),
            ),
            models.CheckConstraint(
                name="judged_team_is_told_why", condition=Q(verdict="") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate_id} {self.bid_id}"
