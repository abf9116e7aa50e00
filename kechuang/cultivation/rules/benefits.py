"""Benefits without application: who may take which step, and what is refused.

A policy is drafted and checked by two people; a batch is computed by the clock or an officer and
approved by somebody else; a sum is taken back only on the word of a head who did not change the
data. The ways are tables: verb, from, to, who.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused

EQUITY_MOST_FEN = 500_000_000  # 5,000,000 yuan: the cap of an equity stake, in the database too
NOTICE_DAYS_MOST = 60
LINES_MOST = 20_000

OFFICE = (Role.OFFICER, Role.HEAD)
MONEY = (Role.FINANCE, Role.PAYER)
READERS = (*OFFICE, *MONEY, Role.SUPERVISOR)
UNIT = (Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER)


class PolicyRefused(Refused):
    """The policy cannot be drafted, checked, put in force or closed so."""


class BatchRefused(Refused):
    """The batch cannot take this step now."""


class StakeRefused(Refused):
    """The terms of this stake cannot be kept."""


class CaseRefused(Refused):
    """The reclaim case cannot take this step now."""


@dataclass(frozen=True)
class Step:
    """One row of a way: from which states, to which, by whom, and what it is called."""

    sources: tuple[str, ...]
    target: str
    roles: tuple[Role, ...]
    name: str
    barred: str = ""  # which earlier actor may not take it

    def leaves(self, state: str) -> bool:
        return state in self.sources


POLICY_STEPS: Mapping[str, Step] = {
    "check_policy": Step(("DRAFT",), "CHECKED", OFFICE, N_("复核政策"), "drafted"),
    "return_policy": Step(("DRAFT", "CHECKED"), "DRAFT", OFFICE, N_("退回政策"), "drafted"),
    "enact_policy": Step(("CHECKED",), "IN_FORCE", (Role.HEAD,), N_("施行政策")),
    "close_policy": Step(("IN_FORCE",), "CLOSED", (Role.HEAD,), N_("终止政策")),
}

BATCH_STEPS: Mapping[str, Step] = {
    "approve_batch": Step(
        ("DRAFTED",), "ON_NOTICE", (Role.HEAD,), N_("批准批次并公示"), "drafted"
    ),
    "return_batch": Step(("DRAFTED",), "RETURNED", (Role.HEAD,), N_("退回批次"), "drafted"),
    "take_out": Step(("ON_NOTICE", "CORRECTING"), "", OFFICE, N_("移出一户")),
    "publish_again": Step(("CORRECTING",), "ON_NOTICE", OFFICE, N_("改后重新公示")),
    "follow_notice": Step(("ON_NOTICE",), "", (Role.CLOCK, *OFFICE), N_("结束公示")),
    "request_payments": Step(("PAYABLE",), "REQUESTED", (Role.OFFICER,), N_("申请拨付")),
    "review_payments": Step(("REQUESTED",), "REVIEWED", (Role.FINANCE,), N_("审核拨付")),
    "return_payments": Step(
        ("REQUESTED", "REVIEWED"), "PAYABLE", (Role.FINANCE,), N_("退回拨付申请")
    ),
    "pay_batch": Step(("REVIEWED",), "PAID", (Role.PAYER,), N_("拨付")),
    "confirm_payments": Step(("PAID",), "DONE", (Role.PAYER,), N_("确认到账")),
}

CASE_STEPS: Mapping[str, Step] = {
    "answer_case": Step(("OPEN",), "ANSWERED", (Role.UNIT_ADMIN,), N_("陈述意见")),
    "decide_case": Step(
        ("OPEN", "ANSWERED"), "", (Role.HEAD,), N_("作出决定"), "corrected"
    ),
    "settle_case": Step(("DUE",), "SETTLED", (Role.PAYER,), N_("确认退回到账")),
}

# Lines of these batches hold budget; before approval nothing is held, after payment it is paid.
RESERVING = ("ON_NOTICE", "CORRECTING", "PAYABLE", "REQUESTED", "REVIEWED")
OPEN_BATCHES = ("DRAFTED", *RESERVING, "PAID")
OPEN_CASES = ("OPEN", "ANSWERED", "DUE")


@dataclass(frozen=True)
class Office:
    """What the rights on a policy, a batch or a case look at; people are person numbers."""

    number: str
    state: str
    state_name: str
    region_path: str
    organisation: str = ""
    took_part: Mapping[str, str] = field(default_factory=dict)  # drafted, checked, corrected


def may_draft(actor: Actor) -> bool:
    """An officer or head, for the own region."""
    return actor.is_role(*OFFICE) and bool(actor.region)


def may_fund(actor: Actor, region_path: str) -> bool:
    """A head of the region sets a year's money."""
    return actor.is_role(Role.HEAD) and actor.covers(region_path)


