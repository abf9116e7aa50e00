"""What anybody can check, without signing in."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest
from kechuang.record import queries as record
from kechuang.record.rules import erasing
from kechuang.site.line import address_of
from kechuang.site.verifying import entries_naming


class NumberForm(Form):
    """The number of a receipt, an object or an entry of the record."""

    number = forms.CharField(
        label=_("编号或收据号"), max_length=40,
        help_text=_("在单据右上角，例如 XQ-2026-000912，或 11 位的收据号"),
    )  # fmt: skip

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).strip().upper().replace(" ", "")


def verify(request: AskedRequest) -> HttpResponse:
    """The state of the record and one field that checks a number."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("verify-number", form.cleaned_data["number"])
    return render(
        request, "site/verify.html",
        {"form": form, "checkpoint": record.checkpoint()},
        status=form.status,
    )  # fmt: skip


def verify_number(request: AskedRequest, number: str) -> HttpResponse:
    """Which entries of the record name this number: when, at which position, with which hash.

    Verbs and times are public, people and content are not: the fingerprints prove them.
    """
    entries = entries_naming(number)
    if not entries:
        raise Http404
    return render(
        request, "site/verify_number.html",
        {
            "number": number,
            "entries": entries,
            "checkpoint": record.checkpoint(),
            "address": address_of(number),
            "may_ask": len(entries) == 1 and erasing.may_ask(request.actor),
        },
    )  # fmt: skip
