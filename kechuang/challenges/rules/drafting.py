"""What a challenge must be before it is argued, authorised, opened or amended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kechuang.base.refusals import N_, Refused
from kechuang.challenges.rules.form import FieldFacts, problems_with_fields
from kechuang.challenges.rules.modes import Mode
from kechuang.challenges.rules.refusals import ChallengeRefused

TARGETS_MAX = 30
CRITERIA_MAX = 20
MONTHS_MAX = 120
REASON_LEAST = 20


class Comparison(StrEnum):
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    EQUAL = "EQUAL"
    BETWEEN = "BETWEEN"


SIGNS = {Comparison.AT_LEAST: "≥", Comparison.AT_MOST: "≤", Comparison.EQUAL: "="}


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """One target as drafted: what must be reached, how it is tested and by whom."""

    indicator: str
    comparison: str
    value: Decimal
    unit: str
    test_method: str
    tester: str
    value_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    code: str
    name: str
    weight: int
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A draft as the rules see it; money in fen, `answers` by code of the fit question."""

    title: str
    summary: str
    conflict_rules: str
    total_fen: int
    public_fen: int
    own_fen: int
    months: int
    opens_at: datetime | None
    deadline_at: datetime | None
    targets: Sequence[TargetFacts]
    criteria: Sequence[CriterionFacts]
    answers: Mapping[str, bool]
    secretary: str
    chair: str
    consented: bool = False
    invited: str = ""
    invited_reason: str = ""
    form: Sequence[FieldFacts] = ()


def plain_number(value: Decimal) -> str:
    """A decimal as people write it.

    >>> plain_number(Decimal("175000.000000"))
    '175,000'
    """
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def requirement(target: TargetFacts) -> str:
    """What a target asks, in one expression.

    >>> requirement(TargetFacts("功率", "AT_LEAST", Decimal(16), "MW", "台架", "检测中心"))
    '≥ 16 MW'
    """
    if target.comparison == Comparison.BETWEEN and target.value_to is not None:
        return f"{plain_number(target.value)}–{plain_number(target.value_to)} {target.unit}"
    sign = SIGNS[Comparison(target.comparison)]
    return f"{sign} {plain_number(target.value)} {target.unit}"


def problems_with_targets(targets: Sequence[TargetFacts]) -> list[Refused]:
    """Every target has unit, value, test method and tester; a range has two ends in order."""
    if not targets:
        return [ChallengeRefused(
            "challenges.no_target", N_("还没有一项指标。"), fields=("targets",),
            way_on=N_("至少写一项可检验的指标，例如：疲劳寿命 不小于 175000 h。"),
        )]
    problems: list[Refused] = []
    for place, target in enumerate(targets, start=1):
        missing = not (
            target.indicator.strip() and target.unit.strip()
            and target.test_method.strip() and target.tester.strip()
        )
        if missing:
            problems.append(ChallengeRefused(
                "challenges.target_incomplete",
                N_("第 {place} 项指标不完整：指标、单位、检验方法和谁来检都要写。"),
                {"place": place}, ("targets",),
            ))
        between = target.comparison == Comparison.BETWEEN
        if between and (target.value_to is None or target.value_to <= target.value):
            problems.append(ChallengeRefused(
                "challenges.range_reversed", N_("第 {place} 项指标的上限须大于下限。"),
                {"place": place}, ("targets",),
            ))
    return problems


def problems_with_criteria(criteria: Sequence[CriterionFacts]) -> list[Refused]:
    """Weights are positive and sum to 100; codes are unique."""
    if not criteria:
        return [ChallengeRefused(
            "challenges.no_criterion", N_("还没有评审标准。"), fields=("criteria",),
            way_on=N_("例如：技术 40、可行 30、团队 20、费用 10。"),
        )]
    problems: list[Refused] = []
    total = sum(one.weight for one in criteria)
    if total != 100 or any(one.weight < 1 for one in criteria):
        problems.append(ChallengeRefused(
            "challenges.weights_not_100", N_("各项权重之和是 {total}，须为 100，每项至少 1。"),
            {"total": total}, ("criteria",),
        ))
    if len({one.code for one in criteria}) != len(criteria):
        problems.append(ChallengeRefused(
            "challenges.criterion_twice", N_("有两项评审标准的代码相同。"), fields=("criteria",),
        ))
    return problems


