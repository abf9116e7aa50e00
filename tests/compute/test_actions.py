"""The acts of the desk: each way out, what is held and given back, and who may."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, RefusedTogether
from kechuang.compute import actions
from kechuang.compute.models import Allocation, Bill, JobStage, Run, Usage
from kechuang.compute.rules.allocations import AllocationRefused
from kechuang.compute.rules.jobs import JobRefused, Told
from kechuang.compute.rules.registry import RegistryRefused
from kechuang.compute.rules.templates import ParametersRefused
from kechuang.record.models import Entry
from tests.compute import desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(world, at):
    return desk.centre(world, at)


@pytest.fixture
def allocation(world, at):
    return desk.granted(world, at)


def test_an_allocation_is_asked_for_and_granted(world, at):
    row = desk.requested(world, at)
    assert (row.state, row.number, row.organisation) == (
        "REQUESTED", "SL-2026-000001", world.university
    )  # fmt: skip
    row = actions.grant_allocation(
        allocation=row, core_hours=40, voucher_fen=500, until=date(2027, 1, 1),
        by=world.officer.actor, at=at,
    )  # fmt: skip
    assert (row.state, row.core_hours, row.voucher_fen) == ("GRANTED", 40, 500)
    assert list(Entry.objects.filter(object_number=row.number).values_list("verb", flat=True)) == [
        "compute.request_allocation", "compute.grant_allocation",
    ]  # fmt: skip


def test_who_asked_and_who_is_elsewhere_grants_nothing(world, at):
    row = desk.requested(world, at)
    for who in (world.member, world.officer_county, world.finance, world.unit_admin):
        with pytest.raises(NotPermitted):
            actions.grant_allocation(
                allocation=row, core_hours=1, voucher_fen=0, until=row.until_date, by=who.actor,
                at=at,
            )  # fmt: skip


def test_an_allocation_that_says_too_little_is_refused_for_every_reason(world, at):
    with pytest.raises(RefusedTogether) as refused:
        actions.request_allocation(
            purpose="算", pays="PAYMENT", core_hours=0, since=date(2026, 1, 1),
            until=date(2026, 1, 1), by=world.member.actor, at=at,
        )  # fmt: skip
    assert {one.code for one in refused.value.refusals} == {
        "compute.purpose_short", "compute.core_hours_range", "compute.period_over",
    }  # fmt: skip


def test_an_allocation_is_returned_or_revoked_with_a_reason_once(world, at, allocation):
    row = desk.requested(world, at)
    row = actions.return_allocation(
        allocation=row, reason="请写明项目。", by=world.officer.actor, at=at
    )
    assert (row.state, row.reason) == ("RETURNED", "请写明项目。")
    with pytest.raises(AllocationRefused):
        actions.return_allocation(allocation=row, reason="再", by=world.officer.actor, at=at)
    gone = actions.revoke_allocation(
        allocation=allocation, reason="项目终止。", by=world.head.actor, at=at
    )
    assert gone.state == "REVOKED"


def test_an_allocation_ends_with_its_period_and_is_renewed(world, at, allocation):
    assert actions.end_allocation(allocation=allocation, by=Actor.CLOCK, at=at).state == "GRANTED"
    later = at + timedelta(days=400)
    assert actions.end_allocation(allocation=allocation, by=Actor.CLOCK, at=later).state == "ENDED"
    row = actions.renew_allocation(
        allocation=allocation, more_core_hours=50, more_voucher_fen=7, until=date(2028, 6, 1),
        by=world.officer.actor, at=later,
    )  # fmt: skip
    assert (row.state, row.core_hours, row.voucher_fen) == ("GRANTED", 150, 107)


def test_a_job_is_quoted_submitted_and_holds_its_core_time(world, at, centre, allocation):
    job = desk.quoted(world, at, allocation)
    assert (job.state, job.quotes.count()) == ("QUOTED", 1)
    job = actions.submit_job(job=job, centre=centre, by=world.member.actor, at=at)
    allocation.refresh_from_db()
    assert (job.number, job.state) == ("ZY-2026-000001", "STAGED")
    assert (allocation.held_core_seconds, allocation.used_core_seconds) == (60, 0)
    assert [run.key for run in job.runs.all()] == ["ZY-2026-000001-0-1"]
    with pytest.raises(JobRefused):
        actions.submit_job(job=job, centre=centre, by=world.member.actor, at=at)


def test_a_quote_runs_out(world, at, centre, allocation):
    job = desk.quoted(world, at, allocation)
    late = at + timedelta(minutes=30)
    with pytest.raises(JobRefused) as refused:
        actions.submit_job(job=job, centre=centre, by=world.member.actor, at=late)
    assert refused.value.code == "compute.quote_over"
    job = actions.requote_job(job=job, by=world.member.actor, at=late)
    assert actions.submit_job(job=job, centre=centre, by=world.member.actor, at=late).submitted_at


def test_a_centre_without_a_quote_takes_no_job(world, at, centre, allocation):
    far = desk.centre(world, at, backend="NONE", name="未接入的中心")
    job = desk.quoted(world, at, allocation)
    with pytest.raises(JobRefused) as refused:
        actions.submit_job(job=job, centre=far, by=world.member.actor, at=at)
    assert refused.value.code == "compute.not_quoted"


def test_another_unit_uses_nothing_of_an_allocation(world, at, allocation):
    with pytest.raises(NotPermitted):
        actions.quote_job(
            allocation=allocation, asked=desk.asked(), by=world.institute_member.actor, at=at
        )


def test_more_than_the_allocation_has_is_refused(world, at, centre, allocation):
    with pytest.raises(AllocationRefused) as refused:
        desk.quoted(world, at, allocation, processors=8, wall_seconds=3600, tasks=13)
    assert refused.value.code == "compute.allocation_exhausted"
    desk.submitted(world, at, allocation, centre, processors=8, wall_seconds=3600, tasks=12)
    with pytest.raises(AllocationRefused):
        desk.quoted(world, at, allocation, processors=8, wall_seconds=3600)


def test_an_allocation_not_in_force_is_used_for_nothing(world, at):
    asked = desk.requested(world, at)
    with pytest.raises(AllocationRefused) as refused:
        desk.quoted(world, at, asked)
    assert refused.value.code == "compute.allocation_not_in_force"


def test_parameters_that_do_not_fit_are_each_named(world, at, allocation):
    with pytest.raises(RefusedTogether) as refused:
        desk.quoted(world, at, allocation, title=" ",
                    parameters={"width": 1, "height": True, "balls": 5, "more": 1})  # fmt: skip
    assert [one.fields for one in refused.value.refusals] == [
        ("title",), ("more",), ("width",), ("height",), ("first_frame",),
    ]  # fmt: skip
    with pytest.raises(ParametersRefused):
        desk.quoted(world, at, allocation, template="nothing")


def test_a_run_is_told_of_metered_once_and_billed(world, at, centre, allocation):
    job = desk.submitted(world, at, allocation, centre, processors=2, wall_seconds=7200)
    job = desk.run_through(job, at, 3600)
    allocation.refresh_from_db()
    usage = Usage.objects.get()
    assert (job.state, usage.core_seconds) == ("DONE", 7200)
    assert (allocation.held_core_seconds, allocation.used_core_seconds) == (0, 7200)
    assert (job.bill.total_fen, job.bill.voucher_fen, job.bill.payer_fen) == (20, 20, 0)
    assert allocation.voucher_used_fen == 20
    assert desk.tell(usage.run, "DONE", at, at) is False
    assert Usage.objects.count() == 1


def test_what_a_centre_loses_is_run_again_with_a_word_and_not_charged(
    world, at, centre, allocation
):
    job = desk.submitted(world, at, allocation, centre, wall_seconds=600)
    desk.handed_in(job, at)
    first = job.runs.get()
    desk.tell(first, "RUNNING", at)
    desk.tell(first, "LOST", at, at + timedelta(seconds=100), reason="lost")
    job.refresh_from_db()
    allocation.refresh_from_db()
    again = Run.objects.get(job=job, attempt=2)
    assert (job.state, again.state, again.key) == ("STAGED", "STAGED", f"{job.number}-0-2")
    assert (allocation.held_core_seconds, allocation.used_core_seconds) == (600, 0)
    words = JobStage.objects.filter(job=job).last().note_public
    assert words == "任务 0 第 1 次运行在中心丢失，不计费。"
    desk.run_through(job, at + timedelta(seconds=200), 300)
    allocation.refresh_from_db()
    assert (allocation.held_core_seconds, allocation.used_core_seconds) == (0, 300)
    assert [usage.is_charged for usage in Usage.objects.all()] == [False, True]


def test_lost_three_times_a_job_fails_and_costs_nothing(world, at, centre, allocation):
    job = desk.submitted(world, at, allocation, centre)
    for _attempt in range(3):
        desk.handed_in(job, at)
        desk.tell(Run.objects.filter(job=job).last(), "LOST", at, at, reason="lost")
    job.refresh_from_db()
    allocation.refresh_from_db()
    assert (job.state, job.reason, job.runs.count()) == ("FAILED", "中心多次丢失这个任务", 3)
    assert not hasattr(job, "bill")
    assert allocation.held_core_seconds == 0


def test_an_array_fails_with_one_task_and_the_rest_is_charged(world, at, centre, allocation):
    job = desk.submitted(world, at, allocation, centre, tasks=3)
    desk.handed_in(job, at)
    ends = ("DONE", "FAILED", "DONE")
    for run, state in zip(job.runs.all(), ends, strict=True):
        desk.tell(run, "RUNNING", at)
        desk.tell(run, state, at, at + timedelta(seconds=60), exit_code=int(state == "FAILED"))
    job.refresh_from_db()
    assert (job.state, job.reason, Usage.objects.count()) == ("FAILED", "exit 1", 3)
    assert [charge.kind for charge in job.bill.charges.all()] == ["SEGMENT"] * 3 + ["MINIMUM"]
    assert job.bill.total_fen == 3


def test_a_job_is_cancelled_before_and_after_it_was_submitted(world, at, centre, allocation):
    job = actions.cancel_job(job=desk.quoted(world, at, allocation), by=world.member.actor, at=at)
    assert job.state == "CANCELLED"
    job = desk.submitted(world, at, allocation, centre)
    job = actions.cancel_job(job=job, by=world.member.actor, at=at)
    assert (job.state, job.is_cancelling) == ("STAGED", True)
    desk.handed_in(job, at)
    desk.tell(job.runs.get(), "CANCELLED", None, at, reason="cancelled")
    job.refresh_from_db()
    allocation.refresh_from_db()
    assert (job.state, allocation.held_core_seconds, hasattr(job, "bill")) == (
        "CANCELLED", 0, False
    )  # fmt: skip


def test_a_failed_job_is_quoted_again_as_a_job_of_its_own(world, at, centre, allocation):
    job = desk.submitted(world, at, allocation, centre)
    with pytest.raises(JobRefused):
        actions.retry_job(job=job, by=world.member.actor, at=at)
    job = desk.run_through(job, at, 10, state="FAILED")
    again = actions.retry_job(job=job, by=world.member.actor, at=at)
    assert (again.state, again.retries, again.parameters) == ("QUOTED", job, job.parameters)


def test_only_the_clock_writes_down_what_centres_tell(world, at, centre, allocation):
    job = desk.submitted(world, at, allocation, centre)
    with pytest.raises(NotPermitted):
        actions.hand_in_runs(job=job, runs=job.runs.all(), by=world.operator.actor, at=at)


def test_results_are_kept_once_and_what_is_no_known_type_is_left_out(world, at, centre, allocation):
    job = desk.run_through(desk.submitted(world, at, allocation, centre), at, 5)
    run = job.runs.select_related("job").get()
    files = [("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * 40), ("b.png", b"\x00\x01\x02")]
    left = [actions.Left(run, files, "ok")]
    assert actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=at) == 1
    assert actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=at) == 0
    run.refresh_from_db()
    assert run.log_tail == "ok\n[b.png: not kept]\n"


def test_prices_are_asked_for_by_the_centre_or_its_office_and_set_by_another(world, at, centre):
    given = {"centre": centre, "milli_fen": [1] * 24, "minimum_fen": 0}
    with pytest.raises(NotPermitted):
        actions.ask_prices(**given, by=world.member.actor, at=at)
    later = at + timedelta(hours=1)
    asked = actions.ask_prices(**given, by=world.officer.actor, at=later)
    with pytest.raises(RegistryRefused) as refused:
        actions.ask_prices(**given, by=world.officer2.actor, at=later)
    assert refused.value.code == "compute.prices_wait"
    with pytest.raises(NotPermitted):
        actions.set_prices(asked=asked, by=world.officer.actor, at=later)
    made = actions.set_prices(asked=asked, by=world.finance.actor, at=later)
    assert made.since == later
    with pytest.raises(RegistryRefused) as refused:
        actions.refuse_prices(asked=asked, reason="晚", by=world.head.actor, at=later)
    assert refused.value.code == "compute.prices_decided"
    with pytest.raises(IntegrityError), transaction.atomic():
        type(made).objects.filter(pk=made.pk).update(minimum_fen=9)


def test_a_paused_centre_takes_no_new_job(world, at, centre, allocation):
    paused = actions.change_centre_state(
        centre=centre, state="CLOSED", reason="检修", by=world.officer.actor, at=at
    )
    assert paused.state == "CLOSED"
    job = desk.quoted(world, at, allocation)
    assert job.quotes.get().refused_code == "centre_closed"


def test_the_database_holds_what_an_allocation_may_be_used_for(allocation):
    with pytest.raises(IntegrityError, match="used_and_held_within_granted"), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).update(used_core_seconds=360_001)
    with pytest.raises(IntegrityError, match="voucher_never_overdrawn"), transaction.atomic():
        Allocation.objects.filter(pk=allocation.pk).update(voucher_used_fen=101)


def test_an_array_of_any_size_is_written_down_in_the_same_queries(
    world, at, centre, django_assert_num_queries
):
    allocation = desk.granted(world, at, core_hours=1000)
    for tasks, queries in ((3, 27), (40, 27)):
        job = desk.submitted(world, at, allocation, centre, tasks=tasks)
        desk.handed_in(job, at)
        runs = list(job.runs.all())
        told = {run.pk: Told("DONE", at, at + timedelta(seconds=9), 0) for run in runs}
        left = [actions.Left(run, [], "ok") for run in runs]
        with django_assert_num_queries(queries):
            assert actions.see_runs(job=job, told=told, by=Actor.CLOCK, at=at) == tasks
            actions.keep_leavings(job=job, left=left, by=Actor.CLOCK, at=at)
        assert Bill.objects.get(job=job).charges.filter(kind="SEGMENT").count() == tasks
        assert job.runs.filter(is_collected=True, is_metered=True, log_tail="ok").count() == tasks
