"""Accounts, entry sets and entries; what a project may be paid; payment orders.

Constraints over more than one row (sums, counters, states, people) are triggers: migration 0002.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.ledger import rules
from kechuang.parties.models import Organisation, Person


class Account(models.Model):
    """An account of one project: the treasury's side, the project's, the unit's own funds."""

    class Kind(models.TextChoices):
        TREASURY = "TREASURY", _("财政")
        PROJECT = "PROJECT", _("项目专户")
        OWN = "OWN", _("自筹")
        OTHER = "OTHER", _("其他来源")
        CENTRE = "CENTRE", _("算力中心")
        VOUCHER = "VOUCHER", _("算力券")
        PAYER = "PAYER", _("算力自付")

    code = models.CharField(_("代码"), max_length=60, unique=True)
    kind = models.CharField(_("种类"), max_length=10, choices=Kind.choices)
    owner_number = models.CharField(_("所属项目"), max_length=40, db_index=True)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("户主"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    balance_fen = models.BigIntegerField(_("余额（分）"), default=0)
    opened_at = models.DateTimeField(_("开户时间"))

    class Meta:
        verbose_name = _("账户")

    def __str__(self) -> str:
        return self.code


class EntrySet(models.Model):
    """A voucher: entries that belong together and sum to zero. Never updated, never deleted."""

    class Memo(models.TextChoices):
        PAYMENT = "PAYMENT", _("财政拨付")
        OWN_FUNDS = "OWN_FUNDS", _("自筹到位")
        OTHER_FUNDS = "OTHER_FUNDS", _("其他资金到位")
        CORRECTION = "CORRECTION", _("更正")
        RECLAIM = "RECLAIM", _("追回")
        COMPUTE = "COMPUTE", _("算力费")

    number = models.CharField(_("凭证号"), max_length=20, unique=True)
    owner_number = models.CharField(_("所属项目"), max_length=40)
    cause_number = models.CharField(_("事由"), max_length=40)
    memo_code = models.CharField(_("摘要"), max_length=12, choices=Memo.choices)
    corrects = models.ForeignKey(
        "self", verbose_name=_("更正哪张凭证"), null=True, on_delete=models.PROTECT,
        related_name="corrections",
    )  # fmt: skip
    debit_fen = models.BigIntegerField(_("借方合计（分）"))
    entry_count = models.PositiveSmallIntegerField(_("分录数"))
    idempotency_key = models.CharField(_("幂等键"), max_length=80, unique=True)
    at = models.DateTimeField(_("时间"))
    recorded_at = models.DateTimeField(_("入库时间"), db_default=models.functions.Now())
    by_person = models.ForeignKey(
        Person, verbose_name=_("经手人"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("凭证")
        ordering = ["id"]
        indexes = [models.Index(fields=["owner_number", "id"], name="entry_set_by_owner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(debit_fen__gt=0, entry_count__gte=2), name="entry_set_moves_money"
            ),
            models.CheckConstraint(
                condition=Q(memo_code="CORRECTION", corrects__isnull=False)
                | (~Q(memo_code="CORRECTION") & Q(corrects__isnull=True)),
                name="a_correction_names_what_it_corrects",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Entry(models.Model):
    """One line: debit is positive, credit negative. Never updated, never deleted."""

    entry_set = models.ForeignKey(EntrySet, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount_fen = models.BigIntegerField(_("金额（分）"))

    class Meta:
        verbose_name = _("分录")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount_fen=0), name="entry_not_zero"),
            models.UniqueConstraint(fields=["entry_set", "account"], name="one_entry_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"


class Grant(models.Model):
    """What one project may be paid of public money: approved, released by gates, paid, reclaimed.

    The counters are kept under this row's lock and compared with the rows at commit.
    """

    subject_number = models.CharField(_("项目"), max_length=40, unique=True)
    region_path = models.CharField(_("地区"), max_length=60)
    approved_fen = models.BigIntegerField(_("批准（分）"))
    released_fen = models.BigIntegerField(_("放行（分）"), default=0)
    paid_fen = models.BigIntegerField(_("已拨（分）"), default=0)
    reclaimed_fen = models.BigIntegerField(_("已追回（分）"), default=0)
    own_received_fen = models.BigIntegerField(_("自筹到位（分）"), default=0)
    other_received_fen = models.BigIntegerField(_("其他到位（分）"), default=0)
    is_frozen = models.BooleanField(_("已冻结"), default=False)
    treasury = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    project = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    own = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    other = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("资助额度")
        constraints = [
            models.CheckConstraint(
                condition=Q(paid_fen__lte=F("approved_fen")), name="paid_within_approved"
            ),
            models.CheckConstraint(
                condition=Q(paid_fen__lte=F("released_fen")), name="paid_within_released"
            ),
            models.CheckConstraint(
                condition=Q(released_fen__lte=F("approved_fen")), name="released_within_approved"
            ),
            models.CheckConstraint(
                condition=Q(reclaimed_fen__lte=F("paid_fen")), name="reclaimed_within_paid"
            ),
            models.CheckConstraint(
                condition=Q(
                    approved_fen__gte=0, released_fen__gte=0, paid_fen__gte=0,
                    reclaimed_fen__gte=0, own_received_fen__gte=0, other_received_fen__gte=0,
                ),
                name="grant_never_negative",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.subject_number


class Release(models.Model):
    """A gate was passed: so much may now be requested. Never updated, never deleted."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="releases")
    instalment_number = models.CharField(_("分期"), max_length=50, unique=True)
    amount_fen = models.BigIntegerField(_("金额（分）"))
    cause_number = models.CharField(_("关口"), max_length=40)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("放行")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="release_positive"),
        ]

    def __str__(self) -> str:
        return self.instalment_number


class ReleaseAcceptor(models.Model):
    """Somebody who signed the acceptance that passed the gate: never the reviewer of its money."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="acceptors")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("验收人")
        constraints = [
            models.UniqueConstraint(fields=["release", "person"], name="acceptor_named_once"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.person_id}"


class PaymentOrder(models.Model):
    """One payment of one instalment: requested, reviewed and paid by three people."""

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", _("已申请")
        REVIEWED = "REVIEWED", _("已审核")
        PAID = "PAID", _("已拨付")
        CONFIRMED = "CONFIRMED", _("已到账")
        HELD = "HELD", _("暂缓")
        RETURNED = "RETURNED", _("已退回")
        RECLAIM_DUE = "RECLAIM_DUE", _("待追回")
        RECLAIMED = "RECLAIMED", _("已追回")

    number = models.CharField(_("拨付单号"), max_length=20, unique=True)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="orders")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="orders")
    amount_fen = models.BigIntegerField(_("金额（分）"))
    state = models.CharField(
        _("状态"), max_length=12, choices=State.choices, default=State.REQUESTED
    )
    idempotency_key = models.CharField(_("幂等键"), max_length=80, unique=True)
    requested_by = models.ForeignKey(
        Person, verbose_name=_("申请人"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("申请时间"))
    reviewed_by = models.ForeignKey(
        Person, verbose_name=_("审核人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("审核时间"), null=True)
    paid_by = models.ForeignKey(
        Person, verbose_name=_("拨付人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    paid_at = models.DateTimeField(_("拨付时间"), null=True)
    confirmed_at = models.DateTimeField(_("到账时间"), null=True)
    since = models.DateTimeField(_("本步自"))
    until = models.DateTimeField(_("本步到"), null=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    entry_set = models.OneToOneField(
        EntrySet, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reclaim_fen = models.BigIntegerField(_("应追回（分）"), default=0)
    reclaimed_fen = models.BigIntegerField(_("已追回（分）"), default=0)
    reclaim_entry_set = models.OneToOneField(
        EntrySet, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("拨付单")
        ordering = ["id"]
        indexes = [models.Index(fields=["state", "since"], name="payment_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["release"],
                condition=~Q(state="RETURNED"),
                name="one_payment_per_instalment",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("requested_by")),
                name="reviewer_is_not_requester",
            ),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True) | ~Q(paid_by=F("requested_by")),
                name="payer_is_not_requester",
            ),
            models.CheckConstraint(
                condition=Q(paid_by__isnull=True)
                | Q(reviewed_by__isnull=False) & ~Q(paid_by=F("reviewed_by")),
                name="payer_is_not_reviewer",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=sorted(rules.PAID_STATES),
                    reviewed_by__isnull=False,
                    paid_by__isnull=False,
                    entry_set__isnull=False,
                )
                | Q(
                    ~Q(state__in=sorted(rules.PAID_STATES)),
                    paid_by__isnull=True,
                    entry_set__isnull=True,
                ),
                name="paid_by_three_with_a_voucher",
            ),
            models.CheckConstraint(
                condition=Q(
                    reclaimed_fen__gte=0,
                    reclaimed_fen__lte=F("reclaim_fen"),
                    reclaim_fen__lte=F("amount_fen"),
                    amount_fen__gt=0,
                ),
                name="reclaim_within_payment",
            ),
            models.CheckConstraint(
                condition=Q(state="RECLAIMED", reclaimed_fen__gt=0, reclaim_entry_set__isnull=False)
                | Q(~Q(state="RECLAIMED"), reclaimed_fen=0, reclaim_entry_set__isnull=True),
                name="reclaimed_with_a_voucher",
            ),
        ]

    def __str__(self) -> str:
        return self.number
