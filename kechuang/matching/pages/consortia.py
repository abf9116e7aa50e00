"""Consortia: founded, joined by invitation, led by one unit at a time."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kechuang.base.refusals import N_
from kechuang.base.time import shanghai_date
from kechuang.doors.forms import ConfirmForm, Form
from kechuang.doors.lists import keyset
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.matching.forms import consortia as forms
from kechuang.parties import actions, queries, rules
from kechuang.parties.models import Consortium, ConsortiumMember

KINDS = {"INVITED": "now", "ACCEPTED": "ok", "DECLINED": "none"}


def _found(request: AskedRequest, number: str) -> Consortium:
    return found_or_404(
        queries.consortia_visible_to(request.actor, request.at), number=number
    )


def _lead_code(row: Consortium, request: AskedRequest) -> str:
    first = queries.members_on(row, shanghai_date(request.at)).filter(role="LEAD").first()
    return first.organisation.code if first else ""


def _led(request: AskedRequest, number: str) -> Consortium:
    """The consortium, where this reader leads it; else 404."""
    row = _found(request, number)
    if row.ended_at or not rules.may_lead_consortium(request.actor, _lead_code(row, request)):
        raise Http404
    return row


@signed_in
def consortia(request: AskedRequest) -> HttpResponse:
    """The consortia that this reader may see, newest first."""
    page = keyset(
        queries.consortia_visible_to(request.actor, request.at),
        after=request.GET.get("after", ""),
    )
    leads = {
        member.consortium_id: member.organisation
        for member in ConsortiumMember.objects.filter(
            consortium__in=page.rows, role="LEAD", state="ACCEPTED", until__isnull=True
        ).select_related("organisation")
    }
    return render(request, "matching/consortia.html", {
        "page": page, "leads": leads, "founds": rules.may_found_consortium(request.actor),
    })  # fmt: skip


@signed_in
def consortium(request: AskedRequest, number: str) -> HttpResponse:
    """One consortium: its lead, its members with their days, what waits for an answer."""
    row = _found(request, number)
    members = list(queries.members_of(row))
    actor = request.actor
    return render(request, "matching/consortium.html", {
        "row": row, "kinds": KINDS,
        "members": [(m, _may_answer(request, m), _may_end(request, row, m)) for m in members],
        "leads": not row.ended_at
        and rules.may_lead_consortium(actor, _lead_code(row, request)),
    })  # fmt: skip


def _may_answer(request: AskedRequest, member: ConsortiumMember) -> bool:
    return member.state == "INVITED" and rules.may_answer_membership(
        request.actor, member.organisation.code
    )


def _may_end(request: AskedRequest, row: Consortium, member: ConsortiumMember) -> bool:
    if row.ended_at or member.until or member.state == "DECLINED":
        return False
    if member.role == "LEAD" and member.state == "ACCEPTED":
        return False
    return rules.may_lead_consortium(request.actor, _lead_code(row, request)) or (
        member.state == "ACCEPTED"
        and rules.may_answer_membership(request.actor, member.organisation.code)
    )


def _step(
    request: AskedRequest, row: Consortium | None, form: Form, words: dict[str, str]
) -> HttpResponse:
    context = {"row": row, "form": form, "words": words}
    return render(request, "matching/consortium_step.html", context, status=form.status)


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Found a consortium."""
    if not rules.may_found_consortium(request.actor):
        raise Http404
    form = forms.FoundForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            row = actions.found_consortium(by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("consortium", number=row.number)
    return _step(request, None, form, {
        "title": N_("发起联合体"), "lead": N_("您单位先牵头；再邀请成员，对方管理员同意后加入。"),
        "button": N_("发起联合体"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def invite(request: AskedRequest, number: str) -> HttpResponse:
    """Ask a unit to join."""
    row = _led(request, number)
    form = forms.InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.invite_member(
                consortium=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("consortium", number=row.number)
    return _step(request, row, form, {
        "title": N_("邀请成员"), "lead": N_("对方单位管理员同意之日起是成员。"),
        "button": N_("发出邀请"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def lead(request: AskedRequest, number: str) -> HttpResponse:
    """Ask a member to take the lead."""
    row = _led(request, number)
    members = queries.members_on(row, shanghai_date(request.at)).filter(role="MEMBER")
    form = forms.LeadForm(
        request.POST if request.method == "POST" else None,
        units=[member.organisation for member in members],
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.pass_lead(consortium=row, by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("consortium", number=row.number)
    return _step(request, row, form, {
        "title": N_("移交牵头"), "lead": N_("对方同意之日起由对方牵头，您单位转为成员。"),
        "button": N_("请对方牵头"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def answer(request: AskedRequest, number: str, member_number: str) -> HttpResponse:
    """Join, or do not."""
    row = _found(request, number)
    member = found_or_404(queries.members_of(row), number=member_number)
    form = forms.AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.answer_membership(
                member=member, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("consortia")
    return _step(request, row, form, {
        "title": N_("答复邀请"),
        "lead": N_("同意之日起是成员；请您牵头的，同意之日起由您单位牵头。"),
        "button": N_("提交答复"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def leave(request: AskedRequest, number: str, member_number: str) -> HttpResponse:
    """End a membership, or take an invitation back."""
    row = _found(request, number)
    member = found_or_404(queries.members_of(row), number=member_number)
    if not _may_end(request, row, member):
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.end_membership(member=member, by=request.actor, at=request.at)
            return redirect("consortium", number=row.number)
    return _step(request, row, form, {
        "title": N_("退出联合体"), "lead": N_("今天起不再是成员；在什么期间是成员，照样记着。"),
        "button": N_("退出"), "css": "btn-danger",
    })  # fmt: skip


@signed_in
def end(request: AskedRequest, number: str) -> HttpResponse:
    """End the consortium."""
    row = _led(request, number)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.end_consortium(consortium=row, by=request.actor, at=request.at)
            return redirect("consortium", number=row.number)
    return _step(request, row, form, {
        "title": N_("解散联合体"), "lead": N_("今天起没有成员，不能恢复；经过照样记着。"),
        "button": N_("解散"), "css": "btn-danger",
    })  # fmt: skip


urls = [
    path("consortia/", consortia, name="consortia"),
    path("consortia/new/", new, name="consortium-new"),
    path("consortia/<str:number>/", consortium, name="consortium"),
    path("consortia/<str:number>/invite/", invite, name="consortium-invite"),
    path("consortia/<str:number>/lead/", lead, name="consortium-lead"),
    path("consortia/<str:number>/end/", end, name="consortium-end"),
    path("consortia/<str:number>/members/<str:member_number>/answer/", answer,
         name="membership-answer"),
    path("consortia/<str:number>/members/<str:member_number>/leave/", leave,
         name="membership-leave"),
]  # fmt: skip
