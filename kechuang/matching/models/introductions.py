"""Ranked offers of a need, verdicts on them, introductions and the liaison's ledger."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.matching import rules
from kechuang.matching.models.events import Event
from kechuang.matching.models.learning import Lookup
from kechuang.matching.rules import IntroductionFacts, State
from kechuang.needs.models import Need
from kechuang.offers.models import Offer
from kechuang.parties.models import Organisation, Person
from kechuang.record.models import StageRow


def _choices(names: dict) -> list[tuple[str, object]]:
    return [(code.value, _(name)) for code, name in names.items()]


class Liaison(models.Model):
    """What is known of a transfer liaison beyond the appointment: how much one can follow."""

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("联络员")
    )
    capacity = models.PositiveSmallIntegerField(
        _("可同时跟进"), default=rules.USUAL_CAPACITY
    )
    paused_until = models.DateField(_("暂停到"), null=True)
    version = models.IntegerField(_("版本"), default=1)

    class Meta:
        verbose_name = _("科技成果转化联络员")
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=rules.LARGEST_CAPACITY),
                name="liaison_capacity_in_range",
            ),
        ]

    def __str__(self) -> str:
        return str(self.person_id)


class Ranking(models.Model):
    """That a need was ranked: by which model, on which index, and what the engine was asked."""

    need = models.OneToOneField(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    engine = models.CharField(_("排序模型"), max_length=200)
    documents = models.IntegerField(_("比对的成果数"))
    generation = models.CharField(_("索引代"), max_length=64)
    lookup = models.ForeignKey(
        Lookup, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("查询")
    )
    ranked_at = models.DateTimeField(_("排序时间"))

    class Meta:
        verbose_name = _("排序")
        constraints = [
            models.CheckConstraint(
                condition=Q(documents__gte=0), name="ranking_documents_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id} {self.engine}"


class Match(models.Model):
    """An offer that may answer a need, with the reasons; computed, and computed again.

    `phrases` are [words, tenths] and `rest` [figure, tenths], which together sum to the points of
    the text; `findings` hold each target against what the offer states; `quotation` is [words,
    marked] of the offer's own text; `lacking` are words of the need that it does not say, `learnt`
    words that the engine added. `is_mutual`: each is among the other's first.
    """

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    rank = models.PositiveSmallIntegerField(_("名次"))
    score_tenths = models.IntegerField(_("匹配分（十分之一）"))
    text_tenths = models.IntegerField(_("文字相合"))
    targets_tenths = models.IntegerField(_("指标达到"))
    chain_tenths = models.IntegerField(_("同一产业链"))
    local_tenths = models.IntegerField(_("本市团队"))
    targets_met = models.PositiveSmallIntegerField(_("达到的指标数"))
    phrases = models.JSONField(_("词项"), default=list)
    rest = models.JSONField(_("词外各项"), default=list)
    lacking = models.JSONField(_("没有说到的词"), default=list)
    learnt = models.JSONField(_("引擎加的词"), default=list)
    is_mutual = models.BooleanField(_("互为前列"), default=False)
    findings = models.JSONField(_("指标比对"), default=list)
    quotation = models.JSONField(_("引文"), default=list)
    found_at = models.DateTimeField(_("首次找到"))

    class Meta:
        verbose_name = _("推荐")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["need", "offer"], name="one_match_per_need_and_offer"),
            models.CheckConstraint(
                condition=Q(
                    score_tenths=F("text_tenths")
                    + F("targets_tenths")
                    + F("chain_tenths")
                    + F("local_tenths")
                ),
                name="score_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="match_rank_from_one"),
        ]
        indexes = [models.Index(fields=["offer"], name="match_by_offer")]

    def __str__(self) -> str:
        return f"{self.need_id} × {self.offer_id}"


class Verdict(models.Model):
    """A liaison's judgement of a match, with its reason; a changed one replaces, never edits."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    choice = models.CharField(_("判断"), max_length=8, choices=_choices(rules.CHOICE_NAMES))
    reason_code = models.CharField(
        _("理由"), max_length=16, choices=_choices(rules.REASON_NAMES)
    )
    note = models.TextField(_("说明"), max_length=rules.NOTE_LONGEST)
    by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("判断人")
    )
    by_role = models.CharField(_("角色"), max_length=20)
    judged_at = models.DateTimeField(_("判断时间"))
    replaced_at = models.DateTimeField(_("改判时间"), null=True)
    shown_place = models.PositiveSmallIntegerField(_("当时名次"), null=True)
    engine = models.CharField(_("当时的排序模型"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("判断")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer"],
                condition=Q(replaced_at__isnull=True),
                name="one_verdict_in_force_per_match",
            ),
            models.CheckConstraint(condition=~Q(note=""), name="verdict_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.choice} {self.need_id} × {self.offer_id}"


class Impression(models.Model):
    """That an offer was shown for a need at a place to somebody who judges; once a day.

    With the verdicts it is what the engine learns from: what was looked at and passed over.
    """

    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    place = models.PositiveSmallIntegerField(_("名次"))
    engine = models.CharField(_("排序模型"), max_length=200)
    generation = models.CharField(_("索引代"), max_length=64)
    lookup = models.ForeignKey(
        Lookup, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("查询")
    )
    person = models.CharField(_("看的人"), max_length=40)
    day = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("展示")
        constraints = [
            models.UniqueConstraint(
                fields=["need", "person", "day", "offer"],
                name="one_impression_per_reader_and_day",
            ),
            models.CheckConstraint(condition=Q(place__gte=1), name="impression_place_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.need_id} × {self.offer_id} @{self.place}"


class AskedIntroduction(models.Model):
    """A research team asks to be introduced to a need that its offer may answer."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("请求的单位")
    )
    by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("请求人")
    )
    note = models.TextField(_("为什么能解决"), max_length=rules.NOTE_LONGEST)
    region_path = models.CharField(_("地区"), max_length=60)
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(rules.ASKED_NAMES), default=rules.Asked.OPEN
    )
    asked_at = models.DateTimeField(_("请求时间"))
    reply_until = models.DateTimeField(_("答复期限"))
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    reason_code = models.CharField(
        _("不引荐的理由"), max_length=16, blank=True, choices=_choices(rules.REASON_NAMES)
    )
    answer = models.TextField(_("答复"), max_length=rules.NOTE_LONGEST, blank=True)

    class Meta:
        verbose_name = _("引荐请求")
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer"], condition=Q(state=rules.Asked.OPEN),
                name="one_open_request_per_need_and_offer",
            ),
            models.CheckConstraint(
                condition=Q(state=rules.Asked.OPEN, answered_at__isnull=True)
                | ~Q(state=rules.Asked.OPEN) & Q(answered_at__isnull=False),
                name="answered_request_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=rules.Asked.DECLINED) | ~Q(reason_code=""),
                name="declined_request_says_why",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["region_path", "state"], name="request_by_region")]

    def __str__(self) -> str:
        return self.number


class Introduction(models.Model):
    """One introduction of an offer's team to a need's owner, and what becomes of it.

    `region_path` is the need's; the two organisations are copied as of the introduction.
    """

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    need = models.ForeignKey(
        Need, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求")
    )
    offer = models.ForeignKey(
        Offer, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果")
    )
    need_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("需求方")
    )
    offer_organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("成果方")
    )
    liaison = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("联络员")
    )
    region_path = models.CharField(_("地区"), max_length=60)
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(rules.STATE_NAMES), default=State.SUGGESTED
    )
    version = models.IntegerField(_("版本"), default=1)
    reason_code = models.CharField(
        _("引荐理由"), max_length=16, choices=_choices(rules.REASON_NAMES)
    )
    note = models.TextField(_("引荐说明"), max_length=rules.NOTE_LONGEST)
    introduced_at = models.DateTimeField(_("引荐时间"))
    reply_until = models.DateTimeField(_("答复期限"))
    need_answer = models.CharField(
        _("需求方答复"), max_length=3, blank=True, choices=_choices(rules.ANSWER_NAMES)
    )
    offer_answer = models.CharField(
        _("成果方答复"), max_length=3, blank=True, choices=_choices(rules.ANSWER_NAMES)
    )
    since = models.DateTimeField(_("自"))
    next_step = models.CharField(_("下一步"), max_length=rules.STEP_LONGEST, blank=True)
    next_date = models.DateField(_("下一步日期"), null=True)
    amount_fen = models.BigIntegerField(_("意向或合同金额"), null=True)
    end_reason_code = models.CharField(
        _("结束原因"), max_length=16, blank=True, choices=_choices(rules.END_REASON_NAMES)
    )
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("来自活动")
    )

    class Meta:
        verbose_name = _("引荐")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]),
                name="introduction_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["need", "offer"],
                condition=~Q(state=State.ENDED),
                name="one_open_introduction_per_need_and_offer",
            ),
            models.CheckConstraint(
                condition=Q(state=State.ENDED, next_date__isnull=True) & ~Q(end_reason_code="")
                | ~Q(state=State.ENDED) & Q(end_reason_code=""),
                name="ended_introduction_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(need_organisation=F("offer_organisation")),
                name="introduction_between_two_organisations",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__isnull=True) | Q(amount_fen__gt=0),
                name="introduction_amount_positive",
            ),
        ]
        indexes = [
            models.Index(
                fields=["liaison", "next_date"],
                name="introduction_by_next_step",
                condition=~Q(state=State.ENDED),
            ),
            models.Index(fields=["region_path", "state"], name="introduction_by_region"),
            models.Index(fields=["need_organisation"], name="introduction_by_need_unit"),
            models.Index(fields=["offer_organisation"], name="introduction_by_offer_unit"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def facts(self) -> IntroductionFacts:
        """What the rules need to know; asks for liaison and both organisations to be loaded."""
        return IntroductionFacts(
            number=self.number,
            state=State(self.state),
            liaison=self.liaison.number,
            region_path=self.region_path,
            need_organisation=self.need_organisation.code,
            offer_organisation=self.offer_organisation.code,
            need_answer=self.need_answer,
            offer_answer=self.offer_answer,
        )


class IntroductionStage(StageRow):
    """One stage of an introduction."""

    introduction = models.ForeignKey(
        Introduction, on_delete=models.PROTECT, related_name="stages", verbose_name=_("引荐")
    )

    class Meta(StageRow.Meta):
        verbose_name = _("引荐阶段")
        indexes = [models.Index(fields=["stage", "since"], name="introduction_stages_by_since")]


class ContactRow(models.Model):
    """One entry of the liaison's log: when, how, what was said, what comes next. Only added to."""

    introduction = models.ForeignKey(
        Introduction, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("引荐")
    )
    date = models.DateField(_("日期"))
    kind = models.CharField(_("方式"), max_length=8, choices=_choices(rules.CONTACT_NAMES))
    words = models.TextField(_("情况"), max_length=rules.WORDS_LONGEST)
    audience = models.CharField(
        _("谁能看"), max_length=5, choices=_choices(rules.AUDIENCE_NAMES),
        default=rules.Audience.DESK,
    )
    next_step = models.CharField(_("下一步"), max_length=rules.STEP_LONGEST, blank=True)
    next_date = models.DateField(_("下一步日期"), null=True)
    by_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("记录人")
    )
    noted_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("联络记录")
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_date__isnull=True) | Q(next_date__gte=F("date")),
                name="next_step_not_before_the_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class HandOver(models.Model):
    """A liaison, or the office, asks another liaison to take an introduction over."""

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    introduction = models.ForeignKey(
        Introduction, on_delete=models.PROTECT, related_name="hand_overs", verbose_name=_("引荐")
    )
    from_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("移交人")
    )
    to_person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("接手人")
    )
    note = models.TextField(_("交代"), max_length=rules.NOTE_LONGEST, blank=True)
    state = models.CharField(
        _("状态"), max_length=10, choices=_choices(rules.ASKED_NAMES), default=rules.Asked.OPEN
    )
    asked_at = models.DateTimeField(_("提出时间"))
    reply_until = models.DateTimeField(_("答复期限"))
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    answer = models.TextField(_("答复"), max_length=rules.NOTE_LONGEST, blank=True)

    class Meta:
        verbose_name = _("移交")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["introduction"], condition=Q(state=rules.Asked.OPEN),
                name="one_open_hand_over_per_introduction",
            ),
            models.CheckConstraint(
                condition=~Q(from_person=F("to_person")), name="hand_over_to_another"
            ),
            models.CheckConstraint(
                condition=Q(state=rules.Asked.OPEN, answered_at__isnull=True)
                | ~Q(state=rules.Asked.OPEN) & Q(answered_at__isnull=False),
                name="answered_hand_over_says_when",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class Credit(models.Model):
    """A liaison's share of the credit for an introduction, in hundredths of a percent; the shares
    of one introduction sum to 10,000 (trigger in the migrations)."""

    introduction = models.ForeignKey(
        Introduction, on_delete=models.PROTECT, related_name="credits", verbose_name=_("引荐")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("联络员")
    )
    share_bp = models.PositiveSmallIntegerField(_("份额（万分之一）"))

    class Meta:
        verbose_name = _("贡献份额")
        ordering = ["-share_bp", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["introduction", "person"], name="one_share_per_person"
            ),
            models.CheckConstraint(
                condition=Q(share_bp__gte=1, share_bp__lte=rules.WHOLE),
                name="share_between_one_and_the_whole",
            ),
        ]

    @property
    def percent(self) -> str:
        """The share as one reads it."""
        return rules.percent_text(self.share_bp)

    def __str__(self) -> str:
        return f"{self.person_id} {self.percent}%"
