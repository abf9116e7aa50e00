"""Screenings of outside teams: the round, its judges, the candidates, each judge's points."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


class Screening(models.Model):
    """A round in which candidates of one kind are judged by named persons under one rule set.

    `content` is the version of the rules, frozen when the round is opened.
    """

    class Track(models.TextChoices):
        TALENT = "TALENT", _("人才团队引进")
        INCUBATION = "INCUBATION", _("孵化入驻")
        INTRODUCTION = "INTRODUCTION", _("项目引进")

    class State(models.TextChoices):
        OPEN = "OPEN", _("筛选中")
        CLOSED = "CLOSED", _("已结束")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    title = models.CharField(_("名称"), max_length=200)
    track = models.CharField(_("种类"), max_length=12, choices=Track.choices)
    rule_set = models.CharField(_("规则集"), max_length=60)
    content = models.CharField(_("规则版本"), max_length=16)
    as_of_date = models.DateField(_("规则基准日"))
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    budget_fen = models.BigIntegerField(_("资金（分）"))
    committed_fen = models.BigIntegerField(_("已决定支持（分）"), default=0)
    until = models.DateTimeField(_("评分到"))
    notice_days = models.PositiveSmallIntegerField(_("公示期（工作日）"), default=5)
    state = models.CharField(_("状态"), max_length=6, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField(_("本状态自"))
    opened_by = models.ForeignKey(
        Person, verbose_name=_("发起人"), on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("团队筛选")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(budget_fen__gt=0, committed_fen__gte=0)
                & Q(budget_fen__gte=F("committed_fen")),
                name="screening_within_its_budget",
            ),
            models.CheckConstraint(
                condition=Q(notice_days__gte=1, notice_days__lte=60),
                name="screening_notice_of_1_to_60_days",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def left_fen(self) -> int:
        return self.budget_fen - self.committed_fen


class ScreeningJudge(models.Model):
    """One named person who judges the candidates of a round."""

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="judges")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("评分人")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["screening", "person"], name="judge_named_once_per_round"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.screening_id} {self.person_id}"


class Candidate(models.Model):
    """A team or project that asks to come: judged, proposed, decided by a second person, shown to
    everybody before it is supported.

    `notice_number` is the notice that runs or ran last. One accepted before notices were asked for
    has none.
    """

    class State(models.TextChoices):
        SCORING = "SCORING", _("评分中")
        PROPOSED = "PROPOSED", _("待决定")
        ON_NOTICE = "ON_NOTICE", _("公示中")
        ACCEPTED = "ACCEPTED", _("通过")
        DECLINED = "DECLINED", _("未通过")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class Outcome(models.TextChoices):
        PROJECT = "PROJECT", _("立项支持")
        STAKE = "STAKE", _("共同持股")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="candidates")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("落地单位"), on_delete=models.PROTECT, related_name="+"
    )
    leader = models.ForeignKey(
        Person, verbose_name=_("负责人"), on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(_("团队或项目名称"), max_length=200)
    origin = models.CharField(_("从哪里来"), max_length=200)
    summary = models.TextField(_("要做什么"))
    total_fen = models.BigIntegerField(_("总投入（分）"))
    asked_fen = models.BigIntegerField(_("申请支持（分）"))
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    state = models.CharField(
        _("状态"), max_length=9, choices=State.choices, default=State.SCORING
    )
    state_since = models.DateTimeField(_("本状态自"))
    until = models.DateTimeField(_("办到"), null=True)
    entered_by = models.ForeignKey(
        Person, verbose_name=_("登记人"), on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(
        _("拟支持方式"), max_length=7, choices=Outcome.choices, blank=True
    )
    amount_fen = models.BigIntegerField(_("拟支持金额（分）"), default=0)
    answer = models.JSONField(_("规则的结论"), default=dict)
    terms = models.JSONField(_("持股条款"), default=dict)
    proposed_by = models.ForeignKey(
        Person, verbose_name=_("提出人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        Person, verbose_name=_("决定人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    reason = models.CharField(_("决定理由"), max_length=1000, blank=True)
    notice_number = models.CharField(_("公示"), max_length=20, blank=True)
    project_number = models.CharField(_("项目"), max_length=20, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("候选")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["screening", "organisation", "title"], name="candidate_once_per_round"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(proposed_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="candidate_decided_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ON_NOTICE", "ACCEPTED", "DECLINED"])
                | Q(decided_by__isnull=False) & ~Q(reason=""),
                name="decided_candidate_names_who_and_why",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ON_NOTICE", "ACCEPTED"])
                | Q(amount_fen__gt=0) & ~Q(outcome=""),
                name="accepted_candidate_has_support",
            ),
            models.CheckConstraint(
                condition=~Q(state="ON_NOTICE") | ~Q(notice_number=""),
                name="candidate_on_notice_names_its_notice",
            ),
            models.CheckConstraint(
                condition=Q(project_number="") | Q(state="ACCEPTED", outcome="PROJECT"),
                name="project_of_an_accepted_candidate",
            ),
            models.CheckConstraint(
                condition=Q(total_fen__gte=F("asked_fen"), asked_fen__gt=0),
                name="candidate_asks_within_its_total",
            ),
        ]
        indexes = [models.Index(fields=["state", "region_path"], name="candidate_by_state")]

    def __str__(self) -> str:
        return self.number


class CandidateStage(StageRow):
    """A change of a candidate's state."""

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("候选阶段")
        ordering = ["id"]


class Mark(models.Model):
    """One judge's points for one criterion of a candidate, in tenths, with a reason; for good."""

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="marks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    criterion = models.CharField(_("评分项"), max_length=60)
    tenths = models.PositiveIntegerField(_("分数（十分之一分）"))
    reason = models.CharField(_("理由"), max_length=500)
    marked_at = models.DateTimeField(_("评分时间"))

    class Meta:
        verbose_name = _("评分")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "person", "criterion"], name="one_mark_per_judge_and_criterion"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="mark_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} {self.criterion}"
