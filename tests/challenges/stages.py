"""The line of a challenge as the tests walk it: each function brings it one stage further."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kechuang.base.actor import Actor
from kechuang.challenges import actions, queries
from kechuang.challenges.actions import Draft, Envelope
from kechuang.challenges.models import Bid, BudgetLine, Challenge
from kechuang.challenges.rules.drafting import CriterionFacts, TargetFacts
from kechuang.needs.models import Need
from kechuang.needs.models import Target as NeedTarget
from kechuang.notices import queries as notice_queries
from kechuang.notices.models import Notice
from kechuang.reviews import actions as reviews
from kechuang.reviews import queries as panels
from tests.world import Member, World

WAN = 1_000_000
MARKER = "暗号-锦鲤-7741"
TARGETS = [
    TargetFacts("额定功率", "AT_LEAST", Decimal(16), "MW", "整机匹配计算与台架", "示例检测中心"),
    TargetFacts("径向游隙", "AT_MOST", Decimal("0.03"), "mm", "三坐标逐件", "第三方"),
    TargetFacts("外圈直径", "BETWEEN", Decimal("3199.95"), "mm", "激光跟踪仪", "第三方",
                Decimal("3200.05")),
]
CRITERIA = [
    CriterionFacts("TECH", "技术", 40), CriterionFacts("FEAS", "可行", 30),
    CriterionFacts("TEAM", "团队", 20), CriterionFacts("COST", "费用", 10),
]
ANSWERS = {
    "CLEAR_TARGET": (True, "三项指标都可检验"), "PATH_UNKNOWN": (True, "两条路线并存"),
    "ENOUGH_TAKERS": (True, "市内外至少五家"), "POSER_WILLING": (True, "出题方已列预算"),
}
MERIT_ANSWERS = {
    "CLEAR_TARGET": (True, "三项指标都可检验"), "PATH_KNOWN": (True, "路线已有两家走通"),
    "SEVERAL_CAPABLE": (True, "市内三家"), "POSER_WILLING": (True, "出题方已列预算"),
}


MODE = "OPEN"  # a test of another mode sets it, with its own answers
YES = (True, "已逐项核对")
FIT = {
    "OPEN": ANSWERS,
    "MERIT": MERIT_ANSWERS,
    "DIRECT": dict.fromkeys(("CLEAR_TARGET", "ONLY_ONE", "ALTERNATIVES_ASKED", "POSER_WILLING"),
                            YES),
    "COMPETITIVE": dict.fromkeys(("CLEAR_TARGET", "DIVISIBLE", "SEVERAL_CAPABLE",
                                  "POSER_WILLING"), YES),
    "RACE": dict.fromkeys(("CLEAR_TARGET", "ROUTES_COMPETE", "COMPARABLE_EARLY",
                           "POSER_WILLING"), YES),
}
FIT_FOR_THREE = ("COMPETITIVE", "RACE")  # all three bids pass
WHY = "全市只有这一家有 5 MN 整圈台架，成果库和四所同类院所都已查过，没有可比的另一家。"


@dataclass
class Line:
    """A challenge on its way, and the clock of the test."""

    world: World
    at: datetime
    challenge: Challenge | None = None
    bids: list[Bid] = field(default_factory=list)

    def after(self, **time: float) -> datetime:
        """Let time pass, and say what time it is."""
        self.at += timedelta(**time)
        return self.at

    def fresh(self) -> Challenge:
        self.challenge.refresh_from_db()
        return self.challenge


def accepted_need(world: World, at: datetime, serial: int = 1) -> Need:
    """An accepted need of the enterprise, as the city's officers find it."""
    need = Need.objects.create(
        number=f"XQ-2026-{serial:06d}", state="ACCEPTED", title="海上风电主轴轴承国产化",
        body="主轴轴承依赖进口，交期十四个月，求能批产的完整方案。", chain="HIGH_END_EQUIPMENT",
        budget_fen=9000 * WAN, due_date=(at + timedelta(days=700)).date(), publication="PUBLIC",
        organisation=world.enterprise, region_path=world.enterprise.region_path,
        filler=world.filler.person, consent_by=world.unit_admin.person, consent_at=at, since=at,
        changed_at=at, submitted_at=at, accepted_at=at, confirmed_at=at,
        reconfirm_at=at + timedelta(days=180), expires_at=at + timedelta(days=365),
    )
    NeedTarget.objects.create(
        need=need, place=1, name="额定功率", comparison="AT_LEAST", value=Decimal(16), unit="MW",
        test_method="台架",
    )
    return need


def drafted(world: World, at: datetime, serial: int = 1) -> Line:
    line = Line(world, at)
    line.challenge = actions.draft_challenge(
        need=accepted_need(world, at, serial), mode_code=MODE, by=world.officer.actor, at=at
    )
    return line


