"""What is known of an enterprise, in the columns that the eligibility engine reads.

A correction never overwrites: the row that was known ends (`known_until`), another begins. `told`
says for each column which source gave it, where that is not the row's own.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


class Source(models.Model):
    """Where data come from: whose they are, of which day, who brought them."""

    class Kind(models.TextChoices):
        SHEET = "SHEET", _("导入的表")
        ENTRY = "ENTRY", _("部门录入")
        DECLARATION = "DECLARATION", _("企业填报，经核实")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    kind = models.CharField(_("种类"), max_length=12, choices=Kind)
    title = models.CharField(_("来源"), max_length=200)
    department = models.CharField(_("数据主管部门"), max_length=60, blank=True)
    day = models.DateField(_("数据日期"))
    by_person = models.CharField(_("经办人"), max_length=40, blank=True)
    by_role = models.CharField(_("经办角色"), max_length=20)
    entered_at = models.DateTimeField(_("录入时间"))
    is_demo = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = _("数据来源")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="DECLARATION") | ~Q(department=""),
                name="source_of_a_department_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Known(models.Model):
    """A row that was known from an instant to another; no end: known now."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    known_since = models.DateTimeField(_("知悉时间"))
    known_until = models.DateTimeField(_("被更正时间"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(known_until__isnull=True) | Q(known_until__gt=F("known_since")),
                name="%(class)s_is_known_for_a_while",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.known_since:%Y-%m-%d}"


class Profile(Known):
    """What is known of an enterprise itself, and which lists of it are known at all."""

    registered_date = models.DateField(_("注册成立日期"), null=True, blank=True)
    resident = models.BooleanField(_("境内居民企业"), null=True, blank=True)
    industry = models.CharField(_("行业代码"), max_length=10, null=True, blank=True)
    region = models.CharField(_("所在地区代码"), max_length=12, null=True, blank=True)
    judged = models.JSONField(_("评定分"), default=dict, blank=True)
    ip_known = models.BooleanField(_("知识产权已掌握"), default=False)
    conversions_known = models.BooleanField(_("成果转化已掌握"), default=False)
    contracts_known = models.BooleanField(_("技术合同已掌握"), default=False)
    certificates_known = models.BooleanField(_("证书已掌握"), default=False)
    incidents_known = models.BooleanField(_("事故与违法已掌握"), default=False)
    lists_known = models.BooleanField(_("名录已掌握"), default=False)
    financing_known = models.BooleanField(_("融资已掌握"), default=False)
    told = models.JSONField(_("各项来源"), default=dict, blank=True)

    class Meta(Known.Meta):
        abstract = False
        verbose_name = _("企业概况")
        constraints = [
            *Known.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(known_until__isnull=True),
                name="one_profile_known_now",
            ),
        ]  # fmt: skip


class YearlyReturn(Known):
    """The figures of one year."""

    year = models.IntegerField(_("年度"))
    staff = models.BigIntegerField(_("职工总数"), null=True, blank=True)
    staff_rd = models.BigIntegerField(_("科技（研发）人员"), null=True, blank=True)
    staff_college = models.BigIntegerField(_("大专以上学历的科技人员"), null=True, blank=True)
    revenue_fen = models.BigIntegerField(_("销售（营业）收入"), null=True, blank=True)
    revenue_hitech_fen = models.BigIntegerField(_("高新技术产品收入"), null=True, blank=True)
    income_total_fen = models.BigIntegerField(_("收入总额"), null=True, blank=True)
    rd_fen = models.BigIntegerField(_("研发费用"), null=True, blank=True)
    rd_domestic_fen = models.BigIntegerField(_("境内研发费用"), null=True, blank=True)
    costs_fen = models.BigIntegerField(_("成本费用支出"), null=True, blank=True)
    assets_fen = models.BigIntegerField(_("资产总额"), null=True, blank=True)
    net_assets_fen = models.BigIntegerField(_("净资产"), null=True, blank=True)
    debts_fen = models.BigIntegerField(_("负债总额"), null=True, blank=True)
    main_revenue_fen = models.BigIntegerField(_("主营业务收入"), null=True, blank=True)
    told = models.JSONField(_("各项来源"), default=dict, blank=True)

    class Meta(Known.Meta):
        abstract = False
        verbose_name = _("年度数据")
        constraints = [
            *Known.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "year"], condition=Q(known_until__isnull=True),
                name="one_return_known_now_per_year",
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1900, year__lte=2200), name="return_is_of_a_year"
            ),
            models.CheckConstraint(
                condition=(Q(staff__isnull=True) | Q(staff__gte=0))
                & (Q(staff_rd__isnull=True) | Q(staff_rd__gte=0))
                & (Q(staff_college__isnull=True) | Q(staff_college__gte=0)),
                name="staff_is_not_negative",
            ),
        ]  # fmt: skip


