"""The API of the desk: the same verbs as the pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from kechuang.compute import actions, queries
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.api import registry
from kechuang.compute.models import Allocation, DataSet, Job, Run
from kechuang.compute.models.desk import DataClass
from kechuang.compute.rules import rights
from kechuang.compute.rules.jobs import Wanted
from kechuang.doors.api import ERRORS, ListQuery, PageOf, api_actor
from kechuang.doors.lists import keyset
from kechuang.doors.requests import found_or_404
from kechuang.files.queries import open_blob

centres = Router(tags=["centres"])
allocations = Router(tags=["allocations"])
jobs = Router(tags=["jobs"])
statements = Router(tags=["statements"])
routers = [
    ("/centres", centres), ("/allocations", allocations), ("/jobs", jobs),
    ("/statements", statements), ("/network", registry.network),
    ("/data-sets", registry.data_sets),
]  # fmt: skip


class CentreOut(Schema):
    """A centre; PFLOPS by precision, never added."""

    number: str
    name: str
    name_en: str
    kind: str
    side: str
    organisation: str
    backend: str
    processors: int
    accelerators: int
    capacity_pflops_fp64: Decimal | None
    capacity_pflops_fp16: Decimal | None
    data_classes: list[str]
    templates: list[str]
    watts_per_core: Decimal
    pue: Decimal
    carbon_g_per_kwh: list[float]
    bandwidth_mb_s: Decimal
    state: str
    state_since: datetime
    is_demo: bool

    @staticmethod
    def resolve_organisation(row: Any) -> str:
        return row.organisation.code


class AllocationOut(Schema):
    """An allocation and what is left of it."""

    number: str
    organisation: str
    purpose: str
    pays: str
    core_hours: int
    used_core_seconds: int
    held_core_seconds: int
    voucher_fen: int
    voucher_used_fen: int
    since: date
    until: date
    state: str
    state_since: datetime
    reason: str
    version: int

    @staticmethod
    def resolve_organisation(row: Allocation) -> str:
        return row.organisation.code

    @staticmethod
    def resolve_since(row: Allocation) -> date:
        return row.since_date

    @staticmethod
    def resolve_until(row: Allocation) -> date:
        return row.until_date


class AllocationIn(Schema):
    """What an allocation is asked for."""

    purpose: str = Field(max_length=500)
    pays: Allocation.Pays
    core_hours: int = Field(ge=1)
    since: date
    until: date


class GrantIn(Schema):
    """How much is granted, until when."""

    core_hours: int = Field(ge=1)
    voucher_fen: int = Field(0, ge=0)
    until: date
    reason: str = Field("", max_length=500)


class RenewIn(Schema):
    """How much more, until when."""

    more_core_hours: int = Field(0, ge=0)
    more_voucher_fen: int = Field(0, ge=0)
    until: date


class ReasonIn(Schema):
    reason: str = Field(min_length=1, max_length=500)


class QuoteOut(Schema):
    """One centre's quote: every term in fen, or the rule by which it cannot take the job."""

    centre: str
    is_simulated: bool
    refused_code: str
    wait_seconds: int
    wait_low_seconds: int | None
    wait_high_seconds: int | None
    transfer_seconds: int
    run_seconds: int
    emissions_g: int
    wait_fen: int
    transfer_fen: int
    run_fen: int
    price_fen: int
    voucher_fen: int
    carbon_fen: int
    deadline_fen: int
    total_fen: int

    @staticmethod
    def resolve_centre(row: Any) -> str:
        return row.centre.number

    @staticmethod
    def resolve_is_simulated(row: Any) -> bool:
        return row.centre.is_simulated


class RunOut(Schema):
    """One attempt of one task."""

    key: str
    task: int
    attempt: int
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    reason: str


class ResultOut(Schema):
    number: str
    name: str
    size: int
    hash: str

    @staticmethod
    def resolve_size(row: Any) -> int:
        return row.blob.size

    @staticmethod
    def resolve_hash(row: Any) -> str:
        return row.blob.hash


class JobOut(Schema):
    """A job; quotes are there until it is submitted and after."""

    number: str
    title: str
    allocation: str
    centre: str | None
    template: str
    processors: int
    wall_seconds: int
    memory_mb: int
    tasks: int
    is_simulated: bool
    state: str
    state_since: datetime
    valid_until: datetime
    submitted_at: datetime | None
    ended_at: datetime | None
    reason: str
    total_fen: int | None
    version: int

    @staticmethod
    def resolve_allocation(row: Job) -> str:
        return row.allocation.number

    @staticmethod
    def resolve_centre(row: Job) -> str | None:
        return row.centre.number if row.centre else None

    @staticmethod
    def resolve_total_fen(row: Job) -> int | None:
        return row.bill.total_fen if hasattr(row, "bill") else None


