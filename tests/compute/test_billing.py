"""Usage, charges, bills and statements: to the fen, once, and kept by the database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.base.refusals import NotPermitted
from kechuang.compute import actions, queries
from kechuang.compute.models import Bill, Charge, Statement, Usage
from kechuang.compute.rules.billing import Held, StatementRefused, lines_of, whole_seconds
from kechuang.ledger.models import Account
from tests.compute import desk

NIGHT_AND_DAY = tuple([5_000] * 8 + [10_000] * 14 + [5_000] * 2)


def shanghai(text):
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp())


def held(run, since, until, processors=1, minimum_fen=0, prices=NIGHT_AND_DAY):
    return Held(run, processors, shanghai(since), shanghai(until), prices, minimum_fen)


def test_each_segment_is_rounded_half_up_on_its_own():
    lines = lines_of([held(1, "2026-11-20T21:30:00", "2026-11-21T00:30:00", processors=3)])
    assert [(line.processor_seconds, line.amount_fen) for line in lines] == [
        (3 * 1800, 15), (3 * 9000, 38),
    ]  # fmt: skip


def test_the_minimum_is_topped_up_once_for_the_job_by_the_first_start():
    runs = [
        held(1, "2026-11-20T10:00:00", "2026-11-20T10:06:00", minimum_fen=9),
        held(2, "2026-11-20T10:30:00", "2026-11-20T10:36:00", minimum_fen=50),
    ]
    lines = lines_of(runs)
    assert [(line.kind, line.amount_fen, line.run) for line in lines] == [
        ("SEGMENT", 1, 1), ("SEGMENT", 1, 2), ("MINIMUM", 7, None),
    ]  # fmt: skip


def test_what_held_nothing_is_charged_nothing():
    assert lines_of([]) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 200_000), st.integers(0, 90_000), st.integers(1, 64)),
        min_size=1, max_size=6,
    ),
    st.integers(0, 5_000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_lines_are_every_held_second_once_and_never_below_the_minimum(runs, minimum_fen):
    given_runs = [
        Held(place, cores, since, since + length, NIGHT_AND_DAY, minimum_fen)
        for place, (since, length, cores) in enumerate(runs)
    ]
    lines = lines_of(given_runs)
    held_seconds = sum(cores * length for _since, length, cores in runs)
    assert sum(line.processor_seconds for line in lines) == held_seconds
    assert sum(line.amount_fen for line in lines) >= minimum_fen
    assert sum(line.kind == "MINIMUM" for line in lines) <= 1


@pytest.mark.parametrize(
    ("started", "ended", "wall", "seconds"),
    [(10.0, 10.9, 60, 0), (10.0, 11.0, 60, 1), (10.5, 12.4, 60, 1), (10.0, 500.0, 60, 60)],
)
def test_begun_seconds_are_not_charged_nor_any_beyond_the_limit(started, ended, wall, seconds):
    since, until = whole_seconds(started, ended, wall)
    assert until - since == seconds


@pytest.fixture
def month(world, at):
    """An allocation with a billed job in last month at a centre; at is this month's."""
    before = datetime(2026, 10, 10, 2, 0, tzinfo=UTC)
    centre = desk.centre(world, before - timedelta(days=1))
    allocation = desk.granted(world, before, voucher_fen=15)
    job = desk.submitted(world, before, allocation, centre, wall_seconds=7200, processors=2)
    desk.run_through(job, before, 7200)
    return allocation, centre, job


@pytest.mark.django_db
def test_the_voucher_pays_first_and_the_payer_the_rest(month):
    allocation, _centre, job = month
    allocation.refresh_from_db()
    assert (job.bill.total_fen, job.bill.voucher_fen, job.bill.payer_fen) == (40, 15, 25)
    assert allocation.voucher_used_fen == 15


@pytest.mark.django_db
def test_a_job_keeps_the_price_of_its_start(world, month, at):
    allocation, centre, _job = month
    before = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
    job = desk.submitted(world, before, allocation, centre, wall_seconds=7200, processors=2)
    desk.handed_in(job, before)
    run = job.runs.get()
    desk.tell(run, "RUNNING", before)
    desk.priced(world, centre, before + timedelta(minutes=1), [1_000_000] * 24)
    desk.tell(run, "DONE", before, before + timedelta(hours=2), exit_code=0)
    job.refresh_from_db()
    assert job.bill.total_fen == 40


