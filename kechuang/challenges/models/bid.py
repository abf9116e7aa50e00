"""A bid: the envelope, which the platform reads, and the content, which it keeps as ciphertext."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.challenges.models.challenge import Challenge
from kechuang.challenges.rules.bids import STATE_NAMES, BidState
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow

ENDED = ["REPLACED", "RETURNED", "WITHDRAWN", "VOID"]
_STATES = [(state.value, _(name)) for state, name in STATE_NAMES.items()]


class Bid(models.Model):
    """The envelope of one bid: unit, lead, sign-offs, declarations, and the wrapped key.

    Nothing here says what is proposed. The number is random, so that no number tells how many
    there are. A replacement is a row of its own, and the earlier one ends as REPLACED.
    """

    State = BidState

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="+", verbose_name=_("榜单")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("揭榜单位")
    )
    lead = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("项目负责人")
    )
    drafter = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("填报人")
    )
    state = models.CharField(_("状态"), max_length=20, choices=_STATES, default=BidState.DRAFT)
    since = models.DateTimeField(_("自"))
    version = models.PositiveIntegerField(_("版本"), default=1)
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("替换")
    )
    form_version = models.CharField(_("表单版本"), max_length=20)
    content_version = models.PositiveIntegerField(_("内容版本"), default=0)
    wrapped_key = models.BinaryField(_("密钥（已包裹）"))

    other_public = models.BooleanField(_("另有财政资金支持"), null=True)
    other_public_note = models.CharField(_("其他财政资金"), max_length=300, blank=True)
    commitment_at = models.DateTimeField(_("军令状签于"), null=True)
    signed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("签发人")
    )
    signed_at = models.DateTimeField(_("签发于"), null=True)
    signed_version = models.PositiveIntegerField(_("签发的内容版本"), default=0)
    signed_sha256 = models.CharField(_("签发的密文指纹"), max_length=64, blank=True)
    sealed_at = models.DateTimeField(_("密封于"), null=True)

    rank = models.PositiveSmallIntegerField(_("名次"), null=True)
    score_hundredths = models.PositiveIntegerField(_("得分（百分之一分）"), null=True)
    passed = models.BooleanField(_("达到分数线"), default=False)

    class Meta:
        verbose_name = _("揭榜方案")
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "organisation"], name="one_live_bid_per_unit",
                condition=~Q(state__in=[*ENDED, "DRAFT"]),
            ),
            models.UniqueConstraint(
                fields=["challenge", "lead"], name="one_live_bid_per_lead",
                condition=~Q(state__in=[*ENDED, "DRAFT"]),
            ),
            models.UniqueConstraint(
                fields=["challenge", "organisation"], name="one_draft_bid_per_unit",
                condition=Q(state="DRAFT"),
            ),
            models.CheckConstraint(
                name="sealed_bid_is_signed",
                condition=Q(state__in=["DRAFT", *ENDED])
                | Q(signed_by__isnull=False, sealed_at__isnull=False, content_version__gte=1),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="bid_by_unit")]

    def __str__(self) -> str:
        return self.number


class SealedContent(models.Model):
    """The ciphertext of a bid's content. A draft has one row, overwritten; a sealed one stays."""

    bid = models.OneToOneField(
        Bid, on_delete=models.PROTECT, related_name="sealed", verbose_name=_("揭榜方案")
    )
    format = models.CharField(_("密封格式"), max_length=30)
    content_version = models.PositiveIntegerField(_("内容版本"))
    nonce = models.BinaryField(_("一次性数"))
    ciphertext = models.BinaryField(_("密文"))
    sha256 = models.CharField(_("密文指纹"), max_length=64)
    at = models.DateTimeField(_("存于"))

    class Meta:
        verbose_name = _("密封内容")

    def __str__(self) -> str:
        return self.sha256