def written(
    world: World, at: datetime, serial: int = 1, prepare: Callable[[Line], None] | None = None
) -> Line:
    """A whole draft, fit for argument, to which the poser has agreed; `prepare` comes before."""
    line = drafted(world, at, serial)
    fields = {
        "conflict_rules": "近三年与揭榜单位有任职、合作或持股的专家回避。",
        "expert_fields": "轴承、风电", "total_fen": 9000 * WAN, "public_fen": 3000 * WAN,
        "own_fen": 6000 * WAN, "months": 24, "opens_at": at + timedelta(days=10),
        "deadline_at": at + timedelta(days=40), "secretary": world.liaison.person,
        "chair": world.expert4.person,
    }
    if MODE == "DIRECT":
        fields |= {"invited": world.university, "invited_reason": WHY}
    officer = world.officer.actor
    actions.save_draft(challenge=line.challenge, draft=Draft(fields, TARGETS, CRITERIA),
                       by=officer, at=line.after(hours=1))
    actions.answer_fit_test(challenge=line.challenge, answers=FIT[MODE], by=officer, at=line.at)
    if prepare is not None:
        prepare(line)
    actions.consent_to_challenge(challenge=line.challenge, by=world.unit_admin.actor, at=line.at)
    return line


def arguing(
    world: World, at: datetime, serial: int = 1, prepare: Callable[[Line], None] | None = None
) -> Line:
    line = written(world, at, serial, prepare)
    experts = [world.expert1, world.expert2, world.expert3]
    actions.send_to_argument(
        challenge=line.challenge, experts=[one.person for one in experts],
        lead=world.expert1.person, by=world.officer.actor, at=line.after(hours=1),
    )
    return line


def approved(
    world: World, at: datetime, serial: int = 1, prepare: Callable[[Line], None] | None = None
) -> Line:
    line = arguing(world, at, serial, prepare)
    for expert in (world.expert2, world.expert3, world.expert1):
        actions.argue(challenge=line.challenge, verdict="PASS", opinion="指标可检验，同意。",
                      by=expert.actor, at=line.after(hours=1))
    return line


def budget_line(world: World, at: datetime, wan: int = 10_000, code: str = "2060404") -> BudgetLine:
    return actions.open_budget_line(
        code=code, name="科技重大专项", year=2026, amount_fen=wan * WAN,
        by=world.finance.actor, at=at,
    )


def scheduled(world: World, at: datetime, serial: int = 1) -> Line:
    line = approved(world, at, serial)
    funds = BudgetLine.objects.first() or budget_line(world, line.at)
    actions.authorise(challenge=line.challenge, line=funds, by=world.head.actor,
                      at=line.after(days=1))
    return line


def opened(world: World, at: datetime, serial: int = 1) -> Line:
    line = scheduled(world, at, serial)
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    return line


