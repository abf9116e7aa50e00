"""Budget lines and what challenges reserve of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.challenges.models.challenge import Challenge


class BudgetLine(models.Model):
    """A line of the year's budget; what is reserved never exceeds it."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    code = models.CharField(_("预算代码"), max_length=40)
    name = models.CharField(_("预算名称"), max_length=100)
    year = models.PositiveSmallIntegerField(_("年度"))
    region_path = models.CharField(_("地区"), max_length=60)
    amount_fen = models.BigIntegerField(_("预算金额"))
    reserved_fen = models.BigIntegerField(_("已预留"), default=0)

    class Meta:
        verbose_name = _("预算")
        constraints = [
            models.UniqueConstraint(
                fields=["region_path", "year", "code"], name="one_budget_line_per_code_and_year"
            ),
            models.CheckConstraint(
                name="reserved_within_budget",
                condition=Q(reserved_fen__gte=0, reserved_fen__lte=F("amount_fen")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Reservation(models.Model):
    """What one challenge holds of a budget line, from authorisation until it is released."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="reservations", verbose_name=_("榜单")
    )
    line = models.ForeignKey(
        BudgetLine, on_delete=models.PROTECT, related_name="+", verbose_name=_("预算")
    )
    amount_fen = models.BigIntegerField(_("预留金额"))
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("释放于"), null=True)

    class Meta:
        verbose_name = _("预算预留")
        constraints = [
            models.UniqueConstraint(
                fields=["challenge"], condition=Q(until__isnull=True),
                name="one_live_reservation_per_challenge",
            ),
            models.CheckConstraint(
                name="reservation_not_negative", condition=Q(amount_fen__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.amount_fen}"
