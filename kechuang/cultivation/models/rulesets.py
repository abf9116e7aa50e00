"""The versions of rule sets: their texts, who wrote and who approved them, from when they hold."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.record.models import StageRow


class RuleVersion(models.Model):
    """One version of a rule set: draft, tested, public; in force from a date.

    `content` is the hash of what the rules say, as the engine and every verdict write it. What is
    public is never changed: another version follows it.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草")
        TESTED = "TESTED", _("测试通过，待审定")
        PUBLIC = "PUBLIC", _("已公布")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class Origin(models.TextChoices):
        SHIPPED = "SHIPPED", _("随软件提供")
        EDITED = "EDITED", _("部门修订")

    class Subject(models.TextChoices):
        ENTERPRISE = "ENTERPRISE", _("企业")
        CANDIDATE = "CANDIDATE", _("团队或项目候选")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    code = models.CharField(_("规则集代码"), max_length=40)
    title = models.CharField(_("名称"), max_length=120)
    title_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    subject = models.CharField(_("评价对象"), max_length=12, choices=Subject)
    origin = models.CharField(_("来源"), max_length=10, choices=Origin)
    text = models.TextField(_("规则"))
    tests_text = models.TextField(_("规则的测试"))
    content = models.CharField(_("内容指纹"), max_length=16)
    state = models.CharField(_("状态"), max_length=10, choices=State)
    in_force_date = models.DateField(_("施行日期"), null=True, blank=True)
    reason = models.CharField(_("修订理由"), max_length=500, blank=True)
    region_path = models.CharField(_("地区路径"), max_length=60, blank=True)
    author = models.CharField(_("起草人"), max_length=40, blank=True)
    reviewer = models.CharField(_("审定人"), max_length=40, blank=True)
    tests_passed = models.IntegerField(_("通过的测试"), default=0)
    boundaries_passed = models.IntegerField(_("通过的边界测试"), default=0)
    base = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("期限"), null=True, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("规则版本")
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewer="") | ~Q(reviewer=F("author")),
                name="rule_author_is_not_reviewer",
            ),
            models.CheckConstraint(
                condition=~Q(state="PUBLIC") | Q(in_force_date__isnull=False),
                name="public_rules_have_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="PUBLIC") | Q(origin="SHIPPED") | ~Q(reviewer=""),
                name="public_rules_were_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state="TESTED") | Q(tests_passed__gt=0),
                name="tested_rules_passed_tests",
            ),
            models.UniqueConstraint(
                fields=["code", "in_force_date"], condition=Q(state="PUBLIC"),
                name="one_public_version_per_date",
            ),
        ]
        indexes = [models.Index(fields=["code", "state"], name="rule_version_by_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.content}"

    def is_in_force(self, day: date) -> bool:
        """Whether it has begun to hold; a later one may have taken its place since."""
        return self.state == self.State.PUBLIC and bool(
            self.in_force_date and self.in_force_date <= day
        )


class RuleVersionStage(StageRow):
    """One stage of a version."""

    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="stages")

    class Meta(StageRow.Meta):
        abstract = False
        verbose_name = _("规则版本的阶段")
