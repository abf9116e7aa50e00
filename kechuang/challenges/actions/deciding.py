"""From the ranking to the award: the poser's choice, approvals in order, notice, project."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    move,
    move_bid,
    person_of,
    record_bid,
    record_step,
    tell,
    tell_admins,
    tell_role,
)
from kechuang.challenges.models import Approval, Bid, Challenge, IssuerChoice, Proposal
from kechuang.challenges.queries import (
    awaited_approval,
    live_proposal,
    mode,
    sealed_content_of,
)
from kechuang.challenges.rules.deciding import next_step
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.reviews import queries as panels

NOTICE_KIND = "AWARD"


def _bids(challenge: Challenge, *states: str) -> list[Bid]:
    return list(
        Bid.objects.select_for_update(of=("self",))
        .filter(challenge=challenge, state__in=states)
        .select_related("organisation", "lead", "drafter", "challenge").order_by("rank", "id")
    )


def _bid(challenge: Challenge, number: str) -> Bid:
    bid = Bid.objects.filter(challenge=challenge, number=number).select_related(
        "organisation", "lead", "drafter", "challenge"
    ).first()
    require(bid is not None, rules.ChallengeRefused(
        "challenges.no_such_bid", N_("本榜单没有这份方案。"), {}, ("bid",)))
    return bid


def _rank(bid: Bid) -> int | None:
    """The rank of a bid that still stands in the ranking; an award that lapsed does not."""
    return bid.rank if bid.state == Bid.State.RANKED else None


@transaction.atomic
def take_ranking(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """Take the finished panel's ranking over: ranks, scores and who passed; then decide."""
    challenge, to = begin(challenge, "take_ranking", by=by)
    panel = panels.panel_for(challenge.number)
    require(panel is not None and panel.state == "FINISHED", rules.ChallengeRefused(
        "challenges.review_running", N_("评审还没有结束。"), {}, (),
        N_("组长签署评审纪要后再办。")))
    rule = mode(challenge)
    ranking = {row.case_number: row for row in panels.ranking_of(panel)}
    for bid in _bids(challenge, Bid.State.IN_REVIEW):
        row = ranking.get(bid.number)
        if row is not None:
            bid.rank = row.rank
            bid.score_hundredths = int(row.mean)
            bid.passed = row.is_passed and rules.deciding.is_above_threshold(int(row.mean), rule)
        move_bid(bid, "rank", by=by, at=at)
        record_bid(bid, "rank", by=by, at=at, rank=bid.rank, score_hundredths=bid.score_hundredths,
                   passed=bid.passed)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "take_ranking", by=by, at=at, panel=panel.number, bids=len(ranking))
    if rule.issuer_chooses:
        tell_admins(challenge.issuer, "to_choose", challenge.number, by=by, at=at)
    tell([challenge.officer], "ranked", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def choose(
    *, challenge: Challenge, bid_number: str, reason: str, by: Actor, at: datetime
) -> IssuerChoice:
    """The poser chooses among the ranked bids above the threshold, with a reason."""
    challenge, to = begin(challenge, "choose", by=by)
    require(live_proposal(challenge) is None, rules.ChallengeRefused(
        "challenges.proposed_already", N_("科技局已提出拟立项，现在不能改选。"), {}, (),
        N_("需要改选时，请联系经办退回。")))
    bid = _bid(challenge, bid_number)
    rules.deciding.check_choosable(_rank(bid), bid.passed)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明选定的理由。"), {}, ("reason",)))
    choice = IssuerChoice.objects.create(
        challenge=challenge, bid_number=bid.number, reason=reason, by=person_of(by), at=at
    )
    move(challenge, to, by=by, at=at)
    record_step(challenge, "choose", by=by, at=at, bid=bid.number)
    tell([challenge.officer], "to_propose", challenge.number, by=by, at=at)
    return choice


@transaction.atomic
def propose(
    *, challenge: Challenge, bid_number: str, reason: str, reserve_number: str = "", by: Actor,
    at: datetime,
) -> Proposal:
    """The officer proposes the poser's choice, and a reserve; the department's approval begins."""
    challenge, to = begin(challenge, "propose", by=by)
    require(live_proposal(challenge) is None, rules.ChallengeRefused(
        "challenges.proposed_already", N_("已有一份拟立项在审批。"), {}))
    rule = mode(challenge)
    choice = challenge.choices.order_by("-id").first()
    rules.deciding.check_proposal(choice.bid_number if choice else "", bid_number, rule)
    winner = _bid(challenge, bid_number)
    rules.deciding.check_choosable(_rank(winner), winner.passed)
    passed = _bids(challenge, Bid.State.RANKED)
    ranks = [one.rank for one in passed if one.passed]
    rules.deciding.check_first(winner.rank, ranks, rule)
    if reserve_number:
        reserve = _bid(challenge, reserve_number)
        rules.deciding.check_choosable(_rank(reserve), reserve.passed)
        require(reserve.pk != winner.pk, rules.ChallengeRefused(
            "challenges.reserve_is_winner", N_("备选须是另一份方案。"), {}, ("reserve_number",)))
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明拟立项的理由。"), {}, ("reason",)))
    proposal = Proposal.objects.create(
        challenge=challenge, round=challenge.proposals.count() + 1, bid_number=bid_number,
        reserve_number=reserve_number, reason=reason, by=person_of(by), at=at,
    )
    move(challenge, to, by=by, at=at)
    record_step(challenge, "propose", by=by, at=at, bid=bid_number, reserve=reserve_number,
                round=proposal.round)
    tell_role(rule.approval[0].role, "to_approve", challenge, by=by, at=at)
    return proposal


def _signing(challenge: Challenge, by: Actor) -> tuple[Proposal, str]:
    """The live proposal and the awaited step; refuses who took part in this round already."""
    proposal = Proposal.objects.select_for_update(of=("self",)).get(
        challenge=challenge, state=Proposal.State.APPROVING
    )
    earlier = [proposal.by.number, *proposal.approvals.values_list("by__number", flat=True)]
    rules.deciding.check_approver(by.person, earlier)
    return proposal, awaited_approval(challenge).code


@transaction.atomic
def approve(*, challenge: Challenge, note: str = "", by: Actor, at: datetime) -> Challenge:
    """Sign the awaited step of approval. The last one opens the public notice, in the same act."""
    challenge, _same = begin(challenge, "approve", by=by)
    proposal, step = _signing(challenge, by)
    Approval.objects.create(
        proposal=proposal, step=step, verdict=Approval.Verdict.APPROVED, note=note,
        by=person_of(by), at=at,
    )
    signed = list(proposal.approvals.values_list("step", flat=True))
    following = next_step(mode(challenge), signed)
    if following is not None:
        move(challenge, rules.State(challenge.state), by=by, at=at)
        record_step(challenge, "approve", by=by, at=at, step=step, round=proposal.round)
        tell_role(following.role, "to_approve", challenge, by=by, at=at)
        return challenge
    proposal.state = Proposal.State.APPROVED
    _mark_bids(challenge, proposal, by=by, at=at)
    notice = notices.open_notice(
        subject_number=challenge.number, kind=NOTICE_KIND, title=challenge.title,
        facts=notice_facts(challenge, proposal), region_path=challenge.region_path,
        working_days=mode(challenge).notice_working_days, by=by, at=at,
    )
    proposal.notice_number = notice.number
    proposal.save()
    move(challenge, rules.State.ON_NOTICE, by=by, at=at)
    record_step(challenge, "approve", by=by, at=at, step=step, round=proposal.round,
                notice=notice.number)
    tell([challenge.officer], "on_notice", challenge.number, by=by, at=at)
    _feed_back(challenge, by=by, at=at)
    return challenge


def _feed_back(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    """Tell every bidder whose bid was opened that the feedback can be read."""
    rows = Bid.objects.filter(challenge=challenge, state__in=rules.bids.FED_BACK_BIDS)
    for bid in rows.select_related("drafter", "lead", "organisation"):
        tell(bidders(bid, at), "feedback", bid.number, by=by, at=at)


def _mark_bids(challenge: Challenge, proposal: Proposal, *, by: Actor, at: datetime) -> None:
    events = {proposal.bid_number: "propose", proposal.reserve_number: "keep_in_reserve"}
    for bid in _bids(challenge, Bid.State.RANKED):
        move_bid(bid, events.get(bid.number, "pass_over"), by=by, at=at)
        record_bid(bid, "decide", by=by, at=at)


def notice_facts(challenge: Challenge, proposal: Proposal) -> list[tuple[str, str]]:
    """What the notice says: the winner, its consortium and the money, no more."""
    bid = _bid(challenge, proposal.bid_number)
    budget = sealed_content_of(bid)["budget"]
    members = "、".join(bid.members.values_list("organisation__name", flat=True))
    return [
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


@transaction.atomic
def return_proposal(*, challenge: Challenge, reason: str, by: Actor, at: datetime) -> Challenge:
    """Return a proposal with a reason: the poser chooses and the office proposes again."""
    challenge, to = begin(challenge, "return_proposal", by=by)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明退回的理由。"), {}, ("reason",)))
    proposal, step = _signing(challenge, by)
    Approval.objects.create(
        proposal=proposal, step=step, verdict=Approval.Verdict.RETURNED, note=reason,
        by=person_of(by), at=at,
    )
    proposal.state = Proposal.State.RETURNED
    proposal.save()
    move(challenge, to, by=by, at=at)
    record_step(challenge, "return_proposal", by=by, at=at, step=step, round=proposal.round)
    tell([challenge.officer], "proposal_returned", challenge.number, by=by, at=at)
    tell_admins(challenge.issuer, "to_choose", challenge.number, by=by, at=at)
    return challenge


@transaction.atomic
def reopen_decision(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """An objection was upheld: the award on notice is undone and the decision begins again."""
    challenge, to = begin(challenge, "reopen_decision", by=by)
    proposal = Proposal.objects.get(challenge=challenge, state=Proposal.State.APPROVED)
    notice = Notice.objects.get(number=proposal.notice_number)
    require(notice.state == Notice.State.CANCELLED, rules.ChallengeRefused(
        "challenges.nothing_upheld", N_("没有成立的异议，不能退回评定。"), {}))
    proposal.state = Proposal.State.UNDONE
    proposal.save()
    for bid in _bids(challenge, "PROPOSED", "RESERVE", "NOT_PROPOSED"):
        move_bid(bid, "rank_again", by=by, at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "reopen_decision", by=by, at=at, notice=notice.number)
    tell([challenge.officer], "objection_upheld", challenge.number, by=by, at=at)
    tell_admins(challenge.issuer, "to_choose", challenge.number, by=by, at=at)
    return challenge
