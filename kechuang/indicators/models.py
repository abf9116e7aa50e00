"""Figures: who they are about, who says them, the value in each vintage, its evidence, targets."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.indicators import rules
from kechuang.parties.models import Organisation, Region


class Definition(models.Model):
    """An indicator that this installation registered itself, beside those in the data files."""

    code = models.CharField(_("指标代码"), max_length=60, unique=True)
    name = models.CharField(_("指标"), max_length=120, unique=True)
    name_en = models.CharField(_("英文名"), max_length=160, blank=True)
    unit = models.CharField(_("单位"), max_length=20)
    kind = models.CharField(_("存量或流量"), max_length=5, default="stock")
    registered_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("指标定义")

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    """Whom a figure is about: a region, an area without a code, or an organisation."""

    class Kind(models.TextChoices):
        REGION = "REGION", _("地区")
        AREA = "AREA", _("无代码的片区")
        ORGANISATION = "ORGANISATION", _("单位或项目")

    code = models.CharField(_("代码"), max_length=20, unique=True)
    kind = models.CharField(_("种类"), max_length=12, choices=Kind)
    name = models.CharField(_("名称"), max_length=160)
    name_en = models.CharField(_("英文名"), max_length=160, blank=True)
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("地区")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("单位"),
    )  # fmt: skip
    within = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("所在地区")
    )
    region_path = models.CharField(_("地区路径"), max_length=60, blank=True, db_index=True)

    class Meta:
        verbose_name = _("对象")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(kind="REGION") | Q(region__isnull=False),
                name="region_subject_has_its_region",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """Who says a figure: this platform, or a publication with title and date."""

    class Kind(models.TextChoices):
        OWN = "OWN", _("本平台测算")
        PUBLISHED = "PUBLISHED", _("公开报道")
        DEMONSTRATION = "DEMONSTRATION", _("演示引用")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    kind = models.CharField(_("种类"), max_length=14, choices=Kind)
    title = models.CharField(_("题名"), max_length=300)
    publication = models.CharField(_("发布者"), max_length=120, blank=True)
    published = models.CharField(_("发布日期"), max_length=10, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("来源")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "title", "publication", "published"], name="one_row_per_source"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Stated(models.Model):
    """A value as stated: exact, qualified, or a range; in the unit of the indicator."""

    value = models.DecimalField(_("数值"), max_digits=26, decimal_places=6, null=True)
    low = models.DecimalField(_("下限"), max_digits=26, decimal_places=6, null=True)
    high = models.DecimalField(_("上限"), max_digits=26, decimal_places=6, null=True)
    qualifier = models.CharField(_("限定词"), max_length=10, blank=True)

    class Meta:
        abstract = True

    @property
    def statement(self) -> rules.Statement:
        return rules.Statement(
            self.value, self.low, self.high, rules.Qualifier(self.qualifier)
        )


def stated_constraints(table: str) -> list[models.CheckConstraint]:
    """A value, or both ends of a range in order, never both."""
    return [
        models.CheckConstraint(
            condition=Q(value__isnull=False, low__isnull=True, high__isnull=True)
            | Q(value__isnull=True, low__isnull=False, high__isnull=False, low__lte=F("high")),
            name=f"{table}_states_a_value_or_a_range",
        ),
    ]


class Observation(Stated):
    """One figure: indicator, subject, period, source, vintage; a later vintage replaces it.

    `statement_number` tells apart what one source says twice of the same thing.
    """

    class State(models.TextChoices):
        MEASURED = "MEASURED", _("已测算，待发布")
        PUBLISHED = "PUBLISHED", _("已发布")
        REPLACED = "REPLACED", _("重算后作废")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    indicator = models.CharField(_("指标"), max_length=60)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", verbose_name=_("对象")
    )
    period = models.CharField(_("时期"), max_length=20)
    period_since = models.DateField(_("期初"))
    period_until = models.DateField(_("期末"))
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="+", verbose_name=_("来源")
    )
    statement_number = models.PositiveSmallIntegerField(_("第几种说法"), default=1)
    vintage = models.PositiveIntegerField(_("版次"), default=1)
    is_current = models.BooleanField(_("最新发布的版次"), default=False)
    known_date = models.DateField(_("在此日所知"))
    state = models.CharField(_("状态"), max_length=10, choices=State)
    stated_value = models.CharField(_("原文数值"), max_length=60, blank=True)
    stated_unit = models.CharField(_("原文单位"), max_length=20, blank=True)
    yoy_percent = models.DecimalField(
        _("公布的同比"), max_digits=12, decimal_places=4, null=True
    )
    attainment_percent = models.DecimalField(
        _("公布的完成率"), max_digits=12, decimal_places=4, null=True
    )
    attainment_words = models.CharField(_("完成情况"), max_length=120, blank=True)
    quotation = models.TextField(_("来源原句"), blank=True)
    why = models.CharField(_("为何变"), max_length=200, blank=True)
    content_hash = models.CharField(_("内容指纹"), max_length=64)
    evidence_root = models.CharField(_("佐证的根"), max_length=64, blank=True)
    evidence_count = models.PositiveIntegerField(_("佐证行数"), default=0)
    measured_at = models.DateTimeField(_("测算或导入时间"))
    published_at = models.DateTimeField(_("发布时间"), null=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("观测值")
        indexes: ClassVar = [
            models.Index(
                fields=["indicator", "subject", "period_since"], name="observation_by_indicator"
            ),
            models.Index(
                fields=["subject", "indicator"], name="observation_current",
                condition=Q(is_current=True),
            ),
        ]  # fmt: skip
        constraints: ClassVar = [
            *stated_constraints("observation"),
            models.UniqueConstraint(
                fields=[
                    "indicator", "subject", "period", "source", "statement_number", "vintage"
                ],
                name="one_observation_per_key_and_vintage",
            ),
            models.UniqueConstraint(
                fields=["indicator", "subject", "period", "source", "statement_number"],
                condition=Q(is_current=True), name="one_current_vintage_per_key",
            ),
            models.CheckConstraint(
                condition=Q(state="PUBLISHED", published_at__isnull=False)
                | Q(state__in=["MEASURED", "REPLACED"], published_at__isnull=True),
                name="published_observation_says_when",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.indicator} {self.period}"


class Evidence(models.Model):
    """One row that an observation was measured from, frozen: number, value, hash."""

    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveIntegerField(_("次序"))
    number = models.CharField(_("编号"), max_length=40)
    value = models.DecimalField(_("数值"), max_digits=26, decimal_places=6)
    row_hash = models.CharField(_("行指纹"), max_length=64)

    class Meta:
        verbose_name = _("佐证")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["observation", "place"], name="one_evidence_row_per_place"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["observation", "number"], name="evidence_by_number"),
        ]

    def __str__(self) -> str:
        return self.number


class Target(Stated):
    """What was promised for a period: by whom, for whom, how much."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    indicator = models.CharField(_("指标"), max_length=60)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", verbose_name=_("对象")
    )
    period = models.CharField(_("目标时期"), max_length=20, blank=True)
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="+", verbose_name=_("来源")
    )
    vintage = models.PositiveIntegerField(_("版次"), default=1)
    is_current = models.BooleanField(_("最新版次"), default=True)
    known_date = models.DateField(_("在此日所知"))
    set_at = models.DateTimeField(_("设定时间"))
    content_hash = models.CharField(_("内容指纹"), max_length=64)

    class Meta:
        verbose_name = _("目标")
        constraints: ClassVar = [
            *stated_constraints("target"),
            models.UniqueConstraint(
                fields=["indicator", "subject", "period", "source", "vintage"],
                name="one_target_per_key_and_vintage",
            ),
            models.UniqueConstraint(
                fields=["indicator", "subject", "period", "source"],
                condition=Q(is_current=True), name="one_current_target_per_key",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.indicator} {self.period}"
