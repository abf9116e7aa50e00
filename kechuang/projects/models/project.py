"""The project, its units, its stages, and the freezes laid on it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


class Project(models.Model):
    """What was awarded: who leads it, with how much, and where it stands."""

    class State(models.TextChoices):
        AWARDED = "AWARDED", _("已立项")
        CONTRACTING = "CONTRACTING", _("签约中")
        ACTIVE = "ACTIVE", _("在研")
        AMENDING = "AMENDING", _("变更中")
        ACCEPTANCE_APPLIED = "ACCEPTANCE_APPLIED", _("已申请验收")
        ACCEPTING = "ACCEPTING", _("验收中")
        RECTIFYING = "RECTIFYING", _("整改中")
        ACCEPTED = "ACCEPTED", _("通过验收")
        CONCLUDED = "CONCLUDED", _("结题")
        FAILED = "FAILED", _("未通过验收")
        TERMINATING = "TERMINATING", _("终止办理中")
        TERMINATED = "TERMINATED", _("已终止")
        REVOKED = "REVOKED", _("已撤销")
        LAPSED = "LAPSED", _("立项失效")
        ARCHIVED = "ARCHIVED", _("已归档")

    number = models.CharField(_("项目编号"), max_length=20, unique=True)
    title = models.CharField(_("项目名称"), max_length=200)
    origin_number = models.CharField(_("来自"), max_length=40, db_index=True)
    lead_organisation = models.ForeignKey(
        Organisation, verbose_name=_("牵头单位"), on_delete=models.PROTECT, related_name="+"
    )
    leader = models.ForeignKey(
        Person, verbose_name=_("项目负责人"), on_delete=models.PROTECT, related_name="+"
    )
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    state = models.CharField(_("状态"), max_length=20, choices=State.choices, default=State.AWARDED)
    ended_as = models.CharField(_("结果"), max_length=20, choices=State.choices, blank=True)
    state_since = models.DateTimeField(_("本状态自"))
    total_fen = models.BigIntegerField(_("总经费（分）"))
    public_fen = models.BigIntegerField(_("财政资助（分）"))
    own_fen = models.BigIntegerField(_("自筹（分）"))
    other_fen = models.BigIntegerField(_("其他来源（分）"), default=0)
    awarded_targets = models.JSONField(_("立项指标"), default=list)
    is_frozen = models.BooleanField(_("资金冻结"), default=False)
    awarded_at = models.DateTimeField(_("立项时间"))
    sign_until = models.DateTimeField(_("签约期限"))
    signed_at = models.DateTimeField(_("签约时间"), null=True)
    ended_at = models.DateTimeField(_("办结时间"), null=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("项目")
        indexes = [models.Index(fields=["state", "region_path"], name="project_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_fen=F("public_fen") + F("own_fen") + F("other_fen")),
                name="project_total_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(total_fen__gt=0, public_fen__gte=0, own_fen__gte=0, other_fen__gte=0),
                name="project_money_not_negative",
            ),
            models.UniqueConstraint(
                fields=["origin_number", "lead_organisation"], name="awarded_once_per_lead"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ProjectMember(models.Model):
    """A unit that takes part; the lead is one of them."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="members")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("单位"), on_delete=models.PROTECT, related_name="+"
    )
    is_lead = models.BooleanField(_("牵头"), default=False)

    class Meta:
        verbose_name = _("参加单位")
        ordering = ["-is_lead", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "organisation"], name="unit_joins_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(is_lead=True), name="one_lead_per_project"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.organisation_id}"


class ProjectStage(StageRow):
    """A change of a project's state."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("项目阶段")
        ordering = ["id"]


class Freeze(models.Model):
    """The project's money is frozen: since when, why, by whom, and when that ended."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="freezes")
    reason = models.CharField(_("理由"), max_length=500)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("到"), null=True)
    frozen_by = models.ForeignKey(
        Person, verbose_name=_("冻结人"), on_delete=models.PROTECT, related_name="+"
    )
    lifted_by = models.ForeignKey(
        Person, verbose_name=_("解冻人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    lift_reason = models.CharField(_("解冻理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("冻结")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(until__isnull=True), name="one_open_freeze"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.since:%Y-%m-%d}"
