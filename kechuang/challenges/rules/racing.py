"""A race between gates: who goes on, joins another team, or stops, and with how much money."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kechuang.base.refusals import N_, Refused
from kechuang.base.states import StateTable, row
from kechuang.challenges.rules.refusals import ChallengeRefused


class GateState(StrEnum):
    COLLECTING = "COLLECTING"
    COMPARING = "COMPARING"
    COMPARED = "COMPARED"
    DECIDED = "DECIDED"


GATE_STATE_NAMES = {
    GateState.COLLECTING: N_("赛段进行中"),
    GateState.COMPARING: N_("比较中"),
    GateState.COMPARED: N_("已比较，待决定"),
    GateState.DECIDED: N_("已决定"),
}


GATE_TABLE = StateTable("gate", "赛段比较", GATE_STATE_NAMES, (
    #    from          event                from or to    who, guard
    row("-",          "plan_gate",         "COLLECTING", "clock",
        "the race runs, or a gate was decided and stages remain"),
    row("COLLECTING", "open_gate",         "COMPARING",  "clock or officer",
        "its day has come, or every team's stage is judged; the evidence is frozen"),
    row("COMPARING",  "compare",           "COMPARED",   "chair",
        "every team has a verdict and a reason"),
    row("COMPARED",   "return_comparison", "COMPARING",  "head", "with a reason"),
    row("COMPARED",   "decide_gate",       "DECIDED",    "head",
        "another person than the chair; teams within the next stage, money within the call"),
), "design/procedures.md, Race gate")


class Verdict(StrEnum):
    CONTINUE = "CONTINUE"
    MERGE = "MERGE"
    STOP = "STOP"


VERDICT_NAMES = {
    Verdict.CONTINUE: N_("继续"),
    Verdict.MERGE: N_("并入另一队"),
    Verdict.STOP: N_("止于本赛段"),
}


@dataclass(frozen=True, slots=True)
class TeamVerdict:
    """What is said of one team; teams are named by their bids' numbers, money in fen."""

    team: str
    verdict: str
    reason: str
    into: str = ""
    added_fen: int = 0


def problems_with_verdicts(
    teams: Sequence[str], verdicts: Sequence[TeamVerdict], teams_max: int, free_fen: int
) -> list[Refused]:
    """Every team is judged with a reason; who goes on fits the next stage, and its money the call.

    >>> [one.code for one in problems_with_verdicts(
    ...     ["A", "B"], [TeamVerdict("A", "STOP", "慢"), TeamVerdict("B", "STOP", "慢")], 1, 0)]
    ['challenges.nobody_goes_on']
    """
    said = {one.team: one for one in verdicts}
    if set(said) != set(teams) or len(said) != len(verdicts):
        return [ChallengeRefused(
            "challenges.team_not_judged", N_("每一队都要有结论，一队一个。"), {}, ("verdicts",),
        )]
    problems: list[Refused] = []
    going = [one for one in verdicts if one.verdict == Verdict.CONTINUE]
    if any(not one.reason.strip() for one in verdicts):
        problems.append(ChallengeRefused(
            "challenges.verdict_without_reason", N_("每一队的结论都要写明理由，该队会看到。"), {},
            ("verdicts",),
        ))
    if not going:
        problems.append(ChallengeRefused(
            "challenges.nobody_goes_on", N_("至少要有一队继续。"), {}, ("verdicts",),
            N_("都不达标时，请分别按项目终止办理。"),
        ))
    if len(going) > teams_max:
        problems.append(ChallengeRefused(
            "challenges.too_many_go_on", N_("下一赛段最多 {most} 队，现在是 {n} 队。"),
            {"most": teams_max, "n": len(going)}, ("verdicts",),
            N_("请让其余的并入或止于本赛段。"),
        ))
    return [*problems, *_problems_with_merging(said), *_problems_with_money(verdicts, free_fen)]


def _problems_with_merging(said: dict[str, TeamVerdict]) -> list[Refused]:
    """A team joins one that goes on, never itself and never one that joins or stops too."""
    problems: list[Refused] = [
        ChallengeRefused(
            "challenges.merged_into_none", N_("并入的须是继续的另一队。"), {}, ("verdicts",),
        )
        for one in said.values()
        if one.verdict == Verdict.MERGE
        and (one.into not in said or said[one.into].verdict != Verdict.CONTINUE)
    ]
    return problems[:1]


def _problems_with_money(verdicts: Sequence[TeamVerdict], free_fen: int) -> list[Refused]:
    """Only who goes on is given more; together no more than the call has left."""
    problems: list[Refused] = []
    if any(one.added_fen and one.verdict != Verdict.CONTINUE for one in verdicts) or any(
        one.added_fen < 0 or (one.verdict == Verdict.CONTINUE and not one.added_fen)
        for one in verdicts
    ):
        problems.append(ChallengeRefused(
            "challenges.stage_money", N_("继续的队须有下一赛段的资金，其他队没有。"), {},
            ("verdicts",),
        ))
    added = sum(one.added_fen for one in verdicts)
    if added > free_fen:
        problems.append(ChallengeRefused(
            "challenges.stage_money_exceeds",
            N_("下一赛段的资金之和超出榜单剩余的财政资金，超出 {gap_fen}。"),
            {"gap_fen": added - free_fen}, ("verdicts",),
            N_("停下的队未拨付的资金已计入剩余。"),
        ))
    return problems