def proposal(line: Line, marker: str = MARKER) -> dict[str, Any]:
    """A whole proposal, with a marker word in every text."""
    frame = queries.frame_of(line.challenge)
    day = (line.challenge.deadline_at + timedelta(days=120)).date()
    later = (line.challenge.deadline_at + timedelta(days=300 if frame.last else 400)).date()
    public = min(3000 * WAN, frame.public_fen)
    return {
        "title": f"整圈锻造路线 {marker}", "summary": f"分三步 {marker}",
        "route": f"整圈锻造加无软带淬火 {marker}", "basis": f"已有台架 {marker}",
        "commitments": [
            {"target": str(t.place), "value": f"达到 {marker}", "how": f"台架 {marker}"}
            for t in line.challenge.targets.all()
        ],
        "team": [{"name": f"甲 {marker}", "role": "总师", "organisation": "本单位",
                  "task": f"总体 {marker}"}],
        "milestones": [
            {"title": f"样件 {marker}", "due": day.isoformat(), "evidence": f"报告 {marker}",
             "public_fen": public * 3 // 10},
            {"title": f"装机 {marker}", "due": later.isoformat(), "evidence": f"记录 {marker}",
             "public_fen": public // 2},
        ],
        "budget": {"total_fen": public + 6000 * WAN, "public_fen": public,
                   "own_fen": 6000 * WAN, "other_fen": 0, "signing_fen": public // 5},
    }


def written_bid(line: Line, writer: Member, marker: str = MARKER) -> Bid:
    """A whole draft of the writer's unit."""
    bid = actions.start_bid(challenge=line.challenge, by=writer.actor, at=line.after(hours=1))
    return actions.save_bid(
        bid=bid, content=proposal(line, marker),
        envelope=Envelope(other_public=False, commitment=True), by=writer.actor, at=line.at,
    )


def sealed_bid(line: Line, writer: Member, admin: Member, marker: str = MARKER) -> Bid:
    bid = written_bid(line, writer, marker)
    actions.sign_bid(bid=bid, by=admin.actor, at=line.after(hours=1))
    actions.submit_bid(bid=bid, by=writer.actor, at=line.after(hours=1))
    bid.refresh_from_db()
    line.bids.append(bid)
    return bid


def closed(world: World, at: datetime, serial: int = 1) -> Line:
    """Closed with two bids: of the university and of the institute; where a mode asks for more,
    a rival enterprise bids too; where it commissions the university, nobody else."""
    line = opened(world, at, serial)
    sealed_bid(line, world.member, world.research_admin)
    if MODE != "DIRECT":
        sealed_bid(line, world.institute_member, world.institute_admin)
    if MODE in ("COMPETITIVE", "RACE"):
        sealed_bid(line, world.rival_filler, world.rival_admin)
    line.at = line.challenge.deadline_at
    actions.close_challenge(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    line.fresh()
    return line


def checking(world: World, at: datetime, serial: int = 1) -> Line:
    line = closed(world, at, serial)
    if MODE != "DIRECT":
        actions.attend_opening(challenge=line.challenge, by=world.supervisor.actor,
                               at=line.after(hours=1))
    actions.unseal_bids(challenge=line.challenge, by=world.officer.actor, at=line.after(hours=1))
    line.fresh()
    return line


def reviewing(world: World, at: datetime, serial: int = 1) -> Line:
    return admitted(checking(world, at, serial))


def admitted(line: Line) -> Line:
    """Every opened bid is found admissible, and goes to the panel."""
    secretary = line.world.liaison.actor
    for bid in line.bids:
        actions.check_bid(bid=bid, verdict="ADMISSIBLE", reason="", by=secretary,
                          at=line.after(minutes=10))
    actions.finish_check(challenge=line.challenge, by=secretary, at=line.after(minutes=10))
    line.fresh()
    return line


def reviewed(world: World, at: datetime, serial: int = 1) -> Line:
    """Three experts have declared and scored; the chair has signed."""
    return judged(reviewing(world, at, serial))


def judged(line: Line) -> Line:
    """Three experts declare and score every bid; the chair signs."""
    world = line.world
    panel = panels.panel_for(line.challenge.number)
    experts = [world.expert1, world.expert2, world.expert3]
    seats = reviews.assign_experts(
        panel=panel, experts=[one.person for one in experts], by=world.liaison.actor,
        at=line.after(hours=1),
    )
    for expert, seat in zip(experts, seats, strict=True):
        reviews.accept_seat(seat=seat, by=expert.actor, at=line.at)
    for expert, seat in zip(experts, seats, strict=True):
        for place, bid in enumerate(line.bids):
            reviews.declare(seat=seat, case_number=bid.number, conflict=False, ground="",
                            by=expert.actor, at=line.at)
            review = panels.review_for(seat, bid.number)
            points = {c.code: 88 - 7 * place if MODE in FIT_FOR_THREE else 85 - 10 * place
                      for c in CRITERIA}
            reviews.submit_score(review=review, points=points, opinion="可行。",
                                 by=expert.actor, at=line.after(minutes=10))
    reviews.finish_review(panel=panel, by=world.expert4.actor, at=line.after(hours=1))
    return line


def deciding(world: World, at: datetime, serial: int = 1) -> Line:
    line = reviewed(world, at, serial)
    actions.take_ranking(challenge=line.challenge, by=Actor.CLOCK, at=line.after(minutes=1))
    line.fresh()
    for bid in line.bids:
        bid.refresh_from_db()
    return line


def proposed(world: World, at: datetime, serial: int = 1) -> Line:
    line = deciding(world, at, serial)
    first, rest = line.bids[0], [bid.number for bid in line.bids[1:]]
    if MODE == "OPEN":
        actions.choose(challenge=line.challenge, bid_number=first.number, reason="路线最稳。",
                       by=world.unit_admin.actor, at=line.after(hours=1))
    number = [first.number, *rest] if MODE == "RACE" else first.number
    if MODE == "COMPETITIVE":
        number, rest = [first.number, rest[0]], rest[1:]
    actions.propose(challenge=line.challenge, bid_number=number, reason="同意出题方选定。",
                    reserve_number=[] if MODE == "RACE" else rest, by=world.officer.actor,
                    at=line.after(hours=1))
    return line


def on_notice(world: World, at: datetime, serial: int = 1) -> Line:
    line = proposed(world, at, serial)
    for member in (world.finance, world.head):
        actions.approve(challenge=line.challenge, note="同意", by=member.actor,
                        at=line.after(hours=1))
    line.fresh()
    return line


def notice_over(world: World, at: datetime, serial: int = 1) -> Line:
    line = on_notice(world, at, serial)
    ends = [notice_queries.ends_at(one) for one in notices_of(line)]
    line.at = max(ends)
    return line


def notices_of(line: Line) -> list[Notice]:
    """The notices of the awards that are proposed now, in their order."""
    numbers = [one.notice_number for one in queries.live_proposals(line.challenge)]
    return [Notice.objects.get(number=number) for number in numbers if number]


def awarded(world: World, at: datetime, serial: int = 1) -> Line:
    line = notice_over(world, at, serial)
    actions.finalise(challenge=line.challenge, by=world.head.actor, at=line.after(minutes=1))
    line.fresh()
    return line
