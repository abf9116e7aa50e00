"""Milestones, their acceptance by named people, and the evidence behind it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.files.models import Blob
from kechuang.parties.models import Person
from kechuang.projects.models.agreement import Target
from kechuang.projects.models.project import Project
from kechuang.record.models import StageRow


class Milestone(models.Model):
    """A stage of the work with a date and something to show."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("未开始")
        SUBMITTED = "SUBMITTED", _("已报送")
        CHECKING = "CHECKING", _("考核中")
        PASSED = "PASSED", _("已通过")
        CONDITIONAL = "CONDITIONAL", _("有条件通过，待补正")
        FAILED = "FAILED", _("未通过")
        RECTIFYING = "RECTIFYING", _("整改中")
        WAIVED = "WAIVED", _("经变更取消")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="milestones")
    code = models.CharField(_("代码"), max_length=12)
    title = models.CharField(_("里程碑"), max_length=120)
    content = models.CharField(_("考核内容"), max_length=500)
    due_date = models.DateField(_("计划日期"))
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.PLANNED)
    state_since = models.DateTimeField(_("本状态自"))
    passed_at = models.DateTimeField(_("通过时间"), null=True)
    rectify_date = models.DateField(_("整改期限"), null=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("里程碑")
        ordering = ["due_date", "code"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="milestone_code_once"),
            models.CheckConstraint(
                condition=Q(state="PASSED", passed_at__isnull=False)
                | ~Q(state="PASSED") & Q(passed_at__isnull=True),
                name="passed_milestone_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class MilestoneStage(StageRow):
    """A change of a milestone's state."""

    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("里程碑阶段")
        ordering = ["id"]


class MilestoneReminder(models.Model):
    """A message about a milestone's date was sent, once per date and offset."""

    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="+")
    due_date = models.DateField(_("计划日期"))
    offset_days = models.SmallIntegerField(_("相差天数"))
    sent_at = models.DateTimeField(_("发出时间"))

    class Meta:
        verbose_name = _("里程碑提醒")
        constraints = [
            models.UniqueConstraint(
                fields=["milestone", "due_date", "offset_days"], name="reminded_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.milestone_id} {self.offset_days}"


class Acceptance(models.Model):
    """One round of judging a milestone, or where there is none the whole project."""

    class State(models.TextChoices):
        APPLIED = "APPLIED", _("已报送")
        CHECKING = "CHECKING", _("考核中")
        DECIDED = "DECIDED", _("已有结论")

    class Verdict(models.TextChoices):
        PASSED = "PASSED", _("通过")
        CONDITIONAL = "CONDITIONAL", _("有条件通过")
        CONCLUDED = "CONCLUDED", _("结题")
        FAILED = "FAILED", _("未通过")

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="acceptances")
    milestone = models.ForeignKey(
        Milestone, null=True, on_delete=models.PROTECT, related_name="acceptances"
    )
    round = models.PositiveSmallIntegerField(_("轮次"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices)
    report = models.TextField(_("报告"))
    applied_at = models.DateTimeField(_("报送时间"))
    applied_by = models.ForeignKey(
        Person, verbose_name=_("报送人"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("组织考核时间"), null=True)
    until = models.DateTimeField(_("办到"), null=True)
    verdict = models.CharField(_("结论"), max_length=12, choices=Verdict.choices, blank=True)
    opinion = models.TextField(_("意见"), blank=True)
    decided_at = models.DateTimeField(_("结论时间"), null=True)
    decided_by = models.ForeignKey(
        Person, verbose_name=_("签署人"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("验收")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "milestone", "round"],
                nulls_distinct=False,
                name="one_acceptance_per_round",
            ),
            models.UniqueConstraint(
                fields=["project", "milestone"],
                condition=~Q(state="DECIDED"),
                nulls_distinct=False,
                name="one_acceptance_in_hand",
            ),
            models.CheckConstraint(
                condition=Q(state="DECIDED", decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(verdict="")
                | ~Q(state="DECIDED") & Q(verdict="", decided_by__isnull=True),
                name="a_decided_acceptance_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.milestone_id or ''} #{self.round}"


class Acceptor(models.Model):
    """A named person who judges an acceptance, and what they found."""

    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="acceptors")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(
        _("意见"), max_length=12, choices=Acceptance.Verdict.choices, blank=True
    )
    opinion = models.TextField(_("理由"), blank=True)
    signed_at = models.DateTimeField(_("签署时间"), null=True)

    class Meta:
        verbose_name = _("验收专家")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["acceptance", "person"], name="acceptor_judges_once"),
            models.CheckConstraint(
                condition=Q(verdict="", signed_at__isnull=True)
                | ~Q(verdict="") & Q(signed_at__isnull=False),
                name="an_opinion_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.acceptance_id} {self.person_id}"


class Evidence(models.Model):
    """What shows that a target is met: a figure, a text, a file."""

    number = models.CharField(_("编号"), max_length=11, unique=True)
    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="evidence")
    target = models.ForeignKey(Target, null=True, on_delete=models.PROTECT, related_name="+")
    figure = models.DecimalField(_("实测值"), max_digits=20, decimal_places=6, null=True)
    text = models.CharField(_("说明"), max_length=1000, blank=True)
    blob = models.ForeignKey(
        Blob, verbose_name=_("文件"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    filename = models.CharField(_("文件名"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("佐证")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(figure__isnull=False) | Q(blob__isnull=False) | ~Q(text=""),
                name="evidence_shows_something",
            ),
        ]

    def __str__(self) -> str:
        return self.number
