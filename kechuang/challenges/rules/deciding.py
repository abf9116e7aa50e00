"""Argument, choice, approval and award: who may be chosen and when it is final."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from kechuang.base.refusals import N_, require
from kechuang.challenges.rules.modes import ApprovalRule, Mode
from kechuang.challenges.rules.refusals import ChallengeRefused


class Verdict(StrEnum):
    PASS = "PASS"
    REJECT = "REJECT"
    RETURN = "RETURN"


ARGUMENT_EVENTS = {
    Verdict.PASS: "pass_argument",
    Verdict.REJECT: "reject_argument",
    Verdict.RETURN: "return_argument",
}


def check_conclusion(signed: Mapping[str, str], verdict: str, mode: Mode) -> None:
    """The lead concludes last: enough experts have signed, and a pass has more than half.

    `signed` maps the other experts' numbers to their verdicts; the lead's own is `verdict`.
    """
    total = len(signed) + 1
    require(total >= mode.experts_min, ChallengeRefused(
        "challenges.too_few_opinions", N_("已签意见 {n} 份，至少要 {most} 份，组长才能作结论。"),
        {"n": total, "most": mode.experts_min}, (), N_("请等其他专家签署意见。"),
    ))
    passes = sum(1 for one in [*signed.values(), verdict] if one == Verdict.PASS)
    require(verdict != Verdict.PASS or 2 * passes > total, ChallengeRefused(
        "challenges.no_majority", N_("赞成 {passes} 份，不到 {total} 份的一半以上，不能通过。"),
        {"passes": passes, "total": total}, ("verdict",), N_("可退回修改或不予通过。"),
    ))


def is_above_threshold(score_hundredths: int, mode: Mode) -> bool:
    """A score is kept in hundredths of a point; the threshold is of 100 points.

    >>> from kechuang.challenges.rules.modes import mode_of
    >>> is_above_threshold(6000, mode_of("OPEN", 1)), is_above_threshold(5999, mode_of("OPEN", 1))
    (True, False)
    """
    return score_hundredths >= mode.score_min * 100


def check_choosable(rank: int | None, passed: bool) -> None:
    """Only a ranked bid above the threshold can be chosen."""
    require(rank is not None, ChallengeRefused(
        "challenges.not_ranked", N_("这份方案没有进入评审排名，不能选定。"), {}, ("bid",),
    ))
    require(passed, ChallengeRefused(
        "challenges.below_threshold", N_("这份方案未达到评审分数线，不能选定。"), {}, ("bid",),
    ))


def check_proposal(chosen: str, proposed: str, mode: Mode) -> None:
    """The office proposes whom the poser chose; where it disagrees, the poser chooses again."""
    if not mode.issuer_chooses:
        return
    require(bool(chosen), ChallengeRefused(
        "challenges.no_choice", N_("出题方还没有选定，不能提出拟立项。"), {}, (),
        N_("请等出题方在榜单页面选定。"),
    ))
    require(chosen == proposed, ChallengeRefused(
        "challenges.not_the_choice", N_("拟立项的方案须是出题方选定的那一份。"), {}, ("bid",),
        N_("有不同意见时，请退回出题方重新选定。"),
    ))


def check_first(rank: int | None, ranks: Sequence[int | None], mode: Mode) -> None:
    """Where the ranking binds, nobody but the first of those above the threshold is proposed."""
    first = min((one for one in ranks if one is not None), default=None)
    require(not mode.ranking_binds or rank == first, ChallengeRefused(
        "challenges.not_the_first", N_("这种组织方式按评审排名立项，拟立项的须是排名第一的方案。"),
        {}, ("bid",), N_("对评审有疑问时，请由组长说明理由后重新打开评审。"),
    ))


def next_step(mode: Mode, signed: Sequence[str]) -> ApprovalRule | None:
    """The approval awaited, in the configured order; None when all have signed."""
    for step in mode.approval:
        if step.code not in signed:
            return step
    return None


def check_approver(person: str, earlier: Sequence[str]) -> None:
    """Whoever proposed or approved an earlier step does not approve the next."""
    require(person not in earlier, ChallengeRefused(
        "challenges.same_approver", N_("您已办过本轮的前一步，这一步须由另一个人办。"), {}, (),
        N_("请本处室其他有权的人办理。"),
    ))


def check_final(notice_over: bool, objection_open: bool, upheld: bool) -> None:
    """An award is final when its notice has run its days with no open or upheld objection."""
    require(not objection_open, ChallengeRefused(
        "challenges.objection_open", N_("还有异议未办结，公示期计时已停，不能确定立项。"), {}, (),
        N_("异议办结后计时继续。"),
    ))
    require(not upheld, ChallengeRefused(
        "challenges.objection_upheld", N_("有异议成立，本次拟立项须撤回重定。"), {}, (),
        N_("请经办退回评定。"),
    ))
    require(notice_over, ChallengeRefused(
        "challenges.notice_running", N_("公示期未满，不能确定立项。"), {}, (),
        N_("期满后由部门负责人确定。"),
    ))