def problems_with_money(total_fen: int, public_fen: int, own_fen: int) -> list[Refused]:
    """Total is public and own; the public part is within the total and nothing is negative."""
    problems: list[Refused] = []
    if min(total_fen, public_fen, own_fen) < 0 or total_fen == 0:
        problems.append(ChallengeRefused(
            "challenges.no_money", N_("总经费须大于零，各项不能为负。"), fields=("total_fen",),
        ))
    if public_fen + own_fen != total_fen:
        problems.append(ChallengeRefused(
            "challenges.money_does_not_add_up",
            N_("财政资金与自筹资金之和须等于总经费，现在相差 {gap_fen}。"),
            {"gap_fen": abs(total_fen - public_fen - own_fen)}, ("own_fen",),
        ))
    return problems


def problems_with_dates(draft: DraftFacts, mode: Mode, at: datetime) -> list[Refused]:
    """Publication lies ahead and leaves the days that the mode asks before the deadline."""
    if draft.opens_at is None or draft.deadline_at is None:
        return [ChallengeRefused(
            "challenges.no_dates", N_("发榜时间和截止时间都要写。"), fields=("deadline_at",),
        )]
    problems: list[Refused] = []
    if draft.opens_at <= at:
        problems.append(ChallengeRefused(
            "challenges.opens_in_the_past", N_("发榜时间须晚于现在。"), fields=("opens_at",),
        ))
    if draft.deadline_at < draft.opens_at + timedelta(days=mode.open_days_min):
        problems.append(ChallengeRefused(
            "challenges.open_too_short", N_("从发榜到截止至少 {days} 天。"),
            {"days": mode.open_days_min}, ("deadline_at",),
        ))
    return problems


def problems_with_fit(answers: Mapping[str, bool], mode: Mode) -> list[Refused]:
    """All questions of the fit test are answered, and all with yes: else it is no challenge."""
    codes = [question.code for question in mode.fit_questions]
    unanswered = [code for code in codes if code not in answers]
    if unanswered:
        return [ChallengeRefused(
            "challenges.fit_unanswered", N_("适合性自查还有 {n} 问未答。"), {"n": len(unanswered)},
            ("fit",), N_("四问都答过才能送论证。"),
        )]
    if not all(answers[code] for code in codes):
        return [ChallengeRefused(
            "challenges.not_fit", N_("适合性自查有一问答“否”，不适合用这种方式发榜。"), {},
            ("fit",),
            N_("可改题后再答，或改走对接。"),
        )]
    return []


def problems_with_invited(named: bool, is_poser: bool, mode: Mode) -> list[Refused]:
    """A unit is named only where the mode commissions one, and it is another than the poser."""
    if named and not mode.invited:
        return [ChallengeRefused(
            "challenges.nobody_invited", N_("这种组织方式不指定受托单位。"), {}, ("invited",),
            N_("需要指定时，请改用定向委托另行起草。"),
        )]
    if is_poser:
        return [ChallengeRefused(
            "challenges.poser_invited", N_("受托单位不能是出题方自己。"), {}, ("invited",),
        )]
    return []


def problems_with_commission(draft: DraftFacts, mode: Mode) -> list[Refused]:
    """A direct commission names its one unit, and says why this one and no other."""
    problems: list[Refused] = []
    if mode.invited and not draft.invited:
        problems.append(ChallengeRefused(
            "challenges.no_invited", N_("定向委托须写明受托单位。"), {}, ("invited",),
            N_("填该单位的统一社会信用代码。"),
        ))
    if mode.invited and len(draft.invited_reason.strip()) < REASON_LEAST:
        problems.append(ChallengeRefused(
            "challenges.no_invited_reason",
            N_("委托理由至少写 {least} 字：为什么是这一家，查过哪些可比单位。"),
            {"least": REASON_LEAST}, ("invited_reason",), N_("理由随榜单和公示公开。"),
        ))
    return problems


