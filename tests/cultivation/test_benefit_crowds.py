"""Real threads on one period: one batch, one payment, never over the budget; a kill leaves all or
nothing. The sixty-fourfold of it with processes that are killed is `make bench-eligibility`.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connections

from kechuang.base.actor import Actor
from kechuang.base.refusals import Refused
from kechuang.cultivation.actions import benefits
from kechuang.cultivation.models import Batch, Funding, Line
from kechuang.ledger.models import EntrySet, PaymentOrder
from kechuang.ledger.queries import problems_with_books
from tests.cultivation import granting
from tests.cultivation.granting import WAN
from tests.world import World, build_world

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8
PROCESSES = int(os.environ.get("KC_CROWD", "4"))
WHILE = 0.1 + 0.02 * PROCESSES  # seconds in which half of the processes are killed


def at_once(act: Callable[[int], object]) -> Counter[str]:
    """Run an act in threads that start together; count done and the codes of refusals."""
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(THREADS)

    def run(index: int) -> None:
        barrier.wait(timeout=60)
        try:
            act(index)
            outcome = "done"
        except Refused as refused:
            outcome = refused.code
        finally:
            connections.close_all()
        outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return outcomes


def stood(at: datetime, budget_fen: int) -> tuple[World, Funding]:
    world = build_world(at)
    funding = granting.year(world, at, budget_fen=budget_fen)
    granting.crowd(world, at, 3)
    return world, funding


def test_many_nights_at_once_compute_one_batch(at: datetime) -> None:
    _world, funding = stood(at, 100 * WAN)
    found = at_once(lambda _index: benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at))
    assert found == {"done": THREADS}
    assert Batch.objects.count() == 1
    assert Line.objects.count() == 3


def test_many_payers_at_once_pay_once_within_the_budget(at: datetime) -> None:
    world, funding = stood(at, 50 * WAN)
    batch, after = granting.payable(world, at, funding)
    batch = benefits.request_payments(batch=batch, by=world.officer.actor, at=after)
    batch = benefits.review_payments(batch=batch, by=world.finance.actor, at=after)
    payer = world.payer.actor
    found = at_once(lambda _index: benefits.pay_batch(batch=batch, by=payer, at=after))
    assert found == {"done": 1, "cultivation.wrong_state": THREADS - 1}
    funding.refresh_from_db()
    assert (funding.reserved_fen, funding.paid_fen) == (0, 50 * WAN)
    assert EntrySet.objects.filter(memo_code="PAYMENT").count() == 3
    assert PaymentOrder.objects.filter(state="PAID").count() == 3
    assert problems_with_books() == []


def test_approvals_and_lowered_budgets_at_once_keep_the_sum(at: datetime) -> None:
    """Whoever comes first wins: approved and no lower, or lowered and refused."""
    world, funding = stood(at, 60 * WAN)
    batch = granting.drafted(world, at, funding)
    head = world.head.actor

    def act(index: int) -> None:
        if index % 2:
            benefits.set_budget(funding=funding, budget_fen=10 * WAN, by=head, at=at)
        else:
            benefits.approve_batch(batch=batch, by=head, at=at)

    found = at_once(act)
    funding.refresh_from_db()
    approved = funding.reserved_fen > 0
    assert (funding.budget_fen, funding.reserved_fen) == (
        (60 * WAN, 60 * WAN) if approved else (10 * WAN, 0)
    )
    assert found["done"] == (1 if approved else THREADS // 2)


def processes(act: Callable[[], object], seed: random.Random) -> Counter[str]:
    """Fork so many behind one gate, open it, kill every other one on its way; how each ended."""
    connections.close_all()  # a child that closed the parent's socket would end its session
    gate, hold = os.pipe()
    children = []
    for _index in range(PROCESSES):
        child = os.fork()
        if not child:
            os.close(hold)
            os.read(gate, 1)  # nothing comes: the end of it, when the parent lets go
            os._exit(_outcome(act))
        children.append(child)
    os.close(gate)
    os.close(hold)
    spent = 0.0
    for moment, child in sorted((seed.uniform(0, WHILE), child) for child in children[1::2]):
        time.sleep(moment - spent)
        spent = moment
        os.kill(child, signal.SIGKILL)
    ends: Counter[str] = Counter()
    for child in children:
        _pid, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        ends["killed" if killed else ("done", "refused", "failed")[os.WEXITSTATUS(status)]] += 1
    return ends


def _outcome(act: Callable[[], object]) -> int:
    try:
        act()
    except Refused:
        return 1
    except BaseException:
        return 2
    return 0


def test_processes_that_are_killed_pay_all_or_nothing(at: datetime) -> None:
    """Every step of a batch by many processes at once, half of them killed; then the sums."""
    world, funding = stood(at, 50 * WAN)
    seed = random.Random(20231122)
    ends: Counter[str] = Counter()

    def drive(act: Callable[[], object], is_over: Callable[[], bool]) -> None:
        for _round in range(40):
            ends.update(processes(act, seed))
            if is_over():
                return
        raise AssertionError("the step never came to an end")

    def state() -> str:
        return str(Batch.objects.values_list("state", flat=True).get())

    drive(lambda: benefits.compute_batch(funding=funding, by=Actor.CLOCK, at=at),
          Batch.objects.exists)  # fmt: skip
    batch, after = granting.payable(world, at, funding)
    for act, by, wanted in (
        (benefits.request_payments, world.officer.actor, "REQUESTED"),
        (benefits.review_payments, world.finance.actor, "REVIEWED"),
        (benefits.pay_batch, world.payer.actor, "PAID"),
    ):
        drive(lambda act=act, by=by: act(batch=batch, by=by, at=after),
              lambda wanted=wanted: state() == wanted)  # fmt: skip
    funding.refresh_from_db()
    paid = list(Line.objects.order_by("pk").values_list("organisation_id", "amount_fen", "state"))
    assert (funding.reserved_fen, funding.paid_fen) == (0, 50 * WAN)
    assert len({organisation for organisation, _fen, _state in paid}) == len(paid) == 3
    assert {one[2] for one in paid} == {"PAID"}
    assert sum(one[1] for one in paid) == 50 * WAN
    assert EntrySet.objects.filter(memo_code="PAYMENT").count() == 3
    assert problems_with_books() == []
    assert ends["failed"] == 0
    assert ends["killed"] > 0
    print(f"processes {sum(ends.values())}: {dict(ends)}; paid {funding.paid_fen} fen "
          f"of {funding.budget_fen}, over budget 0, twice 0")  # fmt: skip
