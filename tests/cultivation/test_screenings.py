"""The way of a candidate, one test per way out; what the database holds of it."""

from datetime import date, timedelta

import pytest

from kechuang.base.refusals import NotPermitted
from kechuang.cultivation import waiting
from kechuang.cultivation.actions import benefits, stakes
from kechuang.cultivation.actions import screenings as actions
from kechuang.cultivation.models import Candidate, Mark, Screening, Stake
from kechuang.cultivation.queries import screenings as queries
from kechuang.cultivation.rules import screenings as rules
from kechuang.cultivation.rules.screenings import ProposalTyped
from kechuang.ledger.queries import problems_with_books
from kechuang.projects.models import Project
from kechuang.record.models import Entry
from tests.cultivation import screened
from tests.cultivation.holding import database_refuses_to, refused
from tests.cultivation.screened import WAN

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(world, at):
    return screened.round_of(world, at)


# --- the round and its candidates ----------------------------------------------------------------


def test_a_round_freezes_its_rules_and_names_its_judges(world, at, round_):
    items = rules.items_of(queries.rules_at(round_))
    assert [(one.code, one.most_tenths) for one in items] == [
        ("market", 300), ("technology", 300), ("carbon", 150), ("team", 250),
    ]  # fmt: skip
    assert round_.judges.count() == 3
    assert Entry.objects.filter(verb="cultivation.open_screening").count() == 1


def test_a_round_says_all_that_is_wrong_at_once(world, at):
    refused(
        lambda: screened.round_of(world, at, title=" ", rule_set="sme-2017-115", budget_fen=0,
                                  until=at, judges=("RY-0000-000000",)),
        "screening.title", "screening.rule_set", "screening.budget", "screening.until",
        "screening.judge_unknown",
    )  # fmt: skip
    two = tuple(one.person.number for one in screened.judges_of(world)[:2])
    refused(lambda: screened.round_of(world, at, judges=two), "screening.few_judges")


def test_a_candidate_needs_a_unit_a_leader_of_it_and_money_that_adds_up(world, at, round_):
    refused(lambda: screened.entered(world, at, round_, organisation="X"),
            "screening.organisation")  # fmt: skip
    refused(
        lambda: screened.entered(world, at, round_, leader=world.member.person.number,
                                 asked_fen=2000 * WAN, title=""),
        "screening.title", "screening.leader", "screening.asked",
    )  # fmt: skip
    screened.entered(world, at, round_)
    refused(lambda: screened.entered(world, at, round_), "screening.entered_twice")


def test_after_the_term_or_the_end_nobody_is_entered(world, at, round_):
    refused(lambda: screened.entered(world, at + timedelta(days=11), round_),
            "screening.closed")  # fmt: skip
    actions.close_screening(screening=round_, by=world.officer.actor, at=at)
    refused(lambda: screened.entered(world, at, round_), "screening.closed")


# --- marks ---------------------------------------------------------------------------------------


def test_only_a_named_judge_scores_and_only_once(world, at, round_):
    candidate = screened.entered(world, at, round_)
    with pytest.raises(NotPermitted):
        screened.score(candidate, world.officer, at)
    screened.score(candidate, world.expert1, at)
    with pytest.raises(NotPermitted):
        screened.score(candidate, world.expert1, at)
    assert Mark.objects.count() == 4


def test_points_are_whole_within_the_most_and_say_why(world, at, round_):
    candidate = screened.entered(world, at, round_)
    refused(
        lambda: actions.score_candidate(
            candidate=candidate, tenths={"market": 301, "technology": 1, "carbon": 1},
            reasons={"market": "a", "technology": "b", "carbon": "c", "team": " "},
            by=world.expert1.actor, at=at,
        ),
        "screening.points", "screening.points", "screening.no_reason",
    )  # fmt: skip


def test_a_judge_of_the_candidates_own_unit_stands_aside(world, at):
    judges = [*screened.judges_of(world), world.filler]
    named = tuple(one.person.number for one in judges)
    candidate = screened.entered(world, at, screened.round_of(world, at, judges=named))
    assert world.filler.person.number not in queries.judges_of(candidate)
    with pytest.raises(NotPermitted):
        screened.score(candidate, world.filler, at)
    other = screened.entered(
        world, at, candidate.screening, organisation=world.university.code,
        leader=world.member.person.number,
    )  # fmt: skip
    assert world.filler.person.number in queries.judges_of(other)
    seen = queries.candidates_visible_to(world.expert1.actor, at)
    assert seen.count() == 2


