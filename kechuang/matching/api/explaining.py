"""A match taken apart, through the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from kechuang.doors.api import ERRORS
from kechuang.doors.requests import found_or_404
from kechuang.matching import rules
from kechuang.matching.api.makers import need_of
from kechuang.matching.queries.explaining import explained_match
from kechuang.offers import queries as offers

router = Router(tags=["matching"])


class SpanOut(Schema):
    """A stretch of a field, from `start` to `end` (characters, half-open), and what it brings."""

    field: str
    start: int
    end: int
    text: str
    points: float


class TargetOut(Schema):
    """A target of the need held against the offer: MET, MISSED or NOT_STATED."""

    name: str
    required: str
    stated: str
    verdict: str


class WhyOut(Schema):
    """The engine's score of one offer for a need: `spans` and `rest` (by name) sum to `score` but
    for a ten-thousandth. `asked`, `index` and `model` give the same score again. `expansion` are
    words that the engine added, with what they bring."""

    need: str
    offer: str
    place: int
    score: float
    spans: list[SpanOut]
    rest: dict[str, float]
    expansion: dict[str, float]
    aliases: list[str]
    lacking: list[str]
    findings: list[TargetOut]
    asked: dict[str, Any]
    index: str
    model: str
    documents: int


@router.get(
    "/{number}/matches/{offer_number}", response={200: WhyOut, **ERRORS},
    operation_id="explain_match",
)  # fmt: skip
def explain_match(request: HttpRequest, number: str, offer_number: str) -> dict[str, Any]:
    """Why an offer stands where it does; 404 where it is not among the first hundred."""
    need = need_of(request, number)
    rows = offers.visible_to(request.actor, request.at)
    offer = found_or_404(rows, number=offer_number)
    why = explained_match(need, offer, rules.WIDE, request.actor, request.at)
    if why is None:
        return found_or_404(rows.none())
    return {
        "need": need.number, "offer": offer.number, "place": why.place, "score": why.score,
        "spans": why.stretches, "rest": why.rest, "expansion": why.learnt,
        "aliases": list(why.aliases), "lacking": why.lacking, "findings": why.findings,
        "asked": why.asked, "index": why.index, "model": why.model, "documents": why.documents,
    }  # fmt: skip
