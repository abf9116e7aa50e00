"""Policies, a year's money, batches and their lines, stakes, and what is taken back.

What is larger than a row (sums under the budget, lines that stand where their payment stands, no
two policies that exclude one another) is kept by triggers: see the migration of invariants.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.cultivation.models.screenings import Candidate
from kechuang.cultivation.rules import benefits as rules
from kechuang.ledger.models import PaymentOrder
from kechuang.notices.models import Objection
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


class Policy(models.Model):
    """What the law grants without an application: document, clauses, rule set, who pays."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草中")
        CHECKED = "CHECKED", _("已复核，待施行")
        IN_FORCE = "IN_FORCE", _("施行中")
        CLOSED = "CLOSED", _("已终止")

    class Instrument(models.TextChoices):
        GRANT = "GRANT", _("奖补")
        EQUITY = "EQUITY", _("股权投资")

    class Shortfall(models.TextChoices):
        PRO_RATA = "PRO_RATA", _("按比例分配")
        RANKING = "RANKING", _("按排名")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    title = models.CharField(_("政策名称"), max_length=200)
    title_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    document_title = models.CharField(_("依据文件"), max_length=300)
    document_number = models.CharField(_("文号"), max_length=120, blank=True)
    issuer = models.CharField(_("发文机关"), max_length=120, blank=True)
    clauses = models.JSONField(_("条款"), default=list)
    rule_set = models.CharField(_("规则集"), max_length=60)
    department = models.CharField(_("主管部门"), max_length=120)
    payer = models.CharField(_("拨付单位和预算科目"), max_length=200)
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    instrument = models.CharField(_("方式"), max_length=6, choices=Instrument.choices)
    shortfall = models.CharField(
        _("预算不足时"), max_length=8, choices=Shortfall.choices, default=Shortfall.PRO_RATA
    )
    ranking_criterion = models.CharField(_("排名依据"), max_length=60, blank=True)
    notice_days = models.PositiveSmallIntegerField(_("公示期（工作日）"), default=5)
    state = models.CharField(
        _("状态"), max_length=8, choices=State.choices, default=State.DRAFT
    )
    state_since = models.DateTimeField(_("本状态自"))
    drafted_by = models.ForeignKey(
        Person, verbose_name=_("起草人"), on_delete=models.PROTECT, related_name="+"
    )
    checked_by = models.ForeignKey(
        Person, verbose_name=_("复核人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("政策")
        constraints = [
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("drafted_by")),
                name="policy_checked_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(checked_by__isnull=False),
                name="policy_in_force_was_checked",
            ),
            models.CheckConstraint(
                condition=~Q(shortfall="RANKING") | ~Q(ranking_criterion=""),
                name="ranking_names_its_criterion",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PolicyStage(StageRow):
    """A change of a policy's state."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("政策阶段")
        ordering = ["id"]


class PolicyExclusion(models.Model):
    """Two policies of which an enterprise may enjoy one in a period; both ways."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="exclusions")
    other = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("不得同享")
        constraints = [
            models.UniqueConstraint(fields=["policy", "other"], name="exclusion_named_once"),
            models.CheckConstraint(
                condition=~Q(policy=F("other")), name="policy_does_not_exclude_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} / {self.other_id}"


class Funding(models.Model):
    """One period of a policy: the day the data are looked at, when it is computed, its money.

    The counters are kept under this row's lock and compared with the lines at commit.
    """

    number = models.CharField(_("编号"), max_length=20, unique=True)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="fundings")
    period = models.CharField(_("年度"), max_length=20)
    as_of_date = models.DateField(_("数据基准日"))
    since = models.DateField(_("办理自"))
    until = models.DateField(_("办理到（不含当日）"))
    budget_fen = models.BigIntegerField(_("预算（分）"))
    reserved_fen = models.BigIntegerField(_("已预留（分）"), default=0)
    paid_fen = models.BigIntegerField(_("已拨付（分）"), default=0)
    computed_at = models.DateTimeField(_("最近计算"), null=True)
    computed = models.JSONField(_("最近计算的户数"), default=dict)

    class Meta:
        verbose_name = _("年度安排")
        ordering = ["-period", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "period"], name="one_funding_per_period"),
            models.CheckConstraint(
                condition=Q(reserved_fen__gte=0, paid_fen__gte=0, budget_fen__gt=0),
                name="funding_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(budget_fen__gte=F("reserved_fen") + F("paid_fen")),
                name="paid_and_reserved_within_budget",
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("since")), name="funding_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.period}"

    @property
    def left_fen(self) -> int:
        return self.budget_fen - self.reserved_fen - self.paid_fen


class Batch(models.Model):
    """Who gets how much and why, as it was computed at one instant; frozen under a fingerprint."""

    class State(models.TextChoices):
        DRAFTED = "DRAFTED", _("待审批")
        RETURNED = "RETURNED", _("已退回")
        ON_NOTICE = "ON_NOTICE", _("公示中")
        CORRECTING = "CORRECTING", _("异议成立，待改")
        PAYABLE = "PAYABLE", _("公示期满，待申请拨付")
        REQUESTED = "REQUESTED", _("财务审核中")
        REVIEWED = "REVIEWED", _("待拨付")
        PAID = "PAID", _("已拨付")
        DONE = "DONE", _("已到账")
        CANCELLED = "CANCELLED", _("已撤销")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="batches")
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=State.choices, default=State.DRAFTED
    )
    state_since = models.DateTimeField(_("本状态自"))
    until = models.DateTimeField(_("办到"), null=True)
    rule_version = models.CharField(_("规则版本"), max_length=64)
    computed_at = models.DateTimeField(_("计算时间"))
    drafted_by = models.ForeignKey(
        Person, verbose_name=_("计算人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        Person, verbose_name=_("批准人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(_("批准时间"), null=True)
    notice_number = models.CharField(_("公示"), max_length=20, blank=True)
    left_fen = models.BigIntegerField(_("计算时剩余预算（分）"))
    total_fen = models.BigIntegerField(_("合计（分）"))
    line_count = models.PositiveIntegerField(_("户数"))
    asked = models.JSONField(_("缺数据的户数，按数据和主管部门"), default=list)
    content_hash = models.CharField(_("内容指纹"), max_length=64)
    reason = models.CharField(_("退回理由"), max_length=500, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("批次")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["funding"], condition=Q(state="DRAFTED"), name="one_batch_in_hand"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(drafted_by__isnull=True)
                | ~Q(approved_by=F("drafted_by")),
                name="batch_approved_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DRAFTED", "RETURNED"], approved_by__isnull=True)
                | Q(~Q(state__in=["DRAFTED", "RETURNED"]), approved_by__isnull=False),
                name="batch_goes_on_when_approved",
            ),
        ]
        indexes = [models.Index(fields=["state", "region_path"], name="batch_by_state")]

    def __str__(self) -> str:
        return self.number


