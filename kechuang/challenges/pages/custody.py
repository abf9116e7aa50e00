"""Pages of bids that only custodians open: keys, sealing, shares, the opening session."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from kechuang.challenges import actions, forms, queries, rules
from kechuang.challenges.forms import custody as typed
from kechuang.challenges.models import Challenge
from kechuang.challenges.pages import words
from kechuang.challenges.pages.acts import challenge_seen, challenge_to, posted
from kechuang.challenges.pages.bids import (
    answers_form,
    bid_to,
    envelope_typed,
    people_of,
    rows_shown,
    url_of,
)
from kechuang.challenges.pages.course import unseal as unseal_at_rest
from kechuang.doors.requests import AskedRequest, signed_in

PEOPLE_MOST = 300
BYTES = "application/octet-stream"


def keepers_of(challenge: Challenge) -> list[dict[str, Any]]:
    """The custodians of a call with their fingerprints, as pages show them."""
    return [
        {"row": one, "name": one.name, "unit": one.person.organisation,
         "fingerprint": rules.custody.fingerprint_of(one.public, challenge.seal_profile)
         if one.public else ""}
        for one in challenge.custodians.select_related("person__organisation")
    ]


def call(request: AskedRequest, number: str) -> HttpResponse:
    """CALL.json: what the command line seals and opens by; of all when published."""
    challenge = challenge_seen(request, number)
    told = queries.published_call(challenge)
    if told is None:
        raise Http404
    facts = queries.challenge_facts(challenge, request.actor)
    if rules.custody.may_attend(request.actor, facts):
        told["current"] = queries.opening_facts(challenge)["current"]
    response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="CALL.json"'
    return response


def custodians(request: AskedRequest, number: str) -> HttpResponse:
    """Who keeps the keys; the officer names them, and each registers the own public key."""
    challenge = challenge_seen(request, number)
    facts = queries.challenge_facts(challenge, request.actor)
    names = rules.may("name_custodians", request.actor, facts)
    own = queries.custodian_of(challenge, request.actor.person)
    registers = own is not None and rules.may("register_key", request.actor, facts)
    if not (names or registers or challenge.custodians_needed):
        raise Http404
    people = list(queries.possible_custodians(challenge.region_path, request.at)[:PEOPLE_MOST])
    act = request.POST.get("act")
    form = typed.CustodiansForm(
        posted(request) if act == "name" else None, people=people, initial=_named(challenge)
    )
    key_form = typed.KeyForm(posted(request) if act == "register" else None)
    page = reverse("challenge-custodians", args=[number])
    if act == "name" and form.is_valid():
        with form.refusals():
            actions.name_custodians(challenge=challenge, **form.cleaned_data, by=request.actor,
                                    at=request.at)
            return redirect(page)
    if act == "register" and key_form.is_valid():
        with key_form.refusals():
            actions.register_key(challenge=challenge, public=key_form.cleaned_data["public"],
                                 by=request.actor, at=request.at)
            return redirect(page)
    return render(request, "challenges/custodians.html", {
        "challenge": challenge, "keepers": keepers_of(challenge), "own": own,
        "form": form if names or act == "name" else None,
        "key_form": key_form if registers or act == "register" else None,
        "call": queries.published_call(challenge),
    }, status=max(form.status, key_form.status))


def _named(challenge: Challenge) -> dict[str, Any]:
    people = challenge.custodians.values_list("person__number", flat=True)
    return {"people": list(people), "needed": challenge.custodians_needed or 2,
            "two_envelopes": challenge.two_envelopes, "seal_profile": challenge.seal_profile}


@signed_in
def seal(request: AskedRequest, number: str) -> HttpResponse:
    """Write and seal a bid on one's own machine, and hand the envelope in."""
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    told = queries.published_call(bid.challenge)
    if told is None:
        raise Http404
    initial = {"lead": bid.lead.number,
               "members": "\n".join(bid.members.values_list("organisation__code", flat=True))}
    form = typed.HandInForm(
        posted(request), request.FILES or None, initial=initial, people=people_of(bid),
        two_envelopes=bid.challenge.two_envelopes,
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.put_envelope(
                bid=bid, **form.envelopes(), sign_offs=envelope_typed(form),
                by=request.actor, at=request.at,
            )
            return redirect(url_of(bid))
    return render(request, "challenges/seal.html", {
        "bid": bid, "challenge": bid.challenge, "form": form,
        "proposal": typed.OwnProposalForm(people=()), "answers": answers_form(None, bid, {}),
        "rows": rows_shown(bid.challenge, None, rules.proposal.empty_proposal()),
        "keepers": keepers_of(bid.challenge), "envelope": queries.envelope_of(bid),
        "has_draft": hasattr(bid, "locked_draft"), "words": words.sealing(),
        "call": {**told, "public_fen": queries.frame_of(bid.challenge).public_fen},
        "bound": f"{bid.challenge.number} {bid.organisation.code}",
    }, status=form.status)


@signed_in
def locked_draft(request: AskedRequest, number: str) -> HttpResponse:
    """The draft as the bidder's machine locked it, back and forth."""
    bid = bid_to(request, number, rules.bids.may_edit_bid, "DRAFT")
    if request.method == "POST":
        form = forms.FileForm(request.POST, request.FILES)
        if not form.is_valid():
            raise rules.custody.no_draft()
        actions.lock_draft(bid=bid, file=form.cleaned_data["file"].read(), by=request.actor,
                           at=request.at)
        return JsonResponse({"saved": True})
    draft = getattr(bid, "locked_draft", None)
    if draft is None:
        raise Http404
    return _file(bytes(draft.file), f"{bid.challenge.number}.draft")


@signed_in
def envelope(request: AskedRequest, number: str) -> HttpResponse:
    """The envelope as it came: for its bidder, and for who attends its opening; ?part=price is
    the price's, where it is sealed apart."""
    part = "price" if request.GET.get("part") == "price" else "technical"
    found = queries.envelope_to(request.actor, request.at, number, part)
    if found is None:
        raise Http404
    name = f"{found.owner.challenge.number}-{number}"
    return _file(bytes(found.file), f"{name}{'-price' if part == 'price' else ''}.sealed")


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=BYTES)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def check_due(request: AskedRequest, challenge: Challenge) -> None:
    """After the review the pages of an opening are there only while prices are to be opened."""
    late = challenge.state == "REVIEWING" and not queries.prices_due(challenge)
    if late and request.method != "POST":
        raise Http404


