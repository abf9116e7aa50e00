"""The way of a batch: approval, notice, objection, payment; one test per way out."""


import pytest
from django.db import connection

from kechuang.base.actor import Actor
from kechuang.base.periods import Period
from kechuang.cultivation.actions import benefits
from kechuang.ledger.models import Grant, PaymentOrder
from kechuang.ledger.queries import problems_with_books
from kechuang.messages.models import Message
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.projects.queries import public_funding_paid
from tests.cultivation import granting
from tests.cultivation.granting import WAN
from tests.cultivation.holding import money, refused

pytestmark = pytest.mark.django_db


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


def test_what_is_paid_as_a_benefit_is_no_instalment_of_a_project(world, at):
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 6000)
    _batch, paid_at = granting.paid(world, at, funding)
    order = PaymentOrder.objects.get()
    assert (order.amount_fen, order.paid_at) == (20 * WAN, paid_at)
    period = Period.parse(f"{paid_at.year}")
    assert public_funding_paid(period, world.province.path) == []
