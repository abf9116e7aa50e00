"""Offers: results, patents, experts and teams, with the figures they state."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.offers import rules
from kechuang.offers.rules import OfferFacts, State
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


class Offer(models.Model):
    """What a unit has to give. A draft keeps what was typed; the columns are read from it.

    `organisation` is empty only for rows imported from a source that names no owner;
    `title_is_auto` says that the title is the text's own first clause.
    """

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    state = models.CharField(
        _("状态"), max_length=12, choices=_choices(rules.STATE_NAMES), default=State.DRAFT
    )
    version = models.IntegerField(_("版本"), default=0)
    typed = models.JSONField(_("草稿"), default=dict, blank=True)

    kind = models.CharField(
        _("类别"), max_length=8, choices=_choices(rules.KIND_NAMES), default=rules.Kind.RESULT
    )
    title = models.CharField(_("名称"), max_length=200, blank=True)
    title_is_auto = models.BooleanField(_("自动题名"), default=False)
    summary = models.CharField(_("一句话简介"), max_length=300, blank=True)
    body = models.TextField(_("详细说明"), blank=True)
    keywords = models.JSONField(_("关键词"), default=list, blank=True)
    chains = models.JSONField(_("产业链"), default=list, blank=True)
    trl = models.PositiveSmallIntegerField(_("成熟度"), null=True)
    patent_number = models.CharField(_("专利号"), max_length=60, blank=True)
    patent_status = models.CharField(
        _("法律状态"), max_length=12, choices=_choices(rules.PATENT_STATUS_NAMES), blank=True
    )
    patent_status_date = models.DateField(_("法律状态日期"), null=True)
    people = models.JSONField(_("发明人或成员"), default=list, blank=True)
    works = models.JSONField(_("代表性工作"), default=list, blank=True)
    modes = models.JSONField(_("合作方式"), default=list, blank=True)
    price_low_fen = models.BigIntegerField(_("意向价格下限"), null=True)
    price_high_fen = models.BigIntegerField(_("意向价格上限"), null=True)

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("单位"),
    )  # fmt: skip
    region_path = models.CharField(_("地区"), max_length=60, blank=True)
    filler = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("填报人")
    )
    contact = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("联系人")
    )
    source = models.CharField(_("来源"), max_length=120, blank=True)
    source_key = models.CharField(_("来源编号"), max_length=60, blank=True)
    return_words = models.TextField(_("退回说明"), blank=True)

    since = models.DateTimeField(_("自"))
    changed_at = models.DateTimeField(_("改于"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    idle_told_at = models.DateTimeField(_("闲置告知时间"), null=True)

    class Meta:
        verbose_name = _("成果与团队")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]),
                name="offer_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | (Q(submitted_at__isnull=False) & ~Q(title="") & ~Q(body="")),
                name="handed_in_offer_has_title_and_body",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PUBLISHED) | Q(published_at__isnull=False),
                name="published_offer_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(source=""),
                name="offer_without_owner_names_its_source",
            ),
            models.CheckConstraint(
                condition=Q(trl__isnull=True) | Q(trl__gte=1, trl__lte=9),
                name="readiness_between_one_and_nine",
            ),
            models.CheckConstraint(
                condition=Q(price_low_fen__isnull=True)
                | Q(price_high_fen__isnull=True)
                | Q(price_low_fen__lte=F("price_high_fen")),
                name="price_range_in_order",
            ),
            models.UniqueConstraint(
                fields=["organisation", "source", "source_key"],
                condition=~Q(source_key=""),
                nulls_distinct=False,
                name="one_offer_per_source_key",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "kind"], name="offers_by_state_kind"),
            models.Index(fields=["organisation", "state"], name="offers_by_organisation"),
            models.Index(
                fields=["-id"], name="offers_public_newest", condition=Q(state="PUBLISHED")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def facts(self) -> OfferFacts:
        """What the rules need to know; asks for organisation and filler to be loaded."""
        return OfferFacts(
            number=self.number,
            state=State(self.state),
            organisation=self.organisation.code if self.organisation else "",
            region_path=self.region_path,
            filler=self.filler.number if self.filler else "",
        )


class Figure(models.Model):
    """A number that an offer states, as it states it."""

    offer = models.ForeignKey(
        Offer, on_delete=models.CASCADE, related_name="figures", verbose_name=_("成果与团队")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    name = models.CharField(_("指标"), max_length=60)
    value = models.DecimalField(_("数值"), max_digits=19, decimal_places=6)
    unit = models.CharField(_("单位"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("写明的数值")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "place"], name="one_figure_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.stated_text}"

    @property
    def stated_text(self) -> str:
        """The figure as one reads it: 226 W/(m⋅K)."""
        return f"{self.value.normalize():,f} {self.unit}".strip()


class OfferStage(StageRow):
    """One stage of an offer's life."""

    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="stages", verbose_name=_("成果与团队")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("成果阶段")
