"""The public notice of an award: what it says, and one for each of several."""

from datetime import datetime

from kechuang.base.actor import Actor
from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_
from kechuang.challenges.models import Bid, Challenge, Proposal
from kechuang.challenges.queries import mode, office_of, sealed_content_of
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice

NOTICE_KIND = "AWARD"


def put_on_notice(
    challenge: Challenge, proposal: Proposal, *, note: str = "", by: Actor, at: datetime
) -> Notice:
    """Open the notice of one award and keep its number; each of several is a subject of its own,
    and whoever had a part in the challenge may not handle an objection to any."""
    several = challenge.winners_max > 1
    said = [(N_("说明"), note)] if note else []
    notice = notices.open_notice(
        subject_number=f"{challenge.number}/{proposal.place}" if several else challenge.number,
        kind=NOTICE_KIND, title=challenge.title,
        facts=[*notice_facts(challenge, proposal), *said], region_path=challenge.region_path,
        working_days=mode(challenge).notice_working_days,
        involved=office_of(challenge) if several else (), by=by, at=at,
    )
    proposal.notice_number = notice.number
    proposal.save()
    return notice


def notice_facts(challenge: Challenge, proposal: Proposal) -> list[tuple[str, str]]:
    """What the notice says: the winner, its consortium and the money, and why where one unit was
    commissioned; no more."""
    bid = Bid.objects.select_related("organisation", "lead").get(
        challenge=challenge, number=proposal.bid_number
    )
    budget = sealed_content_of(bid)["budget"]
    members = "、".join(bid.members.values_list("organisation__name", flat=True))
    facts = [
        (N_("榜单"), f"{challenge.number} {challenge.title}"),
        (N_("出题方"), challenge.issuer.name),
        (N_("拟立项单位"), bid.organisation.name),
        (N_("统一社会信用代码"), bid.organisation.code),
        (N_("联合体成员"), members or N_("无")),
        (N_("项目负责人"), bid.lead.name),
        (N_("评审得分"), f"{bid.score_hundredths // 100}.{bid.score_hundredths % 100:02d}"),
        (N_("总经费"), f"{yuan_exact(budget['total_fen'])} 元"),
        (N_("其中财政资金"), f"{yuan_exact(budget['public_fen'])} 元"),
    ]
    rule = mode(challenge)
    if rule.invited:
        facts += [(N_("组织方式"), rule.name), (N_("委托理由"), challenge.invited_reason)]
    elif challenge.winners_max > 1:
        facts += [(N_("组织方式"), rule.name), (N_("评审名次"), str(bid.rank))]
    return facts
