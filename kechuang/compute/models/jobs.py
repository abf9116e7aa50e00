"""Jobs, what centres quoted for them, their runs and what these left."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.compute.models.desk import Allocation, Centre, DataClass
from kechuang.compute.models.registry import DataSet
from kechuang.compute.rules.jobs import RUN_LIVE, Wanted
from kechuang.compute.rules.rights import Facts
from kechuang.files.models import Blob
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


class Job(models.Model):
    """A job: what is to run, within which limits, at which centre; one task or an array of them."""

    class State(models.TextChoices):
        QUOTED = "QUOTED", _("待确认")
        STAGED = "STAGED", _("准备中")
        SUBMITTED = "SUBMITTED", _("排队中")
        RUNNING = "RUNNING", _("运行中")
        DONE = "DONE", _("已完成")
        FAILED = "FAILED", _("失败")
        CANCELLED = "CANCELLED", _("已取消")

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    title = models.CharField(_("作业"), max_length=120)
    allocation = models.ForeignKey(
        Allocation, on_delete=models.PROTECT, related_name="+", verbose_name=_("额度")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    retries = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("重跑哪一个")
    )
    template = models.CharField(_("应用"), max_length=20)
    template_version = models.CharField(_("应用版本"), max_length=20)
    parameters = models.JSONField(_("参数"), default=dict)
    data_class = models.CharField(_("数据等级"), max_length=10, choices=DataClass)
    data_set = models.ForeignKey(
        DataSet, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("数据集")
    )
    data_mb = models.BigIntegerField(_("数据量（MB）"), default=0)
    processors = models.PositiveIntegerField(_("核数"))
    wall_seconds = models.PositiveIntegerField(_("时限（秒）"))
    memory_mb = models.PositiveIntegerField(_("内存（MB）"))
    tasks = models.PositiveIntegerField(_("任务数"), default=1)
    value_fen_per_hour = models.BigIntegerField(_("每小时的时间价值（分）"), default=0)
    deadline_at = models.DateTimeField(_("最迟"), null=True)
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("中心")
    )
    # as the centre was when the job was submitted: a machine that is only played costs nothing and
    # counts nowhere, whatever the centre is connected to afterwards
    is_simulated = models.BooleanField(_("模拟"), default=False)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.QUOTED)
    state_since = models.DateTimeField(_("状态自"))
    quoted_at = models.DateTimeField(_("报价时间"))
    valid_until = models.DateTimeField(_("报价有效到"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    is_cancelling = models.BooleanField(_("正在取消"), default=False)
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("作业")
        indexes = [models.Index(fields=["state", "centre"], name="job_by_state_and_centre")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["QUOTED", "CANCELLED"]) | Q(centre__isnull=False),
                name="submitted_job_has_a_centre",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DONE", "FAILED", "CANCELLED"], ended_at__isnull=False)
                | ~Q(state__in=["DONE", "FAILED", "CANCELLED"]) & Q(ended_at__isnull=True),
                name="ended_job_says_when",
            ),
            models.CheckConstraint(
                condition=Q(processors__gt=0, wall_seconds__gt=0, memory_mb__gt=0, tasks__gt=0),
                name="job_asks_for_something",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            self.processors, self.wall_seconds, self.memory_mb, self.tasks, self.data_mb,
            self.value_fen_per_hour,
        )  # fmt: skip

    @property
    def facts(self) -> Facts:
        """What the rights depend on; organisation, asker, allocation and centre are loaded."""
        return Facts(
            self.organisation.code, self.allocation.region_path, self.asked_by.number,
            self.centre.organisation.code if self.centre else "",
        )  # fmt: skip


class Quote(models.Model):
    """What one centre would take for a job, term by term, or why it cannot take it."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="quotes")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    refused_code = models.CharField(_("不能的原因"), max_length=40, blank=True)
    refused_facts = models.JSONField(default=dict)
    wait_seconds = models.BigIntegerField(_("等待（秒），预测"), default=0)
    wait_low_seconds = models.BigIntegerField(_("等待（秒），至少"), null=True)
    wait_high_seconds = models.BigIntegerField(_("等待（秒），至多"), null=True)
    transfer_seconds = models.BigIntegerField(_("传输（秒）"), default=0)
    run_seconds = models.BigIntegerField(_("运行（秒）"), default=0)
    emissions_g = models.BigIntegerField(_("碳排放（克）"), default=0)
    wait_fen = models.BigIntegerField(default=0)
    transfer_fen = models.BigIntegerField(default=0)
    run_fen = models.BigIntegerField(default=0)
    price_fen = models.BigIntegerField(default=0)
    voucher_fen = models.BigIntegerField(default=0)
    carbon_fen = models.BigIntegerField(default=0)
    deadline_fen = models.BigIntegerField(default=0)
    total_fen = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("报价")
        ordering = ["total_fen", "id"]
        constraints = [
            models.UniqueConstraint(fields=["job", "centre"], name="one_quote_per_job_and_centre"),
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("wait_fen")
                    + F("transfer_fen")
                    + F("run_fen")
                    + F("price_fen")
                    - F("voucher_fen")
                    + F("carbon_fen")
                    + F("deadline_fen")
                ),
                name="quote_is_the_sum_of_its_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.centre_id}"

    @property
    def time_fen(self) -> int:
        return self.wait_fen + self.transfer_fen + self.run_fen + self.deadline_fen

    @property
    def net_fen(self) -> int:
        return self.price_fen - self.voucher_fen


