"""Handing an introduction over: asked, accepted, declined, taken back."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from kechuang.base.refusals import N_
from kechuang.doors.forms import ConfirmForm
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.matching import actions, forms, queries
from kechuang.matching.pages.introductions import found, own_page


@signed_in
def hand_over(request: AskedRequest, number: str) -> HttpResponse:
    """Ask another liaison to take an introduction over."""
    row = found(request, number)
    people = [p for p in queries.liaisons_for(row.region_path, request.at) if p != row.liaison]
    form = forms.HandOverForm(request.POST or None, liaisons=people)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            person = next(p for p in people if p.number == form.cleaned_data["to_person"])
            actions.hand_over(
                introduction=row, to_person=person, note=form.cleaned_data["note"],
                by=request.actor, at=request.at,
            )
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("移交引荐"),
        "lead": N_("对方同意后才由对方跟进，在那之前仍由您跟进；联络记录和贡献份额都保留。"),
        "button": N_("请对方接手"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def accept(request: AskedRequest, number: str) -> HttpResponse:
    """Take an introduction over."""
    row = found(request, number)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.accept_hand_over(introduction=row, by=request.actor, at=request.at)
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("接手引荐"),
        "lead": N_("接手后由您跟进，下一步和日期照旧；双方会在页面上看到新的联络员。"),
        "button": N_("接手这件引荐"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def decline(request: AskedRequest, number: str) -> HttpResponse:
    """Do not take an introduction over, and say why."""
    row = found(request, number)
    form = forms.SaidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.decline_hand_over(
                introduction=row, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("不接手"), "lead": N_("引荐仍由原联络员跟进，对方会看到您写的原因。"),
        "button": N_("答复不接手"), "css": "btn-primary",
    })  # fmt: skip


@signed_in
def take_back(request: AskedRequest, number: str) -> HttpResponse:
    """Take back the request to hand over."""
    row = found(request, number)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.withdraw_hand_over(introduction=row, by=request.actor, at=request.at)
            return redirect(reverse("introduction", args=[row.number]))
    return own_page(request, row, form, {
        "title": N_("撤回移交"), "lead": N_("撤回后仍由原联络员跟进。"),
        "button": N_("撤回移交"), "css": "btn-primary",
    })  # fmt: skip


BASE = "introductions/<str:number>/hand-over/"
urls = [
    path(BASE, hand_over, name="introduction-hand-over"),
    path(f"{BASE}accept/", accept, name="hand-over-accept"),
    path(f"{BASE}decline/", decline, name="hand-over-decline"),
    path(f"{BASE}withdraw/", take_back, name="hand-over-withdraw"),
]
