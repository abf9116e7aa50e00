"""Who may take which step of a project and from which state; what an agreement must hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted, Refused

REMINDER_OFFSETS = (-30, -7, 0, 7)
ACCEPTORS_MIN = 3

SIGNING, MILESTONE, ACCEPTANCE = "SIGNING", "MILESTONE", "ACCEPTANCE"
WORKING = frozenset({"ACTIVE", "AMENDING", "ACCEPTANCE_APPLIED", "ACCEPTING", "RECTIFYING"})
PAYABLE = frozenset({"ACTIVE", "ACCEPTANCE_APPLIED", "ACCEPTING", "ACCEPTED"})
ENDED = frozenset({"ACCEPTED", "CONCLUDED", "FAILED", "TERMINATED", "REVOKED", "LAPSED"})
SIGNED = WORKING | ENDED - {"LAPSED"} | {"TERMINATING", "ARCHIVED"}
ANY = SIGNED | {"AWARDED", "CONTRACTING", "LAPSED"}
LEAD = frozenset({"LEADER", "UNIT_ADMIN"})


class ProjectRefused(Refused):
    """This step cannot be taken now, or not with this input."""


class AgreementRefused(Refused):
    """The agreement cannot be signed as it stands."""


class AcceptanceRefused(Refused):
    """This acceptance cannot be opened or decided so."""


class PaymentRefused(Refused):
    """This instalment cannot be requested or paid yet."""


@dataclass(frozen=True)
class ProjectFacts:
    """What the rights look at; people are person numbers, units credit codes."""

    number: str
    state: str
    region_path: str
    lead: str
    leader: str
    members: tuple[str, ...] = ()
    acceptors: tuple[str, ...] = ()
    is_frozen: bool = False


@dataclass(frozen=True)
class Step:
    """One row of the workflow: from which states, to which, and in which capacity."""

    sources: frozenset[str]
    target: str
    capacities: frozenset[str]
    name: str


def _step(sources: frozenset[str] | str, target: str, capacities: str, name: str) -> Step:
    states = frozenset(sources.split()) if isinstance(sources, str) else sources
    return Step(states, target, frozenset(capacities.split()), name)


# The whole workflow of a project: verb, from, to, who. An empty target leaves the state.
STEPS = {
    "draft_agreement": _step("AWARDED CONTRACTING AMENDING", "", "LEADER FILLER UNIT_ADMIN",
                             N_("起草任务书")),
    "sign_for_unit": _step("CONTRACTING AMENDING", "", "UNIT_ADMIN", N_("代表单位签署")),
    "return_agreement": _step("CONTRACTING AMENDING", "", "OFFICER HEAD", N_("退回任务书")),
    "sign_for_department": _step("CONTRACTING AMENDING", "ACTIVE", "HEAD", N_("代表部门签署")),
    "decline_award": _step("AWARDED CONTRACTING", "LAPSED", "UNIT_ADMIN", N_("放弃立项")),
    "lapse": _step("AWARDED CONTRACTING", "LAPSED", "CLOCK", N_("逾期失效")),
    "begin_amendment": _step("ACTIVE", "AMENDING", "LEADER UNIT_ADMIN OFFICER", N_("申请变更")),
    "withdraw_amendment": _step("AMENDING", "ACTIVE", "LEADER UNIT_ADMIN HEAD", N_("撤回变更")),
    "submit_milestone": _step("ACTIVE", "", "LEADER FILLER UNIT_ADMIN", N_("报送里程碑材料")),
    "open_check": _step("ACTIVE", "", "OFFICER", N_("组织考核")),
    "check_milestone": _step("ACTIVE", "", "OFFICER", N_("签署考核结论")),
    "rectify_milestone": _step("ACTIVE", "", "LEADER UNIT_ADMIN", N_("报送整改方案")),
    "give_opinion": _step("ACTIVE ACCEPTING", "", "ACCEPTOR", N_("签署验收意见")),
    "receive_funds": _step(WORKING, "", "LEADER FILLER UNIT_ADMIN", N_("登记到位资金")),
    "correct_receipt": _step(WORKING, "", "LEADER UNIT_ADMIN FINANCE", N_("更正到位资金")),
    "request_payment": _step(PAYABLE, "", "LEADER UNIT_ADMIN", N_("申请拨付")),
    "review_payment": _step(PAYABLE, "", "FINANCE", N_("审核拨付")),
    "pay_instalment": _step(PAYABLE, "", "PAYER", N_("拨付")),
    "confirm_payment": _step(SIGNED, "", "PAYER", N_("确认到账")),
    "hold_payment": _step(SIGNED, "", "FINANCE HEAD", N_("暂缓拨付")),
    "resume_payment": _step(PAYABLE, "", "FINANCE HEAD", N_("恢复办理")),
    "return_payment": _step(SIGNED, "", "FINANCE", N_("退回拨付申请")),
    "reclaim_payment": _step(SIGNED, "", "FINANCE HEAD", N_("追回资金")),
    "settle_reclaim": _step(SIGNED, "", "PAYER", N_("确认追回到账")),
    "freeze": _step(WORKING | {"TERMINATING", "ACCEPTED"}, "", "HEAD FINANCE", N_("冻结资金")),
    "unfreeze": _step(SIGNED, "", "HEAD", N_("解冻资金")),
    "extend_stage": _step("ACTIVE", "AMENDING", "HEAD", N_("转入下一赛段")),
    "conclude_stage": _step("ACTIVE", "CONCLUDED", "HEAD", N_("止于本赛段")),
    "begin_termination": _step("ACTIVE", "TERMINATING", "LEADER UNIT_ADMIN OFFICER",
                               N_("申请终止")),
    "withdraw_termination": _step("TERMINATING", "ACTIVE", "HEAD", N_("不予终止")),
    "terminate": _step("TERMINATING", "TERMINATED", "HEAD", N_("批准终止")),
    "revoke": _step("ACTIVE", "REVOKED", "HEAD", N_("撤销项目")),
    "apply_for_acceptance": _step("ACTIVE RECTIFYING", "", "LEADER UNIT_ADMIN", N_("申请验收")),
    "open_acceptance": _step("ACCEPTANCE_APPLIED", "ACCEPTING", "OFFICER", N_("组织验收")),
    "decide_acceptance": _step("ACCEPTING", "", "HEAD", N_("签署验收结论")),
    "rectify_project": _step("FAILED", "RECTIFYING", "LEADER UNIT_ADMIN", N_("报送整改方案")),
    "archive": _step(ENDED, "ARCHIVED", "OFFICER", N_("归档")),
}  # fmt: skip

OFFICE = {
    Role.OFFICER: "OFFICER",
    Role.HEAD: "HEAD",
    Role.FINANCE: "FINANCE",
    Role.PAYER: "PAYER",
}
CAPACITY_NAMES = {
    "LEADER": N_("项目负责人"),
    "FILLER": N_("牵头单位填报人"),
    "UNIT_ADMIN": N_("牵头单位管理员"),
    "OFFICER": N_("科技局经办"),
    "HEAD": N_("部门负责人"),
    "FINANCE": N_("财务审核人"),
    "PAYER": N_("拨付人"),
    "ACCEPTOR": N_("指名的验收专家"),
    "CLOCK": N_("系统时钟"),
}


def capacities_of(actor: Actor, facts: ProjectFacts) -> frozenset[str]:
    """In which capacities an actor stands before a project.

    >>> facts = ProjectFacts("XM-2026-000001", "ACTIVE", "990000/990100", "91X", "RY-1")
    >>> sorted(capacities_of(Actor("RY-1", "A", Role.MEMBER, "91X", "990000/990100"), facts))
    ['LEADER']
    """
    found = set()
    if actor.role in OFFICE and actor.covers(facts.region_path):
        found.add(OFFICE[actor.role])
    if actor.organisation and actor.organisation == facts.lead:
        if actor.role in (Role.FILLER, Role.UNIT_ADMIN):
            found.add(actor.role.value)
        if actor.person == facts.leader and actor.is_role(Role.MEMBER, Role.FILLER):
            found.add("LEADER")
    if actor.is_role(Role.EXPERT) and actor.person in facts.acceptors:
        found.add("ACCEPTOR")
    if actor.is_role(Role.CLOCK):
        found.add("CLOCK")
    return frozenset(found)


def may_act(verb: str, actor: Actor, facts: ProjectFacts) -> bool:
    """True where this actor may take this step from the project's state."""
    return facts.state in STEPS[verb].sources and has_right(verb, actor, facts)


