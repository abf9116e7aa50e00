"""Sixty-four real threads on one instalment pay once; on one request, request once."""

import fcntl
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection, connections

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import Refused
from kechuang.ledger.models import EntrySet, PaymentOrder
from kechuang.ledger.queries import grant_of, problems_with_books
from kechuang.projects import actions
from kechuang.projects.models import Project
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World, build_world

THREADS = 64
PAYERS = 4


@pytest.fixture
def alone() -> Iterator[None]:
    """One crowd at a time: two of them on two cores would use up the server's connections."""
    with (Path(tempfile.gettempdir()) / "kechuang-crowd.lock").open("w") as crowd:
        fcntl.flock(crowd, fcntl.LOCK_EX)
        yield


@pytest.fixture
def stood(alone: None, transactional_db: None, at: datetime) -> World:
    """A committed world: threads have connections of their own."""
    world = build_world(at)
    for serial in range(PAYERS):
        world.add(f"payer_{serial}", Role.PAYER, region=world.city)
    return world


def at_once(act: Callable[[int], None]) -> Counter[str]:
    """Run an act in 64 threads that start together; count done and the codes of refusals."""
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(THREADS)
    lock = threading.Lock()

    def run(index: int) -> None:
        barrier.wait()
        try:
            act(index)
            outcome = "done"
        except Refused as refused:
            outcome = refused.code
        finally:
            connections.close_all()
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def payer(world: World, index: int) -> Actor:
    found: Actor = getattr(world, f"payer_{index % PAYERS}").actor
    return found


def test_sixty_four_payers_pay_once(stood: World, at: datetime) -> None:
    project = line.running(stood, at)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k", by=stood.member.actor, at=at
    )
    actions.review_payment(instalment=line.part(project, 1), by=stood.finance.actor, at=at)
    part, people = line.part(project, 1), [payer(stood, index) for index in range(PAYERS)]

    def act(index: int) -> None:
        actions.pay_instalment(instalment=part, by=people[index % PAYERS], at=at)

    assert at_once(act) == {"done": 1, "ledger.payment_state": THREADS - 1}
    grant = grant_of(project.number)
    assert grant is not None
    assert grant.paid_fen == 600 * WAN
    assert EntrySet.objects.filter(memo_code="PAYMENT").count() == 1
    assert problems_with_books() == []


@pytest.mark.parametrize("same_key", [True, False])
def test_sixty_four_requests_make_one_order(stood: World, at: datetime, same_key: bool) -> None:
    project = line.running(stood, at)
    part, leader = line.part(project, 1), stood.member.actor

    def act(index: int) -> None:
        key = "k" if same_key else f"k{index}"
        actions.request_payment(instalment=part, idempotency_key=key, by=leader, at=at)

    outcomes = at_once(act)
    if same_key:
        assert outcomes == {"done": THREADS}
    else:
        assert outcomes == {"done": 1, "projects.already_requested": THREADS - 1}
    assert PaymentOrder.objects.count() == 1


def test_a_freeze_and_payments_at_once_leave_true_books(stood: World, at: datetime) -> None:
    """Whoever comes first wins: paid and then frozen, or frozen and never paid."""
    project = line.running(stood, at)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k", by=stood.member.actor, at=at
    )
    actions.review_payment(instalment=line.part(project, 1), by=stood.finance.actor, at=at)
    part, people = line.part(project, 1), [payer(stood, index) for index in range(PAYERS)]
    head = stood.head.actor

    def act(index: int) -> None:
        if index % 2:
            actions.freeze(project=project, reason="核查", by=head, at=at)
        else:
            actions.pay_instalment(instalment=part, by=people[index % PAYERS], at=at)

    outcomes = at_once(act)
    paid = PaymentOrder.objects.filter(state="PAID").count()
    assert Project.objects.get(pk=project.pk).is_frozen
    assert outcomes["done"] == 1 + paid
    assert outcomes["projects.already_frozen"] == THREADS // 2 - 1
    grant = grant_of(project.number)
    assert grant is not None
    assert grant.paid_fen == paid * 600 * WAN
    assert problems_with_books() == []


def test_raw_counters_at_once_cannot_pay_twice(stood: World, at: datetime) -> None:
    """Past every rule of the code: 64 raw updates on the counter; the trigger refuses them all."""
    project = line.running(stood, at)
    sql = "UPDATE ledger_grant SET paid_fen = paid_fen + 600 WHERE subject_number = %s"

    def act(_index: int) -> None:
        from django.db import IntegrityError

        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, [project.number])
        except IntegrityError as error:
            assert error.__cause__ is not None
            raise Refused(str(error.__cause__.diag.constraint_name), "") from error

    assert at_once(act) == {"grant_counters_are_the_rows": THREADS}
