"""The one shape of a page that does one thing: what it does, its form, its button."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from kechuang.challenges import queries, rules
from kechuang.challenges.models import Bid, Challenge
from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest, found_or_404


@dataclass(frozen=True, slots=True)
class Act:
    """The words of an act: its title, what it does (one line each), its button."""

    title: str
    button: str
    effects: tuple[str, ...] = ()
    danger: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    template: str = "challenges/act.html"


def act_page(  # noqa: PLR0913 - one page is these six things
    request: AskedRequest, form: Form, act: Act, do: Callable[[dict[str, Any]], Any],
    done: Callable[[Any], str] | str, subject: Challenge | Bid,
) -> HttpResponse:
    """Show the form; on a good POST act once and go on to the object."""
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            result = do(form.cleaned_data)
            return redirect(done(result) if callable(done) else done)
    is_bid = isinstance(subject, Bid)
    context = {
        "form": form, "act": act, "bid": subject if is_bid else None,
        "challenge": subject.challenge if is_bid else subject, **act.extra,
    }
    return render(request, act.template, context, status=form.status)


def challenge_seen(request: AskedRequest, number: str) -> Challenge:
    """The challenge, if this reader may see it."""
    return found_or_404(queries.visible_to(request.actor, request.at), number=number)


def challenge_to(request: AskedRequest, number: str, *events: str) -> Challenge:
    """The challenge, if one of the events can happen now and is this reader's to do (else 404).

    A POST is let through to the action, which says why it refuses.
    """
    challenge = challenge_seen(request, number)
    facts = queries.challenge_facts(challenge, request.actor)
    allowed = any(rules.may(event, request.actor, facts) for event in events)
    if not allowed and request.method != "POST":
        raise Http404
    return challenge


def bid_seen(request: AskedRequest, number: str) -> Bid:
    """The bid, if this reader may see it; the same 404 whether it is hidden or not there."""
    bid = queries.find_bid(request.actor, request.at, number)
    if bid is None:
        raise Http404
    return bid


def posted(request: AskedRequest) -> Any:
    """What a form is bound to: the fields of a POST, even none; nothing on a GET."""
    return request.POST if request.method == "POST" else None
