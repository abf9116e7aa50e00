"""What a centre is registered with beside itself: phases, prices, trials, data, the net."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.compute.models.desk import Centre, DataClass, PriceList
from kechuang.compute.rules.registry import DataFacts
from kechuang.parties.models import Organisation, Person


class Phase(models.Model):
    """A phase of a centre's extension: what it adds, planned or in service. Precisions apart."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("规划")
        BUILDING = "BUILDING", _("在建")
        SERVING = "SERVING", _("投用")
        DROPPED = "DROPPED", _("取消")

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="phases")
    place = models.PositiveSmallIntegerField(_("第几期"))
    name = models.CharField(_("名称"), max_length=80)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PLANNED)
    state_since = models.DateTimeField(_("状态自"))
    due_date = models.DateField(_("计划投用"))
    processors = models.PositiveIntegerField(_("增加核数"), default=0)
    accelerators = models.PositiveIntegerField(_("增加加速卡"), default=0)
    capacity_pflops_fp64 = models.DecimalField(
        _("增加算力（PFLOPS，FP64）"), max_digits=10, decimal_places=3, null=True
    )
    capacity_pflops_fp16 = models.DecimalField(
        _("增加算力（PFLOPS，FP16）"), max_digits=10, decimal_places=3, null=True
    )
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("扩建期次")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["centre", "place"], name="phases_are_numbered"),
            models.CheckConstraint(
                condition=Q(processors__gt=0) | Q(accelerators__gt=0)
                | Q(capacity_pflops_fp64__gt=0) | Q(capacity_pflops_fp16__gt=0),
                name="phase_adds_something",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.centre_id} {self.place}"


class PriceProposal(models.Model):
    """Prices that one person asks for and another sets; the list itself is never changed."""

    class State(models.TextChoices):
        ASKED = "ASKED", _("待第二人核定")
        SET = "SET", _("已核定")
        REFUSED = "REFUSED", _("未核定")

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="price_proposals")
    since = models.DateTimeField(_("自"))
    milli_fen_per_core_hour = models.JSONField(_("每核时（千分之一分），逐时"))
    minimum_fen = models.BigIntegerField(_("每个作业最低（分）"), default=0)
    state = models.CharField(_("状态"), max_length=7, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    asked_at = models.DateTimeField(_("提出时间"))
    due_at = models.DateTimeField(_("办到"))
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("核定人")
    )
    decided_at = models.DateTimeField(_("核定时间"), null=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    price_list = models.OneToOneField(
        PriceList, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("价目")
    )

    class Meta:
        verbose_name = _("定价申请")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="prices_are_set_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="ASKED", decided_by__isnull=True, price_list__isnull=True)
                | Q(state="SET", decided_by__isnull=False, price_list__isnull=False)
                | Q(state="REFUSED", decided_by__isnull=False, price_list__isnull=True),
                name="set_prices_have_their_list",
            ),
            models.UniqueConstraint(
                fields=["centre"], condition=Q(state="ASKED"), name="one_price_proposal_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Trial(models.Model):
    """Somebody asked a centre whether it answers: what it said, or why not."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="trials")
    at = models.DateTimeField(_("时间"))
    by_person = models.CharField(_("试的人"), max_length=20)
    is_answered = models.BooleanField(_("有应答"))
    said = models.CharField(_("应答"), max_length=500)
    lacks = models.JSONField(_("还缺的设置"), default=list)

    class Meta:
        verbose_name = _("接入试验")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.centre_id} {self.is_answered}"


class DataSet(models.Model):
    """Data that jobs may use: whose, where they lie, how large, of which class, who may use them.

    Only what is known of them stands here; the data themselves lie at the centre.
    """

    class Audience(models.TextChoices):
        UNIT = "UNIT", _("仅本单位")
        NAMED = "NAMED", _("指定单位")
        EVERYBODY = "EVERYBODY", _("所有单位")

    class State(models.TextChoices):
        OFFERED = "OFFERED", _("可用")
        WITHDRAWN = "WITHDRAWN", _("已停用")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    title = models.CharField(_("名称"), max_length=120)
    about = models.CharField(_("说明"), max_length=1000)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, related_name="+", verbose_name=_("存放在")
    )
    size_mb = models.BigIntegerField(_("大小（MB）"))
    data_class = models.CharField(_("数据等级"), max_length=10, choices=DataClass)
    audience = models.CharField(_("谁可以用"), max_length=9, choices=Audience)
    named = models.JSONField(_("指定的单位"), default=list)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.OFFERED)
    state_since = models.DateTimeField(_("状态自"))
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("数据集")
        constraints = [
            models.CheckConstraint(condition=Q(size_mb__gt=0), name="data_set_has_a_size"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def facts(self) -> DataFacts:
        """What the rights on it depend on; the organisation is loaded."""
        return DataFacts(
            self.organisation.code, str(self.audience), frozenset(self.named),
            self.state == self.State.OFFERED,
        )  # fmt: skip


class Link(models.Model):
    """What goes through between two centres: measured, or declared by who runs the line. The newest
    measurement counts, else the newest declaration. Never changed."""

    first = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    bandwidth_mb_s = models.DecimalField(_("带宽（MB/s）"), max_digits=10, decimal_places=2)
    is_measured = models.BooleanField(_("实测"))
    at = models.DateTimeField(_("时间"))
    by_person = models.CharField(_("登记人"), max_length=20)
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("算网链路")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(bandwidth_mb_s__gt=0), name="link_lets_through"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="link_is_kept_once_for_both_ways"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"
