"""How the cases of a panel were dealt out: the problem, its result, and what proves it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.parties.models import Person
from kechuang.reviews.models.panels import Panel


class Assignment(models.Model):
    """One dealing of cases to experts; rows are only ever added (trigger).

    `problem` and `result` are what `kechuang panel verify` takes: experts and cases by place, whose
    seats and cases `seats` and `cases` name in the same order.
    """

    class Objective(models.TextChoices):
        TOTAL = "total", _("总的匹配最好")
        FAIR = "fair", _("最差的一份也尽量好")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")
    objective = models.CharField(_("目标"), max_length=5, choices=Objective)
    seats = models.JSONField(_("席位"))
    cases = models.JSONField(_("待评方案"))
    problem = models.TextField(_("问题"))
    result = models.TextField(_("结果"))
    problem_hash = models.CharField(_("问题的指纹"), max_length=64)
    made_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("分派人")
    )
    made_at = models.DateTimeField(_("分派时间"))

    class Meta:
        verbose_name = _("方案分派")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.number
