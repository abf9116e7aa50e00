"""A screening of outside teams: one became a share, one a project, one is on public notice, one
waits for a decision, one for its judges. All teams, points and terms are invented.
"""

from datetime import date, timedelta
from typing import Any

from kechuang.cultivation.actions import load_shipped, screenings, stakes
from kechuang.cultivation.models import Candidate, Screening
from kechuang.cultivation.rules.benefits import StakeTyped
from kechuang.cultivation.rules.screenings import CandidateTyped, ProposalTyped, ScreeningTyped
from kechuang.notices.models import Notice
from kechuang.parties.models import Organisation
from kechuang.site.demo import texts
from kechuang.site.demo.cast import OPERATOR, Cast

WAN = 1_000_000  # fen
JUDGES = ("yuchen", "pengcheng", "geyi")
CRITERIA = ("market", "technology", "carbon", "team")
OPENED = -31


def screen(cast: Cast) -> None:
    """Open the round, enter its candidates, let judges score, propose and decide."""
    at = cast.clock.at(OPENED)
    load_shipped(by=OPERATOR, at=cast.clock.at(-400))
    round_ = screenings.open_screening(
        typed=ScreeningTyped(
            title="外来团队和项目筛选（第一轮）", track="INTRODUCTION",
            rule_set="team-screening-2023", budget_fen=1500 * WAN, until=cast.clock.at(12),
            judges=tuple(cast.person(one).number for one in JUDGES),
        ),
        by=cast.actor("linjing"), at=at,
    )  # fmt: skip
    for row in texts.rows("teams.jsonl"):
        _candidate(cast, round_, row, row["day"])


def _candidate(cast: Cast, round_: Screening, row: dict[str, Any], day: int) -> None:
    officer = cast.actor("linjing")
    unit = Organisation.objects.get(name=row["unit"])
    candidate = screenings.enter_candidate(
        screening=round_, by=officer, at=cast.clock.at(day),
        typed=CandidateTyped(
            row["title"], row["origin"], row["summary"], unit.code,
            cast.person(row["leader"]).number, row["total_wan"] * WAN, row["asked_wan"] * WAN,
        ),
    )  # fmt: skip
    for judge, points in zip(JUDGES, row["points"], strict=False):
        given = dict(zip(CRITERIA, points, strict=True))
        screenings.score_candidate(
            candidate=candidate, tenths=given, by=cast.actor(judge), at=cast.clock.at(day + 2),
            reasons=dict.fromkeys(given, "见材料和现场答辩（演示）。"),
        )  # fmt: skip
    if "outcome" not in row:
        return
    candidate = screenings.propose_candidate(
        candidate=candidate, typed=_proposal(row), by=officer, at=cast.clock.at(day + 4)
    )
    if row["outcome"]:
        candidate = screenings.decide_candidate(
            candidate=candidate, verdict="ACCEPT", reason="达到通过分数，同意支持。",
            by=cast.actor("guoxun"), at=cast.clock.at(day + 6),
        )  # fmt: skip
        _after_the_notice(cast, candidate, row)


def _proposal(row: dict[str, Any]) -> ProposalTyped:
    terms = None
    if row["outcome"] == "STAKE":
        terms = StakeTyped(
            row["valuation_wan"] * WAN, "示例市科创投资有限公司（演示）",
            "满五年或下一轮融资时，按公允价值退出。", date(2032, 12, 31),
        )  # fmt: skip
    return ProposalTyped(row["outcome"], row["wan"] * WAN, terms)


def _after_the_notice(cast: Cast, candidate: Candidate, row: dict[str, Any]) -> None:
    """Support it, where its notice is over by the day of the demonstration, and pay its share."""
    over = Notice.objects.get(number=candidate.notice_number).ends_at
    assert over is not None
    at = over + timedelta(hours=9)
    if at >= cast.clock.now:
        return
    candidate = screenings.establish_candidate(candidate=candidate, by=cast.actor("guoxun"), at=at)
    for days, name, pay in (
        (1, "linjing", stakes.request_stake), (2, "chenli", stakes.review_stake),
        (3, "heyun", stakes.pay_stake),
    ):  # fmt: skip
        paid = at + timedelta(days=days)
        if row.get("paid") and paid < cast.clock.now:
            candidate = pay(candidate=candidate, by=cast.actor(name), at=paid)
