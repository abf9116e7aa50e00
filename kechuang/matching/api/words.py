"""Own words and other names, through the API: what an office teaches the search."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from kechuang.doors.api import ERRORS, api_actor
from kechuang.doors.requests import found_or_404
from kechuang.search import actions, rules
from kechuang.search import queries as search
from kechuang.search.models import Term
from kechuang.search.rules import TermSort

router = Router(tags=["matching"])


class WordIn(Schema):
    """A word that counts as a whole (`WORD`), or names of one thing, by commas (`ALIAS`)."""

    sort: TermSort
    text: str = Field(max_length=rules.TERM_TEXT_LONGEST)
    reason: str = Field(max_length=rules.WHY_LONGEST)


class WordEndIn(Schema):
    """Why it shall count no more."""

    reason: str = Field(max_length=rules.WHY_LONGEST)


class WordOut(Schema):
    """A word or names, since when and why; `until` and `end_reason` once they are taken out."""

    number: str
    sort: TermSort
    names: list[str]
    since: datetime
    reason: str
    is_in_force: bool
    until: datetime | None
    end_reason: str


class WordsOut(Schema):
    """The words in force, newest first, and those taken out last; `is_taken_in`: the index in use
    was made with what is in force."""

    in_force: list[WordOut]
    ended: list[WordOut]
    is_taken_in: bool


@router.get("", response={200: WordsOut, **ERRORS}, operation_id="list_ranking_words")
def list_words(request: HttpRequest) -> dict[str, Any]:
    """The own words and other names that texts and questions are read with."""
    by = api_actor(request)
    if not rules.may_see_terms(by):
        return found_or_404(Term.objects.none())
    return {
        "in_force": search.terms_in_force(by, request.at),
        "ended": search.terms_ended(by, request.at),
        "is_taken_in": search.is_taken_in(),
    }


@router.post("", response={201: WordOut, **ERRORS}, operation_id="add_ranking_word")
def add_word(request: HttpRequest, data: WordIn) -> Any:
    """Add a word or names; the index is made anew with it."""
    by = api_actor(request)
    if not rules.may_see_terms(by):
        return found_or_404(Term.objects.none())
    return Status(201, actions.add_term(
        sort=data.sort.value, text=data.text, reason=data.reason, by=by, at=request.at
    ))  # fmt: skip


@router.post("/{number}/end", response={200: WordOut, **ERRORS}, operation_id="end_ranking_word")
def end_word(request: HttpRequest, number: str, data: WordEndIn) -> Term:
    """Take a word or names out again, and say why."""
    by = api_actor(request)
    rows = Term.objects.filter(is_in_force=True)
    row = found_or_404(rows if rules.may_see_terms(by) else rows.none(), number=number)
    return actions.end_term(number=row.number, reason=data.reason, by=by, at=request.at)
