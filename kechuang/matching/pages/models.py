"""Which model ranks and why, what was learnt from verdicts, and going back."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.matching import actions, forms
from kechuang.matching.models import RankingModel
from kechuang.matching.queries import models as queries
from kechuang.matching.rules import learning

FIXED = "fixed"  # the address of the weights that nothing was learnt into
NAMES = {
    "precedents": N_("同类需求采纳过的加分"),
    "logistic": N_("逻辑回归"),
    "lambdarank": N_("梯度提升树"),
}


def _decimal(millionths: int) -> str:
    """A figure with four places: 0.3297."""
    return f"{millionths / 1_000_000:.4f}"


def _learnt(row: RankingModel) -> dict[str, Any]:
    """A night's learning as the page shows it."""
    return {
        "row": row,
        "trials": [
            {"name": _(NAMES[name]), "needs": needs, "before": _decimal(before),
             "after": _decimal(after), "bound": _decimal(bound), "proved": bound > 0}
            for name, needs, before, after, bound in row.trials
        ],
    }  # fmt: skip


@signed_in
def ranking_models(request: AskedRequest) -> HttpResponse:
    """The model that ranks, how much feedback there is, and what each learning tried."""
    if not learning.may_see_models(request.actor):
        raise Http404
    told = queries.feedback()
    return render(request, "matching/ranking.html", {
        "use": queries.use_in_force(),
        "uses": queries.uses(request.actor, request.at),
        "learnt": [_learnt(row) for row in queries.learnings(request.actor, request.at)],
        "told": told,
        "missing": max(0, learning.FEWEST_NEEDS - told.needs),
        "fewest": learning.FEWEST_NEEDS,
        "switches": learning.may_switch_model(request.actor),
    })  # fmt: skip


@signed_in
def ranking_use(request: AskedRequest, number: str) -> HttpResponse:
    """The operator lets another model rank, or the fixed weights, and says why."""
    row = RankingModel.objects.filter(number=number).defer("content").first()
    if not learning.may_switch_model(request.actor) or (row is None and number != FIXED):
        raise Http404
    form = forms.ModelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.use_model(
                number=row.number if row else "", by=request.actor, at=request.at,
                **form.cleaned_data,
            )  # fmt: skip
            return redirect("ranking-models")
    context = {"row": row, "form": form}
    return render(request, "matching/ranking_use.html", context, status=form.status)


urls = [
    path("introductions/ranking/", ranking_models, name="ranking-models"),
    path("introductions/ranking/<str:number>/use/", ranking_use, name="ranking-use"),
]
