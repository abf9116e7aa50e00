"""The pool of experts, and panels with their criteria, seats and cases."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.parties.models import Person
from kechuang.record.models import StageRow
from kechuang.reviews import rules


class Expert(models.Model):
    """A person of the expert pool: fields, and how many open cases one carries at once.

    The person's units are the dated appointments of `parties`, never a copy.
    """

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("专家")
    )
    fields = models.JSONField(_("专业领域"), default=list, blank=True)
    load_max = models.PositiveSmallIntegerField(_("同时承担上限"), default=rules.LOAD_MAX)
    is_available = models.BooleanField(_("可受邀"), default=True)
    entered_at = models.DateTimeField(_("入库时间"))
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("评审专家")
        constraints = [
            models.CheckConstraint(condition=Q(load_max__gt=0), name="expert_load_is_positive"),
        ]

    def __str__(self) -> str:
        return str(self.person_id)


class Panel(models.Model):
    """A panel that judges the cases of one subject by weighted criteria.

    Dated phases say who sees what: the own scores, from `others_from` the others' totals too, and
    consensus from `consensus_from` on; `consensus_at` is when it was opened.
    """

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("筹备")
        INVITING = "INVITING", _("邀请专家")
        COMPLETE = "COMPLETE", _("已组成")
        REVIEWING = "REVIEWING", _("评审中")
        FINISHED = "FINISHED", _("已结束")
        CANCELLED = "CANCELLED", _("已取消")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    subject_number = models.CharField(_("评审对象"), max_length=40, db_index=True)
    subject_title = models.CharField(_("标题"), max_length=200)
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.PLANNED)
    secretary = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("秘书")
    )
    chair = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("组长")
    )
    draw_operator = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("抽取人")
    )
    # Whether the subject is published, so that the record of a draw may name it.
    is_public = models.BooleanField(_("评审对象已公开"), default=False)
    # What a draw's record says came before it: the close, the opening, the root over the cases.
    closed_at = models.DateTimeField(_("截止时间"), null=True)
    opened_at = models.DateTimeField(_("开封时间"), null=True)
    cases_root = models.CharField(_("待评方案的根"), max_length=64, blank=True)
    conflict_years = models.PositiveSmallIntegerField(
        _("回避年限"), default=rules.CONFLICT_YEARS
    )
    # How cases are dealt out: so many experts each, so many cases each; null: everybody judges all.
    reviews_per_case = models.PositiveSmallIntegerField(_("每份方案的评审数"), null=True)
    load_max = models.PositiveSmallIntegerField(_("每位专家的份数上限"), null=True)
    pass_mark = models.PositiveSmallIntegerField(_("合格分"), default=rules.PASS_MARK)
    trim = models.PositiveSmallIntegerField(_("去掉最高最低各几份"), default=0)
    planned_at = models.DateTimeField(_("筹备时间"))
    invite_until = models.DateTimeField(_("应邀截止"), null=True)
    score_until = models.DateTimeField(_("评分截止"), null=True)
    others_from = models.DateTimeField(_("互看总分自"), null=True)
    consensus_from = models.DateTimeField(_("合议定于"), null=True)
    consensus_at = models.DateTimeField(_("合议开始"), null=True)
    state_since = models.DateTimeField(_("状态自"))
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("评审组")
        constraints = [
            models.CheckConstraint(
                condition=Q(secretary__isnull=True) | ~Q(secretary=F("chair")),
                name="secretary_is_not_chair",
            ),
            models.CheckConstraint(
                condition=Q(draw_operator__isnull=True)
                | (Q(secretary__isnull=True) | ~Q(secretary=F("draw_operator")))
                & (Q(chair__isnull=True) | ~Q(chair=F("draw_operator"))),
                name="draw_operator_is_neither_secretary_nor_chair",
            ),
            models.UniqueConstraint(
                fields=["subject_number"],
                condition=~Q(state__in=["FINISHED", "CANCELLED"]),
                name="one_open_panel_per_subject",
            ),
            models.CheckConstraint(condition=Q(pass_mark__lte=100), name="pass_mark_within_100"),
            models.CheckConstraint(
                condition=Q(others_from__isnull=True) | Q(score_until__lte=F("others_from")),
                name="others_are_seen_after_scoring",
            ),
            models.CheckConstraint(
                condition=Q(consensus_from__isnull=True)
                | Q(score_until__lte=F("consensus_from"))
                & (Q(others_from__isnull=True) | Q(others_from__lte=F("consensus_from"))),
                name="consensus_comes_last",
            ),
            models.CheckConstraint(
                condition=Q(reviews_per_case__isnull=True, load_max__isnull=True)
                | Q(reviews_per_case__gte=rules.REVIEWS_MIN, load_max__gte=1),
                name="cases_are_dealt_by_both_figures",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def phases(self) -> rules.Phases:
        return rules.Phases(self.score_until, self.others_from, self.consensus_from)

    @property
    def facts(self) -> rules.PanelFacts:
        """What the rights of this panel depend on; its officers are loaded."""
        return rules.PanelFacts(
            self.number,
            self.region_path,
            self.state,
            self.secretary.number if self.secretary else "",
            self.chair.number if self.chair else "",
            self.draw_operator.number if self.draw_operator else "",
        )


class Criterion(models.Model):
    """One weighted criterion of a panel, perhaps with a threshold."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")
    code = models.SlugField(_("代码"), max_length=40)
    name = models.CharField(_("指标"), max_length=80)
    description = models.CharField(_("评什么"), max_length=300, blank=True)
    weight = models.PositiveSmallIntegerField(_("权重"))
    threshold = models.PositiveSmallIntegerField(_("门槛分"), null=True)
    place = models.PositiveSmallIntegerField(_("次序"))

    class Meta:
        verbose_name = _("评分指标")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "code"], name="criterion_once_per_panel"),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=100), name="weight_within_100"
            ),
            models.CheckConstraint(
                condition=Q(threshold__isnull=True) | Q(threshold__lte=100),
                name="threshold_within_100",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """One expert's place on a panel, in the order in which the experts were named."""

    class State(models.TextChoices):
        INVITED = "INVITED", _("已邀请")
        ACCEPTED = "ACCEPTED", _("已接受")
        REFUSED = "REFUSED", _("已谢绝")
        TIMEOUT = "TIMEOUT", _("逾期未复")
        RELEASED = "RELEASED", _("已解除")
        BARRED = "BARRED", _("因回避退出")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(_("次序"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.INVITED)
    state_since = models.DateTimeField(_("状态自"))
    reason = models.CharField(_("理由"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("评审席位")
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "expert"], name="expert_once_per_panel"),
            models.UniqueConstraint(fields=["panel", "order"], name="seat_order_once_per_panel"),
        ]

    def __str__(self) -> str:
        return self.number


class Case(models.Model):
    """What a panel judges: what an expert may see of it before declaring, and its address."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(_("编号"), max_length=40)
    title = models.CharField(_("标题"), max_length=200)
    organisation_codes = models.JSONField(_("单位"), default=list)
    person_numbers = models.JSONField(_("人员"), default=list)
    content_url = models.CharField(_("内容地址"), max_length=200, blank=True)
    sha256 = models.CharField(_("提交内容的指纹"), max_length=64, blank=True)
    topic = models.TextField(_("内容提要"), blank=True)
    place = models.PositiveSmallIntegerField(_("次序"))

    class Meta:
        verbose_name = _("待评方案")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["panel", "number"], name="case_once_per_panel"),
        ]

    def __str__(self) -> str:
        return self.number


class PanelStage(StageRow):
    """One stage of a panel."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("评审组阶段")


class SeatStage(StageRow):
    """One stage of a seat."""

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")

    class Meta(StageRow.Meta):
        verbose_name = _("席位阶段")
