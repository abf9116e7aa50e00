"""A challenge: what is asked, how it is judged, under which frozen rules, and its stages."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.challenges.rules.table import STATE_NAMES, State
from kechuang.needs.models import Need
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow

_STATES = [(state.value, _(name)) for state, name in STATE_NAMES.items()]
SEAL_PROFILES = [("intl", _("SHA-256、AES-256-GCM")), ("gm", _("国密 SM3、SM4-GCM"))]


class Challenge(models.Model):
    """One round of one challenge, made from one need; every state change is a row of its stages."""

    State = State

    number = models.CharField(_("编号"), max_length=20, unique=True)
    mode = models.CharField(_("组织方式"), max_length=30, default="OPEN")
    mode_version = models.PositiveSmallIntegerField(_("组织方式版本"), default=1)
    state = models.CharField(
        _("状态"), max_length=20, choices=_STATES, default=State.DRAFTING
    )
    since = models.DateTimeField(_("自"))
    version = models.PositiveIntegerField(_("版本"), default=1)
    round = models.PositiveSmallIntegerField(_("轮次"), default=1)
    relisted_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("上一轮")
    )

    # copied from the mode as drafted, so that the database can hold it (see the triggers)
    winners_max = models.PositiveSmallIntegerField(_("最多立项数"), default=1)
    invited = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("受托单位"),
    )
    invited_reason = models.TextField(_("委托理由"), max_length=2000, blank=True)

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("来自需求")
    )
    need_snapshot = models.JSONField(_("需求快照"))
    need_sha256 = models.CharField(_("需求快照指纹"), max_length=64)
    issuer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("出题方")
    )
    officer = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    region_path = models.CharField(_("地区"), max_length=60)

    title = models.CharField(_("题目"), max_length=120)
    summary = models.TextField(_("要解决什么"), max_length=4000, blank=True)
    expert_fields = models.CharField(_("评审专家领域"), max_length=200, blank=True)
    conflict_rules = models.TextField(_("回避条件"), max_length=4000, blank=True)
    total_fen = models.BigIntegerField(_("总经费"), default=0)
    public_fen = models.BigIntegerField(_("其中财政"), default=0)
    own_fen = models.BigIntegerField(_("其中自筹"), default=0)
    months = models.PositiveSmallIntegerField(_("期限（月）"), default=24)
    opens_at = models.DateTimeField(_("发榜时间"), null=True)
    deadline_at = models.DateTimeField(_("截止时间"), null=True)
    secretary = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("评审秘书")
    )
    chair = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("评审组长")
    )
    consent_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("出题方同意人"),
    )
    consent_at = models.DateTimeField(_("出题方同意于"), null=True)
    # 0: the platform seals at rest; else so many custodians must come together to open
    custodians_needed = models.PositiveSmallIntegerField(_("开标须到的保管人数"), default=0)
    two_envelopes = models.BooleanField(_("技术和报价分开密封"), default=False)
    seal_profile = models.CharField(
        _("密封算法"), max_length=4, choices=SEAL_PROFILES, default="intl"
    )
    opened_at = models.DateTimeField(_("实际发榜"), null=True)
    closed_at = models.DateTimeField(_("实际截止"), null=True)
    project_number = models.CharField(_("项目"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("榜单")
        constraints = [
            models.CheckConstraint(
                name="challenge_public_within_total",
                condition=Q(public_fen__gte=0, own_fen__gte=0, public_fen__lte=F("total_fen")),
            ),
            models.CheckConstraint(
                name="challenge_dated_once_open",
                condition=Q(state__in=["DRAFTING", "ARGUING", "REJECTED", "CANCELLED"])
                | Q(opens_at__isnull=False, deadline_at__isnull=False),
            ),
            models.CheckConstraint(
                name="challenge_deadline_after_opening",
                condition=Q(deadline_at__isnull=True) | Q(opens_at__isnull=True)
                | Q(deadline_at__gt=F("opens_at")),
            ),
            models.CheckConstraint(
                name="challenge_project_once_awarded",
                condition=Q(state="ON_NOTICE")
                | Q(state__in=["AWARDED", "RUNNING", "ENDED"]) ^ Q(project_number=""),
            ),
            models.CheckConstraint(
                name="direct_commission_names_its_unit",
                condition=Q(state__in=["DRAFTING", "CANCELLED"])
                | (Q(mode="DIRECT", invited__isnull=False) & ~Q(invited_reason=""))
                | (~Q(mode="DIRECT") & Q(invited__isnull=True)),
            ),
            models.CheckConstraint(
                name="price_apart_needs_custodians",
                condition=Q(two_envelopes=False) | Q(custodians_needed__gte=2),
            ),
            models.CheckConstraint(
                name="seal_profile_is_known_and_custodians",
                condition=Q(seal_profile="intl")
                | Q(seal_profile="gm", custodians_needed__gte=2),
            ),
            models.CheckConstraint(
                name="challenge_awards_somebody", condition=Q(winners_max__gte=1)
            ),
            models.UniqueConstraint(
                name="one_project_per_challenge", fields=["project_number"],
                condition=~Q(project_number=""),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "deadline_at"], name="challenge_by_state"),
            models.Index(fields=["region_path", "state"], name="challenge_by_region"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def seal_hash(self) -> str:
        """The hash in which envelopes and receipts of this call are named."""
        return "sm3" if self.seal_profile == "gm" else "sha256"


class Target(models.Model):
    """What must be reached: indicator, comparison, value, unit, how and by whom it is tested."""

    class Comparison(models.TextChoices):
        AT_LEAST = "AT_LEAST", _("不小于")
        AT_MOST = "AT_MOST", _("不大于")
        EQUAL = "EQUAL", _("等于")
        BETWEEN = "BETWEEN", _("介于")

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="targets", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    indicator = models.CharField(_("指标"), max_length=60)
    comparison = models.CharField(
        _("比较"), max_length=10, choices=Comparison.choices, default=Comparison.AT_LEAST
    )
    value = models.DecimalField(_("数值"), max_digits=20, decimal_places=6)
    value_to = models.DecimalField(_("上限"), max_digits=20, decimal_places=6, null=True)
    unit = models.CharField(_("计量单位"), max_length=30)
    test_method = models.CharField(_("检验方法"), max_length=200)
    tester = models.CharField(_("谁来检"), max_length=100)

    class Meta:
        verbose_name = _("指标")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "place"], name="one_challenge_target_per_place"
            ),
            models.CheckConstraint(
                name="target_range_in_order",
                condition=Q(value_to__isnull=True) | Q(value_to__gt=F("value")),
            ),
        ]

    def __str__(self) -> str:
        return self.indicator


class Criterion(models.Model):
    """What a bid is judged by, its weight of 100, and the score below which it fails, if any."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="criteria", verbose_name=_("榜单")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    code = models.CharField(_("代码"), max_length=20)
    name = models.CharField(_("评审标准"), max_length=60)
    weight = models.PositiveSmallIntegerField(_("权重"))
    threshold = models.PositiveSmallIntegerField(_("单项分数线"), null=True)

    class Meta:
        verbose_name = _("评审标准")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "code"], name="one_criterion_per_code"),
            models.CheckConstraint(
                name="criterion_weight_1_to_100", condition=Q(weight__gte=1, weight__lte=100)
            ),
            models.CheckConstraint(
                name="criterion_threshold_to_100",
                condition=Q(threshold__isnull=True) | Q(threshold__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FitAnswer(models.Model):
    """One answer of the fit test: is this a matter for a challenge at all."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="fit_answers", verbose_name=_("榜单")
    )
    question = models.CharField(_("问题"), max_length=30)
    yes = models.BooleanField(_("是"))
    reason = models.CharField(_("理由"), max_length=500)
    by = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("答题人")
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("适合性自查")
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "question"], name="one_answer_per_fit_question"
            ),
        ]

    def __str__(self) -> str:
        return self.question


class Ruleset(models.Model):
    """The rules as frozen at publication, and again at each amendment: canonical JSON, hashed."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="rulesets", verbose_name=_("榜单")
    )
    version = models.PositiveSmallIntegerField(_("版本"))
    canonical = models.TextField(_("规则原文"))
    sha256 = models.CharField(_("指纹"), max_length=64)
    published_at = models.DateTimeField(_("公布于"))

    class Meta:
        verbose_name = _("发榜规则")
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge", "version"], name="one_ruleset_per_version"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256


class ChallengeStage(StageRow):
    """A stage of a challenge."""

    challenge = models.ForeignKey(
        Challenge, on_delete=models.PROTECT, related_name="stages", verbose_name=_("榜单")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("榜单阶段")
