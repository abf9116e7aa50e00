"""What the rules say of each enterprise, kept as it changes; visits and reminders."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.parties.models import Organisation


class Recount(models.Model):
    """One recomputation: over whom, of which day, how much changed."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    as_of = models.DateField(_("评价日"))
    at = models.DateTimeField(_("时间"))
    is_whole = models.BooleanField(_("全部企业"))
    enterprises = models.IntegerField(_("企业数"))
    changed = models.IntegerField(_("变动数"))
    versions = models.JSONField(_("规则版本"))

    class Meta:
        verbose_name = _("重算")
        constraints = [
            models.CheckConstraint(
                condition=Q(enterprises__gte=0, changed__gte=0), name="recount_counts_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of} {self.number}"


class Verdict(models.Model):
    """What one rule set says of one enterprise, from an instant until it says something else.

    `packed` holds the answers of the criteria, two bits each, the first lowest, in the order of
    the version's criteria that are answers and not points; `away` the one criterion that is
    between the enterprise and *met*, where there is just one; `reach`, `distance` (per mille of its
    limit) and `brings_fen` say how near that one is and what it would bring, worked out apart.
    """

    class State(models.IntegerChoices):
        NOT_MET = 0, _("不符合")
        UNKNOWN = 1, _("待补数据")
        TO_BE_JUDGED = 2, _("待评审")
        MET = 3, _("符合")

    class Reach(models.TextChoices):
        GAP = "GAP", _("差一点数")
        DATA = "DATA", _("缺数据")
        JUDGED = "JUDGED", _("待评审")
        FAR = "FAR", _("够不着")

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    policy = models.CharField(_("政策代码"), max_length=40)
    version = models.CharField(_("规则版本"), max_length=16)
    as_of = models.DateField(_("评价日"))
    state = models.SmallIntegerField(_("结论"), choices=State)
    low = models.BigIntegerField(_("最低分"), null=True, blank=True)
    high = models.BigIntegerField(_("最高分"), null=True, blank=True)
    packed = models.BigIntegerField(_("各条"))
    amount_fen = models.BigIntegerField(_("金额"), null=True, blank=True)
    away = models.CharField(_("只差一项"), max_length=60, blank=True)
    reach = models.CharField(_("够不够得着"), max_length=6, choices=Reach.choices, null=True)
    distance = models.SmallIntegerField(_("还差多少（千分之）"), null=True)
    brings_fen = models.BigIntegerField(_("达到能得多少（分）"), null=True)
    reached_date = models.DateField(_("够得着的评价日"), null=True)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"), null=True, blank=True)
    recount = models.ForeignKey(Recount, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("评价结论")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "policy"], condition=Q(until__isnull=True),
                name="one_verdict_now_per_policy",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="verdict_holds_for_a_while",
            ),
            models.CheckConstraint(
                condition=Q(state__gte=0, state__lte=3), name="verdict_is_one_of_four"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(state=3), name="amount_only_where_met"
            ),
            models.CheckConstraint(
                condition=Q(away="") | Q(state__lt=3), name="nothing_away_where_met"
            ),
            models.CheckConstraint(
                condition=Q(reach__isnull=True)
                | ~Q(away="") & Q(distance__isnull=False, reached_date__isnull=False),
                name="reach_of_one_thing_away",
            ),
        ]
        indexes = [
            models.Index(
                fields=["policy", "away"], condition=Q(until__isnull=True) & ~Q(away=""),
                name="verdict_one_thing_away",
            ),
            models.Index(
                fields=["policy", "reach", "distance"],
                condition=Q(until__isnull=True, reach__isnull=False), name="verdict_by_reach",
            ),
            models.Index(
                fields=["policy", "state"], condition=Q(until__isnull=True),
                name="verdict_by_state",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.policy} {self.organisation_id}"


class Visit(models.Model):
    """That somebody went to an enterprise that is one thing away."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    policy = models.CharField(_("政策代码"), max_length=40)
    criterion = models.CharField(_("所差的条件"), max_length=60)
    visited_at = models.DateTimeField(_("走访时间"))
    by_person = models.CharField(_("走访人"), max_length=40)
    by_role = models.CharField(_("走访角色"), max_length=20)
    note = models.CharField(_("走访情况"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("走访")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "policy", "criterion", "visited_at"],
                name="one_visit_at_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.criterion}"


class Reminder(models.Model):
    """That the holder of a certificate was told that it ends."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("种类"), max_length=60)
    until = models.DateField(_("到期日"))
    told_at = models.DateTimeField(_("提醒时间"))

    class Meta:
        verbose_name = _("到期提醒")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "until"], name="one_word_per_expiry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.kind}"
