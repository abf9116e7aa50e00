"""What this part refuses, and the two kinds of refusal it raises."""

from kechuang.base.refusals import N_, NotPermitted, Refused


class ChallengeRefused(Refused):
    """Something asked of a challenge is not done."""


class BidRefused(Refused):
    """Something asked of a bid is not done."""


EVENT_NAMES = {
    "create": N_("起草榜单"),
    "edit": N_("修改榜单"),
    "answer_fit_test": N_("做适合性自查"),
    "name_custodians": N_("指定保管人"),
    "register_key": N_("登记公钥"),
    "start_session": N_("开始开标会"),
    "give_shares": N_("交份额"),
    "put_envelope": N_("交密封件"),
    "lock_draft": N_("保存加锁的草稿"),
    "consent": N_("同意榜单"),
    "send_to_argument": N_("送论证"),
    "argue": N_("签署论证意见"),
    "pass_argument": N_("作论证结论"),
    "reject_argument": N_("作论证结论"),
    "return_argument": N_("作论证结论"),
    "authorise": N_("审定榜单"),
    "open": N_("发榜"),
    "ask": N_("提问"),
    "answer": N_("答复提问"),
    "amend_minor": N_("改动榜单"),
    "amend_substantial": N_("作实质性改动"),
    "close": N_("截止"),
    "fail": N_("流榜"),
    "attend": N_("开标签到"),
    "unseal": N_("开标"),
    "open_prices": N_("开报价"),
    "check": N_("形式审查"),
    "finish_check": N_("结束形式审查"),
    "fail_check": N_("结束形式审查"),
    "take_ranking": N_("取评审结果"),
    "choose": N_("选定方案"),
    "propose": N_("提出拟立项"),
    "approve": N_("审批拟立项"),
    "approve_last": N_("审批拟立项"),
    "return_proposal": N_("退回拟立项"),
    "finalise": N_("确定立项"),
    "finalise_some": N_("确定立项"),
    "undo_award": N_("撤回一项立项"),
    "settle": N_("撤回一项立项"),
    "contract": N_("登记签约"),
    "replace_some": N_("递补备选"),
    "open_gate": N_("开始赛段比较"),
    "compare": N_("签署赛段比较"),
    "return_comparison": N_("退回赛段比较"),
    "decide_gate": N_("决定赛段去留"),
    "stop": N_("停下一队"),
    "merge": N_("并入另一队"),
    "reopen_decision": N_("退回评定"),
    "run": N_("转入实施"),
    "promote_reserve": N_("递补备选"),
    "fail_award": N_("流榜"),
    "end": N_("结束"),
    "relist": N_("重新发榜"),
    "cancel": N_("取消榜单"),
    "declare_conflict": N_("声明回避"),
    "open_budget_line": N_("登记预算"),
    "start_bid": N_("起草方案"),
    "save": N_("修改方案"),
    "save_bid": N_("修改方案"),
    "sign": N_("签发方案"),
    "sign_bid": N_("签发方案"),
    "ask_signature": N_("送单位签发"),
    "return_bid": N_("退回方案"),
    "confirm": N_("确认参加"),
    "confirm_membership": N_("确认参加"),
    "submit": N_("提交密封方案"),
    "submit_bid": N_("提交密封方案"),
    "discard": N_("删除草稿"),
    "withdraw": N_("撤回方案"),
    "withdraw_bid": N_("撤回方案"),
    "replace": N_("替换方案"),
    "reconfirm": N_("重新确认方案"),
    "reconfirm_bid": N_("重新确认方案"),
    "attach_file": N_("添加附件"),
    "drop_file": N_("删除附件"),
    "admit": N_("判为合格"),
    "ask_correction": N_("要求补正"),
    "refuse": N_("判为不合格"),
    "correct": N_("交补正"),
    "correct_bid": N_("交补正"),
}


def event_name(event: str) -> str:
    """The name of an event as people say it; the door translates it."""
    return EVENT_NAMES.get(event, N_("办这一步"))


def not_yours(event: str) -> NotPermitted:
    """The refusal for somebody whose step this is not."""
    return NotPermitted(
        "challenges.not_permitted", N_("您不能{event}，这一步不由您现在的身份办。"),
        {"event": event_name(event)},
        way_on=N_("榜单页面写明现在由谁办；需要换人请联系经办。"),
    )
