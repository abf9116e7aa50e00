"""Jobs: the list, one job as it runs, its log, its results."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.compute import actions, queries
from kechuang.compute.models import Bill, Job, JobStage, Run
from kechuang.compute.pages.quotes import parameters_of, quote_page
from kechuang.compute.rules import rights
from kechuang.compute.rules.jobs import ACCOUNTS_WITHIN, ENDED, LIVE
from kechuang.compute.rules.templates import template_coded
from kechuang.doors.forms import ConfirmForm, Form
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.files.queries import open_blob

CSV_ROWS_MAX = 5000
RUNS_SHOWN = 100
KINDS = {
    "QUOTED": "soon", "STAGED": "now", "SUBMITTED": "now", "RUNNING": "now", "DONE": "ok",
    "FAILED": "bad", "CANCELLED": "none", "LOST": "bad",
}  # fmt: skip


def _chosen(request: AskedRequest) -> Any:
    rows = queries.jobs_visible_to(request.actor, request.at)
    state = request.GET.get("state", "").upper()
    if state in Job.State.values:
        rows = rows.filter(state=state)
    if words := request.GET.get("q", "").strip()[:60]:
        rows = rows.filter(title__icontains=words)
    return rows


@signed_in
def jobs(request: AskedRequest) -> HttpResponse:
    """The jobs that this reader may see, newest first."""
    page = keyset(_chosen(request), after=request.GET.get("after"), limit=request.GET.get("limit"))
    tabs = [("", _("全部"))] + [(one.value.lower(), one.label) for one in Job.State]
    return render(request, "compute/jobs.html", {
        "page": page, "kinds": KINDS, "tabs": tabs, "may_ask": rights.may_ask(request.actor),
        "state_now": request.GET.get("state", "").lower(),
    })  # fmt: skip


@signed_in
def jobs_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [
        _("编号"), _("作业"), _("单位"), _("中心"), _("应用"), _("核数"), _("任务数"),
        _("提交时间"), _("结束时间"), _("状态"),
    ]  # fmt: skip
    return csv_response("jobs.csv", heads, (
        (
            row.number, row.title, row.organisation.name,
            (row.centre.name if row.centre else "") + (_("（模拟）") if row.is_simulated else ""),
            row.template, row.processors, row.tasks,
            row.submitted_at.isoformat() if row.submitted_at else "",
            row.ended_at.isoformat() if row.ended_at else "", row.get_state_display(),
        )
        for row in _chosen(request).order_by("-pk")[:CSV_ROWS_MAX]
    ))  # fmt: skip


@signed_in
def job(request: AskedRequest, number: str) -> HttpResponse:
    """One job: its quotes while it waits for a choice, else where it is and what it left."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if row.state == Job.State.QUOTED:
        return quote_page(request, row)
    return render(request, "compute/job.html", _context(request, row))


def live(request: AskedRequest, number: str) -> HttpResponse:
    """The moving part of a job's page, asked for anew while it runs."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    answer = render(request, "compute/_live.html", _context(request, row))
    if row.state not in LIVE:
        answer["HX-Refresh"] = "true"  # it has ended: the whole page has more to show
    return answer


def _context(request: AskedRequest, row: Job) -> dict[str, Any]:
    runs = list(row.runs.order_by("task", "attempt")[:RUNS_SHOWN])
    reads = rights.may_read_content(request.actor, row.facts)
    results = list(queries.results_of(row)) if reads else []
    bill = Bill.objects.filter(job=row).select_related("statement").first()
    quote = row.quotes.filter(centre=row.centre).first() if row.centre else None
    return {
        "sees_allocation": rights.may_see_allocation(request.actor, row.facts),
        "job": row, "kind": KINDS[row.state], "kinds": KINDS, "runs": runs, "reads": reads,
        "is_live": row.state in LIVE, "progress": queries.progress_of(row, runs) if runs else 0,
        "results": results, "bill": bill, "charges": list(bill.charges.all()[:100]) if bill else [],
        "pictures": [one for one in results if one.blob.media_type.startswith("image/")][:12],
        "log": queries.log_of(runs[-1]) if reads and runs else "", "quote": quote,
        "template": template_coded(row.template), "parameters": parameters_of(row),
        "script": row.parameters.get("script", "") if reads else "",
        "waited": _waited(runs), **_accounts(row, bill),
        "may_cancel": reads and row.state in LIVE and not row.is_cancelling,
        "may_retry": reads and row.state in ("FAILED", "CANCELLED") and row.submitted_at,
        "stages": queries.stages_of(JobStage, dict(Job.State.choices), job=row),
    }  # fmt: skip


def _accounts(row: Job, bill: Bill | None) -> dict[str, Any]:
    """Whether an ended job waits for its centre's accounts, until when; or came to nothing."""
    since = queries.accounts_awaited(row)
    return {
        "accounts_since": since, "accounts_until": since + ACCOUNTS_WITHIN if since else None,
        "is_uncharged": (
            row.state in ENDED and row.submitted_at and not bill and not since
            and not row.is_simulated
        ),
        "would_fen": queries.would_cost(row) if row.is_simulated and row.state in ENDED else None,
    }  # fmt: skip


def _waited(runs: list[Run]) -> int | None:
    """Seconds that the first run waited; None before it began."""
    begun = [run for run in runs if run.started_at and run.submitted_at]
    if not begun:
        return None
    first = min(begun, key=lambda run: run.started_at)  # type: ignore[arg-type, return-value]
    assert first.started_at and first.submitted_at
    return max(0, round((first.started_at - first.submitted_at).total_seconds()))


def _step(request: AskedRequest, number: str, said: tuple[str, str, str], act: Any) -> HttpResponse:
    """A page that asks once more, then acts."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if not rights.may_use(request.actor, row.facts):
        raise Http404
    form: Form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            done = act(job=row, by=request.actor, at=request.at)
            messages.success(request, said[2])
            return redirect("job", number=done.number)
    context = {"form": form, "job": row, "title": said[0], "lead": said[1]}
    return render(request, "compute/job_step.html", context, status=form.status)


@signed_in
def cancel(request: AskedRequest, number: str) -> HttpResponse:
    """End a job, or drop its quotes."""
    lead = _("没开始的不再开始，在跑的会被停止；已经用去的机时照样计费。")
    said = (_("取消作业"), lead, _("正在取消。"))
    return _step(request, number, said, actions.cancel_job)


@signed_in
def retry(request: AskedRequest, number: str) -> HttpResponse:
    """Quote a job anew, as a job of its own."""
    said = (_("再算一次"), _("参数不变，重新报价，作为一个新作业提交。"), _("已重新报价。"))
    return _step(request, number, said, actions.retry_job)


@signed_in
def log(request: AskedRequest, number: str, run: str) -> HttpResponse:
    """What one run printed, as plain text."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if not rights.may_read_content(request.actor, row.facts):
        raise Http404
    runs = Run.objects.filter(job=row).select_related("job__centre")
    text = queries.log_of(found_or_404(runs, key=run))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@signed_in
def result(request: AskedRequest, number: str, file: str) -> FileResponse:
    """A file that a run left; pictures are shown, the rest is downloaded."""
    row = found_or_404(queries.jobs_visible_to(request.actor, request.at), number=number)
    if not rights.may_read_content(request.actor, row.facts):
        raise Http404
    kept = found_or_404(queries.results_of(row), number=file)
    is_picture = kept.blob.media_type.startswith("image/")
    return FileResponse(
        open_blob(kept.blob), as_attachment=not is_picture, filename=kept.name,
        content_type=kept.blob.media_type,
    )  # fmt: skip
