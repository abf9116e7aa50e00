"""The award: final once, and the project opens in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.challenges import rules
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
from kechuang.challenges.queries import sealed_content_of
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
    the second finds it awarded.
    """
    challenge, to = begin(challenge, "finalise", by=by)
    proposal = Proposal.objects.select_for_update().get(
        challenge=challenge, state=Proposal.State.APPROVED
    )
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
    challenge.project_number = proposal.project_number = project.number
    proposal.save(update_fields=["project_number"])
    move(challenge, to, by=by, at=at)
    record_bid(bid, "award", by=by, at=at, project=project.number)
    record_step(challenge, "finalise", by=by, at=at, bid=bid.number, project=project.number,
                notice=notice.number)
    _tell_all(challenge, by=by, at=at)
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
        plan=project_plan(content, challenge.months), by=by, at=at,
    )


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
    """Follow the project: running once its agreement is in force, ended when it has ended.

    True when something moved; called again it does nothing.
    """
    project = Project.objects.get(number=challenge.project_number)
    if challenge.state == Challenge.State.AWARDED and project.signed_at is not None:
        challenge, to = begin(challenge, "run", by=by)
        bid = Bid.objects.select_for_update(of=("self",)).select_related("challenge").get(
            challenge=challenge, state=Bid.State.AWARDED
        )
        move_bid(bid, "contract", by=by, at=at)
        move(challenge, to, by=by, at=at)
        record_step(challenge, "run", by=by, at=at, project=project.number)
        return True
    if challenge.state == Challenge.State.RUNNING and project.ended_at is not None:
        challenge, to = begin(challenge, "end", by=by)
        move(challenge, to, by=by, at=at)
        record_step(challenge, "end", by=by, at=at, project=project.number)
        return True
    return False
