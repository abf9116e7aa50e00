"""Bids that the platform cannot read: custodians and their keys, envelopes, shares, openings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.challenges.models.bid import Bid
from kechuang.challenges.models.challenge import Challenge, Ruleset
from kechuang.parties.models import Person


class Custodian(models.Model):
    """One who keeps a key of a call. The private half never comes to the platform."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="custodians", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("保管人")
    )
    name = models.CharField(_("密封件上的名字"), max_length=120)
    public = models.CharField(_("公钥"), max_length=64, blank=True)
    registered_at = models.DateTimeField(_("登记于"), null=True)
    entry_number = models.CharField(_("记录编号"), max_length=11, blank=True)

    class Meta:
        verbose_name = _("保管人")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "place"], name="one_custodian_per_place"
            ),
            models.UniqueConstraint(
                fields=["challenge", "person"], name="one_place_per_custodian"
            ),
            models.UniqueConstraint(
                fields=["challenge", "public"], condition=~Q(public=""),
                name="one_custodian_per_key",
            ),
            models.CheckConstraint(
                name="registered_key_is_recorded",
                condition=Q(public="", registered_at__isnull=True, entry_number="")
                | (~Q(public="") & Q(registered_at__isnull=False) & ~Q(entry_number="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SealedEnvelope(models.Model):
    """What a bidder's machine sealed, as it came: one for a bid, replaced while it is a draft.

    Where a call keeps the price apart there is a second one, of the same bid's price (`price_of`).
    `ruleset` are the rules it was sealed under; `ciphertext_sha256` shows a copied bid.
    """

    bid = models.OneToOneField(
        Bid, on_delete=models.PROTECT, null=True, related_name="envelope",
        verbose_name=_("揭榜方案"),
    )
    price_of = models.OneToOneField(
        Bid, on_delete=models.PROTECT, null=True, related_name="price_envelope",
        verbose_name=_("报价所属方案"),
    )
    ruleset = models.ForeignKey(
        Ruleset, on_delete=models.PROTECT, related_name="+", verbose_name=_("发榜规则")
    )
    file = models.BinaryField(_("密封件"))
    sha256 = models.CharField(_("密封件指纹"), max_length=64)
    ciphertext_sha256 = models.CharField(_("密文指纹"), max_length=64)
    at = models.DateTimeField(_("收到于"))

    class Meta:
        verbose_name = _("密封件")
        constraints = [
            models.CheckConstraint(
                name="envelope_holds_one_part",
                condition=Q(bid__isnull=False) ^ Q(price_of__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["ciphertext_sha256"], name="envelope_by_ciphertext")]

    def __str__(self) -> str:
        return self.sha256

    @property
    def owner(self) -> Bid:
        """The bid of which this is the whole, or the price."""
        found = self.bid or self.price_of
        assert found is not None  # constraint envelope_holds_one_part
        return found

    @property
    def part(self) -> str:
        return "technical" if self.bid_id else "price"


class LockedDraft(models.Model):
    """A bidder's unfinished words, locked on its own machine under words that it alone knows."""

    bid = models.OneToOneField(
        Bid, on_delete=models.CASCADE, related_name="locked_draft", verbose_name=_("揭榜方案")
    )
    file = models.BinaryField(_("加锁的草稿"))
    at = models.DateTimeField(_("存于"))

    class Meta:
        verbose_name = _("加锁的草稿")

    def __str__(self) -> str:
        return str(self.bid_id)


class PriceOpening(models.Model):
    """The opening of the prices, after the scores were locked: its minutes, word for word."""

    challenge = models.OneToOneField(
        Challenge, on_delete=models.PROTECT, related_name="price_opening", verbose_name=_("榜单")
    )
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("主持")
    )
    at = models.DateTimeField(_("时间"))
    minutes = models.TextField(_("报价开标记录"))
    sha256 = models.CharField(_("指纹"), max_length=64)

    class Meta:
        verbose_name = _("报价开标")

    def __str__(self) -> str:
        return self.sha256


class OpeningSession(models.Model):
    """A session to which custodians give their shares; its private key is the opener's alone."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("榜单")
    )
    public = models.CharField(_("开标会公钥"), max_length=64)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("主持")
    )
    at = models.DateTimeField(_("开始于"))
    ended_at = models.DateTimeField(_("结束于"), null=True)

    class Meta:
        verbose_name = _("开标会")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge"], condition=Q(ended_at__isnull=True),
                name="one_live_session_per_challenge",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PostedShare(models.Model):
    """A custodian's share of one envelope, sealed to the session's key."""

    session = models.ForeignKey(
        OpeningSession, on_delete=models.PROTECT, related_name="shares", verbose_name=_("开标会")
    )
    envelope = models.ForeignKey(
        SealedEnvelope, on_delete=models.PROTECT, related_name="+", verbose_name=_("密封件")
    )
    custodian = models.ForeignKey(
        Custodian, on_delete=models.PROTECT, related_name="+", verbose_name=_("保管人")
    )
    posted = models.JSONField(_("份额（已加密）"))
    at = models.DateTimeField(_("交来于"))

    class Meta:
        verbose_name = _("份额")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "envelope", "custodian"], name="one_share_per_custodian"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.custodian_id}"
