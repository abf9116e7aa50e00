"""Match events: sign-ups, invitations, tables, sittings, seats, and what came of the talks."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.matching.rules import codes, events
from kechuang.matching.rules.events import EventFacts, EventKind, EventState, SignUpState
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


class Event(models.Model):
    """A match event, a lecture or another meeting: where, when, for how many."""

    number = models.CharField(_("编号"), max_length=20, unique=True)
    kind = models.CharField(_("种类"), max_length=12, choices=_choices(events.KIND_NAMES))
    title = models.CharField(_("名称"), max_length=events.TITLE_LONGEST)
    summary = models.TextField(_("说明"), max_length=events.SUMMARY_LONGEST)
    place = models.CharField(_("地点"), max_length=events.PLACE_LONGEST)
    region_path = models.CharField(_("地区"), max_length=60)
    organiser = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("经办")
    )
    since_at = models.DateTimeField(_("开始"))
    until_at = models.DateTimeField(_("结束"))
    sign_up_until = models.DateTimeField(_("报名截止"))
    capacity = models.PositiveIntegerField(_("名额"))
    tables = models.PositiveSmallIntegerField(_("桌数"), default=0)
    sitting_minutes = models.PositiveSmallIntegerField(
        _("每桌时长（分钟）"), default=events.USUAL_SITTING
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(events.STATE_NAMES), default=EventState.DRAFT
    )
    since = models.DateTimeField(_("自"))
    cancel_reason = models.TextField(_("取消原因"), blank=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("对接活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__gt=F("since_at")), name="event_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(sign_up_until__lte=F("since_at")),
                name="event_sign_up_ends_before_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=events.LARGEST_CAPACITY),
                name="event_capacity_in_range",
            ),
            models.CheckConstraint(
                condition=Q(tables__lte=events.MOST_TABLES), name="event_tables_in_range"
            ),
            models.CheckConstraint(
                condition=Q(
                    sitting_minutes__gte=events.SHORTEST_SITTING,
                    sitting_minutes__lte=events.LONGEST_SITTING,
                ),
                name="event_sitting_in_range",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in EventState]),
                name="event_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=EventState.CANCELLED) | ~Q(cancel_reason=""),
                name="cancelled_event_says_why",
            ),
        ]
        indexes = [models.Index(fields=["region_path", "since_at"], name="event_by_region")]

    def __str__(self) -> str:
        return self.number

    @property
    def facts(self) -> EventFacts:
        """What the rules need to know."""
        return EventFacts(
            self.number, EventKind(self.kind), EventState(self.state), self.region_path,
            self.since_at, self.until_at, self.sign_up_until,
        )  # fmt: skip


class EventStage(StageRow):
    """One stage of an event."""

    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="stages", verbose_name=_("活动")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("活动阶段")


class SignUp(models.Model):
    """A person comes to an event; at a match event with a need or an offer of the unit."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="sign_ups", verbose_name=_("活动")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("参加人")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("单位")
    )
    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("成果")
    )
    wish = models.TextField(_("想谈什么"), max_length=events.WISH_LONGEST, blank=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(events.SIGN_UP_NAMES),
        default=SignUpState.SIGNED,
    )  # fmt: skip
    signed_at = models.DateTimeField(_("报名时间"))

    class Meta:
        verbose_name = _("报名")
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person", "need", "offer"],
                condition=~Q(state=SignUpState.WITHDRAWN), nulls_distinct=False,
                name="one_sign_up_per_person_and_matter",
            ),
            models.CheckConstraint(
                condition=Q(need__isnull=True) | Q(offer__isnull=True),
                name="sign_up_brings_a_need_or_an_offer",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["organisation"], name="sign_up_by_unit")]

    def __str__(self) -> str:
        return self.number