class JobWhole(JobOut):
    """A job with its quotes, runs and results."""

    quotes: list[QuoteOut]
    runs: list[RunOut]
    results: list[ResultOut]

    @staticmethod
    def resolve_quotes(row: Job) -> list[Any]:
        return list(row.quotes.select_related("centre"))

    @staticmethod
    def resolve_runs(row: Job) -> list[Run]:
        return list(row.runs.order_by("task", "attempt"))

    @staticmethod
    def resolve_results(row: Job) -> list[Any]:
        return list(getattr(row, "shown_results", []))


class JobIn(Schema):
    """What a job is asked to be; it is quoted, not submitted."""

    title: str = Field(max_length=120)
    allocation: str = Field(max_length=20)
    template: str = Field(max_length=20)
    parameters: dict[str, int | str] = Field(default_factory=dict)
    data_class: DataClass = DataClass.INTERNAL
    processors: int = 1
    wall_seconds: int = 600
    memory_mb: int = 1024
    tasks: int = 1
    data_mb: int = 0
    data_set: str = Field("", max_length=20)
    value_fen_per_hour: int = 1000
    deadline: datetime | None = None


class SubmitIn(Schema):
    """The chosen centre."""

    centre: str = Field(max_length=20)


class LogOut(Schema):
    key: str
    text: str


class StatementOut(Schema):
    """A locked statement."""

    number: str
    allocation: str
    centre: str
    month: str
    total_fen: int
    voucher_fen: int
    payer_fen: int
    content_hash: str
    locked_at: datetime

    @staticmethod
    def resolve_allocation(row: Any) -> str:
        return row.allocation.number

    @staticmethod
    def resolve_centre(row: Any) -> str:
        return row.centre.number


class StateQuery(ListQuery):
    state: str = Field("", max_length=9)


