"""A year's figures: declared by the enterprise, checked by the county, entered by a department."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kechuang.base.time import shanghai_date
from kechuang.cultivation import actions, queries, rules
from kechuang.cultivation.forms.facts import LABELS, EntryForm, FiguresForm, shown
from kechuang.cultivation.models import Declaration
from kechuang.doors.forms import ConfirmForm, ReasonForm
from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.doors.words import name_in_language
from kechuang.parties.models import Organisation
from kechuang.parties.queries import people_numbered


@signed_in
def yearly(request: AskedRequest, number: str, year: int) -> HttpResponse:
    """The figures of a year: the enterprise declares them, an officer enters them with a source."""
    unit = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    declares = rules.may_declare(request.actor, unit.code)
    rules.check_may(declares or rules.may_check(request.actor, unit.region_path), "declare")
    form = (FiguresForm if declares else EntryForm)(
        request.POST or None, initial=_initial(unit, year, declares)
    )
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            return _kept(request, unit, year, form)
    open_one = Declaration.objects.filter(organisation=unit, year=year).order_by("-pk").first()
    context = {
        "unit": unit, "year": year, "form": form, "declares": declares,
        "names": [form[name] for name in form.fields],
        "returned": open_one.stages.last()
        if open_one is not None and open_one.state == Declaration.State.RETURNED else None,
    }
    return render(request, "cultivation/yearly.html", context, status=form.status)


def _initial(unit: Organisation, year: int, declares: bool) -> dict[str, Any]:
    """What was declared last and is still open; else what is known of the year."""
    found = Declaration.objects.filter(
        organisation=unit, year=year, state__in=["COUNTY_CHECK", "RETURNED"]
    ).first()
    if declares and found is not None:
        return shown(found.figures)
    row = queries.flat_rows([unit])[unit.code]
    start = f"returns.{year}."
    return shown({name.removeprefix(start): value for name, value in row.items()
                  if name.startswith(start)})


def _kept(
    request: AskedRequest, unit: Organisation, year: int, form: FiguresForm
) -> HttpResponse:
    if isinstance(form, EntryForm):
        actions.enter_return(
            organisation=unit, year=year, figures=form.figures, by=request.actor, at=request.at,
            title=form.cleaned_data["title"], department=form.cleaned_data["department"],
        )
        return redirect("evaluation", unit.number)
    made = actions.declare(
        organisation=unit, year=year, figures=form.figures, by=request.actor, at=request.at
    )
    return redirect("declaration", made.number)


@signed_in
def declaration(request: AskedRequest, number: str) -> HttpResponse:
    """One declaration: what was known beside what is declared, who holds it, until when."""
    one = found_or_404(queries.open_declarations(request.actor, request.at), number=number)
    return render(request, "cultivation/declaration.html", _context(request, one, ReasonForm()))


def _context(request: AskedRequest, one: Declaration, form: Any) -> dict[str, Any]:
    row = queries.flat_rows([one.organisation])[one.organisation.code]
    is_open = one.state == Declaration.State.COUNTY_CHECK
    return {
        "declaration": one, "form": form, "unit": one.organisation,
        "figures": [
            {"label": LABELS[name], "value": value, "is_money": name.endswith("_fen"),
             "before": row.get(f"returns.{one.year}.{name}"),
             "last": row.get(f"returns.{one.year - 1}.{name}")}
            for name, value in one.figures.items()
        ],
        "history": _history(one), "is_open": is_open, "day": shanghai_date(request.at),
        "may_check": is_open and rules.may_check(request.actor, one.region_path),
        "may_withdraw": one.state in ("COUNTY_CHECK", "RETURNED")
        and rules.may_declare(request.actor, one.organisation.code),
    }


def _history(one: Declaration) -> list[dict[str, Any]]:
    """The stages, each with who and why; both sides read the reason of a return."""
    stages = list(one.stages.all())
    people = people_numbered(stage.by_person for stage in stages)
    return [
        {"since": stage.since, "label": Declaration.State(stage.stage).label,
         "who": name_in_language(people.get(stage.by_person)) or "",
         "note": stage.note_private}
        for stage in stages
    ]


@signed_in
def act(request: AskedRequest, number: str, verb: str) -> HttpResponse:
    """Accept a declaration, give it back with a reason, or take it back."""
    one = found_or_404(queries.open_declarations(request.actor, request.at), number=number)
    if request.method != "POST":
        raise Http404
    form = (ReasonForm if verb == "return" else ConfirmForm)(request.POST)
    if form.is_valid():
        with form.refusals():
            _do(verb, one, form, request)
            return redirect("declaration", one.number)
    context = _context(request, one, form if verb == "return" else ReasonForm())
    return render(request, "cultivation/declaration.html", context | {"refused": form},
                  status=form.status)


def _do(verb: str, one: Declaration, form: Any, request: AskedRequest) -> None:
    given: dict[str, Any] = {"declaration": one, "by": request.actor, "at": request.at}
    version = request.POST.get("version", "")
    known = int(version) if version.isdigit() and len(version) < 9 else None
    if verb == "return":
        actions.return_declaration(**given, reason=form.cleaned_data["reason"], version=known)
    elif verb == "check":
        actions.check_declaration(**given, version=known)
    else:
        actions.withdraw_declaration(**given)


urls = [
    path("evaluations/declarations/<str:number>/", declaration, name="declaration"),
    path("evaluations/declarations/<str:number>/check/", act, {"verb": "check"},
         name="declaration-check"),
    path("evaluations/declarations/<str:number>/return/", act, {"verb": "return"},
         name="declaration-return"),
    path("evaluations/declarations/<str:number>/withdraw/", act, {"verb": "withdraw"},
         name="declaration-withdraw"),
    path("evaluations/<str:number>/returns/<int:year>/", yearly, name="evaluation-return"),
]
