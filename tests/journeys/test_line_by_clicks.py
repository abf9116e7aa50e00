"""One need from post to figure, by clicks alone, each step by the person whose step it is."""

import os

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from tests.journeys import awarding, bidding, cast, delivering, posing, posting, reviewing
from tests.journeys.cast import Cast


def test_a_need_is_walked_to_a_paid_milestone_and_a_figure(city, chromium):
    people = Cast(chromium, city)
    try:
        challenge = _to_an_open_challenge(people)
        _to_a_ranking(people, challenge)
        project = _to_a_project(people, challenge)
        _to_a_paid_milestone(people, project)
        assert people.errors() == []
        assert len(people.came) >= 20
    finally:
        people.leave()


def _to_an_open_challenge(people: Cast) -> str:
    need = posting.post_need(people)
    posting.sign_need(people, need)
    posting.check_need(people, need)
    introduction = posting.introduce(people, need)
    posting.hear_both(people, introduction)
    line = posing.enter_budget(people)
    challenge = posing.draft_challenge(people, need)
    posing.fit_and_consent(people, challenge)
    posing.argue(people, challenge)
    posing.authorise(people, challenge, line)
    posing.question(people, challenge)
    return challenge


def _to_a_ranking(people: Cast, challenge: str) -> None:
    bids = {
        cast.LEADER: bidding.write_bid(people, challenge, cast.LEADER, bidding.WINNING),
        cast.RIVAL: bidding.write_bid(people, challenge, cast.RIVAL, bidding.LOSING),
    }
    bidding.seal_bid(people, bids[cast.LEADER], cast.LEADER, cast.LEADER_ADMIN)
    bidding.seal_bid(people, bids[cast.RIVAL], cast.RIVAL, cast.RIVAL_ADMIN)
    bidding.nobody_reads(people, challenge, bids)
    bidding.deadline_passes(people, challenge)
    reviewing.check_forms(people, challenge)
    panel = reviewing.invite(people, challenge)
    reviewing.declare(people, panel)
    reviewing.score(people, panel)
    reviewing.sign_minutes(people, panel, challenge)


def _to_a_project(people: Cast, challenge: str) -> str:
    awarding.choose_and_propose(people, challenge, "路线最稳，样片数据可信。")
    awarding.approve(people, challenge)
    notice, objection = awarding.object_to(people, challenge)
    awarding.decide_objection(people, objection)
    return awarding.award(people, challenge, notice)


def _to_a_paid_milestone(people: Cast, project: str) -> None:
    delivering.sign_agreement(people, project)
    delivering.receive_own_money(people, project)
    month = delivering.pay(people, project, *delivering.FIRST)
    delivering.publish_figures(people, project, month)
    delivering.report_milestone(people, project)
    delivering.pay(people, project, *delivering.SECOND)