@centres.get("", response={200: PageOf[CentreOut], **ERRORS}, operation_id="list_centres")
def list_centres(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Computing centres, newest first; public."""
    rows = queries.centres_visible_to(request.actor, request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@centres.get("/{number}", response={200: CentreOut, **ERRORS}, operation_id="get_centre")
def get_centre(request: HttpRequest, number: str) -> Any:
    """One centre; public."""
    return found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)


registry.register_on(centres, CentreOut)


@allocations.get(
    "", response={200: PageOf[AllocationOut], **ERRORS}, operation_id="list_allocations"
)
def list_allocations(request: HttpRequest, query: Query[StateQuery]) -> Any:
    """The own unit's allocations, or the region's."""
    rows = queries.allocations_visible_to(api_actor(request), request.at)
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@allocations.post("", response={200: AllocationOut, **ERRORS}, operation_id="request_allocation")
def request_allocation(request: HttpRequest, body: AllocationIn) -> Any:
    """Ask for core time for the own unit."""
    return actions.request_allocation(**body.dict(), by=api_actor(request), at=request.at)


@allocations.get(
    "/{number}", response={200: AllocationOut, **ERRORS}, operation_id="get_allocation"
)
def get_allocation(request: HttpRequest, number: str) -> Any:
    """One allocation."""
    rows = queries.allocations_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)


def _review(request: HttpRequest, number: str, act: Any, **given: Any) -> Any:
    actor = api_actor(request)
    row = found_or_404(queries.allocations_visible_to(actor, request.at), number=number)
    return act(allocation=row, by=actor, at=request.at, **given)


@allocations.post(
    "/{number}/grant", response={200: AllocationOut, **ERRORS}, operation_id="grant_allocation"
)
def grant_allocation(request: HttpRequest, number: str, body: GrantIn) -> Any:
    """Grant it, as much as the office thinks right."""
    return _review(request, number, actions.grant_allocation, **body.dict())


@allocations.post(
    "/{number}/return", response={200: AllocationOut, **ERRORS}, operation_id="return_allocation"
)
def return_allocation(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """Do not grant it."""
    return _review(request, number, actions.return_allocation, **body.dict())


@allocations.post(
    "/{number}/renew", response={200: AllocationOut, **ERRORS}, operation_id="renew_allocation"
)
def renew_allocation(request: HttpRequest, number: str, body: RenewIn) -> Any:
    """Give more, or longer."""
    return _review(request, number, actions.renew_allocation, **body.dict())


@allocations.post(
    "/{number}/revoke", response={200: AllocationOut, **ERRORS}, operation_id="revoke_allocation"
)
def revoke_allocation(request: HttpRequest, number: str, body: ReasonIn) -> Any:
    """End it before its time."""
    return _review(request, number, actions.revoke_allocation, **body.dict())


@jobs.get("", response={200: PageOf[JobOut], **ERRORS}, operation_id="list_jobs")
def list_jobs(request: HttpRequest, query: Query[StateQuery]) -> Any:
    """Jobs of the own unit, of the own centre, or of the region; newest first."""
    rows = queries.jobs_visible_to(api_actor(request), request.at).select_related("bill")
    if query.state:
        rows = rows.filter(state=query.state)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


def _data_named(request: HttpRequest, number: str) -> DataSet | None:
    rows = queries.data_usable_by(request.actor, request.at)
    return found_or_404(rows, number=number) if number else None


def _whole(job: Job, request: HttpRequest) -> Job:
    if rights.may_read_content(request.actor, job.facts):
        job.shown_results = list(queries.results_of(job))  # type: ignore[attr-defined]
    return job


@jobs.post("", response={200: JobWhole, **ERRORS}, operation_id="quote_job")
def quote_job(request: HttpRequest, body: JobIn) -> Any:
    """Ask every centre what a job would cost; valid for half an hour."""
    actor = api_actor(request)
    rows = queries.allocations_visible_to(actor, request.at)
    allocation = found_or_404(rows, number=body.allocation)
    wanted = Wanted(
        body.processors, body.wall_seconds, body.memory_mb, body.tasks, body.data_mb,
        body.value_fen_per_hour,
    )  # fmt: skip
    asked = Asked(
        body.title, body.template, body.parameters, body.data_class, wanted, body.deadline,
        _data_named(request, body.data_set),
    )  # fmt: skip
    with transaction.atomic():
        job = actions.quote_job(allocation=allocation, asked=asked, by=actor, at=request.at)
    return _whole(job, request)


@jobs.get("/{number}", response={200: JobWhole, **ERRORS}, operation_id="get_job")
def get_job(request: HttpRequest, number: str) -> Any:
    """One job with its quotes, runs and results."""
    rows = queries.jobs_visible_to(api_actor(request), request.at)
    return _whole(found_or_404(rows, number=number), request)


def _act(request: HttpRequest, number: str, act: Any, **given: Any) -> Any:
    actor = api_actor(request)
    row = found_or_404(queries.jobs_visible_to(actor, request.at), number=number)
    return _whole(act(job=row, by=actor, at=request.at, **given), request)


@jobs.post("/{number}/quote", response={200: JobWhole, **ERRORS}, operation_id="requote_job")
def requote_job(request: HttpRequest, number: str) -> Any:
    """Ask every centre anew."""
    return _act(request, number, actions.requote_job)


@jobs.post("/{number}/submit", response={200: JobWhole, **ERRORS}, operation_id="submit_job")
def submit_job(request: HttpRequest, number: str, body: SubmitIn) -> Any:
    """Send a quoted job to a centre; it gets its number here."""
    centre = found_or_404(
        queries.centres_visible_to(api_actor(request), request.at), number=body.centre
    )
    return _act(request, number, actions.submit_job, centre=centre)


@jobs.post("/{number}/cancel", response={200: JobWhole, **ERRORS}, operation_id="cancel_job")
def cancel_job(request: HttpRequest, number: str) -> Any:
    """End it, or drop its quotes."""
    return _act(request, number, actions.cancel_job)


@jobs.post("/{number}/retry", response={200: JobWhole, **ERRORS}, operation_id="retry_job")
def retry_job(request: HttpRequest, number: str) -> Any:
    """Quote a failed or cancelled job anew, as a job of its own."""
    return _act(request, number, actions.retry_job)


@jobs.get("/{number}/logs", response={200: list[LogOut], **ERRORS}, operation_id="get_job_logs")
def get_job_logs(request: HttpRequest, number: str) -> Any:
    """What each run printed; the unit's own business, empty for others."""
    actor = api_actor(request)
    row = found_or_404(queries.jobs_visible_to(actor, request.at), number=number)
    if not rights.may_read_content(actor, row.facts):
        return []
    runs = row.runs.select_related("job__centre").order_by("task", "attempt")
    return [{"key": run.key, "text": queries.log_of(run)} for run in runs]


@jobs.get("/{number}/results/{file}", response=ERRORS, operation_id="download_result")
def download_result(request: HttpRequest, number: str, file: str) -> HttpResponse | FileResponse:
    """The bytes of a result."""
    actor = api_actor(request)
    row = found_or_404(queries.jobs_visible_to(actor, request.at), number=number)
    files = queries.results_of(row)
    kept = found_or_404(
        files if rights.may_read_content(actor, row.facts) else files.none(), number=file
    )
    return FileResponse(open_blob(kept.blob), as_attachment=True, filename=kept.name)


@statements.get("", response={200: PageOf[StatementOut], **ERRORS}, operation_id="list_statements")
def list_statements(request: HttpRequest, query: Query[ListQuery]) -> Any:
    """Locked statements, newest first."""
    rows = queries.statements_visible_to(api_actor(request), request.at)
    page = keyset(rows, after=query.after, limit=query.limit)
    return {"items": page.rows, "next_after": page.next_after}


@statements.get("/{number}", response={200: StatementOut, **ERRORS}, operation_id="get_statement")
def get_statement(request: HttpRequest, number: str) -> Any:
    """One locked statement."""
    rows = queries.statements_visible_to(api_actor(request), request.at)
    return found_or_404(rows, number=number)