def test_marks_are_hidden_until_a_proposal_and_then_from_other_judges(world, at, round_):
    candidate = screened.scored(world, at, round_)
    office, judge = world.officer.actor, world.expert1.actor
    assert (len(queries.marks_seen(candidate, office)), len(queries.marks_seen(candidate, judge))
            ) == (0, 4)  # fmt: skip
    candidate = screened.proposed(world, at, candidate)
    assert (len(queries.marks_seen(candidate, office)), len(queries.marks_seen(candidate, judge))
            ) == (12, 4)  # fmt: skip


def test_a_mark_is_for_good_and_of_a_named_judge(world, at, round_):
    screened.scored(world, at, round_)
    assert database_refuses_to(lambda: Mark.objects.update(tenths=0)) == "mark_is_for_good"
    assert database_refuses_to(
        lambda: Mark.objects.create(
            candidate=Candidate.objects.get(), person=world.head.person, criterion="market",
            tenths=1, reason="x", marked_at=at,
        )
    ) == "mark_of_a_named_judge"  # fmt: skip


# --- proposal ------------------------------------------------------------------------------------


def test_a_proposal_waits_for_all_judges_or_the_deadline(world, at, round_):
    candidate = screened.entered(world, at, round_)
    screened.score(candidate, world.expert1, at)
    refused(lambda: screened.proposed(world, at, candidate), "screening.scores_wanting")
    later = at + timedelta(days=11)
    refused(lambda: screened.proposed(world, later, candidate), "screening.scores_wanting")


def test_the_rules_decide_at_the_tenth_of_a_point(world, at, round_):
    candidate = screened.scored(world, at, round_, market=199)
    assert queries.judged(candidate).state == "not_met"
    refused(lambda: screened.proposed(world, at, candidate), "screening.not_met")
    none = actions.propose_candidate(
        candidate=candidate, typed=ProposalTyped(), by=world.officer.actor, at=at
    )
    assert (none.state, none.amount_fen, none.answer["score"]) == ("PROPOSED", 0, [69.9, 69.9])
    refused(
        lambda: actions.decide_candidate(candidate=none, verdict="ACCEPT", reason="想要。",
                                         by=world.head.actor, at=at),
        "screening.cannot_accept",
    )  # fmt: skip


def test_the_amount_is_within_the_rules_what_was_asked_and_the_round(world, at):
    round_ = screened.round_of(world, at, budget_fen=200 * WAN)
    candidate = screened.scored(world, at, round_)
    refused(lambda: screened.proposed(world, at, candidate, wan=201), "screening.amount")
    assert screened.proposed(world, at, candidate, wan=200).amount_fen == 200 * WAN


def test_a_stake_needs_its_terms(world, at, round_):
    candidate = screened.scored(world, at, round_)
    refused(lambda: screened.proposed(world, at, candidate, "STAKE"), "screening.valuation")
    low = screened.TERMS.__class__(1, "", "x", date(2020, 1, 1))
    refused(
        lambda: screened.proposed(world, at, candidate, "STAKE", terms=low),
        "cultivation.valuation_under_stake", "cultivation.holder_missing",
        "cultivation.exit_in_the_past",
    )  # fmt: skip


# --- decision ------------------------------------------------------------------------------------


def test_a_supported_candidate_opens_its_project_in_the_same_act(world, at, round_):
    candidate = screened.accepted(world, at, round_)
    project = Project.objects.get()
    assert (candidate.state, candidate.project_number) == ("ACCEPTED", project.number)
    assert (project.origin_number, project.public_fen, project.own_fen) == (
        candidate.number, 300 * WAN, 700 * WAN
    )  # fmt: skip
    assert Screening.objects.get().committed_fen == 300 * WAN


def test_a_second_person_decides_who_neither_proposed_nor_scored(world, at):
    judges = tuple(one.person.number for one in (*screened.judges_of(world), world.head))
    round_ = screened.round_of(world, at, judges=judges)
    candidate = screened.entered(world, at, round_)
    for judge in (*screened.judges_of(world), world.head):
        screened.score(candidate, judge, at)
    candidate = screened.proposed(world, at, candidate)

    def decide(by):
        return actions.decide_candidate(
            candidate=candidate, verdict="DECLINE", reason="没有场地。", by=by.actor, at=at
        )

    for by in (world.head, world.officer, world.unit_admin):
        with pytest.raises(NotPermitted):
            decide(by)
    assert decide(world.head2).state == "DECLINED"
    assert Screening.objects.get().committed_fen == 0


