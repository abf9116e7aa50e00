"""Rounds, candidates and marks as the tests of screenings know them."""

from datetime import date, datetime, timedelta
from functools import cache

from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.actions.versions import OURS
from kechuang.cultivation.models import Candidate, RuleVersion, Screening
from kechuang.cultivation.rules.benefits import StakeTyped
from kechuang.cultivation.rules.screenings import (
    CandidateTyped,
    ProposalTyped,
    ScreeningTyped,
)
from kechuang.engines.eligibility.ruleset import read
from kechuang.notices.models import Notice
from tests.world import Member, World

WAN = 1_000_000
RULES = "team-screening-2023"
FIRST = {"market": 200, "technology": 250, "carbon": 50, "team": 200}  # 70 points to the tenth
TERMS = StakeTyped(3000 * WAN, "示例市科创投资有限公司", "五年内回购", date(2032, 1, 1))


@cache
def _text() -> tuple[str, str]:
    text = (OURS / RULES / "rules.yaml").read_text("utf-8")
    return text, read(text, OURS / RULES).version


def shipped(at: datetime) -> None:
    """The rule set of screenings as it ships, without the others, which take seconds to read."""
    if RuleVersion.objects.filter(code=RULES).exists():
        return
    text, content = _text()
    RuleVersion.objects.create(
        number="TEAM2023000", code=RULES, title="外来团队筛选", subject="CANDIDATE", text=text,
        tests_text="tests: []", content=content, origin="SHIPPED", state="PUBLIC",
        in_force_date=date(2020, 1, 1), since=at,
    )  # fmt: skip


def judges_of(world: World) -> tuple[Member, ...]:
    return (world.expert1, world.expert2, world.expert3)


def round_of(world: World, at: datetime, **given: object) -> Screening:
    shipped(at)
    said = {
        "title": "2026年外来团队筛选", "track": "INTRODUCTION", "rule_set": RULES,
        "budget_fen": 500 * WAN, "until": at + timedelta(days=10),
        "judges": tuple(one.person.number for one in judges_of(world)),
    }  # fmt: skip
    typed = ScreeningTyped(**said | given)
    return actions.open_screening(typed=typed, by=world.officer.actor, at=at)


def typed_of(world: World, **given: object) -> CandidateTyped:
    said = {
        "title": "氮化镓功率器件团队", "origin": "外地某大学", "summary": "建一条中试线。",
        "organisation": world.enterprise.code, "leader": world.unit_admin.person.number,
        "total_fen": 1000 * WAN, "asked_fen": 300 * WAN,
    }  # fmt: skip
    return CandidateTyped(**said | given)


def entered(world: World, at: datetime, screening: Screening, **given: object) -> Candidate:
    return actions.enter_candidate(
        screening=screening, typed=typed_of(world, **given), by=world.officer.actor, at=at
    )


def score(candidate: Candidate, judge: Member, at: datetime, **tenths: int) -> None:
    given = FIRST | tenths
    actions.score_candidate(
        candidate=candidate, tenths=given, reasons=dict.fromkeys(given, "有依据。"),
        by=judge.actor, at=at,
    )  # fmt: skip


def scored(world: World, at: datetime, screening: Screening, **tenths: int) -> Candidate:
    candidate = entered(world, at, screening)
    for judge in judges_of(world):
        score(candidate, judge, at, **tenths)
    return candidate


def proposed(
    world: World, at: datetime, candidate: Candidate, outcome: str = "PROJECT",
    wan: int = 300, terms: StakeTyped | None = None,
) -> Candidate:  # fmt: skip
    return actions.propose_candidate(
        candidate=candidate, typed=ProposalTyped(outcome, wan * WAN, terms),
        by=world.officer.actor, at=at,
    )  # fmt: skip


AFTER = timedelta(days=8)  # five working days later


def noticed(world: World, at: datetime, screening: Screening, **given: object) -> Candidate:
    """One that a head accepted: on public notice from now on."""
    candidate = proposed(world, at, scored(world, at, screening), **given)
    return actions.decide_candidate(
        candidate=candidate, verdict="ACCEPT", reason="同意。", by=world.head.actor, at=at
    )


def notice_of(candidate: Candidate) -> Notice:
    return Notice.objects.get(subject_number=candidate.number, number=candidate.notice_number)


def accepted(world: World, at: datetime, screening: Screening, **given: object) -> Candidate:
    """One whose notice has run, and whose support the head has settled."""
    candidate = noticed(world, at, screening, **given)
    return actions.establish_candidate(candidate=candidate, by=world.head.actor, at=at + AFTER)
