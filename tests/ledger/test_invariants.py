"""Each invariant of money attacked through raw SQL: the database itself refuses.

Source: design/procedures.md#money
"""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from kechuang.ledger.models import Account, Entry, EntrySet, Grant, PaymentOrder, Release
from kechuang.ledger.queries import grant_of
from kechuang.projects import actions
from kechuang.projects.models import Instalment, Project
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World

Attack = Callable[..., str]


def attack(sql: str, *values: object) -> str:
    """Run raw SQL as a commit would end it; give the constraint that refused."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        connection.check_constraints()
    cause = caught.value.__cause__
    assert cause is not None
    return str(cause.diag.constraint_name)  # type: ignore[attr-defined]


@pytest.fixture
def project(world: World, at: datetime) -> Project:
    """Signed, first instalment paid, own funds in, M1 passed, second instalment requested."""
    found = line.running(world, at)
    line.pay(world, at, found, 1)
    line.fund(world, at, found, 1200 * WAN)
    line.pass_milestone(world, at, found, "M1")
    actions.request_payment(
        instalment=line.part(found, 2), idempotency_key="second", by=world.member.actor, at=at
    )
    connection.check_constraints()
    return found


@pytest.fixture
def grant(project: Project) -> Grant:
    found = grant_of(project.number)
    assert found is not None
    return found


def paid_order(grant: Grant) -> PaymentOrder:
    return PaymentOrder.objects.get(grant=grant, state="CONFIRMED")


def open_order(grant: Grant) -> PaymentOrder:
    return PaymentOrder.objects.get(grant=grant, state="REQUESTED")


NEW_SET = """
    INSERT INTO ledger_entryset (number, owner_number, cause_number, memo_code, debit_fen,
        entry_count, idempotency_key, at, by_person_id)
    SELECT 'PZ-2026-900001', owner_number, 'x', 'OWN_FUNDS', %s, %s, 'attack', at, by_person_id
    FROM ledger_entryset WHERE id = %s RETURNING id
