"""The course of a challenge: argument, amendments, questions, opening, choice, approvals."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.challenges.models.challenge import Challenge
from kechuang.parties.models import Person


class ArgumentSeat(models.Model):
    """One expert's seat in the argument of a challenge, and the opinion once signed."""

    class Verdict(models.TextChoices):
        PASS = "PASS", _("通过")
        RETURN = "RETURN", _("退回修改")
        REJECT = "REJECT", _("不予通过")

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="seats", verbose_name=_("榜单")
    )
    round = models.PositiveSmallIntegerField(_("论证轮次"), default=1)
    expert = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("专家")
    )
    is_lead = models.BooleanField(_("论证组长"), default=False)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("办到"))
    verdict = models.CharField(_("结论"), max_length=10, choices=Verdict.choices, blank=True)
    opinion = models.TextField(_("意见"), max_length=4000, blank=True)
    opinion_sha256 = models.CharField(_("意见指纹"), max_length=64, blank=True)
    signed_at = models.DateTimeField(_("签署于"), null=True)

    class Meta:
        verbose_name = _("论证意见")
        ordering = ["round", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "round", "expert"], name="one_seat_per_expert_and_round"
            ),
            models.UniqueConstraint(
                fields=["challenge", "round"], condition=Q(is_lead=True),
                name="one_lead_per_argument",
            ),
            models.CheckConstraint(
                name="opinion_signed_with_verdict",
                condition=Q(signed_at__isnull=True, verdict="")
                | (Q(signed_at__isnull=False) & ~Q(verdict="") & ~Q(opinion_sha256="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.expert_id}"


class Amendment(models.Model):
    """A published change of an open challenge: what it was, what it is, and why."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="amendments", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    is_substantial = models.BooleanField(_("实质性改动"))
    difference = models.JSONField(_("差异"))
    reason = models.TextField(_("理由"), max_length=2000)
    published_at = models.DateTimeField(_("公布于"))

    class Meta:
        verbose_name = _("榜单改动")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "place"], name="one_amendment_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.place}"


class Question(models.Model):
    """A question and its answer; everybody sees both, nobody sees who asked."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="questions", verbose_name=_("榜单")
    )
    text = models.TextField(_("问题"), max_length=1000)
    asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("提问人")
    )
    asked_at = models.DateTimeField(_("提问于"))
    answer = models.TextField(_("答复"), max_length=4000, blank=True)
    answered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("答复人")
    )
    answered_at = models.DateTimeField(_("答复于"), null=True)

    class Meta:
        verbose_name = _("答疑")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.number


class Presence(models.Model):
    """Somebody who attends the opening: the supervisor signs in before it can begin."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="presences", verbose_name=_("榜单")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("到场人")
    )
    role = models.CharField(_("角色"), max_length=20)
    at = models.DateTimeField(_("到场于"))

    class Meta:
        verbose_name = _("开标到场")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "person"], name="one_presence_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.person_id}"


class Opening(models.Model):
    """The minutes of an opening: receipts, fingerprints, times, who was present; hashed."""

    challenge = models.OneToOneField(
        Challenge, on_delete=models.PROTECT, related_name="opening", verbose_name=_("榜单")
    )
    at = models.DateTimeField(_("开标于"))
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("开标人")
    )
    minutes = models.TextField(_("开标记录"))
    sha256 = models.CharField(_("指纹"), max_length=64)

    class Meta:
        verbose_name = _("开标")

    def __str__(self) -> str:
        return self.sha256


class IssuerChoice(models.Model):
    """Whom the poser chose; a later row replaces an earlier one, none is changed."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="choices", verbose_name=_("榜单")
    )
    bid_number = models.CharField(_("方案"), max_length=11)
    reason = models.TextField(_("理由"), max_length=2000)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("选定人")
    )
    at = models.DateTimeField(_("选定于"))

    class Meta:
        verbose_name = _("出题方选定")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.bid_number


class Proposal(models.Model):
    """A winner as the office proposes it, which the department approves step by step.

    A mode with several winners has one row for each in a round, all approved together; each has
    its own notice and project. `public_fen` is the public money that it takes of the call.
    """

    class State(models.TextChoices):
        APPROVING = "APPROVING", _("审批中")
        APPROVED = "APPROVED", _("已批准")
        RETURNED = "RETURNED", _("已退回")
        UNDONE = "UNDONE", _("异议成立，已撤回")
        LAPSED = "LAPSED", _("立项失效")

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="proposals", verbose_name=_("榜单")
    )
    round = models.PositiveSmallIntegerField(_("轮次"))
    place = models.PositiveSmallIntegerField(_("次序"), default=1)
    bid_number = models.CharField(_("拟立项方案"), max_length=11)
    reserves = models.JSONField(_("备选方案"), default=list)
    public_fen = models.BigIntegerField(_("占用的财政资金"), default=0)
    reason = models.TextField(_("理由"), max_length=2000)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    at = models.DateTimeField(_("提出于"))
    state = models.CharField(
        _("状态"), max_length=10, choices=State.choices, default=State.APPROVING
    )
    notice_number = models.CharField(_("公示"), max_length=20, blank=True)
    project_number = models.CharField(_("项目"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("拟立项")
        ordering = ["round", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "place"], name="one_proposal_per_place"
            ),
            models.UniqueConstraint(
                fields=["challenge", "bid_number"],
                condition=Q(state__in=["APPROVING", "APPROVED"]),
                name="one_live_proposal_per_bid",
            ),
            models.CheckConstraint(
                name="proposal_money_not_negative", condition=Q(public_fen__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_id} {self.round}"


class Approval(models.Model):
    """One signed step of a proposal's approval, or its return with a reason."""

    class Verdict(models.TextChoices):
        APPROVED = "APPROVED", _("同意")
        RETURNED = "RETURNED", _("退回")

    proposal = models.ForeignKey(
        Proposal, on_delete=models.PROTECT, related_name="approvals", verbose_name=_("拟立项")
    )
    step = models.CharField(_("步骤"), max_length=30)
    verdict = models.CharField(_("结论"), max_length=10, choices=Verdict.choices)
    note = models.TextField(_("意见"), max_length=2000, blank=True)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("审批人")
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("审批意见")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "step"], name="one_signature_per_approval_step"
            ),
            models.UniqueConstraint(
                fields=["proposal", "by"], name="one_approval_per_person_and_proposal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.step}"
