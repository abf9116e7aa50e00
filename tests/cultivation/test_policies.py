"""Policies, their money, and how a batch is computed; one test per way out."""

from datetime import date, timedelta

import pytest

from kechuang.base.actor import Actor
from kechuang.base.refusals import RefusedTogether
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Policy
from kechuang.cultivation.rules.benefits import FundingTyped
from tests.cultivation import granting
from tests.cultivation.granting import EQUITY, REWARD, WAN
from tests.cultivation.holding import database_refuses, money, refused

pytestmark = pytest.mark.django_db


# --- policies ---------------------------------------------------------------------------------


def test_a_policy_is_checked_by_a_second_person_and_enacted_by_a_head(world, at):
    policy = benefits.draft_policy(typed=REWARD, by=world.officer.actor, at=at)
    refused(lambda: benefits.check_policy(policy=policy, by=world.officer.actor, at=at),
            "cultivation.drafted_by_the_same_person")  # fmt: skip
    refused(lambda: benefits.enact_policy(policy=policy, by=world.head.actor, at=at),
            "cultivation.wrong_state")  # fmt: skip
    checked = benefits.check_policy(policy=policy, by=world.officer2.actor, at=at)
    refused(lambda: benefits.enact_policy(policy=checked, by=world.officer.actor, at=at),
            "cultivation.not_permitted")  # fmt: skip
    enacted = benefits.enact_policy(policy=checked, by=world.head.actor, at=at)
    assert [one.stage for one in enacted.stages.all()] == ["DRAFT", "CHECKED", "IN_FORCE"]


def test_a_returned_policy_is_edited_and_checked_anew(world, at):
    policy = benefits.draft_policy(typed=REWARD, by=world.officer.actor, at=at)
    policy = benefits.return_policy(
        policy=policy, reason="条款没抄全。", by=world.officer2.actor, at=at
    )
    edited = benefits.edit_policy(
        policy=policy, typed=EQUITY, version=policy.version, by=world.officer.actor, at=at
    )
    assert (edited.state, edited.instrument, edited.rule_set) == (
        "DRAFT", "EQUITY", "sy-pilot-equity"
    )  # fmt: skip


def test_a_policy_says_all_that_it_lacks_at_once(world, at):
    from dataclasses import replace

    bad = replace(REWARD, title=" ", clauses=(), payer="", notice_days=0, instrument="EQUITY")
    with pytest.raises(RefusedTogether) as caught:
        benefits.draft_policy(typed=bad, by=world.officer.actor, at=at)
    assert [one.fields[0] for one in caught.value.refusals] == [
        "title", "payer", "clauses", "instrument", "notice_days",
    ]  # fmt: skip
    refused(lambda: benefits.draft_policy(typed=REWARD, by=world.unit_admin.actor, at=at),
            "cultivation.not_permitted")  # fmt: skip


def test_a_ranking_names_a_criterion_of_its_rule_set(world, at):
    from dataclasses import replace

    bad = replace(REWARD, shortfall="RANKING", ranking_criterion="nothing")
    refused(lambda: benefits.draft_policy(typed=bad, by=world.officer.actor, at=at),
            "cultivation.ranking_criterion")  # fmt: skip


def test_one_period_once_and_its_budget_never_below_what_is_committed(world, at):
    funding = granting.year(world, at)
    again = FundingTyped("2022", date(2023, 1, 1), date(2026, 1, 1), date(2027, 1, 1), 1)
    refused(lambda: benefits.open_funding(policy=funding.policy, typed=again,
                                          by=world.head.actor, at=at),
            "cultivation.period_taken")  # fmt: skip
    granting.sells(world.enterprise, 6000)
    granting.approved(world, at, funding)
    refused(lambda: benefits.set_budget(funding=funding, budget_fen=20 * WAN - 1,
                                        by=world.head.actor, at=at),
            "cultivation.budget_under_committed")  # fmt: skip
    lowered = benefits.set_budget(funding=funding, budget_fen=20 * WAN, by=world.head.actor, at=at)
    assert lowered.left_fen == 0


def test_a_policy_with_a_batch_under_way_is_not_closed(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    refused(lambda: benefits.close_policy(policy=funding.policy, reason="到期",
                                          by=world.head.actor, at=at),
            "cultivation.batches_open")  # fmt: skip
    benefits.return_batch(batch=batch, reason="到期", by=world.head.actor, at=at)
    closed = benefits.close_policy(policy=funding.policy, reason="到期", by=world.head.actor, at=at)
    assert closed.state == Policy.State.CLOSED
    refused(lambda: benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at),
            "cultivation.policy_not_in_force")  # fmt: skip


