"""The way of a batch, one test per way out; what the database holds; what is taken back."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused, RefusedTogether
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Funding, Line, Policy, ReclaimCase
from kechuang.cultivation.rules.benefits import FundingTyped, StakeTyped
from kechuang.ledger.models import Grant, PaymentOrder
from kechuang.ledger.queries import problems_with_books
from kechuang.messages.models import Message
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from tests.cultivation import granting
from tests.cultivation.builders import known
from tests.cultivation.granting import EQUITY, REWARD, WAN

pytestmark = pytest.mark.django_db


def refused(act, *codes):
    with pytest.raises(Refused) as caught:
        act()
    assert [one.code for one in caught.value.refusals] == list(codes)


def database_refuses(sql, *values):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        connection.check_constraints()
    return caught.value.__cause__.diag.constraint_name


def money(funding):
    fresh = Funding.objects.get(pk=funding.pk)
    return fresh.reserved_fen, fresh.paid_fen


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


# --- approval, notice, objection ---------------------------------------------------------------


def test_approval_reserves_opens_the_notice_and_tells_the_enterprise(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.approved(world, at, funding)
    assert money(funding) == (20 * WAN, 0)
    notice = Notice.objects.get(number=batch.notice_number)
    assert (notice.subject_number, notice.working_days) == (batch.number, 5)
    assert notice.facts[-1] == [world.enterprise.name, "200,000.00 元"]
    told = Message.objects.filter(template="cultivation.benefit_on_notice")
    assert set(told.values_list("person_number", flat=True)) == {
        world.filler.person.number, world.unit_admin.person.number
    }  # fmt: skip


def test_who_computed_a_batch_does_not_approve_it(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = benefits.compute_batch(funding=funding, by=world.head.actor, at=at)
    refused(lambda: benefits.approve_batch(batch=batch, by=world.head.actor, at=at),
            "cultivation.drafted_by_the_same_person")  # fmt: skip
    refused(lambda: benefits.approve_batch(batch=batch, by=Actor.CLOCK, at=at),
            "cultivation.not_permitted")  # fmt: skip
    refused(lambda: benefits.approve_batch(batch=batch, by=world.officer.actor, at=at),
            "cultivation.not_permitted")  # fmt: skip
    assert benefits.approve_batch(batch=batch, by=world.head2.actor, at=at).state == "ON_NOTICE"


def test_a_returned_batch_is_not_proposed_again_by_night_but_by_day(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    benefits.return_batch(batch=batch, reason="合同还在核查。", by=world.head.actor, at=at)
    assert granting.line_of(world.enterprise).state == "RETURNED"
    assert benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at) is None
    granting.sells(world.rival, 6000)
    assert granting.drafted(world, at, funding).line_count == 2
    benefits.return_batch(
        batch=granting.drafted(world, at, funding), reason="再等。", by=world.head.actor, at=at
    )
    by_day = benefits.compute_batch(funding=funding, by=world.officer.actor, at=at)
    assert by_day is not None
    assert by_day.line_count == 2


def test_a_budget_lowered_meanwhile_refuses_the_approval(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.drafted(world, at, funding)
    benefits.set_budget(funding=funding, budget_fen=1, by=world.head.actor, at=at)
    refused(lambda: benefits.approve_batch(batch=batch, by=world.head.actor, at=at),
            "cultivation.over_budget")  # fmt: skip


def upheld(world, at, batch, verdict="UPHELD"):
    notice = Notice.objects.get(number=batch.notice_number)
    objection = notices.object_to(
        notice=notice, ground="FACTS", statement="这份技术合同已经解除，没有履行，不应计入成交额。",
        request="请核实。", phone="13900000000", by=world.rival_admin.actor, at=at,
    )  # fmt: skip
    objection = notices.accept_objection(objection=objection, by=world.officer2.actor, at=at)
    objection = notices.answer_objection(
        objection=objection, answer="经查合同已解除。", by=world.officer2.actor, at=at
    )
    return notices.decide_objection(
        objection=objection, verdict=verdict, decision="成立。", by=world.head2.actor, at=at
    )


def test_an_upheld_objection_takes_a_line_out_and_the_rest_is_published_again(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.sells(world.rival, 7000)
    batch = granting.approved(world, at, funding)
    line = granting.line_of(world.enterprise)
    objection = upheld(world, at, batch)
    batch = benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=at)
    assert batch.state == "CORRECTING"
    taken = benefits.take_out(
        line=line, objection=objection, reason="合同已解除。", by=world.officer.actor, at=at
    )
    assert (taken.state, taken.is_live, taken.note) == ("TAKEN_OUT", False, "合同已解除。")
    assert money(funding) == (20 * WAN, 0)
    again = benefits.publish_again(batch=batch, by=world.officer.actor, at=at)
    assert again.state == "ON_NOTICE"
    assert Notice.objects.get(number=again.notice_number).facts[2] == ["户数", "1"]
    assert benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at) is None


def test_a_batch_that_loses_its_last_line_is_cancelled(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.approved(world, at, funding)
    objection = upheld(world, at, batch)
    benefits.take_out(line=granting.line_of(world.enterprise), objection=objection,
                      reason="合同已解除。", by=world.officer.actor, at=at)  # fmt: skip
    batch = benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=at)
    assert batch.state == "CANCELLED"
    assert money(funding) == (0, 0)


def test_nobody_is_taken_out_without_an_objection_that_held(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.approved(world, at, funding)
    objection = upheld(world, at, batch, verdict="DISMISSED")
    line = granting.line_of(world.enterprise)
    refused(lambda: benefits.take_out(line=line, objection=objection, reason="x",
                                      by=world.officer.actor, at=at),
            "cultivation.no_upheld_objection")  # fmt: skip


def test_a_notice_that_runs_keeps_the_batch_where_it_is(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch = granting.approved(world, at, funding)
    assert benefits.follow_notice(batch=batch, by=Actor.CLOCK, at=at).state == "ON_NOTICE"
    refused(lambda: benefits.request_payments(batch=batch, by=world.officer.actor, at=at),
            "cultivation.wrong_state")  # fmt: skip


# --- payment ----------------------------------------------------------------------------------


def test_three_people_pay_a_batch_through_the_ledger(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    granting.sells(world.rival, 7000)
    batch, after = granting.payable(world, at, funding)
    assert batch.state == "PAYABLE"
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    assert money(funding) == (40 * WAN, 0)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    batch = benefits.pay_batch(batch=batch, by=world.payer.actor, at=after)
    assert money(funding) == (0, 40 * WAN)
    refused(lambda: benefits.pay_batch(batch=batch, by=world.payer.actor, at=after),
            "cultivation.wrong_state")  # fmt: skip
    batch = benefits.confirm_payments(batch=batch, by=world.payer.actor, at=after)
    connection.check_constraints()
    assert batch.state == "DONE"
    assert set(batch.lines.values_list("state", flat=True)) == {"CONFIRMED"}
    assert list(Grant.objects.values_list("paid_fen", flat=True)) == [20 * WAN, 20 * WAN]
    assert PaymentOrder.objects.filter(state="CONFIRMED").count() == 2
    assert problems_with_books() == []


def test_the_approver_does_not_review_the_money(world, at):
    """A head who is also a financial reviewer is one person: the ledger knows the acceptor."""
    from kechuang.base.actor import Role
    from kechuang.parties.models import Appointment
    from tests.world import SINCE

    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch, after = granting.payable(world, at, funding)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    second_hat = Appointment.objects.create(
        person=world.head.person, role=Role.FINANCE, region=world.city, since=SINCE
    )
    refused(lambda: benefits.review_payments(batch=batch, by=second_hat.actor("page"), at=after),
            "ledger.reviewer_accepted")  # fmt: skip


def test_returned_payments_may_be_requested_again(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    batch, after = granting.payable(world, at, funding)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    batch = benefits.return_payments(
        batch=batch, reason="户名不符", by=world.finance.actor, at=after
    )
    line = granting.line_of(world.enterprise)
    assert (batch.state, line.state, line.order) == ("PAYABLE", "RESERVED", None)
    batch = benefits.request_payments(batch=batch, by=world.officer2.actor, at=after)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    benefits.pay_batch(batch=batch, by=world.payer.actor, at=after)
    connection.check_constraints()
    assert money(funding) == (0, 20 * WAN)
    assert PaymentOrder.objects.filter(state="RETURNED").count() == 1


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
