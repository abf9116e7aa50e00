"""The agreement (任务书) in its versions, and the targets it sets."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.parties.models import Person
from kechuang.projects.models.project import Project


class Agreement(models.Model):
    """One version of the agreement: its terms, signed by the unit and by the department.

    `terms` holds parties, targets, milestones and instalments as rules.Terms writes them; its
    fingerprint is taken when the unit signs. A signed version never changes (trigger in 0002).
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草中")
        UNIT_SIGNED = "UNIT_SIGNED", _("单位已签")
        IN_FORCE = "IN_FORCE", _("生效")
        SUPERSEDED = "SUPERSEDED", _("已被变更取代")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="agreements")
    edition = models.PositiveSmallIntegerField(_("版次"))
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(_("变更理由"), max_length=1000, blank=True)
    total_fen = models.BigIntegerField(_("总经费（分）"))
    public_fen = models.BigIntegerField(_("财政资助（分）"))
    own_fen = models.BigIntegerField(_("自筹（分）"))
    other_fen = models.BigIntegerField(_("其他来源（分）"), default=0)
    terms = models.JSONField(_("约定"))
    terms_hash = models.CharField(_("指纹"), max_length=64, blank=True)
    return_reason = models.CharField(_("退回理由"), max_length=1000, blank=True)
    drafted_at = models.DateTimeField(_("起草时间"))
    unit_signed_by = models.ForeignKey(
        Person, verbose_name=_("单位签署人"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    unit_signed_at = models.DateTimeField(_("单位签署时间"), null=True)
    head_signed_by = models.ForeignKey(
        Person, verbose_name=_("部门签署人"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    head_signed_at = models.DateTimeField(_("部门签署时间"), null=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("任务书")
        ordering = ["edition"]
        constraints = [
            models.UniqueConstraint(fields=["project", "edition"], name="edition_written_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="IN_FORCE"), name="one_agreement_in_force"
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["DRAFT", "UNIT_SIGNED"]),
                name="one_agreement_in_hand",
            ),
            models.CheckConstraint(
                condition=Q(total_fen=F("public_fen") + F("own_fen") + F("other_fen")),
                name="agreed_total_is_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(total_fen__gt=0, public_fen__gte=0, own_fen__gte=0, other_fen__gte=0),
                name="agreed_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "WITHDRAWN"])
                | Q(unit_signed_by__isnull=False, unit_signed_at__isnull=False) & ~Q(terms_hash=""),
                name="signed_by_the_unit",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["IN_FORCE", "SUPERSEDED"])
                | Q(head_signed_by__isnull=False, head_signed_at__isnull=False),
                name="signed_by_the_department",
            ),
            models.CheckConstraint(
                condition=Q(head_signed_by__isnull=True) | ~Q(head_signed_by=F("unit_signed_by")),
                name="two_people_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} #{self.edition}"


class Target(models.Model):
    """An indicator that the project must reach, from the agreement in force."""

    class Comparator(models.TextChoices):
        AT_LEAST = "AT_LEAST", "≥"
        AT_MOST = "AT_MOST", "≤"
        EQUAL = "EQUAL", "="

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="targets")
    code = models.CharField(_("代码"), max_length=12)
    indicator = models.CharField(_("指标"), max_length=120)
    comparator = models.CharField(_("关系"), max_length=8, choices=Comparator.choices)
    value = models.DecimalField(_("数值"), max_digits=20, decimal_places=6)
    unit = models.CharField(_("单位"), max_length=40, blank=True)
    test_method = models.CharField(_("测试方法"), max_length=300)
    is_dropped = models.BooleanField(_("已变更取消"), default=False)

    class Meta:
        verbose_name = _("考核指标")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="target_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.indicator}"