def may_compute(actor: Actor, region_path: str) -> bool:
    """The clock by night, an officer or head by day."""
    return actor.is_role(Role.CLOCK) or (actor.is_role(*OFFICE) and actor.covers(region_path))


def may_take(verb: str, actor: Actor, office: Office) -> bool:
    """Whether this actor may take a step, the state aside."""
    step = _step(verb)
    if actor.is_role(Role.CLOCK):
        return Role.CLOCK in step.roles
    if not actor.is_role(*step.roles):
        return False
    if actor.is_role(*UNIT):
        return bool(actor.organisation) and actor.organisation == office.organisation
    return actor.covers(office.region_path) and not is_barred(verb, actor, office)


def is_barred(verb: str, actor: Actor, office: Office) -> bool:
    """Whether this person did what the step must not be done by the same one."""
    step = _step(verb)
    return bool(step.barred) and office.took_part.get(step.barred) == actor.person


def is_offered(verb: str, actor: Actor, office: Office) -> bool:
    """Whether a button is shown: the same right as the action's, in the right state."""
    return _step(verb).leaves(office.state) and may_take(verb, actor, office)


def may_read_batches(actor: Actor, region_path: str) -> bool:
    """Those who work on it, and the supervisor."""
    return actor.is_role(*READERS) and actor.covers(region_path)


def _step(verb: str) -> Step:
    for way in (POLICY_STEPS, BATCH_STEPS, CASE_STEPS):
        if verb in way:
            return way[verb]
    raise KeyError(verb)


def check_take(verb: str, actor: Actor, office: Office) -> None:
    """Refuse a step that this actor may not take, or not now.

    >>> office = Office("PC-2026-000001", "DRAFTED", "待审批", "990000")
    >>> check_take("approve_batch", Actor(person="RY-2", role=Role.HEAD, region="990000"), office)
    """
    step = _step(verb)
    if not may_take(verb, actor, office):
        raise _not_permitted(verb, actor, office, step)
    if not step.leaves(office.state):
        raise BatchRefused(
            "cultivation.wrong_state",
            N_("不能办理。“{number}”现在是“{state}”，这一步别人可能刚刚办过。"),
            {"number": office.number, "state": office.state_name},
            way_on=N_("请刷新页面，看现在由谁办。"),
        )


def _not_permitted(verb: str, actor: Actor, office: Office, step: Step) -> NotPermitted:
    if actor.is_role(*step.roles) and is_barred(verb, actor, office):
        return NotPermitted(
            f"cultivation.{step.barred}_by_the_same_person",
            N_("不能办理。“{number}”是您起草或更正的，须由另一个人办这一步。"),
            {"number": office.number},
            way_on=N_("请交给本地区另一位有权的人。"),
        )
    return not_permitted(office.number)


def not_permitted(number: str) -> NotPermitted:
    return NotPermitted(
        "cultivation.not_permitted",
        N_("不能办理“{number}”。以您现在的身份无权办这一步。"),
        {"number": number},
        way_on=N_("请看这一步由谁办。"),
    )


# --- policies ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class PolicyTyped:
    """A policy as it is typed; clauses are (article, text) pairs."""

    title: str
    document_title: str
    document_number: str
    issuer: str
    clauses: tuple[tuple[str, str], ...]
    rule_set: str
    instrument: str
    shortfall: str
    ranking_criterion: str = ""
    department: str = ""
    payer: str = ""
    notice_days: int = 5
    excludes: tuple[str, ...] = ()  # numbers of policies that may not be enjoyed together
    title_en: str = ""


