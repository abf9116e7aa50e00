"""A draft of an offer: typed, saved as one types, handed in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from kechuang.base.actor import Role
from kechuang.base.refusals import Refused, Stale
from kechuang.doors.api import refusals_of
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.offers import actions, forms, queries, rules
from kechuang.offers.models import Offer
from kechuang.parties.models import Person
from kechuang.parties.queries import holder_words, organisation_by_code, people_visible_to


def found(request: AskedRequest, number: str) -> Offer:
    """The offer that this reader may find, or 404."""
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def _people(request: AskedRequest, offer: Offer | None) -> list[Person]:
    rows = people_visible_to(request.actor, request.at)
    people = list(
        rows.filter(organisation__code=request.actor.organisation).order_by("pk")[:100]
    )
    contact = offer.contact if offer else None
    if contact is not None and all(person.pk != contact.pk for person in people):
        people.insert(0, contact)
    return people


def _version(request: AskedRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdigit() and len(text) < 10 else None


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """Begin an offer; its address becomes the draft's with the first autosave."""
    rules.check_may(rules.may_post(request.actor), "post")
    return _draft_page(request, None)


@signed_in
def edit(request: AskedRequest, number: str) -> HttpResponse:
    """Go on with a draft, or mend what was returned."""
    offer = found(request, number)
    if not rules.may_edit(request.actor, offer.facts):
        return redirect("offer", number)
    return _draft_page(request, offer)


def _draft_page(request: AskedRequest, offer: Offer | None) -> HttpResponse:
    posted = request.method == "POST"
    begun = {"contact": request.actor.person, "kind": "RESULT"}
    typed = forms.typed_in(request.POST) if posted else dict(offer.typed) if offer else begun
    form = forms.OfferForm(
        forms.flat(typed) if posted else None, initial=forms.flat(typed),
        people=_people(request, offer), rows=forms.rows_for(typed),
    )  # fmt: skip
    if posted and form.is_valid() and request.POST.get("do") in DONE:
        with form.refusals():
            return DONE[request.POST["do"]](request, offer, typed)
    unit = offer.organisation if offer else organisation_by_code(request.actor.organisation)
    context = {
        "offer": offer,
        "form": form,
        "unit": unit,
        "version": (_version(request) if posted else None) or (offer.version if offer else 0),
        "signer": holder_words(Role.UNIT_ADMIN, at=request.at, organisation=unit) if unit else "",
    }
    return render(request, "offers/edit.html", context, status=form.status)


def _submit(request: AskedRequest, offer: Offer | None, typed: dict[str, Any]) -> HttpResponse:
    done = actions.submit_offer(
        offer=offer, typed=typed, version=_version(request), by=request.actor, at=request.at
    )
    words = gettext("已提交给单位管理员，编号 {number}。")
    messages.success(request, words.format(number=done.number))
    return redirect("offer", done.number)


def _keep(request: AskedRequest, offer: Offer | None, typed: dict[str, Any]) -> HttpResponse:
    kept = actions.save_draft(
        offer=offer, typed=typed, version=_version(request), by=request.actor, at=request.at
    )
    messages.success(request, gettext("草稿已保存，换一台设备也能接着填。"))
    return redirect("offer", kept.number)


DONE = {"submit": _submit, "save": _keep}


@signed_in
@require_POST
def autosave(request: AskedRequest, number: str = "") -> HttpResponse:
    """Keep what is typed; answers the version, or what stands there instead when it is older."""
    offer = found(request, number) if number else None
    try:
        kept = actions.save_draft(
            offer=offer, typed=forms.typed_in(request.POST),
            version=_version(request) if offer else None, by=request.actor, at=request.at,
        )  # fmt: skip
    except Stale as stale:
        offer = found(request, number)
        answer = refusals_of(stale) | {"version": offer.version, "fields": forms.flat(offer.typed)}
        return JsonResponse(answer, status=409)
    except Refused as refused:
        return JsonResponse(refusals_of(refused), status=422)
    return JsonResponse({
        "version": kept.version,
        "url": reverse("offer-edit", args=[kept.number]),
        "autosave": reverse("offer-autosave", args=[kept.number]),
    })  # fmt: skip


@signed_in
def discard(request: AskedRequest, number: str) -> HttpResponse:
    """Delete a draft that was never handed in; its own page says so first."""
    offer = found(request, number)
    if not rules.may_edit(request.actor, offer.facts):
        return redirect("offer", number)
    form = forms.VersionForm(request.POST or None, initial={"version": offer.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.discard_draft(offer=offer, by=request.actor, at=request.at)
            messages.success(request, gettext("草稿已删除。"))
            return redirect("offers")
    return render(request, "offers/discard.html", {"offer": offer, "form": form},
                  status=form.status)  # fmt: skip
