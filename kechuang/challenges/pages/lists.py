"""Lists: challenges, and the budget lines that they draw on."""

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.money import yuan_exact
from kechuang.base.time import SHANGHAI
from kechuang.challenges import actions, forms, queries
from kechuang.challenges.models import Challenge
from kechuang.challenges.pages.acts import posted
from kechuang.challenges.rules.table import STATE_NAMES, UNPUBLISHED
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import csv_response

CSV_MOST = 10_000
INSIDE = (Role.OFFICER, Role.HEAD, Role.SUPERVISOR, Role.FINANCE)
KINDS = {
    "OPEN": "now", "CLOSED": "soon", "CHECKING": "now", "REVIEWING": "now", "DECIDING": "now",
    "ON_NOTICE": "now", "AWARDED": "ok", "RUNNING": "ok", "ENDED": "ok", "REJECTED": "bad",
    "APPROVED": "soon", "SCHEDULED": "soon",
}


def kind_of(state: str) -> str:
    """The shape before a challenge's state."""
    return KINDS.get(state, "none")


def _wanted(request: AskedRequest) -> QuerySet[Challenge]:
    """The challenges that the query asks for, among those this reader may see."""
    rows = queries.visible_to(request.actor, request.at)
    state, region = request.GET.get("state", "").upper(), request.GET.get("region", "")
    text = request.GET.get("q", "").strip()
    if state in STATE_NAMES:
        rows = rows.filter(state=state)
    if region.isdigit():
        rows = rows.filter(region_path__contains=region)
    if text:
        rows = rows.filter(title__icontains=text[:60])
    return rows


def challenges(request: AskedRequest) -> HttpResponse:
    """The list of challenges that this reader may see, newest first."""
    page = keyset(_wanted(request), after=request.GET.get("after"), limit=request.GET.get("limit"))
    for row in page.rows:
        row.kind = kind_of(row.state)
    chosen = request.GET.get("state", "").upper()
    inside = request.actor.is_role(*INSIDE)
    shown = [s for s in STATE_NAMES if inside or s not in UNPUBLISHED]
    tabs = [{"url": "?", "name": _("全部"), "is_current": chosen not in STATE_NAMES}]
    tabs += [
        {"url": f"?state={state.lower()}", "name": _(STATE_NAMES[state]),
         "is_current": state == chosen}
        for state in shown if state not in ("CANCELLED", "REJECTED")
    ]
    return render(request, "challenges/list.html", {
        "page": page, "tabs": tabs, "text": request.GET.get("q", ""),
        "is_officer": request.actor.is_role(Role.OFFICER), "is_inside": inside,
        "chosen": chosen.lower() if chosen in STATE_NAMES else "",
    })


def challenges_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a sheet: public facts alone, and no number of bids."""
    heads = [_("编号"), _("题目"), _("状态"), _("出题方"), _("总经费（元）"), _("其中财政（元）"),
             _("期限（月）"), _("截止时间")]
    rows = (
        [c.number, c.title, _(STATE_NAMES[Challenge.State(c.state)]), c.issuer.name,
         yuan_exact(c.total_fen), yuan_exact(c.public_fen), c.months,
         f"{c.deadline_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if c.deadline_at else ""]
        for c in _wanted(request).order_by("-pk")[:CSV_MOST]
    )
    return csv_response("challenges.csv", heads, rows)


@signed_in
def budget_lines(request: AskedRequest) -> HttpResponse:
    """The budget lines of the office's region, and for finance a form to enter one."""
    if not request.actor.is_role(*INSIDE):
        raise Http404
    may_enter = request.actor.is_role(Role.FINANCE, Role.HEAD)
    form = forms.BudgetLineForm(posted(request), initial={"year": request.at.year})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.open_budget_line(**form.cleaned_data, by=request.actor, at=request.at)
            return redirect(reverse("budget-lines"))
    lines = list(queries.budget_lines_visible_to(request.actor, request.at)[:200])
    for line in lines:
        line.free_fen = line.amount_fen - line.reserved_fen
    return render(
        request, "challenges/budget_lines.html",
        {"lines": lines, "form": form, "may_enter": may_enter}, status=form.status,
    )