def problems_with_draft(draft: DraftFacts, mode: Mode, at: datetime) -> list[Refused]:
    """Everything that keeps a draft from being argued, all at once."""
    problems: list[Refused] = []
    for name, text in (("title", draft.title), ("summary", draft.summary),
                       ("conflict_rules", draft.conflict_rules)):
        if not text.strip():
            problems.append(ChallengeRefused(
                "challenges.empty_field", N_("这一项还没有写。"), {"field": name}, (name,),
            ))
    if not 1 <= draft.months <= MONTHS_MAX:
        problems.append(ChallengeRefused(
            "challenges.months", N_("期限写 1 到 {most} 个月。"), {"most": MONTHS_MAX}, ("months",),
        ))
    if not draft.secretary or not draft.chair or draft.secretary == draft.chair:
        problems.append(ChallengeRefused(
            "challenges.panel_officers", N_("评审秘书和组长须指定两个人。"), {},
            ("secretary", "chair"),
        ))
    if not draft.consented:
        problems.append(ChallengeRefused(
            "challenges.no_consent", N_("出题方还没有同意这份榜单。"), {}, (),
            N_("请出题方的单位管理员在榜单页面同意；改过内容要重新同意。"),
        ))
    return [
        *problems,
        *problems_with_targets(draft.targets),
        *problems_with_criteria(draft.criteria),
        *problems_with_fields(draft.form, [one.code for one in draft.criteria]),
        *problems_with_money(draft.total_fen, draft.public_fen, draft.own_fen),
        *problems_with_dates(draft, mode, at),
        *problems_with_fit(draft.answers, mode),
        *problems_with_commission(draft, mode),
    ]


def problems_with_experts(experts: Sequence[str], lead: str, mode: Mode) -> list[Refused]:
    """Enough distinct experts for the argument, the lead among them."""
    problems: list[Refused] = []
    if len(set(experts)) < mode.experts_min:
        problems.append(ChallengeRefused(
            "challenges.too_few_experts", N_("论证至少请 {n} 位专家。"), {"n": mode.experts_min},
            ("experts",),
        ))
    if lead not in experts:
        problems.append(ChallengeRefused(
            "challenges.lead_not_among_experts", N_("论证组长须在所请专家之中。"), {}, ("lead",),
        ))
    return problems


# A change of these asks every bidder to confirm again; the others are published as they are.
SUBSTANTIAL_FIELDS = frozenset({
    "targets", "criteria", "form", "conflict_rules", "total_fen", "public_fen", "own_fen", "months",
})
MINOR_FIELDS = frozenset({"summary", "expert_fields", "deadline_at"})
AMENDABLE_FIELDS = SUBSTANTIAL_FIELDS | MINOR_FIELDS


def is_substantial(changes: Mapping[str, Any]) -> bool:
    """True where a bid written before the change may no longer be what its writer wants."""
    return bool(SUBSTANTIAL_FIELDS & changes.keys())


def problems_with_changes(changes: Mapping[str, Any]) -> list[Refused]:
    """Something changes, and only what may."""
    if changes and not changes.keys() - AMENDABLE_FIELDS:
        return []
    return [ChallengeRefused(
        "challenges.nothing_amended", N_("没有可公布的改动。"), {}, (),
        N_("改一项内容后再公布；题目和出题方发榜后不能改。"),
    )]


def problems_with_amendment(
    changes: Mapping[str, Any], deadline_at: datetime, mode: Mode, at: datetime,
) -> list[Refused]:
    """Nothing once the deadline has passed; it never comes nearer; a substantial one leaves days.
    """
    problems: list[Refused] = []
    if at >= deadline_at:
        problems.append(ChallengeRefused(
            "challenges.amended_late", N_("已过截止时间，不能再改。"), {}, ("deadline_at",),
        ))
    later = changes.get("deadline_at", deadline_at)
    if later < deadline_at:
        problems.append(ChallengeRefused(
            "challenges.deadline_nearer", N_("截止时间只能推后，不能提前。"), {}, ("deadline_at",),
        ))
    if is_substantial(changes) and later < at + timedelta(days=mode.amendment_days_min):
        problems.append(ChallengeRefused(
            "challenges.amendment_too_late",
            N_("实质性改动后至少要留 {days} 天重新确认。"), {"days": mode.amendment_days_min},
            ("deadline_at",), N_("请把截止时间一并推后。"),
        ))
    return problems


def amends_event(changes: Mapping[str, Any]) -> str:
    """The event in the table that these changes are."""
    return "amend_substantial" if is_substantial(changes) else "amend_minor"


def check_reservation(amount_fen: int, reserved_fen: int, public_fen: int) -> None:
    """The sum of reservations stays within the budget line."""
    free = amount_fen - reserved_fen
    if public_fen > free:
        raise ChallengeRefused(
            "challenges.budget_exceeded",
            N_("这条预算只余 {free} 分，本榜单需要 {need} 分。"),
            {"free": free, "need": public_fen}, ("budget_line",),
            N_("请换一条预算，或先调减财政资金。"),
        )
