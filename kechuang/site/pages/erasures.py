"""Erasing what an entry of the record says: asked on one page, decided by somebody else."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kechuang.doors.forms import ConfirmForm, Form
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.parties.queries import people_numbered
from kechuang.record import actions, queries
from kechuang.record.models import Entry, Erasure
from kechuang.record.rules import erasing as rules

KINDS = {"ASKED": "soon", "ERASED": "ok", "REFUSED": "none"}


class AskForm(Form):
    """Which entry, on what ground, and why."""

    entry = forms.CharField(
        label=gettext_lazy("条目编号"), max_length=11,
        help_text=gettext_lazy("11 位，在收据和记录里；可从公开核验页带过来"),
    )
    ground = forms.ChoiceField(
        label=gettext_lazy("法律依据"), widget=forms.RadioSelect,
        choices=[(one.value, gettext_lazy(name)) for one, name in rules.GROUND_NAMES.items()],
    )
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=rules.REASON_MAX,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("至少 10 字：涉及谁的哪项内容。不要抄写要删的内容本身。"),
    )

    def clean_entry(self) -> Entry:
        number = str(self.cleaned_data["entry"]).strip().upper()
        found = Entry.objects.filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("没有这个编号的条目。"), code="no_entry")
        return found


class RefusalForm(Form):
    """Why the payload stays."""

    reason = forms.CharField(
        label=gettext_lazy("不予删除的理由"), max_length=rules.REASON_MAX, required=False,
        widget=forms.Textarea({"rows": 3}),
    )


def _posted(request: AskedRequest) -> Any:
    return request.POST if request.method == "POST" else None


@signed_in
def erasures(request: AskedRequest) -> HttpResponse:
    """What was asked in the region, newest first."""
    rows = queries.erasures_visible_to(request.actor, request.at)
    page = keyset(rows, after=request.GET.get("after", ""))
    people = people_numbered(
        number for one in page.rows for number in (one.asked_by, one.decided_by) if number
    )
    return render(request, "site/erasures.html", {
        "rows": [_shown(one, people) for one in page.rows], "next_after": page.next_after,
        "may_ask": rules.may_ask(request.actor),
    })  # fmt: skip


def _shown(one: Erasure, people: dict[str, Any]) -> dict[str, Any]:
    ground = rules.GROUND_NAMES[rules.Ground(one.ground)]
    return {
        "row": one, "kind": KINDS[one.state], "ground": ground,
        "asked_by": people.get(one.asked_by), "decided_by": people.get(one.decided_by),
    }


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Ask that an entry's payload be erased."""
    if not rules.may_ask(request.actor) and request.method != "POST":
        raise Http404
    form = AskForm(_posted(request), initial={"entry": request.GET.get("entry", "")[:11]})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = actions.ask_erasure(**form.cleaned_data, by=request.actor, at=request.at)
            messages.success(request, _("已申请，等另一位部门负责人批准。"))
            return redirect("erasure", made.number)
    return render(request, "site/erasure_new.html", {"form": form}, status=form.status)


@signed_in
def erasure(request: AskedRequest, number: str) -> HttpResponse:
    """One erasure: what was asked by whom, and the two answers of whoever decides."""
    row = found_or_404(queries.erasures_visible_to(request.actor, request.at), number=number)
    acts = request.method == "POST"
    refuses = acts and request.POST.get("act") == "refuse"
    form = RefusalForm(request.POST if refuses else None)
    confirm = ConfirmForm(request.POST if acts and not refuses else None)
    if refuses and form.is_valid():
        with form.refusals():
            actions.refuse_erasure(
                erasure=row, reason=form.cleaned_data["reason"], by=request.actor, at=request.at
            )
            return redirect("erasure", number)
    if acts and not refuses:
        with confirm.refusals():
            actions.approve_erasure(erasure=row, by=request.actor, at=request.at)
            messages.success(request, _("内容已删除，指纹和次序仍在，可照常核验。"))
            return redirect("erasure", number)
    people = people_numbered(one for one in (row.asked_by, row.decided_by) if one)
    return render(request, "site/erasure.html", {
        **_shown(row, people), "form": form, "confirm": confirm,
        "may_decide": row.state == rules.State.ASKED
        and rules.may_decide(request.actor, row.region_path, row.asked_by),
    }, status=max(form.status, confirm.status))  # fmt: skip
