"""Own words and other names: what an office teaches the search, with effect on every ranking."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from kechuang.doors.requests import AskedRequest, found_or_404, signed_in
from kechuang.matching.forms import WordEndForm, WordForm
from kechuang.parties.queries import people_numbered
from kechuang.search import actions, rules
from kechuang.search import queries as search
from kechuang.search.models import Term


@signed_in
def words(request: AskedRequest) -> HttpResponse:
    """The words and names in force, those taken out, and a form to add one."""
    if not rules.may_see_terms(request.actor):
        raise Http404
    keeps = rules.may_keep_terms(request.actor)
    form = WordForm(request.POST or None) if keeps else None
    if form is not None and request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.add_term(by=request.actor, at=request.at, **form.cleaned_data)
            return redirect("ranking-words")
    status = form.status if form is not None else 200
    return render(request, "matching/words.html", _context(request, form), status=status)


def _context(request: AskedRequest, form: WordForm | None) -> dict[str, Any]:
    held = search.terms_in_force(request.actor, request.at)
    ended = search.terms_ended(request.actor, request.at)
    numbers = {row.by_person for row in held} | {row.ended_by for row in ended}
    people = people_numbered(numbers)
    return {
        "form": form,
        "held": [(row, people.get(row.by_person)) for row in held],
        "ended": [(row, people.get(row.ended_by)) for row in ended],
        "is_taken_in": search.is_taken_in(),
    }


@signed_in
def word_end(request: AskedRequest, number: str) -> HttpResponse:
    """Take one out again, and say why."""
    if not rules.may_keep_terms(request.actor):
        raise Http404
    row = found_or_404(Term.objects.filter(is_in_force=True), number=number)
    form = WordEndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with form.refusals():
            actions.end_term(
                number=row.number, by=request.actor, at=request.at, **form.cleaned_data
            )
            return redirect("ranking-words")
    context = {"row": row, "form": form}
    return render(request, "matching/word_end.html", context, status=form.status)


urls = [
    path("introductions/words/", words, name="ranking-words"),
    path("introductions/words/<str:number>/end/", word_end, name="ranking-word-end"),
]
