"""The content of a bid: a structured proposal, checked before it is sealed. Money in fen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kechuang.base.refusals import N_, Refused
from kechuang.challenges.rules.refusals import BidRefused

FORM = "open-1"
TEXT_MAX = 20_000
MILESTONES_MAX = 24
TEAM_MAX = 100
CONTENT_BYTES_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class Frame:
    """What the challenge asks of a proposal: targets by code, money and time at most."""

    targets: Sequence[str]
    public_fen: int
    total_fen: int
    months: int
    earliest: date
    last: date | None = None


def empty_proposal() -> dict[str, Any]:
    """The shape of a proposal, nothing in it yet."""
    return {
        "form": FORM, "title": "", "summary": "", "route": "", "basis": "",
        "commitments": [], "team": [], "milestones": [],
        "budget": {"total_fen": 0, "public_fen": 0, "own_fen": 0, "other_fen": 0, "signing_fen": 0},
        "answers": {}, "attachments": [],
    }


def _problem(code: str, text: str, field: str, **facts: Any) -> BidRefused:
    return BidRefused(code, text, facts, (field,))


def problems_with_texts(content: Mapping[str, Any]) -> list[Refused]:
    """Title, summary and route are written."""
    return [
        _problem("bids.empty_text", N_("这一项还没有写。"), name)
        for name in ("title", "summary", "route") if not str(content.get(name, "")).strip()
    ]


def problems_with_commitments(content: Mapping[str, Any], targets: Sequence[str]) -> list[Refused]:
    """Each target of the challenge has a committed value."""
    given = {
        row["target"] for row in content.get("commitments", []) if str(row.get("value", "")).strip()
    }
    return [
        _problem("bids.target_not_committed", N_("指标 {target} 还没有写承诺值。"),
                 "commitments", target=target)
        for target in targets if target not in given
    ]


def problems_with_milestones(content: Mapping[str, Any], frame: Frame) -> list[Refused]:
    """At least one, in order of time, within the months of the challenge, each with its proof."""
    rows = content.get("milestones", [])
    if not rows:
        return [_problem("bids.no_milestone", N_("至少写一个里程碑。"), "milestones")]
    problems: list[Refused] = []
    last = last_day(frame)
    dues = [date.fromisoformat(row["due"]) for row in rows]
    if dues != sorted(dues) or len(set(dues)) != len(dues):
        problems.append(_problem(
            "bids.milestones_out_of_order", N_("里程碑的日期须由早到晚，不能相同。"), "milestones",
        ))
    if dues[0] <= frame.earliest or dues[-1] > last:
        problems.append(_problem(
            "bids.milestone_out_of_time", N_("里程碑须在 {earliest} 之后、{last} 之前。"),
            "milestones", earliest=frame.earliest.isoformat(), last=last.isoformat(),
        ))
    if any(not row["title"].strip() or not row["evidence"].strip() for row in rows):
        problems.append(_problem(
            "bids.milestone_incomplete", N_("每个里程碑都要写名称和完成的凭据。"), "milestones",
        ))
    return problems


def last_day(frame: Frame) -> date:
    """The day by which the last milestone is due: the challenge's months after the deadline,
    and half a year for award and signing; in a race the gate of the first stage."""
    if frame.last is not None:
        return frame.last
    months = frame.earliest.month - 1 + frame.months + 6
    return date(frame.earliest.year + months // 12, months % 12 + 1, 28)


def problems_with_budget(content: Mapping[str, Any], frame: Frame) -> list[Refused]:
    """Total is public, own and other; the public part is within the challenge's, and is split
    without rest over signing and milestones."""
    budget = content["budget"]
    problems: list[Refused] = []
    if budget["total_fen"] <= 0 or min(budget.values()) < 0:
        problems.append(_problem("bids.no_money", N_("总经费须大于零，各项不能为负。"), "budget"))
    parts = budget["public_fen"] + budget["own_fen"] + budget["other_fen"]
    if parts != budget["total_fen"]:
        problems.append(_problem(
            "bids.money_does_not_add_up",
            N_("财政、自筹与其他资金之和须等于总经费，现在相差 {gap_fen}。"),
            "budget", gap_fen=abs(parts - budget["total_fen"]),
        ))
    if budget["public_fen"] > frame.public_fen:
        problems.append(_problem(
            "bids.public_exceeds", N_("申请的财政资金超出榜单的上限 {limit_fen}。"),
            "budget", limit_fen=frame.public_fen,
        ))
    by_stage = budget["signing_fen"] + sum(
        row["public_fen"] for row in content.get("milestones", [])
    )
    if by_stage != budget["public_fen"]:
        problems.append(_problem(
            "bids.instalments_do_not_add_up",
            N_("签约首笔与各里程碑的财政资金之和须等于申请的财政资金，现在相差 {gap_fen}。"),
            "budget", gap_fen=abs(by_stage - budget["public_fen"]),
        ))
    return problems


def problems_with_proposal(content: Mapping[str, Any], frame: Frame) -> list[Refused]:
    """Everything that keeps a proposal from being sealed, all at once."""
    return [
        *problems_with_texts(content),
        *problems_with_commitments(content, frame.targets),
        *problems_with_milestones(content, frame),
        *problems_with_budget(content, frame),
    ]


def project_plan(content: Mapping[str, Any], months: int) -> dict[str, Any]:
    """What the project takes over of a winning bid: nothing is typed twice."""
    return {
        "months": months,
        "summary": content["summary"],
        "milestones": [
            {"code": f"M{place}", "title": row["title"], "content": row["evidence"],
             "due_date": row["due"]}
            for place, row in enumerate(content["milestones"], start=1)
        ],
        "instalments": project_instalments(content),
    }


def project_instalments(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The public money by its gates, signing first.

    >>> project_instalments({"budget": {"signing_fen": 600},
    ...                      "milestones": [{"public_fen": 900}, {"public_fen": 0}]})
    [{'gate': 'SIGNING', 'milestone': '', 'amount_fen': 600}, \
{'gate': 'MILESTONE', 'milestone': 'M1', 'amount_fen': 900}]
    """
    gates = [("SIGNING", "", content["budget"]["signing_fen"])]
    gates += [("MILESTONE", f"M{place}", row["public_fen"])
              for place, row in enumerate(content["milestones"], start=1)]
    return [{"gate": gate, "milestone": code, "amount_fen": fen} for gate, code, fen in gates
            if fen]
