"""From the ranking to the award: the poser's choice, approvals in order, notice, project."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, refuse_all, require
from kechuang.challenges import rules
from kechuang.challenges.actions.noticing import put_on_notice
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
from kechuang.challenges.models import (
    Approval,
    Bid,
    Challenge,
    IssuerChoice,
    PriceOpening,
    Proposal,
)
from kechuang.challenges.queries import (
    ask_of,
    awaited_approval,
    live_proposals,
    mode,
    ranked_bids,
)
from kechuang.challenges.rules.deciding import next_step
from kechuang.reviews import queries as panels


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
    opened = not challenge.two_envelopes or PriceOpening.objects.filter(challenge=challenge)
    require(bool(opened), rules.custody.prices_sealed())
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
    require(not live_proposals(challenge), rules.ChallengeRefused(
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
def propose(  # noqa: PLR0913 - the winners, why, and who takes their place
    *, challenge: Challenge, bid_number: str | Sequence[str], reason: str,
    reserve_number: str | Sequence[str] = "", by: Actor, at: datetime,
) -> Proposal:
    """The officer proposes who is awarded, and the reserve; the department's approval begins.

    One winner, or in a mode with several a whole list: it goes down the ranking, and its public
    money stays within the call's. The reserve is taken in the order of the ranking.
    """
    challenge, to = begin(challenge, "propose", by=by)
    require(not live_proposals(challenge), rules.ChallengeRefused(
        "challenges.proposed_already", N_("已有一份拟立项在审批。"), {}))
    numbers, kept = _listed(bid_number), _listed(reserve_number)
    winners = _winners(challenge, numbers)
    for number in kept:
        reserve = _bid(challenge, number)
        rules.deciding.check_choosable(_rank(reserve), reserve.passed)
        require(reserve.number not in numbers, rules.ChallengeRefused(
            "challenges.reserve_is_winner", N_("备选须是另一份方案。"), {}, ("reserve_number",)))
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明拟立项的理由。"), {}, ("reason",)))
    place = challenge.proposals.count()
    turn = 1 + max(challenge.proposals.values_list("round", flat=True), default=0)
    proposals = [
        Proposal.objects.create(
            challenge=challenge, round=turn, place=place + n, bid_number=bid.number,
            reserves=list(kept), public_fen=ask_of(bid), reason=reason, by=person_of(by), at=at,
        )
        for n, bid in enumerate(winners, start=1)
    ]
    move(challenge, to, by=by, at=at)
    facts = {"bids": numbers, "reserves": kept} if len(numbers) > 1 else {
        "bid": numbers[0], "reserve": kept[0] if kept else ""}
    record_step(challenge, "propose", by=by, at=at, round=turn, **facts)
    tell_role(mode(challenge).approval[0].role, "to_approve", challenge, by=by, at=at)
    return proposals[0]


def _listed(numbers: str | Sequence[str]) -> list[str]:
    if isinstance(numbers, str):
        return [numbers] if numbers else []
    return [number for number in numbers if number]


def _winners(challenge: Challenge, numbers: Sequence[str]) -> list[Bid]:
    """The bids to award, best first, where the mode and the call allow them."""
    rule = mode(challenge)
    if challenge.winners_max > 1:
        refuse_all(rules.allocating.problems_with_awards(
            numbers, ranked_bids(challenge), rule, challenge.winners_max, challenge.public_fen))
        return [bid for bid in _bids(challenge, Bid.State.RANKED) if bid.number in numbers]
    choice = challenge.choices.order_by("-id").first()
    number = numbers[0] if numbers else ""
    rules.deciding.check_proposal(choice.bid_number if choice else "", number, rule)
    winner = _bid(challenge, number)
    rules.deciding.check_choosable(_rank(winner), winner.passed)
    ranks = [one.rank for one in _bids(challenge, Bid.State.RANKED) if one.passed]
    rules.deciding.check_first(winner.rank, ranks, rule)
    return [winner]


def _signing(challenge: Challenge, by: Actor) -> tuple[list[Proposal], str]:
    """The live proposals and the awaited step; refuses who took part in this round already."""
    proposals = list(Proposal.objects.select_for_update(of=("self",)).filter(
        challenge=challenge, state=Proposal.State.APPROVING
    ).select_related("by").order_by("place"))
    first = proposals[0]
    earlier = [first.by.number, *first.approvals.values_list("by__number", flat=True)]
    rules.deciding.check_approver(by.person, earlier)
    return proposals, awaited_approval(challenge).code


def _sign(
    proposals: Sequence[Proposal], step: str, verdict: str, note: str, by: Actor, at: datetime
) -> None:
    """One signature on every award of the round."""
    person = person_of(by)
    for proposal in proposals:
        Approval.objects.create(
            proposal=proposal, step=step, verdict=verdict, note=note, by=person, at=at
        )


@transaction.atomic
def approve(*, challenge: Challenge, note: str = "", by: Actor, at: datetime) -> Challenge:
    """Sign the awaited step of approval, for all awards of the round. The last one opens the
    public notices in the same act: one for each award, so that each has its own clock."""
    challenge, _same = begin(challenge, "approve", by=by)
    awaited = awaited_approval(challenge)
    require(bool(note.strip()) or awaited is None or not awaited.note_required,
            rules.ChallengeRefused(
        "challenges.no_minutes", N_("集体决定须写明哪次会议、谁到会、怎么议的。"), {}, ("note",)))
    proposals, step = _signing(challenge, by)
    _sign(proposals, step, Approval.Verdict.APPROVED, note, by, at)
    signed = list(proposals[0].approvals.values_list("step", flat=True))
    following = next_step(mode(challenge), signed)
    turn = proposals[0].round
    if following is not None:
        move(challenge, rules.State(challenge.state), by=by, at=at)
        record_step(challenge, "approve", by=by, at=at, step=step, round=turn)
        tell_role(following.role, "to_approve", challenge, by=by, at=at)
        return challenge
    _mark_bids(challenge, proposals, by=by, at=at)
    for proposal in proposals:
        proposal.state = Proposal.State.APPROVED
        put_on_notice(challenge, proposal, by=by, at=at)
    move(challenge, rules.State.ON_NOTICE, by=by, at=at)
    numbers = [proposal.notice_number for proposal in proposals]
    facts = {"notices": numbers} if len(numbers) > 1 else {"notice": numbers[0]}
    record_step(challenge, "approve", by=by, at=at, step=step, round=turn, **facts)
    tell([challenge.officer], "on_notice", challenge.number, by=by, at=at)
    _feed_back(challenge, by=by, at=at)
    return challenge


def _feed_back(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    """Tell every bidder whose bid was opened that the feedback can be read."""
    rows = Bid.objects.filter(challenge=challenge, state__in=rules.bids.FED_BACK_BIDS)
    for bid in rows.select_related("drafter", "lead", "organisation"):
        tell(bidders(bid, at), "feedback", bid.number, by=by, at=at)


def _mark_bids(
    challenge: Challenge, proposals: Sequence[Proposal], *, by: Actor, at: datetime
) -> None:
    events = dict.fromkeys(proposals[0].reserves, "keep_in_reserve")
    events |= {proposal.bid_number: "propose" for proposal in proposals}
    for bid in _bids(challenge, Bid.State.RANKED):
        move_bid(bid, events.get(bid.number, "pass_over"), by=by, at=at)
        record_bid(bid, "decide", by=by, at=at)


@transaction.atomic
def return_proposal(*, challenge: Challenge, reason: str, by: Actor, at: datetime) -> Challenge:
    """Return a proposal with a reason: the poser chooses and the office proposes again."""
    challenge, to = begin(challenge, "return_proposal", by=by)
    require(bool(reason.strip()), rules.ChallengeRefused(
        "challenges.no_reason", N_("请写明退回的理由。"), {}, ("reason",)))
    proposals, step = _signing(challenge, by)
    _sign(proposals, step, Approval.Verdict.RETURNED, reason, by, at)
    for proposal in proposals:
        proposal.state = Proposal.State.RETURNED
        proposal.save(update_fields=["state"])
    move(challenge, to, by=by, at=at)
    record_step(challenge, "return_proposal", by=by, at=at, step=step, round=proposals[0].round)
    tell([challenge.officer], "proposal_returned", challenge.number, by=by, at=at)
    if mode(challenge).issuer_chooses:
        tell_admins(challenge.issuer, "to_choose", challenge.number, by=by, at=at)
    return challenge
