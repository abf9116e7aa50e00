"""Dealing the cases of a panel out, and the files that prove it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.reviews import actions, forms, queries, rules
from kechuang.reviews.models import Assignment, Panel, Review, Seat
from kechuang.reviews.pages.experts import posted
from kechuang.reviews.pages.panels import found_panel


@signed_in
def deal(request: AskedRequest, number: str) -> HttpResponse:
    """Say how many experts judge each case, and deal the cases out once the panel is complete."""
    row = found_panel(request, number)
    begun = Review.objects.filter(case__panel=row).exists()
    form = forms.DealForm(posted(request), initial=_initial(row))
    if request.method == "POST" and request.POST.get("act") == "all":
        with form.refusals():
            actions.set_dealing(
                panel=row, reviews_per_case=None, load_max=None, by=request.actor, at=request.at
            )
            messages.success(request, _("改回人人评全部方案。"))
            return redirect("panel", number=number)
    elif request.method == "POST" and form.is_valid():
        with form.refusals():
            said = _deal(request, row, form, begun)
            messages.success(request, said)
            return redirect("panel", number=number)
    return render(request, "reviews/deal.html", {
        "form": form, "panel": row, "begun": begun, "cases": queries.cases_of(row),
        "accepted": sum(s.state == Seat.State.ACCEPTED for s in queries.seats_of(row)),
        "short": queries.short_cases(row), "is_ready": _is_ready(row),
        "may_run": rules.may_run_panel(request.actor, row.facts),
    }, status=form.status)  # fmt: skip


def _initial(row: Panel) -> dict[str, int]:
    if row.reviews_per_case is None:
        return {}
    return {"reviews_per_case": row.reviews_per_case, "load_max": row.load_max or 1}


def _is_ready(row: Panel) -> bool:
    complete = row.state in (Panel.State.COMPLETE, Panel.State.REVIEWING)
    return complete and bool(queries.cases_of(row))


def _deal(request: AskedRequest, row: Panel, form: forms.DealForm, begun: bool) -> str:
    told = form.cleaned_data
    if not begun:
        row = actions.set_dealing(
            panel=row, reviews_per_case=told["reviews_per_case"], load_max=told["load_max"],
            by=request.actor, at=request.at,
        )  # fmt: skip
        if not _is_ready(row):
            return _("已定为分派。专家都接受、方案放入后，会出现在您的待办里。")
    actions.deal_cases(
        panel=row, objective=told["objective"], by=request.actor, at=request.at
    )
    return _("方案已分派，专家会看到各自要评的。")


def _file(request: AskedRequest, number: str, part: str) -> HttpResponse:
    row: Assignment = found_or_404(
        queries.assignments_visible_to(request.actor, request.at), number=number
    )
    response = HttpResponse(getattr(row, part), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{number}-{part}.json"'
    return response


def problem(request: AskedRequest, number: str) -> HttpResponse:
    """What was asked of the solver: experts and cases by place."""
    return _file(request, number, "problem")


def result(request: AskedRequest, number: str) -> HttpResponse:
    """What it answered, with the certificate; for `kechuang panel verify`."""
    return _file(request, number, "result")