def may_open(actor: Actor, region_path: str) -> bool:
    """True where the actor may open a project: the head of its region, or the clock."""
    return actor.is_role(Role.CLOCK) or actor.is_role(Role.HEAD) and actor.covers(region_path)


def has_right(verb: str, actor: Actor, facts: ProjectFacts) -> bool:
    """True where this actor's capacity is one of the step's, whatever the state."""
    return bool(capacities_of(actor, facts) & STEPS[verb].capacities)


def may_read_inside(actor: Actor, facts: ProjectFacts) -> bool:
    """True where the actor reads money, evidence and agreement, not only the public facts."""
    if actor.role in OFFICE or actor.is_role(Role.SUPERVISOR):
        return actor.covers(facts.region_path)
    if actor.is_role(Role.FILLER, Role.UNIT_ADMIN, Role.MEMBER):
        return bool(actor.organisation) and actor.organisation in (facts.lead, *facts.members)
    return bool(actor.person) and actor.person in facts.acceptors


def check_step(verb: str, actor: Actor, facts: ProjectFacts) -> None:
    """Refuse a step that this actor may not take, or that the state does not allow."""
    step = STEPS[verb]
    if not has_right(verb, actor, facts):
        raise NotPermitted(
            "projects.not_permitted",
            N_("您现在的身份不能办“{step}”。这一步由{who}办。"),
            {"step": step.name, "who": [CAPACITY_NAMES[c] for c in sorted(step.capacities)]},
            (),
            N_("如果您另有这一身份，请在右上角切换后再办。"),
        )
    if facts.state not in step.sources:
        raise ProjectRefused(
            "projects.state",
            N_("现在不能办“{step}”。项目 {number} 的状态是“{state}”。"),
            {"step": step.name, "number": facts.number, "state": STATE_NAMES[facts.state]},
            (),
            N_("请刷新页面，看现在由谁办、办什么。"),
        )


