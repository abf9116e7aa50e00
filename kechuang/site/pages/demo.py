"""The demonstration's switch of roles: on this machine only, never behind a proxy."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from kechuang.base.actor import ROLE_NAMES, Role
from kechuang.base.time import shanghai_date
from kechuang.doors import clock
from kechuang.doors.requests import AskedRequest, found_or_404
from kechuang.parties.models import Account, Appointment
from kechuang.parties.queries import in_force
from kechuang.record.actions import defer
from kechuang.site import auth
from kechuang.site.frame import seat_words

FORWARDED = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via",
)  # fmt: skip
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SHOWN_PER_ROLE = 12
DAYS_AT_ONCE = (1, 5, 10, 30)
# What the passing of time sets in motion; each is a periodic job besides.
TICKS = (
    "challenges.tick", "notices.tick", "needs.keep_fresh", "projects.remind",
    "cultivation.nightly", "cultivation.benefits_nightly", "cultivation.benefits_tick",
)  # fmt: skip


def is_open_to(request: AskedRequest) -> bool:
    """True under `up --demo`, for a browser on this very machine."""
    return (
        settings.KECHUANG_DEMO
        and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
        and not any(name in request.headers for name in FORWARDED)
    )


def switch(request: AskedRequest) -> HttpResponse:
    """People by role, one press to become one of them."""
    if not is_open_to(request):
        raise Http404
    held = Appointment.objects.filter(
        in_force(shanghai_date(request.at)), person__is_demo=True
    ).select_related("person", "organisation", "region")
    if request.method == "POST":
        return _become(request, found_or_404(held, number=request.POST.get("appointment", "")))
    with_account = held.filter(
        person__in=Account.objects.filter(is_active=True, person__isnull=False).values("person")
    )
    groups = []
    for role, name in ROLE_NAMES.items():
        rows = list(with_account.filter(role=role).order_by("pk")[:SHOWN_PER_ROLE])
        if rows:
            groups.append((role, name, [(row, seat_words(row)) for row in rows]))
    return render(request, "site/demo_switch.html", {"groups": groups, "days": DAYS_AT_ONCE})


def _become(request: AskedRequest, appointment: Appointment) -> HttpResponse:
    account = found_or_404(Account.objects.filter(is_active=True), person=appointment.person)
    login(request, account, backend=BACKEND)
    request.session[auth.SESSION_KEY] = appointment.number
    return redirect("home" if appointment.role == Role.PUBLIC else "work")


def pass_time(request: AskedRequest) -> HttpResponse:
    """Let days pass for the whole demonstration, so that deadlines come."""
    if not is_open_to(request) or request.method != "POST":
        raise Http404
    days = request.POST.get("days", "")
    if not days.isdigit() or int(days) not in DAYS_AT_ONCE:
        raise Http404
    clock.move_forward(timedelta(days=int(days)))
    for task in TICKS:
        defer(task, timestamp=int(request.at.timestamp()))
    return redirect("demo-switch")
