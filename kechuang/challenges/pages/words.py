"""Words that several pages share: scores, and what the sealing scripts say."""

from django.utils.translation import gettext as _

from kechuang.challenges.models import Bid


def sealing() -> dict[str, str]:
    """Words by the code of what happened; the scripts hold none themselves."""
    return {
        "working": _("正在这台电脑上计算……"),
        "failed": _("没有成功，什么也没有发出。请刷新页面再试，或用命令行。"),
        "made": _("私钥文件已下载，请存好。指纹："),
        "sealed": _("已密封，正在交件。密封件指纹："),
        "locked": _("草稿已加锁保存。口令只有您知道，忘了就打不开。"),
        "unlocked": _("草稿已打开。"),
        "short_words": _("草稿口令至少 8 个字。"),
        "wrong_words": _("口令不对，草稿没有打开。"),
        "not_a_draft": _("还没有加锁的草稿。"),
        "no_key_file": _("请选您的私钥文件。"),
        "no_custodian": _("这把私钥不是本榜单保管人的。请换您登记公钥时的那个文件。"),
        "not_for_this_key": _("这把私钥打不开：请核对是不是本次开标会的文件。"),
        "deadline_not_passed": _("按这台电脑的钟，截止时间还没有到，没有交出份额。"),
        "not_current": _("有一份密封件不在开标之列，没有交出份额。请告诉监督。"),
        "another_call": _("有一份密封件不是按本榜单的公钥和规则密封的，没有交出份额。请告诉监督。"),
        "not_an_envelope": _("有一份密封件被改过，没有交出份额。请告诉监督。"),
        "another_envelope": _("有一份份额对不上密封件。请告诉监督。"),
        "price_sealed": _("技术方案和报价已分别密封，正在交件。"),
        "too_large": _("方案连附件超过 64 MB。请压缩附件。"),
        **_missing(),
    }


def _missing() -> dict[str, str]:
    return {
        "no_title": _("方案名称还没有写。"),
        "no_summary": _("一段话说清方案还没有写。"),
        "no_route": _("技术路线还没有写。"),
        "no_commitment": _("有指标还没有写承诺值。"),
        "no_milestone": _("至少写一个里程碑。"),
        "milestone_incomplete": _("每个里程碑都要写名称、日期（2027-06-30）和完成的凭据。"),
        "milestones_out_of_order": _("里程碑的日期须由早到晚，不能相同。"),
        "no_amount": _("有一处金额不是数字。"),
        "does_not_add_up": _("财政、自筹与其他资金之和须等于总经费，总经费须大于零。"),
        "instalments_do_not_add_up": _("签约首笔与各里程碑的财政资金之和须等于申请的财政资金。"),
        "public_exceeds": _("申请的财政资金超出榜单的上限。"),
        "not_answered": _("“{label}”还没有填。"),
        "no_such_answer": _("“{label}”填得不对：请按这一项要求的方式填。"),
        "not_declared": _("还没有申报是否另有财政资金支持。"),
    }


def score_words(bid: Bid) -> str:
    """A score as people read it: two decimals.

    >>> score_words(Bid(score_hundredths=8105))
    '81.05'
    """
    if bid.score_hundredths is None:
        return ""
    return f"{bid.score_hundredths // 100}.{bid.score_hundredths % 100:02d}"
