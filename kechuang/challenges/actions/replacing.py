"""An award that lapsed or fell to an objection: the reserve is promoted, or one decides anew."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.noticing import put_on_notice
from kechuang.challenges.actions.opening import release
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    locked,
    move,
    move_bid,
    record_bid,
    record_step,
    tell,
    tell_admins,
    tell_role,
)
from kechuang.challenges.models import Bid, Challenge, Proposal
from kechuang.challenges.queries import (
    ask_of,
    awards_on_notice,
    is_undone,
    live_proposals,
    mode,
    taken_fen,
)
from kechuang.notices.models import Notice
from kechuang.projects.models import Project

# Kept as written: what stages, notices and proposals say of themselves.
PROMOTED = "原立项失效（逾期未签任务书或放弃），按备选顺序递补，重新公示。"
PLACE_FREE = "一项立项失效或撤回，没有财政资金够用的备选方案；其余立项不受影响。"
NO_RESERVE = "原立项失效（逾期未签任务书或放弃），没有备选方案，流榜。"


@transaction.atomic
def replace_award(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """The award lapsed unsigned or was declined: the reserve takes its place, with a new notice.

    The approval of the first award covered its reserve, so none is asked again; the head awards
    when the new notice has run. Without a reserve the challenge fails and its money is released;
    of several awards the others stand.

    Source: design/procedures.md, "AWARDED ... reserve list used"
    """
    challenge = locked(challenge)
    lapsed = _lapsed(challenge)
    require(lapsed is not None, rules.ChallengeRefused(
        "challenges.award_stands", N_("立项没有失效，不能递补。"), {"number": challenge.number}))
    others = [one for one in live_proposals(challenge) if one.pk != lapsed.pk]
    reserve = next_reserve(challenge, lapsed)
    challenge, to = begin(challenge, _event(challenge, reserve, others), by=by)
    lapsed.state = Proposal.State.LAPSED
    lapsed.save(update_fields=["state"])
    loser = _bid_of(challenge, lapsed)
    move_bid(loser, "lapse", by=by, at=at)
    record_bid(loser, "lapse", by=by, at=at, project=lapsed.project_number)
    _put_project(challenge)
    gone = lapsed.project_number
    if reserve is not None:
        promote(challenge, to, lapsed, reserve, gone=gone, by=by, at=at)
    elif others:
        move(challenge, to, by=by, at=at, note=PLACE_FREE)
        record_step(challenge, "replace_some", by=by, at=at, project=gone)
    else:
        _fail(challenge, to, gone, by=by, at=at)
    tell([challenge.officer, *bidders(loser, at)], "award_lapsed", challenge.number, by=by, at=at)
    return challenge


def _event(challenge: Challenge, reserve: Bid | None, others: Sequence[Proposal]) -> str:
    if challenge.state == Challenge.State.ON_NOTICE:
        return "replace_some"
    if reserve is not None:
        return "promote_reserve"
    return "replace_some" if others else "fail_award"


def _lapsed(challenge: Challenge) -> Proposal | None:
    """The first award whose project lapsed unsigned or was declined."""
    gone = Project.objects.filter(
        number=OuterRef("project_number"), state=Project.State.LAPSED
    )
    return (
        Proposal.objects.select_for_update(of=("self",)).select_related("by")
        .filter(Exists(gone), challenge=challenge, state=Proposal.State.APPROVED)
        .order_by("place").first()
    )


def next_reserve(challenge: Challenge, gone: Proposal) -> Bid | None:
    """The best-ranked bid kept in reserve whose money the call has, once this award is gone."""
    free = challenge.public_fen - taken_fen(challenge) + gone.public_fen
    waiting = Bid.objects.select_for_update(of=("self",)).filter(
        challenge=challenge, state=Bid.State.RESERVE
    ).select_related("organisation", "lead", "drafter", "challenge").order_by("rank", "id")
    return next((bid for bid in waiting if ask_of(bid) <= free), None)


def _bid_of(challenge: Challenge, proposal: Proposal) -> Bid:
    return Bid.objects.select_for_update(of=("self",)).select_related(
        "organisation", "lead", "drafter", "challenge"
    ).get(challenge=challenge, number=proposal.bid_number)


def _put_project(challenge: Challenge) -> None:
    """The challenge names the project of the first award that stands."""
    standing = [one.project_number for one in live_proposals(challenge) if one.project_number]
    challenge.project_number = standing[0] if standing else ""


def promote(  # noqa: PLR0913 - the two proposals' numbers stand in the record
    challenge: Challenge, to: rules.State, lapsed: Proposal, reserve: Bid, *, gone: str,
    by: Actor, at: datetime,
) -> None:
    """Put the reserve on notice in the place of an award that fell away."""
    move_bid(reserve, "promote", by=by, at=at)
    record_bid(reserve, "promote", by=by, at=at)
    rows = challenge.proposals
    proposal = Proposal(
        challenge=challenge, bid_number=reserve.number, public_fen=ask_of(reserve),
        round=1 + max(rows.values_list("round", flat=True)), place=rows.count() + 1,
        reason=PROMOTED, by=lapsed.by, at=at, state=Proposal.State.APPROVED,
    )
    notice = put_on_notice(challenge, proposal, note=PROMOTED, by=by, at=at)
    move(challenge, to, by=by, at=at, note=PROMOTED)
    record_step(challenge, "promote_reserve", by=by, at=at, project=gone, bid=reserve.number,
                round=proposal.round, notice=notice.number)
    tell(bidders(reserve, at), "bid_promoted", reserve.number, by=by, at=at)
    tell_admins(challenge.issuer, "reserve_promoted", challenge.number, by=by, at=at)
    tell_role(Role.HEAD, "reserve_promoted", challenge, by=by, at=at)


def _fail(
    challenge: Challenge, to: rules.State, gone: str, *, by: Actor, at: datetime
) -> None:
    release(challenge, at=at)
    move(challenge, to, by=by, at=at, note=NO_RESERVE)
    record_step(challenge, "fail_award", by=by, at=at, project=gone)
    tell_admins(challenge.issuer, "failed", challenge.number, by=by, at=at)


@transaction.atomic
def reopen_decision(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """An objection was upheld: the award on notice is undone and the decision begins again.

    Of several awards the one objected to alone falls away: the reserve that fits the money takes
    its place, and the others go on.
    """
    challenge, to = begin(challenge, "reopen_decision", by=by)
    approved = list(Proposal.objects.filter(challenge=challenge, state=Proposal.State.APPROVED))
    proposal = next((one for one in approved if is_undone(one)), None)
    require(proposal is not None, rules.ChallengeRefused(
        "challenges.nothing_upheld", N_("没有成立的异议，不能退回评定。"), {}))
    if len(approved) > 1:
        return _undo_one(challenge, proposal, by=by, at=at)
    notice = Notice.objects.get(number=proposal.notice_number)
    proposal.state = Proposal.State.UNDONE
    proposal.save()
    for bid in Bid.objects.select_for_update(of=("self",)).select_related("challenge").filter(
        challenge=challenge, state__in=["PROPOSED", "RESERVE", "NOT_PROPOSED"]
    ):
        move_bid(bid, "rank_again", by=by, at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "reopen_decision", by=by, at=at, notice=notice.number)
    tell([challenge.officer], "objection_upheld", challenge.number, by=by, at=at)
    if mode(challenge).issuer_chooses:
        tell_admins(challenge.issuer, "to_choose", challenge.number, by=by, at=at)
    return challenge


def _undo_one(
    challenge: Challenge, proposal: Proposal, *, by: Actor, at: datetime
) -> Challenge:
    challenge, to = begin(challenge, "undo_award", by=by)
    reserve = next_reserve(challenge, proposal)
    proposal.state = Proposal.State.UNDONE
    proposal.save(update_fields=["state"])
    loser = _bid_of(challenge, proposal)
    move_bid(loser, "set_aside", by=by, at=at)
    record_bid(loser, "set_aside", by=by, at=at, notice=proposal.notice_number)
    record_step(challenge, "undo_award", by=by, at=at, bid=loser.number,
                notice=proposal.notice_number)
    if reserve is not None:
        promote(challenge, to, proposal, reserve, gone="", by=by, at=at)
    elif awards_on_notice(challenge):
        move(challenge, to, by=by, at=at, note=PLACE_FREE)
    else:
        challenge, to = begin(challenge, "settle", by=by)
        move(challenge, to, by=by, at=at, note=PLACE_FREE)
    tell([challenge.officer, *bidders(loser, at)], "objection_upheld", challenge.number, by=by,
         at=at)
    return challenge
