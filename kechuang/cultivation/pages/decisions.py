"""What was decided of a candidate, for everybody: what its public notice rests on."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from kechuang.cultivation.models import Candidate
from kechuang.cultivation.pages.granted import share_points
from kechuang.cultivation.pages.screenings import KINDS, items_shown, score_words
from kechuang.cultivation.pages.words import reads_english
from kechuang.cultivation.queries import decisions, screenings
from kechuang.cultivation.rules.allotting import canonical, fingerprint
from kechuang.cultivation.rules.candidates import points_words
from kechuang.doors.requests import AskedRequest, found_or_404


def _one(request: AskedRequest, number: str) -> Candidate:
    return found_or_404(decisions.decisions_visible_to(request.actor, request.at), number=number)


def decision(request: AskedRequest, number: str) -> HttpResponse:
    """The points, the money and the rules of a decision, and how to check what the notice says."""
    row = _one(request, number)
    content = decisions.content_of(row)
    means, terms = content["means_tenths"], row.terms
    sees = screenings.candidates_visible_to(request.actor, request.at).filter(pk=row.pk)
    language = "en" if reads_english() else "zh"
    return render(request, "cultivation/decision.html", {
        "candidate": row, "kind": KINDS[row.state], "score": score_words(row),
        "points": [(one, points_words(means[one["code"]])) for one in items_shown(row.screening)
                   if one["code"] in means],
        "rules_title": screenings.rules_at(row.screening).rules.said["title"][language],
        "judges": content["judges"], "fingerprint": fingerprint(content), "terms": terms,
        "share": share_points(row.amount_fen, terms["valuation_fen"]) if terms else "",
        "sees_candidate": sees.exists(),
    })  # fmt: skip


def decision_json(request: AskedRequest, number: str) -> HttpResponse:
    """What the fingerprint covers, to the byte: its SHA-256 stands on the notice."""
    row = _one(request, number)
    text = canonical(decisions.content_of(row))
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.number}-decision.json"'
    return answer


whole = "screenings/candidates/<str:number>/decision"
urls = [
    path(f"{whole}/", decision, name="candidate-decision"),
    path(f"{whole}.json", decision_json, name="candidate-decision-json"),
]
