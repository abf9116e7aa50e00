"""Monthly statements: what jobs came to, locked with a hash; adjustments by a second person."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.base.time import shanghai_date, start_of_day
from kechuang.compute import actions, forms, queries
from kechuang.compute.models import Adjustment
from kechuang.compute.rules import rights
from kechuang.compute.rules.billing import statement_hash
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in

BILLS_SHOWN = 500


@signed_in
def statements(request: AskedRequest) -> HttpResponse:
    """The statements that this reader may see, newest first."""
    rows = queries.statements_visible_to(request.actor, request.at)
    page = keyset(rows, after=request.GET.get("after"), limit=request.GET.get("limit"))
    waiting = queries.open_months(request.actor, request.at)
    return render(request, "compute/statements.html", {
        "page": page,
        "open": [(one, rights.may_run_centre(request.actor, one.facts)) for one in waiting],
        "month_now": f"{shanghai_date(request.at):%Y-%m}",
    })  # fmt: skip


@signed_in
def lock(request: AskedRequest, number: str, centre: str, month: str) -> HttpResponse:
    """Look at a month's bills, then lock and post them."""
    row = found_or_404(
        queries.allocations_billed_before(request.actor, request.at), number=number
    )
    place = found_or_404(queries.centres_visible_to(request.actor, request.at), number=centre)
    if not rights.may_run_centre(request.actor, place.facts):
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.lock_statement(
                allocation=row, centre=place, month=month, by=request.actor, at=request.at
            )
            messages.success(request, _("已锁定并记账。"))
            return redirect("statement", number=made.number)
    today = shanghai_date(request.at)
    bills = list(queries.bills_of(row, place, month)[:BILLS_SHOWN])
    return render(request, "compute/statement_lock.html", {
        "form": form, "allocation": row, "centre": place, "month": month, "bills": bills,
        "uncharged": queries.uncharged_jobs(row, place, month)[:BILLS_SHOWN],
        "waits": queries.unbilled_jobs(row, place, start_of_day(today.replace(day=1))),
        "total_fen": sum(bill.total_fen for bill in bills), "is_over": month < f"{today:%Y-%m}",
    }, status=form.status)  # fmt: skip


@signed_in
def statement(request: AskedRequest, number: str) -> HttpResponse:
    """One statement: its bills, its hash, what was adjusted since."""
    row = found_or_404(queries.statements_visible_to(request.actor, request.at), number=number)
    bills = list(row.bills.select_related("job").order_by("pk"))
    adjustments = list(row.adjustments.select_related("asked_by", "approved_by", "entry_set"))
    adjusted = sum(one.amount_fen for one in adjustments if one.state == "APPROVED")
    content = queries.statement_content(row, bills)
    return render(request, "compute/statement.html", {
        "uncharged": queries.uncharged_jobs(row.allocation, row.centre, row.month)[:BILLS_SHOWN],
        "statement": row, "bills": bills[:BILLS_SHOWN], "adjustments": adjustments,
        "sees_allocation": rights.may_see_allocation(request.actor, row.facts),
        "now_fen": row.total_fen + adjusted,
        "is_true": statement_hash(content) == row.content_hash,
        "may_adjust": rights.may_run_centre(request.actor, row.centre.facts),
        "may_approve": {
            one.number for one in adjustments
            if one.state == Adjustment.State.ASKED
            and rights.may_adjust(request.actor, row.facts, one.asked_by.number)
        },
    })  # fmt: skip


@signed_in
def adjust(request: AskedRequest, number: str) -> HttpResponse:
    """Ask for an adjustment."""
    row = found_or_404(queries.statements_visible_to(request.actor, request.at), number=number)
    if not rights.may_run_centre(request.actor, row.centre.facts):
        raise Http404
    form = forms.AdjustForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with form.refusals():
            actions.ask_adjustment(
                statement=row, amount_fen=given["amount"], reason=given["reason"],
                by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已提出，等另一人批准。"))
            return redirect("statement", number=row.number)
    context = {"form": form, "statement": row}
    return render(request, "compute/statement_adjust.html", context, status=form.status)


@signed_in
def approve(request: AskedRequest, number: str, adjustment: str) -> HttpResponse:
    """Approve an adjustment as a second person; posted at once."""
    row = found_or_404(queries.statements_visible_to(request.actor, request.at), number=number)
    rows = Adjustment.objects.filter(statement=row).select_related("asked_by", "statement")
    one = found_or_404(rows, number=adjustment)
    if not rights.may_adjust(request.actor, row.facts, one.asked_by.number):
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.approve_adjustment(adjustment=one, by=request.actor, at=request.at)
            messages.success(request, _("已批准并记账。"))
            return redirect("statement", number=row.number)
    context = {"form": form, "statement": row, "adjustment": one}
    return render(request, "compute/adjustment_approve.html", context, status=form.status)
