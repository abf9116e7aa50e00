"""What the engine was asked, what it learnt from verdicts, and which model ranks since when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number


class Lookup(models.Model):
    """One question as the engine was asked it: text, filters, words it was told to leave out.

    With the index and the model that stand beside it in a ranking or an impression it gives the
    same ranking again. Each question is kept once, by its digest.
    """

    digest = models.CharField(_("指纹"), max_length=64, unique=True)
    asked = models.JSONField(_("查询"))

    class Meta:
        verbose_name = _("查询")

    def __str__(self) -> str:
        return self.digest


class RankingModel(models.Model):
    """One night's learning: the feedback, all that was tried on it, and what proved itself.

    `content` is the model as the engine keeps it, none where nothing proved itself. `trials` are
    [name, needs, before, after, bound], the figures in millionths.
    """

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    name = models.CharField(_("模型"), max_length=200, blank=True)
    data_hash = models.CharField(_("数据指纹"), max_length=64, unique=True)
    needs = models.IntegerField(_("判断过的需求"))
    verdicts = models.IntegerField(_("判断"))
    trials = models.JSONField(_("试过的模型"), default=list)
    content = models.JSONField(_("内容"), null=True)
    learnt_at = models.DateTimeField(_("学习时间"))

    class Meta:
        verbose_name = _("学到的模型")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name="", content__isnull=True) | ~Q(name="") & Q(content__isnull=False),
                name="named_model_has_content",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class ModelUse(models.Model):
    """From when until when a model ranked; without a model the fixed weights did."""

    model = models.ForeignKey(
        RankingModel, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("模型")
    )
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"), null=True)
    is_in_force = models.BooleanField(_("现在用的"), default=True)
    by_person = models.CharField(_("谁定的"), max_length=40, blank=True)
    reason = models.TextField(_("理由"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("启用的模型")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_in_force"], condition=Q(is_in_force=True), name="one_model_in_force"
            ),
            models.CheckConstraint(
                condition=Q(is_in_force=True, until__isnull=True)
                | Q(is_in_force=False, until__isnull=False),
                name="model_in_force_has_no_end",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="model_use_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(by_person="") | ~Q(reason=""), name="person_says_why_of_model"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} {self.since}"