@dataclass(frozen=True)
class FundingTyped:
    """One period of a policy: the day the data are looked at, when it is computed, its money."""

    period: str
    as_of_date: date
    since: date
    until: date
    budget_fen: int


def problems_with_policy(
    typed: PolicyTyped, rule_sets: Mapping[str, str], criteria: Sequence[str]
) -> list[PolicyRefused]:
    """Every reason why a policy cannot be kept; `rule_sets` gives each code its instrument."""
    problems = [
        _lacking(name, words)
        for name, words in (
            ("title", N_("还没有写政策名称。")),
            ("document_title", N_("还没有写依据的文件。")),
            ("department", N_("还没有写主管部门。")),
            ("payer", N_("还没有写拨付单位和预算科目。")),
        )
        if not str(getattr(typed, name)).strip()
    ]
    if not typed.clauses:
        problems.append(_lacking("clauses", N_("还没有抄录条款。企业要能看到依据的是哪一条。")))
    if typed.rule_set not in rule_sets:
        problems.append(
            PolicyRefused(
                "cultivation.rule_set_unknown", N_("没有规则集“{code}”。"),
                {"code": typed.rule_set}, ("rule_set",), N_("请从列表里选。"),
            )
        )  # fmt: skip
    elif rule_sets[typed.rule_set].upper() != typed.instrument:
        problems.append(
            PolicyRefused(
                "cultivation.instrument_differs",
                N_("规则集“{code}”给的不是这种方式。"), {"code": typed.rule_set}, ("instrument",),
                N_("奖补用奖补的规则集，股权用股权的规则集。"),
            )
        )  # fmt: skip
    if not 1 <= typed.notice_days <= NOTICE_DAYS_MOST:
        problems.append(
            PolicyRefused(
                "cultivation.notice_days", N_("公示期须为 1 到 {most} 个工作日。"),
                {"most": NOTICE_DAYS_MOST}, ("notice_days",),
            )
        )  # fmt: skip
    if typed.shortfall == "RANKING" and typed.ranking_criterion not in criteria:
        problems.append(
            PolicyRefused(
                "cultivation.ranking_criterion",
                N_("按排名时须写按哪一项指标排，且须是规则集里的一项。"), {},
                ("ranking_criterion",),
            )
        )  # fmt: skip
    return problems


def problems_with_funding(typed: FundingTyped) -> list[PolicyRefused]:
    """Every reason why a period's money cannot be kept."""
    problems = []
    if not typed.period.strip():
        problems.append(_lacking("period", N_("还没有写年度。")))
    if typed.budget_fen <= 0:
        problems.append(_lacking("budget", N_("预算须大于零。")))
    if typed.until <= typed.since:
        problems.append(_lacking("until", N_("结束日期须晚于开始日期。")))
    return problems


def _lacking(name: str, text: str) -> PolicyRefused:
    return PolicyRefused(f"cultivation.{name}_missing", text, {}, (name,))


# --- stakes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class StakeTyped:
    """The terms on which a sum becomes a share."""

    valuation_fen: int
    holder: str
    exit_condition: str
    exit_date: date


def problems_with_stake(
    typed: StakeTyped, amount_fen: int, day: date
) -> list[StakeRefused]:
    """Every reason why these terms cannot be kept."""
    problems = []
    if amount_fen > EQUITY_MOST_FEN:
        problems.append(
            StakeRefused(
                "cultivation.stake_over_cap", N_("股权投资每家不超过 {most_fen}。"),
                {"most_fen": EQUITY_MOST_FEN},
            )
        )  # fmt: skip
    if typed.valuation_fen < amount_fen:
        problems.append(
            StakeRefused(
                "cultivation.valuation_under_stake",
                N_("投后估值须不低于投资额 {amount_fen}。"), {"amount_fen": amount_fen},
                ("valuation",), N_("请写包含本次投资的估值。"),
            )
        )  # fmt: skip
    for name, words in (("holder", N_("还没有写由谁持股。")),
                        ("exit_condition", N_("还没有写退出条件。"))):  # fmt: skip
        if not getattr(typed, name).strip():
            problems.append(StakeRefused(f"cultivation.{name}_missing", words, {}, (name,)))
    if typed.exit_date <= day:
        problems.append(
            StakeRefused(
                "cultivation.exit_in_the_past", N_("退出日期须在今天之后。"), {}, ("exit_date",)
            )
        )
    return problems


