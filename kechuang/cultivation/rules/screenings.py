"""Screenings of outside teams: who may take which step, what is refused; what is judged, the rule
set says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused
from kechuang.cultivation.rules.benefits import (
    MONEY,
    NOTICE_DAYS_MOST,
    OFFICE,
    UNIT,
    StakeTyped,
    Step,
    problems_with_stake,
)
from kechuang.cultivation.rules.candidates import Noticed, check_timely, is_timely
from kechuang.engines.eligibility import Policy

READERS = (*OFFICE, *MONEY, Role.SUPERVISOR)
JUDGES_LEAST = 3  # fewer than three, and one person decides what the mean is
POINT = 10  # marks are whole tenths of a point


class ScreeningRefused(Refused):
    """What cannot be done with a screening or a candidate."""


STEPS: Mapping[str, Step] = {
    "score_candidate": Step(("SCORING",), "SCORING", (), N_("评分")),
    "propose_candidate": Step(("SCORING",), "PROPOSED", (Role.OFFICER,), N_("提出意见")),
    "decide_candidate": Step(("PROPOSED",), "", (Role.HEAD,), N_("决定是否支持"), "proposed"),
    "establish_candidate": Step(
        ("ON_NOTICE",), "ACCEPTED", (Role.HEAD,), N_("确定支持"), "proposed"
    ),
    "return_candidate": Step(
        ("PROPOSED", "ON_NOTICE"), "SCORING", (Role.HEAD,), N_("退回经办"), "proposed"
    ),
    "withdraw_candidate": Step(
        ("SCORING", "PROPOSED", "ON_NOTICE"), "WITHDRAWN", (Role.OFFICER,), N_("撤回候选")
    ),
    "request_stake": Step(("STAKE_AGREED",), "", (Role.OFFICER,), N_("申请出资")),
    "review_stake": Step(("STAKE_REQUESTED",), "", (Role.FINANCE,), N_("审核出资")),
    "pay_stake": Step(("STAKE_REVIEWED",), "", (Role.PAYER,), N_("拨付出资")),
}
OF_THE_HEAD = ("decide_candidate", "establish_candidate", "return_candidate")


@dataclass(frozen=True)
class CandidateFacts:
    """What the rights on a candidate look at; people are person numbers.

    `stage` is the candidate's state, or where the money of its stake stands.
    """

    number: str
    stage: str
    stage_name: str
    region_path: str
    organisation: str = ""
    judges: frozenset[str] = frozenset()  # named, and of no unit of the candidate
    scored: frozenset[str] = frozenset()
    took_part: Mapping[str, str] = field(default_factory=dict)
    noticed: Noticed = Noticed()


@dataclass(frozen=True)
class ScreeningTyped:
    """A round as it is typed."""

    title: str
    track: str
    rule_set: str
    budget_fen: int
    until: datetime
    judges: tuple[str, ...]
    notice_days: int = 5


@dataclass(frozen=True)
class CandidateTyped:
    """A candidate as it is typed; the unit by its credit code, the leader by number."""

    title: str
    origin: str
    summary: str
    organisation: str
    leader: str
    total_fen: int
    asked_fen: int


@dataclass(frozen=True)
class ProposalTyped:
    """How a candidate is to be supported; the terms only for a stake."""

    outcome: str = ""
    amount_fen: int = 0
    terms: StakeTyped | None = None


def may_open(actor: Actor) -> bool:
    """An officer opens a round for the own region, and enters its candidates."""
    return actor.is_role(Role.OFFICER) and bool(actor.region)


def may_enter(actor: Actor, region_path: str) -> bool:
    return actor.is_role(Role.OFFICER) and actor.covers(region_path)


def may_read_rounds(actor: Actor) -> bool:
    """Officials of a region; judges read their own rounds besides."""
    return actor.is_role(*READERS) and bool(actor.region)


def is_of_the_unit(actor: Actor, organisation: str) -> bool:
    return actor.is_role(*UNIT) and bool(actor.organisation) and actor.organisation == organisation


def may_take(verb: str, actor: Actor, facts: CandidateFacts) -> bool:
    """Whether this actor may take a step, the state aside."""
    if verb == "score_candidate":
        return actor.person in facts.judges and actor.person not in facts.scored
    step = STEPS[verb]
    if not (actor.is_role(*step.roles) and actor.covers(facts.region_path)):
        return False
    if verb in OF_THE_HEAD and actor.person in facts.scored:
        return False
    return not (step.barred and facts.took_part.get(step.barred) == actor.person)


def is_offered(verb: str, actor: Actor, facts: CandidateFacts) -> bool:
    """Whether a button is shown: the same right as the action's, in the right state."""
    return (
        STEPS[verb].leaves(facts.stage) and is_timely(verb, facts.noticed)
        and may_take(verb, actor, facts)
    )  # fmt: skip


