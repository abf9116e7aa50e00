"""The award: final once, and the project opens in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.challenges import rules
from kechuang.challenges.actions.racing import plan_gate
from kechuang.challenges.actions.steps import (
    begin,
    bidders,
    move,
    move_bid,
    record_bid,
    record_step,
    tell,
)
from kechuang.challenges.models import Bid, Challenge, Proposal
from kechuang.challenges.queries import (
    awards_on_notice,
    live_proposals,
    mode,
    projects_of,
    sealed_content_of,
)
from kechuang.challenges.rules.proposal import project_plan
from kechuang.notices import actions as notices
from kechuang.notices import queries as notice_queries
from kechuang.notices.models import Notice
from kechuang.projects import actions as projects
from kechuang.projects.models import Project


@transaction.atomic
def finalise(*, challenge: Challenge, by: Actor, at: datetime) -> Project:
    """Award: the notice has run without an open objection, and the head says so.

    The project opens in the same transaction with the targets, milestones and money of the
    winning bid, so that nothing is typed twice. Two heads award once: the challenge is locked, and
    the second finds it awarded. Of several awards those whose notices have run become final, the
    others wait; gives the project of the first.
    """
    challenge, to = begin(challenge, "finalise", by=by)
    waiting = awards_on_notice(challenge)
    ready = [one for one in waiting if len(waiting) == 1 or _has_run(one, at)] or waiting[:1]
    opened = [_award(challenge, proposal, by=by, at=at) for proposal in ready]
    challenge.project_number = challenge.project_number or opened[0].number
    whole = len(ready) == len(waiting)
    event = "finalise" if whole else "finalise_some"
    move(challenge, to if whole else rules.State(challenge.state), by=by, at=at)
    facts = {
        "bids": [one.bid_number for one in ready], "projects": [one.number for one in opened],
        "notices": [one.notice_number for one in ready],
    } if challenge.winners_max > 1 else {
        "bid": ready[0].bid_number, "project": opened[0].number, "notice": ready[0].notice_number,
    }
    record_step(challenge, event, by=by, at=at, **facts)
    _tell_all(challenge, by=by, at=at)
    return opened[0]


def _has_run(proposal: Proposal, at: datetime) -> bool:
    """Whether this award's own notice has run with nothing open against it."""
    notice = Notice.objects.get(number=proposal.notice_number)
    return notice_queries.is_over(notice, at) and not notice_queries.has_open_objection(notice)


def _award(challenge: Challenge, proposal: Proposal, *, by: Actor, at: datetime) -> Project:
    """Make one award final and open its project."""
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    notice = Notice.objects.get(number=proposal.notice_number)
    rules.deciding.check_final(
        notice_over=notice_queries.is_over(notice, at),
        objection_open=notice_queries.has_open_objection(notice),
        upheld=notice.state == Notice.State.CANCELLED,
    )
    notices.close_notice(notice=notice, by=by, at=at)
    bid = Bid.objects.select_for_update(of=("self",)).select_related(
        "organisation", "lead", "drafter", "challenge"
    ).get(challenge=challenge, number=proposal.bid_number)
    move_bid(bid, "award", by=by, at=at)
    project = _open_project(challenge, bid, by=by, at=at)
    proposal.project_number = project.number
    proposal.save(update_fields=["project_number"])
    record_bid(bid, "award", by=by, at=at, project=project.number)
    return project


def _open_project(challenge: Challenge, bid: Bid, *, by: Actor, at: datetime) -> Project:
    content = sealed_content_of(bid)
    budget = content["budget"]
    return projects.open_project(
        origin_number=challenge.number, title=challenge.title,
        lead_organisation=bid.organisation, leader=bid.lead,
        members=list(bid.members.values_list("organisation__code", flat=True)),
        region_path=challenge.region_path, total_fen=budget["total_fen"],
        public_fen=budget["public_fen"], own_fen=budget["own_fen"],
        other_fen=budget["other_fen"], targets=project_targets(challenge),
        plan=project_plan(content, _months(challenge)), by=by, at=at,
    )


def _months(challenge: Challenge) -> int:
    """How long the agreement runs: in a race the first stage, later ones by amendment."""
    stages = mode(challenge).stages
    return challenge.months * stages[0].months_percent // 100 if stages else challenge.months


def project_targets(challenge: Challenge) -> Sequence[Mapping[str, Any]]:
    """The targets as the project takes them over; a range becomes its two ends."""
    rows: list[dict[str, Any]] = []
    for target in challenge.targets.all():
        ends = [(target.comparison, target.value)]
        if target.comparison == "BETWEEN":
            ends = [("AT_LEAST", target.value), ("AT_MOST", target.value_to)]
        for comparator, value in ends:
            rows.append({
                "code": f"T{len(rows) + 1}", "indicator": target.indicator,
                "comparator": comparator, "value": f"{value.normalize():f}",
                "unit": target.unit, "test_method": f"{target.test_method}（{target.tester}）",
            })
    return rows


def _tell_all(challenge: Challenge, *, by: Actor, at: datetime) -> None:
    opened = Bid.objects.filter(challenge=challenge, state__in=rules.bids.OPENED)
    people = [
        person for bid in opened.select_related("drafter", "lead", "organisation")
        for person in bidders(bid, at)
    ]
    tell([challenge.officer, *people], "awarded", challenge.number, by=by, at=at)


@transaction.atomic
def follow_project(*, challenge: Challenge, by: Actor, at: datetime) -> bool:
    """Follow the projects: running once every agreement is in force, ended when all have ended.

    True when something moved; called again it does nothing. A race is given its first gate.
    """
    found = list(projects_of(challenge))
    if challenge.state in (Challenge.State.ON_NOTICE, Challenge.State.AWARDED):
        return _contract(challenge, found, by=by, at=at)
    if challenge.state == Challenge.State.RUNNING and all(one.ended_at for one in found):
        challenge, to = begin(challenge, "end", by=by)
        move(challenge, to, by=by, at=at)
        record_step(challenge, "end", by=by, at=at, project=challenge.project_number)
        return True
    return False


def _contract(
    challenge: Challenge, found: Sequence[Project], *, by: Actor, at: datetime
) -> bool:
    """Take signed agreements over; with the last of them the challenge runs."""
    signed = {one.number for one in found if one.signed_at is not None}
    awards = live_proposals(challenge)
    fresh = Bid.objects.filter(
        challenge=challenge, state=Bid.State.AWARDED,
        number__in=[one.bid_number for one in awards if one.project_number in signed],
    )
    runs = all(one.project_number in signed for one in awards)
    if not fresh.exists() and not (runs and challenge.state == Challenge.State.AWARDED):
        return False
    challenge, to = begin(challenge, "run" if runs else "contract", by=by)
    for bid in fresh.select_for_update(of=("self",)).select_related("challenge"):
        move_bid(bid, "contract", by=by, at=at)
    move(challenge, to, by=by, at=at)
    record_step(challenge, "run" if runs else "contract", by=by, at=at,
                project=challenge.project_number)
    if runs and mode(challenge).is_race:
        plan_gate(challenge, 1, by=by, at=at)
    return True
