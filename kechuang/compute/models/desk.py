"""Centres with their prices, and what organisations may use of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.compute.rules.allocations import Budget
from kechuang.compute.rules.rights import CentreFacts, Facts
from kechuang.parties.models import Organisation, Person
from kechuang.projects.models import Project
from kechuang.record.models import StageRow


class DataClass(models.TextChoices):
    PUBLIC = "PUBLIC", _("公开　可到任何中心")
    INTERNAL = "INTERNAL", _("内部　可出本市")
    LOCAL_ONLY = "LOCAL_ONLY", _("不出本市")


class Centre(models.Model):
    """A computing centre: what it has, what it costs, what may come to it, how it is reached.

    PFLOPS at fp64 and at fp16 stand apart and are never added.
    """

    class Kind(models.TextChoices):
        HPC = "HPC", _("超算")
        AI = "AI", _("智算")
        MIXED = "MIXED", _("超算与智算")

    class Side(models.TextChoices):
        EAST = "EAST", _("东部")
        WEST = "WEST", _("西部枢纽")

    class Backend(models.TextChoices):
        NONE = "NONE", _("未接入")
        LOCAL = "LOCAL", _("本机")
        SLURM = "SLURM", _("Slurm")
        RAY = "RAY", _("Ray")
        SIMULATED = "SIMULATED", _("模拟")

    class State(models.TextChoices):
        OPEN = "OPEN", _("开放")
        CLOSED = "CLOSED", _("暂停")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    name_en = models.CharField(_("英文名"), max_length=120, blank=True)
    kind = models.CharField(_("种类"), max_length=6, choices=Kind)
    side = models.CharField(_("东西部"), max_length=4, choices=Side)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("运营单位")
    )
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    backend = models.CharField(_("接入方式"), max_length=10, choices=Backend, default=Backend.NONE)
    processors = models.PositiveIntegerField(_("核数"))
    accelerators = models.PositiveIntegerField(_("加速卡数"), default=0)
    capacity_pflops_fp64 = models.DecimalField(
        _("算力（PFLOPS，FP64）"), max_digits=10, decimal_places=3, null=True
    )
    capacity_pflops_fp16 = models.DecimalField(
        _("算力（PFLOPS，FP16）"), max_digits=10, decimal_places=3, null=True
    )
    watts_per_core = models.DecimalField(_("每核功率（瓦）"), max_digits=8, decimal_places=2)
    pue = models.DecimalField(_("PUE"), max_digits=4, decimal_places=2)
    carbon_g_per_kwh = models.JSONField(_("每度电碳排（克），逐时"))
    bandwidth_mb_s = models.DecimalField(_("带宽（MB/s）"), max_digits=10, decimal_places=2)
    data_classes = models.JSONField(_("可收的数据等级"), default=list)
    templates = models.JSONField(_("装有的应用"), default=list)
    state = models.CharField(_("状态"), max_length=6, choices=State, default=State.OPEN)
    state_since = models.DateTimeField(_("状态自"))
    silent_since = models.DateTimeField(_("没有应答，自"), null=True)
    ask_again_at = models.DateTimeField(_("下次再问"), null=True)
    is_demo = models.BooleanField(_("演示数据"), default=False)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("算力中心")
        constraints = [
            models.CheckConstraint(condition=Q(processors__gt=0), name="centre_has_processors"),
            models.CheckConstraint(
                condition=Q(pue__gte=1, watts_per_core__gte=0, bandwidth_mb_s__gt=0),
                name="centre_figures_are_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether its machine is only played: what it says is never charged and never counted."""
        return self.backend == self.Backend.SIMULATED

    @property
    def is_here(self) -> bool:
        """Whether orders run on this very machine."""
        return self.backend in (self.Backend.LOCAL, self.Backend.SIMULATED)

    @property
    def facts(self) -> CentreFacts:
        """What the rights depend on; the organisation is loaded."""
        return CentreFacts(self.organisation.code, self.region_path)


class PriceList(models.Model):
    """What a core hour costs at a centre from an instant on, by hour of the day; never changed."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="prices")
    since = models.DateTimeField(_("自"))
    milli_fen_per_core_hour = models.JSONField(_("每核时（千分之一分），逐时"))
    minimum_fen = models.BigIntegerField(_("每个作业最低（分）"), default=0)
    set_by = models.CharField(_("定价人"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("价目")
        ordering = ["since", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(minimum_fen__gte=0), name="minimum_not_negative"),
            models.UniqueConstraint(
                fields=["centre", "since"], name="one_price_list_per_centre_and_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.centre_id} {self.since}"


class CentreStage(StageRow):
    """One stage of a centre: opened, paused, and why."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("中心阶段")


class Allocation(models.Model):
    """What an organisation may use for a purpose: core time for a period, a voucher or payment."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("待审核")
        GRANTED = "GRANTED", _("已批准")
        RETURNED = "RETURNED", _("未批准")
        REVOKED = "REVOKED", _("已撤销")
        ENDED = "ENDED", _("已到期")

    class Pays(models.TextChoices):
        VOUCHER = "VOUCHER", _("算力券　券先付，余下自付")
        PAYMENT = "PAYMENT", _("自付")

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("项目")
    )
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    purpose = models.CharField(_("用途"), max_length=500)
    pays = models.CharField(_("付费方式"), max_length=7, choices=Pays)
    core_hours = models.BigIntegerField(_("核时"))
    since_date = models.DateField(_("自"))
    until_date = models.DateField(_("至"))
    voucher_fen = models.BigIntegerField(_("算力券（分）"), default=0)
    voucher_used_fen = models.BigIntegerField(_("算力券已用（分）"), default=0)
    used_core_seconds = models.BigIntegerField(_("已用核秒"), default=0)
    held_core_seconds = models.BigIntegerField(_("占用核秒"), default=0)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.REQUESTED)
    state_since = models.DateTimeField(_("状态自"))
    due_at = models.DateTimeField(_("办到"), null=True)
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("算力额度")
        indexes = [models.Index(fields=["state", "due_at"], name="allocation_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(used_core_seconds__gte=0, held_core_seconds__gte=0, core_hours__gt=0),
                name="allocation_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(voucher_used_fen__gte=0, voucher_used_fen__lte=F("voucher_fen")),
                name="voucher_never_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(used_core_seconds__lte=F("core_hours") * 3600 - F("held_core_seconds")),
                name="used_and_held_within_granted",
            ),
            models.CheckConstraint(
                condition=Q(until_date__gt=F("since_date")), name="allocation_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def budget(self) -> Budget:
        """What there is left to use, as the rules look at it."""
        return Budget(
            self.number, self.state, self.since_date, self.until_date, self.core_hours * 3600,
            self.used_core_seconds, self.held_core_seconds,
            self.voucher_fen - self.voucher_used_fen,
        )  # fmt: skip

    @property
    def facts(self) -> Facts:
        """What the rights depend on; organisation and asker are loaded."""
        return Facts(self.organisation.code, self.region_path, self.asked_by.number)


class AllocationStage(StageRow):
    """One stage of an allocation."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("额度阶段")
