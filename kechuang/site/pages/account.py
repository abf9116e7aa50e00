"""One's own account: appointments, tokens, messages."""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from kechuang.doors.forms import Form
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.messages import actions as messages
from kechuang.messages import queries as message_queries
from kechuang.parties import actions as parties
from kechuang.parties.models import AccessToken
from kechuang.site import auth
from kechuang.site.frame import identity_words
from kechuang.site.line import address_of
from kechuang.site.notes import words_of

LONGEST_TOKEN_DAYS = 365


class TokenForm(Form):
    """What a token is for, and how long it is good."""

    label = forms.CharField(
        label=_("用在哪里"), max_length=60,
        help_text=_("写程序或用途的名字，日后好认，例如 财务系统对接"),
    )  # fmt: skip
    days = forms.TypedChoiceField(
        label=_("有效多久"), coerce=int, initial=90, widget=forms.RadioSelect,
        choices=[(30, _("30 天")), (90, _("90 天")), (LONGEST_TOKEN_DAYS, _("365 天"))],
    )  # fmt: skip


def with_second_factor(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send officers who have no second factor yet to set it up: a token must not go around it."""

    @wraps(view)
    def wrapped(request: AskedRequest, *args: object, **kwargs: object) -> HttpResponse:
        if auth.needs_second_factor(request, request.actor):
            return redirect("mfa_activate_totp")
        return view(request, *args, **kwargs)

    return wrapped


@signed_in
def account(request: AskedRequest) -> HttpResponse:
    """Appointments of this person, tokens of the one in force."""
    held = list(request.appointments)  # type: ignore[attr-defined]
    tokens = AccessToken.objects.filter(appointment__in=held).select_related("appointment")
    return render(
        request, "site/account.html",
        {
            "held": [(row, identity_words(row), row.number == request.actor.appointment)
                     for row in held],
            "tokens": tokens.order_by("-id")[:100],
            "fresh_token": request.session.pop("fresh_token", None),
        },
    )  # fmt: skip


@require_POST
@signed_in
def act_as(request: AskedRequest) -> HttpResponse:
    """Take up another of one's own appointments; the work list is loaded anew."""
    wanted = request.POST.get("appointment", "")
    if wanted in {row.number for row in request.appointments}:  # type: ignore[attr-defined]
        request.session[auth.SESSION_KEY] = wanted
    return redirect("work")


@signed_in
@with_second_factor
def new_token(request: AskedRequest) -> HttpResponse:
    """Make a token for the appointment in force; its text is shown once."""
    held = {row.number: row for row in request.appointments}  # type: ignore[attr-defined]
    appointment = held[request.actor.appointment]
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            _row, text = parties.create_token(
                appointment=appointment, by=request.actor, at=request.at, **form.cleaned_data
            )
            request.session["fresh_token"] = text
            return redirect("account")
    return render(
        request, "site/token.html",
        {"form": form, "identity": identity_words(appointment)}, status=form.status,
    )  # fmt: skip


@require_POST
@signed_in
@with_second_factor
def revoke_token(request: AskedRequest, number: str) -> HttpResponse:
    """Make one of one's own tokens worthless at once."""
    mine = AccessToken.objects.filter(appointment__person__number=request.actor.person)
    token = found_or_404(mine, number=number)
    parties.revoke_token(token=token, by=request.actor, at=request.at)
    return redirect(reverse("account") + "#tokens")


@signed_in
def inbox(request: AskedRequest) -> HttpResponse:
    """Word that something waits, and where; never its content."""
    mine = message_queries.visible_to(request.actor, request.at)
    page = keyset(mine, after=request.GET.get("after", ""), number="pk")
    rows = [
        {"message": row, "words": words_of(row.template), "url": address_of(row.object_number)}
        for row in page.rows
    ]
    return render(
        request, "site/inbox.html",
        {"rows": rows, "next_after": page.next_after},
    )  # fmt: skip


@require_POST
@signed_in
def mark_read(request: AskedRequest) -> HttpResponse:
    """Note that the messages were seen."""
    messages.mark_read(by=request.actor, at=request.at)
    return redirect("inbox")
