"""Several winners of one call: down the ranking, until the places or the money are used up."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.refusals import N_, Refused
from kechuang.challenges.rules.modes import Mode
from kechuang.challenges.rules.refusals import ChallengeRefused


class Why(StrEnum):
    ABOVE = "ABOVE"
    MONEY_SPENT = "MONEY_SPENT"
    PLACES_TAKEN = "PLACES_TAKEN"
    BELOW_THRESHOLD = "BELOW_THRESHOLD"
    NOT_RANKED = "NOT_RANKED"


WHY_NAMES = {
    Why.ABOVE: N_("线上"),
    Why.MONEY_SPENT: N_("线下：预算已用完"),
    Why.PLACES_TAKEN: N_("线下：名额已满"),
    Why.BELOW_THRESHOLD: N_("未达分数线"),
    Why.NOT_RANKED: N_("没有名次"),
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A reviewed bid: its place in the ranking, whether it passed, and what it asks for, in fen."""

    number: str
    rank: int | None
    passed: bool
    ask_fen: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the ranking with the line: what is asked so far, and why it stands where it does."""

    bid: Ranked
    sum_fen: int
    why: Why

    @property
    def is_above(self) -> bool:
        return self.why == Why.ABOVE


def cut_line(bids: Sequence[Ranked], winners_max: int, budget_fen: int) -> list[Line]:
    """The ranking with the line drawn: nobody below it is taken because somebody above costs more.

    >>> rows = [Ranked("A", 1, True, 60), Ranked("B", 2, True, 50), Ranked("C", 3, True, 10)]
    >>> [(one.bid.number, one.sum_fen, one.why.value) for one in cut_line(rows, 3, 100)]
    [('A', 60, 'ABOVE'), ('B', 110, 'MONEY_SPENT'), ('C', 120, 'MONEY_SPENT')]
    """
    last = len(bids) + 1
    ordered = sorted(bids, key=lambda one: (not one.passed, one.rank or last, one.number))
    lines: list[Line] = []
    total, taken, stopped = 0, 0, None
    for bid in ordered:
        if bid.rank is None or not bid.passed:
            why = Why.NOT_RANKED if bid.rank is None else Why.BELOW_THRESHOLD
            lines.append(Line(bid, 0, why))
            continue
        total += bid.ask_fen
        if stopped is None and taken >= winners_max:
            stopped = Why.PLACES_TAKEN
        if stopped is None and total > budget_fen:
            stopped = Why.MONEY_SPENT
        taken += stopped is None
        lines.append(Line(bid, total, stopped or Why.ABOVE))
    return lines


def problems_with_awards(
    chosen: Sequence[str], bids: Sequence[Ranked], mode: Mode, winners_max: int, budget_fen: int
) -> list[Refused]:
    """Awards are within places and money, and nobody ranked higher is passed over."""
    by_number = {one.number: one for one in bids if one.rank is not None and one.passed}
    problems: list[Refused] = []
    if not chosen or len(set(chosen)) != len(chosen) or set(chosen) - by_number.keys():
        return [ChallengeRefused(
            "challenges.awards_unknown", N_("拟立项的须是达到分数线的方案，每份一次。"), {},
            ("bids",),
        )]
    if not mode.winners_min <= len(chosen) <= winners_max:
        problems.append(ChallengeRefused(
            "challenges.awards_number", N_("拟立项须为 {least} 到 {most} 份，现在是 {n} 份。"),
            {"least": mode.winners_min, "most": winners_max, "n": len(chosen)}, ("bids",),
            N_("达到分数线的不够时，部门负责人可取消本榜单，换一种方式发榜。"),
        ))
    asked = sum(by_number[number].ask_fen for number in chosen)
    if asked > budget_fen:
        problems.append(ChallengeRefused(
            "challenges.awards_exceed", N_("拟立项的财政资金之和超出榜单，超出 {gap_fen}。"),
            {"gap_fen": asked - budget_fen}, ("bids",), N_("请把线画高一些。"),
        ))
    lowest = max(by_number[number].rank or 0 for number in chosen)
    passed_over = [
        one.number for one in by_number.values()
        if one.number not in chosen and (one.rank or 0) < lowest
    ]
    if mode.ranking_binds and passed_over:
        problems.append(ChallengeRefused(
            "challenges.passed_over", N_("不能跳过名次：有 {n} 份名次更高的方案没有列入。"),
            {"n": len(passed_over)}, ("bids",),
            N_("对评审有疑问时，请由组长说明理由后重新打开评审。"),
        ))
    return problems
