"""The page of one step: its form, what it does, and the action behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from kechuang.doors.forms import Form
from kechuang.doors.requests import AskedRequest


@dataclass(frozen=True)
class Act:
    """How a step is asked for: its form, its effect in words, and the call."""

    form: type[Form]
    effect: str
    call: Callable[..., object]
    is_grave: bool = False


@dataclass(frozen=True)
class Shown:
    """What stands around a step: its name, the object, where to go back to, whether it is offered.
    """

    name: str
    number: str
    lead: str
    back: str
    crumbs: list[tuple[str, str]]
    is_offered: bool


def step(
    request: AskedRequest, act: Act, shown: Shown, form: Form,
    values: Callable[[], Mapping[str, Any]],
) -> HttpResponse:  # fmt: skip
    """Show the form of a step, or take it; what is refused stands in the form."""
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            act.call(by=request.actor, at=request.at, **values())
            messages.success(request, gettext("已办：{step}。").format(step=gettext(shown.name)))
            return redirect(shown.back)
    context = {"form": form, "act": act, "shown": shown}
    return render(request, "cultivation/benefit_step.html", context, status=form.status)


def posted(request: AskedRequest) -> Any:
    return request.POST if request.method == "POST" else None


def slug(verb: str) -> str:
    return verb.replace("_", "-")