class Invitation(models.Model):
    """An offer's unit is asked to an event because its offer ranks for a need that signed up."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("活动")
    )
    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("受邀单位")
    )
    place = models.PositiveSmallIntegerField(_("名次"))
    score_tenths = models.IntegerField(_("匹配分（十分之一）"))
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(codes.ASKED_NAMES), default=codes.Asked.OPEN
    )
    invited_at = models.DateTimeField(_("邀请时间"))
    reply_until = models.DateTimeField(_("答复期限"))
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    answer = models.TextField(_("答复"), max_length=events.NOTE_LONGEST, blank=True)

    class Meta:
        verbose_name = _("邀请")
        ordering = ["need_id", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "offer"], name="one_invitation_per_event_and_offer"
            ),
            models.CheckConstraint(
                condition=Q(state=codes.Asked.OPEN, answered_at__isnull=True)
                | ~Q(state=codes.Asked.OPEN) & Q(answered_at__isnull=False),
                name="answered_invitation_says_when",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"], name="invitation_by_unit")]

    def __str__(self) -> str:
        return self.number


class EventTable(models.Model):
    """A table of an event, booked by time ranges."""

    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="+", verbose_name=_("活动")
    )
    place = models.PositiveSmallIntegerField(_("桌号"))

    class Meta:
        verbose_name = _("桌")
        constraints = [
            models.UniqueConstraint(fields=["event", "place"], name="one_table_per_place"),
            models.CheckConstraint(condition=Q(place__gte=1), name="table_place_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.place)


class Sitting(models.Model):
    """Two sign-ups talk at a table, from a time to a time.

    The database keeps tables and persons apart: exclusion constraints over (table, time) and
    (person, time), whose key is part of the range (migration 0006).
    """

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="+", verbose_name=_("活动")
    )
    table = models.ForeignKey(
        EventTable, on_delete=models.PROTECT, related_name="+", verbose_name=_("桌")
    )
    need_sign_up = models.ForeignKey(
        SignUp, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求方")
    )
    offer_sign_up = models.ForeignKey(
        SignUp, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果方")
    )
    since_at = models.DateTimeField(_("开始"))
    until_at = models.DateTimeField(_("结束"))
    score_tenths = models.IntegerField(_("匹配分（十分之一）"), default=0)
    is_by_hand = models.BooleanField(_("人工排定"), default=False)
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(events.SITTING_NAMES),
        default=events.SittingState.PLANNED,
    )  # fmt: skip

    class Meta:
        verbose_name = _("面谈")
        ordering = ["since_at", "table__place"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__gt=F("since_at")), name="sitting_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["need_sign_up", "offer_sign_up"], name="one_sitting_per_pair"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Seat(models.Model):
    """A person is booked for a sitting; the database makes and moves the row with the sitting."""

    sitting = models.ForeignKey(
        Sitting, on_delete=models.CASCADE, related_name="+", verbose_name=_("面谈")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("人员")
    )
    since_at = models.DateTimeField(_("开始"))
    until_at = models.DateTimeField(_("结束"))

    class Meta:
        verbose_name = _("座位")

    def __str__(self) -> str:
        return f"{self.person_id} {self.since_at}"


class Outcome(models.Model):
    """What one side says, some months later, of a talk that was held."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    sitting = models.ForeignKey(
        Sitting, on_delete=models.PROTECT, related_name="outcomes", verbose_name=_("面谈")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    side = models.CharField(_("哪一方"), max_length=5)
    months = models.PositiveSmallIntegerField(_("几个月后"))
    due_date = models.DateField(_("到期"))
    code = models.CharField(
        _("结果"), max_length=8, blank=True, choices=_choices(events.OUTCOME_NAMES)
    )
    amount_fen = models.BigIntegerField(_("金额"), null=True)
    note = models.TextField(_("说明"), max_length=events.NOTE_LONGEST, blank=True)
    by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("答复人")
    )
    answered_at = models.DateTimeField(_("答复时间"), null=True)

    class Meta:
        verbose_name = _("对接成效")
        ordering = ["due_date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sitting", "side", "months"], name="one_outcome_per_side_and_term"
            ),
            models.CheckConstraint(
                condition=Q(side__in=["NEED", "OFFER"]), name="outcome_side_is_known"
            ),
            models.CheckConstraint(
                condition=Q(months__in=events.OUTCOME_MONTHS), name="outcome_term_is_known"
            ),
            models.CheckConstraint(
                condition=Q(code="", answered_at__isnull=True)
                | ~Q(code="") & Q(answered_at__isnull=False),
                name="answered_outcome_says_when",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gt=0),
                name="outcome_amount_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "due_date"], name="outcome_by_unit",
                         condition=Q(code="")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number
