"""Register a centre and change it, its prices by two people, its phases, and whether it answers."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from kechuang.compute import actions, forms, queries
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.reaching import try_kept
from kechuang.compute.forms import registry as registry_forms
from kechuang.compute.models import Centre, Phase, PriceProposal
from kechuang.compute.rules import registry as rules
from kechuang.compute.rules import rights
from kechuang.doors.forms import ConfirmForm, Form, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.parties.queries import organisation_by_code

Said = tuple[str, str, str]


def _step(
    request: AskedRequest, form: Form, said: Said, back: str, write: Callable[[], Any]
) -> HttpResponse:
    """A page of one form: title, lead and what is said when done; it leads back to an address."""
    title, lead, done = said
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            made = write()
            messages.success(request, done)
            return redirect(made if isinstance(made, str) else back)
    return render(request, "compute/registry_step.html", {
        "form": form, "title": title, "lead": lead, "back": back,
    }, status=form.status)  # fmt: skip


def _run_by(request: AskedRequest, number: str) -> Centre:
    row = found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)
    if not rights.may_run_centre(request.actor, row.facts):
        raise Http404
    return row


def _given(request: AskedRequest) -> Any:
    return request.POST if request.method == "POST" else None


@signed_in
def new(request: AskedRequest) -> HttpResponse:
    """The region's office registers a centre."""
    if not rights.may_register_centre(request.actor, request.actor.region):
        raise Http404
    form = registry_forms.CentreForm(_given(request), is_new=True)

    def write() -> str:
        facts = form.facts()
        unit = organisation_by_code(form.cleaned_data["organisation"])
        made = actions.register_centre(
            facts=facts | {
                "organisation": unit, "region_path": request.actor.region, "backend": "NONE",
            },
            by=request.actor, at=request.at,
        )  # fmt: skip
        return reverse("centre", args=[made.number])

    said = (
        _("登记中心"), _("登记以后再定价（两人办）和接入；没有接入的中心只作参考，不接作业。"),
        _("已登记。下一步：定价、接入。"),
    )  # fmt: skip
    return _step(request, form, said, reverse("centres"), write)


@signed_in
def change(request: AskedRequest, number: str) -> HttpResponse:
    """What a centre has, draws, lets through and takes in."""
    row = _run_by(request, number)
    form = registry_forms.CentreForm(_given(request), initial=registry_forms.initial_of(row))

    def write() -> None:
        actions.change_centre(centre=row, facts=form.facts(), by=request.actor, at=request.at)

    lead = _("改了哪几项记在历史里，对所有人公开；已有的报价和账单不变。价目另由两人定。")
    said = (_("修改中心"), lead, _("已更新。"))
    return _step(request, form, said, reverse("centre", args=[row.number]), write)


@signed_in
def prices(request: AskedRequest, number: str) -> HttpResponse:
    """Somebody who runs the centre asks for prices; they count once a second person sets them."""
    row = _run_by(request, number)
    form = forms.PricesForm(_given(request))
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.ask_prices(
                centre=row, milli_fen=form.prices(), minimum_fen=form.cleaned_data["minimum"],
                since=form.cleaned_data["since"], by=request.actor, at=request.at,
            )  # fmt: skip
            messages.success(request, _("已提出，等第二人核定后生效。"))
            return redirect("centre", number=row.number)
    context = {"form": form, "centre": row}
    return render(request, "compute/prices.html", context, status=form.status)


def _asked(request: AskedRequest, number: str, asked: str) -> PriceProposal:
    row = found_or_404(queries.centres_visible_to(request.actor, request.at), number=number)
    rows = PriceProposal.objects.filter(centre=row).select_related("asked_by")
    found = found_or_404(rows, number=asked)
    if found.state != "ASKED" or not rules.may_set_prices(
        request.actor, row.facts, found.asked_by.number
    ):
        raise Http404
    return found


@signed_in
def set_prices(request: AskedRequest, number: str, asked: str) -> HttpResponse:
    """A second person sets the prices that were asked for."""
    row = _asked(request, number, asked)
    lead = _("核定以后对新开始的运行生效；已开始的仍按原价。价目只增不改。")
    said = (_("核定价目"), lead, _("价目已核定。"))
    return _step(
        request, ConfirmForm(_given(request)), said, reverse("centre", args=[number]),
        lambda: actions.set_prices(asked=row, by=request.actor, at=request.at) and None,
    )  # fmt: skip


@signed_in
def refuse_prices(request: AskedRequest, number: str, asked: str) -> HttpResponse:
    """A second person does not set them, with a reason."""
    row, form = _asked(request, number, asked), ReasonForm(_given(request))

    def write() -> None:
        actions.refuse_prices(
            asked=row, reason=form.cleaned_data["reason"], by=request.actor, at=request.at
        )

    said = (_("不核定"), _("写明理由；提出的人可以改了再提。"), _("已退回。"))
    return _step(request, form, said, reverse("centre", args=[number]), write)


@signed_in
def phase_new(request: AskedRequest, number: str) -> HttpResponse:
    """Register the next phase of extension."""
    row, form = _run_by(request, number), registry_forms.PhaseForm(_given(request))

    def write() -> None:
        actions.add_phase(centre=row, facts=form.cleaned_data, by=request.actor, at=request.at)

    said = (_("登记扩建期次"), _("写明增加多少；投用以后才计入中心的算力。"), _("已登记。"))
    return _step(request, form, said, reverse("centre", args=[row.number]), write)


@signed_in
def phase(request: AskedRequest, number: str, place: int) -> HttpResponse:
    """Put a phase under construction, in service, or drop it."""
    row = _run_by(request, number)
    one = found_or_404(Phase.objects.filter(centre=row).select_related("centre"), place=place)
    if not rules.PHASE_STEPS[one.state]:
        raise Http404
    form = registry_forms.PhaseStateForm(_given(request), steps=rules.PHASE_STEPS[one.state])

    def write() -> None:
        actions.move_phase(
            phase=one, state=form.cleaned_data["state"], by=request.actor, at=request.at
        )

    said = (one.name, _("投用时把这一期的核数和算力计入中心，记在历史里。"), _("已更新。"))
    return _step(request, form, said, reverse("centre", args=[row.number]), write)


@signed_in
def test(request: AskedRequest, number: str) -> HttpResponse:
    """Ask the centre whether it answers, by the way that is kept for it."""
    row = _run_by(request, number)

    def write() -> None:
        try:
            found = try_kept(row.backend, queries.place_of(row))
            told = {"is_answered": True, "said": found.said, "lacks": found.lacks}
        except Unreachable as silence:
            told = {"is_answered": False, "said": str(silence), "lacks": []}
        actions.note_trial(centre=row, by=request.actor, at=request.at, **told)

    lead = _("按已存的接入方式问一次；改接入方式由装机的人运行 kechuang compute connect。")
    said = (_("试接入"), lead, _("已试，结果见下。"))
    back = reverse("centre", args=[row.number])
    return _step(request, ConfirmForm(_given(request)), said, back, write)
