"""The public list of notices and the page of one, as everybody reads and prints it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kechuang.base.actor import ROLE_NAMES, Role
from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.sheets import csv_response
from kechuang.notices import actions, forms, queries, rules
from kechuang.notices.models import Notice, NoticeStage, Pause
from kechuang.parties.queries import region_by_code

CSV_ROWS_MAX = 5000
# What the public reads of a state: which shape stands before the word.
KINDS = {"OPEN": "now", "PAUSED": "soon", "ENDED": "ok", "CANCELLED": "bad"}


def chosen(request: AskedRequest) -> QuerySet[Notice]:
    """The notices that the address asks for: region, state, kind, words."""
    rows = queries.visible_to(request.actor, request.at)
    code = request.GET.get("region", "")
    if code:
        region = region_by_code(code, shanghai_date(request.at))
        rows = rows.filter(queries.within(region.path)) if region else rows.none()
    state = request.GET.get("state", "").upper()
    if state in Notice.State.values:
        rows = rows.filter(state=state)
    kind = request.GET.get("kind", "").upper()
    if kind in Notice.Kind.values:
        rows = rows.filter(kind=kind)
    if words := request.GET.get("q", "").strip()[:60]:
        rows = rows.filter(queries.said_in(words))
    return rows


def notices(request: AskedRequest) -> HttpResponse:
    """All notices, newest first."""
    page = keyset(chosen(request), after=request.GET.get("after"), limit=request.GET.get("limit"))
    query = request.GET.copy()
    query.pop("after", None)
    state = request.GET.get("state", "").lower()
    tabs = [("", _("全部"))] + [(s.value.lower(), s.label) for s in Notice.State]
    return render(request, "notices/notices.html", {
        "page": page, "kinds": KINDS, "query": query, "tabs": tabs, "state_now": state,
        "may_open": bool(request.actor.region)
        and rules.may_open_notice(request.actor, request.actor.region),
        "is_narrowed": any(request.GET.get(key) for key in ("q", "state", "kind", "region")),
    })  # fmt: skip


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """An office publishes a list or another matter of its region."""
    actor = request.actor
    if not actor.region or not rules.may_open_notice(actor, actor.region):
        raise Http404
    form = forms.NoticeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        facts = [(_("公示内容"), said.pop("body"))]
        with form.refusals():
            row = actions.open_notice(
                **said, facts=facts, region_path=actor.region, by=actor, at=request.at
            )
            messages.success(request, _("已发布，公示期自下一个工作日起算。"))
            return redirect("notice", number=row.number)
    return render(request, "notices/new.html", {"form": form}, status=form.status)


def notices_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file."""
    heads = [
        _("编号"), _("种类"), _("标题"), _("公示对象"), _("公示开始"), _("公示期（工作日）"),
        _("公示截止"), _("状态"),
    ]  # fmt: skip
    rows = chosen(request).order_by("-pk")[:CSV_ROWS_MAX]
    return csv_response("notices.csv", heads, (
        (
            n.number, n.get_kind_display(), n.title, n.subject_number,
            shanghai_date(n.opened_at).isoformat(), n.working_days,
            n.last_day or "", n.get_state_display(),
        )
        for n in rows
    ))  # fmt: skip


def notice(request: AskedRequest, number: str) -> HttpResponse:
    """One notice: what is shown, until when, how to object, how to check it."""
    row = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    objections = list(queries.objections_of(row))
    mine = queries.objections_visible_to(request.actor, request.at).filter(notice=row)
    return render(request, "notices/notice.html", {
        "notice": row,
        "kind": KINDS[row.state],
        "clock": clock_of(row, request.at),
        "objections": objections,
        "readable": set(mine.values_list("number", flat=True)),
        "pauses": list(Pause.objects.filter(notice=row).select_related("objection")),
        "stages": stages_of(row),
        "takes_objections": takes_objections(row, request.at),
        "may_object": rules.may_object(request.actor),
        "may_close": row.state in rules.NOTICE_RUNNING
        and rules.may_close_notice(request.actor, row.region_path),
    })  # fmt: skip


def takes_objections(row: Notice, at: datetime) -> bool:
    """Whether somebody may still object: it runs and its end has not come."""
    return row.state in rules.NOTICE_RUNNING and (row.ends_at is None or at < row.ends_at)


def clock_of(row: Notice, at: datetime) -> dict[str, Any]:
    """How far the clock of a notice is, in words and for its bar."""
    used = row.working_days if row.state == "ENDED" else queries.days_used(row, at)
    first = shanghai_date(row.opened_at)
    last = row.last_day
    years = sorted({first.year, (last or first).year})
    return {
        "used": used,
        "left": row.working_days - used,
        "percent": 100 * used // row.working_days,
        "last_day": last,
        "bases": [calendar().notice_of(year) for year in years if calendar().notice_of(year)],
    }


def stages_of(row: Notice) -> list[dict[str, Any]]:
    """The history of a notice as the public reads it: office, not person.

    Who objects is not told by role either: a role may have a single holder in a unit.
    """
    labels = dict(Notice.State.choices)
    return [
        {"since": stage.since, "label": labels.get(stage.stage, stage.stage),
         "who": _office(stage.by_role), "note": stage.note_public}
        for stage in NoticeStage.objects.filter(notice=row)
    ]  # fmt: skip


def _office(role: str) -> str:
    """The role of an office or the clock by name; anybody else only as the objector."""
    known = role in (*rules.OFFICE_ROLES, Role.CLOCK)
    return _(ROLE_NAMES[Role(role)]) if known else _("异议人")