class Run(models.Model):
    """One attempt of one task. `key` is what the backend knows it by, for ever."""

    class State(models.TextChoices):
        STAGED = "STAGED", _("准备中")
        SUBMITTED = "SUBMITTED", _("排队中")
        RUNNING = "RUNNING", _("运行中")
        DONE = "DONE", _("已完成")
        FAILED = "FAILED", _("失败")
        CANCELLED = "CANCELLED", _("已取消")
        LOST = "LOST", _("中心丢失，重跑")

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="runs")
    task = models.PositiveIntegerField(_("任务"))
    attempt = models.PositiveSmallIntegerField(_("第几次"), default=1)
    key = models.CharField(max_length=60, unique=True)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.STAGED)
    submitted_at = models.DateTimeField(_("交给中心"), null=True)
    started_at = models.DateTimeField(_("开始"), null=True)
    ended_at = models.DateTimeField(_("结束"), null=True)
    exit_code = models.IntegerField(_("退出码"), null=True)
    reason = models.CharField(_("原因"), max_length=20, blank=True)
    predicted_wait_seconds = models.BigIntegerField(_("预测等待（秒）"), default=0)
    is_collected = models.BooleanField(_("结果已取回"), default=False)
    is_metered = models.BooleanField(_("已计量"), default=False)
    accounts_since = models.DateTimeField(_("等中心记账，自"), null=True)
    log_tail = models.TextField(_("日志"), blank=True)

    class Meta:
        verbose_name = _("运行")
        ordering = ["task", "attempt"]
        indexes = [
            models.Index(
                fields=["job"], condition=Q(is_collected=False) | Q(is_metered=False),
                name="run_to_look_after",
            )
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["job", "task", "attempt"], name="one_run_per_task_and_attempt"
            ),
            models.CheckConstraint(
                condition=Q(is_metered=False) | ~Q(state__in=RUN_LIVE), name="metered_run_has_ended"
            ),
            models.UniqueConstraint(
                fields=["job", "task"],
                condition=Q(state__in=RUN_LIVE),
                name="a_task_runs_once_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["job", "task"], condition=Q(state="DONE"), name="a_task_is_done_once"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Result(models.Model):
    """A file that a run left; downloads go by the job's visibility."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    name = models.CharField(_("文件名"), max_length=200)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    fetched_at = models.DateTimeField(_("取回时间"))

    class Meta:
        verbose_name = _("作业结果")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="one_result_per_run_and_name"),
        ]

    def __str__(self) -> str:
        return self.name


class JobStage(StageRow):
    """One stage of a job."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("作业阶段")