def check_take(verb: str, actor: Actor, facts: CandidateFacts) -> None:
    """Refuse a step that this actor may not take, or not now."""
    if not may_take(verb, actor, facts):
        raise NotPermitted(
            "screening.may_not", N_("您不能对“{number}”办“{step}”。"),
            {"number": facts.number, "step": STEPS[verb].name}, (),
            N_("评分由具名的评分人办，提出由经办办，决定由没有参与评分和提出的负责人办。"),
        )  # fmt: skip
    if not STEPS[verb].leaves(facts.stage):
        raise ScreeningRefused(
            "screening.wrong_state", N_("不能办理。“{number}”现在是“{state}”。"),
            {"number": facts.number, "state": facts.stage_name}, (),
            N_("请刷新页面，看现在由谁办。"),
        )  # fmt: skip
    check_timely(verb, facts.noticed)


# --- what is judged ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One criterion that people judge: what it is called, the most points, its clause."""

    code: str
    zh: str
    en: str
    most_tenths: int
    clause: str
    quote: str


def items_of(policy: Policy) -> list[Item]:
    """The criteria of a rule set that are points of judges, in their order.

    A criterion is judged where its points come of one word of the judges and nothing else.
    """
    found: list[Item] = []
    for name, used in policy.used.items():
        codes = [one.removeprefix("judged.") for one in used if one.startswith("judged.")]
        most = getattr(policy.criteria[name], "most", None)
        if len(used) == len(codes) == 1 and most is not None and codes[0] not in _codes(found):
            said = policy.rules.criteria[name]
            found.append(Item(codes[0], said["zh"], said.get("en", said["zh"]), most,
                              said["clause"], said["quote"]))  # fmt: skip
    return found


def _codes(items: Sequence[Item]) -> set[str]:
    return {one.code for one in items}


def mean_tenths(marks: Collection[int]) -> int:
    """The mean of the judges' points in tenths, half up.

    >>> mean_tenths([250, 245, 240]), mean_tenths([241, 240])
    (245, 241)
    """
    return (2 * sum(marks) + len(marks)) // (2 * len(marks))


# --- what is refused --------------------------------------------------------------------------


def problems_with_screening(
    typed: ScreeningTyped, rule_sets: Collection[str], known: Collection[str], at: datetime
) -> list[ScreeningRefused]:
    """Every reason why a round cannot be opened; `known` are the judges that were found."""
    problems = []
    if not typed.title.strip():
        problems.append(_lacking("title", N_("还没有写名称。")))
    if typed.rule_set not in rule_sets:
        problems.append(_lacking("rule_set", N_("没有这个筛选规则集，请从列表里选。")))
    if typed.budget_fen <= 0:
        problems.append(_lacking("budget", N_("资金须大于零。")))
    if typed.until <= at:
        problems.append(_lacking("until", N_("评分截止须在现在之后。")))
    if not 1 <= typed.notice_days <= NOTICE_DAYS_MOST:
        problems.append(ScreeningRefused(
            "screening.notice_days", N_("公示期须为 1 到 {most} 个工作日。"),
            {"most": NOTICE_DAYS_MOST}, ("notice_days",)))
    unknown = [one for one in typed.judges if one not in known]
    if unknown:
        problems.append(ScreeningRefused(
            "screening.judge_unknown", N_("没有找到评分人 {numbers}。"),
            {"numbers": "、".join(unknown)}, ("judges",), N_("请写人员编号，每行一个。")))
    elif len(set(typed.judges)) < JUDGES_LEAST:
        problems.append(ScreeningRefused(
            "screening.few_judges", N_("评分人至少 {least} 位，现在是 {count} 位。"),
            {"least": JUDGES_LEAST, "count": len(set(typed.judges))}, ("judges",)))
    return problems  # fmt: skip


