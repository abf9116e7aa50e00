"""Organisations, people, regions, appointments, accounts and tokens."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.actor import (
    APPOINTED_ROLES,
    ORGANISATION_ROLES,
    REGION_ROLES,
    ROLE_NAMES,
    Actor,
    Role,
)
from kechuang.base.numbers import new_random_number


class Region(models.Model):
    """A province, city or county, from our own dated table; demo regions use 99xxxx."""

    class Level(models.TextChoices):
        PROVINCE = "PROVINCE", _("省级")
        CITY = "CITY", _("市级")
        COUNTY = "COUNTY", _("县级")

    code = models.CharField(_("地区代码"), max_length=6)
    name = models.CharField(_("地区"), max_length=60)
    name_en = models.CharField(_("英文名"), max_length=80, blank=True)
    level = models.CharField(_("级别"), max_length=10, choices=Level)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    path = models.CharField(_("路径"), max_length=60, db_index=True)
    since = models.DateField(_("自"), null=True, blank=True)
    until = models.DateField(_("至"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)
    tile_x = models.SmallIntegerField(_("示意列"), null=True, blank=True)
    tile_y = models.SmallIntegerField(_("示意行"), null=True, blank=True)
    is_demo = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = _("地区")
        constraints = [
            models.UniqueConstraint(fields=["code", "since"], name="one_region_per_code_and_date"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gt=F("since")),
                name="region_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A legal person: an enterprise, university, institute, hospital, office or association."""

    class Kind(models.TextChoices):
        ENTERPRISE = "ENTERPRISE", _("企业")
        UNIVERSITY = "UNIVERSITY", _("高校")
        INSTITUTE = "INSTITUTE", _("科研院所")
        NEW_RND = "NEW_RND", _("新型研发机构")
        HOSPITAL = "HOSPITAL", _("医疗机构")
        OFFICE = "OFFICE", _("政府部门")
        SERVICE = "SERVICE", _("服务机构")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("单位"), max_length=120)
    name_en = models.CharField(_("英文名"), max_length=160, blank=True)
    sort_key = models.CharField(_("排序"), max_length=120, blank=True)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    industry = models.CharField(_("行业"), max_length=60, blank=True)
    chain = models.CharField(_("产业链"), max_length=40, blank=True)
    founded_date = models.DateField(_("成立日期"), null=True, blank=True)
    above_designated_size = models.BooleanField(_("规上工业企业"), default=False)
    registered_at = models.DateTimeField(_("登记时间"))
    version = models.IntegerField(_("版本"), default=1)
    is_demo = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = _("单位")
        indexes = [models.Index(fields=["kind", "region_path"], name="organisation_by_kind")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")), name="organisation_is_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormerName(models.Model):
    """A name that an organisation had."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("曾用名"), max_length=120)
    until = models.DateField(_("用到"))

    class Meta:
        verbose_name = _("曾用名")

    def __str__(self) -> str:
        return self.name


class Succession(models.Model):
    """One organisation went on as another: merger, division, reorganisation."""

    class Kind(models.TextChoices):
        MERGED = "MERGED", _("合并")
        DIVIDED = "DIVIDED", _("分立")
        RESTRUCTURED = "RESTRUCTURED", _("改制")

    predecessor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("方式"), max_length=14, choices=Kind)
    since = models.DateField(_("自"))

    class Meta:
        verbose_name = _("承继关系")
        constraints = [
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="successor_is_another_organisation"
            ),
            models.UniqueConstraint(
                fields=["predecessor", "successor"], name="one_succession_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"


class Person(models.Model):
    """A person; identity-card numbers are not kept, contacts live in their own table."""

    number = models.CharField(_("编号"), max_length=20, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    name_en = models.CharField(_("英文名"), max_length=80, blank=True)
    title = models.CharField(_("职称职务"), max_length=60, blank=True)
    fields_of_work = models.JSONField(_("专业领域"), default=list, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("所在单位"),
    )  # fmt: skip
    is_demo = models.BooleanField(_("演示数据"), default=False)
    erased_at = models.DateTimeField(_("抹除时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("人员")

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """How to reach a person; the one place where personal data live, so that they can be erased."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="+")
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)

    class Meta:
        verbose_name = _("联系方式")

    def __str__(self) -> str:
        return str(self.person_id)


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by their sign-in name."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser):
    """Sign-in data only; business tables point to Person or Appointment."""

    username = models.CharField(_("登录名"), max_length=60, unique=True)
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_active = models.BooleanField(_("可登录"), default=True)
    created_at = models.DateTimeField(_("开通时间"), db_default=models.functions.Now())

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()
    is_staff = False
    is_superuser = False

    class Meta:
        verbose_name = _("账户")

    def __str__(self) -> str:
        return self.username