def test_the_rounds_money_is_not_given_twice(world, at):
    round_ = screened.round_of(world, at, budget_fen=400 * WAN)
    first = screened.proposed(world, at, screened.scored(world, at, round_))
    other = screened.entered(world, at, round_, title="另一支团队")
    for judge in screened.judges_of(world):
        screened.score(other, judge, at)
    other = screened.proposed(world, at, other, wan=200)
    actions.decide_candidate(candidate=first, verdict="ACCEPT", reason="同意。",
                             by=world.head.actor, at=at)  # fmt: skip
    refused(
        lambda: actions.decide_candidate(candidate=other, verdict="ACCEPT", reason="同意。",
                                         by=world.head.actor, at=at),
        "screening.over_budget",
    )  # fmt: skip
    assert database_refuses_to(
        lambda: Screening.objects.update(committed_fen=400 * WAN + 1)
    ) == "screening_within_its_budget"  # fmt: skip


def test_a_returned_proposal_is_made_anew_and_a_withdrawn_candidate_is_over(world, at, round_):
    candidate = screened.proposed(world, at, screened.scored(world, at, round_))
    candidate = actions.return_candidate(
        candidate=candidate, reason="改为共同持股。", by=world.head.actor, at=at
    )
    candidate = screened.proposed(world, at, candidate, "STAKE", terms=screened.TERMS)
    assert (candidate.state, candidate.outcome) == ("PROPOSED", "STAKE")
    candidate = actions.withdraw_candidate(
        candidate=candidate, reason="团队不来了。", by=world.officer.actor, at=at
    )
    refused(
        lambda: actions.decide_candidate(candidate=candidate, verdict="DECLINE", reason="x",
                                         by=world.head.actor, at=at),
        "screening.wrong_state",
    )  # fmt: skip


# --- the stake and its money ---------------------------------------------------------------------


def test_a_stake_is_paid_by_three_people_through_the_ledger_and_given_up(world, at, round_):
    candidate = screened.accepted(world, at, round_, outcome="STAKE", terms=screened.TERMS)
    stake = Stake.objects.get()
    assert (stake.candidate, stake.line, stake.state) == (candidate, None, "AGREED")
    at = at + screened.AFTER
    with pytest.raises(NotPermitted):
        stakes.request_stake(candidate=candidate, by=world.head.actor, at=at)
    candidate = stakes.request_stake(candidate=candidate, by=world.officer.actor, at=at)
    candidate = stakes.review_stake(candidate=candidate, by=world.finance.actor, at=at)
    candidate = stakes.pay_stake(candidate=candidate, by=world.payer.actor, at=at)
    refused(lambda: stakes.pay_stake(candidate=candidate, by=world.payer.actor, at=at),
            "screening.wrong_state")  # fmt: skip
    stake.refresh_from_db()
    assert (stake.state, stake.order.state, stake.order.amount_fen) == (
        "HELD", "PAID", 300 * WAN
    )  # fmt: skip
    assert problems_with_books() == []
    assert benefits.exit_stake(stake=stake, note="回购。", by=world.head.actor, at=at).state == (
        "EXITED"
    )  # fmt: skip


def test_a_stake_is_of_one_source_and_of_what_was_accepted(world, at, round_):
    candidate = screened.accepted(world, at, round_, outcome="STAKE", terms=screened.TERMS)
    assert database_refuses_to(
        lambda: Stake.objects.update(amount_fen=1)
    ) == "stake_is_what_was_accepted"  # fmt: skip
    assert database_refuses_to(
        lambda: Stake.objects.update(candidate=None)
    ) in ("stake_is_its_line", "stake_of_a_line_or_a_candidate")  # fmt: skip
    assert candidate.stake.agreed_by == world.officer.person


def test_each_step_waits_with_who_holds_it(world, at, round_):
    candidate = screened.entered(world, at, round_)

    def rows(member):
        return [(one.task, one.mine) for one in waiting.matters_for(member.actor, at)
                if one.number == candidate.number]  # fmt: skip

    assert (rows(world.expert1), rows(world.officer)) == (
        [("给候选评分", True)], [("等评分人评完", False)]
    )  # fmt: skip
    for judge in screened.judges_of(world):
        screened.score(candidate, judge, at)
    assert (rows(world.expert1), rows(world.officer)) == ([], [("提出意见", True)])
    candidate = screened.proposed(world, at, candidate)
    assert (rows(world.head), rows(world.officer)) == (
        [("决定是否支持", True)], [("决定是否支持", False)]
    )  # fmt: skip
