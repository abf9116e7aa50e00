"""A year's life: whoever does whatever in whichever order, killed or not, the money agrees."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Funding, Line, ReclaimCase
from kechuang.cultivation.queries.benefits import upheld_objections
from kechuang.ledger.models import PaymentOrder
from kechuang.ledger.queries import problems_with_books
from kechuang.notices import actions as notices
from kechuang.notices.models import Notice
from kechuang.notices.queries import objections_of
from tests.cultivation import granting
from tests.cultivation.granting import WAN
from tests.world import build_world

AT = datetime.fromisoformat("2026-11-21T17:00:00+08:00")
MOST = 20 * WAN  # what the rules give one enterprise at the most
WHO = {
    "compute_batch": "clock", "approve_batch": "head", "return_batch": "head",
    "request_payments": "officer", "review_payments": "finance", "return_payments": "finance",
    "pay_batch": "payer", "confirm_payments": "payer", "publish_again": "officer",
}  # fmt: skip
WAYS = ("approve_batch",) * 3 + (
    "request_payments", "request_payments", "review_payments", "review_payments", "pay_batch",
    "pay_batch", "confirm_payments", "return_batch", "return_payments", "publish_again",
)  # fmt: skip


class Killed(Exception):
    """The process dies before it commits."""


class Year(RuleBasedStateMachine):
    """One period of one policy with three enterprises; what is refused or killed changes nothing.
    """

    done = 0
    refused = 0
    paid = 0
    reclaimed = 0

    @initialize(budget=st.sampled_from([30, 45, 100]))
    def open(self, budget):
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.world, self.at = build_world(AT), AT
        self.funding = granting.year(self.world, AT, budget_fen=budget * WAN)
        self.units = [self.world.enterprise, self.world.rival,
                      *granting.crowd(self.world, AT, 1)]  # fmt: skip
        for unit in self.units[:2]:
            granting.sells(unit, 6000)

    def actor(self, who):
        return Actor.CLOCK if who == "clock" else getattr(self.world, who).actor

    def act(self, call, who, kill=False, **said):
        self.at += timedelta(hours=7)
        try:
            with transaction.atomic():
                call(by=self.actor(who), at=self.at, **said)
                connection.check_constraints()
                if kill:
                    raise Killed
            type(self).done += 1
        except Killed:
            pass
        except Refused:
            type(self).refused += 1

    @rule(kill=st.sampled_from([False, False, False, True]))
    def propose(self, kill):
        self.act(benefits.compute_batch, "clock", kill, funding=self.funding)

    @rule(verb=st.sampled_from(WAYS), place=st.integers(0, 2),
          kill=st.sampled_from([False, False, False, True]))  # fmt: skip
    def step(self, verb, place, kill):
        batches = list(Batch.objects.order_by("-pk")[:3])
        if batches:
            said = {"reason": "再看。"} if verb.startswith("return") else {}
            self.act(getattr(benefits, verb), WHO[verb], kill,
                     batch=batches[place % len(batches)], **said)  # fmt: skip

    @rule(kill=st.booleans())
    def whole_road(self, kill):
        """The batch in hand goes all its way; at each step the process may die, and is retried."""
        self.propose(kill)
        for verb in ("approve_batch", "", "request_payments", "review_payments", "pay_batch"):
            if not verb:
                self.time_passes(9)
                continue
            self.step(verb, 0, kill)
            self.step(verb, 0, False)

    @rule(days=st.sampled_from([1, 9]))
    def time_passes(self, days):
        self.at += timedelta(days=days)
        for batch in Batch.objects.filter(state="ON_NOTICE"):
            notice = Notice.objects.get(number=batch.notice_number)
            if notice.ends_at and self.at > notice.ends_at:
                self.act(notices.close_notice, "clock", notice=notice)
            self.act(benefits.follow_notice, "clock", batch=batch)

    @rule(place=st.integers(0, 2))
    def object(self, place):
        """An objection holds in part, and its enterprise is taken out."""
        batch = Batch.objects.filter(state="ON_NOTICE").first()
        if batch is None:
            return
        notice = Notice.objects.get(number=batch.notice_number)
        said = {"ground": "FACTS", "request": "请核实。", "phone": "13900000000",
                "statement": "这份技术合同已经解除，没有履行，不应计入成交额。"}  # fmt: skip
        self.act(notices.object_to, "rival_admin", notice=notice, **said)
        for one in objections_of(notice):
            self.act(notices.accept_objection, "officer2", objection=one)
            self.act(notices.answer_objection, "officer2", objection=one, answer="经查属实。")
            self.act(notices.decide_objection, "head2", objection=one, verdict="UPHELD",
                     decision="成立。")  # fmt: skip
        self.act(benefits.follow_notice, "clock", batch=batch)
        lines = list(Line.objects.filter(batch=batch, is_live=True))
        for one in upheld_objections(batch)[:1] if lines else []:
            self.act(benefits.take_out, "officer", line=lines[place % len(lines)], objection=one,
                     reason="合同已解除。")  # fmt: skip

    @rule(place=st.integers(0, 2), wan=st.sampled_from([4000, 5200, 6000, 20_000]))
    def correct(self, place, wan):
        self.at += timedelta(hours=1)
        granting.correct(self.units[place], wan, self.at)

    @rule()
    def compare(self):
        self.act(benefits.compare_paid, "clock", funding=self.funding)

    @rule(verdict=st.sampled_from(["RECLAIM", "RECLAIM", "DROP"]), settle=st.booleans())
    def decide(self, verdict, settle):
        case = ReclaimCase.objects.filter(state__in=["OPEN", "ANSWERED", "DUE"]).first()
        if case is None:
            return
        unit = "unit_admin" if case.line.organisation == self.world.enterprise else "rival_admin"
        self.act(benefits.answer_case, unit, case=case, answer="无异议。")
        self.act(benefits.decide_case, "head", case=case, verdict=verdict, decision="按数据。")
        if settle:
            self.act(benefits.settle_case, "payer", case=case)

    @rule(place=st.integers(0, 2), kill=st.booleans())
    def take_back(self, place, kill):
        """What was paid no longer holds: a case, the enterprise's answer, the money back."""
        self.correct(place, 4000)
        self.act(benefits.compare_paid, "clock", kill, funding=self.funding)
        self.compare()
        self.decide("RECLAIM", True)

    @rule(wan=st.sampled_from([20, 40, 100]))
    def fund(self, wan):
        self.act(benefits.set_budget, "head", funding=self.funding, budget_fen=wan * WAN)

    @invariant()
    def the_money_agrees(self):
        if not hasattr(self, "funding"):
            return
        row = Funding.objects.get(pk=self.funding.pk)
        assert row.paid_fen + row.reserved_fen <= row.budget_fen
        live = Line.objects.filter(funding=row, is_live=True)
        held = live.exclude(state="DRAFTED").aggregate(sum=Sum("amount_fen"))["sum"] or 0
        assert held == row.paid_fen + row.reserved_fen
        orders = PaymentOrder.objects.filter(paid_at__isnull=False)
        paid = orders.aggregate(sum=Sum("amount_fen"), back=Sum("reclaimed_fen"))
        assert (paid["sum"] or 0) == row.paid_fen
        for unit in self.units:
            mine = Line.objects.filter(organisation=unit, order__paid_at__isnull=False).aggregate(
                sum=Sum("order__amount_fen"), back=Sum("order__reclaimed_fen")
            )
            assert (mine["sum"] or 0) - (mine["back"] or 0) <= MOST
        assert problems_with_books() == []
        type(self).paid += bool(row.paid_fen)
        type(self).reclaimed += bool(paid["back"])

    def teardown(self):
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)


@pytest.mark.django_db(transaction=False)
def test_a_years_money_agrees_whoever_acts():
    run_state_machine_as_test(
        Year,
        settings=settings(max_examples=9, stateful_step_count=26, deadline=None,
                          derandomize=True, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert Year.done >= 40
    assert Year.refused >= 20
    assert Year.paid >= 10
    assert Year.reclaimed >= 1