STATE_NAMES = {
    "AWARDED": N_("已立项"),
    "CONTRACTING": N_("签约中"),
    "ACTIVE": N_("在研"),
    "AMENDING": N_("变更中"),
    "ACCEPTANCE_APPLIED": N_("已申请验收"),
    "ACCEPTING": N_("验收中"),
    "RECTIFYING": N_("整改中"),
    "ACCEPTED": N_("通过验收"),
    "CONCLUDED": N_("结题"),
    "FAILED": N_("未通过验收"),
    "TERMINATING": N_("终止办理中"),
    "TERMINATED": N_("已终止"),
    "REVOKED": N_("已撤销"),
    "LAPSED": N_("立项失效"),
    "ARCHIVED": N_("已归档"),
}


# --- Acceptance -----------------------------------------------------------------------------

MILESTONE_SUBMITTABLE = frozenset({"PLANNED", "RECTIFYING"})
MILESTONE_RECTIFIABLE = frozenset({"CONDITIONAL", "FAILED"})
MILESTONE_VERDICTS = ("PASSED", "CONDITIONAL", "FAILED")
PROJECT_VERDICTS = ("PASSED", "CONCLUDED", "FAILED")
PROJECT_VERDICT_STATES = {"PASSED": "ACCEPTED", "CONCLUDED": "CONCLUDED", "FAILED": "FAILED"}


def check_acceptors(numbers: Sequence[str], conflicted: Sequence[str]) -> None:
    """Refuse too few acceptors, an even number, or somebody of the project's own units."""
    if conflicted:
        raise AcceptanceRefused(
            "projects.acceptor_in_conflict",
            N_("{names} 属于项目的参加单位，不能担任验收专家。"),
            {"names": list(conflicted)},
            ("acceptors",),
            N_("请另选与各参加单位无关的专家。"),
        )
    if len(set(numbers)) < ACCEPTORS_MIN or len(set(numbers)) % 2 == 0:
        raise AcceptanceRefused(
            "projects.acceptors_too_few",
            N_("验收专家须为单数，至少 {least} 位，现在是 {count} 位。"),
            {"least": ACCEPTORS_MIN, "count": len(set(numbers))},
            ("acceptors",),
        )


