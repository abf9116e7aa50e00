"""Notices with their clocks, pauses, and the objections that stop them."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.base.time import shanghai_date
from kechuang.files.models import Blob
from kechuang.notices import rules
from kechuang.parties.models import Person
from kechuang.record.models import StageRow

INSTANT = timedelta(microseconds=1)


class Notice(models.Model):
    """A public notice: facts shown to everybody for so many working days.

    `ends_at` is computed by the clock and empty while the clock stands.
    """

    class Kind(models.TextChoices):
        AWARD = "AWARD", _("拟立项公示")
        LIST = "LIST", _("名单公示")
        GENERAL = "GENERAL", _("公示")

    class State(models.TextChoices):
        OPEN = "OPEN", _("公示中")
        PAUSED = "PAUSED", _("计时暂停")
        ENDED = "ENDED", _("公示期满")
        CANCELLED = "CANCELLED", _("已撤销")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    subject_number = models.CharField(_("公示对象"), max_length=40, db_index=True)
    kind = models.CharField(_("种类"), max_length=8, choices=Kind)
    title = models.CharField(_("标题"), max_length=200)
    facts = models.JSONField(_("公示内容"), default=list)
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    opened_at = models.DateTimeField(_("公示开始"))
    working_days = models.PositiveSmallIntegerField(_("公示期（工作日）"))
    ends_at = models.DateTimeField(_("公示截止"), null=True)
    is_provisional = models.BooleanField(_("暂定"), default=False)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.OPEN)
    state_since = models.DateTimeField(_("状态自"))
    opened_by = models.CharField(_("发布人"), max_length=20, blank=True)
    involved = models.JSONField(_("参与人员"), default=list)
    reason = models.CharField(_("撤销理由"), max_length=500, blank=True)
    content_hash = models.CharField(_("内容指纹"), max_length=64, blank=True)
    evidence_path = models.CharField(_("依据所在页"), max_length=120, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("公示")
        constraints = [
            models.CheckConstraint(
                condition=Q(working_days__gt=0), name="notice_runs_at_least_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="OPEN") | Q(ends_at__isnull=False),
                name="running_notice_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(state="PAUSED") | Q(ends_at__isnull=True),
                name="paused_notice_has_no_end",
            ),
            models.UniqueConstraint(
                fields=["subject_number", "kind"], condition=Q(state__in=["OPEN", "PAUSED"]),
                name="one_running_notice_per_subject_and_kind",
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_at"], name="notice_by_end")]

    def __str__(self) -> str:
        return self.number

    @property
    def last_day(self) -> date | None:
        """The day at whose end the notice is over; None while the clock stands."""
        return shanghai_date(self.ends_at - INSTANT) if self.ends_at else None


class Objection(models.Model):
    """One named person's objection to a notice; who objects is seen by its handlers alone."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("草稿")
        FILED = "FILED", _("待受理")
        ACCEPTED = "ACCEPTED", _("已受理")
        REFUSED = "REFUSED", _("不予受理")
        ANSWERED = "ANSWERED", _("已答复，待决定")
        DECIDED = "DECIDED", _("已决定")
        EXECUTED = "EXECUTED", _("已执行")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class Ground(models.TextChoices):
        PROCEDURE = "PROCEDURE", _("程序不合规定")
        CONFLICT = "CONFLICT", _("应回避而未回避")
        FACTS = "FACTS", _("公示内容与事实不符")
        ELIGIBILITY = "ELIGIBILITY", _("单位或人员不具备资格")
        RIGHTS = "RIGHTS", _("侵犯知识产权或其他权利")
        OTHER = "OTHER", _("其他")

    class Verdict(models.TextChoices):
        UPHELD = "UPHELD", _("异议成立")
        PARTLY = "PARTLY", _("异议部分成立")
        DISMISSED = "DISMISSED", _("异议不成立")

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    objector = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("异议人")
    )
    ground = models.CharField(_("理由"), max_length=11, choices=Ground, blank=True)
    statement = models.TextField(_("事实和依据"), blank=True)
    request = models.TextField(_("请求"), blank=True)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.DRAFT)
    state_since = models.DateTimeField(_("状态自"))
    due_at = models.DateTimeField(_("办到"), null=True)
    filed_at = models.DateTimeField(_("提交时间"), null=True)
    handler = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("承办人")
    )
    answer = models.TextField(_("答复"), blank=True)
    verdict = models.CharField(_("决定"), max_length=9, choices=Verdict, blank=True)
    decision = models.TextField(_("决定理由"), blank=True)
    execution = models.TextField(_("执行情况"), blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("异议")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(filed_at__isnull=False) & ~Q(ground=""),
                name="filed_objection_has_time_and_ground",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ACCEPTED", "ANSWERED", "DECIDED"])
                | Q(handler__isnull=False),
                name="objection_in_hand_names_its_handler",
            ),
            models.CheckConstraint(
                condition=Q(handler__isnull=True) | ~Q(handler=F("objector")),
                name="handler_is_not_the_objector",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["DECIDED", "EXECUTED"]) | ~Q(verdict=""),
                name="decided_objection_has_a_verdict",
            ),
            models.UniqueConstraint(
                fields=["notice", "objector"], condition=Q(state="DRAFT"),
                name="one_draft_objection_per_notice_and_person",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def due_day(self) -> date | None:
        """The last day on which the next step is in time."""
        return shanghai_date(self.due_at - INSTANT) if self.due_at else None

    @property
    def facts(self) -> rules.ObjectionFacts:
        """What the rights depend on; notice, objector and handler are loaded."""
        return rules.ObjectionFacts(
            self.notice.region_path, self.state, self.objector.number,
            self.handler.number if self.handler else "", frozenset(self.notice.involved),
        )  # fmt: skip


class Pause(models.Model):
    """A span in which one objection stops the clock of its notice."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")
    objection = models.OneToOneField(Objection, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"), null=True)

    class Meta:
        verbose_name = _("计时暂停")
        ordering = ["since", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="pause_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return str(self.notice_id)


class NoticeStage(StageRow):
    """One stage of a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("公示阶段")


class ObjectionFile(models.Model):
    """A file that its objector adds to an objection; downloads go by the objection's visibility."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    objection = models.ForeignKey(
        Objection, on_delete=models.PROTECT, related_name="+", verbose_name=_("异议")
    )
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="+", verbose_name=_("文件")
    )
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("加入时间"))

    class Meta:
        verbose_name = _("异议附件")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number


class ObjectionStage(StageRow):
    """One stage of an objection."""

    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("异议阶段")
