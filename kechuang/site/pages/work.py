"""The work list as a page: the first thing a signed-in person sees."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.site.work import TABS, WorkList, tab_of, work_of

AGENDA_SHOWN = 10
# The one thing that each role begins: what, and the page's url name.
BEGINNINGS = {
    Role.FILLER: (N_("发布需求"), "need-new"),
    Role.UNIT_ADMIN: (N_("发布需求"), "need-new"),
    Role.MEMBER: (N_("发布成果"), "offer-new"),
    Role.OFFICER: (N_("起草榜单"), "challenge-new"),
    Role.LIAISON: (N_("看需求库"), "needs"),
}


@signed_in
def work(request: AskedRequest) -> HttpResponse:
    """What waits, who holds it, since when, until when, and one button."""
    listed = work_of(request.actor, request.at)
    tab = tab_of(request.GET.dict())
    matters, next_after = listed.page(tab, request.GET.get("after", ""))
    return render(
        request, "site/work.html",
        {
            "matters": matters,
            "next_after": next_after,
            "listed": listed,
            "tab": tab,
            "tabs": _tabs(listed, tab),
            "counts": {name: listed.count(name) for name, _label, _query in TABS},
            "beginning": _beginning(request.actor.role),
            "agenda": _agenda(listed),
            "oldest": min((m.since for m in listed.matters if m.mine), default=None),
            "next_due": min(
                (m.until for m in listed.matters if m.until and m.until > request.at), default=None
            ),
        },
    )  # fmt: skip


def _tabs(listed: WorkList, chosen: str) -> list[dict[str, object]]:
    return [
        {
            "name": label,
            "url": f"{reverse('work')}?{urlencode(query)}" if query else reverse("work"),
            "count": listed.count(tab),
            "is_current": tab == chosen,
        }
        for tab, label, query in TABS
    ]


def _beginning(role: Role) -> dict[str, str] | None:
    name, url_name = BEGINNINGS.get(role, ("", ""))
    try:
        return {"name": name, "url": reverse(url_name)} if url_name else None
    except NoReverseMatch:
        return None


def _agenda(listed: WorkList) -> list[dict[str, object]]:
    """What falls due today, by the hour; the first ones, all of them stand under their tab."""
    today = shanghai_date(listed.at)
    due = [m for m in listed.matters if m.until and shanghai_date(m.until) == today]
    upcoming = next((m for m in due if not m.is_overdue(listed.at)), None)
    return [
        {"matter": m, "state": "now" if m is upcoming else "", "is_past": m.is_overdue(listed.at)}
        for m in due[:AGENDA_SHOWN]
    ]
