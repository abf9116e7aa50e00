"""An award that lapsed: the next bid of the reserve is promoted, or the challenge fails."""

from datetime import datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, require
from kechuang.challenges import rules
from kechuang.challenges.actions.deciding import NOTICE_KIND, notice_facts
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
from kechuang.challenges.queries import mode
from kechuang.notices import actions as notices
from kechuang.projects.models import Project

# Kept as written: what stages, notices and proposals say of themselves.
PROMOTED = "原立项失效（逾期未签任务书或放弃），按备选顺序递补，重新公示。"
NO_RESERVE = "原立项失效（逾期未签任务书或放弃），没有备选方案，流榜。"


@transaction.atomic
def replace_award(*, challenge: Challenge, by: Actor, at: datetime) -> Challenge:
    """The award lapsed unsigned or was declined: the reserve takes its place, with a new notice.

    The approval of the first award covered its reserve, so none is asked again; the head awards
    when the new notice has run. Without a reserve the challenge fails and its money is released.

    Source: design/procedures.md, "AWARDED ... reserve list used"
    """
    challenge = locked(challenge)
    project = Project.objects.filter(number=challenge.project_number).first()
    require(
        project is not None and project.state == Project.State.LAPSED,
        rules.ChallengeRefused(
            "challenges.award_stands", N_("立项没有失效，不能递补。"), {"number": challenge.number}
        ),
    )
    reserve = next_reserve(challenge)
    event = "promote_reserve" if reserve is not None else "fail_award"
    challenge, to = begin(challenge, event, by=by)
    lapsed = Proposal.objects.select_for_update(of=("self",)).select_related("by").get(
        challenge=challenge, state=Proposal.State.APPROVED
    )
    lapsed.state = Proposal.State.LAPSED
    lapsed.save(update_fields=["state"])
    loser = _awarded(challenge)
    move_bid(loser, "lapse", by=by, at=at)
    record_bid(loser, "lapse", by=by, at=at, project=challenge.project_number)
    gone, challenge.project_number = challenge.project_number, ""
    if reserve is None:
        _fail(challenge, to, gone, by=by, at=at)
    else:
        _promote(challenge, to, lapsed, reserve, gone=gone, by=by, at=at)
    tell([challenge.officer, *bidders(loser, at)], "award_lapsed", challenge.number, by=by, at=at)
    return challenge


def next_reserve(challenge: Challenge) -> Bid | None:
    """The best-ranked bid that is kept in reserve."""
    return Bid.objects.select_for_update(of=("self",)).filter(
        challenge=challenge, state=Bid.State.RESERVE
    ).select_related("organisation", "lead", "drafter", "challenge").order_by("rank", "id").first()


def _awarded(challenge: Challenge) -> Bid:
    return Bid.objects.select_for_update(of=("self",)).select_related(
        "organisation", "lead", "drafter", "challenge"
    ).get(challenge=challenge, state=Bid.State.AWARDED)


def _promote(  # noqa: PLR0913 - the two proposals' numbers stand in the record
    challenge: Challenge, to: rules.State, lapsed: Proposal, reserve: Bid, *, gone: str,
    by: Actor, at: datetime,
) -> None:
    move_bid(reserve, "promote", by=by, at=at)
    record_bid(reserve, "promote", by=by, at=at)
    proposal = Proposal(
        challenge=challenge, round=challenge.proposals.count() + 1, bid_number=reserve.number,
        reason=PROMOTED, by=lapsed.by, at=at, state=Proposal.State.APPROVED,
    )
    notice = notices.open_notice(
        subject_number=challenge.number, kind=NOTICE_KIND, title=challenge.title,
        facts=[*notice_facts(challenge, proposal), (N_("说明"), PROMOTED)],
        region_path=challenge.region_path, working_days=mode(challenge).notice_working_days,
        by=by, at=at,
    )
    proposal.notice_number = notice.number
    proposal.save()
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
