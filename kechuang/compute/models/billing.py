"""What runs held, what jobs cost, what months came to. Usage and charges are never changed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.compute.models.desk import Allocation, Centre, PriceList
from kechuang.compute.models.jobs import Job, Run
from kechuang.compute.rules.rights import Facts
from kechuang.ledger.models import Account, EntrySet
from kechuang.parties.models import Person


class Usage(models.Model):
    """What one run held, as its centre told: metered once. Never updated, never deleted.

    A run that its centre began more than once (requeued) holds a stretch each time, by `place`.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="usages")
    place = models.PositiveSmallIntegerField(_("第几段"), default=1)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="+")
    processors = models.PositiveIntegerField(_("核数"))
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"))
    core_seconds = models.BigIntegerField(_("核秒"))
    is_charged = models.BooleanField(_("计费"))
    is_simulated = models.BooleanField(_("模拟"), default=False)
    metered_at = models.DateTimeField(_("计量时间"))

    class Meta:
        verbose_name = _("计量记录")
        ordering = ["id"]
        indexes = [models.Index(fields=["centre", "since"], name="usage_by_centre")]
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="a_stretch_is_metered_once"),
            models.CheckConstraint(
                condition=Q(until__gte=F("since"), core_seconds__gte=0),
                name="usage_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(is_simulated=False) | Q(is_charged=False),
                name="simulated_usage_is_not_charged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.core_seconds}"


class Statement(models.Model):
    """What an allocation's jobs came to at a centre in a month; locked with a hash, and posted."""

    number = models.CharField(_("编号"), max_length=20, unique=True)
    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="+")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    month = models.CharField(_("月份"), max_length=7)
    total_fen = models.BigIntegerField(_("总额（分）"))
    voucher_fen = models.BigIntegerField(_("算力券（分）"))
    payer_fen = models.BigIntegerField(_("自付（分）"))
    content_hash = models.CharField(_("内容指纹"), max_length=64)
    entry_set = models.OneToOneField(
        EntrySet, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("凭证")
    )
    centre_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    voucher_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    payer_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(_("锁定时间"))
    locked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("锁定人")
    )

    class Meta:
        verbose_name = _("对账单")
        constraints = [
            models.UniqueConstraint(
                fields=["allocation", "centre", "month"],
                name="one_statement_per_allocation_centre_and_month",
            ),
            models.CheckConstraint(
                condition=Q(total_fen=F("voucher_fen") + F("payer_fen"), voucher_fen__gte=0,
                            payer_fen__gte=0),
                name="statement_is_paid_by_two",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def facts(self) -> Facts:
        """What the rights depend on; allocation, centre and locker are loaded."""
        return Facts(
            self.allocation.organisation.code, self.allocation.region_path, self.locked_by.number,
            self.centre.organisation.code,
        )  # fmt: skip


class Bill(models.Model):
    """What one job came to, once; the voucher first, the payer the rest. Only joins a statement."""

    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="bill")
    month = models.CharField(_("月份"), max_length=7)
    total_fen = models.BigIntegerField(_("总额（分）"))
    voucher_fen = models.BigIntegerField(_("算力券（分）"))
    payer_fen = models.BigIntegerField(_("自付（分）"))
    billed_at = models.DateTimeField(_("结算时间"))
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, related_name="bills"
    )

    class Meta:
        verbose_name = _("作业账单")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total_fen=F("voucher_fen") + F("payer_fen"), voucher_fen__gte=0,
                            payer_fen__gte=0),
                name="bill_is_paid_by_two",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.job_id} {self.total_fen}"


class Charge(models.Model):
    """One line of a bill: a stretch of one price, or the top-up. Never updated, never deleted."""

    class Kind(models.TextChoices):
        SEGMENT = "SEGMENT", _("机时")
        MINIMUM = "MINIMUM", _("补足最低收费")

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="charges")
    usage = models.ForeignKey(Usage, on_delete=models.PROTECT, null=True, related_name="charges")
    place = models.PositiveIntegerField(_("序号"))
    kind = models.CharField(_("种类"), max_length=7, choices=Kind)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"))
    processor_seconds = models.BigIntegerField(_("核秒"))
    milli_fen_per_core_hour = models.BigIntegerField(_("每核时（千分之一分）"))
    amount_fen = models.BigIntegerField(_("金额（分）"))

    class Meta:
        verbose_name = _("费用明细")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["bill", "place"], name="one_charge_per_bill_and_place"),
            models.UniqueConstraint(
                fields=["bill"], condition=Q(kind="MINIMUM"), name="minimum_once_per_job"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="charge_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.amount_fen}"


class Adjustment(models.Model):
    """A change of a locked statement: asked for by one person, approved and posted by another."""

    class State(models.TextChoices):
        ASKED = "ASKED", _("待批准")
        APPROVED = "APPROVED", _("已批准")

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="adjustments")
    amount_fen = models.BigIntegerField(_("调整（分）"))
    reason = models.CharField(_("理由"), max_length=500)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    asked_at = models.DateTimeField(_("提出时间"))
    approved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True)
    entry_set = models.OneToOneField(
        EntrySet, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("凭证")
    )

    class Meta:
        verbose_name = _("对账单调整")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")),
                name="adjusted_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="ASKED", approved_by__isnull=True, entry_set__isnull=True)
                | Q(state="APPROVED", approved_by__isnull=False, entry_set__isnull=False),
                name="approved_adjustment_is_posted",
            ),
        ]

    def __str__(self) -> str:
        return self.number
