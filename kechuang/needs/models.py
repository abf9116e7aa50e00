"""Needs, their targets and attachments, what was marked on return, and to whom they were opened."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.chains import CHAIN_NAMES
from kechuang.base.numbers import new_random_number
from kechuang.files.models import Blob
from kechuang.needs import rules
from kechuang.needs.rules import Extent, NeedFacts, State
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


class Need(models.Model):
    """What an enterprise asks for.

    A draft keeps what was typed, as typed; the columns beside it are read from it when it is
    handed in. `region_path` is that of the organisation as of submission.
    """

    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    state = models.CharField(
        _("状态"), max_length=20, choices=_choices(rules.STATE_NAMES), default=State.DRAFT
    )
    version = models.IntegerField(_("版本"), default=0)
    typed = models.JSONField(_("草稿"), default=dict, blank=True)

    title = models.CharField(_("需求名称"), max_length=200, blank=True)
    body = models.TextField(_("现在卡在哪里，试过什么"), blank=True)
    chain = models.CharField(
        _("产业链"), max_length=30, choices=_choices(CHAIN_NAMES), blank=True
    )
    keywords = models.JSONField(_("关键词"), default=list, blank=True)
    budget_fen = models.BigIntegerField(_("愿出经费"), null=True)
    due_date = models.DateField(_("希望完成日期"), null=True)
    publication = models.CharField(
        _("公开到什么程度"), max_length=10, choices=_choices(rules.PUBLICATION_NAMES), blank=True
    )

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    region_path = models.CharField(_("地区"), max_length=60)
    filler = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("填报人")
    )
    contact = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("联系人")
    )
    consent_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("同意公开者")
    )
    consent_at = models.DateTimeField(_("同意公开时间"), null=True)

    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("办到"), null=True)
    changed_at = models.DateTimeField(_("改于"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    accepted_at = models.DateTimeField(_("入库时间"), null=True)
    confirmed_at = models.DateTimeField(_("确认时间"), null=True)
    reconfirm_at = models.DateTimeField(_("再确认期限"), null=True)
    expires_at = models.DateTimeField(_("库内有效期"), null=True)
    idle_told_at = models.DateTimeField(_("闲置告知时间"), null=True)

    returned_by = models.CharField(_("退回环节"), max_length=20, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("并入")
    )
    challenge_number = models.CharField(_("榜单编号"), max_length=20, blank=True)
    source_key = models.CharField(_("来源编号"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("企业技术需求")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]),
                name="need_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | (
                    Q(budget_fen__gt=0, due_date__isnull=False, submitted_at__isnull=False)
                    & ~Q(title="") & ~Q(body="") & ~Q(chain="") & ~Q(publication="")
                ),
                name="handed_in_need_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.ACCEPTED)
                | Q(
                    accepted_at__isnull=False,
                    expires_at__gt=F("confirmed_at"),
                    reconfirm_at__gt=F("confirmed_at"),
                    consent_at__isnull=False,
                ),
                name="accepted_need_is_agreed_and_expires",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into__isnull=True)),
                name="merged_need_names_the_other",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="need_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.CONVERTED) | ~Q(challenge_number=""),
                name="converted_need_names_its_challenge",
            ),
            models.UniqueConstraint(
                fields=["organisation", "source_key"],
                condition=~Q(source_key=""),
                name="one_need_per_source_key",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "region_path"], name="needs_by_state_region"),
            models.Index(fields=["organisation", "state"], name="needs_by_organisation"),
            models.Index(
                fields=["expires_at"], name="needs_to_expire", condition=Q(state="ACCEPTED")
            ),
            models.Index(
                fields=["-id"],
                name="needs_public_newest",
                condition=Q(state__in=["ACCEPTED", "CONVERTED", "SOLVED"])
                & ~Q(publication="CLOSED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def facts(self) -> NeedFacts:
        """What the rules need to know; asks for the organisation to be loaded."""
        return NeedFacts(
            number=self.number,
            state=State(self.state),
            organisation=self.organisation.code,
            region_path=self.region_path,
            publication=self.publication,
            filler=self.filler.number if self.filler else "",
            returned_by=self.returned_by,
            title=self.title,
        )


class Target(models.Model):
    """One thing that can be tested: indicator, comparison, value, unit, test method."""

    need = models.ForeignKey(
        Need, on_delete=models.CASCADE, related_name="targets", verbose_name=_("需求")
    )
    place = models.PositiveSmallIntegerField(_("次序"))
    name = models.CharField(_("指标"), max_length=60)
    comparison = models.CharField(
        _("要求"), max_length=10, choices=_choices(rules.COMPARISON_NAMES)
    )
    value = models.DecimalField(_("数值"), max_digits=19, decimal_places=6)
    value_high = models.DecimalField(_("上限"), max_digits=19, decimal_places=6, null=True)
    unit = models.CharField(_("单位"), max_length=60)
    test_method = models.CharField(_("检验方法"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("需求指标")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["need", "place"], name="one_target_per_place"),
            models.CheckConstraint(
                condition=Q(comparison="RANGE", value_high__gt=F("value"))
                | (~Q(comparison="RANGE") & Q(value_high__isnull=True)),
                name="range_has_two_ends_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.required_text}"

    @property
    def required_text(self) -> str:
        """What is required, as one reads it: ≥ 220 W/(m⋅K), 200–250 ℃."""
        value = f"{self.value.normalize():,f}"
        if self.value_high is not None:
            return f"{value}–{self.value_high.normalize():,f} {self.unit}"
        return f"{rules.COMPARISON_SIGNS[self.comparison]} {value} {self.unit}"


class NeedStage(StageRow):
    """One stage of a need's life."""

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="stages", verbose_name=_("需求")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("需求阶段")
        indexes = [models.Index(fields=["stage", "since"], name="need_stages_by_since")]


