"""Draws of experts: the pool fixed before, the witnesses' numbers, who was drawn and what came."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.parties.models import Person
from kechuang.record.models import StageRow
from kechuang.reviews import rules
from kechuang.reviews.models.panels import Expert, Panel, Seat


class Draw(models.Model):
    """One draw of a panel's experts; all that decides it is fixed before anybody can know it."""

    class State(models.TextChoices):
        COMMITTING = "COMMITTING", _("见证承诺中")
        REVEALING = "REVEALING", _("揭示中")
        DRAWN = "DRAWN", _("已抽取")
        CANCELLED = "CANCELLED", _("已取消")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("抽取人")
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.COMMITTING)
    state_since = models.DateTimeField(_("状态自"))
    seats = models.PositiveSmallIntegerField(_("席位"))
    suite = models.CharField(_("算法"), max_length=4, default="intl")
    filters = models.JSONField(_("筛选条件"))
    pool_hash = models.CharField(_("专家池指纹"), max_length=64)
    salt = models.BinaryField(_("化名盐"), max_length=32)
    cases_root = models.CharField(_("待评方案的根"), max_length=64)
    closed_at = models.DateTimeField(_("截止时间"))
    opened_at = models.DateTimeField(_("开封时间"))
    pool_at = models.DateTimeField(_("专家池固定于"))
    commit_until = models.DateTimeField(_("承诺截止"))
    reveals_until = models.DateTimeField(_("揭示截止"))
    public_at = models.DateTimeField(_("公共数值产生于"))
    source = models.CharField(_("公共数值"), max_length=200)
    fallback = models.CharField(_("备用数值"), max_length=200)
    used_fallback = models.BooleanField(_("用了备用数值"), default=False)
    public_value = models.CharField(_("数值"), max_length=200, blank=True)
    seed = models.CharField(_("种子"), max_length=64, blank=True)
    drawn_at = models.DateTimeField(_("抽取时间"), null=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("专家抽取")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    closed_at__lt=F("opened_at"), opened_at__lt=F("pool_at"),
                    pool_at__lt=F("commit_until"), commit_until__lt=F("reveals_until"),
                    reveals_until__lt=F("public_at"),
                ),
                name="draw_steps_in_order",
            ),  # fmt: skip
            models.CheckConstraint(
                condition=~Q(state="DRAWN")
                | Q(drawn_at__gte=F("public_at")) & ~Q(seed="") & ~Q(public_value=""),
                name="drawn_by_a_value_that_came_after",
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=rules.REVIEWS_MIN, seats__lte=rules.SEATS_MAX),
                name="draw_seats_within_bounds",
            ),
            models.UniqueConstraint(
                fields=["panel"], condition=Q(state__in=list(rules.DRAW_OPEN)),
                name="one_open_draw_per_panel",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def used_source(self) -> str:
        """The public source whose value counted."""
        return self.fallback if self.used_fallback else self.source


class DrawMember(models.Model):
    """One of the pool under a pseudonym; `turn` is the place in the order drawn, once drawn."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveIntegerField(_("池中编号"))
    pseudonym = models.CharField(_("化名"), max_length=64)
    turn = models.PositiveIntegerField(_("抽出次序"), null=True)
    seat = models.OneToOneField(
        Seat, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("席位")
    )

    class Meta:
        verbose_name = _("抽取名单")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "expert"], name="expert_once_per_draw"),
            models.UniqueConstraint(fields=["draw", "place"], name="pool_place_once_per_draw"),
            models.UniqueConstraint(fields=["draw", "turn"], name="turn_once_per_draw"),
            models.UniqueConstraint(fields=["draw", "pseudonym"], name="pseudonym_once_per_draw"),
            models.CheckConstraint(
                condition=Q(seat__isnull=True) | Q(turn__isnull=False),
                name="drawn_seat_has_a_turn",
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym


class DrawNonce(models.Model):
    """A witness's number: its commitment before, the number itself after."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("见证人")
    )
    commitment = models.CharField(_("承诺"), max_length=64, blank=True)
    committed_at = models.DateTimeField(_("承诺时间"), null=True)
    nonce = models.CharField(_("随机数"), max_length=64, blank=True)
    revealed_at = models.DateTimeField(_("揭示时间"), null=True)

    class Meta:
        verbose_name = _("见证")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "person"], name="witness_once_per_draw"),
            models.UniqueConstraint(
                fields=["draw", "commitment"], condition=~Q(commitment=""),
                name="commitment_once_per_draw",
            ),
            models.CheckConstraint(
                condition=Q(nonce="") | ~Q(commitment="") & Q(revealed_at__gt=F("committed_at")),
                name="revealed_after_committed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.person_id}"


class DrawStage(StageRow):
    """One stage of a draw."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("抽取阶段")
