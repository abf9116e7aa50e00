"""One offer: what it says, what the reader may do, and its steps."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from kechuang.base.actor import ROLE_NAMES, Actor, Role
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.words import name_in_language
from kechuang.offers import actions, forms, queries, rules
from kechuang.offers.models import Offer, OfferStage
from kechuang.offers.pages.drafts import found
from kechuang.offers.pages.lists import chain_names, region_names, row_of
from kechuang.offers.rules import PatentStatus, State
from kechuang.parties.queries import contact_of, people_numbered


def offer(request: AskedRequest, number: str) -> HttpResponse:
    """The page of one offer; the contact is for those who are signed in."""
    row = found(request, number)
    inside = row.organisation is not None and request.actor.organisation == row.organisation.code
    stages = list(OfferStage.objects.filter(offer=row))
    names = queries.names_of(row)
    regions = region_names(request)
    context = {
        "offer": row,
        "row": row_of(row, regions),
        "region": regions.get(row.region_path.rsplit("/", 1)[-1]),
        "names": names,
        "chains": chain_names(row.chains),
        "modes": [gettext(mode) for mode in names["modes"]],
        "patent_status": rules.PATENT_STATUS_NAMES[PatentStatus(row.patent_status)]
        if row.patent_status else "",
        "figures": list(row.figures.all()),
        "contact": _contact(row, request.actor),
        "history": _history(stages, inside),
        "verbs": _verbs(request.actor, row),
        "inside": inside,
        "matches_url": _matches_url(row, request.actor, inside),
    }
    return render(request, "offers/offer.html", context)


def _contact(row: Offer, actor: Actor) -> dict[str, Any] | None:
    """Whom to ask: for those who introduce, and for the unit itself; never for the public."""
    introduces = actor.is_role(Role.OFFICER, Role.HEAD, Role.LIAISON)
    own = row.organisation is not None and actor.organisation == row.organisation.code
    if row.contact is None or not (introduces or own):
        return None
    return {"person": row.contact, "how": contact_of(row.contact)}


def _verbs(actor: Actor, row: Offer) -> dict[str, bool]:
    facts = row.facts
    return {
        "edit": rules.may_edit(actor, facts),
        "discard": rules.may_edit(actor, facts) and row.submitted_at is None,
        "sign": rules.may_sign(actor, facts),
        "return": rules.may_return(actor, facts),
        "withdraw": rules.may_withdraw(actor, facts),
    }


def _history(stages: list[OfferStage], inside: bool) -> list[dict[str, Any]]:
    people = people_numbered(stage.by_person for stage in stages) if inside else {}
    rows = []
    for stage in stages:
        role = gettext(ROLE_NAMES[Role(stage.by_role)]) if stage.by_role else ""
        person = people.get(stage.by_person)
        name = name_in_language(person)
        who = gettext("{name}（{role}）").format(name=name, role=role) if person else role
        returned = stage.stage == State.DRAFT
        rows.append({
            "since": stage.since,
            "label": gettext("退回补正") if returned else rules.STATE_NAMES[State(stage.stage)],
            "who": who,
            "note": stage.note_public if inside else "",
        })  # fmt: skip
    return rows


def _matches_url(row: Offer, actor: Actor, inside: bool) -> str:
    """Where matching shows which needs this offer may answer; for its unit and the desks."""
    desk = actor.is_role(Role.OFFICER, Role.HEAD, Role.LIAISON, Role.SUPERVISOR)
    desk = desk and bool(actor.region) and not actor.serves_one_unit
    if row.state != State.PUBLISHED or not (inside or desk):
        return ""
    try:
        return reverse("offer-matches", args=[row.number])
    except NoReverseMatch:
        return ""


def _step(
    request: AskedRequest, template: str, row: Offer, form: forms.Form
) -> HttpResponse:
    context = {"offer": row, "form": form, "figures": list(row.figures.all())}
    return render(request, f"offers/{template}.html", context, status=form.status)


@signed_in
def sign(request: AskedRequest, number: str) -> HttpResponse:
    """The unit's administrator reads it once more and publishes it."""
    row = found(request, number)
    rules.check_may(rules.may_sign(request.actor, row.facts), "sign", row.facts)
    form = forms.VersionForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.sign_offer(offer=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, gettext("已签发并发布。"))
            return redirect("offer", row.number)
    return _step(request, "sign", row, form)


def _by_reason(
    request: AskedRequest, number: str, may: Callable[..., bool], verb: str,
    act: Callable[..., Offer], words: str,
) -> HttpResponse:  # fmt: skip
    row = found(request, number)
    rules.check_may(may(request.actor, row.facts), verb, row.facts)
    form = forms.ReasonForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            act(offer=row, by=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, words)
            seen = queries.visible_to(request.actor, request.at).filter(pk=row.pk).exists()
            return redirect("offer", row.number) if seen else redirect("offers")
    return _step(request, verb, row, form)


@signed_in
def give_back(request: AskedRequest, number: str) -> HttpResponse:
    """Give an offer back with words on what to mend."""
    return _by_reason(request, number, rules.may_return, "return", actions.return_offer,
                      gettext("已退回填报人。"))  # fmt: skip


@signed_in
def withdraw(request: AskedRequest, number: str) -> HttpResponse:
    """Take an offer back, with a reason."""
    return _by_reason(request, number, rules.may_withdraw, "withdraw", actions.withdraw_offer,
                      gettext("已撤回，不再公开。"))  # fmt: skip
