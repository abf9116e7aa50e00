"""The supervisor's view: the whole record, read-only."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kechuang.base.actor import ROLE_NAMES, Role
from kechuang.base.time import SHANGHAI
from kechuang.doors.forms import Form
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.parties.queries import people_numbered
from kechuang.record import queries
from kechuang.site.line import address_of


class FilterForm(Form):
    """Which entries: by object, person, role, verb and day."""

    q = forms.CharField(label=_("对象或人员编号"), max_length=40, required=False)
    verb = forms.CharField(label=_("动作"), max_length=60, required=False)
    role = forms.ChoiceField(label=_("角色"), required=False)
    since = forms.DateField(label=_("自"), required=False)
    until = forms.DateField(label=_("到"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role.value, _(name)) for role, name in ROLE_NAMES.items() if role != Role.PUBLIC]
        self.fields["role"].choices = [("", _("不限")), *roles]


@signed_in
def record(request: AskedRequest) -> HttpResponse:
    """Entries newest first; the reader may filter, and change nothing."""
    entries = queries.visible_to(request.actor, request.at)
    if not request.actor.is_role(Role.SUPERVISOR):
        return render(request, "site/not_yours.html", {"role": Role.SUPERVISOR}, status=403)
    form = FilterForm(request.GET or None)
    if form.is_bound and form.is_valid():
        entries = _filtered(entries, form.cleaned_data)
    page = keyset(entries, after=request.GET.get("after", ""))
    people = people_numbered(entry.person for entry in page.rows if entry.person)
    rows = [
        {
            "entry": entry,
            "person": people.get(entry.person),
            "role": ROLE_NAMES.get(entry.role, entry.role),
            "url": address_of(entry.object_number),
        }
        for entry in page.rows
    ]
    return render(
        request, "site/record.html",
        {"form": form, "rows": rows, "next_after": page.next_after, "size": queries.tree_size()},
        status=form.status,
    )  # fmt: skip


def _filtered(entries, wanted):  # type: ignore[no-untyped-def]
    number = wanted["q"].strip().upper()
    if number:
        entries = entries.filter(person=number) if number.startswith("RY-") else entries.filter(
            object_number=number
        )
    if wanted["verb"]:
        entries = entries.filter(verb__startswith=wanted["verb"].strip())
    if wanted["role"]:
        entries = entries.filter(role=wanted["role"])
    if wanted["since"]:
        entries = entries.filter(at__gte=_midnight(wanted["since"]))
    if wanted["until"]:
        entries = entries.filter(at__lt=_midnight(wanted["until"] + timedelta(days=1)))
    return entries


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=SHANGHAI)