# --- computing --------------------------------------------------------------------------------


def test_only_who_is_met_is_paid_and_the_owner_of_what_is_missing_is_asked(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.sells(world.rival, 5000)
    unknown = granting.crowd(world, at, 1)[0]
    granting.correct(unknown, None, at)
    batch = granting.drafted(world, at, funding)
    lines = [(one.organisation.code, one.outcome, one.reason, one.amount_fen, one.state)
             for one in batch.lines.select_related("organisation")]  # fmt: skip
    assert lines == [(world.enterprise.code, "PAYS", "FULL", 20 * WAN, "DRAFTED")]
    assert batch.asked == [
        {"column": "contracts", "label": "技术合同", "owner": "科技局", "count": 1}
    ]
    funding.refresh_from_db()
    assert funding.computed == {"enterprises": 3, "met": 1, "open": 1, "claims": 1, "pays": 1}
    assert money(funding) == (0, 0)


def test_a_second_run_gives_the_batch_that_waits_and_nobody_entitled_gives_none(world, at):
    funding = granting.year(world, at)
    assert benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at) is None
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    assert granting.drafted(world, at, funding) == batch
    assert Batch.objects.count() == 1


def test_outside_its_window_a_year_is_not_computed(world, at):
    funding = granting.year(world, at)
    early = at - timedelta(days=400)
    refused(lambda: benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=early),
            "cultivation.policy_not_in_force")  # fmt: skip
    refused(lambda: benefits.compute_batch(funding=funding, by=world.finance.actor, at=at),
            "cultivation.not_permitted")  # fmt: skip


def test_a_shortfall_is_shared_to_the_fen(world, at):
    funding = granting.year(world, at, budget_fen=50 * WAN + 1)
    granting.crowd(world, at, 3)
    batch = granting.drafted(world, at, funding)
    amounts = list(batch.lines.order_by("number").values_list("amount_fen", flat=True))
    assert amounts == [16_666_667, 16_666_667, 16_666_667]
    assert batch.total_fen == 50 * WAN + 1


def test_by_ranking_the_largest_turnover_first_and_the_cut_says_why(world, at):
    from dataclasses import replace

    typed = replace(REWARD, shortfall="RANKING", ranking_criterion="contracts_over")
    funding = granting.year(world, at, budget_fen=30 * WAN, typed=typed)
    granting.sells(world.enterprise, 9000)
    granting.sells(world.rival, 8000)
    third = granting.crowd(world, at, 1, wan=7000)[0]
    granting.drafted(world, at, funding)
    assert granting.line_of(world.enterprise).amount_fen == 20 * WAN
    assert granting.line_of(world.rival).amount_fen == 10 * WAN
    cut = granting.line_of(third)
    assert (cut.outcome, cut.reason, cut.state) == ("CUT", "NO_BUDGET", "NONE")
    assert cut.facts["rank"] == 7000 * WAN
    assert cut.facts["place"] == 3


def test_who_enjoys_an_excluding_policy_in_the_period_is_not_paid_twice(world, at):
    from dataclasses import replace

    first = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.approved(world, at, first)
    typed = replace(REWARD, title="另一项奖补", excludes=(first.policy.number,))
    second = granting.year(world, at, typed=typed)
    granting.sells(world.rival, 6000)
    batch = granting.drafted(world, at, second)
    rows = {one.organisation_id: (one.outcome, one.reason) for one in batch.lines.all()}
    assert rows == {
        world.enterprise.pk: ("EXCLUDED", "ENJOYED"), world.rival.pk: ("PAYS", "FULL")
    }  # fmt: skip
    assert database_refuses(
        """INSERT INTO cultivation_line (number, batch_id, funding_id, organisation_id, sequence,
           outcome, reason, facts, entitled_fen, settled_fen, amount_fen, state, is_live, note)
           SELECT 'BT-2026-900001', %s, %s, organisation_id, 1, 'PAYS', 'FULL', '{}', 1, 0, 1,
           'DRAFTED', true, '' FROM cultivation_line WHERE organisation_id = %s LIMIT 1""",
        granting.drafted(world, at, second).pk, second.pk, world.enterprise.pk,
    ) in ("nobody_enjoys_two_that_exclude", "batch_is_its_lines",
          "one_line_per_enterprise_and_batch")  # fmt: skip