"""
NEW_ENTRY = "INSERT INTO ledger_entry (entry_set_id, account_id, amount_fen) VALUES (%s, %s, %s)"


def new_set(model: EntrySet, debit_fen: int, count: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NEW_SET, [debit_fen, count, model.pk])
        return int(cursor.fetchone()[0])


# 1. Every entry set sums to 0


def test_1_an_entry_set_that_does_not_sum_to_zero(grant: Grant) -> None:
    first = EntrySet.objects.first()
    assert first is not None
    with transaction.atomic():
        number = new_set(first, 5, 2)
        assert attack(
            NEW_ENTRY + ", (%s, %s, %s)", number, grant.project_id, 5, number, grant.own_id, -4
        ) == "entry_set_sums_to_zero"  # fmt: skip
        transaction.set_rollback(True)


def test_1_an_entry_set_without_entries(grant: Grant) -> None:
    first = EntrySet.objects.first()
    assert first is not None
    sql = NEW_SET.replace(" RETURNING id", "")
    assert attack(sql, 5, 2, first.pk) == "entry_set_is_as_posted"


def test_1_entries_added_to_an_old_set(grant: Grant) -> None:
    """Even a balanced pair: a voucher is as it was posted."""
    first = EntrySet.objects.first()
    assert first is not None
    assert attack(
        NEW_ENTRY + ", (%s, %s, %s)", first.pk, grant.own_id, 5, first.pk, grant.other_id, -5
    ) == "entry_set_is_as_posted"  # fmt: skip


def test_1_money_does_not_move_between_projects(world: World, at: datetime, grant: Grant) -> None:
    other = grant_of(line.running(world, at, origin_number="JB-2026-000099").number)
    first = EntrySet.objects.first()
    assert other is not None
    assert first is not None
    connection.check_constraints()
    with transaction.atomic():
        number = new_set(first, 5, 2)
        assert attack(
            NEW_ENTRY + ", (%s, %s, %s)", number, other.project_id, 5, number, grant.own_id, -5
        ) == "entry_set_stays_in_one_project"  # fmt: skip
        transaction.set_rollback(True)


def test_1_a_zero_entry(grant: Grant) -> None:
    first = EntrySet.objects.first()
    assert first is not None
    assert attack(NEW_ENTRY, first.pk, grant.other_id, 0) == "entry_not_zero"


# 2. paid <= approved, paid <= released


def test_2_paid_over_approved(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET paid_fen = approved_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) in ("paid_within_approved", "paid_within_released")


def test_2_paid_over_released(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET paid_fen = released_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) == "paid_within_released"


def test_2_released_over_approved(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET released_fen = approved_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) == "released_within_approved"


def test_2_a_counter_that_no_row_backs(grant: Grant) -> None:
    for column in ("paid_fen", "released_fen", "reclaimed_fen", "own_received_fen"):
        sql = f"UPDATE ledger_grant SET {column} = {column} + 1 WHERE id = %s"
        assert attack(sql, grant.pk) == "grant_counters_are_the_rows"


def test_2_what_was_paid_does_not_fall(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET paid_fen = 0 WHERE id = %s"
    assert attack(sql, grant.pk) == "grant_counters_never_fall"


def test_2_approved_follows_the_agreement(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET approved_fen = approved_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) == "books_follow_the_agreement"


# 3. total = public + own + other; changes only by a signed amendment


def test_3_the_total_is_its_parts(project: Project) -> None:
    sql = "UPDATE projects_project SET total_fen = total_fen + 1 WHERE id = %s"
    assert attack(sql, project.pk) == "project_total_is_its_parts"


def test_3_a_project_does_not_leave_its_agreement(project: Project) -> None:
    sql = (
        "UPDATE projects_project SET total_fen = total_fen + 1, own_fen = own_fen + 1 WHERE id = %s"
    )
    assert attack(sql, project.pk) == "books_follow_the_agreement"


def test_3_a_signed_agreement_never_changes(project: Project) -> None:
    for change in (
        "own_fen = own_fen + 1, total_fen = total_fen + 1",
        "terms = '{}'::jsonb",
        "state = 'DRAFT'",
        "head_signed_by_id = unit_signed_by_id",
    ):
        sql = f"UPDATE projects_agreement SET {change} WHERE project_id = %s"
        assert attack(sql, project.pk) in ("signed_agreement_stays", "two_people_sign")
    assert attack("DELETE FROM projects_agreement WHERE project_id = %s", project.pk) == (
        "agreements_stay"
    )


def test_3_instalments_make_the_public_funding(project: Project) -> None:
    sql = """UPDATE projects_instalment SET amount_fen = amount_fen + 1
             WHERE project_id = %s AND sequence = 4"""
    assert attack(sql, project.pk) == "instalments_make_the_public_funding"


# 4. One payment per instalment, by key


NEW_ORDER = """
    INSERT INTO ledger_paymentorder (number, grant_id, release_id, amount_fen, state,
        idempotency_key, requested_by_id, requested_at, since, note, reclaim_fen, reclaimed_fen)
    SELECT 'ZF-2026-900001', grant_id, release_id, amount_fen + %s, %s, %s, requested_by_id,
        requested_at, since, '', 0, 0
    FROM ledger_paymentorder WHERE id = %s
