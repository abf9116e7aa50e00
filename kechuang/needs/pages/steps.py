"""Every step of a need on a page of its own: shown by GET, done by POST, then back to the need."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from kechuang.base.actor import Actor
from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.needs import actions, forms, queries, rules
from kechuang.needs.models import Need
from kechuang.needs.pages.drafts import found
from kechuang.needs.rules import NeedFacts, State

May = Callable[[Actor, NeedFacts], bool]


def _may(request: AskedRequest, need: Need, may: May, verb: str) -> None:
    rules.check_may(may(request.actor, need.facts), verb, need.facts)


def _page(
    request: AskedRequest, template: str, need: Need, form: Form, **more: Any
) -> HttpResponse:
    context = {"need": need, "form": form, "targets": list(need.targets.all())} | more
    return render(request, f"needs/{template}.html", context, status=form.status)


def _done(request: AskedRequest, need: Need, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("need", need.number)


@signed_in
def sign(request: AskedRequest, number: str) -> HttpResponse:
    """The unit's administrator reads it once more, agrees to what is shown, and signs."""
    need = found(request, number)
    _may(request, need, rules.may_sign, "sign")
    initial = {"version": need.version, "publication": need.publication}
    form = forms.SignForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.sign_need(need=need, by=request.actor, at=request.at, **form.cleaned_data)
            return _done(request, need, gettext("已签发，送交科技部门核实。"))
    return _page(request, "sign", need, form)


@signed_in
def give_back(request: AskedRequest, number: str) -> HttpResponse:
    """Give a need back with the fields marked that are to be mended."""
    need = found(request, number)
    _may(request, need, rules.may_return, "return")
    form = forms.ReturnForm(request.POST or None, initial={"version": need.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.return_need(
                need=need, marks=form.marks, note=form.cleaned_data["note"],
                version=form.cleaned_data["version"], by=request.actor, at=request.at,
            )  # fmt: skip
            return _done(request, need, gettext("已退回，填报人能看到您标出的栏目。"))
    said = _said(need)
    rows = [
        {"name": rules.FIELD_NAMES[field], "said": said[field], "input": form[f"mark-{field}"]}
        for field in rules.FIELDS
    ]
    return _page(request, "return", need, form, rows=rows)


def _said(need: Need) -> dict[str, str]:
    """What each field says now, beside the words on what to mend."""
    words = gettext("、").join(need.keywords)
    targets = "；".join(map(str, need.targets.all()))
    return {
        "title": need.title,
        "body": need.body,
        "chain": need.get_chain_display(),
        "keywords": words or gettext("未写"),
        "targets": targets,
        "budget": gettext("%(n)s 万元") % {"n": rules.wan_text(need.budget_fen or 0)},
        "due": need.due_date.isoformat() if need.due_date else "",
        "publication": need.get_publication_display(),
        "contact": need.contact.name if need.contact else gettext("未写"),
        "attachments": gettext("%(n)d 份") % {"n": need.attachments.count()},
    }


@signed_in
def pass_on(request: AskedRequest, number: str) -> HttpResponse:
    """An office passes a need: the city may ask the province to look too."""
    need = found(request, number)
    _may(request, need, rules.may_pass, "pass")
    form = forms.PassForm(
        request.POST or None, initial={"version": need.version, "upward": "0"},
        may_go_upward=need.state == State.CITY_CHECK,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            done = actions.pass_check(
                need=need, by=request.actor, at=request.at, **form.cleaned_data
            )
            name = gettext(rules.STATE_NAMES[State(done.state)])
            return _done(request, need, gettext("已通过，现在是“%(state)s”。") % {"state": name})
    return _page(request, "pass", need, form)


@signed_in
def merge(request: AskedRequest, number: str) -> HttpResponse:
    """Merge a need into another; the ones that say nearly the same are offered."""
    need = found(request, number)
    _may(request, need, rules.may_merge, "merge")
    initial = {"version": need.version, "into": request.GET.get("into", "")[:20]}
    form = forms.MergeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            into = _other(request, form.cleaned_data["into"])
            actions.merge_need(
                need=need, into=into, note=form.cleaned_data["note"],
                version=form.cleaned_data["version"], by=request.actor, at=request.at,
            )  # fmt: skip
            words = gettext("已并入 %(n)s，原单位继续看得到进展。") % {"n": into.number}
            return _done(request, need, words)
    similar = queries.similar_needs(need, request.actor, request.at)
    return _page(request, "merge", need, form, similar=similar)


def _other(request: AskedRequest, number: str) -> Need:
    rows = queries.visible_to(request.actor, request.at)
    wanted = number.strip().upper().replace("\x00", "")
    other = rows.filter(number=wanted).first()
    if other is None:
        raise rules.NeedRefused("need.not_found", rules.NOT_FOUND, {"number": wanted}, ("into",))
    return other


def _by_reason(
    request: AskedRequest, number: str, may: May, verb: str, act: Callable[..., Need], words: str
) -> HttpResponse:
    need = found(request, number)
    _may(request, need, may, verb)
    form = forms.ReasonForm(request.POST or None, initial={"version": need.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            act(need=need, by=request.actor, at=request.at, **form.cleaned_data)
            return _done(request, need, words)
    return _page(request, verb, need, form)


@signed_in
def withdraw(request: AskedRequest, number: str) -> HttpResponse:
    """Take a need back, with a reason."""
    return _by_reason(request, number, rules.may_withdraw, "withdraw", actions.withdraw_need,
                      gettext("需求已撤回。"))  # fmt: skip


@signed_in
def solve(request: AskedRequest, number: str) -> HttpResponse:
    """Say that a need is solved, and how."""
    return _by_reason(request, number, rules.may_solve, "solve", actions.solve_need,
                      gettext("已记为解决。"))  # fmt: skip


@signed_in
def reconfirm(request: AskedRequest, number: str) -> HttpResponse:
    """Say that an accepted need still stands."""
    need = found(request, number)
    _may(request, need, rules.may_reconfirm, "reconfirm")
    form = forms.VersionForm(request.POST or None, initial={"version": need.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.reconfirm_need(
                need=need, version=form.cleaned_data["version"], by=request.actor, at=request.at
            )
            return _done(request, need, gettext("已确认，需求在库内再保留一年。"))
    return _page(request, "reconfirm", need, form)