class Attachment(models.Model):
    """A file of a bid, encrypted under the bid's key; its name and type are in the content."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    bid = models.ForeignKey(
        Bid, on_delete=models.PROTECT, related_name="attachments", verbose_name=_("揭榜方案")
    )
    nonce = models.BinaryField(_("一次性数"))
    ciphertext = models.BinaryField(_("密文"))
    sha256 = models.CharField(_("密文指纹"), max_length=64)
    at = models.DateTimeField(_("存于"))

    class Meta:
        verbose_name = _("方案附件")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number


class BidMember(models.Model):
    """A member unit of the bidding consortium, and its administrator's confirmation."""

    bid = models.ForeignKey(
        Bid, on_delete=models.CASCADE, related_name="members", verbose_name=_("揭榜方案")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("成员单位")
    )
    confirmed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("确认人")
    )
    confirmed_at = models.DateTimeField(_("确认于"), null=True)

    class Meta:
        verbose_name = _("联合体成员")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["bid", "organisation"], name="one_seat_per_member"),
        ]

    def __str__(self) -> str:
        return f"{self.bid_id} {self.organisation_id}"


class BidPerson(models.Model):
    """Somebody of the team who is registered on the platform: for conflicts of interest."""

    bid = models.ForeignKey(
        Bid, on_delete=models.CASCADE, related_name="people", verbose_name=_("揭榜方案")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("人员")
    )

    class Meta:
        verbose_name = _("方案参加人")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["bid", "person"], name="one_row_per_bid_person"),
        ]

    def __str__(self) -> str:
        return f"{self.bid_id} {self.person_id}"


class Receipt(models.Model):
    """What a bidder holds: number, time, fingerprint of the ciphertext, entry of the record."""

    class Kind(models.TextChoices):
        SUBMITTED = "SUBMITTED", _("提交")
        RECONFIRMED = "RECONFIRMED", _("重新确认")
        WITHDRAWN = "WITHDRAWN", _("撤回")

    number = models.CharField(_("收据编号"), max_length=11, unique=True, default=new_random_number)
    bid = models.ForeignKey(
        Bid, on_delete=models.PROTECT, related_name="receipts", verbose_name=_("揭榜方案")
    )
    kind = models.CharField(_("事由"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("时间"))
    content_version = models.PositiveIntegerField(_("内容版本"))
    sha256 = models.CharField(_("密文指纹"), max_length=64)
    ruleset_sha256 = models.CharField(_("规则指纹"), max_length=64)
    entry_number = models.CharField(_("记录编号"), max_length=11)

    class Meta:
        verbose_name = _("收据")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number


class BidCheck(models.Model):
    """A formal check of an opened bid: its verdict, what is to be corrected and until when."""

    class Verdict(models.TextChoices):
        ADMISSIBLE = "ADMISSIBLE", _("合格")
        CORRECTION = "CORRECTION", _("补正")
        INADMISSIBLE = "INADMISSIBLE", _("不合格")

    bid = models.ForeignKey(
        Bid, on_delete=models.PROTECT, related_name="checks", verbose_name=_("揭榜方案")
    )
    verdict = models.CharField(_("结论"), max_length=12, choices=Verdict.choices)
    reason = models.TextField(_("理由"), max_length=2000, blank=True)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("审查人")
    )
    at = models.DateTimeField(_("时间"))
    until = models.DateTimeField(_("补正办到"), null=True)
    correction = models.TextField(_("补正说明"), max_length=4000, blank=True)
    corrected_at = models.DateTimeField(_("补正于"), null=True)

    class Meta:
        verbose_name = _("形式审查")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bid"], condition=Q(verdict="CORRECTION"), name="one_correction_per_bid"
            ),
            models.CheckConstraint(
                name="refused_check_has_reason",
                condition=Q(verdict="ADMISSIBLE") | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bid_id} {self.verdict}"


class BidStage(StageRow):
    """A stage of a bid; read by whoever may see the bid."""

    bid = models.ForeignKey(
        Bid, on_delete=models.PROTECT, related_name="stages", verbose_name=_("揭榜方案")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("方案阶段")