"""


def test_4_a_second_order_for_an_instalment(grant: Grant) -> None:
    for order in (paid_order(grant), open_order(grant)):
        assert attack(NEW_ORDER, 0, "REQUESTED", "other", order.pk) == "one_payment_per_instalment"


def test_4_the_same_key_twice(world: World, at: datetime, grant: Grant) -> None:
    actions.return_payment(
        instalment=Instalment.objects.get(order=open_order(grant)), reason="补件",
        by=world.finance.actor, at=at,
    )  # fmt: skip
    order = PaymentOrder.objects.get(state="RETURNED")
    assert "idempotency_key" in attack(NEW_ORDER, 0, "REQUESTED", order.idempotency_key, order.pk)


def test_4_an_order_is_its_release(world: World, at: datetime, grant: Grant) -> None:
    order = open_order(grant)
    actions.return_payment(
        instalment=Instalment.objects.get(order=order), reason="补件", by=world.finance.actor, at=at
    )
    assert attack(NEW_ORDER, 1, "REQUESTED", "other", order.pk) == "payment_is_its_release"


def test_4_an_order_begins_as_requested(world: World, at: datetime, grant: Grant) -> None:
    order = open_order(grant)
    assert attack(NEW_ORDER, 0, "PAID", "other", order.pk) in (
        "payment_begins_as_requested", "paid_by_three_with_a_voucher",
    )  # fmt: skip


def test_4_a_second_release_of_an_instalment(grant: Grant) -> None:
    sql = """INSERT INTO ledger_release (grant_id, instalment_number, amount_fen, cause_number, at)
             SELECT grant_id, instalment_number, 1, 'x', at FROM ledger_release LIMIT 1"""
    assert "instalment_number" in attack(sql)


# 5. Requester, reviewer and payer are three people; the reviewer is no acceptor


def test_5_the_requester_reviews(grant: Grant) -> None:
    sql = """UPDATE ledger_paymentorder SET state = 'REVIEWED',
             reviewed_by_id = requested_by_id, reviewed_at = since WHERE id = %s"""
    assert attack(sql, open_order(grant).pk) == "reviewer_is_not_requester"


def test_5_an_acceptor_reviews(world: World, grant: Grant) -> None:
    sql = """UPDATE ledger_paymentorder SET state = 'REVIEWED', reviewed_by_id = %s,
             reviewed_at = since WHERE id = %s"""
    for acceptor in (world.expert1, world.officer):
        found = attack(sql, acceptor.person.pk, open_order(grant).pk)
        assert found == "reviewer_is_not_acceptor"


def test_5_the_reviewer_becomes_an_acceptor_later(world: World, grant: Grant) -> None:
    sql = "INSERT INTO ledger_releaseacceptor (release_id, person_id) VALUES (%s, %s)"
    order = paid_order(grant)
    assert attack(sql, order.release_id, order.reviewed_by_id) == "reviewer_is_not_acceptor"


def test_5_payer_is_requester_or_reviewer(world: World, at: datetime, grant: Grant) -> None:
    order = open_order(grant)
    actions.review_payment(
        instalment=Instalment.objects.get(order=order), by=world.finance.actor, at=at
    )
    sql = "UPDATE ledger_paymentorder SET paid_by_id = {} WHERE id = %s"
    assert attack(sql.format("requested_by_id"), order.pk) in (
        "payer_is_not_requester", "paid_by_three_with_a_voucher",
    )  # fmt: skip
    assert attack(sql.format("reviewed_by_id"), order.pk) in (
        "payer_is_not_reviewer", "paid_by_three_with_a_voucher",
    )  # fmt: skip


def test_5_who_paid_stays(world: World, grant: Grant) -> None:
    for column in ("reviewed_by_id", "paid_by_id", "requested_by_id"):
        sql = f"UPDATE ledger_paymentorder SET {column} = %s WHERE id = %s"
        found = attack(sql, world.head2.person.pk, paid_order(grant).pk)
        assert found == "payment_keeps_its_people"


def test_5_a_step_is_not_skipped(grant: Grant) -> None:
    sql = "UPDATE ledger_paymentorder SET state = %s WHERE id = %s"
    for state in ("CONFIRMED", "RECLAIM_DUE"):
        assert attack(sql, state, open_order(grant).pk) in (
            "payment_takes_its_steps", "paid_by_three_with_a_voucher",
        )  # fmt: skip
    assert attack(sql, "REVIEWED", paid_order(grant).pk) in (
        "payment_takes_its_steps", "paid_by_three_with_a_voucher",
    )  # fmt: skip


def test_5_an_order_is_never_deleted(grant: Grant) -> None:
    sql = "DELETE FROM ledger_paymentorder WHERE id = %s"
    assert attack(sql, open_order(grant).pk) == "payment_orders_stay"


# 6. A frozen project pays nothing


def test_6_frozen(world: World, at: datetime, project: Project, grant: Grant) -> None:
    actions.freeze(project=project, reason="核查", by=world.head.actor, at=at)
    sql = "UPDATE ledger_grant SET paid_fen = paid_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) == "frozen_project_pays_nothing"
    sql = "UPDATE ledger_grant SET paid_fen = paid_fen + 1, is_frozen = false WHERE id = %s"
    assert attack(sql, grant.pk) == "frozen_project_pays_nothing"
    sql = "UPDATE ledger_grant SET is_frozen = false WHERE id = %s"
    assert attack(sql, grant.pk) == "books_follow_the_agreement"


# 7. Reclaimed <= paid


def test_7_reclaimed_over_paid(grant: Grant) -> None:
    sql = "UPDATE ledger_grant SET reclaimed_fen = paid_fen + 1 WHERE id = %s"
    assert attack(sql, grant.pk) == "reclaimed_within_paid"
    sql = "UPDATE ledger_paymentorder SET reclaim_fen = amount_fen + 1 WHERE id = %s"
    assert attack(sql, paid_order(grant).pk) == "reclaim_within_payment"


def test_7_reclaimed_without_a_voucher(grant: Grant) -> None:
    order = paid_order(grant)
    sql = "UPDATE ledger_paymentorder SET reclaimed_fen = 1, reclaim_fen = 1 WHERE id = %s"
    assert attack(sql, order.pk) == "reclaimed_with_a_voucher"


# 8. Balances rebuild exactly


def test_8_a_balance_that_the_entries_do_not_give(grant: Grant) -> None:
    sql = "UPDATE ledger_account SET balance_fen = balance_fen + 1 WHERE id = %s"
    for account in Account.objects.filter(owner_number=grant.subject_number):
        assert attack(sql, account.pk) == "balance_rebuilds_from_entries"


def test_8_a_payment_without_an_order(grant: Grant) -> None:
    """Balanced entries out of the treasury, balances moved along: the counters tell."""
    first = EntrySet.objects.first()
    assert first is not None
    with transaction.atomic():
        number = new_set(first, 5, 2)
        sql = (
            NEW_ENTRY + ", (%s, %s, %s);"
            "UPDATE ledger_account SET balance_fen = balance_fen + 5"
            f" WHERE id = {grant.project_id};"
            "UPDATE ledger_account SET balance_fen = balance_fen - 5"
            f" WHERE id = {grant.treasury_id}"
        )
        assert attack(
            sql, number, grant.project_id, 5, number, grant.treasury_id, -5
        ) == "grant_counters_are_the_rows"  # fmt: skip
        transaction.set_rollback(True)


# 9. Entries are never updated or deleted


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ledger_entry", "amount_fen = amount_fen + 1"),
        ("ledger_entryset", "at = at - interval '1 day'"),
        ("ledger_release", "amount_fen = amount_fen + 1"),
        ("ledger_releaseacceptor", "person_id = person_id"),
    ],
)
def test_9_rows_are_never_changed(grant: Grant, table: str, column: str) -> None:
    assert attack(f"UPDATE {table} SET {column}") == "ledger_is_append_only"
    assert attack(f"DELETE FROM {table}") == "ledger_is_append_only"


def test_the_books_agree_before_and_after_the_attacks(grant: Grant) -> None:
    from kechuang.ledger.queries import problems_with_books

    assert problems_with_books() == []
    assert Entry.objects.count() == 4
    assert Release.objects.count() == 2