def problems_with_candidate(
    typed: CandidateTyped, is_known: bool, is_colleague: bool
) -> list[ScreeningRefused]:
    """Every reason why a candidate cannot be entered."""
    problems = [
        _lacking(name, words)
        for name, words in (("title", N_("还没有写团队或项目名称。")),
                            ("origin", N_("还没有写从哪里来。")),
                            ("summary", N_("还没有写要做什么。")))
        if not str(getattr(typed, name)).strip()
    ]  # fmt: skip
    if not is_known:
        problems.append(_lacking("organisation", N_("没有这个信用代码的单位，请先登记落地单位。")))
    elif not is_colleague:
        problems.append(_lacking("leader", N_("负责人须是落地单位登记的人员。")))
    if not 0 < typed.asked_fen <= typed.total_fen:
        problems.append(_lacking("asked", N_("申请支持须大于零，且不超过总投入。")))
    return problems


def _lacking(name: str, text: str) -> ScreeningRefused:
    return ScreeningRefused(f"screening.{name}", text, {}, (name,))


def problems_with_marks(
    items: Sequence[Item], tenths: Mapping[str, int], reasons: Mapping[str, str]
) -> list[ScreeningRefused]:
    """Every reason why a judge's points cannot be kept: all criteria, within the most, with why."""
    problems = []
    for item in items:
        given = tenths.get(item.code)
        if given is None or not 0 <= given <= item.most_tenths:
            problems.append(ScreeningRefused(
                "screening.points", N_("“{item}”须给 0 到 {most} 分。"),
                {"item": item.zh, "most": item.most_tenths // POINT}, (f"points_{item.code}",)))
        if not reasons.get(item.code, "").strip():
            problems.append(ScreeningRefused(
                "screening.no_reason", N_("“{item}”还没有写理由。"), {"item": item.zh},
                (f"reason_{item.code}",)))
    return problems  # fmt: skip


def check_scored(judges: Collection[str], scored: Collection[str], is_over: bool) -> None:
    """Refuse a proposal before all judges have scored, or enough of them by the deadline."""
    waiting = set(judges) - set(scored)
    if waiting and not (is_over and len(scored) >= JUDGES_LEAST):
        raise ScreeningRefused(
            "screening.scores_wanting", N_("不能提出。还有 {count} 位评分人没有评分。"),
            {"count": len(waiting)}, (),
            N_("等全部评完；评分截止以后，有 3 位评完的也可以提出。"),
        )  # fmt: skip


def problems_with_proposal(
    typed: ProposalTyped, is_met: bool, most_fen: int, left_fen: int, day: date
) -> list[Refused]:
    """Every reason why a support cannot be proposed; who did not pass is proposed without one."""
    if not is_met:
        if typed.outcome or typed.amount_fen:
            return [ScreeningRefused(
                "screening.not_met", N_("按规则没有通过，不能提出支持。"), {}, ("outcome",),
                N_("请不选支持方式，提出不予支持。"))]  # fmt: skip
        return []
    problems: list[Refused] = []
    if typed.outcome not in ("PROJECT", "STAKE"):
        problems.append(_lacking("outcome", N_("按规则已通过，请选支持方式。")))
    most = min(most_fen, left_fen)
    if not 0 < typed.amount_fen <= most:
        problems.append(ScreeningRefused(
            "screening.amount", N_("支持金额须大于零，不超过 {most_fen}。"), {"most_fen": most},
            ("amount",), N_("上限是规则、申请和本轮剩余资金中最小的一个。")))  # fmt: skip
    if typed.outcome == "STAKE":
        if typed.terms is None:
            problems.append(_lacking("valuation", N_("共同持股须写投后估值、持股人和退出条件。")))
        else:
            problems += problems_with_stake(typed.terms, typed.amount_fen, day)
    return problems


def not_accepted(number: str) -> ScreeningRefused:
    return ScreeningRefused(
        "screening.cannot_accept", N_("不能通过。“{number}”按规则没有达到条件。"),
        {"number": number}, ("verdict",), N_("请选不予支持，写明理由。"),
    )  # fmt: skip


def over_the_round(left_fen: int) -> ScreeningRefused:
    return ScreeningRefused(
        "screening.over_budget", N_("不能通过。本轮资金只剩 {left_fen}。"), {"left_fen": left_fen},
        ("verdict",), N_("请退回经办，改少金额或另开一轮。"),
    )  # fmt: skip


def round_closed(number: str) -> ScreeningRefused:
    return ScreeningRefused(
        "screening.closed", N_("“{number}”这一轮已结束或已到截止，不能再登记候选。"),
        {"number": number}, (), N_("请登记到下一轮。"),
    )  # fmt: skip


def candidate_known(title: str) -> ScreeningRefused:
    return ScreeningRefused(
        "screening.entered_twice", N_("“{title}”在这一轮已登记过。"), {"title": title},
        ("title",),
    )  # fmt: skip
