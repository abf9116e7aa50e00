"""The list of projects, with its filters, and the same as a csv."""

from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest
from kechuang.doors.sheets import csv_response
from kechuang.parties.queries import region_by_code
from kechuang.projects import queries
from kechuang.projects.models import Project

MOST_EXPORTED = 10_000
GROUPS = {
    "": (N_("全部"), None),
    "contracting": (N_("签约中"), ["AWARDED", "CONTRACTING"]),
    "active": (N_("在研"), ["ACTIVE", "AMENDING"]),
    "accepting": (N_("验收中"), ["ACCEPTANCE_APPLIED", "ACCEPTING", "RECTIFYING", "FAILED"]),
    "ended": (
        N_("已办结"),
        ["ACCEPTED", "CONCLUDED", "TERMINATING", "TERMINATED", "REVOKED", "LAPSED", "ARCHIVED"],
    ),
}
STATE_KINDS = {
    "AWARDED": "now",
    "CONTRACTING": "now",
    "ACTIVE": "now",
    "AMENDING": "soon",
    "ACCEPTANCE_APPLIED": "now",
    "ACCEPTING": "now",
    "RECTIFYING": "soon",
    "ACCEPTED": "ok",
    "CONCLUDED": "ok",
    "FAILED": "bad",
    "TERMINATING": "soon",
    "TERMINATED": "none",
    "REVOKED": "bad",
    "LAPSED": "none",
    "ARCHIVED": "none",
}


def projects(request: AskedRequest) -> HttpResponse:
    """The projects that this reader sees, newest first."""
    found = _filtered(request)
    page = keyset(found, after=request.GET.get("after"), limit=request.GET.get("limit"))
    for row in page.rows:
        row.kind = STATE_KINDS[row.state]
    state = request.GET.get("state", "")
    context = {
        "rows": page.rows,
        "next_after": page.next_after,
        "tabs": [_tab(request, code, label, state) for code, (label, _s) in GROUPS.items()],
        "q": request.GET.get("q", ""),
        "is_filtered": bool(request.GET.get("q") or state or request.GET.get("region")),
        "csv_query": request.GET.urlencode(),
    }
    return render(request, "projects/list.html", context)


def projects_csv(request: AskedRequest) -> HttpResponse:
    """The same list as a file: amounts in yuan, one row a project."""
    rows = _filtered(request).order_by("-pk")[:MOST_EXPORTED]
    heads = [
        _("项目编号"),
        _("项目名称"),
        _("牵头单位"),
        _("状态"),
        _("总经费（元）"),
        _("财政资助（元）"),
        _("自筹（元）"),
        _("立项日期"),
    ]
    lines = (
        [
            row.number,
            row.title,
            row.lead_organisation.name,
            str(row.get_state_display()),
            yuan_exact(row.total_fen),
            yuan_exact(row.public_fen),
            yuan_exact(row.own_fen),
            shanghai_date(row.awarded_at).isoformat(),
        ]
        for row in rows
    )
    return csv_response("projects.csv", heads, lines)


def _filtered(request: AskedRequest) -> QuerySet[Project]:
    rows = queries.visible_to(request.actor, request.at)
    _label, states = GROUPS.get(request.GET.get("state", ""), GROUPS[""])
    if states:
        rows = rows.filter(state__in=states)
    if text := request.GET.get("q", "").strip()[:100]:
        rows = rows.filter(
            Q(title__icontains=text)
            | Q(number__iexact=text)
            | Q(lead_organisation__name__icontains=text)
        )
    if path := _region_path(request.GET.get("region", ""), request.at):
        rows = rows.filter(queries.in_region(path))
    return rows


def _region_path(code: str, at: datetime) -> str:
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return ""
    region = region_by_code(code, shanghai_date(at))
    return region.path if region else ""


def _tab(request: AskedRequest, code: str, label: str, current: str) -> dict[str, object]:
    query = {key: request.GET[key] for key in ("q", "region") if request.GET.get(key)}
    if code:
        query["state"] = code
    return {
        "url": "?" + urlencode(query),
        "name": label,
        "is_current": code == (current if current in GROUPS else ""),
    }
