"""Ask what a job would cost, submit it, cancel it, run it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import refuse_all, require
from kechuang.base.time import shanghai_date
from kechuang.compute.actions.allocations import locked_allocation
from kechuang.compute.models import Allocation, Centre, DataSet, Job, JobStage, Quote, Run
from kechuang.compute.queries import quotes_for
from kechuang.compute.rules import allocations, rights, templates
from kechuang.compute.rules import jobs as rules
from kechuang.compute.rules.registry import check_data_usable, may_use_data
from kechuang.parties.queries import person_by_number
from kechuang.record.actions import append, defer, take_number


@dataclass(frozen=True)
class Asked:
    """What a form, the API or the command line asks a job to be."""

    title: str
    template: str
    parameters: Mapping[str, Any]
    data_class: str
    wanted: rules.Wanted
    deadline: datetime | None = None
    data_set: DataSet | None = None  # one that the unit may use; its size and class count


def locked_job(job: Job) -> Job:
    """The row under its lock, with what its rights depend on."""
    return (
        Job.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "organisation",
            "asked_by",
            "allocation__organisation",
            "centre__organisation",
            "data_set__organisation",
            "data_set__centre",
        )
        .get(pk=job.pk)
    )


def move_job(job: Job, state: str, by: Actor, at: datetime, note: str = "") -> None:
    """Put a locked job in a state, and keep the stage."""
    job.state, job.state_since, job.version = state, at, job.version + 1
    if state in rules.ENDED:
        job.ended_at = job.ended_at or at
    job.save()
    JobStage.objects.create(
        job=job, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_public=note,
    )  # fmt: skip


def record_job(verb: str, job: Job, by: Actor, at: datetime, **payload: Any) -> None:
    append(
        verb=f"compute.{verb}", object_number=job.number, by=by, at=at,
        payload={"state": str(job.state), **payload},
    )  # fmt: skip


@transaction.atomic
def quote_job(
    *, allocation: Allocation, asked: Asked, by: Actor, at: datetime, retries: Job | None = None
) -> Job:
    """Keep what is asked and what every centre would take for it; valid for half an hour.

    Refuses, all reasons together, what does not fit the template or its ranges.
    """
    allocation = locked_allocation(allocation)
    require(rights.may_use(by, allocation.facts), rights.not_permitted(rights.UNIT_MAY))
    template = templates.template_coded(asked.template)
    refuse_all([
        *rules.problems_with_wanted(
            asked.wanted, title=asked.title, data_class=asked.data_class, deadline=asked.deadline,
            at=at,
        ),
        *templates.problems_with_parameters(template, asked.parameters),
    ])  # fmt: skip
    allocations.check_usable(allocation.budget, asked.wanted.core_seconds, shanghai_date(at))
    if asked.data_set is not None:
        usable = may_use_data(allocation.organisation.code, asked.data_set.facts)
        check_data_usable(usable)
    person = person_by_number(by.person)
    job = Job(
        allocation=allocation, organisation=allocation.organisation, asked_by=person,
        retries=retries, title=asked.title.strip(), template=template.code,
        template_version=template.version, parameters=dict(asked.parameters),
        deadline_at=asked.deadline, quoted_at=at, valid_until=at + rules.QUOTE_VALID,
        **vars(asked.wanted) | _data_of(asked),
    )  # fmt: skip
    move_job(job, rules.QUOTED, by, at)
    Quote.objects.bulk_create(quotes_for(job, at))
    return job


def _data_of(asked: Asked) -> dict[str, Any]:
    """The data of a job: at least as large, and of a class at least as strict, as its data set."""
    if asked.data_set is None:
        return {"data_class": asked.data_class}
    return {
        "data_set": asked.data_set,
        "data_mb": max(asked.wanted.data_mb, asked.data_set.size_mb),
        "data_class": rules.stricter(asked.data_class, asked.data_set.data_class),
    }  # fmt: skip


@transaction.atomic
def requote_job(*, job: Job, by: Actor, at: datetime) -> Job:
    """Ask every centre anew; a quote is not recorded, the submission is."""
    row = locked_job(job)
    require(rights.may_use(by, row.facts), rights.not_permitted(rights.UNIT_MAY))
    rules.check_step(row.number, row.state, rules.QUOTED)
    Quote.objects.filter(job=row)._raw_delete("default")
    Quote.objects.bulk_create(quotes_for(row, at))
    row.quoted_at, row.valid_until, row.version = at, at + rules.QUOTE_VALID, row.version + 1
    row.save(update_fields=["quoted_at", "valid_until", "version"])
    return row


@transaction.atomic
def submit_job(*, job: Job, centre: Centre, by: Actor, at: datetime) -> Job:
    """Send a quoted job to a centre: its core time is held, its runs are handed in by the worker.

    The job gets its number here. Refuses a centre without a quote that is still valid, and what the
    allocation no longer covers; under the lock two presses submit once.
    """
    row = locked_job(job)
    require(rights.may_use(by, row.facts), rights.not_permitted(rights.UNIT_MAY))
    rules.check_step(row.number, row.state, rules.QUOTED)
    quote = Quote.objects.filter(job=row, centre=centre, refused_code="").first()
    rules.check_quote(is_quoted=quote is not None, valid_until=row.valid_until, at=at)
    budget = locked_allocation(row.allocation)
    needs = row.wanted.core_seconds
    allocations.check_usable(budget.budget, needs, shanghai_date(at))
    budget.held_core_seconds += needs
    budget.save(update_fields=["held_core_seconds"])
    row.number = take_number("ZY", at=at)
    row.centre, row.submitted_at, row.is_simulated = centre, at, centre.is_simulated
    move_job(row, rules.STAGED, by, at)
    Run.objects.bulk_create([
        Run(job=row, task=task, key=f"{row.number}-{task}-1",
            predicted_wait_seconds=quote.wait_seconds if quote else 0)
        for task in range(row.tasks)
    ])  # fmt: skip
    record_job(
        "submit_job", row, by, at, centre=centre.number, allocation=budget.number,
        template=row.template, processors=row.processors, tasks=row.tasks,
        wall_seconds=row.wall_seconds, total_fen=quote.total_fen if quote else 0,
        **({"simulated": True} if row.is_simulated else {}),
    )  # fmt: skip
    defer("compute.run_centre", number=centre.number, timestamp=int(at.timestamp()))
    return row


@transaction.atomic
def cancel_job(*, job: Job, by: Actor, at: datetime) -> Job:
    """Drop a quoted job at once; tell the centre to end one that was submitted."""
    row = locked_job(job)
    require(rights.may_use(by, row.facts), rights.not_permitted(rights.UNIT_MAY))
    rules.check_step(row.number, row.state, rules.QUOTED, *rules.LIVE)
    if row.state == rules.QUOTED:
        move_job(row, rules.CANCELLED, by, at)
        return row
    if not row.is_cancelling:
        row.is_cancelling = True
        row.version += 1
        row.save(update_fields=["is_cancelling", "version"])
        record_job("cancel_job", row, by, at)
        assert row.centre is not None
        defer("compute.run_centre", number=row.centre.number, timestamp=int(at.timestamp()))
    return row


@transaction.atomic
def retry_job(*, job: Job, by: Actor, at: datetime) -> Job:
    """Quote a job that failed or was cancelled once more, as a job of its own."""
    row = locked_job(job)
    rules.check_step(row.number, row.state, rules.FAILED, rules.CANCELLED)
    deadline = row.deadline_at if row.deadline_at and row.deadline_at > at else None
    asked = Asked(
        row.title, row.template, row.parameters, row.data_class, row.wanted, deadline, row.data_set
    )
    return quote_job(allocation=row.allocation, asked=asked, retries=row, by=by, at=at)
