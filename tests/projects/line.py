"""A project through its life by the worked example, one step a function."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kechuang.files.actions import keep_blob
from kechuang.projects import actions, rules
from kechuang.projects.actions.acceptances import EvidenceItem
from kechuang.projects.models import Acceptance, Instalment, Milestone, Project
from tests.world import World

WAN = 10_000 * 100
TERMS = rules.Terms(
    total_fen=9000 * WAN,
    public_fen=3000 * WAN,
    own_fen=6000 * WAN,
    other_fen=0,
    since="2026-12-01",
    until="2028-12-01",
    summary="研制大功率海上风电机组主轴轴承，完成样圈、台架与首台装机。",
    targets=(
        rules.TargetTerm("T1", "滚道变形量", "AT_MOST", "0.15", "mm", "三坐标测量"),
        rules.TargetTerm("T2", "台架试验时长", "AT_LEAST", "3000", "h", "1:1 台架"),
    ),
    milestones=(
        rules.MilestoneTerm("M1", "样圈热处理", "变形不大于 0.15 mm", "2027-06-01"),
        rules.MilestoneTerm("M2", "台架 3,000 h", "L10 折算寿命", "2028-02-01"),
    ),
    instalments=(
        rules.InstalmentTerm(1, "SIGNING", "", 600 * WAN, 0),
        rules.InstalmentTerm(2, "MILESTONE", "M1", 900 * WAN, 1200 * WAN),
        rules.InstalmentTerm(3, "MILESTONE", "M2", 900 * WAN, 3000 * WAN),
        rules.InstalmentTerm(4, "ACCEPTANCE", "", 600 * WAN, 6000 * WAN),
    ),
)
TARGETS = [
    {"indicator": "主轴轴承设计寿命", "comparator": "AT_LEAST", "value": "25", "unit": "年",
     "test_method": "台架试验"},
]  # fmt: skip


def award(world: World, at: datetime, **changes: Any) -> Project:
    """The worked example: 90,000,000 yuan, of which 30,000,000 public."""
    facts: dict[str, Any] = {
        "origin_number": "JB-2026-000020",
        "title": "大功率海上风电机组主轴轴承国产化",
        "lead_organisation": world.university,
        "leader": world.member.person,
        "members": [world.enterprise.code],
        "region_path": world.city.path,
        "total_fen": 9000 * WAN,
        "public_fen": 3000 * WAN,
        "own_fen": 6000 * WAN,
        "other_fen": 0,
        "targets": TARGETS,
        "by": world.head.actor,
        "at": at,
    }
    return actions.open_project(**facts | changes)


def sign(world: World, at: datetime, project: Project, terms: rules.Terms = TERMS) -> Project:
    """Draft, sign for the unit, sign for the department."""
    actions.draft_agreement(project=project, terms=terms, by=world.member.actor, at=at)
    actions.sign_for_unit(project=project, by=world.research_admin.actor, at=at)
    actions.sign_for_department(project=project, by=world.head.actor, at=at)
    return Project.objects.get(pk=project.pk)


def running(world: World, at: datetime, **changes: Any) -> Project:
    """A project whose agreement is in force; its first instalment may be requested."""
    return sign(world, at, award(world, at, **changes))


def fund(world: World, at: datetime, project: Project, amount_fen: int) -> str:
    """Own funds arrive; gives the voucher's number."""
    blob = keep_blob(
        content=b"%PDF-1.4 " + str(amount_fen).encode(), filename="slip.pdf",
        by=world.member.actor, at=at,
    )  # fmt: skip
    receipt = actions.receive_funds(
        project=project, source="OWN", amount_fen=amount_fen, received_date=at.date(),
        text="银行回单", blob=blob, filename="slip.pdf", by=world.member.actor, at=at,
    )  # fmt: skip
    return receipt.entry_set.number


def part(project: Project, sequence: int) -> Instalment:
    return Instalment.objects.select_related("project").get(project=project, sequence=sequence)


def stage(project: Project, code: str) -> Milestone:
    return Milestone.objects.select_related("project").get(project=project, code=code)


def experts(world: World) -> list[Any]:
    return [world.expert1.person, world.expert2.person, world.expert3.person]


def report(world: World, at: datetime, project: Project, code: str) -> Acceptance:
    item = EvidenceItem(target_code="T1", text="检测报告第 7 页")
    return actions.submit_milestone(
        milestone=stage(project, code), report="已完成", evidence=[item],
        by=world.member.actor, at=at,
    )  # fmt: skip


def judge(world: World, at: datetime, acceptance: Acceptance, verdict: str = "PASSED") -> None:
    """The three acceptors sign."""
    for member in (world.expert1, world.expert2, world.expert3):
        actions.give_opinion(
            acceptance=acceptance, verdict=verdict, opinion="符合任务书。",
            by=member.actor, at=at,
        )  # fmt: skip


def pass_milestone(world: World, at: datetime, project: Project, code: str) -> None:
    """Report, name acceptors, three opinions, verdict."""
    report(world, at, project, code)
    acceptance = actions.open_check(
        milestone=stage(project, code), acceptors=experts(world), by=world.officer.actor, at=at
    )
    judge(world, at, acceptance)
    actions.check_milestone(
        milestone=stage(project, code), verdict="PASSED", opinion="通过", by=world.officer.actor,
        at=at,
    )  # fmt: skip


def pay(world: World, at: datetime, project: Project, sequence: int) -> None:
    """Request, review, pay, confirm: three people."""
    actions.request_payment(
        instalment=part(project, sequence), idempotency_key=f"{project.number}-{sequence}",
        by=world.member.actor, at=at,
    )  # fmt: skip
    actions.review_payment(instalment=part(project, sequence), by=world.finance.actor, at=at)
    actions.pay_instalment(instalment=part(project, sequence), by=world.payer.actor, at=at)
    actions.confirm_payment(
        instalment=part(project, sequence), by=world.payer.actor, at=at + timedelta(days=1)
    )


def amended(terms: rules.Terms = TERMS, **changes: Any) -> rules.Terms:
    return replace(terms, **changes)
