"""Shares instead of grants, what is taken back or added, and what the database holds."""

from datetime import date, timedelta

import pytest
from django.db import connection

from kechuang.base.actor import Actor
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Line, ReclaimCase
from kechuang.cultivation.rules.benefits import StakeTyped
from kechuang.ledger.models import Grant
from kechuang.ledger.queries import problems_with_books
from kechuang.messages.models import Message
from tests.cultivation import granting
from tests.cultivation.builders import known
from tests.cultivation.granting import EQUITY, WAN
from tests.cultivation.holding import database_refuses, money, refused

pytestmark = pytest.mark.django_db


# --- equity -----------------------------------------------------------------------------------


TERMS = StakeTyped(5000 * WAN, "示例市创投公司", "五年内由原股东回购", date(2031, 12, 31))


def equity(world, at, wan=800):
    funding = granting.year(world, at, budget_fen=1000 * WAN, typed=EQUITY)
    known(
        world.enterprise, certificates=[{"kind": "pilot_base", "since": date(2022, 1, 1)}],
        judged={"equity_wan": wan},
    )  # fmt: skip
    return funding


def test_a_grant_that_became_equity_opens_a_share_with_its_way_out(world, at):
    batch, after = granting.payable(world, at, equity(world, at))
    line = granting.line_of(world.enterprise)
    assert line.amount_fen == 500 * WAN
    refused(lambda: benefits.request_payments(batch=batch, by=world.officer.actor, at=after),
            "cultivation.stake_terms_missing")  # fmt: skip
    stake = benefits.agree_stake(line=line, typed=TERMS, by=world.officer.actor, at=after)
    assert (stake.state, stake.opened_at) == ("AGREED", None)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    benefits.pay_batch(batch=batch, by=world.payer.actor, at=after)
    connection.check_constraints()
    stake.refresh_from_db()
    assert (stake.state, stake.opened_at, stake.amount_fen) == ("HELD", after, 500 * WAN)
    refused(lambda: benefits.exit_stake(stake=stake, note="x", by=world.officer.actor, at=after),
            "cultivation.not_permitted")  # fmt: skip
    left = benefits.exit_stake(stake=stake, note="原股东回购。", by=world.head.actor, at=after)
    assert left.state == "EXITED"
    refused(lambda: benefits.exit_stake(stake=left, note="x", by=world.head.actor, at=after),
            "cultivation.stake_not_held")  # fmt: skip


def test_the_terms_of_a_share_are_checked_together(world, at):
    granting.drafted(world, at, equity(world, at))
    line = granting.line_of(world.enterprise)
    bad = StakeTyped(1, " ", "", at.date())
    refused(lambda: benefits.agree_stake(line=line, typed=bad, by=world.officer.actor, at=at),
            "cultivation.valuation_under_stake", "cultivation.holder_missing",
            "cultivation.exit_condition_missing", "cultivation.exit_in_the_past")  # fmt: skip