class Keyed(Known):
    """A row of a list of an enterprise, known by a key within the enterprise."""

    key = models.CharField(_("来源编号"), max_length=60)

    class Meta(Known.Meta):
        abstract = True
        constraints = [
            *Known.Meta.constraints,
            models.UniqueConstraint(
                fields=["organisation", "key"], condition=Q(known_until__isnull=True),
                name="one_%(class)s_known_now_per_key",
            ),
        ]  # fmt: skip


class Property(Keyed):
    """Intellectual property of one class and kind."""

    ip_class = models.CharField(_("类别"), max_length=10, null=True, db_column="class")
    kind = models.CharField(_("种类"), max_length=40, null=True, blank=True)
    count = models.BigIntegerField(_("件数"), null=True)
    own = models.BooleanField(_("自主研发"), null=True, blank=True)
    granted_date = models.DateField(_("授权日期"), null=True, blank=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("知识产权")


class Conversion(Keyed):
    """Results that were converted in one year."""

    year = models.IntegerField(_("年度"))
    count = models.BigIntegerField(_("转化项数"), null=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("成果转化")


class Contract(Keyed):
    """A technology contract as the register of contracts knows it."""

    signed_date = models.DateField(_("签订日期"), null=True)
    amount_fen = models.BigIntegerField(_("成交额"), null=True)
    technical_fen = models.BigIntegerField(_("技术交易额"), null=True, blank=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("技术合同登记")


class Certificate(Keyed):
    """A certificate or recognition, from a day to another (half-open)."""

    kind = models.CharField(_("种类"), max_length=60, null=True)
    since = models.DateField(_("起"), null=True)
    until = models.DateField(_("止"), null=True, blank=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("证书与认定")
        constraints = [
            *Keyed.Meta.constraints,
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gt=F("since")),
                name="certificate_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "until"], condition=Q(known_until__isnull=True),
                name="certificate_by_kind",
            )
        ]  # fmt: skip


class Incident(Keyed):
    """An accident, a violation, misconduct."""

    date = models.DateField(_("日期"), null=True)
    kind = models.CharField(_("种类"), max_length=40, null=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("事故与违法")


class Listing(Keyed):
    """That an enterprise stands on a list."""

    kind = models.CharField(_("种类"), max_length=40, null=True)
    since = models.DateField(_("列入日期"), null=True)
    until = models.DateField(_("移出日期"), null=True, blank=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("名录与名单")


class Financing(Keyed):
    """A round of equity."""

    date = models.DateField(_("日期"), null=True)
    amount_fen = models.BigIntegerField(_("实缴金额"), null=True)
    valuation_usd_cents = models.BigIntegerField(_("投后估值"), null=True, blank=True)

    class Meta(Keyed.Meta):
        abstract = False
        verbose_name = _("股权融资")


# The engine's name of each list, and its table.
LISTS: dict[str, type[Keyed]] = {
    "ip": Property, "conversions": Conversion, "contracts": Contract,
    "certificates": Certificate, "incidents": Incident, "lists": Listing, "financing": Financing,
}  # fmt: skip


class Declaration(models.Model):
    """A year's figures as an enterprise itself says them; they count once the county checked."""

    class State(models.TextChoices):
        COUNTY_CHECK = "COUNTY_CHECK", _("县级核实")
        RETURNED = "RETURNED", _("退回补正")
        CHECKED = "CHECKED", _("已核实")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    year = models.IntegerField(_("年度"))
    figures = models.JSONField(_("数据"))
    state = models.CharField(_("状态"), max_length=14, choices=State)
    filler = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    region_path = models.CharField(_("地区路径"), max_length=60)
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("期限"), null=True, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("年度填报")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year"],
                condition=Q(state__in=["COUNTY_CHECK", "RETURNED"]),
                name="one_open_declaration_per_year",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=False) | Q(state__in=["CHECKED", "WITHDRAWN"]),
                name="open_declaration_has_a_due_date",
            ),
        ]
        indexes = [models.Index(fields=["state", "region_path"], name="declaration_by_state")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.year}"


class DeclarationStage(StageRow):
    """One stage of a declaration."""

    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="stages")

    class Meta(StageRow.Meta):
        abstract = False
        verbose_name = _("年度填报的阶段")
