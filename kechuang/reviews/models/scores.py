"""Reviews, their points, what was handed in, conflicts of interest, fences and minutes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.parties.models import Person
from kechuang.record.models import StageRow
from kechuang.reviews import rules
from kechuang.reviews.models.panels import Case, Criterion, Panel, Seat


class Review(models.Model):
    """One expert's judgement of one case; locked once handed in, for good once counted."""

    class State(models.TextChoices):
        ASSIGNED = "ASSIGNED", _("已分派")
        DECLARING = "DECLARING", _("待申报回避")
        RECUSED = "RECUSED", _("已回避")
        ACTIVE = "ACTIVE", _("可评审")
        DRAFT = "DRAFT", _("评分中")
        SUBMITTED = "SUBMITTED", _("已提交")
        COUNTED = "COUNTED", _("已计入")
        DROPPED = "DROPPED", _("未计入")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ASSIGNED)
    state_since = models.DateTimeField(_("状态自"))
    declared_at = models.DateTimeField(_("申报时间"), null=True)
    total = models.PositiveIntegerField(_("加权总分（百分之一分）"), null=True)
    opinion = models.TextField(_("评审意见"), blank=True)
    is_deviating = models.BooleanField(_("偏离"), default=False)
    explanation = models.TextField(_("偏离说明"), blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("评审")
        constraints = [
            models.UniqueConstraint(fields=["seat", "case"], name="one_review_per_seat_and_case"),
            models.CheckConstraint(
                condition=~Q(state__in=["SUBMITTED", "COUNTED"])
                | Q(total__isnull=False, submitted_at__isnull=False, declared_at__isnull=False),
                name="handed_in_review_has_total_and_declaration",
            ),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(total__lte=10_000), name="total_within_100"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total_text(self) -> str:
        """The total in points with two decimals; empty until it is handed in."""
        return "" if self.total is None else rules.points_text(self.total)


class Score(models.Model):
    """The points of one review for one criterion."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField(_("得分"))
    note = models.CharField(_("依据"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("得分")
        constraints = [
            models.UniqueConstraint(
                fields=["review", "criterion"], name="one_score_per_review_and_criterion"
            ),
            models.CheckConstraint(condition=Q(points__lte=100), name="points_within_100"),
        ]

    def __str__(self) -> str:
        return str(self.points)


class Submission(models.Model):
    """What was handed in, each time; rows are only ever added (trigger)."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(_("第几次"))
    points = models.JSONField(_("得分"))
    total = models.PositiveIntegerField(_("总分"))
    opinion = models.TextField(_("评审意见"), blank=True)
    submitted_at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("提交稿")
        ordering = ["round"]
        constraints = [
            models.UniqueConstraint(fields=["review", "round"], name="submission_round_once"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id}.{self.round}"

    @property
    def total_text(self) -> str:
        return rules.points_text(self.total)


class Conflict(models.Model):
    """A tie between an expert and a case: declared by the expert or computed, with evidence."""

    class Kind(models.TextChoices):
        DECLARED = "DECLARED", _("本人申报")
        MEMBER = "MEMBER", _("方案成员")
        SAME_UNIT = "SAME_UNIT", _("同一单位")
        FORMER_UNIT = "FORMER_UNIT", _("回避年限内曾在该单位")
        PARENT_CHAIN = "PARENT_CHAIN", _("上下级单位")
        SISTER_UNIT = "SISTER_UNIT", _("同属一个上级单位")
        NAME = "NAME", _("与方案成员同名")
        FOUND_LATE = "FOUND_LATE", _("评审中才发现")

    class Verdict(models.TextChoices):
        BLOCKING = "BLOCKING", _("须回避")
        POSSIBLE = "POSSIBLE", _("待裁定")
        CLEARED = "CLEARED", _("不须回避")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("种类"), max_length=14, choices=Kind)
    verdict = models.CharField(_("结论"), max_length=10, choices=Verdict)
    evidence = models.JSONField(_("证据"), default=dict)
    ground = models.CharField(_("申报事由"), max_length=500, blank=True)
    found_at = models.DateTimeField(_("发现时间"))
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("裁定人")
    )
    decided_at = models.DateTimeField(_("裁定时间"), null=True)
    reason = models.CharField(_("裁定理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("利益冲突")
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="CLEARED") | Q(decided_by__isnull=False) & ~Q(reason=""),
                name="conflict_is_cleared_by_a_person_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.review_id}"


class Fence(models.Model):
    """A person who may not see or touch one subject: an officer or panel officer in conflict."""

    subject_number = models.CharField(_("对象"), max_length=40)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("种类"), max_length=14, choices=Conflict.Kind)
    evidence = models.JSONField(_("证据"), default=dict)
    ground = models.CharField(_("事由"), max_length=500, blank=True)
    since = models.DateTimeField(_("自"))

    class Meta:
        verbose_name = _("隔离")
        constraints = [
            models.UniqueConstraint(
                fields=["subject_number", "person"], name="one_fence_per_subject_and_person"
            ),
        ]
        indexes = [models.Index(fields=["person", "subject_number"], name="fence_by_person")]

    def __str__(self) -> str:
        return f"{self.subject_number} {self.person_id}"


class Minutes(models.Model):
    """The signed result of a panel: ranking and reviews, and the hash over both."""

    panel = models.OneToOneField(Panel, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField(_("内容"))
    content_hash = models.CharField(_("指纹"), max_length=64)
    remark = models.TextField(_("合议意见"), blank=True)
    signed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("签字组长")
    )
    signed_at = models.DateTimeField(_("签字时间"))

    class Meta:
        verbose_name = _("评审纪要")

    def __str__(self) -> str:
        return self.content_hash


class ReviewStage(StageRow):
    """One stage of a review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("评审阶段")