def test_a_grant_has_no_share_and_the_cap_holds_in_the_database(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.drafted(world, at, funding)
    line = granting.line_of(world.enterprise)
    refused(lambda: benefits.agree_stake(line=line, typed=TERMS, by=world.officer.actor, at=at),
            "cultivation.line_not_live")  # fmt: skip
    stake = """INSERT INTO cultivation_stake (number, line_id, amount_fen, valuation_fen, holder,
               exit_condition, exit_date, state, agreed_by_id, agreed_at, exit_note)
               VALUES ('GQ-2026-900001', %s, %s, %s, 'x', 'x', '2030-01-01', 'AGREED', %s, now(),
               '')"""
    person = world.officer.person.pk
    assert database_refuses(stake, line.pk, 20 * WAN, 20 * WAN, person) == "stake_is_its_line"


# --- reclaim and supplement -------------------------------------------------------------------


def compare(funding, at):
    return benefits.compare_paid(funding=funding, by=Actor.CLOCK, at=at)


def test_a_correction_opens_a_case_that_says_which_datum_and_whose(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    _batch, after = granting.paid(world, at, funding)
    assert compare(funding, after) == []
    granting.correct(world.enterprise, 4000, after, by=world.officer2.person.number)
    later = after + timedelta(days=1)
    case = compare(funding, later)[0]
    assert (case.amount_fen, case.entitled_then_fen, case.entitled_now_fen) == (
        20 * WAN, 20 * WAN, 0
    )  # fmt: skip
    assert case.changes == [
        {"column": "contracts", "label": "技术合同", "owner": "科技局",
         "then": {"rows": 1, "sum_fen": 6000 * WAN}, "now": {"rows": 1, "sum_fen": 4000 * WAN}}
    ]  # fmt: skip
    assert [one["title"] for one in case.sources] == ["技术合同登记更正"]
    assert case.corrected_by == world.officer2.person.number
    assert compare(funding, later) == []
    assert Message.objects.filter(
        template="cultivation.case_opened", person_number=world.unit_admin.person.number
    ).count() == 1  # fmt: skip


def opened(world, at, wan=4000, corrector=""):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    _batch, after = granting.paid(world, at, funding)
    granting.correct(world.enterprise, wan, after, by=corrector)
    later = after + timedelta(days=1)
    return funding, compare(funding, later)[0], later


def test_nothing_is_decided_before_the_enterprise_was_heard_or_the_term_is_over(world, at):
    funding, case, later = opened(world, at)
    def decide(when, verdict="RECLAIM"):
        return benefits.decide_case(case=case, verdict=verdict, decision="合同已解除。",
                                    by=world.head.actor, at=when)  # fmt: skip

    refused(lambda: decide(later), "cultivation.answer_term_runs")
    assert decide(case.until).state == "DUE"
    assert granting.line_of(world.enterprise).state == "RECLAIM_DUE"


def test_an_answered_case_is_reclaimed_through_the_ledger(world, at):
    funding, case, later = opened(world, at)
    refused(lambda: benefits.answer_case(case=case, answer=" ", by=world.unit_admin.actor,
                                         at=later), "cultivation.answer_missing")  # fmt: skip
    refused(lambda: benefits.answer_case(case=case, answer="有误", by=world.rival_admin.actor,
                                         at=later), "cultivation.not_permitted")  # fmt: skip
    case = benefits.answer_case(case=case, answer="合同确已解除。", by=world.unit_admin.actor,
                                at=later)  # fmt: skip
    case = benefits.decide_case(case=case, verdict="RECLAIM", decision="合同已解除。",
                                by=world.head.actor, at=later)  # fmt: skip
    case = benefits.settle_case(case=case, by=world.payer.actor, at=later)
    connection.check_constraints()
    assert (case.state, granting.line_of(world.enterprise).state) == ("SETTLED", "RECLAIMED")
    assert Grant.objects.get().reclaimed_fen == 20 * WAN
    assert money(funding) == (0, 20 * WAN)
    assert problems_with_books() == []
    assert compare(funding, later) == []


def test_who_corrected_the_data_does_not_decide(world, at):
    _funding, case, _later = opened(world, at, corrector=world.head.person.number)
    refused(lambda: benefits.decide_case(case=case, verdict="DROP", decision="x",
                                         by=world.head.actor, at=case.until),
            "cultivation.corrected_by_the_same_person")  # fmt: skip
    dropped = benefits.decide_case(case=case, verdict="DROP", decision="差额系登记延误。",
                                   by=world.head2.actor, at=case.until)  # fmt: skip
    assert dropped.state == "DROPPED"
    assert granting.line_of(world.enterprise).state == "PAID"


def test_a_case_lapses_when_the_data_are_corrected_back(world, at):
    funding, case, later = opened(world, at)
    granting.correct(world.enterprise, 6000, later)
    assert compare(funding, later + timedelta(hours=1)) == []
    case.refresh_from_db()
    assert case.state == ReclaimCase.State.LAPSED


def test_what_became_unknown_accuses_nobody(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    _batch, after = granting.paid(world, at, funding)
    granting.correct(world.enterprise, None, after)
    assert compare(funding, after + timedelta(days=1)) == []


def test_a_part_of_an_equity_sum_is_owed_back_and_a_second_case_is_refused(world, at):
    """The amount judged falls from 300 to 200, then to 100: one payment is taken back once."""
    funding = equity(world, at, wan=300)
    batch, after = granting.payable(world, at, funding)
    line = granting.line_of(world.enterprise)
    benefits.agree_stake(line=line, typed=TERMS, by=world.officer.actor, at=after)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    benefits.pay_batch(batch=batch, by=world.payer.actor, at=after)
    rejudge(world, 200)
    case = compare(funding, after)[0]
    assert case.amount_fen == 100 * WAN
    case = benefits.decide_case(case=case, verdict="RECLAIM", decision="复评。",
                                by=world.head.actor, at=case.until)  # fmt: skip
    benefits.settle_case(case=case, by=world.payer.actor, at=case.until)
    rejudge(world, 100)
    second = compare(funding, after)[0]
    refused(lambda: benefits.decide_case(case=second, verdict="RECLAIM", decision="再复评。",
                                         by=world.head.actor, at=second.until),
            "cultivation.reclaimed_already")  # fmt: skip


def rejudge(world, wan):
    from kechuang.cultivation.models import Profile

    Profile.objects.filter(organisation=world.enterprise).update(judged={"equity_wan": wan})


def test_a_correction_in_favour_is_paid_the_difference_in_the_next_batch(world, at):
    funding = equity(world, at, wan=300)
    batch, after = granting.payable(world, at, funding)
    rejudge(world, 450)
    second = granting.drafted(world, after, funding)
    line = granting.line_of(world.enterprise, batch=second)
    assert (line.sequence, line.reason, line.entitled_fen, line.settled_fen, line.amount_fen) == (
        2, "SUPPLEMENT", 450 * WAN, 300 * WAN, 150 * WAN
    )  # fmt: skip


def test_what_was_taken_back_is_paid_again_when_the_data_turn_out_right(world, at):
    funding, case, later = opened(world, at)
    case = benefits.decide_case(case=case, verdict="RECLAIM", decision="合同已解除。",
                                by=world.head.actor, at=case.until)  # fmt: skip
    case = benefits.settle_case(case=case, by=world.payer.actor, at=later)
    granting.correct(world.enterprise, 6000, later + timedelta(hours=1))
    batch = granting.drafted(world, later + timedelta(hours=2), funding)
    line = granting.line_of(world.enterprise, batch=batch)
    assert (line.sequence, line.settled_fen, line.amount_fen) == (2, 0, 20 * WAN)


# --- what the database holds ------------------------------------------------------------------


def test_the_database_holds_the_money(world, at):
    funding = granting.year(world, at, budget_fen=20 * WAN)
    granting.sells(world.enterprise, 6000)
    batch, _after = granting.paid(world, at, funding)
    connection.check_constraints()
    counters = "UPDATE cultivation_funding SET {} WHERE id = %s"
    assert database_refuses(counters.format("paid_fen = 0"), funding.pk) == (
        "counters_are_the_lines"
    )
    assert database_refuses(counters.format("budget_fen = 1"), funding.pk) == (
        "paid_and_reserved_within_budget"
    )
    assert database_refuses(counters.format("period = '2021'"), funding.pk) == (
        "funding_keeps_its_period"
    )
    line = "UPDATE cultivation_line SET {} WHERE batch_id = %s"
    assert database_refuses(line.format("amount_fen = 1"), batch.pk) == "line_is_frozen"
    assert database_refuses(line.format("state = 'CONFIRMED'"), batch.pk) == (
        "line_stands_where_its_payment_stands"
    )
    assert database_refuses(line.format("state = 'RESERVED'"), batch.pk) == "line_takes_its_steps"
    assert database_refuses("DELETE FROM cultivation_line") == "lines_stay"
    frozen = "UPDATE cultivation_batch SET {} WHERE id = %s"
    assert database_refuses(frozen.format("total_fen = 1"), batch.pk) == "batch_is_frozen"
    assert database_refuses(frozen.format("state = 'DRAFTED'"), batch.pk) == (
        "batch_takes_its_steps"
    )
    assert database_refuses("DELETE FROM cultivation_batch") == "batches_stay"
    assert database_refuses(
        "UPDATE ledger_paymentorder SET state = 'CONFIRMED', confirmed_at = now()"
    ) == "line_stands_where_its_payment_stands"


INSERT_LINE = """
    INSERT INTO cultivation_line (number, batch_id, funding_id, organisation_id, sequence, outcome,
        reason, facts, entitled_fen, settled_fen, amount_fen, state, is_live, note)
    SELECT 'BT-2026-900001', {batch}, funding_id, organisation_id, %s, outcome, reason, facts,
        entitled_fen, 0, %s, 'DRAFTED', true, '' FROM cultivation_line
        WHERE organisation_id = %s
"""
NEW_BATCH = """
    WITH made AS (
        INSERT INTO cultivation_batch (number, funding_id, region_path, state, state_since,
            rule_version, computed_at, notice_number, left_fen, total_fen, line_count, asked,
            content_hash, reason, version)
        SELECT 'PC-2026-900001', funding_id, region_path, 'DRAFTED', now(), rule_version,
            computed_at, '', left_fen, %s, 1, '[]', content_hash, '', 1
        FROM cultivation_batch WHERE id = %s RETURNING id)
"""


def test_nobody_is_paid_twice_past_all_rules_of_the_code(world, at):
    funding = granting.year(world, at, budget_fen=1000 * WAN)
    granting.sells(world.enterprise, 6000)
    batch, _after = granting.paid(world, at, funding)
    connection.check_constraints()
    sql = NEW_BATCH + INSERT_LINE.format(batch="(SELECT id FROM made)")
    values = (20 * WAN, batch.pk)
    assert database_refuses(sql, *values, 1, 20 * WAN, world.enterprise.pk) == (
        "nobody_twice_for_policy_and_period"
    )
    assert database_refuses(sql, *values, 2, 20 * WAN, world.enterprise.pk) == (
        "nobody_gets_more_than_entitled"
    )
    assert database_refuses(
        INSERT_LINE.format(batch=batch.pk), 2, 20 * WAN, world.enterprise.pk
    ) in ("one_line_per_enterprise_and_batch", "batch_is_its_lines")
    assert Line.objects.count() == 1