def _attending(challenge: Challenge) -> dict[str, Any]:
    return {
        "prices": challenge.state == "REVIEWING", "challenge": challenge,
        "attendance": queries.attendance(challenge),
        "present": list(challenge.presences.select_related("person")), "words": words.sealing(),
    }


@signed_in
def shares(request: AskedRequest, number: str) -> HttpResponse:
    """A custodian gives the own shares to the opening session."""
    challenge = challenge_to(request, number, "give_shares")
    check_due(request, challenge)
    own = queries.custodian_of(challenge, request.actor.person)
    form = typed.SharesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.give_shares(challenge=challenge, shares=form.told(list), by=request.actor,
                                at=request.at)
            return redirect(reverse("challenge-shares", args=[number]))
    came = {one["custodian"].pk: one["came"] for one in queries.attendance(challenge)}
    return render(request, "challenges/shares.html", {
        **_attending(challenge), "form": form, "facts": queries.opening_facts(challenge),
        "given": own is not None and came.get(own.pk, False),
    }, status=form.status)


@signed_in
def session(request: AskedRequest, number: str) -> HttpResponse:
    """The officer begins the opening session, sees whose shares came, and opens."""
    challenge = challenge_to(request, number, "start_session")
    if not challenge.custodians_needed and request.method != "POST":
        raise Http404
    check_due(request, challenge)
    key_form = typed.KeyForm(posted(request))
    if request.method == "POST" and key_form.is_valid():
        with key_form.refusals():
            actions.start_session(challenge=challenge, public=key_form.cleaned_data["public"],
                                  by=request.actor, at=request.at)
            return redirect(reverse("challenge-session", args=[number]))
    return render(request, "challenges/session.html",
                  {**opening_context(challenge), "key_form": key_form}, status=key_form.status)


@signed_in
def unseal(request: AskedRequest, number: str) -> HttpResponse:
    """Open all sealed bids: with the custodians' shares where custodians keep the keys."""
    challenge = challenge_to(request, number, "unseal", "open_prices")
    if not challenge.custodians_needed:
        return unseal_at_rest(request, number)
    if request.method != "POST":
        return redirect("challenge-session", number)
    form = typed.SharesForm(posted(request))
    if form.is_valid():
        with form.refusals():
            act = actions.open_prices if challenge.state == "REVIEWING" else actions.unseal_bids
            act(challenge=challenge, shares=opened_with(form), by=request.actor, at=request.at)
            return redirect("challenge-bids", number)
    context = {**opening_context(challenge), "form": form}
    return render(request, "challenges/session.html", context, status=form.status)


def opening_context(challenge: Challenge) -> dict[str, Any]:
    """What the page of the opening shows: the session, the shares that came."""
    live = queries.live_session(challenge)
    rows = queries.posted_shares(live) if live else []
    return {
        **_attending(challenge), "session": live, "key_form": typed.KeyForm(),
        "form": typed.SharesForm(), "posted": [row.posted for row in rows],
    }


def opened_with(form: typed.SharesForm) -> dict[str, dict[str, str]]:
    """The shares that the opener's machine read, by envelope and place."""
    return {
        str(key): {str(place): str(share) for place, share in rows.items()}
        for key, rows in form.told(dict).items() if isinstance(rows, dict)
    }