class Appointment(models.Model):
    """A role that a person holds in an organisation or a region, from a day to a day."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(
        _("角色"), max_length=20, choices=[(r.value, _(ROLE_NAMES[r])) for r in Role]
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    office = models.CharField(_("科室"), max_length=60, blank=True)
    since = models.DateField(_("自"))
    until = models.DateField(_("至"), null=True, blank=True)

    class Meta:
        verbose_name = _("任职")
        indexes = [
            models.Index(fields=["role", "region"], name="appointment_by_region"),
            models.Index(fields=["organisation", "role"], name="appointment_by_unit"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="appointment_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(role__in=sorted(APPOINTED_ROLES)), name="role_is_held_by_appointment"
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(ORGANISATION_ROLES)) | Q(organisation__isnull=False),
                name="unit_role_names_its_unit",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=sorted(REGION_ROLES)) | Q(region__isnull=False),
                name="office_role_names_its_region",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "organisation", "region"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="one_open_appointment_per_person_role_and_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id}"

    def actor(self, via: str = "page") -> Actor:
        """The actor of this appointment; its organisation, region and person are loaded."""
        organisation = self.organisation.code if self.organisation else ""
        if self.region and self.role == Role.LIAISON:
            organisation = ""  # appointed by the region: the whole of it, whatever the unit
        if self.region:
            path = self.region.path
        else:
            path = self.organisation.region_path if self.organisation else ""
        return Actor(
            person=self.person.number,
            appointment=self.number,
            role=Role(self.role),
            organisation=organisation,
            region=path,
            via=via,
        )


class AccessToken(models.Model):
    """A personal token for the API, kept as a hash, scoped to one appointment."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(_("用途"), max_length=60)
    token_hash = models.CharField(_("令牌指纹"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("生成时间"))
    until = models.DateTimeField(_("有效至"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("令牌")
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=F("created_at")), name="token_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Consortium(models.Model):
    """Units that work together under one lead; each belongs from a day to a day."""

    number = models.CharField(_("编号"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    purpose = models.TextField(_("目标"), max_length=2000)
    region_path = models.CharField(_("地区路径"), max_length=60, db_index=True)
    founded_at = models.DateTimeField(_("发起时间"))
    ended_at = models.DateTimeField(_("解散时间"), null=True, blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("创新联合体")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("founded_at")),
                name="consortium_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConsortiumMember(models.Model):
    """A unit in a consortium: asked, accepted or declined, and from when to when it belongs.

    At most one lead on any day (exclusion constraint over the days, migration 0003); a unit is a
    member once at a time.
    """

    class Role(models.TextChoices):
        LEAD = "LEAD", _("牵头单位")
        MEMBER = "MEMBER", _("成员单位")

    class State(models.TextChoices):
        INVITED = "INVITED", _("等答复")
        ACCEPTED = "ACCEPTED", _("已加入")
        DECLINED = "DECLINED", _("没有加入")

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    consortium = models.ForeignKey(
        Consortium, on_delete=models.PROTECT, related_name="members", verbose_name=_("联合体")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    role = models.CharField(_("身份"), max_length=6, choices=Role)
    state = models.CharField(_("状态"), max_length=8, choices=State)
    task = models.CharField(_("分工"), max_length=300, blank=True)
    invited_at = models.DateTimeField(_("邀请时间"))
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    since = models.DateField(_("自"), null=True)
    until = models.DateField(_("至"), null=True)

    class Meta:
        verbose_name = _("联合体成员")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["consortium", "organisation", "role"],
                condition=Q(until__isnull=True) & ~Q(state="DECLINED"),
                name="one_open_membership_per_unit",
            ),
            models.UniqueConstraint(
                fields=["consortium"],
                condition=Q(until__isnull=True, role="LEAD", state="INVITED"),
                name="one_lead_asked_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", since__isnull=False)
                | ~Q(state="ACCEPTED") & Q(since__isnull=True),
                name="accepted_member_belongs_from_a_day",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="member_leaves_after_joining",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="member_by_unit")]

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_id}"