def share_basis_points(amount_fen: int, valuation_fen: int) -> int:
    """The share that a sum buys, in hundredths of a per cent, towards zero.

    >>> share_basis_points(500_000_000, 5_000_000_000)
    1000
    """
    return amount_fen * 10_000 // valuation_fen


def terms_missing(names: str) -> StakeRefused:
    return StakeRefused(
        "cultivation.stake_terms_missing",
        N_("不能申请拨付。这些企业的股权条款还没有定：{names}。"), {"names": names},
        way_on=N_("请先写估值、持股人、退出条件和退出日期。"),
    )  # fmt: skip


# --- what else is refused -----------------------------------------------------------------------


def nothing_held_against(line: str) -> BatchRefused:
    return BatchRefused(
        "cultivation.no_upheld_objection",
        N_("不能移出“{number}”。公示期间没有成立的异议。"), {"number": line},
        way_on=N_("请先按异议程序作出决定。"),
    )  # fmt: skip


def line_not_live(line: str) -> BatchRefused:
    return BatchRefused(
        "cultivation.line_not_live",
        N_("不能移出“{number}”。这一户已移出，或本来就不付款。"), {"number": line},
    )  # fmt: skip


def over_budget(left_fen: int, wanted_fen: int) -> BatchRefused:
    return BatchRefused(
        "cultivation.over_budget",
        N_("不能批准。这一批要 {wanted_fen}，预算只剩 {left_fen}。"),
        {"wanted_fen": wanted_fen, "left_fen": left_fen},
        way_on=N_("请退回批次，下一次计算按剩余预算分配。"),
    )  # fmt: skip


def not_in_force(number: str, state: str) -> BatchRefused:
    return BatchRefused(
        "cultivation.policy_not_in_force",
        N_("不能计算。政策“{number}”现在是“{state}”，或不在办理期内。"),
        {"number": number, "state": state},
        way_on=N_("请看政策页的办理期。"),
    )  # fmt: skip


def budget_under_committed(committed_fen: int) -> PolicyRefused:
    return PolicyRefused(
        "cultivation.budget_under_committed",
        N_("预算不能低于已付和已预留的 {committed_fen}。"), {"committed_fen": committed_fen},
        ("budget",),
    )  # fmt: skip


def batches_open(number: str) -> PolicyRefused:
    return PolicyRefused(
        "cultivation.batches_open",
        N_("不能终止。政策“{number}”还有批次没有办结。"), {"number": number},
        way_on=N_("请先办结批次。"),
    )  # fmt: skip


def answer_missing() -> CaseRefused:
    return CaseRefused(
        "cultivation.answer_missing", N_("还没有写意见。"), {}, ("answer",),
        N_("没有意见也请写明“无异议”。"),
    )  # fmt: skip


def answer_term_runs(until: str) -> CaseRefused:
    return CaseRefused(
        "cultivation.answer_term_runs",
        N_("不能现在决定。企业在 {until} 之前有权陈述意见，还没有收到。"), {"until": until},
        way_on=N_("收到意见或期满后再决定。"),
    )  # fmt: skip


def reclaimed_already(number: str) -> CaseRefused:
    return CaseRefused(
        "cultivation.reclaimed_already",
        N_("不能追回。拨付单 {number} 已追回过一次，一笔只追回一次。"), {"number": number},
        way_on=N_("请按其他程序收回差额，并在这里选“不追回”写明理由。"),
    )  # fmt: skip


def stake_not_held(number: str) -> StakeRefused:
    return StakeRefused(
        "cultivation.stake_not_held", N_("不能办理。股权“{number}”现在不在持有中。"),
        {"number": number},
    )  # fmt: skip