class BatchStage(StageRow):
    """A change of a batch's state."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("批次阶段")
        ordering = ["id"]


class Line(models.Model):
    """One enterprise in a batch: what it is granted, from what, and why; never changed.

    `state` follows the payment order; `is_live` says that the line stands for money, so that
    nobody has two for the same policy, period and sequence.
    """

    class Outcome(models.TextChoices):
        PAYS = "PAYS", _("发放")
        CUT = "CUT", _("预算不足，未发")
        EXCLUDED = "EXCLUDED", _("不得同享，未发")

    class State(models.TextChoices):
        NONE = "NONE", _("不发")
        DRAFTED = "DRAFTED", _("待审批")
        RETURNED = "RETURNED", _("随批次退回")
        RESERVED = "RESERVED", _("已批准")
        TAKEN_OUT = "TAKEN_OUT", _("异议成立，已移出")
        REQUESTED = "REQUESTED", _("已申请拨付")
        REVIEWED = "REVIEWED", _("已审核")
        PAID = "PAID", _("已拨付")
        CONFIRMED = "CONFIRMED", _("已到账")
        RECLAIM_DUE = "RECLAIM_DUE", _("待退回")
        RECLAIMED = "RECLAIMED", _("已退回")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("企业"), on_delete=models.PROTECT, related_name="+"
    )
    sequence = models.PositiveSmallIntegerField(_("第几次"), default=1)
    outcome = models.CharField(_("结果"), max_length=8, choices=Outcome.choices)
    reason = models.CharField(_("为什么"), max_length=12)
    facts = models.JSONField(_("依据"), default=dict)
    entitled_fen = models.BigIntegerField(_("按规则应得（分）"))
    settled_fen = models.BigIntegerField(_("此前已按多少结算（分）"), default=0)
    amount_fen = models.BigIntegerField(_("本次发放（分）"))
    state = models.CharField(_("状态"), max_length=11, choices=State.choices)
    is_live = models.BooleanField(_("占预算"))
    order = models.OneToOneField(
        PaymentOrder, null=True, on_delete=models.PROTECT, related_name="+"
    )
    objection = models.ForeignKey(
        Objection, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("移出理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("批次行")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "organisation"], name="one_line_per_enterprise_and_batch"
            ),
            models.UniqueConstraint(
                fields=["funding", "organisation", "sequence"],
                condition=Q(is_live=True),
                name="nobody_twice_for_policy_and_period",
            ),
            models.CheckConstraint(
                condition=Q(outcome="PAYS", amount_fen__gt=0)
                | Q(
                    ~Q(outcome="PAYS"), amount_fen=0, state__in=["NONE", "RETURNED"],
                    is_live=False,
                ),
                name="only_paying_lines_carry_money",
            ),
            models.CheckConstraint(
                condition=Q(
                    settled_fen__gte=0, amount_fen__lte=F("entitled_fen") - F("settled_fen")
                ),
                name="line_within_the_difference",
            ),
            models.CheckConstraint(
                condition=Q(is_live=False, state__in=["NONE", "RETURNED", "TAKEN_OUT"])
                | Q(is_live=True) & ~Q(state__in=["NONE", "RETURNED", "TAKEN_OUT"]),
                name="live_lines_hold_money",
            ),
            models.CheckConstraint(
                condition=~Q(state="TAKEN_OUT") | Q(objection__isnull=False) & ~Q(note=""),
                name="taken_out_for_an_objection",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        "REQUESTED", "REVIEWED", "PAID", "CONFIRMED", "RECLAIM_DUE", "RECLAIMED"
                    ]
                )
                | Q(order__isnull=False),
                name="paid_lines_have_an_order",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["organisation", "-id"], name="line_by_organisation")]

    def __str__(self) -> str:
        return self.number


class Stake(models.Model):
    """A share held instead of a grant: valuation, holder, way out.

    It comes of a line of a batch, or of a candidate that a screening accepted; of one of the two.
    """

    class State(models.TextChoices):
        AGREED = "AGREED", _("条款已定")
        HELD = "HELD", _("持股中")
        EXITED = "EXITED", _("已退出")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    line = models.OneToOneField(
        Line, null=True, on_delete=models.PROTECT, related_name="stake"
    )
    candidate = models.OneToOneField(
        Candidate, null=True, on_delete=models.PROTECT, related_name="stake"
    )
    order = models.OneToOneField(
        PaymentOrder, null=True, on_delete=models.PROTECT, related_name="+"
    )
    amount_fen = models.BigIntegerField(_("投资额（分）"))
    valuation_fen = models.BigIntegerField(_("投后估值（分）"))
    holder = models.CharField(_("持股人"), max_length=200)
    exit_condition = models.CharField(_("退出条件"), max_length=500)
    exit_date = models.DateField(_("退出日期"))
    state = models.CharField(_("状态"), max_length=6, choices=State.choices, default=State.AGREED)
    agreed_by = models.ForeignKey(
        Person, verbose_name=_("经办人"), on_delete=models.PROTECT, related_name="+"
    )
    agreed_at = models.DateTimeField(_("条款议定时间"))
    opened_at = models.DateTimeField(_("入股时间"), null=True)
    exited_at = models.DateTimeField(_("退出时间"), null=True)
    exit_note = models.CharField(_("退出说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("股权")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, amount_fen__lte=rules.EQUITY_MOST_FEN),
                name="stake_within_five_million_yuan",
            ),
            models.CheckConstraint(
                condition=Q(valuation_fen__gte=F("amount_fen")),
                name="stake_within_its_valuation",
            ),
            models.CheckConstraint(
                condition=Q(state="AGREED", opened_at__isnull=True)
                | Q(~Q(state="AGREED"), opened_at__isnull=False),
                name="held_stake_was_opened",
            ),
            models.CheckConstraint(
                condition=Q(line__isnull=True, candidate__isnull=False)
                | Q(line__isnull=False, candidate__isnull=True, order__isnull=True),
                name="stake_of_a_line_or_a_candidate",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReclaimCase(models.Model):
    """A paid sum that corrected data no longer carry: how much, which datum, the right to answer.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("等企业陈述意见")
        ANSWERED = "ANSWERED", _("已陈述，待决定")
        DUE = "DUE", _("决定追回，待退回")
        SETTLED = "SETTLED", _("已退回")
        DROPPED = "DROPPED", _("决定不追回")
        LAPSED = "LAPSED", _("数据再更正，不用追回")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="cases")
    region_path = models.CharField(_("地区"), max_length=60, db_index=True)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.OPEN)
    state_since = models.DateTimeField(_("本状态自"))
    until = models.DateTimeField(_("办到"), null=True)
    entitled_then_fen = models.BigIntegerField(_("当时应得（分）"))
    entitled_now_fen = models.BigIntegerField(_("现在应得（分）"))
    amount_fen = models.BigIntegerField(_("应退回（分）"))
    changes = models.JSONField(_("哪项数据变了"), default=list)
    sources = models.JSONField(_("新数据的来源"), default=list)
    corrected_by = models.CharField(_("更正人"), max_length=20, blank=True)
    opened_at = models.DateTimeField(_("发现时间"))
    answer = models.TextField(_("企业意见"), blank=True)
    answered_at = models.DateTimeField(_("陈述时间"), null=True)
    decision = models.TextField(_("决定理由"), blank=True)
    decided_by = models.ForeignKey(
        Person, verbose_name=_("决定人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True)
    settled_at = models.DateTimeField(_("退回时间"), null=True)
    version = models.PositiveIntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("追回")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(state__in=["OPEN", "ANSWERED", "DUE"]),
                name="one_open_case_per_line",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0, entitled_now_fen__lt=F("entitled_then_fen")),
                name="case_takes_back_a_difference",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["DUE", "SETTLED", "DROPPED"])
                | Q(decided_by__isnull=False) & ~Q(decision=""),
                name="decided_case_names_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CaseStage(StageRow):
    """A change of a reclaim case's state."""

    case = models.ForeignKey(ReclaimCase, on_delete=models.PROTECT, related_name="stages")

    class Meta:
        verbose_name = _("追回阶段")
        ordering = ["id"]
