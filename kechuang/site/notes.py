"""The words of messages: only that something waits; what and where stands behind the link."""

from django.utils.translation import gettext

from kechuang.base.refusals import N_

ANY = N_("有一件事与您有关")
# By the beginning of the template's name; the longest that fits says it.
WORDS = {
    "cultivation.rules_to_approve": N_("一个规则版本等您审定"),
    "cultivation.rules_published": N_("您起草的规则已公布"),
    "cultivation.rules_returned": N_("您起草的规则已退回"),
    "needs.": N_("一项需求有新进展"),
    "needs.submitted": N_("一项需求等您签发"),
    "needs.returned": N_("一项需求退回补充"),
    "needs.check": N_("一项需求等您筛选"),
    "needs.reconfirm": N_("一项需求等您再确认"),
    "needs.accepted": N_("一项需求已入库"),
    "needs.draft_idle": N_("一份需求草稿久未改动，两周后将清理"),
    "offers.draft_idle": N_("一份成果草稿久未改动，两周后将清理"),
    "needs.converted": N_("一项需求已转为榜单"),
    "needs.reopened": N_("一项需求已退回需求库"),
    "needs.expired": N_("一项需求已过期"),
    "cultivation.": N_("一家企业的评价有新进展"),
    "cultivation.declaration_to_check": N_("一份企业年度数据等您核实"),
    "cultivation.declaration_checked": N_("年度数据已核实"),
    "cultivation.declaration_returned": N_("年度数据退回补正"),
    "cultivation.expires": N_("一项资格快到期"),
    "offers.": N_("一项成果有新进展"),
    "matching.": N_("一次对接有新进展"),
    "matching.introduced": N_("有一次引荐等您回复"),
    "matching.asked": N_("有一件引荐请求等您答复"),
    "matching.handed_over": N_("有一件引荐请您接手"),
    "events.": N_("一场活动有变动"),
    "events.invited": N_("有一场对接会邀请您"),
    "parties.consortium": N_("一个联合体有变动"),
    "parties.consortium_asked": N_("有一个联合体请贵单位加入"),
    "challenges.": N_("一个榜单有新进展"),
    "challenges.to_consent": N_("一个榜单等贵单位同意"),
    "challenges.to_argue": N_("一个榜单请您论证"),
    "challenges.to_authorise": N_("一个榜单等您审定"),
    "challenges.to_answer": N_("一个榜单有新提问"),
    "challenges.answered": N_("您的提问已答复"),
    "challenges.to_register_key": N_("一个榜单等您登记保管人公钥"),
    "challenges.keys_registered": N_("一个榜单的保管人都已登记公钥"),
    "challenges.to_give_shares": N_("一个榜单开标，等您交份额"),
    "challenges.shares_came": N_("一个榜单的开标有保管人交来份额"),
    "challenges.bid_void": N_("您的方案开标时作废，原因见开标记录"),
    "challenges.to_unseal": N_("一个榜单等待开标"),
    "challenges.to_check_bids": N_("一个榜单等您作形式审查"),
    "challenges.to_choose": N_("一个榜单等贵单位选定"),
    "challenges.to_approve": N_("一项拟立项等您审批"),
    "challenges.bid": N_("您的方案有新进展"),
    "challenges.to_sign_bid": N_("一份方案等您签发"),
    "challenges.to_confirm_bid": N_("一份方案请贵单位确认参加"),
    "challenges.to_reconfirm": N_("榜单已改，您的方案须重新确认"),
    "challenges.taken_over": N_("一个榜单交给您经办"),
    "challenges.no_officer": N_("一个榜单没有可换的经办"),
    "challenges.award_lapsed": N_("一个榜单的立项已失效"),
    "challenges.reserve_promoted": N_("一个榜单的备选方案已递补"),
    "challenges.bid_promoted": N_("您的备选方案已递补为拟立项"),
    "challenges.awarded": N_("一个榜单已确定立项"),
    "reviews.": N_("一场评审有新进展"),
    "reviews.assigned": N_("一场评审请您声明与评分"),
    "notices.": N_("一则公示有新进展"),
    "notices.objection": N_("一件异议等您处理"),
    "projects.": N_("一个项目有新进展"),
    "projects.milestone": N_("一个里程碑等您处理"),
    "cultivation.batch": N_("一个批次等您处理"),
    "cultivation.benefit": N_("一项奖补有新进展"),
    "cultivation.benefit_paid": N_("一笔奖补已拨付"),
    "cultivation.case": N_("一件追回与您有关"),
    "cultivation.policy": N_("一项政策等您处理"),
    "ledger.": N_("一笔拨付有新进展"),
    "parties.": N_("您的任职有变动"),
}


def words_of(template: str) -> str:
    """What a message says, in the reader's language."""
    fitting = [begin for begin in WORDS if template.startswith(begin)]
    return gettext(WORDS[max(fitting, key=len)] if fitting else ANY)
