"""The life of a candidate as a table, and its public notice: nothing is supported before it ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_, Refused
from kechuang.base.states import StateTable, row

NAMES = {
    "SCORING": N_("评分中"), "PROPOSED": N_("待决定"), "ON_NOTICE": N_("公示中"),
    "ACCEPTED": N_("通过"), "DECLINED": N_("未通过"), "WITHDRAWN": N_("已撤回"),
}  # fmt: skip
TABLE = StateTable("candidate", "候选", NAMES, (
    #    from         event                  to           who, guard
    row("-",         "enter_candidate",     "SCORING",   "officer",
        "the round is open and its term not over"),
    row("SCORING",   "score_candidate",     "same",      "named judge",
        "of no unit of the candidate; once, every criterion with its reason"),
    row("SCORING",   "propose_candidate",   "PROPOSED",  "officer",
        "all judges have scored, or three by the end of the term"),
    row("PROPOSED",  "return_candidate",    "SCORING",   "head", "neither proposed nor scored"),
    row("PROPOSED",  "decide_candidate",    "ON_NOTICE", "head",
        "accepted: neither proposed nor scored; the rules are met; the round's money holds it"),
    row("PROPOSED",  "decide_candidate",    "DECLINED",  "head",
        "not accepted: neither proposed nor scored"),
    row("ON_NOTICE", "establish_candidate", "ACCEPTED",  "head",
        "the whole term of the notice has run, no objection is open or upheld"),
    row("ON_NOTICE", "return_candidate",    "SCORING",   "head",
        "the notice was cancelled, or an objection upheld; the money is released"),
    row("SCORING PROPOSED ON_NOTICE", "withdraw_candidate", "WITHDRAWN", "officer",
        "a running notice is cancelled, the money released"),
), "design/procedures.md 4.4")  # fmt: skip

# How its notice stands, for a candidate on notice.
RUNNING, STOPPED, OVER, CANCELLED = "RUNNING", "STOPPED", "OVER", "CANCELLED"
SUPPORT = {
    "PROJECT": "立项支持",
    "STAKE": "共同持股",
}  # what a notice says is Chinese for everybody


class CandidateRefused(Refused):
    """What cannot be done with a candidate while its notice stands as it does."""


@dataclass(frozen=True)
class Noticed:
    """The notice of a candidate: its number, and how it stands now."""

    number: str = ""
    stands: str = ""


def is_timely(verb: str, noticed: Noticed) -> bool:
    """Whether a step may be taken while the notice stands so; without a notice every one may."""
    if verb == "establish_candidate":
        return noticed.stands == OVER
    return verb != "return_candidate" or noticed.stands in ("", CANCELLED)


def check_timely(verb: str, noticed: Noticed) -> None:
    """Refuse to support before the notice has run, and to return what still stands on it."""
    if is_timely(verb, noticed):
        return
    facts = {"notice": noticed.number}
    if verb == "return_candidate":
        raise CandidateRefused(
            "screening.notice_stands", N_("不能退回。公示“{notice}”没有撤销。"), facts, (),
            N_("公示撤销或异议成立以后才能退回；团队不再来的，由经办撤回候选。"),
        )  # fmt: skip
    if noticed.stands == STOPPED:
        raise CandidateRefused(
            "screening.objection_open",
            N_("不能确定支持。对公示“{notice}”的异议还没有办结，计时已停。"), facts, (),
            N_("异议办结后计时继续。"),
        )  # fmt: skip
    if noticed.stands == CANCELLED:
        raise CandidateRefused(
            "screening.notice_cancelled", N_("不能确定支持。公示“{notice}”已撤销。"), facts, (),
            N_("请退回经办，另提意见。"),
        )  # fmt: skip
    raise CandidateRefused(
        "screening.notice_running", N_("不能确定支持。公示“{notice}”还没有期满。"), facts, (),
        N_("期满、没有未办结的异议，由负责人确定。"),
    )  # fmt: skip


# --- what the notice says ----------------------------------------------------------------------


@dataclass(frozen=True)
class Decided:
    """What was decided of a candidate, as its notice and its page of grounds say it.

    `points` are (name, tenths, most tenths) in the order of the rule set.
    """

    title: str
    origin: str
    organisation: str
    leader: str
    screening: str
    rules: str
    outcome: str
    total_fen: int
    amount_fen: int
    judges: int
    points: Sequence[tuple[str, int, int]]
    terms: Mapping[str, Any]
    fingerprint: str


def grounds_path(number: str) -> str:
    """The public page of what was decided of a candidate, and why; in Chinese, without a prefix."""
    return f"/screenings/candidates/{number}/decision/"


def notice_title(decided: Decided) -> str:
    """The title of the notice, within what a title may hold."""
    return f"{decided.title[:180]}（拟{SUPPORT[decided.outcome]}）"


def notice_facts(decided: Decided) -> list[tuple[str, str]]:
    """What everybody reads: who comes, with which money, by which points under which rules."""
    whole = sum(tenths for _name, tenths, _most in decided.points)
    return [
        ("依据", decided.rules),
        ("筛选轮次", decided.screening),
        ("从哪里来", decided.origin),
        ("落地单位", decided.organisation),
        ("负责人", decided.leader),
        ("总投入（元）", yuan_exact(decided.total_fen)),
        ("拟支持方式", SUPPORT[decided.outcome]),
        ("拟支持金额（元）", yuan_exact(decided.amount_fen)),
        *_terms(decided.terms),
        ("得分", f"{points_words(whole)} 分，{decided.judges} 位评分人的平均分"),
        *((name, f"{points_words(tenths)} 分，满分 {points_words(most)}")
          for name, tenths, most in decided.points),
        ("内容指纹", f"sha256:{decided.fingerprint}"),
    ]  # fmt: skip


def _terms(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not terms:
        return []
    return [
        ("投后估值（元）", yuan_exact(terms["valuation_fen"])), ("持股人", terms["holder"]),
        ("退出条件", terms["exit_condition"]), ("退出日期", terms["exit_date"]),
    ]  # fmt: skip


def points_words(tenths: int) -> str:
    """Points as people write them.

    >>> points_words(700), points_words(245)
    ('70', '24.5')
    """
    return f"{tenths / 10:g}"