def check_verdict(verdict: str, allowed: Sequence[str], opinions: Sequence[str]) -> None:
    """Refuse a verdict before all have signed, or a pass that most of them did not find.

    >>> check_verdict("PASSED", MILESTONE_VERDICTS, ["PASSED", "PASSED", "CONDITIONAL"])
    """
    if verdict not in allowed:
        raise AcceptanceRefused(
            "projects.verdict_unknown", N_("请从列出的结论中选一项。"), fields=("verdict",)
        )
    waiting = sum(not opinion for opinion in opinions)
    if waiting or not opinions:
        raise AcceptanceRefused(
            "projects.opinions_missing",
            N_("还不能签署结论。{count} 位专家没有签署意见。"),
            {"count": waiting or ACCEPTORS_MIN},
            (),
            N_("请等全部专家签署；逾期可在工作台提醒。"),
        )
    passing = sum(opinion == "PASSED" for opinion in opinions)
    if verdict == "PASSED" and passing * 2 <= len(opinions):
        raise AcceptanceRefused(
            "projects.verdict_against_opinions",
            N_("结论不能是“通过”。{total} 位专家中只有 {passing} 位认为通过，须过半数。"),
            {"total": len(opinions), "passing": passing},
            ("verdict",),
        )


# --- Instalments ----------------------------------------------------------------------------


@dataclass(frozen=True)
class PaymentFacts:
    """What must hold before an instalment is requested and again before it is paid."""

    gate_passed: bool
    agreement_in_force: bool
    own_due_fen: int
    own_received_fen: int
    is_frozen: bool
    state: str


def checks_of_payment(facts: PaymentFacts) -> list[tuple[str, bool]]:
    """The four checks of a payment, each with its answer, in the order people read them."""
    return [
        (N_("关口已过"), facts.gate_passed),
        (N_("任务书有效"), facts.agreement_in_force),
        (N_("自筹已足"), facts.own_received_fen >= facts.own_due_fen),
        (N_("无冻结、无暂缓"), not facts.is_frozen and facts.state != "HELD"),
    ]


def problems_with_payment(facts: PaymentFacts) -> list[Refused]:
    """Every reason why an instalment cannot be requested or paid, each with what to do."""
    return list(_payment_problems(facts))


def _payment_problems(facts: PaymentFacts) -> Iterator[Refused]:
    if not facts.gate_passed:
        yield PaymentRefused(
            "projects.gate_not_passed",
            N_("这一期的关口还没有过，不能拨付。"),
            way_on=N_("里程碑考核通过后自动变为可申请。"),
        )
    if not facts.agreement_in_force:
        yield PaymentRefused(
            "projects.no_agreement_in_force",
            N_("没有生效的任务书，不能拨付。"),
            way_on=N_("变更签署完成或撤回之后再办。"),
        )
    if facts.own_received_fen < facts.own_due_fen:
        yield PaymentRefused(
            "projects.own_funds_short",
            N_("自筹资金未足：应到 {due_fen}，已到 {received_fen}。"),
            {"due_fen": facts.own_due_fen, "received_fen": facts.own_received_fen},
            (),
            N_("请项目单位先登记到位资金并附凭据。"),
        )
    if facts.is_frozen:
        yield PaymentRefused(
            "projects.frozen",
            N_("项目资金已冻结，冻结期间一分不拨。"),
            way_on=N_("部门负责人解冻后再办；理由见项目页。"),
        )


def reminders_due(due_date: date, today: date, sent: frozenset[int]) -> list[int]:
    """Which reminders of a milestone's date are due and not sent; only the latest of those missed.

    >>> reminders_due(date(2026, 12, 1), date(2026, 11, 24), frozenset({-30}))
    [-7]
    >>> reminders_due(date(2026, 12, 1), date(2026, 12, 20), frozenset())
    [7]
    """
    passed = [offset for offset in REMINDER_OFFSETS if (today - due_date).days >= offset]
    return [offset for offset in passed[-1:] if offset not in sent]


def is_overdue(state: str, due_date: date, today: date) -> bool:
    """True where a milestone's date has passed and nothing was handed in."""
    return state in MILESTONE_SUBMITTABLE and today > due_date


def share_percent(part: int, whole: int) -> str:
    """A share as people write it, at most two decimals.

    >>> share_percent(30, 90), share_percent(6, 30), share_percent(0, 0)
    ('33.33', '20', '0')
    """
    if not whole:
        return "0"
    hundredths = (part * 20000 + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
