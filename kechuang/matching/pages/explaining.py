"""Why an offer stands where it does, to the last digit."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path

from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest, found_or_404
from kechuang.matching import queries, rules
from kechuang.matching.pages.matches import points_text, readable_need
from kechuang.matching.queries.explaining import Explained, explained_match
from kechuang.matching.rules.points import TENTHS_OF_A_POINT
from kechuang.offers import queries as offers
from kechuang.offers.rules import KIND_NAMES, Kind

FIELD_NAMES = {"title": N_("名称"), "keywords": N_("关键词"), "body": N_("正文")}
FILTER_NAMES = {
    "kind": N_("种类"),
    "region": N_("地区"),
    "industry": N_("产业链"),
    "maturity": N_("成熟度"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the sum: what it is, where it stands, and what it brings, with four places."""

    words: str
    name: str
    points: str


def points_four(points: float) -> str:
    """Four places: 0.1250."""
    return f"{points:.4f}"


def _lines(why: Explained) -> list[Line]:
    """All parts of the sum, the largest first."""
    spans = [(one.points, one.text, FIELD_NAMES[one.field]) for one in why.stretches]
    figures = [
        (value, "", rules.FIGURE_NAMES[name.strip("()")])
        if name.startswith("(") else (value, name, N_("不在各栏里的词"))
        for name, value in why.rest.items()
    ]  # fmt: skip
    parts = sorted([*spans, *figures], key=lambda part: -part[0])
    return [Line(words, name, points_four(value)) for value, words, name in parts]


def match_why(request: AskedRequest, number: str, offer_number: str) -> HttpResponse:
    """One match taken apart: every stretch of text and figure with its points, and their sum."""
    need = readable_need(request, number)
    offer = found_or_404(
        offers.visible_to(request.actor, request.at).select_related("organisation"),
        number=offer_number,
    )
    if not queries.place_of(need).is_live:
        raise Http404
    without = request.GET.getlist("without")
    narrowing = rules.narrowing_from(request.GET, without, list(Kind))
    why = explained_match(need, offer, narrowing, request.actor, request.at)
    context = {"need": need, "offer": offer, "why": why, "narrowing": narrowing}
    if why is not None:
        ranking = queries.ranking_of(need)
        context |= {
            "lines": _lines(why),
            "score": points_four(why.score),
            "summed": points_four(why.summed),
            "worth": TENTHS_OF_A_POINT // 10,
            "text_points": points_text(why.points.text_tenths),
            "points": points_text(why.points.score_tenths),
            "others": [
                (name, points_text(tenths))
                for name, tenths in (
                    (N_("指标达到"), why.points.targets_tenths),
                    (N_("同一产业链"), why.points.chain_tenths),
                    (N_("本市团队"), why.points.local_tenths),
                )
            ],
            "texts": [(FIELD_NAMES[name], pieces) for name, pieces in why.texts.items()],
            "learnt": [
                (word, points_four(points), [*without, word])
                for word, points in sorted(why.learnt.items(), key=lambda each: -each[1])
            ],
            "filters": [
                (FILTER_NAMES[name], _filter_words(name, value))
                for name, value in why.asked["filters"].items() if value != "offer"
            ],
            "ranking": ranking,
            "is_listed": ranking is not None and not narrowing.is_any
            and (ranking.generation, ranking.engine) == (why.index, why.model),
        }  # fmt: skip
    return render(request, "matching/why.html", context)


def _filter_words(name: str, value: object) -> str:
    """What a filter asks, in words to be translated."""
    if name == "kind":
        return KIND_NAMES[Kind(str(value).rpartition("/")[2])]
    if name == "region":
        return N_("本市")
    if name == "industry":
        return N_("同一产业链")
    levels = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
    return f"≥ {levels[0]}"


urls = [
    path("needs/<str:number>/matches/<str:offer_number>/", match_why, name="match-why"),
]
