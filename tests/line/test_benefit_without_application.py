"""A corrected return makes an enterprise met; the night pays it; a second correction takes it back.

Everybody acts on the pages; the nights are the jobs themselves; nobody applies for anything.
"""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kechuang.base.actor import Actor
from kechuang.cultivation import actions, jobs
from kechuang.cultivation.models import Batch, Line, ReclaimCase, Verdict
from kechuang.doors import clock
from kechuang.ledger.models import Grant
from kechuang.ledger.queries import problems_with_books
from kechuang.messages.models import Message
from kechuang.notices import jobs as notice_jobs
from kechuang.notices.models import Notice
from tests.cultivation import granting
from tests.cultivation.granting import SIGNED, WAN

pytestmark = pytest.mark.django_db


def corrects(world, wan: int, at: datetime) -> None:
    """An officer enters what the register of contracts says now, as an import does."""
    by = world.officer2.actor
    source = actions.source_of(
        kind="SHEET", title="技术合同登记", department="科技局", day=at.date(), by=by, at=at
    )
    row = actions.Said(
        world.enterprise, "contracts", "HT-1",
        {"signed_date": SIGNED, "amount_fen": wan * WAN},
    )  # fmt: skip
    actions.learn(said=[row], source=source, by=by, at=at)
    actions.recompute(organisations=[world.enterprise], by=Actor.CLOCK, at=at)


def press(client, name: str, number: str, **data: str) -> None:
    answer = client.post(reverse(name, args=[number]), data)
    assert answer.status_code == 302, answer.content.decode()[:3000]


def test_from_a_corrected_return_to_the_money_and_back(world, client_as, monkeypatch):
    start = timezone.now().replace(microsecond=0)
    now = [start]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    at = start - timedelta(days=30)
    funding = granting.year(world, at)
    granting.sells(world.enterprise, 100)
    corrects(world, 4000, at)
    jobs.compute_batch(funding.number)
    assert not Batch.objects.exists()
    mine = client_as(world.unit_admin)
    assert "还差" in mine.get(reverse("benefits")).content.decode()

    corrects(world, 6000, start - timedelta(hours=2))
    known = Verdict.objects.get(organisation=world.enterprise, policy="sy-contract-reward",
                                until=None)  # fmt: skip
    assert known.policy == "sy-contract-reward"
    jobs.compute_batch(funding.number)
    batch = Batch.objects.get()
    assert (batch.drafted_by, batch.total_fen) == (None, 20 * WAN)
    press(client_as(world.head), "batch-approve-batch", batch.number)
    notice = Notice.objects.get(subject_number=batch.number)
    now[0] = notice.ends_at + timedelta(minutes=1)
    notice_jobs.run(notice.number, int(now[0].timestamp()))
    jobs.follow_notice(batch.number)
    for member, verb in (
        (world.officer, "request-payments"), (world.finance, "review-payments"),
        (world.payer, "pay-batch"), (world.payer, "confirm-payments"),
    ):  # fmt: skip
        press(client_as(member), f"batch-{verb}", batch.number)
    line = Line.objects.get()
    assert (line.state, line.amount_fen) == ("CONFIRMED", 20 * WAN)
    page = mine.get(reverse("benefit", args=[line.number])).content.decode()
    assert "200,000.00" in page
    assert Message.objects.filter(
        template="cultivation.benefit_paid", person_number=world.unit_admin.person.number
    ).count() == 1  # fmt: skip

    now[0] += timedelta(days=20)
    corrects(world, 4500, now[0] - timedelta(minutes=5))
    jobs.compare_paid(funding.number)
    case = ReclaimCase.objects.get()
    assert case.amount_fen == 20 * WAN
    press(mine, "reclaim-answer-case", case.number, answer="合同确有变更，无异议。")
    press(client_as(world.head), "reclaim-decide-case", case.number, verdict="RECLAIM",
          decision="合同已变更，成交额不足。")  # fmt: skip
    press(client_as(world.payer), "reclaim-settle-case", case.number)
    assert Line.objects.get().state == "RECLAIMED"
    assert Grant.objects.get(subject_number=line.number).reclaimed_fen == 20 * WAN
    assert problems_with_books() == []
    jobs.compute_batch(funding.number)
    assert Batch.objects.count() == 1