class Mark(models.Model):
    """A field that whoever returned the need marked, with the words beside it."""

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="marks", verbose_name=_("需求")
    )
    field = models.CharField(_("栏目"), max_length=20, choices=[
        (field, _(rules.FIELD_NAMES[field])) for field in rules.FIELDS
    ])
    words = models.TextField(_("说明"), max_length=500)
    by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("标注人")
    )
    by_role = models.CharField(_("角色"), max_length=20)
    marked_at = models.DateTimeField(_("标注时间"))
    cleared_at = models.DateTimeField(_("改毕时间"), null=True)

    class Meta:
        verbose_name = _("退回标注")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "field"],
                condition=Q(cleared_at__isnull=True),
                name="one_open_mark_per_field",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.words}"


class Attachment(models.Model):
    """A file that belongs to a need; downloads go through the need's own visibility."""

    need = models.ForeignKey(
        Need, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("需求")
    )
    number = models.CharField(_("编号"), max_length=20, unique=True, default=new_random_number)
    blob = models.ForeignKey(
        Blob, on_delete=models.PROTECT, related_name="+", verbose_name=_("文件")
    )
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("加入时间"))

    class Meta:
        verbose_name = _("需求附件")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Disclosure(models.Model):
    """A right to see a need, given from above: to whom, how much, since, until, and why."""

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("需求")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    extent = models.CharField(
        _("开放程度"), max_length=10,
        choices=[(e.value, _(n)) for e, n in rules.EXTENT_NAMES.items() if e != Extent.NOTHING],
    )
    cause_number = models.CharField(_("缘由编号"), max_length=40)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"), null=True)

    class Meta:
        verbose_name = _("开放记录")
        constraints = [
            models.UniqueConstraint(
                fields=["need", "organisation", "cause_number"],
                condition=Q(until__isnull=True),
                name="one_open_disclosure_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="disclosure_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id} → {self.organisation_id} {self.extent}"