@pytest.mark.django_db
def test_a_statement_is_locked_once_hashed_and_posted(world, month, at):
    allocation, centre, job = month
    with pytest.raises(NotPermitted):
        actions.lock_statement(
            allocation=allocation, centre=centre, month="2026-10", by=world.member.actor, at=at
        )
    statement = actions.lock_statement(
        allocation=allocation, centre=centre, month="2026-10", by=world.officer.actor, at=at
    )
    accounts = dict(Account.objects.filter(owner_number=allocation.number).values_list(
        "kind", "balance_fen"))  # fmt: skip
    assert accounts == {"CENTRE": 40, "VOUCHER": -15, "PAYER": -25}
    bills = list(statement.bills.select_related("job"))
    content = queries.statement_content(statement, bills)
    assert (content["bills"][0][:4], content["total_fen"]) == ([job.number, 40, 15, 25], 40)
    from kechuang.compute.rules.billing import statement_hash

    assert statement.content_hash == statement_hash(content)
    with pytest.raises(StatementRefused) as refused:
        actions.lock_statement(
            allocation=allocation, centre=centre, month="2026-10", by=world.officer.actor, at=at
        )
    assert refused.value.code == "compute.locked"


@pytest.mark.django_db
def test_a_month_that_is_not_over_or_has_live_jobs_is_not_locked(world, month, at):
    allocation, centre, _job = month
    for name, code in (("2026-11", "compute.month_not_over"), ("2026-10", "compute.jobs_unbilled")):
        if code == "compute.jobs_unbilled":
            before = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
            desk.submitted(world, before, allocation, centre)
        with pytest.raises(StatementRefused) as refused:
            actions.lock_statement(
                allocation=allocation, centre=centre, month=name, by=world.officer.actor, at=at
            )
        assert refused.value.code == code


@pytest.mark.django_db
def test_an_adjustment_takes_a_second_person_and_is_posted_once(world, month, at):
    allocation, centre, _job = month
    statement = actions.lock_statement(
        allocation=allocation, centre=centre, month="2026-10", by=world.officer.actor, at=at
    )
    with pytest.raises(StatementRefused):
        actions.ask_adjustment(
            statement=statement, amount_fen=-41, reason="多收", by=world.officer.actor, at=at
        )
    one = actions.ask_adjustment(
        statement=statement, amount_fen=-10, reason="停机", by=world.officer.actor, at=at
    )
    for who in (world.officer, world.member):
        with pytest.raises(NotPermitted):
            actions.approve_adjustment(adjustment=one, by=who.actor, at=at)
    for _again in range(2):
        one = actions.approve_adjustment(adjustment=one, by=world.finance.actor, at=at)
    centre_account = Account.objects.get(owner_number=allocation.number, kind="CENTRE")
    assert (one.entry_set.memo_code, centre_account.balance_fen) == ("CORRECTION", 30)
    statement.refresh_from_db()
    assert statement.total_fen == 40


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Usage, Charge, Statement])
def test_what_was_metered_charged_and_locked_is_never_changed(world, month, at, model):
    allocation, centre, _job = month
    actions.lock_statement(
        allocation=allocation, centre=centre, month="2026-10", by=world.officer.actor, at=at
    )
    row = model.objects.first()
    column = "core_seconds" if model is Usage else "amount_fen" if model is Charge else "month"
    for sql in (f"UPDATE {model._meta.db_table} SET {column} = {column} WHERE id = %s",
                f"DELETE FROM {model._meta.db_table} WHERE id = %s"):  # fmt: skip
        with (
            pytest.raises(IntegrityError, match="never changed"), transaction.atomic(),
            connection.cursor() as cursor,
        ):  # fmt: skip
            cursor.execute(sql, [row.pk])


@pytest.mark.django_db
def test_a_bill_is_the_sum_of_its_charges_and_only_joins_a_statement(month):
    _allocation, _centre, job = month
    with pytest.raises(IntegrityError, match="only joins"), transaction.atomic():
        Bill.objects.filter(pk=job.bill.pk).update(total_fen=41, payer_fen=26)
    with pytest.raises(IntegrityError, match="its charges are"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        other = job.runs.get().job
        other.pk, other.number, other._state.adding = None, "ZY-2026-999999", True
        other.save()
        Bill.objects.create(job=other, month="2026-10", total_fen=1, voucher_fen=0, payer_fen=1,
                            billed_at=job.bill.billed_at)  # fmt: skip
