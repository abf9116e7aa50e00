"""Instalments of public money, and what the unit itself brought in."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.files.models import Blob
from kechuang.ledger.models import EntrySet, PaymentOrder, Release
from kechuang.parties.models import Person
from kechuang.projects.models.milestone import Milestone
from kechuang.projects.models.project import Project
from kechuang.record.models import StageRow


class Instalment(models.Model):
    """A part of the public money, behind a gate: signing, a milestone, or acceptance."""

    class Gate(models.TextChoices):
        SIGNING = "SIGNING", _("签约")
        MILESTONE = "MILESTONE", _("里程碑")
        ACCEPTANCE = "ACCEPTANCE", _("验收")

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("未到")
        ELIGIBLE = "ELIGIBLE", _("可申请")
        REQUESTED = "REQUESTED", _("财务审核中")
        REVIEWED = "REVIEWED", _("待拨付")
        PAID = "PAID", _("已拨付")
        CONFIRMED = "CONFIRMED", _("已到账")
        HELD = "HELD", _("暂缓")
        RECLAIM_DUE = "RECLAIM_DUE", _("待追回")
        RECLAIMED = "RECLAIMED", _("已追回")
        DROPPED = "DROPPED", _("经变更取消")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="instalments")
    sequence = models.PositiveSmallIntegerField(_("期次"))
    gate = models.CharField(_("关口"), max_length=10, choices=Gate.choices)
    milestone = models.ForeignKey(
        Milestone, null=True, on_delete=models.PROTECT, related_name="instalments"
    )
    amount_fen = models.BigIntegerField(_("金额（分）"))
    own_due_fen = models.BigIntegerField(_("自筹应到位累计（分）"), default=0)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.PLANNED)
    state_since = models.DateTimeField(_("本状态自"))
    release = models.OneToOneField(Release, null=True, on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField(
        PaymentOrder, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("分期拨付")
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["project", "sequence"], name="instalment_once"),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, own_due_fen__gte=0), name="instalment_positive"
            ),
            models.CheckConstraint(
                condition=Q(gate="MILESTONE", milestone__isnull=False)
                | ~Q(gate="MILESTONE") & Q(milestone__isnull=True),
                name="milestone_gate_names_its_milestone",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PLANNED", "DROPPED"], release__isnull=True)
                | ~Q(state__in=["PLANNED", "DROPPED"]) & Q(release__isnull=False),
                name="eligible_means_released",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PLANNED", "ELIGIBLE", "DROPPED"], order__isnull=True)
                | ~Q(state__in=["PLANNED", "ELIGIBLE", "DROPPED"]) & Q(order__isnull=False),
                name="requested_means_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} /{self.sequence}"


class InstalmentStage(StageRow):
    """A change of an instalment's state."""

    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("分期阶段")
        ordering = ["id"]


class OwnReceipt(models.Model):
    """Own or other funds that arrived, with the evidence and the voucher."""

    class Source(models.TextChoices):
        OWN = "OWN", _("自筹")
        OTHER = "OTHER", _("其他来源")

    number = models.CharField(_("编号"), max_length=11, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="receipts")
    source = models.CharField(_("来源"), max_length=5, choices=Source.choices)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    received_date = models.DateField(_("到位日期"))
    text = models.CharField(_("说明"), max_length=300)
    blob = models.ForeignKey(
        Blob, verbose_name=_("凭据"), on_delete=models.PROTECT, related_name="+"
    )
    filename = models.CharField(_("文件名"), max_length=120)
    entry_set = models.OneToOneField(EntrySet, on_delete=models.PROTECT, related_name="+")
    reported_by = models.ForeignKey(
        Person, verbose_name=_("登记人"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("到位资金")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="receipt_positive"),
        ]

    def __str__(self) -> str:
        return self.number
